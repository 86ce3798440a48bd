"""Which order streams can be reached now: one client for each server that is up. No Qt; any thread."""

import threading
from collections.abc import Mapping

from app.clients.streams import OrderStream
from app.domain.errors import StartFailed
from app.domain.lanes import Lane

ADDRESS_OF = {
    Lane.REST: "rest",
    Lane.GRAPHQL: "graphql_ws",
    Lane.GRPC: "grpc",
}


def make_stream(lane: Lane, address: str) -> OrderStream:
    """The adapter of a lane for a server at ``address``. Imports its library only now."""
    match lane:
        case Lane.REST:
            from app.clients.streams_sse import SseOrderStream

            return SseOrderStream(address)
        case Lane.GRAPHQL:
            from app.clients.streams_graphql import GraphqlOrderStream

            return GraphqlOrderStream(address)
        case Lane.GRPC:
            from app.clients.streams_grpc import GrpcOrderStream

            return GrpcOrderStream(address)


class StreamAccess:
    """Holds the address of each lane's feed, and its client from the first use on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._addresses: dict[Lane, str] = {}
        self._streams: dict[Lane, OrderStream] = {}

    def connect(self, lane: Lane, addresses: Mapping[str, str]) -> None:
        """Use the server at these addresses from now on. The same address again keeps its client."""
        address = addresses.get(ADDRESS_OF[lane])
        with self._lock:
            if address is None or self._addresses.get(lane) == address:
                return
            self._addresses[lane] = address
            old = self._streams.pop(lane, None)
        if old is not None:
            old.close()

    def stream(self, lane: Lane) -> OrderStream:
        """The lane's client. StartFailed while its server is not up."""
        with self._lock:
            found = self._streams.get(lane)
            if found is None:
                if lane not in self._addresses:
                    raise StartFailed(f"the {lane.label} server is not up yet")
                found = self._streams[lane] = make_stream(lane, self._addresses[lane])
            return found

    def close(self) -> None:
        """Let go of every connection. Idempotent."""
        with self._lock:
            streams, self._streams = list(self._streams.values()), {}
            self._addresses.clear()
        for stream in streams:
            stream.close()
