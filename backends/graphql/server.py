"""The GraphQL backend: HTTP through cheroot, subscriptions through a WebSocket port of their own."""

from collections.abc import Callable, Mapping
from typing import Any

from backends.faults.wsgi import FaultMiddleware
from backends.graphql.app import build_app
from backends.graphql.execution import Executor
from backends.graphql.faults import refuse
from backends.graphql.naming import HttpNames
from backends.graphql.schema import build_schema
from backends.graphql.socket import SubscriptionServer
from backends.http_guard import guard
from backends.http_server import HttpServer, WsgiApp
from backends.shared import Opened, Shared
from backends.stream_loop import StreamLoop

_REFUSALS = {400: "BAD_REQUEST", 403: "FORBIDDEN", 421: "MISDIRECTED_REQUEST"}


class GraphqlBackend:
    """Owns both ports. `serve` blocks; `shutdown` is for any thread."""

    name = "graphql"

    def __init__(self, shared: Shared) -> None:
        settings = shared.settings
        self._shared = shared
        self._streams = StreamLoop("graphql-streams")
        self._http = HttpServer(
            lane=self.name, host=settings.host, port=settings.graphql_port, streams=self._streams
        )

    def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
        """Serve HTTP in this thread and WebSockets in the stream loop's."""
        opened = self._shared.open(self.name)
        executor = Executor(build_schema())
        socket = SubscriptionServer(opened, executor, self._streams)
        try:
            socket_url = socket.start()
            app = guard(_application(opened, executor, socket_url), opened.settings.host, _refusal)

            def bound(url: str) -> None:
                socket.allow_pages(url)
                on_ready({"graphql": f"{url}/graphql", "graphql_ws": socket_url})

            self._http.serve(app, bound)
        finally:
            socket.stop()
            self._streams.stop(0.2)

    def shutdown(self, grace: float = 1.0) -> None:
        """Stop both servers."""
        self._http.shutdown(grace)


def _application(opened: Opened, executor: Executor, socket_url: str) -> WsgiApp:
    app = build_app(opened, executor, socket_url)
    names = HttpNames(executor)
    return FaultMiddleware(app.wsgi_app, opened.faults, "graphql", name_of=names.of, refuse=refuse)


def _refusal(status: int, reason: str) -> dict[str, Any]:
    return {"errors": [{"message": reason, "extensions": {"code": _REFUSALS[status]}}]}
