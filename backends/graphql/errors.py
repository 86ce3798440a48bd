"""Turns every failure into a GraphQL error with a code, and lets no internal message out."""

import logging
from typing import Any

from graphql import GraphQLError

from backends.auth import AuthError, TooManyAttempts
from backends.catalog.errors import CatalogError, Conflict, InvalidInput, NotFound
from backends.catalog.trouble import outage_of
from backends.faults import FaultKind, Injection

_LOG = logging.getLogger("trilane.graphql")

BAD_USER_INPUT = "BAD_USER_INPUT"
INTERNAL = "INTERNAL_SERVER_ERROR"
NOT_FOUND = "NOT_FOUND"
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
RATE_LIMITED = "RATE_LIMITED"
UNAUTHENTICATED = "UNAUTHENTICATED"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"

_CATALOG_CODES: tuple[tuple[type[CatalogError], str], ...] = (
    (InvalidInput, BAD_USER_INPUT),
    (NotFound, NOT_FOUND),
    (Conflict, "CONFLICT"),
)


def coded(message: str, code: str, **extensions: Any) -> GraphQLError:
    """An error of our own, ready to be shown."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def fault_error(injection: Injection, path: list[str | int] | None = None) -> GraphQLError:
    """The error of an injected fault, which names its rule."""
    limited = injection.kind is FaultKind.RATE_LIMIT
    extensions: dict[str, Any] = {
        "code": RATE_LIMITED if limited else injection.code,
        "fault": injection.rule,
    }
    if injection.retry_after is not None:
        extensions["retryAfter"] = round(injection.retry_after, 3)
    return GraphQLError(f"injected fault: {injection.rule}", path=path, extensions=extensions)


def camel_case(name: str) -> str:
    """``price_min`` as GraphQL spells it: ``priceMin``. Dotted paths keep their dots."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def present(error: GraphQLError, default_code: str | None = None) -> dict[str, Any]:
    """The error as the client sees it: message, locations, path and ``extensions.code``."""
    original = error.original_error
    formatted = dict(error.formatted)
    if error.extensions and "code" in error.extensions:
        return formatted
    message, extensions = _explain(original, error, default_code)
    formatted["message"] = message
    formatted["extensions"] = extensions
    return formatted


def _explain(
    original: Exception | None, error: GraphQLError, default_code: str | None
) -> tuple[str, dict[str, Any]]:
    if isinstance(original, CatalogError):
        return _catalog(original)
    if isinstance(original, TooManyAttempts):
        return str(original), {"code": RATE_LIMITED, "retryAfter": original.retry_after}
    if isinstance(original, AuthError):
        return str(original), {"code": UNAUTHENTICATED}
    if original is None or isinstance(original, GraphQLError):
        return error.message, {"code": default_code or BAD_USER_INPUT}
    outage = outage_of(original)
    if outage is not None:
        _LOG.error("%s", outage)  # without a traceback: a full disk would fill the log with them
        return f"{outage[0].upper()}{outage[1:]}.", {"code": UNAVAILABLE, "retryAfter": 1}
    _LOG.error("a resolver failed", exc_info=original)
    return "Internal server error.", {"code": INTERNAL}


def _catalog(error: CatalogError) -> tuple[str, dict[str, Any]]:
    code = next((code for kind, code in _CATALOG_CODES if isinstance(error, kind)), INTERNAL)
    if code == INTERNAL:
        _LOG.error("the catalog failed", exc_info=error)
        return "Internal server error.", {"code": INTERNAL}
    extensions: dict[str, Any] = {"code": code}
    if error.details:
        extensions["details"] = [{"field": camel_case(field), "message": why} for field, why in error.details]
    return error.message, extensions
