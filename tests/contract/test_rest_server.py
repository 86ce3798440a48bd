"""The REST server as a thing that starts, serves quickly and stops."""

import socket
import threading
import time
from http.client import HTTPConnection

import pytest

from backends.serving import ServerSettings, open_backends
from tests.support.rest_api import Api
from tests.support.servers import catalog_servers, running


def test_a_stop_is_quick_with_idle_connections_open() -> None:
    """Keep-alive connections and silent sockets do not hold a stopping server, and no thread stays."""
    others = set(
        threading.enumerate()
    )  # other tests' servers of the same name may live as long as the session
    with catalog_servers("rest") as servers:
        authority = servers.addresses["rest"].removeprefix("http://")
        kept = [HTTPConnection(authority) for _ in range(5)]
        for connection in kept:
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
        host, _, port = authority.rpartition(":")
        silent = socket.create_connection((host, int(port)))
        begin = time.perf_counter()
        servers.backends.rest.shutdown(1.0)
        for thread in set(threading.enumerate()) - others:
            if thread.name == "test-rest":
                thread.join()
        took = time.perf_counter() - begin
        for connection in kept:
            connection.close()
        silent.close()
    assert took < 0.6


def test_a_taken_port_is_named() -> None:
    """OSError says which port, so that a person can act."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        backends = open_backends(ServerSettings(ephemeral=True, rest_port=port))
        try:
            with pytest.raises(OSError, match=str(port)), running(backends.rest):
                pass
        finally:
            backends.close()


def test_a_stop_before_the_start_means_no_start() -> None:
    """A window that is closed at once leaves no server behind."""
    backends = open_backends(ServerSettings(ephemeral=True))
    backends.rest.shutdown()
    backends.rest.serve(lambda _: pytest.fail("it came up"))
    backends.close()


def test_one_connection_serves_many_requests() -> None:
    """Keep-alive is real: the server closes nothing between requests, refused ones included."""
    with catalog_servers("rest") as servers:
        connection = HTTPConnection(servers.addresses["rest"].removeprefix("http://"))
        connection.connect()
        first = connection.sock
        for path, status in [("/healthz", 200), ("/nothing", 404), ("/api/v1/products/1", 200)] * 5:
            connection.request("GET", path)
            response = connection.getresponse()
            assert response.status == status
            response.read()
        assert connection.sock is first
        connection.close()


def test_health_tells_of_the_database() -> None:
    """An instance whose database is gone says 503 and when to come back, not 500."""
    with catalog_servers("rest") as servers:
        assert Api(servers.addresses["rest"]).get("/healthz").json == {"status": "ok"}
