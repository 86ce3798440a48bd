"""The commands and their options: each calls one function and turns our errors into exit code 2."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import __version__
from app.cli.attended import attended
from app.cli.display import has_display
from app.cli.endings import Commands, plain_errors
from app.cli.options import catalog_options, opening_options, port_options, question_options
from app.domain.errors import InvalidInput
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId

if TYPE_CHECKING:
    from app.bootstrap.opening import Opening
    from app.cli.session import Addresses
    from backends.serving import ServerSettings


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
    if has_display(os.environ):
        with plain_errors():
            sys.exit(_open_window(options))
    click.echo("There is no display: this is the headless tour. `trilane --help` lists the commands.\n")
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

    settings = _server_settings(options)
    with plain_errors():
        attended(lambda cancel: serve_until_stopped(settings, cancel), code=0)


class RunGroup(click.Group):
    """``run SCENARIO`` beside ``run compare``: what is no command is the name of a scenario."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the hidden command's name before a scenario and its options."""
        if args and args[0] not in {*self.commands, "--list", "--help", "-h"}:
            args = [PLAY, *args]
        return super().parse_args(ctx, args)


PLAY = "scenario"
SCENES = ("call", "calm", "outage", "orders", "repeat", "protocols")


@cli.group(cls=RunGroup, invoke_without_command=True, subcommand_metavar="SCENARIO | COMMAND [OPTIONS]")
@click.option("--list", "listing", is_flag=True, help="List the scenarios, your own too, and end.")
@click.pass_context
def run(context: click.Context, listing: bool) -> None:
    """Run something without the window: a scenario, a comparison, a repeat, a stream of orders.

    SCENARIO is a name of the list or the path of a TOML file. It runs over servers of its own and ends with a
    report: --json prints it as JSON, --speed N plays N times faster, --seed N takes other chances, --lanes
    rest,grpc plays fewer lanes.
    """
    if listing:
        from app.cli.scenario import list_scenarios
        from app.infrastructure.paths import user_paths

        list_scenarios(user_paths())
        context.exit()
    if context.invoked_subcommand is None:
        raise click.UsageError("name a scenario, or a command; `trilane run --list` lists the scenarios")


@run.command(PLAY, hidden=True)
@click.argument("scenario")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--speed", type=click.FloatRange(0.1, 1000.0), default=1.0, show_default=True, help="Times faster."
)
@click.option("--seed", type=click.IntRange(0, 2_147_483_647), help="Another seed than the script's.")
@click.option("--lanes", help="Only these lanes, with commas.")
def play(scenario: str, as_json: bool, speed: float, seed: int | None, lanes: str | None) -> None:
    """Play a scenario and print its report."""
    from app.cli.scenario import play_scenario
    from app.infrastructure.paths import user_paths

    play = partial(
        play_scenario,
        scenario,
        paths=user_paths(),
        settings=_server_settings({"ephemeral": True}),
        speed=speed,
        seed=seed,
        lanes=None if lanes is None else _lanes(lanes),
        as_json=as_json,
    )
    with plain_errors():
        attended(lambda cancel: play(cancel=cancel))


@run.command()
@question_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(**options: Any) -> None:
    """Send one operation over the lanes and print what each cost.

    Uses temporary embedded servers unless addresses of running ones are given. Ends with 0 when every lane
    answered, with 1 when one did not.
    """
    from app.cli.compare import Request, compare_once

    with plain_errors():
        operation = OPERATIONS[OperationId(options["operation"])]
        request = Request.read(operation, options["params"], options["fields"])
        ask = partial(
            compare_once,
            request,
            lanes=_lanes(options["lanes"]),
            addresses=_addresses(options),
            settings=_server_settings({**options, "ephemeral": True}),
            login=(options["email"], options["password"]),
            as_json=options["as_json"],
        )
        good = attended(lambda cancel: ask(cancel=cancel))
    sys.exit(0 if good else 1)


@run.command()
@question_options
@click.option(
    "--count", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Calls on each lane."
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Calls at once on each lane.",
)
@click.option(
    "--warm-up",
    type=click.IntRange(0, 10_000),
    default=20,
    show_default=True,
    help="Calls before the clock counts.",
)
@click.option(
    "--one-after-the-other/--together",
    "in_turn",
    default=True,
    show_default=True,
    help="Lanes in turn, so that they do not take the processor from one another; or all at once.",
)
@click.option(
    "--resilience", is_flag=True, help="With retries and a circuit breaker; bare protocol otherwise."
)
@click.option("--json", "form", flag_value="json", help="Print the figures as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print one row for each call.")
def repeat(**options: Any) -> None:
    """Send one operation many times and print how long it took: percentiles, rate, bytes, errors.

    Uses temporary embedded servers unless addresses of running ones are given; those may be on other
    machines. Ends with 0 when every call was answered, with 1 when one was not. Ctrl-C ends the run early
    and prints what was measured; the code is then 130.
    """
    from app.cli.compare import Request
    from app.cli.repeat import plan_of, repeat_once

    with plain_errors():
        operation = OPERATIONS[OperationId(options["operation"])]
        request = Request.read(operation, options["params"], options["fields"])
        together, resilient = not options["in_turn"], options["resilience"]
        measure = partial(
            repeat_once,
            plan_of(request, _lanes(options["lanes"]), options, together=together, resilient=resilient),
            addresses=_addresses(options),
            settings=_server_settings({**options, "ephemeral": True}),
            login=(options["email"], options["password"]),
            writes=operation.writes,
            form=options["form"] or "table",
        )
        good = attended(lambda cancel: measure(cancel=cancel))
    sys.exit(0 if good else 1)


@run.command()
@click.option("--user", default="", help="Whose orders; everybody's otherwise.")
@click.option("--count", type=click.IntRange(0), default=5, show_default=True, help="How many; 0 is endless.")
@click.option("--interval-ms", type=click.IntRange(1, 3_600_000), default=1000, show_default=True)
@click.option("--live", is_flag=True, help="The catalog's own orders as they are placed and moved.")
@click.option("--deadline", type=click.FloatRange(0, min_open=True), help="Seconds that a stream may take.")
@click.option("--lanes", default="rest,graphql,grpc", show_default=True, help="Lanes, with commas.")
@click.option("--rest", metavar="URL", help="A running REST server instead of an embedded one.")
@click.option("--graphql-ws", metavar="URL", help="A running server of GraphQL subscriptions.")
@click.option("--grpc", metavar="HOST:PORT", help="A running gRPC server.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each message.")
def orders(**options: Any) -> None:
    """Follow the same orders over the lanes, message by message.

    Ends with 0 when every stream came to its end or was cancelled with Ctrl-C, with 1 when one broke.
    """
    from app.cli.orders import watch_orders
    from app.domain.streams import OrdersRequest

    given = {name: options[name] for name in ("rest", "graphql_ws", "grpc") if options[name]}
    request = OrdersRequest(
        user_id=options["user"],
        count=options["count"] or None,
        interval_ms=options["interval_ms"],
        live=options["live"],
        deadline=options["deadline"],
    )
    watch = partial(
        watch_orders,
        request,
        lanes=_lanes(options["lanes"]),
        addresses=given,
        settings=_server_settings({"ephemeral": True}),
        as_json=options["as_json"],
    )
    with plain_errors():
        good = attended(lambda cancel: watch(cancel=cancel))
    sys.exit(0 if good else 1)


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

    settings = _server_settings({"ephemeral": True, "seed": seed})
    with plain_errors():
        attended(lambda cancel: take_tour(settings, picture=picture, theme=theme, cancel=cancel))


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
            _server_settings({"ephemeral": True}),
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


def _open_window(options: Mapping[str, Any]) -> int:
    opening = _opening(options)
    from app.bootstrap.desktop import open_window

    # A person at a window wants to go on and reads the notice; a server for other programs stops instead.
    return open_window(_server_settings({**options, "set_aside": True}), opening)


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


def _server_settings(options: Mapping[str, Any]) -> "ServerSettings":
    from app.infrastructure.paths import user_paths
    from backends.serving import ServerSettings

    names = ServerSettings.__dataclass_fields__
    chosen = {name: value for name, value in options.items() if name in names and value is not None}
    return ServerSettings(data_dir=user_paths().data, **chosen)


def _lanes(text: str) -> tuple[Lane, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in list(Lane)]
    if unknown or not names:
        raise click.BadParameter(f"{text!r}: lanes are {', '.join(Lane)}", param_hint="--lanes")
    return tuple(lane for lane in Lane if lane in names)


def _addresses(options: Mapping[str, Any]) -> "Addresses":
    from app.operations.addresses import checked_address

    return {lane: checked_address(lane, options[lane.value]) for lane in Lane if options[lane.value]}
