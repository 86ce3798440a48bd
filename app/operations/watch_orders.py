"""One lane's orders from start to end: connect through the pipeline, read, tell, reconnect in plain sight.

Connecting is a call like any other: breaker, retries and backoff, drawn on the attempt timeline. Once a
message has arrived nothing is restarted silently. Where the protocol can resume (SSE), a break is followed by
a visible reconnect without gap or double. The others end there, unless auto-reconnect is on; then they begin
anew, and that is counted.
"""

import random as _random
import time
from collections.abc import Callable, Sequence

from app.clients.streams import CANCELLED, OpenStream, OrderStream
from app.domain.cancel import CancelToken
from app.domain.events import (
    CallFinished,
    CallStarted,
    Event,
    OrderReceived,
    RetryReason,
    RetryScheduled,
    StopReason,
    StreamChanged,
    StreamState,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.domain.streams import OrdersRequest, StreamEnd, StreamFigures, StreamMessage
from app.operations.order_batches import OrderBatches
from app.operations.stream_stats import StreamStats
from app.resilience.backoff import backoff_delay, backoff_envelope
from app.resilience.clock import Clock, Random, Sleep
from app.resilience.pipeline import Attempt, Pipeline
from app.resilience.report import seen
from app.resilience.retry import pause

_STEADY = 10.0  # seconds: a connection that lived longer starts the backoff anew
_FIGURES_EVERY = 0.1  # seconds

Publish = Callable[[Event], object]


class OrderWatch:
    """One stream and its reconnects. `run` in a worker thread, one at a time; the rest from any thread."""

    def __init__(
        self,
        stream: OrderStream,
        pipeline: Pipeline,
        request: OrdersRequest,
        *,
        stream_id: str,
        publish: Publish,
        batches: OrderBatches,
        clock: Clock = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Sleep = time.sleep,
        random: Random = _random.random,
    ) -> None:
        self._stream = stream
        self._pipeline = pipeline
        self._request = request
        self.stream_id = stream_id
        self._publish = publish
        self._batches = batches
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._random = random
        self.auto_reconnect = stream.resumes  # may be switched while it runs
        self.reconnects = 0
        self.stats = StreamStats()
        self._started: float | None = None
        self._connections = 0
        self._after: int | None = None  # last sequence seen
        self._told = 0.0  # when the figures were last published
        self.figures = StreamFigures()  # as last published

    @property
    def lane(self) -> Lane:
        """Whose stream this is."""
        return self._stream.lane

    def run(self, cancel: CancelToken) -> StreamEnd:
        """Follow to the end and return it. Running again is the reconnect that a person asked for."""
        if self._connections:
            self.reconnects += 1
        self._started = self._clock()
        self._batches.open()
        try:
            end = self._until_end(cancel)
        finally:
            self._batches.flush(self.stream_id)
            self._batches.close()
        self._tell(StreamState.ENDED, end)
        return end

    def _until_end(self, cancel: CancelToken) -> StreamEnd:
        wait: float | None = None
        losses = 0
        while True:
            end, lived = self._one_connection(cancel, wait, losses)
            if lived is None or not self._may_reconnect(end):
                return end
            losses = 1 if lived >= _STEADY else losses + 1
            settings = self._pipeline.settings
            shape = {
                "initial_delay": settings.initial_delay,
                "backoff_factor": settings.backoff_factor,
                "max_delay": settings.max_delay,
            }
            # Never DECORRELATED's memory: each break is a new story.
            wait = backoff_delay(losses - 1, **shape, jitter=settings.jitter, random=self._random)
            left = self._left()
            if left is not None and wait >= left:
                return end
            self.reconnects += 1
            self._batches.flush(self.stream_id)
            self._tell(StreamState.WAITING, end, delay=wait)

    def _one_connection(
        self, cancel: CancelToken, wait: float | None, losses: int
    ) -> tuple[StreamEnd, float | None]:
        """The end of one connection and how long it lived; None when there was none."""
        call_id = f"{self.stream_id}-{self._connections + 1}"
        self._connections += 1
        started = self._clock()
        self._publish(
            CallStarted(at=started, call_id=call_id, lane=self.lane, operation=OperationId.STREAM_ORDERS)
        )
        if wait is not None and self._wait(call_id, wait, losses, cancel):
            self._finish_call(call_id, started, Reply(outcome=Outcome.CANCELLED))
            return CANCELLED, None
        self._tell(StreamState.CONNECTING, None)
        opened = self._connect(call_id, started, cancel)
        if isinstance(opened, StreamEnd):
            return opened, None
        begun = self._clock()
        try:
            self._tell(StreamState.OPEN, StreamEnd(outcome=Outcome.OK, status=opened.status))
            return self._read(opened), self._clock() - begun
        finally:
            opened.close()

    def _connect(self, call_id: str, started: float, cancel: CancelToken) -> OpenStream | StreamEnd:
        def attempt(attempt: Attempt) -> Reply:
            opened = self._stream.open(
                self._request,
                timeout=attempt.timeout,
                deadline=self._left(),
                cancel=attempt.cancel,
                after=self._after if self._stream.resumes else None,
            )
            return Reply(outcome=Outcome.OK, status=opened.status, value=opened, injected=opened.injected)

        report = self._pipeline.run(attempt, call_id=call_id, cancel=cancel, deadline=self._left())
        reply = seen(report.value, report.error)
        opened: OpenStream | None = reply.value if report.error is None else None
        shown = Reply(
            outcome=reply.outcome, status=reply.status, message=reply.message, injected=reply.injected
        )
        result = CallResult(
            call_id=call_id,
            lane=self.lane,
            operation=OperationId.STREAM_ORDERS,
            reply=shown,
            attempts=report.attempts,
            started_at=self._wall(),
            total=self._clock() - started,
        )
        self._publish(
            CallFinished(at=self._clock(), call_id=call_id, lane=self.lane, result=result, stop=report.stop)
        )
        if opened is not None:
            return opened
        if shown.outcome is Outcome.CANCELLED:
            return CANCELLED
        explained = len(report.attempts) > 1 or report.stop is StopReason.DEADLINE
        why = f"{shown.message} ({report.stop.value})" if explained else shown.message
        return StreamEnd(outcome=shown.outcome, status=shown.status, message=why, injected=shown.injected)

    def _read(self, opened: OpenStream) -> StreamEnd:
        self.stats.new_connection()
        while True:
            batch = opened.read()
            if isinstance(batch, StreamEnd):
                return batch
            self._take(batch)

    def _take(self, batch: Sequence[StreamMessage]) -> None:
        now, add = self._clock(), self.stats.add
        events = []
        for one in batch:
            add(one.arrived, one.published, one.dropped)
            events.append(
                OrderReceived(
                    at=now,
                    stream_id=self.stream_id,
                    lane=self.lane,
                    sequence=one.sequence,
                    arrived=one.arrived,
                    published=one.published,
                    order=one.order,
                    raw=one.raw,
                )
            )
        self._after = batch[-1].sequence
        figures = None
        if now - self._told >= _FIGURES_EVERY:
            self._told, figures = now, self._measure()
        self._batches.add(self.stream_id, self.lane, events, figures)

    def _wait(self, call_id: str, seconds: float, losses: int, cancel: CancelToken) -> bool:
        """Wait before a reconnect, visibly. True when cancelled."""
        settings = self._pipeline.settings
        envelope = backoff_envelope(
            losses - 1,
            initial_delay=settings.initial_delay,
            backoff_factor=settings.backoff_factor,
            max_delay=settings.max_delay,
            jitter=settings.jitter,
        )
        self._publish(
            RetryScheduled(
                at=self._clock(),
                call_id=call_id,
                lane=self.lane,
                attempt=losses,
                delay=seconds,
                envelope=max(envelope, seconds),
                reason=RetryReason.BACKOFF,
            )
        )
        pause(seconds, self._sleep, cancel)
        return cancel.cancelled

    def _finish_call(self, call_id: str, started: float, reply: Reply) -> None:
        result = CallResult(
            call_id=call_id,
            lane=self.lane,
            operation=OperationId.STREAM_ORDERS,
            reply=reply,
            total=self._clock() - started,
        )
        self._publish(CallFinished(at=self._clock(), call_id=call_id, lane=self.lane, result=result))

    def _may_reconnect(self, end: StreamEnd) -> bool:
        """Whether a break is followed by a reconnect: where nothing is doubled, or where it was asked for."""
        if end.outcome in (Outcome.OK, Outcome.CANCELLED):
            return False
        deadline_passed = self._left() == 0.0
        return self.auto_reconnect and not deadline_passed and self._is_passing(end)

    @staticmethod
    def _is_passing(end: StreamEnd) -> bool:
        return end.outcome in (
            Outcome.RESET,
            Outcome.UNAVAILABLE,
            Outcome.MALFORMED,
            Outcome.REFUSED,
            Outcome.INTERNAL,
        )

    def _tell(self, state: StreamState, end: StreamEnd | None, delay: float = 0.0) -> None:
        self._publish(
            StreamChanged(
                at=self._clock(),
                stream_id=self.stream_id,
                lane=self.lane,
                state=state,
                status=end.status if end else "",
                message=end.message if end else "",
                trailers=end.trailers if end else (),
                reconnects=self.reconnects,
                outcome=end.outcome if end and state is not StreamState.OPEN else None,
                injected=end.injected if end else None,
                delay=delay,
                figures=self._measure(),
            )
        )

    def _measure(self) -> StreamFigures:
        self.figures = self.stats.figures(self._wall())
        return self.figures

    def _left(self) -> float | None:
        if self._request.deadline is None or self._started is None:
            return None
        return max(0.0, self._started + self._request.deadline - self._clock())
