"""Retry, breaker and fallback ask different questions; every line of the table, per protocol."""

import asyncio
from dataclasses import dataclass

import pytest

from app.clients.outcomes import graphql_outcome, grpc_outcome, http_outcome
from app.domain.errors import AttemptFailed, Cancelled, InvalidInput, UnsupportedOperation
from app.domain.lanes import Lane
from app.domain.results import Outcome as Seen
from app.domain.results import Reply
from app.resilience import (
    CircuitOpenError,
    CircuitState,
    Outcome,
    breaker_outcome,
    may_serve_stale,
    retryable,
)

SUCCESS, FAILURE, IGNORED = Outcome.SUCCESS, Outcome.FAILURE, Outcome.IGNORED
YES, NO, IDEMPOTENT = "yes", "no", "only when idempotent"


@dataclass(frozen=True)
class Line:
    """One line of the table: what was seen, and the three answers."""

    what: str
    seen: Seen
    retry: str
    breaker: Outcome
    stale: bool


def http(status: int, *rest: object) -> Line:
    return Line(f"REST {status}", http_outcome(status), *rest)  # type: ignore[arg-type]


def grpc(code: str, *rest: object, details: str = "", answered: bool = True) -> Line:
    return Line(f"gRPC {code} {details}", grpc_outcome(code, details, answered=answered), *rest)  # type: ignore[arg-type]


def graphql(code: str, *rest: object) -> Line:
    outcome = graphql_outcome([{"extensions": {"code": code}}], None, 200)
    return Line(f"GraphQL {code}", outcome, *rest)  # type: ignore[arg-type]


TABLE = [
    # transport, the same on every lane
    Line("connection refused", Seen.REFUSED, YES, FAILURE, True),
    Line("reset mid-response", Seen.RESET, IDEMPOTENT, FAILURE, True),
    Line("read timeout", Seen.TIMEOUT, IDEMPOTENT, FAILURE, True),
    Line("cut or malformed", Seen.MALFORMED, IDEMPOTENT, FAILURE, True),
    Line("our own cancel", Seen.CANCELLED, NO, IGNORED, False),
    Line("no counterpart", Seen.UNSUPPORTED, NO, SUCCESS, False),
    # REST
    http(502, IDEMPOTENT, FAILURE, True),
    http(503, IDEMPOTENT, FAILURE, True),
    http(504, IDEMPOTENT, FAILURE, True),
    http(500, NO, FAILURE, True),
    http(429, NO, IGNORED, False),
    *(http(status, NO, SUCCESS, False) for status in (400, 401, 403, 404, 405, 409, 413, 415, 422)),
    # gRPC
    grpc("UNAVAILABLE", IDEMPOTENT, FAILURE, True),
    grpc("DEADLINE_EXCEEDED", IDEMPOTENT, FAILURE, True),
    grpc("INTERNAL", NO, FAILURE, True),
    grpc("UNKNOWN", NO, FAILURE, True),
    grpc("RESOURCE_EXHAUSTED", NO, IGNORED, False),
    *(
        grpc(code, NO, SUCCESS, False)
        for code in (
            "INVALID_ARGUMENT",
            "NOT_FOUND",
            "UNAUTHENTICATED",
            "PERMISSION_DENIED",
            "ALREADY_EXISTS",
        )
    ),
    # GraphQL answers 200 and says it in extensions.code
    graphql("SERVICE_UNAVAILABLE", IDEMPOTENT, FAILURE, True),
    graphql("RATE_LIMITED", NO, IGNORED, False),
    *(
        graphql(code, NO, SUCCESS, False)
        for code in (
            "BAD_USER_INPUT",
            "UNAUTHENTICATED",
            "NOT_FOUND",
            "CONFLICT",
            "GRAPHQL_VALIDATION_FAILED",
        )
    ),
]


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.what)
def test_each_outcome_has_its_three_answers(line: Line) -> None:
    """May it be retried, does it count against the breaker, may a copy stand in: as the design says."""
    error = AttemptFailed(Reply(outcome=line.seen))
    assert retryable(error, idempotent=True) is (line.retry != NO)
    assert retryable(error, idempotent=False) is (line.retry == YES)
    assert breaker_outcome(error) is line.breaker
    assert may_serve_stale(error) is line.stale


@pytest.mark.parametrize("seen", [Seen.RATE_LIMITED, Seen.UNAVAILABLE])
def test_a_hint_makes_429_and_503_retryable_for_everyone(seen: Seen) -> None:
    """With Retry-After or pushback the server itself says that the request was not carried out."""
    error = AttemptFailed(Reply(outcome=seen, retry_after=2.0))
    assert retryable(error, idempotent=False)


def test_partial_data_is_an_answer() -> None:
    """GraphQL data beside errors is PARTIAL: not an AttemptFailed, so neither retried nor counted."""
    errors = [{"extensions": {"code": "SERVICE_UNAVAILABLE"}}]
    assert graphql_outcome(errors, {"product": {"id": "1"}}, 200) is Seen.PARTIAL
    assert breaker_outcome(AttemptFailed(Reply(outcome=Seen.PARTIAL))) is SUCCESS


@pytest.mark.parametrize(
    "error",
    [
        CircuitOpenError("x", CircuitState.OPEN, 1.0, 1),
        Cancelled("x"),
        InvalidInput("id", "empty"),
        UnsupportedOperation(Lane.REST, "no"),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
    ],
)
def test_what_was_never_sent_says_nothing_about_the_service(error: BaseException) -> None:
    """Rejections, cancels and bad input are not retried and neutral for the breaker."""
    assert not retryable(error)
    assert breaker_outcome(error) is IGNORED
    assert may_serve_stale(error) is isinstance(error, CircuitOpenError)


def test_a_refused_connection_has_sent_nothing() -> None:
    """The operating system's own refusal is retried whatever the request would have done, and counts."""
    error = ConnectionRefusedError()
    assert retryable(error, idempotent=False)
    assert breaker_outcome(error) is FAILURE


def test_an_unknown_exception_is_a_failure_that_may_have_been_done() -> None:
    """For plain functions: counts, is retried only when idempotent, and a copy may stand in."""
    error = OSError("x")
    assert (retryable(error), retryable(error, idempotent=False)) == (True, False)
    assert (breaker_outcome(error), may_serve_stale(error)) == (FAILURE, True)
