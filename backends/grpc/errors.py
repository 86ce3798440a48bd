"""Says in gRPC's words what went wrong: a status code, a message, and details as trailing metadata."""

import json
import logging
from dataclasses import dataclass

import grpc

from backends.auth import AuthError, TooManyAttempts
from backends.catalog.errors import CatalogError, Conflict, InvalidInput, NotFound, Stale
from backends.catalog.trouble import outage_of

_LOG = logging.getLogger("trilane.grpc")

DETAILS_KEY = "x-error-details"
PUSHBACK_KEY = "grpc-retry-pushback-ms"
_CREATING = frozenset({"CreateProduct", "CreateOrder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a call ends when it fails."""

    code: grpc.StatusCode
    message: str
    trailers: tuple[tuple[str, str], ...] = ()


class CallRefused(Exception):
    """Raised by a handler that knows its failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def limit_reached(message: str, retry_after: float) -> Failure:
    """RESOURCE_EXHAUSTED with the wait the client should keep."""
    pushback = ((PUSHBACK_KEY, str(max(1, round(retry_after * 1000)))),)
    return Failure(code=grpc.StatusCode.RESOURCE_EXHAUSTED, message=message, trailers=pushback)


def explain(error: Exception, method: str) -> Failure:
    """Turn an exception of a handler into a status. What is not ours becomes INTERNAL and says nothing."""
    match error:
        case CallRefused():
            return error.failure
        case CatalogError():
            details = [{"field": field, "message": why} for field, why in error.details]
            trailers = ((DETAILS_KEY, json.dumps(details)),) if details else ()
            return Failure(code=_code(error, method), message=error.message, trailers=trailers)
        case TooManyAttempts():
            return limit_reached(error.reason, error.retry_after)
        case AuthError():
            return Failure(code=grpc.StatusCode.UNAUTHENTICATED, message=error.reason)
    outage = outage_of(error)
    if outage is not None:
        _LOG.error("%s: %s", method, outage)  # no traceback: a full disk would fill the log with them
        return Failure(code=grpc.StatusCode.UNAVAILABLE, message=outage)
    _LOG.error("%s failed", method, exc_info=error)
    return Failure(code=grpc.StatusCode.INTERNAL, message="internal server error")


def _code(error: CatalogError, method: str) -> grpc.StatusCode:
    match error:
        case InvalidInput():
            return grpc.StatusCode.INVALID_ARGUMENT
        case NotFound():
            return grpc.StatusCode.NOT_FOUND
        case Stale():
            return grpc.StatusCode.ABORTED
        case Conflict() if method in _CREATING:
            return grpc.StatusCode.ALREADY_EXISTS  # the idempotency key was used for something else
        case Conflict():
            return grpc.StatusCode.FAILED_PRECONDITION
    return grpc.StatusCode.INTERNAL
