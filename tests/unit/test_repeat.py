"""Many calls on a clock of the test's own: what is counted, what is not, and how a run ends early."""

import math
import threading

import pytest

from app.domain.cancel import CancelToken
from app.domain.drafts import RestDraft
from app.domain.errors import InvalidInput
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome, Reply
from app.operations.repeat import Repeat
from app.operations.repeat_results import LaneRun, RepeatProgress, RepeatRun, compare_runs
from app.resilience.backoff import Jitter
from app.resilience.settings import PipelineSettings
from tests.support.clock import FakeClock
from tests.support.repeats import DOWN, ClockedClient, answer, measured, plan


def only(run: RepeatRun) -> LaneRun:
    assert len(run.lanes) == 1
    return run.lanes[0]


def test_times_are_those_of_the_last_byte(clock: FakeClock) -> None:
    """What the client does after the last byte lowers the rate and not the latency."""
    client = ClockedClient(Lane.REST, clock, answer(0.002, first=0.001), decoding=0.003)
    lane = only(Repeat(plan(), {Lane.REST: client}, clock=clock).run())
    assert lane.latency is not None
    assert lane.first_byte is not None
    assert lane.latency.p50 == pytest.approx(0.002)
    assert lane.first_byte.p50 == pytest.approx(0.001)
    assert lane.rate == pytest.approx(1 / 0.005)


def test_the_warm_up_is_in_no_figure(clock: FakeClock) -> None:
    """Slow first calls are made, and neither counted nor timed."""
    script = [answer(5.0)] * 3 + [answer(0.001)] * 10
    client = ClockedClient(Lane.REST, clock, *script)
    lane = only(Repeat(plan(warm_up=3), {Lane.REST: client}, clock=clock).run())
    assert len(client.keys) == 13
    assert lane.calls == 10
    assert lane.latency is not None
    assert lane.latency.maximum == pytest.approx(0.001)
    assert lane.duration == pytest.approx(0.010)
    assert (lane.bytes_up, lane.bytes_down) == (1000, 3000)


def test_every_sample_is_kept_in_order_of_its_start(clock: FakeClock) -> None:
    """Starts are offsets from the measuring, and cannot be changed afterwards."""
    lane = only(measured(clock, answer(0.001), answer(0.003), count=4))
    assert list(lane.starts) == pytest.approx([0, 0.001, 0.004, 0.005])
    assert list(lane.totals) == pytest.approx([0.001, 0.003, 0.001, 0.003])
    with pytest.raises(TypeError):
        lane.totals[0] = 0.0  # type: ignore[index]


def test_errors_are_counted_by_reason_and_kept_out_of_the_percentiles(clock: FakeClock) -> None:
    """A refusal that comes at once does not make the lane look fast."""
    refused = Reply(outcome=Outcome.REFUSED, message="cannot connect")
    lane = only(measured(clock, answer(0.004), DOWN, DOWN, refused, count=8))
    assert dict(lane.errors) == {"unavailable (503 SERVICE UNAVAILABLE)": 4, "connection refused": 2}
    assert (lane.calls, lane.failed) == (8, 6)
    assert lane.latency is not None
    assert (lane.latency.count, lane.latency.minimum) == (2, pytest.approx(0.004))
    assert list(lane.failures) == [0, 1, 1, 1] * 2


def test_a_run_without_an_answer_has_no_latency(clock: FakeClock) -> None:
    """Nothing is made up from failures."""
    lane = only(measured(clock, DOWN))
    assert lane.latency is None
    assert lane.answered == []
    assert lane.failed == 10


def test_an_unknown_first_byte_stays_unknown(clock: FakeClock) -> None:
    """gRPC does not tell it: no zero appears."""
    lane = only(measured(clock, answer(0.001)))
    assert lane.first_byte is None
    assert all(map(math.isnan, lane.first_bytes))


def test_bytes_that_cannot_be_seen_are_counted_beside_the_sum(clock: FakeClock) -> None:
    """What is known of the others is kept, and how many are missing in it."""
    lane = only(measured(clock, answer(0.001), answer(0.001, down=None)))
    assert (lane.bytes_up, lane.unseen_up) == (1000, 0)
    assert (lane.bytes_down, lane.unseen_down) == (1500, 5)


def test_bytes_of_which_none_can_be_seen_are_unknown(clock: FakeClock) -> None:
    """A sum of nothing is not zero bytes."""
    lane = only(measured(clock, answer(0.001, down=None)))
    assert (lane.bytes_down, lane.unseen_down) == (None, 10)
    assert lane.per_call(lane.bytes_down) is None


def test_round_trips_of_one_call_add_up(clock: FakeClock) -> None:
    """An order with two products over REST is three exchanges and one latency."""
    one = answer(0.002, first=0.001).exchanges
    reply = Reply(outcome=Outcome.OK, exchanges=one * 3)
    lane = only(measured(clock, reply, count=5))
    assert lane.round_trips == 15
    assert lane.attempts == 5
    assert lane.latency is not None
    assert lane.latency.p50 == pytest.approx(0.006)
    assert lane.first_byte is not None
    assert lane.first_byte.p50 == pytest.approx(0.001)


@pytest.mark.parametrize("concurrency", [2, 8, 64])
def test_any_number_of_threads_makes_exactly_the_calls_asked_for(clock: FakeClock, concurrency: int) -> None:
    """Calls are shared out without loss or double."""
    client = ClockedClient(Lane.REST, clock)
    run = Repeat(plan(count=500, concurrency=concurrency, warm_up=7), {Lane.REST: client}, clock=clock).run()
    assert only(run).calls == 500
    assert len(client.keys) == 507
    assert list(only(run).starts) == sorted(only(run).starts)


def test_calls_really_are_under_way_at_the_same_time(clock: FakeClock) -> None:
    """With four at once, four meet inside the client."""
    client = ClockedClient(Lane.REST, clock)
    meeting = threading.Barrier(4, timeout=5)

    def meet(number: int) -> None:
        meeting.wait()

    client.before_send = meet
    run = Repeat(plan(count=8, concurrency=4), {Lane.REST: client}, clock=clock).run()
    assert only(run).failed == 0


def test_lanes_in_turn_do_not_overlap(clock: FakeClock) -> None:
    """The second lane begins after the first has ended."""
    order: list[Lane] = []
    clients = {lane: ClockedClient(lane, clock) for lane in Lane}
    for lane, client in clients.items():
        client.before_send = lambda number, lane=lane: order.append(lane)  # type: ignore[misc]
    Repeat(plan(lanes=tuple(Lane), count=5), clients, clock=clock).run()
    assert order == [lane for lane in Lane for _ in range(5)]


def test_lanes_together_meet(clock: FakeClock) -> None:
    """All three are under way at once."""
    clients = {lane: ClockedClient(lane, clock) for lane in Lane}
    meeting = threading.Barrier(3, timeout=5)

    def meet(number: int) -> None:
        meeting.wait()

    for client in clients.values():
        client.before_send = meet
    run = Repeat(plan(lanes=tuple(Lane), together=True, count=4), clients, clock=clock).run()
    assert [lane.calls for lane in run.lanes] == [4, 4, 4]


def test_a_draft_is_written_once(clock: FakeClock) -> None:
    """Preparing is no part of what is measured."""
    client = ClockedClient(Lane.REST, clock)
    Repeat(plan(), {Lane.REST: client}, clock=clock).run()
    assert client.drafted == 1


def test_a_draft_that_a_person_edited_is_sent_as_it_stands(clock: FakeClock) -> None:
    """The client is not asked for another."""
    client = ClockedClient(Lane.REST, clock)
    mine = RestDraft(method="GET", path="/api/v1/products/2")
    Repeat(plan(), {Lane.REST: client}, drafts={Lane.REST: mine}, clock=clock).run()
    assert client.drafted == 0


def test_each_write_has_its_own_key_and_reads_have_none(clock: FakeClock) -> None:
    """With one key for all, a server would do the work once and measure its memory."""
    writing, reading = (ClockedClient(Lane.REST, clock) for _ in range(2))
    Repeat(plan(operation=OperationId.CREATE_PRODUCT), {Lane.REST: writing}, clock=clock).run()
    Repeat(plan(), {Lane.REST: reading}, clock=clock).run()
    assert len(set(writing.keys)) == 10
    assert set(reading.keys) == {None}


def test_a_cancelled_run_keeps_what_it_has(clock: FakeClock) -> None:
    """Calls that ended count; the one that was withdrawn does not, and later lanes are not begun."""
    cancel = CancelToken()
    clients = {lane: ClockedClient(lane, clock) for lane in Lane}

    def stop(number: int) -> None:
        if number == 4:
            cancel.cancel()

    clients[Lane.REST].before_send = stop
    run = Repeat(plan(lanes=tuple(Lane)), clients, cancel=cancel, clock=clock).run()
    assert run.cancelled
    assert [(lane.lane, lane.calls, lane.failed) for lane in run.lanes] == [(Lane.REST, 3, 0)]
    assert clients[Lane.GRPC].keys == []


def test_a_lane_without_a_counterpart_is_left_out_with_its_reason(clock: FakeClock) -> None:
    """The others are measured."""
    clients = {lane: ClockedClient(lane, clock) for lane in Lane}
    clients[Lane.GRPC].refuses = "no such method"
    run = Repeat(plan(lanes=tuple(Lane)), clients, clock=clock).run()
    assert dict(run.skipped) == {Lane.GRPC: "no such method"}
    assert [lane.lane for lane in run.lanes] == [Lane.REST, Lane.GRAPHQL]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_fault_of_ours_ends_the_run_and_is_raised(clock: FakeClock, concurrency: int) -> None:
    """It is not counted as the server's error, and no thread goes on."""
    client = ClockedClient(Lane.REST, clock)

    def break_down(number: int) -> None:
        if number == 5:
            raise ZeroDivisionError

    client.before_send = break_down
    with pytest.raises(ZeroDivisionError):
        Repeat(plan(count=10_000, concurrency=concurrency), {Lane.REST: client}, clock=clock).run()
    assert len(client.keys) < 10_000


def quick(**changed: float) -> PipelineSettings:
    """Retries without waits."""
    return PipelineSettings(initial_delay=0.0, jitter=Jitter.NONE, **changed)  # type: ignore[arg-type]


def test_retries_show_as_amplification(clock: FakeClock) -> None:
    """Each call fails once and then succeeds: two attempts a call, no error, bytes of both."""
    part = answer(0.001).exchanges
    failing = Reply(outcome=Outcome.UNAVAILABLE, status="503", exchanges=part)
    client = ClockedClient(Lane.REST, clock, failing, answer(0.001))
    run = Repeat(plan(resilient=True), {Lane.REST: client}, policies={Lane.REST: quick()}, clock=clock).run()
    lane = only(run)
    assert (lane.calls, lane.failed, lane.attempts) == (10, 0, 20)
    assert lane.bytes_down == 6000
    assert lane.latency is not None
    assert lane.latency.p50 == pytest.approx(0.002)


def test_without_resilience_nothing_is_sent_twice(clock: FakeClock) -> None:
    """The protocol is measured, and each failure is a failed call."""
    lane = only(measured(clock, DOWN, answer(0.001)))
    assert (lane.attempts, lane.failed) == (10, 5)


def test_an_open_circuit_and_stale_copies_are_errors_with_names(clock: FakeClock) -> None:
    """After the first answer the lane is down: what the fallback serves is no fresh answer."""
    script = [answer(0.001)] + [DOWN] * 200
    client = ClockedClient(Lane.REST, clock, *script)
    settings = quick(max_retries=0, failure_threshold=2)
    lane = only(
        Repeat(plan(resilient=True), {Lane.REST: client}, policies={Lane.REST: settings}, clock=clock).run()
    )
    assert lane.failed == 9
    assert lane.attempts == 3  # then the circuit is open
    assert lane.errors == {
        "stale copy served: rejected by open circuit": 7,
        "stale copy served: unavailable (503 SERVICE UNAVAILABLE)": 2,
    }


def test_progress_is_told_at_most_ten_times_a_second(clock: FakeClock) -> None:
    """On 100 calls of 10 ms, in lanes after one another; the counts never go back."""
    told: list[RepeatProgress] = []
    lanes = (Lane.REST, Lane.GRPC)
    clients = {lane: ClockedClient(lane, clock, answer(0.010)) for lane in lanes}
    wanted = plan(lanes=lanes, count=50, warm_up=5)
    Repeat(wanted, clients, clock=clock, on_progress=told.append).run()
    measuring = [each for each in told if not each.warming_up]
    assert {each.total for each in told} == {100}
    assert 8 <= len(measuring) <= 14
    done = [each.done for each in told]
    assert done == sorted(done)
    assert told[0].warming_up
    assert told[0].done == 0
    assert measuring[-1].rate == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"count": 0}, "calls"),
        ({"count": 100_001}, "calls"),
        ({"concurrency": 0}, "calls at once"),
        ({"concurrency": 65}, "calls at once"),
        ({"warm_up": -1}, "warm-up"),
        ({"lanes": ()}, "lanes"),
    ],
)
def test_a_plan_that_cannot_be_names_what_is_wrong(changed: dict[str, int], named: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidInput, match=named):
        plan(**changed)


def test_two_runs_are_compared_lane_by_lane(clock: FakeClock) -> None:
    """Twice as slow is 2.0, half the rate 0.5; a lane of only one run is left out."""
    base = measured(clock, answer(0.001), lanes=(Lane.REST, Lane.GRPC), count=60)
    other = measured(clock, answer(0.002), lanes=(Lane.REST,), count=60)
    (found,) = compare_runs(base, other)
    assert found.lane is Lane.REST
    assert found.p50 is not None
    assert found.p99 is not None
    assert (found.p50.value, found.p99.value, found.rate) == pytest.approx((2.0, 2.0, 0.5))
    assert found.p50.beyond_noise is True
