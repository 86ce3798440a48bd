"""The event bus: order, completeness and isolation of receivers."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThread, QTimer
from pytestqt.qtbot import QtBot

from app.domain.events import Event, FaultsChanged, LoadChanged
from app.domain.lanes import Lane
from app.runtime.event_bus import DRAIN_LIMIT, DRAIN_TIME, EventBus
from tests.support.clock import FakeClock


class Recorder(QObject):
    """Keeps what it was told, and on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.threads: set[QThread] = set()

    def take(self, event: Event) -> None:
        self.events.append(event)
        self.threads.add(QThread.currentThread())

    def fail(self, event: Event) -> None:
        raise ValueError(f"cannot show {event.at}")


@pytest.fixture
def errors() -> list[Exception]:
    return []


@pytest.fixture
def bus(qapp: object, errors: list[Exception]) -> Iterator[EventBus]:
    bus = EventBus(errors.append)
    yield bus
    bus.close()


def unexpected(error: Exception) -> None:
    raise AssertionError(f"a receiver failed: {error!r}")


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def fault(at: float) -> FaultsChanged:
    return FaultsChanged(at=at, lane=Lane.REST, summary="", settings={})


def test_every_event_of_four_threads_arrives_in_each_threads_order(bus: EventBus, qtbot: QtBot) -> None:
    """Nothing is lost and no publisher's events overtake one another."""
    recorder = Recorder()
    bus.subscribe(Event, recorder.take)
    count = 5 * DRAIN_LIMIT

    def publish(base: int) -> None:
        for index in range(count):
            bus.publish(Event(at=base + index))

    threads = [in_thread(partial(publish, base)) for base in (0, 10_000, 20_000, 30_000)]
    qtbot.waitUntil(lambda: len(recorder.events) == 4 * count)
    for thread in threads:
        thread.join()
    for base in (0, 10_000, 20_000, 30_000):
        mine = [event.at for event in recorder.events if base <= event.at < base + 10_000]
        assert mine == [base + index for index in range(count)]
    assert recorder.threads == {bus.thread()}


def test_publishing_never_calls_a_receiver_before_the_event_loop_turns(bus: EventBus, qtbot: QtBot) -> None:
    """A publisher on the GUI thread is not re-entered by its own event."""
    recorder = Recorder()
    bus.subscribe(Event, recorder.take)
    bus.publish(Event(at=1))
    assert recorder.events == []
    qtbot.waitUntil(lambda: len(recorder.events) == 1)


def test_a_long_queue_leaves_the_event_loop_its_turn(bus: EventBus, qtbot: QtBot) -> None:
    """Timers fire while thousands of events wait, because a drain stops after its limit."""
    recorder = Recorder()
    seen_at_tick: list[int] = []
    bus.subscribe(Event, recorder.take)
    timer = QTimer()
    timer.setInterval(0)
    timer.timeout.connect(lambda: seen_at_tick.append(len(recorder.events)))
    timer.start()
    for index in range(20 * DRAIN_LIMIT):
        bus.publish(Event(at=index))
    qtbot.waitUntil(lambda: len(recorder.events) == 20 * DRAIN_LIMIT)
    timer.stop()
    assert len([count for count in seen_at_tick if 0 < count < 20 * DRAIN_LIMIT]) >= 5


def test_a_receiver_gets_its_type_and_its_subtypes_only(bus: EventBus, qtbot: QtBot) -> None:
    """Subscribing to a class covers what is derived from it and nothing beside it."""
    everything, faults = Recorder(), Recorder()
    bus.subscribe(Event, everything.take)
    bus.subscribe(FaultsChanged, faults.take)
    bus.publish(LoadChanged(at=1, running=True, rate=1, lanes=()))
    bus.publish(fault(2))
    qtbot.waitUntil(lambda: len(everything.events) == 2)
    assert [event.at for event in faults.events] == [2]


def test_a_receiver_that_raises_is_reported_and_starves_nobody(
    bus: EventBus, errors: list[Exception], qtbot: QtBot
) -> None:
    """The receivers after a broken one get the event all the same."""
    broken, sound = Recorder(), Recorder()
    bus.subscribe(Event, broken.fail)
    bus.subscribe(Event, sound.take)
    bus.publish(Event(at=7))
    qtbot.waitUntil(lambda: len(sound.events) == 1)
    assert [str(error) for error in errors] == ["cannot show 7"]


def test_a_receiver_dead_on_either_side_is_dropped(
    bus: EventBus, errors: list[Exception], qtbot: QtBot
) -> None:
    """Neither a collected Python object nor a deleted C++ object is called, and neither is an error."""
    sound, collected, deleted = Recorder(), Recorder(), Recorder()
    bus.subscribe(Event, collected.take)
    bus.subscribe(Event, deleted.take)
    bus.subscribe(Event, sound.take)
    del collected
    shiboken6.delete(deleted)
    bus.publish(Event(at=1))
    qtbot.waitUntil(lambda: len(sound.events) == 1)
    assert deleted.events == []
    assert errors == []


def test_an_ended_subscription_hears_nothing(bus: EventBus, qtbot: QtBot) -> None:
    """After unsubscribe the receiver is not called, even for an event already waiting."""
    ended, sound = Recorder(), Recorder()
    unsubscribe = bus.subscribe(Event, ended.take)
    bus.subscribe(Event, sound.take)
    bus.publish(Event(at=1))
    unsubscribe()
    unsubscribe()
    qtbot.waitUntil(lambda: len(sound.events) == 1)
    assert ended.events == []


def test_a_receiver_may_publish_and_subscribe_while_it_receives(bus: EventBus, qtbot: QtBot) -> None:
    """What a receiver publishes comes after what was already waiting."""

    class Echo(Recorder):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.at == 1:
                bus.publish(Event(at=3))
                bus.subscribe(Event, late.take)

    late, echo = Recorder(), Echo()
    bus.subscribe(Event, echo.take)
    bus.publish(Event(at=1))
    bus.publish(Event(at=2))
    qtbot.waitUntil(lambda: len(echo.events) == 3)
    assert [event.at for event in echo.events] == [1, 2, 3]
    assert [event.at for event in late.events] == [2, 3]


def test_a_receiver_that_is_no_method_of_a_qobject_is_refused(bus: EventBus) -> None:
    """A lambda or a plain object's method has no thread to be called on."""
    with pytest.raises(TypeError, match="bound method of a QObject"):
        bus.subscribe(Event, lambda event: None)
    with pytest.raises(TypeError, match="bound method of a QObject"):
        bus.subscribe(Event, list[Event]().append)


def test_a_closed_bus_ignores_late_publishers(bus: EventBus, qtbot: QtBot) -> None:
    """A worker that ends after the window may still publish; nothing happens."""
    recorder = Recorder()
    bus.subscribe(Event, recorder.take)
    bus.publish(Event(at=1))
    bus.close()
    bus.publish(Event(at=2))
    qtbot.wait(1)
    assert bus.waiting == 0
    assert recorder.events == []


def test_what_follows_within_the_pace_is_delivered_together(qapp: object, qtbot: QtBot) -> None:
    """The first event comes at once; the next ones wait until the pace is over, and lose nothing."""
    clock = FakeClock(100.0)
    bus = EventBus(unexpected, pace=0.016, clock=clock)
    recorder = Recorder()
    bus.subscribe(Event, recorder.take)
    bus.publish(Event(at=1))
    qtbot.waitUntil(lambda: len(recorder.events) == 1)
    bus.publish(Event(at=2))
    with qtbot.waitSignal(bus._later.timeout):  # asks again, and by the clock it is still too soon
        pass
    assert [event.at for event in recorder.events] == [1]
    bus.publish(Event(at=3))
    clock.advance(0.016)
    qtbot.waitUntil(lambda: len(recorder.events) == 3)
    assert [event.at for event in recorder.events] == [1, 2, 3]
    bus.close()


def test_costly_receivers_do_not_keep_the_event_loop(errors: list[Exception], qtbot: QtBot) -> None:
    """What a few milliseconds do not hold is delivered in the next turn, at once and in order."""
    now = [0.0]
    bus = EventBus(errors.append, pace=1000.0, clock=lambda: now[0])
    turns: list[int] = []

    class Costly(Recorder):
        def take(self, event: Event) -> None:
            super().take(event)
            now[0] += DRAIN_TIME / 2
            bus.at_end(self.tell)

        def tell(self) -> None:
            turns.append(len(self.events))

    costly = Costly()
    bus.subscribe(Event, costly.take)
    for number in range(5):
        bus.publish(Event(at=number))
    qtbot.waitUntil(lambda: len(costly.events) == 5)
    assert turns == [2, 4, 5]
    assert [event.at for event in costly.events] == [0, 1, 2, 3, 4]
    bus.close()


def test_a_receiver_can_tell_once_for_all_events_of_a_turn(errors: list[Exception], qtbot: QtBot) -> None:
    """at_end runs once after the events that asked for it, and a failure in it stops no other."""
    bus = EventBus(errors.append, clock=lambda: 0.0)
    told: list[int] = []

    class Summing(Recorder):
        def take(self, event: Event) -> None:
            super().take(event)
            bus.at_end(self.tell)

        def tell(self) -> None:
            told.append(len(self.events))

    summing = Summing()
    bus.subscribe(Event, summing.take)
    for number in range(5):
        bus.publish(Event(at=number))
    qtbot.waitUntil(lambda: bool(told))
    assert told == [5]
    bus.at_end(summing.tell)
    assert told == [5, 5], "outside of a turn it is told at once"


def test_a_failure_at_the_end_of_a_turn_is_reported(
    bus: EventBus, errors: list[Exception], qtbot: QtBot
) -> None:
    """The bus lives on after a receiver's at_end has raised."""

    def fail() -> None:
        raise ValueError("cannot draw")

    class Failing(Recorder):
        def take(self, event: Event) -> None:
            super().take(event)
            bus.at_end(fail)

    failing = Failing()
    bus.subscribe(Event, failing.take)
    bus.publish(Event(at=1))
    qtbot.waitUntil(lambda: bool(errors))
    bus.publish(Event(at=2))
    qtbot.waitUntil(lambda: len(failing.events) == 2)
