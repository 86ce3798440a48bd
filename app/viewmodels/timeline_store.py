"""Turns the stream of events into the timeline's records. No Qt. One thread at a time."""

from collections.abc import Callable
from heapq import heappop, heappush
from math import floor, inf
from typing import Any

from app.domain.events import (
    AttemptFinished,
    AttemptStarted,
    BreakerTransitioned,
    CallEvent,
    CallFinished,
    CallRejected,
    CallStarted,
    Event,
    FaultsChanged,
    LoadChanged,
    RetryScheduled,
    StaleServed,
)
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.viewmodels.timeline_data import (
    ANSWERS,
    AttemptBar,
    CallRecord,
    Cap,
    FaultBand,
    LaneView,
    LoadBand,
    RejectionMark,
    StaleMark,
    TimeRing,
    TransitionMark,
    WaitGap,
)
from app.viewmodels.timeline_tally import Columns, Part, Tally

_ATTEMPTS = (Part.ANSWERED, Part.FAILED, Part.LATE)
_MERGE = 0.4  # seconds: a slider being dragged is one change, not forty bands


def state_word(state: str) -> str:
    """A circuit state as the picture writes it: ``half_open`` becomes ``HALF-OPEN``."""
    word = state.rsplit(".", 1)[-1].upper().replace("_", "-").replace(" ", "-")
    return "FORCED OPEN" if word == "FORCED-OPEN" else word


class Track:
    """One lane's records."""

    def __init__(self, lane: Lane, limit: int) -> None:
        self.lane = lane
        self.running: dict[tuple[str, int], AttemptBar] = {}
        self.calls: dict[str, CallRecord] = {}  # those that have not ended
        self.attempts: TimeRing[AttemptBar] = TimeRing(limit)  # by end
        self.waits: TimeRing[WaitGap] = TimeRing(limit)  # by the end of the envelope
        self.rejections: TimeRing[RejectionMark] = TimeRing(limit)
        self.stales: TimeRing[StaleMark] = TimeRing(limit)
        self.ends: TimeRing[CallRecord] = TimeRing(limit)
        self.transitions: TimeRing[TransitionMark] = TimeRing(limit)
        self.bands: TimeRing[FaultBand] = TimeRing(min(limit, 500))  # by end
        self.band: FaultBand | None = None  # in force
        self.tally = Tally()
        self.longest = 0.0  # seconds, the longest attempt or wait so far
        self._waiting: dict[str, WaitGap] = {}
        self._free_rows: list[int] = []
        self._rows = 0

    def call(self, event: CallEvent, operation: str = "") -> CallRecord:
        """The call an event belongs to; made on the spot when its beginning was not seen."""
        record = self.calls.get(event.call_id)
        if record is None:
            record = CallRecord(
                call_id=event.call_id,
                lane=self.lane,
                operation=operation,
                start=event.at,
                row=self._take_row(),
            )
            self.calls[event.call_id] = record
        return record

    def end_call(self, record: CallRecord, at: float) -> None:
        """Close a call: give back its row, cut a wait that was under way."""
        record.end = at
        self.calls.pop(record.call_id, None)
        heappush(self._free_rows, record.row)
        wait = self._waiting.pop(record.call_id, None)
        if wait is not None and wait.end > at:
            wait.end = at
        self.ends.add(at, record)

    def wait(self, gap: WaitGap) -> None:
        """Remember a wait."""
        self._waiting[gap.call.call_id] = gap
        extent = max(gap.delay, gap.envelope)
        self.longest = max(self.longest, extent)
        self.waits.add(gap.start + extent, gap)

    @property
    def busy(self) -> bool:
        """Whether an attempt or a wait is under way."""
        return bool(self.running or self._waiting)

    def end_wait(self, call_id: str) -> None:
        """The next attempt has begun."""
        self._waiting.pop(call_id, None)

    def change_faults(self, at: float, summary: str) -> None:
        """Close the band in force and open the next one, if there is an outage."""
        start = at
        if self.band is not None:
            if at - self.band.start < _MERGE and summary:
                start = self.band.start
            else:
                self.band.end = at
                self.bands.add(at, self.band)
        self.band = FaultBand(lane=self.lane, start=start, summary=summary) if summary else None

    def end_attempt(self, bar: AttemptBar, at: float) -> None:
        """Keep and count an attempt that has ended."""
        self.longest = max(self.longest, at - bar.start)
        self.tally.add(Part.LATE if bar.late else Part.FAILED if bar.failed else Part.ANSWERED, at)
        if self.attempts.add(at, bar) and self.attempts.oldest is not None:
            self.tally.forget(_ATTEMPTS, self.attempts.oldest)

    def reject(self, mark: RejectionMark) -> None:
        """Keep and count a rejection."""
        self.tally.add(Part.REJECTED, mark.at)
        if self.rejections.add(mark.at, mark) and self.rejections.oldest is not None:
            self.tally.forget((Part.REJECTED,), self.rejections.oldest)

    def crowd(self, first: float, last: float) -> int:
        """How many things between two times want places beside one another. Looks at none of them."""
        bars = len(self.running) + self.attempts.count(first, last) + self.rejections.count(first, last)
        return max(bars, *(ring.count(first, last) for ring in (self.waits, self.stales, self.ends)))

    def columns(self, first: float, last: float, per_second: float) -> Columns:
        """What ended between two times, counted by columns; what still runs counts where it began."""
        found = self.tally.columns(first, last, per_second)
        for bar in self.running.values():
            if first <= bar.start <= last:
                column = floor(bar.start * per_second)
                counts = found[column] = list(
                    found.get(column, (0, 0, 0, 0))
                )  # the tally's own stay as they are
                counts[Part.ANSWERED] += 1
        return found

    def view(self, first: float, last: float) -> LaneView:
        """What lies between two times."""
        reach = last + self.longest
        running = [bar for bar in self.running.values() if bar.start <= last]
        return LaneView(
            attempts=[bar for bar in self.attempts.between(first, reach) if bar.start <= last] + running,
            waits=[gap for gap in self.waits.between(first, reach) if gap.start <= last],
            rejections=self.rejections.between(first, last),
            stales=self.stales.between(first, last),
            ends=self.ends.between(first, last),
            transitions=self.transitions.between(first, last),
            bands=self._bands(first, last),
        )

    def outline(self, first: float, last: float) -> LaneView:
        """The same without the single attempts and all that belongs to them."""
        return LaneView(transitions=self.transitions.between(first, last), bands=self._bands(first, last))

    def oldest(self) -> float:
        """Time of the first thing kept; infinity when there is none."""
        rings = (self.rejections, self.transitions, self.bands, self.ends)
        times = [ring.oldest for ring in rings if ring.oldest is not None]
        times += [bar.start for bar in self.running.values()]
        times += [bar.start for bar in self.attempts.first(1)]
        times += [self.band.start] if self.band is not None else []
        return min(times, default=inf)

    def _bands(self, first: float, last: float) -> list[FaultBand]:
        bands = [band for band in self.bands.between(first, inf) if band.start <= last]
        if self.band is not None and self.band.start <= last:
            bands.append(self.band)
        return bands

    def _take_row(self) -> int:
        if self._free_rows:
            return heappop(self._free_rows)
        self._rows += 1
        return self._rows - 1


class TimelineStore:
    """Everything the timeline can show. ``record`` each event, ask ``view`` at each frame."""

    def __init__(self, limit: int = 5000) -> None:
        self._limit = limit
        self._takers: dict[type[Event], Callable[[Any], None]] = {
            BreakerTransitioned: self._transition,
            FaultsChanged: self._faults,
            LoadChanged: self._load,
            CallStarted: self._call_started,
            AttemptStarted: self._attempt_started,
            AttemptFinished: self._attempt_finished,
            RetryScheduled: self._retry_scheduled,
            CallRejected: self._call_rejected,
            StaleServed: self._stale_served,
            CallFinished: self._call_finished,
        }
        self.version = 0
        self.last_activity = -inf  # monotonic seconds of the newest fact
        self._start_empty()

    def clear(self) -> None:
        """Forget the history. Calls under way appear again with their next event; outages stay."""
        bands = {lane: track.band for lane, track in self._tracks.items()}
        self._start_empty()
        for lane, band in bands.items():
            self._tracks[lane].band = band
        self.version += 1

    def record(self, event: Event) -> bool:
        """Take in one event. False when it means nothing to the timeline."""
        take = self._takers.get(type(event))
        if take is None:
            return False
        take(event)
        self.version += 1
        self.last_activity = max(self.last_activity, event.at)
        return True

    def view(self, lane: Lane, first: float, last: float) -> LaneView:
        """What ``lane`` shows between two times, in the clock of the events."""
        return self._tracks[lane].view(first, last)

    def outline(self, lane: Lane, first: float, last: float) -> LaneView:
        """The same without the single attempts, where ``crowd`` says that they would cover one another."""
        return self._tracks[lane].outline(first, last)

    def crowd(self, lane: Lane, first: float, last: float) -> int:
        """How many things of ``lane`` want places between two times; looks at none of them."""
        return self._tracks[lane].crowd(first, last)

    def columns(self, lane: Lane, first: float, last: float, per_second: float) -> Columns:
        """What ended between two times, counted by columns, as Tally numbers them."""
        return self._tracks[lane].columns(first, last, per_second)

    def loads(self, first: float, last: float) -> list[LoadBand]:
        """Background traffic between two times."""
        known = [*self._loads, *([self._load_now] if self._load_now else [])]
        return [band for band in known if band.start <= last and (band.end is None or band.end >= first)]

    def busy(self) -> bool:
        """Whether an attempt or a wait is under way."""
        return any(track.busy for track in self._tracks.values())

    def moves_since(self, first: float) -> bool:
        """Whether a live picture that begins at ``first`` has something in it that scrolls."""
        return self.last_activity >= first or self.busy()

    def oldest(self) -> float | None:
        """Time of the first thing kept, None when there is nothing."""
        first = min(track.oldest() for track in self._tracks.values())
        return None if first == inf else first

    def _start_empty(self) -> None:
        self._tracks = {lane: Track(lane, self._limit) for lane in Lane}
        self._loads: TimeRing[LoadBand] = TimeRing(200)
        self._load_now: LoadBand | None = None

    def _transition(self, event: BreakerTransitioned) -> None:
        mark = TransitionMark(
            lane=event.lane,
            at=event.at,
            before=state_word(event.before),
            after=state_word(event.after),
            reason=event.reason,
        )
        self._tracks[event.lane].transitions.add(event.at, mark)

    def _load(self, event: LoadChanged) -> None:
        if self._load_now is not None:
            self._load_now.end = event.at
            self._loads.add(event.at, self._load_now)
        self._load_now = (
            LoadBand(start=event.at, rate=event.rate, lanes=event.lanes) if event.running else None
        )

    def _faults(self, event: FaultsChanged) -> None:
        self._tracks[event.lane].change_faults(event.at, event.summary)

    def _call_started(self, event: CallStarted) -> None:
        self._tracks[event.lane].call(event, event.operation.value)

    def _attempt_started(self, event: AttemptStarted) -> None:
        track = self._tracks[event.lane]
        track.end_wait(event.call_id)
        track.running[event.call_id, event.attempt] = AttemptBar(
            call=track.call(event), number=event.attempt, start=event.at, probe=event.probe
        )

    def _attempt_finished(self, event: AttemptFinished) -> None:
        track = self._tracks[event.lane]
        bar = track.running.pop((event.call_id, event.attempt), None)
        if bar is None:  # its beginning was not seen, and its call may be over: do not begin it again
            start = event.at - event.duration
            call = track.calls.get(event.call_id) or CallRecord(
                call_id=event.call_id, lane=event.lane, operation="", start=start, row=0
            )
            bar = AttemptBar(call=call, number=event.attempt, start=start)
        bar.end = event.at
        bar.outcome = event.outcome
        bar.status = event.status
        bar.message = event.message
        bar.injected = event.injected
        bar.late = event.late
        bar.failed = event.outcome not in ANSWERS
        track.end_attempt(bar, event.at)

    def _retry_scheduled(self, event: RetryScheduled) -> None:
        track = self._tracks[event.lane]
        track.wait(
            WaitGap(
                call=track.call(event),
                attempt=event.attempt,
                start=event.at,
                delay=event.delay,
                envelope=event.envelope,
                reason=event.reason.value,
                end=event.at + event.delay,
            )
        )

    def _call_rejected(self, event: CallRejected) -> None:
        track = self._tracks[event.lane]
        track.end_wait(event.call_id)
        track.reject(
            RejectionMark(
                call=track.call(event),
                at=event.at,
                attempt=event.attempt,
                retry_after=event.retry_after,
            )
        )

    def _stale_served(self, event: StaleServed) -> None:
        track = self._tracks[event.lane]
        mark = StaleMark(call=track.call(event), at=event.at, age=event.age, reason=event.reason)
        track.stales.add(event.at, mark)

    def _call_finished(self, event: CallFinished) -> None:
        track = self._tracks[event.lane]
        record = track.call(event, event.result.operation.value)
        record.operation = record.operation or event.result.operation.value
        record.cap = _cap(event)
        record.stop = event.stop.value
        track.end_call(record, event.at)


def _cap(event: CallFinished) -> Cap:
    if event.result.stale is not None:
        return Cap.STALE
    outcome = event.result.outcome
    if outcome is Outcome.CANCELLED:
        return Cap.CANCELLED
    return Cap.OK if outcome in (Outcome.OK, Outcome.PARTIAL) else Cap.ERROR
