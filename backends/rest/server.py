"""The REST backend: builds its application in the serving thread and serves it over cheroot.

Imports nothing heavy: Flask, pydantic and the database come with `serve`, so that a window can be on the
screen first.
"""

from collections.abc import Callable, Mapping
from typing import Any

from backends.http_guard import guard
from backends.http_server import HttpServer, WsgiApp
from backends.stream_loop import StreamLoop


class RestBackend:
    """Owns the port. ``serve`` blocks its thread; ``shutdown`` is for any thread."""

    name = "rest"

    def __init__(self, build: Callable[[], WsgiApp], host: str = "127.0.0.1", port: int = 0) -> None:
        """``build`` makes the application, faults included; it is called once, by ``serve``."""
        self._build = build
        self._host = host
        self._streams = StreamLoop("rest-streams")
        self._http = HttpServer(lane=self.name, host=host, port=port, streams=self._streams)

    def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
        """Bind, tell the address, serve until shut down. Raises OSError naming a port that is taken."""
        try:
            app = guard(self._build(), self._host, _refusal)
            self._http.serve(app, lambda url: on_ready({"rest": url}))
        finally:
            self._streams.stop(0.2)

    def shutdown(self, grace: float = 1.0) -> None:
        """Stop; running requests get ``grace`` seconds. Idempotent, also before ``serve``."""
        self._http.shutdown(grace)


def _refusal(status: int, reason: str) -> dict[str, Any]:
    from backends.rest.problems import WORDS

    return {"error": WORDS[status], "message": reason}
