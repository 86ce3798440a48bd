"""Backend threads, garbage collection, stall watch, signals: what only the runtime room may do."""

import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.domain.events import BackendChanged, BackendState, Event
from app.domain.lanes import Lane
from app.runtime.backend_thread import BackendThreads, Servable
from app.runtime.gc_guard import LONG_QUIET, MANY, PATIENCE, QUIET, GcGuard
from app.runtime.signals import StopSignals
from app.runtime.stall_watch import StallWatch


class FakeServer:
    """Serves until shut down; fails first as often as asked."""

    def __init__(self, name: str, failures: int = 0) -> None:
        self.name = name
        self.failures = failures
        self.ended = threading.Event()

    def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(98, "port 50051 is taken")
        on_ready({self.name: f"http://127.0.0.1/{self.name}", "more": "x"})
        self.ended.wait(30)

    def shutdown(self, grace: float = 1.0) -> None:
        self.ended.set()


_hosts: list[tuple[BackendThreads, tuple[FakeServer, ...]]] = []


@pytest.fixture(autouse=True)
def _no_thread_outlives_its_test() -> Iterator[None]:
    """A test that fails half-way must not leave a running QThread: collected later, it ends the process."""
    yield
    while _hosts:
        threads, servers = _hosts.pop()
        for server in servers:
            server.shutdown()
        threads.stop(grace=0, timeout=5)


def hosting(*servers: FakeServer) -> tuple[BackendThreads, list[BackendChanged]]:
    events: list[BackendChanged] = []

    def publish(event: Event) -> None:
        assert isinstance(event, BackendChanged)
        events.append(event)

    def maker(server: FakeServer) -> Callable[[], Servable]:
        return lambda: server

    threads = BackendThreads({Lane(one.name): maker(one) for one in servers}, publish)
    _hosts.append((threads, servers))
    return threads, events


def states(events: list[BackendChanged], lane: Lane) -> list[BackendState]:
    return [event.state for event in events if event.lane is lane]


def test_three_servers_come_up_in_their_threads_and_stop_together(qtbot: QtBot) -> None:
    """Each tells starting, up with its addresses, and stopped; no thread is left."""
    threads, events = hosting(*(FakeServer(lane.value) for lane in Lane))
    threads.start()
    qtbot.waitUntil(lambda: [event.state for event in events].count(BackendState.UP) == 3)
    assert threads.stop(grace=0.1, timeout=5) == ()
    for lane in Lane:
        assert states(events, lane) == [BackendState.STARTING, BackendState.UP, BackendState.STOPPED]
    up = next(event for event in events if event.state is BackendState.UP and event.lane is Lane.REST)
    assert up.address == "http://127.0.0.1/rest"
    assert up.addresses["more"] == "x"


def test_a_server_that_fails_says_why_and_can_be_tried_again(qtbot: QtBot) -> None:
    """Retry is a new thread; the other servers are not touched."""
    threads, events = hosting(FakeServer("rest", failures=1), FakeServer("grpc"))
    threads.start()
    qtbot.waitUntil(lambda: BackendState.FAILED in states(events, Lane.REST))
    assert [event.message for event in events if event.message] == ["port 50051 is taken"]
    qtbot.waitUntil(lambda: states(events, Lane.GRPC)[-1] is BackendState.UP)

    def retried() -> bool:
        threads.retry(Lane.REST)
        return states(events, Lane.REST)[-1] is BackendState.UP

    qtbot.waitUntil(retried)
    threads.retry(Lane.GRPC)
    assert threads.stop(grace=0.1, timeout=5) == ()
    assert states(events, Lane.GRPC).count(BackendState.STARTING) == 1


def test_a_server_that_ignores_its_stop_is_named(qtbot: QtBot) -> None:
    """Stopping is bounded and says which lane is left."""
    release = threading.Event()

    class Deaf(FakeServer):
        def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
            on_ready({self.name: "here"})
            release.wait(30)

    threads, events = hosting(Deaf("rest"))
    threads.start()
    qtbot.waitUntil(lambda: BackendState.UP in states(events, Lane.REST))
    assert threads.stop(grace=0, timeout=0.05) == (Lane.REST,)
    release.set()
    assert threads.stop(grace=0, timeout=5) == ()


class Slow(FakeServer):
    """Comes up when it is let, and knows whether it was begun."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.begun, self.let = threading.Event(), threading.Event()

    def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
        self.begun.set()
        self.let.wait(30)
        super().serve(on_ready)

    def shutdown(self, grace: float = 1.0) -> None:
        self.let.set()
        super().shutdown(grace)


def test_servers_start_one_after_the_other(qtbot: QtBot) -> None:
    """All are told to be starting; the second begins when the first is up."""
    first, second = Slow("rest"), Slow("grpc")
    threads, events = hosting(first, second)
    threads.start()
    assert [event.state for event in events] == [BackendState.STARTING] * 2
    assert first.begun.wait(10)
    assert not second.begun.is_set()
    first.let.set()
    assert second.begun.wait(10)
    second.let.set()
    qtbot.waitUntil(lambda: len(events) == 4)
    assert threads.stop(grace=0, timeout=5) == ()


def test_a_start_that_hangs_or_fails_does_not_keep_the_next_from_beginning(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn passes on after a while, and at once after a failure."""
    monkeypatch.setattr("app.runtime.backend_thread.TURN_LIMIT", 0.05)
    hanging, failing, last = Slow("rest"), FakeServer("graphql", failures=1), FakeServer("grpc")
    threads, events = hosting(hanging, failing, last)
    threads.start()
    qtbot.waitUntil(lambda: states(events, Lane.GRPC)[-1] is BackendState.UP)
    # Both began when the first one's time was over: either may be the quicker.
    qtbot.waitUntil(lambda: states(events, Lane.GRAPHQL)[-1] is BackendState.FAILED)
    assert states(events, Lane.REST) == [BackendState.STARTING]
    hanging.let.set()
    assert threads.stop(grace=0, timeout=5) == ()


def test_who_waits_for_a_turn_does_not_begin_after_the_stop(qtbot: QtBot) -> None:
    """A program that is closed while its first server starts does not import for the others."""
    first, second = Slow("rest"), Slow("grpc")
    threads, events = hosting(first, second)
    threads.start()
    assert first.begun.wait(10)
    assert threads.stop(grace=0, timeout=5) == ()
    assert states(events, Lane.GRPC)[-1] is BackendState.STOPPED
    assert not second.begun.is_set()


def test_a_start_that_hangs_is_given_up_and_says_nothing_more(qtbot: QtBot) -> None:
    """A retry takes its place at once; should it come up after all, it ends, and the lane keeps the other."""
    hangs, release, ended = threading.Event(), threading.Event(), threading.Event()

    class Hanging(FakeServer):
        def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
            hangs.set()
            release.wait(30)
            try:
                on_ready({self.name: "too late"})
            finally:
                ended.set()

    second = FakeServer("rest")
    lives = iter((Hanging("rest"), second))
    events: list[Event] = []
    threads = BackendThreads({Lane.REST: lambda: next(lives)}, events.append)
    threads.start()
    assert hangs.wait(10)
    threads.retry(Lane.REST)
    up = [BackendState.STARTING, BackendState.STARTING, BackendState.UP]
    qtbot.waitUntil(lambda: len(events) == 3)
    assert threads.stop(grace=0, timeout=0.05) == (Lane.REST,)  # the one that hangs
    release.set()
    assert ended.wait(5)
    assert threads.stop(grace=0, timeout=5) == ()
    assert [e.state for e in events if isinstance(e, BackendChanged)] == [*up, BackendState.STOPPED]


@pytest.fixture
def guard(qapp: object) -> Iterator[GcGuard]:
    guard = GcGuard()
    guard.start()
    yield guard
    guard.stop()


class Knot:
    """A cycle that only the collector can free."""

    def __init__(self, freed: Callable[[], None]) -> None:
        self.me = self
        weakref.finalize(self, freed)


def test_cycles_made_by_a_worker_die_on_the_gui_thread(guard: GcGuard, qtbot: QtBot) -> None:
    """Whoever makes the garbage, the timer's thread collects it."""
    died_on: list[int] = []

    def make() -> None:
        for _ in range(2000):
            Knot(lambda: died_on.append(threading.get_ident()))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert died_on == []
    qtbot.waitUntil(lambda: len(died_on) > 0)
    assert set(died_on) == {threading.get_ident()}


def test_nothing_is_collected_while_a_start_may_be_under_way(qtbot: QtBot) -> None:
    """The quiet time ends when the start has: freeze() collects, and from then on the timer does."""
    died: list[int] = []
    guard = GcGuard()
    guard.start(quiet_ms=3_600_000)
    for _ in range(2000):
        Knot(lambda: died.append(1))
    assert died == []
    guard.freeze()
    assert len(died) == 2000
    for _ in range(2000):
        Knot(lambda: died.append(2))
    qtbot.waitUntil(lambda: 2 in died)
    guard.stop()


def test_a_full_collection_waits_for_a_quiet_moment(guard: GcGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    """While much is made only the young are collected; then, or after a minute, everything is."""
    guard._timer.stop()
    collected: list[int] = []
    count = [0]
    monkeypatch.setattr(gc, "get_count", lambda: (count[0], 0, 11))
    monkeypatch.setattr(gc, "get_threshold", lambda: (700, 10, 10))
    monkeypatch.setattr(gc, "collect", collected.append)
    for _ in range(50):
        count[0] += 800
        guard.collect_due()
    assert set(collected) == {0}
    for _ in range(QUIET):
        guard.collect_due()
    assert collected[-1] == 2
    collected.clear()
    for _ in range(PATIENCE):
        count[0] += 800
        guard.collect_due()
    assert collected.count(2) == 1


def test_a_mass_is_put_aside_and_walked_through_after_a_long_quiet(
    guard: GcGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its young rings die at once; what was alive just then is collected when nobody has used the window."""
    guard._timer.stop()
    gc.collect()
    died: list[str] = []
    young, ring = Knot(lambda: died.append("young")), Knot(lambda: died.append("old"))
    before = gc.get_count()[0]
    guard._before = before - MANY - 1
    del young
    guard.collect_due()
    assert died == ["young"]
    assert gc.get_freeze_count() > 0
    del ring
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 0))
    for _ in range(LONG_QUIET - 1):
        guard.collect_due()
    assert died == ["young"]
    guard.collect_due()
    assert died == ["young", "old"]


def test_the_interpreter_collects_again_after_the_guard() -> None:
    """stop() gives everything back."""
    guard = GcGuard()
    guard.start()
    guard.freeze()
    assert not gc.isenabled()
    assert gc.get_freeze_count() > 0
    guard.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_stalled_window_is_told_once_with_its_stack(qtbot: QtBot) -> None:
    """The report names the function that blocks, and a second stall is told again."""
    told: list[tuple[float, str]] = []
    heard = threading.Event()

    def on_stall(seconds: float, stack: str) -> None:
        told.append((seconds, stack))
        heard.set()

    watch = StallWatch(on_stall, limit=0.1)
    watch.start()
    qtbot.waitUntil(lambda: watch.percentile(0.5) >= 0 and len(watch._lateness) > 2)

    def the_culprit() -> None:
        assert heard.wait(5)
        threading.Event().wait(0.15)

    the_culprit()
    watch.stop()
    assert len(told) == 1
    assert told[0][0] >= 0.1
    assert "the_culprit" in told[0][1]


def test_lateness_is_measured(qtbot: QtBot) -> None:
    """A block of 100 ms shows in the maximum, and each second a figure is published."""
    watch = StallWatch(lambda seconds, stack: None)
    watch.start()
    with qtbot.waitSignal(watch.measured, timeout=5000):
        threading.Event().wait(0.15)
    watch.stop()
    assert 0.09 <= watch.percentile(1.0) < 1


def test_what_the_start_cost_is_forgotten(qtbot: QtBot) -> None:
    """After forget() neither earlier beats nor the one that is overdue count."""
    watch = StallWatch(lambda seconds, stack: None)
    watch.start()
    qtbot.waitUntil(lambda: len(watch._lateness) > 0)
    threading.Event().wait(0.3)  # a beat is overdue
    watch.forget()
    assert watch.percentile(1.0) == 0.0
    qtbot.waitUntil(lambda: len(watch._lateness) > 0)
    watch.stop()
    assert watch._lateness[0] < 0.3


class Listener(QObject):
    """Counts what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float] = []

    def take(self) -> None:
        self.asked.append(time.monotonic())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_idle_event_loop_at_once(qtbot: QtBot, number: signal.Signals) -> None:
    """Without a timer ticking, Ctrl-C and a polite kill wake Qt within 100 ms."""
    before = signal.getsignal(number)
    signals, listener = StopSignals(), Listener()
    signals.stop_requested.connect(listener.take)
    sent = time.monotonic()
    threading.Timer(0.02, os.kill, (os.getpid(), number)).start()
    with qtbot.waitSignal(signals.stop_requested, timeout=5000):
        pass
    signals.close()
    assert len(listener.asked) == 1
    assert listener.asked[0] - sent < 0.12
    assert signal.getsignal(number) is before
