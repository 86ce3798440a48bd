"""Following one lane: connect through the pipeline, reconnect in plain sight, and lose no event."""

from typing import Any

import pytest

from app.domain.cancel import CancelToken
from app.domain.events import (
    AttemptFinished,
    CallFinished,
    CallRejected,
    CallStarted,
    Event,
    OrdersReceived,
    RetryScheduled,
    StopReason,
    StreamChanged,
    StreamState,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome, Reply
from app.domain.streams import OrdersRequest, StreamEnd
from app.operations.order_batches import OrderBatches
from app.operations.watch_orders import OrderWatch
from app.resilience.pipeline import Pipeline
from app.resilience.settings import PipelineSettings
from tests.support.scripted_streams import LOST, OK, ScriptedStream

DOWN = Reply(outcome=Outcome.UNAVAILABLE, status="503 SERVICE UNAVAILABLE", message="down")
CONNECTING, OPEN, WAITING, ENDED = StreamState
AT_ONCE = PipelineSettings(initial_delay=0.0, max_delay=0.001, failure_threshold=5)


class Watched:
    """A watch with a record of what it published."""

    def __init__(self, stream: ScriptedStream, settings: PipelineSettings = AT_ONCE, **request: Any) -> None:
        self.events: list[Event] = []
        publish = self.events.append
        self.pipeline = Pipeline(settings, lane=stream.lane, publish=publish)
        self.watch = OrderWatch(
            stream,
            self.pipeline,
            OrdersRequest(**request),
            stream_id="s1",
            publish=publish,
            batches=OrderBatches(publish, interval=0.001),
        )

    def run(self, cancel: CancelToken | None = None) -> StreamEnd:
        return self.watch.run(cancel or CancelToken())

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def states(self) -> list[StreamState]:
        return [event.state for event in self.of(StreamChanged)]

    @property
    def sequences(self) -> list[int]:
        return [message.sequence for event in self.of(OrdersReceived) for message in event.messages]


def test_a_whole_stream_is_told_in_order() -> None:
    """Connecting, open, every message once, and the end last, with exact figures."""
    watched = Watched(ScriptedStream(Lane.GRPC, [[1, 2], [3], OK]))
    assert watched.run() == OK
    assert watched.states == [CONNECTING, OPEN, ENDED]
    assert watched.sequences == [1, 2, 3]
    last = watched.events[-1]
    assert isinstance(last, StreamChanged)
    assert last.figures is not None
    assert (last.status, last.trailers, last.figures.received) == ("200 OK", OK.trailers, 3)


def test_connecting_is_drawn_like_any_call() -> None:
    """A refused connection is retried by the lane's pipeline, with the events of the attempt timeline."""
    watched = Watched(ScriptedStream(Lane.REST, DOWN, DOWN, [[1], OK], resumes=True))
    watched.run()
    assert [event.operation for event in watched.of(CallStarted)] == [OperationId.STREAM_ORDERS]
    assert [event.outcome for event in watched.of(AttemptFinished)] == [Outcome.UNAVAILABLE] * 2 + [
        Outcome.OK
    ]
    assert len(watched.of(RetryScheduled)) == 2
    assert [event.result.outcome for event in watched.of(CallFinished)] == [Outcome.OK]


def test_an_open_circuit_refuses_a_stream() -> None:
    """While the lane's breaker is open no connection is tried, and the stream ends as rejected."""
    watched = Watched(ScriptedStream(Lane.GRPC))
    watched.pipeline.breaker.force_open()
    assert watched.run().outcome is Outcome.REJECTED
    assert len(watched.of(CallRejected)) == 1


def test_connections_that_fail_open_the_circuit() -> None:
    """Failed connections count against the breaker like failed calls."""
    settings = PipelineSettings(initial_delay=0.0, max_delay=0.001, failure_threshold=2, max_retries=1)
    watched = Watched(ScriptedStream(Lane.GRPC, DOWN, DOWN), settings)
    assert watched.run().outcome is Outcome.UNAVAILABLE
    assert watched.pipeline.breaker.snapshot().state.value == "open"


def test_a_broken_stream_that_can_resume_goes_on_behind_its_last_message() -> None:
    """The reconnect is announced, counted and drawn, asks behind the last message, and doubles nothing."""
    stream = ScriptedStream(Lane.REST, [[1, 2], LOST], [[3], OK], resumes=True)
    watched = Watched(stream)
    assert watched.run() == OK
    assert stream.asked_after == [None, 2]
    assert watched.sequences == [1, 2, 3]
    assert watched.states == [CONNECTING, OPEN, WAITING, CONNECTING, OPEN, ENDED]
    waiting = watched.of(StreamChanged)[2]
    assert (waiting.reconnects, waiting.outcome, waiting.injected) == (1, Outcome.RESET, "cut")
    assert len(watched.of(RetryScheduled)) == 1


def test_a_broken_stream_that_cannot_resume_ends() -> None:
    """After its first message such a stream is never restarted by itself."""
    watched = Watched(ScriptedStream(Lane.GRPC, [[1, 2], LOST]))
    assert watched.run() == LOST
    assert watched.states == [CONNECTING, OPEN, ENDED]


def test_a_person_may_begin_it_anew() -> None:
    """Running an ended watch again is a counted reconnect, and the counters go on."""
    watched = Watched(ScriptedStream(Lane.GRPC, [[1, 2], LOST], [[1, 2, 3], OK]))
    watched.run()
    assert watched.run() == OK
    assert (watched.watch.reconnects, watched.watch.stats.received) == (1, 5)


def test_auto_reconnect_begins_anew_in_plain_sight() -> None:
    """Switched on, a break is followed by a wait and a counted new beginning."""
    watched = Watched(ScriptedStream(Lane.GRAPHQL, [[1], LOST], [[1, 2], OK]))
    watched.watch.auto_reconnect = True
    watched.run()
    assert watched.sequences == [1, 1, 2]
    assert (watched.states[2], watched.watch.reconnects) == (WAITING, 1)


@pytest.mark.parametrize("end", [OK, StreamEnd(outcome=Outcome.INVALID), StreamEnd(outcome=Outcome.TIMEOUT)])
def test_an_end_that_will_not_pass_is_final(end: StreamEnd) -> None:
    """Neither a complete stream nor a refused or overdue one is taken up again."""
    watched = Watched(ScriptedStream(Lane.REST, [[1], end], resumes=True))
    assert watched.run() == end
    assert watched.watch.reconnects == 0


def test_a_wait_that_outlasts_the_deadline_is_not_begun() -> None:
    """With less time left than the next wait takes, the break is the end."""
    settings = PipelineSettings(initial_delay=60.0)
    watched = Watched(ScriptedStream(Lane.REST, [[1], LOST], resumes=True), settings, deadline=5.0)
    assert watched.run() == LOST


def test_connecting_stops_where_the_next_wait_outlasts_the_deadline() -> None:
    """What the last attempt met is the end, not a timeout of an attempt that had no time left."""
    settings = PipelineSettings(initial_delay=60.0)
    watched = Watched(ScriptedStream(Lane.GRPC, DOWN, [[1], OK]), settings, deadline=5.0)
    end = watched.run()
    assert (end.outcome, end.status) == (Outcome.UNAVAILABLE, DOWN.status)
    assert watched.of(CallFinished)[0].stop is StopReason.DEADLINE


def test_a_cancel_ends_the_wait_for_a_reconnect() -> None:
    """Cancelled between two connections, the stream ends at once, and so does its call on the timeline."""
    settings = PipelineSettings(initial_delay=60.0)
    watched = Watched(ScriptedStream(Lane.REST, [[1], LOST], resumes=True), settings)
    cancel = CancelToken()
    publish = watched.events.append

    def cancel_when_waiting(event: Event) -> None:
        publish(event)
        if isinstance(event, RetryScheduled):
            cancel.cancel()

    watched.watch._publish = cancel_when_waiting
    assert watched.run(cancel).outcome is Outcome.CANCELLED
    assert len(watched.of(CallStarted)) == len(watched.of(CallFinished)) == 2


def test_many_messages_become_few_events() -> None:
    """Ten thousand messages in a burst reach the bus complete, in order, in far fewer events."""
    script = [list(range(start, start + 10)) for start in range(1, 10_001, 10)]
    watched = Watched(ScriptedStream(Lane.GRPC, [*script, OK]))
    watched.run()
    assert watched.sequences == list(range(1, 10_001))
    assert len(watched.of(OrdersReceived)) < 500
    assert isinstance(watched.events[-1], StreamChanged)
