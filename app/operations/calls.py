"""One operation through one lane: draft, pipeline, client, result. No Qt; runs in any worker thread."""

import logging
import time
import uuid
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Protocol

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GraphqlDraft, RestDraft
from app.domain.errors import AttemptFailed, TrilaneError
from app.domain.events import CallFinished, CallStarted, Event, StopReason
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.resilience.clock import Clock
from app.resilience.pipeline import Attempt, Pipeline
from app.resilience.report import CallReport, seen

_log = logging.getLogger(__name__)


class FaultMemory(Protocol):
    """An embedded server's own record: a reset connection or an empty answer cannot name its fault.

    Asked from any thread.
    """

    def suffers(self, lane: Lane) -> bool:
        """Whether ``lane`` has a fault in force. Asked before each attempt: must cost next to nothing."""

    def rule_of(self, request_id: str) -> str | None:
        """The rule that was applied to the request with this id; None if none was."""


def _new_key() -> str:
    return str(uuid.uuid4())


class CallRunner:
    """Runs calls of one lane and tells how they went. Thread-safe: many calls at once.

    With a ``memory``, an attempt made during an outage carries a request id, and is looked up by it when it
    failed without a named fault. A healthy lane's requests stay as they are, and as quick.
    """

    __slots__ = ("_client", "_clock", "_memory", "_new_key", "_pipeline", "_publish", "_wall")

    def __init__(
        self,
        client: LaneClient,
        pipeline: Pipeline,
        *,
        publish: Callable[[Event], object] | None = None,
        clock: Clock = time.monotonic,
        wall: Callable[[], float] = time.time,
        new_key: Callable[[], str] = _new_key,
        memory: FaultMemory | None = None,
    ) -> None:
        self._client = client
        self._pipeline = pipeline
        self._publish = publish
        self._clock = clock  # of the events; the same as the pipeline's
        self._wall = wall
        self._new_key = new_key
        self._memory = memory

    @property
    def lane(self) -> Lane:
        """Whose calls these are."""
        return self._client.lane

    @property
    def pipeline(self) -> Pipeline:
        """The policies they go through."""
        return self._pipeline

    def run(
        self,
        draft: Draft,
        operation: OperationId,
        *,
        fields: Sequence[str] = (),
        call_id: str,
        cancel: CancelToken | None = None,
        submitted_at: float | None = None,
    ) -> CallResult:
        """Make the call and return its result; a failed, refused or cancelled call is a result too.

        ``submitted_at`` (monotonic seconds) is when the person asked; the wait for a worker counts from then.
        """
        started = self._clock()
        submitted = started if submitted_at is None else min(submitted_at, started)
        wall = self._wall()
        if self._publish is not None:
            self._publish(CallStarted(at=started, call_id=call_id, lane=self.lane, operation=operation))
        report = self._report(draft, operation, call_id, cancel)
        ended = self._clock()
        reply, error = self._outcome(report)
        result = CallResult(
            call_id=call_id,
            lane=self.lane,
            operation=operation,
            reply=reply,
            attempts=report.attempts,
            started_at=wall,
            total=ended - submitted,
            queued=started - submitted,
            stale=report.stale,
            error=error,
            fields=tuple(fields),
        )
        if self._publish is not None:
            self._publish(
                CallFinished(at=ended, call_id=call_id, lane=self.lane, result=result, stop=report.stop)
            )
        return result

    def _report(
        self, draft: Draft, operation: OperationId, call_id: str, cancel: CancelToken | None
    ) -> CallReport[Reply]:
        changes = writes(draft, operation)
        # One key for all attempts of the call: the backends then do the work once, so it may be sent again.
        idempotency_key = self._new_key() if wants_key(draft, changes=changes) else None

        memory = self._memory

        def send(attempt: Attempt) -> Reply:
            known = memory is not None and memory.suffers(self.lane)
            request_id = f"{call_id}-{attempt.number}" if known else None
            try:
                return self._client.send(
                    draft,
                    operation,
                    timeout=attempt.timeout,
                    cancel=attempt.cancel,
                    idempotency_key=idempotency_key,
                    request_id=request_id,
                )
            except AttemptFailed as failed:
                if memory is None or request_id is None or failed.reply.injected is not None:
                    raise
                rule = memory.rule_of(request_id)
                if rule is None:
                    raise
                raise AttemptFailed(replace(failed.reply, injected=rule)) from failed

        # An old answer to a write would claim that something was done.
        key: Hashable | None = None if changes else (self.lane, operation, draft)
        return self._pipeline.run(send, call_id=call_id, cancel=cancel, key=key, idempotent=True)

    def _outcome(self, report: CallReport[Reply]) -> tuple[Reply, Outcome | None]:
        if report.error is None:
            return seen(report.value, None), None
        failed = seen(None, report.error)
        if report.stale is not None:
            return seen(report.value, None), failed.outcome
        if report.stop is not StopReason.CANCELLED and failed.outcome is Outcome.INTERNAL:
            _note_if_ours(report.error)
        return failed, None


def writes(draft: Draft, operation: OperationId) -> bool:
    """Whether the request changes something; a person may have edited it into one that does."""
    if OPERATIONS[operation].writes:
        return True
    if isinstance(draft, RestDraft):
        return draft.method.upper() not in ("GET", "HEAD", "OPTIONS")
    return isinstance(draft, GraphqlDraft) and "mutation" in draft.query


def wants_key(draft: Draft, *, changes: bool) -> bool:
    """POST, PATCH and mutations are not idempotent by themselves; PUT and DELETE are (RFC 9110, 9.2.2)."""
    return changes and not (isinstance(draft, RestDraft) and draft.method.upper() in ("PUT", "DELETE"))


def _note_if_ours(error: Exception) -> None:
    """An exception that no client announces is a bug of ours: shown as a result, logged with its trace."""
    if not isinstance(error, TrilaneError):
        _log.error("a call ended with an unexpected error", exc_info=error)
