"""The columns of the comparison: what each number is, how it reads, and which of the three is best. Pure."""

from collections.abc import Callable, Mapping

from app.domain.lanes import Lane
from app.domain.results import CallResult, Outcome
from app.domain.values import dataclass
from app.operations.compare import DEFINITIONS, OverFetch
from app.viewmodels.figures import percent, seconds, size

Read = Callable[[CallResult, OverFetch | None], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One number of a result. The smallest known value is the best, unless ``ranked`` is off."""

    title: str
    meaning: str
    read: Read
    say: Callable[[float | None, bool], str]  # the number, briefly or not
    ranked: bool = True

    def text(self, result: CallResult, extra: OverFetch | None, *, brief: bool = False) -> str:
        """The number as people read it; a dash without an answer, "unknown" where it was not seen."""
        return self.say(self.read(result, extra), brief) if answered(result) else "–"


def answered(result: CallResult) -> bool:
    """Whether the numbers are those of an answer. A stale copy's are those of an earlier call."""
    return result.stale is None and bool(result.reply.exchanges)


def _good(result: CallResult | None) -> bool:
    return result is not None and answered(result) and result.reply.outcome in (Outcome.OK, Outcome.PARTIAL)


def _seconds(value: float | None, brief: bool) -> str:
    return seconds(value, brief=brief)


def _bytes(value: float | None, brief: bool) -> str:
    return size(None if value is None else int(value), brief=brief)


def _percent(value: float | None, _brief: bool) -> str:
    return percent(value)


def _whole(value: float | None, _brief: bool) -> str:
    return "–" if value is None else f"{value:.0f}"


class _FieldsColumn(Column):
    """Two numbers in one column: no best."""

    def text(self, result: CallResult, extra: OverFetch | None, *, brief: bool = False) -> str:
        """Wanted and received."""
        if not answered(result) or extra is None:
            return "–"
        return f"{extra.fields_wanted}\u00a0/\u00a0{extra.fields_received}"


COLUMNS: tuple[Column, ...] = (
    Column(
        title="Last byte",
        meaning=DEFINITIONS["last_byte"],
        read=lambda result, _: result.wire_time,
        say=_seconds,
    ),
    Column(title="Up", meaning=DEFINITIONS["bytes_up"], read=lambda result, _: result.bytes_up, say=_bytes),
    Column(
        title="Down", meaning=DEFINITIONS["bytes_down"], read=lambda result, _: result.bytes_down, say=_bytes
    ),
    Column(
        title="Round trips",
        meaning=DEFINITIONS["round_trips"],
        read=lambda result, _: result.round_trips,
        say=_whole,
    ),
    _FieldsColumn(
        title="Fields",
        meaning=f"Wanted / received. {DEFINITIONS['fields_wanted']} {DEFINITIONS['fields_received']}",
        read=lambda _, extra: extra.fields_received if extra else None,
        say=_whole,
        ranked=False,
    ),
    Column(
        title="Over-fetch",
        meaning=DEFINITIONS["over_fetch"],
        read=lambda _, extra: extra.share if extra else None,
        say=_percent,
    ),
    Column(
        title="Retries", meaning=DEFINITIONS["retries"], read=lambda result, _: result.retries, say=_whole
    ),
)


def best_lanes(
    column: Column,
    results: Mapping[Lane, CallResult | None],
    extra: Mapping[Lane, OverFetch | None],
) -> frozenset[Lane]:
    """The lanes with the smallest value, among good answers of one operation; none when all are equal."""
    good = {lane: result for lane, result in results.items() if result is not None and _good(result)}
    if not column.ranked or len(good) < 2 or len({result.operation for result in good.values()}) > 1:
        return frozenset()
    values = {lane: column.read(result, extra[lane]) for lane, result in good.items()}
    known = {lane: value for lane, value in values.items() if value is not None}
    if len(known) < 2 or len(set(known.values())) == 1:
        return frozenset()
    least = min(known.values())
    return frozenset(lane for lane, value in known.items() if value == least)
