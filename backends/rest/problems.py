"""What can go wrong with a request, as HTTP says it: status, ``{error, message, details?}``, headers."""

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from backends.auth import TooManyAttempts, Unauthenticated
from backends.catalog.errors import CatalogError, Conflict, InvalidInput, NotFound, Stale
from backends.catalog.trouble import outage_of
from backends.rest.shapes import encode

_LOG = logging.getLogger("trilane.rest")

WORDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    413: "payload_too_large",
    415: "unsupported_media_type",
    421: "misdirected_request",
    429: "too_many_requests",
    500: "internal_error",
    503: "service_unavailable",
}


class Problem(Exception):
    """A request that is refused before it reaches the catalog."""

    def __init__(
        self,
        status: int,
        message: str,
        details: Sequence[tuple[str, str]] = (),
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def body(self) -> bytes:
        """The JSON of the answer."""
        word = WORDS.get(self.status) or HTTPStatus(self.status).phrase.lower().replace(" ", "_")
        content: dict[str, Any] = {"error": word, "message": self.message}
        if self.details:
            content["details"] = [{"field": field, "message": why} for field, why in self.details]
        return encode(content | self.extra)


def too_many(message: str, retry_after: float, headers: Mapping[str, str] | None = None) -> Problem:
    """A reached limit, with the wait in the body and in Retry-After (whole seconds, rounded up)."""
    seconds = max(1, math.ceil(retry_after))
    said = {**(headers or {}), "Retry-After": str(seconds)}
    return Problem(429, message, headers=said, extra={"retry_after": seconds})


def respond(problem: Problem) -> Response:
    """The answer to a refused request."""
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(problem.body(), problem.status, headers, mimetype="application/json")


def install(app: Flask) -> None:
    """Answer every exception of a handler in our format."""
    app.register_error_handler(Problem, respond)
    app.register_error_handler(CatalogError, lambda error: respond(_of_catalog(error)))
    app.register_error_handler(Unauthenticated, lambda error: respond(_of_token(error)))
    app.register_error_handler(
        TooManyAttempts, lambda error: respond(too_many(error.reason, error.retry_after))
    )
    app.register_error_handler(HTTPException, lambda error: respond(_of_http(error)))
    app.register_error_handler(Exception, _unexpected)


def _of_catalog(error: CatalogError) -> Problem:
    match error:
        case InvalidInput():
            return Problem(400, error.message, error.details)
        case NotFound():
            return Problem(404, error.message, error.details)
        case Stale():
            return Problem(412, error.message)
        case Conflict():
            return Problem(409, error.message, error.details)
    return Problem(500, "the catalog refused for a reason that this server does not know")


def _of_token(error: Unauthenticated) -> Problem:
    # RFC 6750: say invalid_token only if one was shown.
    shown = "Authorization" in request.headers
    challenge = 'Bearer realm="trilane"' + (', error="invalid_token"' if shown else "")
    return Problem(401, error.reason, headers={"WWW-Authenticate": challenge})


def _of_http(error: HTTPException) -> Problem:
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    status = error.code or 500
    messages = {404: "nothing is here; /docs shows what is", 405: f"{request.method} is not possible here"}
    return Problem(status, messages.get(status, error.description or ""), headers=headers)


def _unexpected(error: Exception) -> Response:
    # The boundary of the handler: what is not ours is logged whole and told as nothing more than a 500,
    # except that a database which cannot be reached is a matter of time.
    outage = outage_of(error)
    if outage is not None:
        _LOG.error("%s", outage)  # without a traceback: a full disk would fill the log with them
        return respond(Problem(503, outage, headers={"Retry-After": "1"}))
    _LOG.error("a request failed", exc_info=error)
    return respond(Problem(500, "something went wrong in the server"))
