"""``trilane run``: what needs no window. Each command calls one function; our errors end with code 2."""

import sys
from functools import partial
from typing import Any

import click

from app.cli.attended import attended
from app.cli.endings import plain_errors
from app.cli.given import chosen_lanes, given_addresses, server_settings
from app.cli.options import lanes_option, question_options
from app.domain.operations import OPERATIONS, OperationId

PLAY = "scenario"


class RunGroup(click.Group):
    """``run SCENARIO`` beside ``run compare``: what is no command is the name of a scenario."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the hidden command's name before a scenario and its options."""
        if args and args[0] not in {*self.commands, "--list", "--help", "-h"}:
            args = [PLAY, *args]
        return super().parse_args(ctx, args)


@click.group(cls=RunGroup, invoke_without_command=True, subcommand_metavar="SCENARIO | COMMAND [OPTIONS]")
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
        settings=server_settings({"ephemeral": True}),
        speed=speed,
        seed=seed,
        lanes=None if lanes is None else chosen_lanes(lanes),
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
            lanes=chosen_lanes(options["lanes"]),
            addresses=given_addresses(options),
            settings=server_settings({**options, "ephemeral": True}),
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
            plan_of(request, chosen_lanes(options["lanes"]), options, together=together, resilient=resilient),
            addresses=given_addresses(options),
            settings=server_settings({**options, "ephemeral": True}),
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
@lanes_option
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
        lanes=chosen_lanes(options["lanes"]),
        addresses=given,
        settings=server_settings({"ephemeral": True}),
        as_json=options["as_json"],
    )
    with plain_errors():
        good = attended(lambda cancel: watch(cancel=cancel))
    sys.exit(0 if good else 1)
