"""Which lanes can be reached now: a client for each server that is up. No Qt; any thread."""

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from app.clients.port import LaneClient
from app.domain.errors import StartFailed
from app.domain.lanes import Lane

R = TypeVar("R")
MakeClient = Callable[[Lane, str], LaneClient]  # lane, address


def make_client(lane: Lane, address: str) -> LaneClient:
    """The adapter of a lane for a server at ``address``. Imports its library only now."""
    match lane:
        case Lane.REST:
            from app.clients.rest import RestClient

            return RestClient(address)
        case Lane.GRAPHQL:
            from app.clients.graphql import GraphqlClient

            return GraphqlClient(address)
        case Lane.GRPC:
            from app.clients.grpc import GrpcClient

            return GrpcClient(address)


class LaneAccess(Generic[R]):
    """Holds one client and one runner for each lane that is up, and replaces them when a server moves."""

    def __init__(self, make_client: MakeClient, make_runner: Callable[[LaneClient], R]) -> None:
        self._make_client = make_client
        self._make_runner = make_runner
        self._lock = threading.Lock()
        self._lanes: dict[Lane, tuple[str, LaneClient, R]] = {}

    def connect(self, lane: Lane, address: str) -> None:
        """Use the server at ``address`` from now on. The same address again keeps its connections."""
        with self._lock:
            old = self._lanes.get(lane)
            if old is not None and old[0] == address:
                return
            client = self._make_client(lane, address)
            self._lanes[lane] = (address, client, self._make_runner(client))
        if old is not None:
            old[1].close()

    def runner(self, lane: Lane) -> R | None:
        """Runs calls through the lane's pipeline; None while its server is not up."""
        found = self._lanes.get(lane)
        return found[2] if found else None

    def client(self, lane: Lane) -> LaneClient:
        """The lane's client. StartFailed while its server is not up."""
        found = self._lanes.get(lane)
        if found is None:
            raise StartFailed(f"the {lane.label} server is not up yet")
        return found[1]

    @property
    def clients(self) -> Mapping[Lane, LaneClient]:
        """The clients of the lanes that are up, in the order of the screen."""
        return {lane: self._lanes[lane][1] for lane in Lane if lane in self._lanes}

    def close(self) -> None:
        """Let go of every connection. Idempotent."""
        with self._lock:
            lanes, self._lanes = self._lanes, {}
        for _, client, _ in lanes.values():
            client.close()
