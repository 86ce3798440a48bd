"""Background traffic on fake time: its schedule, its bound, and starting, changing and stopping it."""

import threading
from collections import deque
from collections.abc import Callable

import pytest

from app.domain.cancel import CancelToken
from app.domain.events import CallsDropped, Event, LoadChanged
from app.domain.lanes import Lane
from app.operations.load import BackgroundLoad, Job
from tests.support.clock import FakeClock

REST, GRPC = Lane.REST, Lane.GRPC


class Rig:
    """A load whose jobs are run by hand: the loop in the test's thread, until a plan stops it."""

    def __init__(self, *, most: int = 8, takes: float = 0.0) -> None:
        self.clock = FakeClock(0.0)
        self.sent: list[tuple[float, Lane]] = []
        self.events: list[Event] = []
        self.jobs: deque[Job] = deque()
        self.plans: deque[tuple[float, Callable[[], object]]] = deque()
        self.hold = False
        self.load = BackgroundLoad(
            self._call, submit=self._submit, publish=self.events.append, clock=self.clock, wait=self._wait,
            most_in_flight=most,
        )  # fmt: skip
        self.takes = takes

    def at(self, seconds: float, act: Callable[[], object]) -> None:
        """Have something happen while the loop waits. In the order of time."""
        self.plans.append((seconds, act))

    def run(self) -> None:
        """Run the loop until it ends."""
        self.jobs.popleft()(CancelToken())

    def _submit(self, job: Job) -> None:
        if self.load.running and self.jobs_are_calls:
            if self.hold:
                self.jobs.append(job)
            else:
                job(CancelToken())
        else:
            self.jobs.append(job)

    @property
    def jobs_are_calls(self) -> bool:
        return bool(self.events) and self._looping

    _looping = False

    def start(self, rate: float, *lanes: Lane) -> None:
        """Start and run to the end."""
        self.load.set_load(True, rate, lanes)
        self._looping = True
        self.run()

    def stop(self) -> None:
        self.load.set_load(False, 1.0, ())

    def _call(self, lane: Lane, cancel: CancelToken) -> None:
        self.sent.append((round(self.clock(), 6), lane))
        self.clock.advance(self.takes)

    def _wait(self, condition: threading.Condition, seconds: float | None) -> None:
        until = self.clock() + (seconds or 0.0)
        if self.plans and self.plans[0][0] <= until:
            at, act = self.plans.popleft()
            self.clock.advance(max(0.0, at - self.clock()))
            condition.release()
            try:
                act()
            finally:
                condition.acquire()
        else:
            self.clock.advance(until - self.clock())


def test_calls_go_out_on_an_exact_schedule_on_each_lane() -> None:
    """The n-th call is at n / rate, also when the calls of a moment take half of the time between."""
    rig = Rig(takes=0.05)
    rig.at(2.0, rig.stop)
    rig.start(5.0, REST, GRPC)
    assert [at for at, _ in rig.sent[::2]] == pytest.approx([n / 5 for n in range(10)])
    assert len([lane for _, lane in rig.sent if lane is GRPC]) == 10
    assert rig.load.dropped == 0


def test_start_change_and_stop_are_told() -> None:
    """One LoadChanged for each; a new rate begins a new schedule without an extra call at once."""
    rig = Rig()
    rig.at(1.25, lambda: rig.load.set_load(True, 2.0, (REST, GRPC)))
    rig.at(3.0, rig.stop)
    rig.start(1.0, REST)
    assert [at for at, lane in rig.sent if lane is REST] == [0.0, 1.0, 1.75, 2.25, 2.75]
    told = [(one.at, one.running, one.rate, one.lanes) for one in rig.events if isinstance(one, LoadChanged)]
    assert told == [(0.0, True, 1.0, (REST,)), (1.25, True, 2.0, (REST, GRPC)), (3.0, False, 1.0, ())]
    assert not rig.load.running


def test_calls_that_hang_are_not_followed_by_a_queue() -> None:
    """With two calls of a lane under way every further one is dropped, counted, and told once a second."""
    rig = Rig(most=2)
    rig.hold = True
    rig.at(2.0, rig.stop)
    rig.start(10.0, REST)
    assert (len(rig.jobs), rig.load.dropped) == (2, 18)
    told = [(round(one.at, 6), one.dropped) for one in rig.events if isinstance(one, CallsDropped)]
    assert told == [(1.0, 9)]


def test_what_fell_due_while_the_machine_slept_is_dropped() -> None:
    """After a minute's sleep there is no burst of sixty calls: only the last second's are sent."""
    rig = Rig()
    rig.at(1.5, lambda: rig.clock.advance(60.0))
    rig.at(63.0, rig.stop)
    rig.start(1.0, REST)
    assert len(rig.sent) <= 5
    assert rig.load.dropped == 59


def test_a_cancelled_loop_ends() -> None:
    """When the program stops its workers, the traffic ends with them."""
    rig = Rig()
    token = CancelToken()
    rig.load.set_load(True, 1.0, (REST,))
    rig._looping = True
    rig.at(0.5, token.cancel)
    rig.jobs.popleft()(token)
    assert [at for at, _ in rig.sent] == [0.0]
    assert not rig.load.running


def test_calls_that_still_compute_are_not_joined_by_more() -> None:
    """While three calls are younger than FRESH no other begins; each lane is left out in its turn."""
    rig = Rig()
    rig.hold = True
    rig.at(0.03, rig.stop)
    rig.start(150.0, REST, GRPC)
    assert rig.load.dropped == 2
    assert len(rig.jobs) == 8  # of five moments on two lanes: never more than three within FRESH seconds
    lanes: list[Lane] = []
    rig.load._call = lambda lane, cancel: lanes.append(lane)
    for job in rig.jobs:
        job(CancelToken())
    assert {lanes.count(REST), lanes.count(GRPC)} == {4}


def test_a_call_that_has_ended_makes_room_at_once() -> None:
    """Calls that end within FRESH seconds keep nobody out, at any rate."""
    rig = Rig(takes=0.0001)
    rig.at(0.1, rig.stop)
    rig.start(200.0, *Lane)
    assert rig.load.dropped == 0
    assert len(rig.sent) == 60
