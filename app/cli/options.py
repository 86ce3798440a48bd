"""Options that several commands share: the embedded catalog's, and those of a question to the lanes."""

from collections.abc import Callable
from typing import Any

import click

from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId

Command = Callable[..., Any]
Option = Callable[[Command], Command]
PRODUCTS = click.IntRange(0, 50_000_000)
WORKSPACES = ("break-it", "compare", "stream", "measure")  # the window's own list would need Qt
PORT = click.IntRange(0, 65_535)


def _check_database_url(context: click.Context, option: click.Parameter, url: str | None) -> str | None:
    if url is not None:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            make_url(url)
        except (ArgumentError, ValueError):
            raise click.BadParameter(
                f"{url!r} is no database address, such as sqlite:///catalog.db", context, option
            ) from None
    return url


def _in_order(*options: Option) -> Option:
    """One decorator for several; help lists them in this order."""

    def put(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return put


def _operation(**more: Any) -> Option:
    return click.option("--operation", type=click.Choice([one.value for one in OPERATIONS]), **more)


_PARAM = click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="An input of --operation."
)

# The embedded servers' catalog.
catalog_options = _in_order(
    click.option("--seed", type=int, default=42, show_default=True, help="Seed of catalog and faults."),
    click.option("--open-writes", is_flag=True, help="Writes over GraphQL and gRPC need no token."),
    click.option("--products", type=PRODUCTS, help="Generate a catalog of this size."),
    click.option(
        "--database-url",
        metavar="URL",
        callback=_check_database_url,
        help="Another database than the one in the user folder.",
    ),
    click.option("--ephemeral", is_flag=True, help="A temporary catalog, gone at the end."),
)

# Fixed ports of the embedded servers, in the window and without it.
port_options = _in_order(
    click.option("--rest-port", type=PORT, default=0, help="Port of the REST server; 0 is a free one."),
    click.option("--graphql-port", type=PORT, default=0, help="Port of the GraphQL server."),
    click.option("--graphql-ws-port", type=PORT, default=0, help="Port of the GraphQL subscriptions."),
    click.option("--grpc-port", type=PORT, default=0, help="Port of the gRPC server."),
)

# What the window begins with.
opening_options = _in_order(
    _operation(help="Operation that the window opens with."),
    _PARAM,
    click.option("--fields", metavar="A,B", help="Wanted fields of --operation."),
    click.option("--workspace", type=click.Choice(WORKSPACES), help="Arrangement of the window."),
)

lanes_option = click.option("--lanes", default=",".join(Lane), show_default=True, help="Lanes, with commas.")

# What to ask, of which lanes and whose servers.
question_options = _in_order(
    _operation(default=OperationId.GET_ORDER.value, show_default=True, help="What to ask."),
    _PARAM,
    click.option("--fields", metavar="A,B", help="Wanted fields; the operation's usual ones otherwise."),
    lanes_option,
    click.option("--rest", metavar="URL", help="A running REST server instead of an embedded one."),
    click.option("--graphql", metavar="URL", help="A running GraphQL server."),
    click.option("--grpc", metavar="HOST:PORT", help="A running gRPC server."),
    click.option("--email", default="user@example.com", show_default=True),
    click.option("--password", default="password", help="Password of the catalog's user."),
    click.option("--products", type=PRODUCTS, help="Size of the embedded catalog."),
    click.option("--seed", type=int, default=42, show_default=True),
)
