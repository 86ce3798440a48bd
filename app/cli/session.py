"""Three lanes without a window: clients and runners at known addresses, logins, calls at the same time."""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.cli.hosting import Hosting
from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.errors import UnsupportedOperation
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.operations.calls import CallRunner
from app.operations.elsewhere import tokens_for
from app.operations.lane_access import make_client
from app.operations.log_in import Credentials
from app.resilience.pipeline import Pipeline

if TYPE_CHECKING:
    from backends.serving import ServerSettings

Addresses = Mapping[Lane, str]


@contextmanager
def lane_addresses(
    settings: "ServerSettings", given: Addresses, lanes: Sequence[Lane], cancel: CancelToken
) -> Iterator[Addresses]:
    """The given addresses; embedded servers supply what is missing. Raises StartFailed, Cancelled."""
    if all(lane in given for lane in lanes):
        yield {lane: given[lane] for lane in lanes}
        return
    with Hosting(settings) as hosting:
        found = hosting.start(cancel)
        yield {lane: given.get(lane, found[lane.value]) for lane in lanes}


class HeadlessSession:
    """Clients of the lanes, their tokens and their runners. One thread uses it; cancelled from any."""

    def __init__(self, addresses: Addresses, cancel: CancelToken) -> None:
        self._cancel = cancel
        self._clients: dict[Lane, LaneClient] = {
            lane: make_client(lane, address) for lane, address in addresses.items()
        }
        self._runners = {lane: CallRunner(one, Pipeline(lane=lane)) for lane, one in self._clients.items()}
        self._ids = itertools.count(1)
        self._tokens: Mapping[Lane, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            client.close()

    def log_in(self, email: str, password: str, *, elsewhere: Collection[Lane] = ()) -> None:
        """Get one token for the program's own servers and one from each of those elsewhere.

        Raises TrilaneError, Cancelled.
        """
        credentials = Credentials(email=email, password=password)
        self._tokens = tokens_for(self._clients, credentials, elsewhere=elsewhere, cancel=self._cancel)

    def run(
        self, operation: OperationId, params: Mapping[str, str], fields: Sequence[str], lanes: Sequence[Lane]
    ) -> tuple[CallResult, ...]:
        """The operation over ``lanes``, in their order, one after the other.

        One after the other, because one interpreter runs clients and servers: at the same time they would
        measure one another. Raises InvalidInput, and Cancelled when its token is.
        """
        return tuple(self._run_one(lane, operation, params, fields) for lane in lanes)

    def _run_one(
        self, lane: Lane, operation: OperationId, params: Mapping[str, str], fields: Sequence[str]
    ) -> CallResult:
        self._cancel.raise_if_cancelled()
        call_id = f"cli-{next(self._ids)}"
        try:
            draft = self._clients[lane].draft(operation, params, fields, token=self._tokens.get(lane))
        except UnsupportedOperation as error:
            reply = Reply(outcome=Outcome.UNSUPPORTED, message=error.why)
            return CallResult(call_id=call_id, lane=lane, operation=operation, reply=reply)
        result = self._runners[lane].run(
            draft, operation, fields=tuple(fields), call_id=call_id, cancel=self._cancel
        )
        self._cancel.raise_if_cancelled()
        return result
