"""Options that several commands share: the embedded catalog's, and those of a question to the lanes."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from app.domain.operations import OPERATIONS, OperationId

F = TypeVar("F", bound=Callable[..., Any])
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


def catalog_options(command: F) -> F:
    """The options of the embedded servers' catalog."""
    for option in (
        click.option("--ephemeral", is_flag=True, help="A temporary catalog, gone at the end."),
        click.option(
            "--database-url",
            metavar="URL",
            callback=_check_database_url,
            help="Another database than the one in the user folder.",
        ),
        click.option("--products", type=PRODUCTS, help="Generate a catalog of this size."),
        click.option("--open-writes", is_flag=True, help="Writes over GraphQL and gRPC need no token."),
        click.option("--seed", type=int, default=42, show_default=True, help="Seed of catalog and faults."),
    ):
        command = option(command)
    return command


def port_options(command: F) -> F:
    """Fixed ports of the embedded servers, in the window and without it."""
    for option in (
        click.option("--grpc-port", type=PORT, default=0, help="Port of the gRPC server."),
        click.option("--graphql-ws-port", type=PORT, default=0, help="Port of the GraphQL subscriptions."),
        click.option("--graphql-port", type=PORT, default=0, help="Port of the GraphQL server."),
        click.option("--rest-port", type=PORT, default=0, help="Port of the REST server; 0 is a free one."),
    ):
        command = option(command)
    return command


def opening_options(command: F) -> F:
    """What the window begins with."""
    for option in (
        click.option("--workspace", type=click.Choice(WORKSPACES), help="Arrangement of the window."),
        click.option("--fields", metavar="A,B", help="Wanted fields of --operation."),
        click.option(
            "--param", "params", multiple=True, metavar="NAME=VALUE", help="An input of --operation."
        ),
        click.option(
            "--operation",
            type=click.Choice([one.value for one in OPERATIONS]),
            help="Operation that the window opens with.",
        ),
    ):
        command = option(command)
    return command


def question_options(command: F) -> F:
    """What to ask, of which lanes and whose servers."""
    for option in (
        click.option("--seed", type=int, default=42, show_default=True),
        click.option("--products", type=PRODUCTS, help="Size of the embedded catalog."),
        click.option("--password", default="password", help="Password of the catalog's user."),
        click.option("--email", default="user@example.com", show_default=True),
        click.option("--grpc", "grpc", metavar="HOST:PORT", help="A running gRPC server."),
        click.option("--graphql", "graphql", metavar="URL", help="A running GraphQL server."),
        click.option(
            "--rest", "rest", metavar="URL", help="A running REST server instead of an embedded one."
        ),
        click.option("--lanes", default="rest,graphql,grpc", show_default=True, help="Lanes, with commas."),
        click.option("--fields", metavar="A,B", help="Wanted fields; the operation's usual ones otherwise."),
        click.option(
            "--param", "params", multiple=True, metavar="NAME=VALUE", help="An input of the operation."
        ),
        click.option(
            "--operation",
            type=click.Choice([one.value for one in OPERATIONS]),
            default=OperationId.GET_ORDER.value,
            show_default=True,
            help="What to ask.",
        ),
    ):
        command = option(command)
    return command
