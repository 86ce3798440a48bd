"""Runs the three servers in threads of a process that has no window, from all-accept to all-ended."""

import queue
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, StartFailed, start_reason
from app.domain.lanes import Lane

if TYPE_CHECKING:
    from backends.faults import FaultEngine
    from backends.serving import Backend, Backends, ServerSettings

START_LIMIT = 600.0  # seconds; a million generated rows take minutes
STOP_LIMIT = 0.8  # seconds for all three together
GRACE = 0.3  # seconds that a call under way may still take

_Report = Mapping[str, str] | Exception


class Hosting:
    """Three servers between start() and stop(). One thread uses it; the servers have their own."""

    def __init__(self, settings: "ServerSettings") -> None:
        self._settings = settings
        self._backends: Backends | None = None
        self._threads: list[threading.Thread] = []
        self._reports: queue.SimpleQueue[_Report] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def admin_secret_file(self) -> str:
        """The file that holds what the fault endpoint asks for. Empty before start()."""
        return str(self._backends.admin_secret_file) if self._backends is not None else ""

    @property
    def notice(self) -> str:
        """What was unusual about the start; mostly empty."""
        return self._backends.notice if self._backends is not None else ""

    @property
    def faults(self) -> "FaultEngine":
        """What breaks the servers. Only after start()."""
        assert self._backends is not None
        return self._backends.faults

    def start(self, cancel: CancelToken) -> dict[str, str]:
        """Start all three; returns every address once all accept. StartFailed says which did not and why.

        Raises Cancelled as soon as the token is.
        """
        from backends.serving import open_backends
        from backends.temporary import sweep

        forget = cancel.on_cancel(lambda: self._reports.put(Cancelled("interrupted")))
        try:
            self._backends = open_backends(self._settings)
        except Exception as error:
            raise StartFailed(_one_line(error)) from error
        for server in self._servers():
            # Daemon: a handler that ignores its stop must not keep the process from ending after stop().
            thread = threading.Thread(target=self._serve, args=(server,), name=server.name, daemon=True)
            thread.start()
            self._threads.append(thread)
        try:
            addresses = self._await_addresses()
        finally:
            forget()
        # Daemon: what is left of killed processes is no reason to stay.
        threading.Thread(target=sweep, name="sweep", daemon=True).start()
        return addresses

    def failure(self) -> Exception | None:
        """Why a server ended by itself after the start, or None while all is well."""
        try:
            report = self._reports.get_nowait()
        except queue.Empty:
            return None
        return report if isinstance(report, Exception) else None

    def stop(self) -> bool:
        """End all three together within STOP_LIMIT. True when no server thread is left. Idempotent."""
        deadline = time.monotonic() + STOP_LIMIT
        for server in self._servers():
            server.shutdown(GRACE)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        left = any(thread.is_alive() for thread in self._threads)
        self._threads.clear()
        if self._backends is not None:
            self._backends.close()
            self._backends = None
        return not left

    def _servers(self) -> "tuple[Backend, ...]":
        backends = self._backends
        return () if backends is None else (backends.rest, backends.graphql, backends.grpc)

    def _serve(self, server: "Backend") -> None:
        try:
            server.serve(self._reports.put)
        except Exception as error:  # noqa: BLE001 - boundary: told to whoever started the thread
            lane = "" if _concerns_all(error) else f"{Lane(server.name).label}: "
            reason = StartFailed(f"{lane}{_one_line(error)}")
            reason.__cause__ = error
            self._reports.put(reason)

    def _await_addresses(self) -> dict[str, str]:
        found: dict[str, str] = {}
        deadline = time.monotonic() + START_LIMIT
        for _ in self._threads:
            try:
                report = self._reports.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise StartFailed("the servers did not come up in time") from None
            if isinstance(report, Exception):
                raise report
            found.update(report)
        order = ("rest", "graphql", "graphql_ws", "grpc")
        return {key: found[key] for key in (*order, *(key for key in found if key not in order))}


def _concerns_all(error: Exception) -> bool:
    """Whether the catalog failed, which the three share: then it is chance which of them says so."""
    from backends.catalog.database import DatabaseUnusable, DatabaseUrlUnusable
    from backends.shared import FolderUnusable

    return isinstance(error, DatabaseUnusable | DatabaseUrlUnusable | FolderUnusable)


def _one_line(error: Exception) -> str:
    return start_reason(error).splitlines()[0]
