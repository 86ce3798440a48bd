"""How the REST lane takes part in its faults: what a request asks for, and what a refusal looks like."""

import math
from http import HTTPStatus
from typing import Any

from backends.faults.broken import WholeAnswer
from backends.faults.engine import Injection
from backends.faults.rules import FaultKind
from backends.rest.problems import Problem, too_many
from backends.rest.routes import OperationNames

_NEVER = frozenset({"health", "root"})


def name_of(names: OperationNames, environ: dict[str, Any]) -> str | None:
    """The operation that rules are aimed at; None for root, health, description, pages, unknown paths."""
    operation = names.of(environ)
    return None if operation in _NEVER else operation


def refuse(injection: Injection, environ: dict[str, Any]) -> WholeAnswer:
    """The answer of an injected error, in the format of every other error."""
    problem = _problem(injection)
    status = HTTPStatus(problem.status) if problem.status in set(HTTPStatus) else None
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **problem.headers,
    }
    phrase = status.phrase if status else "Injected"
    return WholeAnswer(f"{problem.status} {phrase}", tuple(headers.items()), problem.body())


def _problem(injection: Injection) -> Problem:
    message = f"injected fault: {injection.rule}"
    if injection.kind is FaultKind.RATE_LIMIT:
        return too_many(message, injection.retry_after or 0.0)
    if injection.retry_after is None:
        return Problem(injection.status, message)
    seconds = math.ceil(injection.retry_after)
    return Problem(
        injection.status, message, headers={"Retry-After": str(seconds)}, extra={"retry_after": seconds}
    )
