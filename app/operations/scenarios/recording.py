"""What happened during a scenario, kept as small facts until a report is made of them. No Qt."""

import threading
from dataclasses import field

from app.domain.events import (
    AttemptFinished,
    AttemptStarted,
    BreakerTransitioned,
    CallFinished,
    CallRejected,
    CallStarted,
    Event,
    ScenarioProgress,
    StreamChanged,
    StreamState,
)
from app.domain.lanes import Lane
from app.domain.results import CallResult, Outcome
from app.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """One call, as its caller saw it."""

    began: float
    at: float
    reason: str  # "ok", "unavailable", "stale copy: timeout", "rejected by open circuit", …
    fresh: bool
    stale: bool
    rejected: bool  # no attempt of it was admitted


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt that the breaker admitted."""

    at: float
    retry: bool


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of a breaker's state."""

    at: float
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A step of the script."""

    at: float
    caption: str


@dataclass(frozen=True, slots=True)
class Streamed:
    """One order stream that has ended."""

    at: float
    messages: int
    reconnects: int
    end: str  # "ok", "connection lost", …


@dataclass(slots=True)
class LaneRecord:
    """Everything about one lane."""

    begun: dict[str, float] = field(default_factory=dict)  # call id → when
    ended: list[Ended] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    refused: int = 0  # attempts that the breaker did not admit
    late: int = 0  # results that came after the circuit had changed
    faults: dict[str, int] = field(default_factory=dict)  # rule → attempts
    transitions: list[Transition] = field(default_factory=list)
    streams: list[Streamed] = field(default_factory=list)


class Recording:
    """Takes a scenario's events, in any thread; times are those of the events, less ``origin``.

    While the player is paused, scenario time stands still here too: else an outage that somebody looked at
    for a minute would have lasted a minute longer.
    """

    def __init__(self, *, origin: float = 0.0, prefix: str = "") -> None:
        """Calls whose id does not begin with ``prefix`` are somebody else's."""
        self._origin = origin
        self._prefix = prefix
        self._held: float | None = None  # scenario seconds at which a paused player stands
        self._lock = threading.Lock()
        self.lanes = {lane: LaneRecord() for lane in Lane}
        self.marks: list[Mark] = []

    def take(self, event: Event) -> None:
        """Remember an event."""
        name: str = getattr(event, "call_id", "") or getattr(event, "stream_id", self._prefix)
        if not name.startswith(self._prefix):
            return
        with self._lock:
            at = round(event.at - self._origin, 6) if self._held is None else self._held
            if isinstance(event, ScenarioProgress):
                self._hold(event)
                self._mark(event)
            elif lane := getattr(event, "lane", None):
                _note(self.lanes[lane], event, at)

    def _hold(self, event: ScenarioProgress) -> None:
        if event.paused:
            self._held = event.elapsed
        elif self._held is not None:
            self._origin = event.at - event.elapsed
            self._held = None

    def _mark(self, event: ScenarioProgress) -> None:
        if event.running and event.step >= len(self.marks):
            self.marks.append(Mark(event.elapsed, event.caption))


def _note(record: LaneRecord, event: Event, at: float) -> None:
    match event:
        case CallStarted():
            record.begun[event.call_id] = at
        case AttemptStarted():
            record.sent.append(Sent(at, event.attempt > 1))
        case AttemptFinished():
            record.late += event.late
            if event.injected:
                record.faults[event.injected] = record.faults.get(event.injected, 0) + 1
        case CallRejected():
            record.refused += 1
        case CallFinished():
            record.ended.append(_ended(event.result, record.begun.pop(event.call_id, at), at))
        case StreamChanged(state=StreamState.ENDED):
            received = event.figures.received if event.figures else 0
            end = event.outcome.value if event.outcome else ""
            record.streams.append(Streamed(at, received, event.reconnects, end))
        case BreakerTransitioned() if event.before != event.after:  # not: reset by hand before the start
            record.transitions.append(Transition(at, event.before, event.after, event.reason))


def _ended(result: CallResult, began: float, at: float) -> Ended:
    fresh = result.stale is None and result.outcome in (Outcome.OK, Outcome.PARTIAL)
    reason = result.outcome.value
    if result.stale is not None:
        reason = f"stale copy: {result.error.value if result.error else result.stale.reason}"
    rejected = bool(result.attempts) and all(one.outcome is Outcome.REJECTED for one in result.attempts)
    return Ended(began, at, reason, fresh, result.stale is not None, rejected)
