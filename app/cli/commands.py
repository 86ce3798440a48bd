"""The commands and their options: each calls one function and turns our errors into exit code 2."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import __version__
from app.cli.attended import attended
from app.cli.display import has_display
from app.cli.endings import Commands, plain_errors
from app.cli.given import server_settings
from app.cli.options import catalog_options, opening_options, port_options
from app.cli.run import run
from app.domain.errors import InvalidInput
from app.domain.operations import OPERATIONS, OperationId

if TYPE_CHECKING:
    from app.bootstrap.opening import Opening


@click.group(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="trilane")
@catalog_options
@port_options
@opening_options
@click.pass_context
def cli(context: click.Context, /, **options: Any) -> None:
    """Send one operation over REST, GraphQL and gRPC, side by side, and break what answers.

    Without a command the window opens, as it was left or with what is asked for:
    `trilane --operation get-product --param id=7 --workspace compare`. Where there is no display, the
    headless tour is shown instead.
    """
    if context.invoked_subcommand is not None:
        given = [name for name in options if _was_given(context, name)]
        if given:
            option = {"params": "param"}.get(given[0], given[0]).replace("_", "-")
            raise click.UsageError(
                f"--{option} belongs behind the command: trilane {context.invoked_subcommand}"
            )
        return
    with plain_errors():
        opening = _opening(options)  # before anything is shown: what cannot be used is refused either way
        if has_display(os.environ):
            sys.exit(_open_window(options, opening))
    click.echo("There is no display: this is the headless tour. `trilane --help` lists the commands.\n")
    if opening.operation is not None:
        click.echo(f"One operation in the terminal: trilane run compare --operation {opening.operation}\n")
    context.invoke(tour, picture=Path("trilane-window.png"), theme="dark", seed=options["seed"])


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@port_options
@click.option(
    "--set-aside",
    is_flag=True,
    help="Rename a catalog file that is damaged or not ours and start a new one, instead of stopping.",
)
@catalog_options
def serve(**options: Any) -> None:
    """Run the three servers and print their addresses as one line of JSON."""
    from app.cli.serve import serve as serve_until_stopped

    settings = server_settings(options)
    with plain_errors():
        attended(lambda cancel: serve_until_stopped(settings, cancel), code=0)


cli.add_command(run)


@cli.command()
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("trilane-window.png"),
    show_default=True,
    help="Where to save the picture of the window.",
)
@click.option("--theme", type=click.Choice(["dark", "light"]), default="dark", show_default=True)
@click.option("--seed", type=int, default=42, show_default=True)
def tour(picture: Path, theme: str, seed: int) -> None:
    """Log in, run the operations over three lanes, print the comparison, save a picture of the window."""
    from app.cli.tour import take_tour

    settings = server_settings({"ephemeral": True, "seed": seed})
    with plain_errors():
        attended(lambda cancel: take_tour(settings, picture=picture, theme=theme, cancel=cancel))


SCENES = ("call", "calm", "outage", "orders", "repeat", "protocols")


@cli.command(hidden=True)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--theme", type=click.Choice(["dark", "light"]), default="dark")
@click.option("--size", default="1440x900", help="Width x height in pixels.")
@click.option("--scene", type=click.Choice(SCENES), default="call")
def picture(file: Path, theme: str, size: str, scene: str) -> None:
    """Save a picture of the window after one call on every lane: for the tour and the documentation."""
    from app.bootstrap.picture import draw_picture

    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise click.BadParameter(f"{size!r} is not WIDTHxHEIGHT", param_hint="--size")
    with plain_errors():
        draw_picture(
            server_settings({"ephemeral": True}),
            file,
            theme=theme,
            size=(int(width), int(height)),
            scene=scene,
        )


@cli.command()
def version() -> None:
    """Print the version of the program and of what it stands on."""
    from importlib.metadata import version as version_of

    click.echo(f"trilane {__version__}")
    click.echo(f"Python {sys.version.split()[0]}")
    for name in ("PySide6-Essentials", "requests", "gql", "grpcio", "flask", "graphene", "SQLAlchemy"):
        click.echo(f"{name} {version_of(name)}")


def _was_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT


def _open_window(options: Mapping[str, Any], opening: "Opening") -> int:
    from app.bootstrap.desktop import open_window

    # A person at a window wants to go on and reads the notice; a server for other programs stops instead.
    return open_window(server_settings({**options, "set_aside": True}), opening)


def _opening(options: Mapping[str, Any]) -> "Opening":
    """InvalidInput names what cannot be used."""
    from app.bootstrap.opening import Opening

    if options["operation"] is None:
        for name, option in (("params", "--param"), ("fields", "--fields")):
            if options[name]:
                raise InvalidInput(option, "belongs to an --operation")
        return Opening(workspace=options["workspace"])
    from app.cli.compare import Request

    operation = OPERATIONS[OperationId(options["operation"])]
    request = Request.read(operation, options["params"], options["fields"])
    return Opening(
        operation=operation.id,
        params=request.params if options["params"] else None,
        fields=request.fields if options["fields"] else None,
        workspace=options["workspace"],
    )
