"""``trilane serve``: the three servers for other clients, told as one JSON line, ended by a signal."""

import contextlib
import gc
import ipaddress
import json
import socket
from typing import TYPE_CHECKING, Any

import click

from app.cli.hosting import Hosting
from app.domain.cancel import CancelToken
from app.domain.errors import StartFailed
from app.infrastructure.redaction import redact

if TYPE_CHECKING:
    from backends.serving import ServerSettings


def serve(settings: "ServerSettings", cancel: CancelToken) -> None:
    """Serve until it is cancelled. Prints one line, once all accept. StartFailed when one cannot."""
    _check_host(settings.host)
    if not _is_loopback(settings.host):
        click.secho(
            f"Warning: listening on {settings.host}: everyone who reaches this machine can use the catalog"
            " and its published password. Leave --host away to stay on this machine.",
            err=True,
            fg="yellow",
        )
    with Hosting(settings) as hosting:
        # What imports make stays: looking through it for garbage would be a tenth of the start.
        gc.disable()
        addresses = _start(hosting, settings, cancel)
        gc.freeze()
        gc.enable()
        if hosting.notice:
            click.secho(hosting.notice, err=True, fg="yellow")
        # The secret itself stays in its file: this line ends up in logs.
        admin = {
            "admin": f"{addresses['rest']}/admin/faults",
            "admin_secret_file": hosting.admin_secret_file,
        }
        click.echo(json.dumps({**addresses, **admin}))
        failure = None
        while failure is None and not cancel.wait(0.5):
            failure = hosting.failure()
    if failure is not None:
        raise failure


def _start(hosting: Hosting, settings: "ServerSettings", cancel: CancelToken) -> dict[str, str]:
    try:
        return hosting.start(cancel)
    except StartFailed as error:
        if settings.database_url is None:
            if getattr(error.__cause__, "replaceable", False):
                way_on = "; --set-aside renames it and starts a new catalog"
                raise StartFailed(f"{error}{way_on}") from error
            raise
        # A driver's message seldom says which database it means. The address may hold a password.
        raise StartFailed(f"{error} (database: {redact(settings.database_url)})") from error


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
