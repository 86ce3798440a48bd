"""``trilane run orders``: the order feed over the lanes without a window, a line for each message."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from app.cli.hosting import Hosting
from app.cli.table import align
from app.domain.cancel import CancelToken
from app.domain.events import Event, OrderReceived, OrdersReceived, StreamChanged, StreamState
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.domain.streams import OrdersRequest, StreamEnd
from app.operations.order_batches import OrderBatches
from app.operations.stream_access import ADDRESS_OF, StreamAccess
from app.operations.watch_orders import OrderWatch
from app.resilience.pipeline import Pipeline

if TYPE_CHECKING:
    from backends.serving import ServerSettings

_HEAD = ("lane", "end", "received", "dropped", "reconnects", "rate", "lag p50", "lag p99", "jitter")


def watch_orders(
    request: OrdersRequest,
    *,
    lanes: Sequence[Lane],
    addresses: Mapping[str, str],
    settings: "ServerSettings",
    as_json: bool,
    cancel: CancelToken,
) -> bool:
    """Follow to the end, or until it is cancelled, and print. True when no stream broke.

    ``addresses`` are of running servers, named as `trilane serve` names them; embedded ones supply the rest.
    TrilaneError when a server does not start, OSError when nobody reads what is printed.
    """
    printer = _Printer(cancel, as_json=as_json)
    with _served(lanes, addresses, settings, cancel) as found:
        access = StreamAccess()
        for lane in lanes:
            access.connect(lane, found)
        batches = OrderBatches(printer.take)
        watches = [
            OrderWatch(
                access.stream(lane),
                Pipeline(lane=lane),
                request,
                stream_id=f"orders-{lane}",
                publish=printer.take,
                batches=batches,
            )
            for lane in lanes
        ]
        ends = _run_all(watches, cancel)
        access.close()
    printer.raise_failure()
    if not as_json:
        click.echo("\n".join(["", *align([_HEAD, *map(_row, watches, ends)], left={0, 1})]))
    return all(end.outcome in (Outcome.OK, Outcome.CANCELLED) for end in ends)


@contextmanager
def _served(
    lanes: Sequence[Lane], given: Mapping[str, str], settings: "ServerSettings", cancel: CancelToken
) -> Iterator[Mapping[str, str]]:
    if all(ADDRESS_OF[lane] in given for lane in lanes):
        yield given
        return
    with Hosting(settings) as hosting:
        yield {**hosting.start(cancel), **given}


def _run_all(watches: Sequence[OrderWatch], cancel: CancelToken) -> list[StreamEnd]:
    """All streams at the same time."""
    with ThreadPoolExecutor(len(watches), thread_name_prefix="orders") as pool:
        return list(pool.map(lambda watch: watch.run(cancel), watches))


class _Printer:
    """Prints events as they come. Any thread. When it cannot, it cancels: nobody sees the stream."""

    def __init__(self, cancel: CancelToken, *, as_json: bool) -> None:
        self._cancel = cancel
        self._as_json = as_json
        self._lock = threading.Lock()
        self._failure: OSError | None = None

    def take(self, event: Event) -> None:
        """One line for each message, and one for each turn of a stream."""
        lines: list[str] = []
        if isinstance(event, OrdersReceived):
            lines = [self._message(message) for message in event.messages]
        elif isinstance(event, StreamChanged) and event.state in (StreamState.WAITING, StreamState.ENDED):
            lines = [self._turn(event)]
        if not lines:
            return
        with self._lock:
            if self._failure is not None:
                return
            try:
                click.echo("\n".join(lines))
            except OSError as error:
                self._failure = error
        if self._failure is not None:
            self._cancel.cancel()

    def raise_failure(self) -> None:
        """Raise why nothing could be printed any more, if so."""
        if self._failure is not None:
            raise self._failure

    def _message(self, message: OrderReceived) -> str:
        lag = (message.arrived - message.published) * 1000
        order = message.order
        if self._as_json:
            record = {"lane": message.lane.value, "lag_ms": round(lag, 3), "order": dict(order)}
            return json.dumps(record, ensure_ascii=False)
        return (
            f"{message.lane.label:<8}{message.sequence:>8}  {lag:>9.2f} ms  {order.get('id', ''):<16}"
            f"{order.get('user_id', ''):<14}{order.get('total', 0):>14.2f}  {order.get('status', '')}"
        )

    def _turn(self, change: StreamChanged) -> str:
        if self._as_json:
            return json.dumps(_turn_record(change), ensure_ascii=False)
        words = " · ".join(part for part in (change.status, change.message) if part)
        wait = f", next try in {change.delay:.2f} s" if change.delay else ""
        return f"{change.lane.label:<8}{change.state.value}: {words}{wait}"


def _turn_record(change: StreamChanged) -> dict[str, Any]:
    figures = change.figures
    return {
        "lane": change.lane.value,
        "state": change.state.value,
        "outcome": change.outcome.value if change.outcome else None,
        "status": change.status,
        "message": change.message,
        "trailers": dict(change.trailers),
        "injected": change.injected,
        "reconnects": change.reconnects,
        "received": figures.received if figures else 0,
        "dropped": figures.dropped if figures else 0,
        "lag_p50_ms": _ms(figures.lag_p50 if figures else None),
        "lag_p99_ms": _ms(figures.lag_p99 if figures else None),
        "jitter_ms": _ms(figures.jitter if figures else None),
    }


def _row(watch: OrderWatch, end: StreamEnd) -> tuple[str, ...]:
    figures = watch.figures
    return (
        watch.lane.label,
        end.status or end.outcome.value,
        str(figures.received),
        str(figures.dropped),
        str(watch.reconnects),
        "-" if figures.rate is None else f"{figures.rate:.1f}/s",
        *("-" if value is None else f"{value * 1000:.2f} ms" for value in (figures.lag_p50, figures.lag_p99)),
        "-" if figures.jitter is None else f"{figures.jitter * 1000:.2f} ms",
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
