"""What the contract suite passes around: live servers, and clients on roads that can be blocked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.clients.port import LaneClient
from app.domain.errors import AttemptFailed
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import Reply
from backends.serving import Backends
from tests.support.gated_road import GatedRoad

EMAIL, PASSWORD = "user@example.com", "password"


@dataclass(frozen=True, slots=True)
class LiveLanes:
    """Addresses of the running servers and the folder that holds their secrets."""

    addresses: Mapping[str, str]
    folder: Path
    backends: Backends


@dataclass(frozen=True, slots=True)
class Blockable:
    """A client whose only way to its server is a road that the test controls."""

    client: LaneClient
    road: GatedRoad


def outcome_of(
    client: LaneClient,
    operation: OperationId = OperationId.GET_PRODUCT,
    params: Mapping[str, str] | None = None,
    *,
    timeout: float = 5.0,
) -> Reply:
    """The reply to one call with all fields, failed or not. Product 1 unless said otherwise."""
    given = {"id": "1"} if params is None else params
    draft = client.draft(operation, given, OPERATIONS[operation].fields, token=None)
    try:
        return client.send(draft, operation, timeout=timeout)
    except AttemptFailed as failed:
        return failed.reply
