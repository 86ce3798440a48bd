"""The timeline's record: what events become, in which order, and what falls out. No Qt."""

import json
import random

from app.domain.events import (
    AttemptFinished,
    AttemptStarted,
    BreakerTransitioned,
    CallFinished,
    CallRejected,
    CallStarted,
    FaultsChanged,
    LoadChanged,
    RetryReason,
    RetryScheduled,
    StaleServed,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Reply, Stale
from app.viewmodels.timeline_data import Cap, TimeRing
from app.viewmodels.timeline_store import TimelineStore, state_word
from app.viewmodels.timeline_words import duration, export, tooltip
from tests.support.recorded_outage import Script, busy_history, drawn_history

REST = Lane.REST


def clock(at: float) -> str:
    return f"t{at:g}"


def started(call: str, at: float) -> CallStarted:
    return CallStarted(at=at, call_id=call, lane=REST, operation=OperationId.GET_PRODUCT)


def attempt(call: str, at: float, number: int = 1, *, probe: bool = False) -> AttemptStarted:
    return AttemptStarted(at=at, call_id=call, lane=REST, attempt=number, probe=probe)


def ended(call: str, at: float, outcome: Outcome = Outcome.OK, *, late: bool = False) -> AttemptFinished:
    return AttemptFinished(
        at=at, call_id=call, lane=REST, attempt=1, outcome=outcome, duration=0.1, status="200 OK", late=late
    )


def finished(call: str, at: float, outcome: Outcome = Outcome.OK, *, stale: bool = False) -> CallFinished:
    result = CallResult(
        call_id=call,
        lane=REST,
        operation=OperationId.GET_PRODUCT,
        reply=Reply(outcome=outcome),
        stale=Stale(age=3.0, reason="timeout") if stale else None,
    )
    return CallFinished(at=at, call_id=call, lane=REST, result=result)


def wait(call: str, at: float, delay: float, envelope: float) -> RetryScheduled:
    return RetryScheduled(
        at=at,
        call_id=call,
        lane=REST,
        attempt=1,
        delay=delay,
        envelope=envelope,
        reason=RetryReason.BACKOFF,
    )


def test_a_call_becomes_bars_gaps_and_an_end() -> None:
    """Each attempt is a bar from its start to its end, a wait is a gap, and the end says how it went."""
    store = TimelineStore()
    for event in (
        started("a", 1.0),
        attempt("a", 1.0),
        ended("a", 1.2, Outcome.UNAVAILABLE),
        wait("a", 1.2, 0.5, 0.55),
        attempt("a", 1.7, 2),
        finished("a", 1.8),
    ):
        store.record(event)
    view = store.view(REST, 0.0, 3.0)
    assert [(bar.start, bar.end, bar.failed) for bar in view.attempts] == [
        (1.0, 1.2, True),
        (1.7, None, False),
    ]
    assert [(gap.start, gap.end, gap.envelope) for gap in view.waits] == [(1.2, 1.7, 0.55)]
    assert [(call.end, call.cap) for call in view.ends] == [(1.8, Cap.OK)]


def test_the_three_ends_of_a_call_are_told_apart() -> None:
    """An answer, an error and a stale copy are three different ends."""
    store = TimelineStore()
    store.record(finished("a", 1.0))
    store.record(finished("b", 2.0, Outcome.TIMEOUT))
    store.record(StaleServed(at=3.0, call_id="c", lane=REST, age=3.0, reason="timeout"))
    store.record(finished("c", 3.0, stale=True))
    view = store.view(REST, 0.0, 4.0)
    assert [call.cap for call in view.ends] == [Cap.OK, Cap.ERROR, Cap.STALE]
    assert [mark.age for mark in view.stales] == [3.0]


def test_cancelling_cuts_the_wait_that_was_under_way() -> None:
    """A wait ends with its call, not when it would have ended."""
    store = TimelineStore()
    for event in (started("a", 0.0), wait("a", 0.0, 5.0, 5.0), finished("a", 1.0, Outcome.CANCELLED)):
        store.record(event)
    (gap,) = store.view(REST, 0.0, 9.0).waits
    assert (gap.end, gap.delay) == (1.0, 5.0)


def test_a_result_after_the_end_of_its_call_leaves_nothing_running() -> None:
    """A straggler becomes a bar, but its call does not begin again and keeps no row."""
    store = TimelineStore()
    for event in (started("a", 0.0), finished("a", 1.0), ended("a", 2.0, late=True)):
        store.record(event)
    view = store.view(REST, 0.0, 3.0)
    assert [(bar.end, bar.late) for bar in view.attempts] == [(2.0, True)]
    assert not store.busy()
    store.record(attempt("b", 2.5))
    assert store.view(REST, 2.4, 3.0).attempts[-1].call.row == 0


def test_concurrent_calls_get_rows_of_their_own() -> None:
    """Calls that overlap lie in different sub-rows, and a row is used again once it is free."""
    store = TimelineStore()
    for call, at in (("a", 0.0), ("b", 0.1)):
        store.record(started(call, at))
        store.record(attempt(call, at))
    store.record(finished("a", 0.5))
    store.record(attempt("c", 0.6))
    rows = {bar.call.call_id: bar.call.row for bar in store.view(REST, 0.0, 1.0).attempts}
    assert rows == {"a": 0, "b": 1, "c": 0}
    assert store.view(REST, 0.0, 1.0).rows == 2


def test_a_bar_that_began_before_the_view_is_in_it() -> None:
    """An attempt that reaches into the view counts, however long before it began."""
    store = TimelineStore()
    store.record(attempt("slow", 0.0))
    store.record(ended("slow", 60.0))
    store.record(ended("quick", 61.0))
    assert len(store.view(REST, 59.0, 60.5).attempts) == 1
    assert len(store.view(REST, 30.0, 31.0).attempts) == 1
    assert store.view(REST, 60.2, 60.8).attempts == []


def test_events_of_two_threads_in_the_wrong_order_are_sorted() -> None:
    """What was published later but happened earlier stands earlier."""
    store = TimelineStore()
    store.record(CallRejected(at=2.0, call_id="a", lane=REST, attempt=1, retry_after=1.0))
    store.record(CallRejected(at=1.9, call_id="b", lane=REST, attempt=1, retry_after=1.1))
    assert [mark.at for mark in store.view(REST, 0.0, 3.0).rejections] == [1.9, 2.0]


def test_an_outage_is_a_band_until_it_is_cleared() -> None:
    """The band lasts from the change that broke the lane to the one that mended it."""
    store = TimelineStore()
    store.record(FaultsChanged(at=1.0, lane=REST, summary="503 at 70 %", settings={}))
    (band,) = store.view(REST, 0.0, 2.0).bands
    assert (band.start, band.end) == (1.0, None)
    store.record(FaultsChanged(at=5.0, lane=REST, summary="", settings={}))
    (band,) = store.view(REST, 2.0, 9.0).bands
    assert (band.start, band.end) == (1.0, 5.0)
    assert store.view(REST, 6.0, 9.0).bands == []


def test_dragging_a_slider_makes_one_band() -> None:
    """Changes within the blink of an eye continue the band instead of slicing it."""
    store = TimelineStore()
    for step in range(5):
        store.record(FaultsChanged(at=1.0 + step * 0.05, lane=REST, summary=f"503 at {step} %", settings={}))
    (band,) = store.view(REST, 0.0, 2.0).bands
    assert (band.start, band.summary) == (1.0, "503 at 4 %")


def test_load_is_remembered_with_its_end() -> None:
    """Background traffic is a stretch of time as well."""
    store = TimelineStore()
    store.record(LoadChanged(at=1.0, running=True, rate=2.0, lanes=(REST,)))
    store.record(LoadChanged(at=4.0, running=False, rate=2.0, lanes=(REST,)))
    (load,) = store.loads(0.0, 9.0)
    assert (load.start, load.end, load.rate) == (1.0, 4.0, 2.0)
    assert store.loads(5.0, 9.0) == []


def test_nothing_moves_in_a_view_without_anything() -> None:
    """A live picture scrolls only while something is in it or under way."""
    store = TimelineStore()
    assert not store.moves_since(0.0)
    store.record(attempt("a", 1.0))
    assert store.moves_since(100.0)
    store.record(ended("a", 2.0))
    store.record(finished("a", 2.0))
    assert store.moves_since(1.5)
    assert not store.moves_since(2.5)


def test_the_record_is_bounded() -> None:
    """However long it goes on, the store keeps the newest and at most an eighth more than its limit."""
    ring: TimeRing[int] = TimeRing(100)
    luck = random.Random(1)
    for number in range(10_000):
        ring.add(number + luck.uniform(-2, 2), number)
        assert len(ring) <= 112
    kept = list(ring)
    assert 9_999 in kept
    assert min(kept) > 9_880
    assert len(ring.between(9_990, 10_100)) in range(6, 13)


def test_clearing_keeps_the_outage_that_is_in_force() -> None:
    """Forgetting the past does not mend a backend."""
    store = TimelineStore()
    for event in drawn_history(100.0):
        store.record(event)
    store.clear()
    view = store.view(Lane.GRPC, 0.0, 200.0)
    assert view.attempts == []
    assert [band.summary for band in view.bands] == ["UNAVAILABLE at 70 %"]


def test_the_copy_is_json_and_complete() -> None:
    """The exported history survives a round trip and holds every attempt of the view."""
    store = TimelineStore()
    for event in busy_history(100.0, 300):
        store.record(event)
    copied = json.loads(json.dumps(export(store, 0.0, 200.0, clock)))
    assert copied["format"] == "trilane-timeline"
    assert sum(len(lane["attempts"]) for lane in copied["lanes"].values()) == 300
    waits = copied["lanes"]["rest"]["waits"]
    assert all(gap["envelope"] >= gap["delay"] for gap in waits)


def test_a_tooltip_tells_everything_of_an_attempt() -> None:
    """Status, duration, the rule that injected it, lateness and the call are all there."""
    store = TimelineStore()
    script = Script(REST)
    script.attempt("rest-9", 2, 10.0, 0.25, Outcome.UNAVAILABLE, late=True, probe=True)
    script.finish("rest-9", 10.3, Outcome.UNAVAILABLE)
    for event in script.events():
        store.record(event)
    (bar,) = store.view(REST, 0.0, 20.0).attempts
    text = tooltip(bar, clock)
    for words in (
        "attempt 2 (probe)",
        "503 Service Unavailable in 250 ms",
        "error 503",
        "late",
        "t10",
        "rest-9",
    ):
        assert words in text


def test_transitions_are_written_as_the_picture_writes_them() -> None:
    """half_open is HALF-OPEN, forced_open is FORCED OPEN."""
    store = TimelineStore()
    store.record(
        BreakerTransitioned(
            at=1.0, lane=REST, snapshot=None, before="open", after="half_open", reason="ready to probe"
        )
    )
    (mark,) = store.view(REST, 0.0, 2.0).transitions
    assert (mark.before, mark.after) == ("OPEN", "HALF-OPEN")
    assert state_word("forced_open") == "FORCED OPEN"


def test_durations_keep_three_figures() -> None:
    """Short ones in milliseconds, long ones in minutes; nothing is rounded to a unit it does not reach."""
    told = [duration(seconds) for seconds in (0.0031, 0.0999, 0.25, 0.9996, 1.024, 12.34, 192.0, 7500.0)]
    assert told == ["3.1 ms", "99.9 ms", "250 ms", "1.00 s", "1.02 s", "12.3 s", "3 m 12 s", "2 h 5 m"]
