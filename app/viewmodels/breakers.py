"""The circuit breakers as the window sees them: pictures on demand, transitions remembered. QtCore only.

Reading is pure: a picture never moves the machine. Only the three commands by hand change it.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.events import BreakerEvent, BreakerTransitioned
from app.domain.lanes import Lane
from app.resilience.snapshot import BreakerSnapshot
from app.resilience.states import CircuitState
from app.runtime.event_bus import EventBus
from app.viewmodels.breaker_figure import BreakerFigure, Past, Transition, figure
from app.viewmodels.timeline import wall_clock

KEPT = 50  # transitions of each lane


class BreakerCommands(Protocol):
    """What a person may do to a lane's breaker. Must not block."""

    def force_open(self, lane: Lane) -> None:
        """Reject everything until reset."""

    def disable(self, lane: Lane) -> None:
        """Admit everything, count nothing."""

    def reset(self, lane: Lane) -> None:
        """Close and start counting anew."""


class BreakersModel(QObject):
    """Three breakers for one diagram. GUI thread; ``snapshot`` is called at frame time and must be pure.

    ``changed(lane)``: draw it again. ``transitioned(transition)``: it moved along an edge.
    ``announced(text)``: a screen reader should say so.
    """

    changed = Signal(object)
    transitioned = Signal(object)
    announced = Signal(str)

    def __init__(
        self,
        bus: EventBus,
        snapshot: Callable[[Lane], BreakerSnapshot],
        commands: BreakerCommands,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[float], str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._snapshot = snapshot
        self._commands = commands
        self._clock = clock
        self.wall = wall or wall_clock(clock)
        self._past: dict[Lane, deque[Transition]] = {lane: deque(maxlen=KEPT) for lane in Lane}
        self._probe_since: dict[Lane, float | None] = dict.fromkeys(Lane)
        self._moved: set[Lane] = set()
        self._at_end = bus.at_end
        bus.subscribe(BreakerEvent, self.take)

    @Slot(object)
    def take(self, event: BreakerEvent) -> None:
        """Note a breaker event."""
        lane = event.lane
        snapshot = event.snapshot
        probing = (
            isinstance(snapshot, BreakerSnapshot)
            and snapshot.state is CircuitState.HALF_OPEN
            and snapshot.in_flight > 0
        )
        if not probing:
            self._probe_since[lane] = None
        elif self._probe_since[lane] is None:
            self._probe_since[lane] = event.at
        if isinstance(event, BreakerTransitioned):
            transition = Transition(
                lane=lane,
                at=event.at,
                before=CircuitState(event.before),
                after=CircuitState(event.after),
                reason=event.reason,
            )
            self._past[lane].append(transition)
            self.transitioned.emit(transition)
            self.announced.emit(self.figure(lane).mirror)
        self._moved.add(lane)
        self._at_end(self._tell)

    def _tell(self) -> None:
        moved, self._moved = self._moved, set()
        for lane in moved:
            self.changed.emit(lane)

    def figure(self, lane: Lane) -> BreakerFigure:
        """The picture of a lane's breaker at this moment."""
        last = self._past[lane][-1] if self._past[lane] else None
        since = self._probe_since[lane]
        past = Past(
            last=last,
            probe_for=None if since is None else max(0.0, self._clock() - since),
            since="" if last is None else self.wall(last.at)[:8],
        )
        return figure(lane, self._snapshot(lane), past)

    def transitions(self, lane: Lane) -> list[Transition]:
        """The last changes of a lane, newest first."""
        return list(reversed(self._past[lane]))

    def all_transitions(self) -> list[Transition]:
        """The last changes of all lanes, newest first."""
        every = [transition for past in self._past.values() for transition in past]
        return sorted(every, key=lambda transition: transition.at, reverse=True)

    def explain(self, lane: Lane) -> str:
        """A lane's last transitions with time and reason, and its totals; one a line."""
        snapshot = self._snapshot(lane)
        lines = [self.figure(lane).mirror]
        for change in self.transitions(lane)[:5]:
            arrow = f"{_word(change.before)} → {_word(change.after)}"
            lines.append(f"{self.wall(change.at)[:8]}  {arrow}: {change.reason}")
        lines.append(
            f"rejected {snapshot.rejected} · late results ignored {snapshot.stale_results} · "
            f"probes at once {snapshot.half_open_max_concurrent}"
        )
        return "\n".join(lines)

    def force_open(self, lane: Lane) -> None:
        """Reject everything until reset."""
        self._commands.force_open(lane)
        self.changed.emit(lane)

    def disable(self, lane: Lane) -> None:
        """Admit everything, count nothing."""
        self._commands.disable(lane)
        self.changed.emit(lane)

    def reset(self, lane: Lane) -> None:
        """Close and start counting anew."""
        self._commands.reset(lane)
        self.changed.emit(lane)

    @Slot()
    def reset_all(self) -> None:
        """Close every circuit and start counting anew."""
        for lane in Lane:
            self.reset(lane)


def _word(state: CircuitState) -> str:
    return state.value.upper().replace("_", "-")
