"""The attempt timeline's state: history, what part of it is in view, and how that part moves. QtCore only."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from enum import Enum

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.events import (
    AttemptFinished,
    BreakerTransitioned,
    CallEvent,
    Event,
    FaultsChanged,
    LoadChanged,
)
from app.runtime.event_bus import EventBus
from app.viewmodels.timeline_store import TimelineStore
from app.viewmodels.timeline_words import export

SHORTEST, LONGEST = 5.0, 600.0  # seconds in view
FIRST_SPAN = 12.0
SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


class Mode(Enum):
    """What the right edge of the view does."""

    LIVE = "live"  # it is now
    PAUSED = "paused"  # it stands
    REPLAY = "replay"  # it moves through the past


def wall_clock(monotonic: Callable[[], float] = time.monotonic) -> Callable[[float], str]:
    """A function that tells the time of day of a monotonic moment, in milliseconds."""
    offset = time.time() - monotonic()

    def tell(at: float) -> str:
        return datetime.fromtimestamp(at + offset).strftime("%H:%M:%S.%f")[:-3]

    return tell


class TimelineModel(QObject):
    """Records events and holds the view: span, right edge, mode. GUI thread.

    ``clock`` must be the clock of the events' ``at``. The picture asks ``edge()`` at each frame; nothing here
    ticks. ``changed`` says that there is something new to draw or that the view moved.
    """

    changed = Signal()
    mode_changed = Signal(object)
    span_changed = Signal(float)
    call_selected = Signal(str)

    def __init__(
        self,
        bus: EventBus,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[float], str] | None = None,
        limit: int = 5000,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._at_end = bus.at_end
        self.wall = wall or wall_clock(clock)
        self.store = TimelineStore(limit)
        self._mode = Mode.LIVE
        self._span = FIRST_SPAN
        self._edge = 0.0  # where the view stands, or where the replay began
        self._replay_from = 0.0  # clock when the replay began
        self._speed = 1.0
        for kind in (CallEvent, BreakerTransitioned, FaultsChanged, LoadChanged):
            bus.subscribe(kind, self.take)

    @Slot(object)
    def take(self, event: Event) -> None:
        """Record one event."""
        if self.store.record(event) and (self._mode is Mode.LIVE or self._reaches_back(event)):
            self._at_end(self._tell)

    def _tell(self) -> None:
        self.changed.emit()

    @property
    def mode(self) -> Mode:
        """What the right edge does."""
        return self._mode

    @property
    def span(self) -> float:
        """Seconds in view."""
        return self._span

    @property
    def speed(self) -> float:
        """Replay speed; 1 is real time."""
        return self._speed

    def now(self) -> float:
        """The clock of the events."""
        return self._clock()

    def edge(self) -> float:
        """The time at the right edge of the view. Ends a replay that has caught up with now."""
        now = self._clock()
        if self._mode is Mode.LIVE:
            return now
        if self._mode is Mode.PAUSED:
            return self._edge
        edge = self._edge + (now - self._replay_from) * self._speed
        if edge >= now:
            self.follow()
            return now
        return edge

    def moving(self, beyond: float = 0.0) -> bool:
        """Whether the next frame will differ from this one without any event.

        What left the view less than ``beyond`` seconds ago still counts: its label may reach in.
        """
        match self._mode:
            case Mode.PAUSED:
                return False
            case Mode.REPLAY:
                return True
            case Mode.LIVE:
                return self.store.moves_since(self._clock() - self._span - beyond)

    def bounds(self) -> tuple[float, float]:
        """The times of the first fact kept and of now."""
        now = self._clock()
        oldest = self.store.oldest()
        return (now if oldest is None else min(oldest, now)), now

    @Slot()
    def pause(self) -> None:
        """Hold the view where it is."""
        self._stand_at(self.edge())

    @Slot()
    def follow(self) -> None:
        """Go back to now and follow it."""
        self._set_mode(Mode.LIVE)

    @Slot()
    def toggle(self) -> None:
        """Pause a moving view; let a paused one follow now."""
        if self._mode is Mode.PAUSED:
            self.follow()
        else:
            self.pause()

    @Slot()
    def replay(self) -> None:
        """Play the record again at ``speed``, from the left edge of a paused view or from its beginning."""
        first, now = self.bounds()
        start = self._edge - self._span if self._mode is Mode.PAUSED else first
        self._edge = min(max(first, start), now)
        self._replay_from = now
        self._set_mode(Mode.REPLAY)

    def set_speed(self, speed: float) -> None:
        """Change the replay speed, also while it plays."""
        if self._mode is Mode.REPLAY:
            self._edge = self.edge()
            self._replay_from = self._clock()
        self._speed = speed

    def scrub_by(self, seconds: float) -> None:
        """Move the view; a move to now or beyond follows now again."""
        self.scrub_to(self.edge() + seconds)

    def scrub_to(self, edge: float) -> None:
        """Put the right edge at a time within the record."""
        first, now = self.bounds()
        if edge >= now:
            self.follow()
        else:
            self._stand_at(max(edge, min(first + self._span, now)))

    def zoom(self, factor: float, anchor: float = 1.0) -> None:
        """Show ``factor`` times as long; ``anchor`` (0 left … 1 right) is the place that stays."""
        span = min(LONGEST, max(SHORTEST, self._span * factor))
        if span == self._span:
            return
        if self._mode is Mode.PAUSED:
            fixed = self._edge - (1 - anchor) * self._span
            self._edge = min(fixed + (1 - anchor) * span, self._clock())
        self._span = span
        self.span_changed.emit(span)
        self.changed.emit()

    def view_json(self) -> str:
        """What is in view, as JSON text."""
        edge = self.edge()
        return self._json(edge - self._span, edge)

    def history_json(self) -> str:
        """Everything kept, as JSON text."""
        return self._json(*self.bounds())

    @Slot()
    def clear(self) -> None:
        """Forget the record and follow now."""
        self.store.clear()
        self.follow()
        self.changed.emit()

    def _reaches_back(self, event: Event) -> bool:
        """Whether an event changes what a view of the past shows: a bar that was still open in it."""
        return isinstance(event, AttemptFinished) and event.at - event.duration <= self._edge

    def _json(self, first: float, last: float) -> str:
        return json.dumps(export(self.store, first, last, self.wall), indent=2, ensure_ascii=False)

    def _stand_at(self, edge: float) -> None:
        self._edge = edge
        if self._mode is Mode.PAUSED:
            self.changed.emit()
        else:
            self._set_mode(Mode.PAUSED)

    def _set_mode(self, mode: Mode) -> None:
        if mode is self._mode:
            return
        self._mode = mode
        self.mode_changed.emit(mode)
        self.changed.emit()
