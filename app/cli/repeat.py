"""``trilane run repeat``: the same operation many times without a window, told as a table, JSON or CSV."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from app.cli.compare import Request
from app.cli.session import Addresses, lane_addresses
from app.cli.table import align
from app.domain.cancel import CancelToken
from app.domain.lanes import Lane
from app.operations.elsewhere import tokens_for
from app.operations.lane_access import make_client
from app.operations.log_in import Credentials
from app.operations.repeat import Repeat
from app.operations.repeat_export import as_csv, as_json
from app.operations.repeat_results import LaneRun, RepeatPlan, RepeatProgress, RepeatRun

if TYPE_CHECKING:
    from app.clients.port import LaneClient
    from backends.serving import ServerSettings

_HEAD = (
    "lane",
    "calls",
    "errors",
    "rate",
    "p50",
    "p90",
    "p95",
    "p99",
    "max",
    "mean",
    "first byte",
    "sent",
    "received",
)
_EMBEDDED = (
    "Servers and client shared one process and its interpreter lock: they waited for one another. For "
    "figures without that, start `trilane serve` in another process and give its addresses."
)


def plan_of(
    request: Request, lanes: tuple[Lane, ...], options: Mapping[str, int], *, together: bool, resilient: bool
) -> RepeatPlan:
    """The plan that the options describe. InvalidInput names what cannot be."""
    return RepeatPlan(
        operation=request.operation.id,
        params=request.params,
        fields=request.fields,
        lanes=lanes,
        count=options["count"],
        concurrency=options["concurrency"],
        warm_up=options["warm_up"],
        together=together,
        resilient=resilient,
    )


def repeat_once(
    plan: RepeatPlan,
    *,
    addresses: Addresses,
    settings: "ServerSettings",
    login: tuple[str, str],
    writes: bool,
    form: str,
    cancel: CancelToken,
) -> bool:
    """Run and print as ``form``: table, json or csv. True when every call brought an answer.

    When it is cancelled it prints what was measured so far and raises Cancelled. TrilaneError when servers or
    login fail.
    """
    given = {lane: addresses[lane] for lane in plan.lanes if lane in addresses}
    with ExitStack() as cleanup:
        found = cleanup.enter_context(lane_addresses(settings, addresses, plan.lanes, cancel))
        clients: dict[Lane, LaneClient] = {lane: make_client(lane, found[lane]) for lane in plan.lanes}
        for client in clients.values():
            cleanup.callback(client.close)
        credentials = Credentials(email=login[0], password=login[1])
        tokens = tokens_for(clients, credentials, elsewhere=given, cancel=cancel) if writes else {}
        show = _show_progress if form == "table" else _say_nothing
        repeat = Repeat(plan, clients, tokens=tokens, cancel=cancel, on_progress=show, addresses=given)
        cancel.raise_if_cancelled()
        run = repeat.run()
        if form == "table":
            _overwrite("")
    click.echo(_told(run, form, embedded=len(given) < len(plan.lanes)), nl=form != "csv")
    cancel.raise_if_cancelled()
    return all(lane.failed == 0 for lane in run.lanes)


def _told(run: RepeatRun, form: str, *, embedded: bool) -> str:
    if form == "json":
        return as_json(run)
    return as_csv(run) if form == "csv" else _table(run, embedded=embedded)


def _table(run: RepeatRun, *, embedded: bool) -> str:
    plan = run.plan
    lines = [
        f"{plan.operation.value}: {plan.count} calls on each lane, {plan.concurrency} at a time, "
        f"{plan.warm_up} to warm up, lanes {'together' if plan.together else 'one after the other'}, "
        f"{'with' if plan.resilient else 'without'} retries and circuit breaker"
        f"{'; cancelled' if run.cancelled else ''}",
        *align([_HEAD, *map(_row, run.lanes)], left={0}),
    ]
    for lane in run.lanes:
        lines += [f"  {lane.lane.label}: {count} × {why}" for why, count in lane.errors.items()]
        for unseen, what in ((lane.unseen_up, "sent"), (lane.unseen_down, "received")):
            if unseen:
                lines.append(f"  {lane.lane.label}: bytes {what} unknown in {unseen} round trips")
        if plan.resilient and lane.calls:
            lines.append(f"  {lane.lane.label}: {lane.attempts / lane.calls:.2f} attempts per call")
    lines += [f"  {lane.label}: {why}" for lane, why in run.skipped.items()]
    return "\n".join([*lines, _EMBEDDED] if embedded else lines)


def _row(lane: LaneRun) -> tuple[str, ...]:
    latency = lane.latency
    times: Sequence[float | None] = (
        (latency.p50, latency.p90, latency.p95, latency.p99, latency.maximum, latency.mean)
        if latency
        else (None,) * 6
    )
    first = lane.first_byte.p50 if lane.first_byte else None
    return (
        lane.lane.label,
        str(lane.calls),
        str(lane.failed),
        f"{lane.rate:.0f}/s",
        *[_time(each) for each in (*times, first)],
        _size(lane.per_call(lane.bytes_up), lane.unseen_up),
        _size(lane.per_call(lane.bytes_down), lane.unseen_down),
    )


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.2f} ms"


def _size(count: float | None, unseen: int) -> str:
    return "unknown" if count is None else f"{'≥ ' if unseen else ''}{count:.0f} B"


def _say_nothing(progress: RepeatProgress) -> None:
    """Nothing but the result goes to a file."""


def _show_progress(progress: RepeatProgress) -> None:
    where = progress.lane.label if progress.lane else "all lanes"
    what = "warming up" if progress.warming_up else f"{progress.done} of {progress.total}"
    _overwrite(f"{where}: {what}, {progress.rate:.0f} calls/s")


def _overwrite(text: str) -> None:
    """Replace the last line of a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r{text}\033[K", err=True, nl=False)
