"""A circuit breaker in words and numbers, as the diagram and the screen reader show it. No Qt, no clock."""

from app.domain.lanes import Lane
from app.domain.values import dataclass
from app.resilience.snapshot import BreakerSnapshot
from app.resilience.states import CircuitState
from app.resilience.windows import TimeWindow
from app.viewmodels.timeline_store import state_word

MOST_PIPS = 12  # more are shown as a bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of state, with the monotonic time at which it happened."""

    lane: Lane
    at: float
    before: CircuitState
    after: CircuitState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a snapshot does not hold: where the machine came from, and since when a probe is under way."""

    last: Transition | None = None
    probe_for: float | None = None  # seconds the oldest probe has been in flight
    since: str = ""  # wall clock of the last transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """How far the circuit is on its way to open: ``done`` of ``total`` failures, or a rate of a window."""

    done: int
    total: int
    share: float  # 0 … 1, of the limit
    limit: float | None = None  # place of the limit on the bar, 0 … 1; None: pips


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """Probe slots: ``succeeded`` and ``in_flight`` of ``needed`` successes."""

    succeeded: int
    in_flight: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What each edge waits for."""

    opens: str  # CLOSED → OPEN
    probes: str  # OPEN → HALF-OPEN
    closes: str  # HALF-OPEN → CLOSED
    reopens: str  # HALF-OPEN → OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerFigure:
    """Everything one row of the diagram shows at one moment."""

    lane: Lane
    state: CircuitState
    word: str
    headline: str
    detail: str
    fill: Fill
    probes: Probes | None
    ring: float | None  # share of the open period that is left, 1 … 0
    guards: Guards
    counting: bool  # the next moment looks different without any event
    mirror: str  # for a screen reader


def figure(lane: Lane, snapshot: BreakerSnapshot, past: Past) -> BreakerFigure:
    """The picture of a snapshot."""
    fill = _fill(snapshot, past)
    headline, detail = _words(snapshot, past, fill)
    half_open = snapshot.state is CircuitState.HALF_OPEN
    ring = None
    if snapshot.state is CircuitState.OPEN and snapshot.retry_after is not None and snapshot.open_for > 0:
        ring = min(1.0, snapshot.retry_after / snapshot.open_for)
    return BreakerFigure(
        lane=lane,
        state=snapshot.state,
        word=state_word(snapshot.state.value),
        headline=headline,
        detail=detail,
        fill=fill,
        probes=_probes(snapshot) if half_open else None,
        ring=ring,
        guards=_guards(snapshot, fill),
        counting=bool(ring) or (half_open and snapshot.in_flight > 0),
        mirror=_mirror(lane, snapshot, headline, detail),
    )


def seconds(value: float) -> str:
    """A countdown: ``4.1 s``, ``59 s``, ``3 m 12 s``. Rounded up, so that 0.0 means that it is over."""
    if value < 10:
        return f"{_up(value * 10) / 10:.1f} s"
    whole = _up(value)
    return f"{whole} s" if whole < 60 else f"{whole // 60} m {whole % 60} s"


def _up(value: float) -> int:
    return int(value) + (value > int(value))


def _fill(snapshot: BreakerSnapshot, past: Past) -> Fill:
    window, counts = snapshot.window, snapshot.window_counts
    if window is not None and counts is not None:
        rate = counts.failures / counts.calls if counts.calls else 0.0
        if snapshot.state is CircuitState.OPEN:
            rate = max(rate, window.failure_rate)
        return Fill(done=counts.failures, total=counts.calls, share=rate, limit=window.failure_rate)
    total = snapshot.failure_threshold
    done = snapshot.consecutive_failures
    if snapshot.state is CircuitState.OPEN and past.last and past.last.before is CircuitState.CLOSED:
        done = total  # the machine clears its count as it opens; the picture shows why it opened
    return Fill(done=done, total=total, share=done / total)


def _probes(snapshot: BreakerSnapshot) -> Probes:
    # Due but not yet entered: the counters are still those of the period before.
    return Probes(
        succeeded=snapshot.half_open_successes,
        in_flight=snapshot.in_flight,
        needed=snapshot.success_threshold,
    )


def _words(snapshot: BreakerSnapshot, past: Past, fill: Fill) -> tuple[str, str]:
    since = f" since {past.since}" if past.since else ""
    reason = past.last.reason if past.last is not None else ""
    match snapshot.state:
        case CircuitState.CLOSED:
            never = "" if snapshot.trips or past.last else "never opened"
            return _closed_words(snapshot, fill), never or f"closed{since}"
        case CircuitState.OPEN:
            left = snapshot.retry_after
            verb = "ready to probe" if not left or left < 60 else "probe"
            return reason or "opened", f"{verb} in {seconds(left)}" if left else verb
        case CircuitState.HALF_OPEN:
            headline = f"{snapshot.half_open_successes} of {_count(snapshot.success_threshold, 'success')}"
            if snapshot.in_flight:
                probes = "probe" if snapshot.in_flight == 1 else f"{snapshot.in_flight} probes"
                age = "" if past.probe_for is None else f" {past.probe_for:.1f} s"
                return headline, f"{probes} in flight{age}"
            return headline, "waits for a call"
        case CircuitState.FORCED_OPEN:
            return "forced open by hand", "rejects all until reset"
        case CircuitState.DISABLED:
            return "disabled by hand", "counts nothing"


def _closed_words(snapshot: BreakerSnapshot, fill: Fill) -> str:
    if fill.limit is None:
        return f"{fill.done} of {_count(fill.total, 'failure')}"
    return f"{fill.done} of {_count(fill.total, 'call')} failed"


def _guards(snapshot: BreakerSnapshot, fill: Fill) -> Guards:
    window = snapshot.window
    closed = snapshot.state is CircuitState.CLOSED
    if window is not None:
        opens = f"opens at {window.failure_rate:.0%} of {_window_size(snapshot)}".replace("%", " %")
        if closed and fill.total:
            opens = f"{fill.share:.0%} of {window.failure_rate:.0%}".replace("%", " %")
    elif fill.done:
        opens = f"{fill.done} of {fill.total} failures"
    else:
        opens = f"opens at {fill.total} in a row"
    needed = snapshot.success_threshold
    closes = f"{_count(needed, 'success')} close{'s' if needed == 1 else ''} it"
    if snapshot.state is CircuitState.HALF_OPEN and snapshot.half_open_successes:
        closes = f"{snapshot.half_open_successes} of {_count(needed, 'success')}"
    probes = f"after {snapshot.timeout:g} s"
    if snapshot.state is CircuitState.OPEN:
        probes = seconds(snapshot.retry_after or 0.0)
    return Guards(
        opens=opens,
        probes=probes,
        closes=closes,
        reopens="a failure reopens",
    )


def _window_size(snapshot: BreakerSnapshot) -> str:
    window = snapshot.window
    if isinstance(window, TimeWindow):
        return f"{window.seconds:g} s"
    return f"{window.size} calls" if window is not None else ""


def _mirror(lane: Lane, snapshot: BreakerSnapshot, headline: str, detail: str) -> str:
    word = state_word(snapshot.state.value).lower()
    if snapshot.state is CircuitState.OPEN and snapshot.retry_after:
        detail = f"ready to probe in {_up(snapshot.retry_after)} s"
    return f"{lane.label} circuit {word}, {headline}, {detail}"


def _count(number: int, noun: str) -> str:
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{number} {noun if number == 1 else plural}"
