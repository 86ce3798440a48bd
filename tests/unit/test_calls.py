"""One operation through one lane: whatever happens, one result and one end."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GraphqlDraft, GrpcDraft, RestDraft
from app.domain.errors import AttemptFailed, Cancelled
from app.domain.events import CallFinished, CallStarted, Event, StopReason
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome, Reply
from app.operations.calls import CallRunner
from app.resilience import Jitter, Pipeline, PipelineSettings
from tests.support.clock import FakeClock

GET = RestDraft(method="GET", path="/api/v1/products/1")
OK = Reply(outcome=Outcome.OK, status="200 OK", value={"id": "1"})


class ScriptedClient:
    """A lane that answers as told and remembers what it was asked."""

    def __init__(self, lane: Lane = Lane.REST, *answers: Reply | BaseException) -> None:
        self.lane = lane
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []

    def draft(
        self,
        operation: OperationId,
        params: Mapping[str, str],
        fields: Sequence[str],
        *,
        token: str | None = None,
    ) -> Draft:
        raise NotImplementedError

    def send(self, draft: Draft, operation: OperationId | None, **about: Any) -> Reply:
        self.sent.append({"draft": draft, "operation": operation} | about)
        answer = self.answers.pop(0)
        if isinstance(answer, Reply):
            return answer
        raise answer

    def log_in(
        self, email: str, password: str, expires_in: int | None, *, timeout: float | None = 5.0
    ) -> Reply:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Rig:
    """A runner over a scripted client, on the fake clock."""

    def __init__(self, clock: FakeClock, *answers: Reply | BaseException, lane: Lane = Lane.REST) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self.client = ScriptedClient(lane, *answers)
        self.runner = CallRunner(
            self.client,
            Pipeline(PipelineSettings(jitter=Jitter.NONE), clock=clock, sleep=clock.sleep),
            publish=self.events.append,
            clock=clock,
            wall=lambda: 1.7e9,
            new_key=lambda: "key",
        )

    def run(self, draft: Draft = GET, operation: OperationId = OperationId.GET_PRODUCT, **more: Any) -> Any:
        return self.runner.run(draft, operation, **({"call_id": "c1"} | more))


def bad(outcome: Outcome = Outcome.UNAVAILABLE, **more: Any) -> AttemptFailed:
    return AttemptFailed(Reply(outcome=outcome, **more))


def test_a_good_call_gives_its_reply(clock: FakeClock) -> None:
    """The result holds the reply, one attempt, both clocks and the wanted fields; start and end are told."""
    rig = Rig(clock, OK)
    result = rig.run(fields=("id",), submitted_at=clock() - 2.5)
    assert (result.reply, result.error, result.stale, result.fields) == (OK, None, None, ("id",))
    assert (result.started_at, result.total, result.queued, result.retries) == (1.7e9, 2.5, 2.5, 0)
    started, finished = rig.events
    assert isinstance(started, CallStarted)
    assert isinstance(finished, CallFinished)
    assert (started.operation, finished.result, finished.stop) == (
        OperationId.GET_PRODUCT,
        result,
        StopReason.SUCCEEDED,
    )
    assert rig.client.sent[0]["timeout"] == 5.0


def test_the_attempt_history_says_what_happened(clock: FakeClock) -> None:
    """Every attempt is a line: outcome, wait after it, where the wait came from, what was injected."""
    rig = Rig(clock, bad(injected="error 503", retry_after=2.0), bad(message="busy"), OK)
    result = rig.run()
    lines = [(each.outcome, each.wait_after, each.reason, each.injected) for each in result.attempts]
    assert lines == [
        (Outcome.UNAVAILABLE, 2.0, "Retry-After", "error 503"),
        (Outcome.UNAVAILABLE, 2.0, "backoff", None),
        (Outcome.OK, None, "", None),
    ]
    assert result.total == 4.0


@pytest.mark.parametrize(
    ("error", "outcome", "stop"),
    [
        (bad(Outcome.NOT_FOUND), Outcome.NOT_FOUND, StopReason.NOT_RETRYABLE),
        (Cancelled("x"), Outcome.CANCELLED, StopReason.CANCELLED),
    ],
)
def test_a_failed_call_is_a_result_too(
    clock: FakeClock, error: Exception, outcome: Outcome, stop: StopReason
) -> None:
    """Nothing is raised: the reply says what the caller saw, the end says why it was the end."""
    rig = Rig(clock, error)
    result = rig.run()
    finished = rig.events[-1]
    assert isinstance(finished, CallFinished)
    assert (result.outcome, finished.stop) == (outcome, stop)


def test_a_rejected_call_says_how_long_the_circuit_stays_open(clock: FakeClock) -> None:
    """Nothing is sent while the circuit is open, and the message tells the time left."""
    rig = Rig(clock, *[bad()] * 5)
    rig.run()
    rig.run()
    sent = len(rig.client.sent)
    result = rig.run()
    assert (result.outcome, len(rig.client.sent)) == (Outcome.REJECTED, sent)
    assert "s left" in result.reply.message
    assert result.reply.retry_after is not None


def test_a_cancelled_token_reaches_the_client(clock: FakeClock) -> None:
    """The client gets the caller's token, so that cancelling can wake it."""
    rig, token = Rig(clock, OK), CancelToken()
    rig.run(cancel=token)
    assert rig.client.sent[0]["cancel"] is token


def test_a_read_serves_the_last_good_copy_of_the_same_request(clock: FakeClock) -> None:
    """A stale result shows the copy, its age, and the outcome it stands in for."""
    rig = Rig(clock, OK, *[bad()] * 4)
    rig.run()
    clock.advance(10)
    result = rig.run()
    assert (result.reply, result.error) == (OK, Outcome.UNAVAILABLE)
    assert result.stale is not None
    assert result.stale.age == 17.0  # ten seconds, and the waits of 1, 2 and 4


def test_another_request_has_another_copy(clock: FakeClock) -> None:
    """Copies belong to lane, operation and the draft as it was sent."""
    rig = Rig(clock, OK, *[bad()] * 4)
    rig.run()
    assert rig.run(RestDraft(method="GET", path="/api/v1/products/2")).stale is None


@pytest.mark.parametrize(
    ("draft", "operation", "key"),
    [
        (RestDraft(method="POST", path="/p"), OperationId.CREATE_PRODUCT, "key"),
        (RestDraft(method="PATCH", path="/p"), OperationId.PATCH_PRODUCT, "key"),
        (RestDraft(method="PUT", path="/p"), OperationId.REPLACE_PRODUCT, None),
        (RestDraft(method="DELETE", path="/p"), OperationId.DELETE_PRODUCT, None),
        (RestDraft(method="POST", path="/p"), OperationId.GET_PRODUCT, "key"),
        (GraphqlDraft(query="mutation { deleteProduct }"), OperationId.DELETE_PRODUCT, "key"),
        (GraphqlDraft(query="mutation { x }"), OperationId.GET_PRODUCT, "key"),
        (GrpcDraft(method="a/CreateProduct"), OperationId.CREATE_PRODUCT, "key"),
    ],
)
def test_writes_carry_one_key_for_all_attempts_and_leave_no_copy(
    clock: FakeClock, draft: Draft, operation: OperationId, key: str | None
) -> None:
    """What HTTP does not make idempotent gets a key, retries repeat it, and an old answer never stands in."""
    rig = Rig(clock, bad(Outcome.RESET), OK, *[bad()] * 4)
    rig.run(draft, operation)
    assert [each["idempotency_key"] for each in rig.client.sent] == [key, key]
    assert rig.run(draft, operation).stale is None


@pytest.mark.parametrize(
    ("draft", "operation"),
    [(GET, OperationId.GET_PRODUCT), (GraphqlDraft(query="{ product }"), OperationId.GET_PRODUCT)],
)
def test_reads_carry_no_key(clock: FakeClock, draft: Draft, operation: OperationId) -> None:
    """A read is idempotent without help."""
    rig = Rig(clock, OK)
    rig.run(draft, operation)
    assert rig.client.sent[0]["idempotency_key"] is None


@pytest.mark.expected_log
def test_a_bug_becomes_a_result_and_a_log_line(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """An exception that no client announces still ends the call, and is logged with its trace."""
    rig = Rig(clock, *[ZeroDivisionError("oops")] * 4)
    with caplog.at_level(logging.ERROR):
        result = rig.run()
    assert (result.outcome, result.reply.message) == (Outcome.INTERNAL, "oops")
    assert isinstance(rig.events[-1], CallFinished)
    assert "unexpected error" in caplog.text
