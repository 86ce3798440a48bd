"""Opens the three backends. Nothing heavy is imported before a backend serves.

Each backend blocks the thread that calls `serve`, so that a QThread, a plain thread or a test can own it.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from backends.shared import ServerSettings, Shared

if TYPE_CHECKING:
    from backends.faults import FaultEngine
    from backends.http_server import WsgiApp

__all__ = ["Backend", "Backends", "ServerSettings", "open_backends"]


class Backend(Protocol):
    """One embedded server."""

    name: str  # "rest", "graphql" or "grpc"

    def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
        """Serve in the calling thread until `shutdown`; tell the addresses once connections are accepted.

        Raises OSError naming the port when it cannot bind.
        """

    def shutdown(self, grace: float = 1.0) -> None:
        """Stop within ``grace`` seconds. Any thread, idempotent, also before `serve`."""


class Backends:
    """The three servers over one catalog. Shut each down before `close`."""

    def __init__(self, settings: ServerSettings) -> None:
        self._shared = Shared(settings)
        self.faults: FaultEngine = self._shared.faults
        self.admin_secret = self._shared.admin_secret
        self.rest: Backend = _Lazy("rest", self._rest)
        self.graphql: Backend = _Lazy("graphql", self._graphql)
        self.grpc: Backend = _Lazy("grpc", self._grpc)

    @property
    def admin_secret_file(self) -> Path:
        """The file, readable by its owner only, that holds ``admin_secret``."""
        return self._shared.admin_secret_file()

    @property
    def notice(self) -> str:
        """What a person should know about the start, such as a file that was set aside; mostly empty."""
        return self._shared.notice

    def _rest(self) -> Backend:
        from backends.rest.server import RestBackend

        settings = self._shared.settings
        return RestBackend(self._rest_app, settings.host, settings.rest_port)

    def _rest_app(self) -> "WsgiApp":
        from functools import partial

        from backends.faults.wsgi import FaultMiddleware
        from backends.rest import faults
        from backends.rest.admin import FaultAdmin
        from backends.rest.app import build_app
        from backends.rest.stream import OrderEvents

        opened = self._shared.open("rest")
        admin = FaultAdmin(opened.faults, opened.admin_secret)
        events = OrderEvents(opened.feed)
        app = build_app(opened.service, opened.auth, opened.limited, opened.settings, events, admin)
        name_of = partial(faults.name_of, app.extensions["trilane.operations"])
        return FaultMiddleware(app.wsgi_app, opened.faults, "rest", name_of=name_of, refuse=faults.refuse)

    def _graphql(self) -> Backend:
        from backends.graphql.server import GraphqlBackend

        return GraphqlBackend(self._shared)

    def _grpc(self) -> Backend:
        from backends.grpc.server import GrpcBackend

        return GrpcBackend(self._shared)

    def close(self) -> None:
        """Stop what still runs and close the catalog. Idempotent."""
        for backend in (self.rest, self.graphql, self.grpc):
            backend.shutdown(0.0)
        self._shared.close()


class _Lazy:
    """A backend that is imported when it serves, and can serve again after a start that failed or hangs."""

    def __init__(self, name: str, build: Callable[[], Backend]) -> None:
        self.name = name
        self._build = build
        self._lock = threading.Lock()
        self._running: list[Backend] = []  # one, and every start that hangs
        self._stopped = False

    def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
        """Build and serve; see `Backend`."""
        backend = self._build()
        with self._lock:
            if self._stopped:
                return
            self._running.append(backend)
        try:
            backend.serve(on_ready)
        finally:
            with self._lock:
                self._running.remove(backend)

    def shutdown(self, grace: float = 1.0) -> None:
        """Stop for good; see `Backend`."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running)
        for backend in running:
            backend.shutdown(grace)


def open_backends(settings: ServerSettings) -> Backends:
    """Prepare the three backends. Cheap: the catalog is opened by the first one that serves."""
    return Backends(settings)
