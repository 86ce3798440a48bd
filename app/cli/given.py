"""What was given on the command line, as the other rooms take it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from app.domain.lanes import Lane

if TYPE_CHECKING:
    from app.cli.session import Addresses
    from backends.serving import ServerSettings

_PORTS = ("rest_port", "graphql_port", "graphql_ws_port", "grpc_port")


def server_settings(options: Mapping[str, Any]) -> "ServerSettings":
    """Those of the options that embedded servers know; the catalog is the user folder's.

    Raises BadParameter for a port that two servers would share.
    """
    from app.infrastructure.paths import user_paths
    from backends.serving import ServerSettings

    names = ServerSettings.__dataclass_fields__
    _check_ports(options)
    chosen = {name: value for name, value in options.items() if name in names and value is not None}
    return ServerSettings(data_dir=user_paths().data, **chosen)


def _check_ports(options: Mapping[str, Any]) -> None:
    """The second one would be told that the port is in use, as if another program had it."""
    given: dict[int, str] = {}
    for name in _PORTS:
        port, option = options.get(name) or 0, f"--{name.replace('_', '-')}"
        if port in given:
            raise click.BadParameter(f"{port} is given to {given[port]}, too", param_hint=option)
        if port:
            given[port] = option


def chosen_lanes(text: str) -> tuple[Lane, ...]:
    """Lanes with commas between them, in their own order. Raises BadParameter."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in list(Lane)]
    if unknown or not names:
        raise click.BadParameter(f"{text!r}: lanes are {', '.join(Lane)}", param_hint="--lanes")
    return tuple(lane for lane in Lane if lane in names)


def given_addresses(options: Mapping[str, Any]) -> "Addresses":
    """Servers elsewhere. Raises InvalidInput for what is no address."""
    from app.operations.addresses import checked_address

    return {lane: checked_address(lane, options[lane.value]) for lane in Lane if options[lane.value]}
