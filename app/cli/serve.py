"""``trilane serve``: the three servers for other clients, told as one JSON line, ended by a signal."""

import contextlib
import gc
import ipaddress
import json
import os
import queue
import signal
import socket
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from app.cli.hosting import Hosting
from app.domain.errors import StartFailed
from app.infrastructure.redaction import redact

if TYPE_CHECKING:
    from backends.serving import ServerSettings


def serve(settings: "ServerSettings") -> None:
    """Serve until SIGINT or SIGTERM. Prints one line, once all accept. StartFailed when one cannot."""
    _check_host(settings.host)
    if not _is_loopback(settings.host):
        click.secho(
            f"Warning: listening on {settings.host}: everyone who reaches this machine can use the catalog"
            " and its published password. Leave --host away to stay on this machine.",
            err=True,
            fg="yellow",
        )
    signals = StopSignals()
    with Hosting(settings) as hosting:
        # What imports make stays: looking through it for garbage would be a tenth of the start.
        gc.disable()
        addresses = _start(hosting, settings)
        gc.freeze()
        gc.enable()
        signals.starting = False
        if hosting.notice:
            click.secho(hosting.notice, err=True, fg="yellow")
        # The secret itself stays in its file: this line ends up in logs.
        admin = {
            "admin": f"{addresses['rest']}/admin/faults",
            "admin_secret_file": hosting.admin_secret_file,
        }
        click.echo(json.dumps({**addresses, **admin}))
        failure = None
        while failure is None and not signals.wait(0.5):
            failure = hosting.failure()
        clean = hosting.stop()
    if failure is not None:
        raise failure
    if not clean:
        # A handler that ignores the stop would keep the interpreter from ending; the promise is one second.
        os._exit(0)


def _start(hosting: Hosting, settings: "ServerSettings") -> dict[str, str]:
    try:
        return hosting.start()
    except StartFailed as error:
        if settings.database_url is None:
            if getattr(error.__cause__, "replaceable", False):
                way_on = "; --set-aside renames it and starts a new catalog"
                raise StartFailed(f"{error}{way_on}") from error
            raise
        # A driver's message seldom says which database it means. The address may hold a password.
        raise StartFailed(f"{error} (database: {redact(settings.database_url)})") from error


class StopSignals:
    """Tells of the first SIGINT or SIGTERM and ends the process at the second. Main thread.

    A handler runs between any two steps of the main thread, also inside of a wait that holds a lock: what it
    shares with the wait must be free of locks. An Event is not, a SimpleQueue is.
    """

    def __init__(self) -> None:
        self._asked = False
        self._news: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.starting = True  # building a large catalog takes minutes and has to be stoppable, too
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def wait(self, seconds: float) -> bool:
        """Wait for the first signal; whether it has come."""
        if not self._asked:
            with contextlib.suppress(queue.Empty):
                self._news.get(timeout=seconds)
        return self._asked

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            os._exit(128 + number)
        self._asked = True
        self._news.put(number)
        if self.starting:
            raise SystemExit(0)


def _check_host(host: str) -> None:
    """Raise StartFailed for what no server can listen on: gRPC's core would write its own log about it."""
    try:
        places = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise StartFailed(f"--host {host}: no address of that name can be found") from error
    if not host or not any(_can_listen(family, place) for family, _, _, _, place in places):
        raise StartFailed(f"--host {host or '(empty)'}: this machine has no such address")


def _can_listen(family: int, place: Any) -> bool:
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind(place)
        return True
    return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
