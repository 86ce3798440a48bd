"""Runs backends in threads for tests, over real sockets, and stops them whatever happens."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from backends.serving import Backend, Backends, ServerSettings, open_backends

PATIENCE = 20.0  # seconds for a start or a stop on a busy machine


@dataclass(frozen=True, slots=True)
class Running:
    """Backends that accept connections, and where: keys as in `trilane serve`."""

    backends: Backends
    addresses: Mapping[str, str]


@contextmanager
def running(backend: Backend) -> Iterator[Mapping[str, str]]:
    """Serve in a thread, yield the addresses; raise what `serve` raised if it did not come up."""
    ready = threading.Event()
    addresses: dict[str, str] = {}
    failures: list[BaseException] = []

    def on_ready(where: Mapping[str, str]) -> None:
        addresses.update(where)
        ready.set()

    def serve() -> None:
        try:
            backend.serve(on_ready)
        except BaseException as error:  # noqa: BLE001  # carried to the test's thread
            failures.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=serve, name=f"test-{backend.name}")
    thread.start()
    try:
        assert ready.wait(PATIENCE), f"{backend.name} did not come up"
        if failures:
            raise failures[0]
        yield addresses
    finally:
        backend.shutdown(1.0)
        thread.join(PATIENCE)
    assert not thread.is_alive(), f"{backend.name} did not stop"


@contextmanager
def catalog_servers(*names: str, settings: ServerSettings | None = None) -> Iterator[Running]:
    """The named backends ("rest", "graphql", "grpc") over one catalog, an ephemeral one by default."""
    backends = open_backends(settings or ServerSettings(ephemeral=True))
    try:
        with ExitStack() as stack:
            addresses: dict[str, str] = {}
            for name in names:
                addresses |= stack.enter_context(running(getattr(backends, name)))
            yield Running(backends, addresses)
    finally:
        backends.close()
