"""The same call many times, over one lane or several, measured where it is made. No Qt.

A run has threads of its own, one for each call that may be under way, and they end with it. Each records into
its own arrays; progress is told from whichever thread passes by when it is due.
"""

import gc
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.errors import AttemptFailed, Cancelled, UnsupportedOperation
from app.domain.events import StopReason
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Reply
from app.operations.calls import wants_key, writes
from app.operations.repeat_results import CALL_LIMIT, LaneRun, RepeatPlan, RepeatProgress, RepeatRun
from app.operations.tallies import Tally, merge
from app.resilience.clock import Clock
from app.resilience.pipeline import Attempt, Pipeline
from app.resilience.report import seen
from app.resilience.settings import PipelineSettings

PROGRESS_EVERY = 0.1  # seconds
_COLLECT_AFTER = 20_000  # new objects; by default it is 700, which a few calls make

_NewKey = Callable[[], str]
_OnProgress = Callable[[RepeatProgress], None]


def _new_key() -> str:
    return str(uuid.uuid4())


def _ignore(progress: RepeatProgress) -> None:
    """Nobody wants to know."""


class Repeat:
    """Makes the calls of one plan. Used once, by one thread; ``cancel`` may come from any."""

    def __init__(
        self,
        plan: RepeatPlan,
        clients: Mapping[Lane, LaneClient],
        *,
        drafts: Mapping[Lane, Draft] | None = None,
        tokens: Mapping[Lane, str] | None = None,
        policies: Mapping[Lane, PipelineSettings] | None = None,
        cancel: CancelToken | None = None,
        on_progress: _OnProgress = _ignore,
        addresses: Mapping[Lane, str] | None = None,
        clock: Clock = time.perf_counter,
        wall: Callable[[], float] = time.time,
        new_key: _NewKey = _new_key,
    ) -> None:
        """``drafts`` are used as they stand; where none is given the client writes it, with its lane's token.

        A resilient plan goes through a pipeline of its own with the lane's ``policies``: what is broken on
        purpose for a measurement must not open the circuit that the window shows. ``clock`` is the one that
        clients time with.
        """
        self._plan = plan
        self._clients = clients
        self._drafts = drafts or {}
        self._tokens = tokens or {}
        self._policies = policies or {}
        self._cancel = cancel or CancelToken()
        self._addresses = addresses or {}
        self._clock = clock
        self._wall = wall
        self._new_key = new_key
        self._meter = _Meter(plan, on_progress, clock)

    def run(self) -> RepeatRun:
        """Warm up, measure, and return the figures; also those of a run that was cancelled on the way.

        Raises InvalidInput when a lane's request cannot be written, StartFailed when its client is missing.
        """
        started_at = self._wall()
        callers, skipped = self._callers()
        groups = [list(callers)] if self._plan.together else [[lane] for lane in callers]
        lanes: list[LaneRun] = []
        with _calm_collector():
            for group in groups:
                if group and not self._cancel.cancelled:
                    lanes += self._measure([callers[lane] for lane in group])
        return RepeatRun(
            plan=self._plan,
            started_at=started_at,
            lanes=tuple(lanes),
            skipped=skipped,
            cancelled=self._cancel.cancelled,
            addresses=dict(self._addresses),
        )

    def _callers(self) -> "tuple[dict[Lane, _Caller], dict[Lane, str]]":
        callers: dict[Lane, _Caller] = {}
        skipped: dict[Lane, str] = {}
        for lane in self._plan.lanes:
            client = self._clients[lane]
            try:
                draft = self._drafts.get(lane) or client.draft(
                    self._plan.operation, self._plan.params, self._plan.fields, token=self._tokens.get(lane)
                )
            except UnsupportedOperation as error:
                skipped[lane] = error.why
                continue
            callers[lane] = _Caller(client, draft, self._plan, self._cancel, self._clock, self._new_key)
            if self._plan.resilient:
                callers[lane].use(Pipeline(self._policies.get(lane), lane=lane))
        return callers, skipped

    def _measure(self, callers: "Sequence[_Caller]") -> list[LaneRun]:
        lane = callers[0].lane if len(callers) == 1 else None
        if self._plan.warm_up:
            self._meter.begin(lane, warming_up=True)
            self._loop(callers, self._plan.warm_up)
        self._meter.begin(lane, warming_up=False)
        began = self._clock()
        tallies = self._loop(callers, self._plan.count)
        runs = [merge(caller.lane, tallies[caller.lane], began) for caller in callers]
        self._meter.keep()
        return runs

    def _loop(self, callers: "Sequence[_Caller]", count: int) -> dict[Lane, list[Tally]]:
        """``count`` calls of each caller, by as many threads as may call at once."""
        threads = min(self._plan.concurrency, count)
        tallies = {caller.lane: [Tally() for _ in range(threads)] for caller in callers}
        jobs: list[Callable[[], None]] = []
        for caller in callers:
            numbers = iter(range(count))  # next() on it is atomic: the threads share the calls out
            self._meter.watch(tallies[caller.lane])
            jobs += [_Loop(caller, tally, numbers, self._meter) for tally in tallies[caller.lane]]
        if len(jobs) == 1:
            jobs[0]()
            return tallies
        with ThreadPoolExecutor(len(jobs), thread_name_prefix="repeat") as pool:
            for future in [pool.submit(job) for job in jobs]:
                future.result()
        return tallies


@contextmanager
def _calm_collector() -> Iterator[None]:
    """Have the garbage collector come seldom: its pauses belong to no protocol.

    Not never, because servers in this process make garbage, too. In the window it is off anyway.
    """
    before = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Caller:
    """One lane's call, ready to be made by many threads."""

    def __init__(
        self,
        client: LaneClient,
        draft: Draft,
        plan: RepeatPlan,
        cancel: CancelToken,
        clock: Clock,
        new_key: _NewKey,
    ) -> None:
        self.lane = client.lane
        self.cancel = cancel
        self.clock = clock
        self._client = client
        self._draft = draft
        self._operation: OperationId = plan.operation
        self._changes = writes(draft, plan.operation)
        self._new_key = new_key if wants_key(draft, changes=self._changes) else None
        self._pipeline: Pipeline | None = None

    def use(self, pipeline: Pipeline) -> None:
        """From now on calls go through ``pipeline``."""
        self._pipeline = pipeline

    def call(self, tally: Tally) -> None:
        """Make one call and record it. Raises Cancelled; such a call is not recorded."""
        key = self._new_key() if self._new_key is not None else None
        if self._pipeline is None:
            self._bare(tally, key)
        else:
            self._guarded(self._pipeline, tally, key)

    def _bare(self, tally: Tally, key: str | None) -> None:
        started = self.clock()
        error = ""
        try:
            reply = self._client.send(
                self._draft, self._operation, timeout=CALL_LIMIT, cancel=self.cancel, idempotency_key=key
            )
        except AttemptFailed as failed:
            reply = failed.reply
            error = reason(reply)
        tally.attempt(reply, started)
        tally.call(started, self.clock(), error)

    def _guarded(self, pipeline: Pipeline, tally: Tally, key: str | None) -> None:
        started = self.clock()

        def send(attempt: Attempt) -> Reply:
            at = self.clock()
            try:
                reply = self._client.send(
                    self._draft,
                    self._operation,
                    timeout=attempt.timeout,
                    cancel=attempt.cancel,
                    idempotency_key=key,
                )
            except AttemptFailed as failed:
                tally.attempt(failed.reply, at)
                raise
            tally.attempt(reply, at)
            return reply

        stale_key = None if self._changes else self.lane
        report = pipeline.run(send, call_id="repeat", cancel=self.cancel, key=stale_key, idempotent=True)
        if report.stop is StopReason.CANCELLED:
            raise Cancelled("cancelled by the caller")
        error = "" if report.error is None else reason(seen(None, report.error))
        if report.stale is not None:
            error = f"stale copy served: {error}"
        tally.call(started, self.clock(), error)


class _Loop:
    """What one thread does: calls until the numbers are used up or the run is cancelled."""

    __slots__ = ("_caller", "_meter", "_numbers", "_tally")

    def __init__(self, caller: _Caller, tally: Tally, numbers: Iterator[int], meter: "_Meter") -> None:
        self._caller, self._tally, self._numbers, self._meter = caller, tally, numbers, meter

    def __call__(self) -> None:
        caller, tally, meter = self._caller, self._tally, self._meter
        call, clock, cancel = caller.call, caller.clock, caller.cancel
        try:
            for _ in self._numbers:
                if cancel.cancelled:
                    break
                call(tally)
                if clock() >= meter.due:
                    meter.tell()
        except Cancelled:
            pass
        except BaseException:
            cancel.cancel()  # a fault of ours: the other threads need not go on
            raise
        finally:
            tally.ended = clock()


class _Meter:
    """Sums up how far the run is, at most ten times a second. Any thread."""

    def __init__(self, plan: RepeatPlan, on_progress: _OnProgress, clock: Clock) -> None:
        self._total = plan.count * len(plan.lanes)
        self._on_progress = on_progress
        self._clock = clock
        self._lock = threading.Lock()
        self._phase: list[Tally] = []
        self._done, self._failed = 0, 0  # of the lanes that are through
        self._lane: Lane | None = None
        self._warming_up = False
        self._began = 0.0
        self.due = 0.0

    def begin(self, lane: Lane | None, *, warming_up: bool) -> None:
        """Another phase begins."""
        with self._lock:
            self._lane, self._warming_up, self._phase = lane, warming_up, []
            self._began = self.due = self._clock()

    def watch(self, tallies: Sequence[Tally]) -> None:
        """These are written in the phase under way."""
        with self._lock:
            self._phase = [*self._phase, *tallies]

    def keep(self) -> None:
        """The phase was measured: its calls stay counted."""
        with self._lock:
            done, failed = self._sums()
            self._done, self._failed, self._phase = self._done + done, self._failed + failed, []

    def tell(self) -> None:
        """Publish, unless another thread is doing so."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            now = self._clock()
            if now < self.due:
                return
            self.due = now + PROGRESS_EVERY
            done, failed = self._sums()
            elapsed = now - self._began
            progress = RepeatProgress(
                lane=self._lane,
                warming_up=self._warming_up,
                done=self._done + (0 if self._warming_up else done),
                total=self._total,
                failed=self._failed + (0 if self._warming_up else failed),
                rate=done / elapsed if elapsed > 0 else 0.0,
            )
        finally:
            self._lock.release()
        self._on_progress(progress)

    def _sums(self) -> tuple[int, int]:
        return (
            sum(len(tally.totals) for tally in self._phase),
            sum(sum(tally.errors.values()) for tally in self._phase),
        )


def reason(reply: Reply) -> str:
    """Why a call failed, in the lane's own words too: "unavailable (14 UNAVAILABLE)"."""
    return f"{reply.outcome.value} ({reply.status})" if reply.status else reply.outcome.value
