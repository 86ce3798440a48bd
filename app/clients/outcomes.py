"""What a native status means in the common taxonomy. One place for each protocol, and pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from app.domain.results import Headers, Outcome

_HTTP = {
    401: Outcome.UNAUTHENTICATED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    408: Outcome.TIMEOUT,
    409: Outcome.CONFLICT,
    410: Outcome.NOT_FOUND,
    412: Outcome.CONFLICT,
    429: Outcome.RATE_LIMITED,
    502: Outcome.UNAVAILABLE,
    503: Outcome.UNAVAILABLE,
    504: Outcome.UNAVAILABLE,
}

_GRAPHQL = {
    "BAD_USER_INPUT": Outcome.INVALID,
    "GRAPHQL_PARSE_FAILED": Outcome.INVALID,
    "GRAPHQL_VALIDATION_FAILED": Outcome.INVALID,
    "UNAUTHENTICATED": Outcome.UNAUTHENTICATED,
    "FORBIDDEN": Outcome.FORBIDDEN,
    "NOT_FOUND": Outcome.NOT_FOUND,
    "CONFLICT": Outcome.CONFLICT,
    "RATE_LIMITED": Outcome.RATE_LIMITED,
    "SERVICE_UNAVAILABLE": Outcome.UNAVAILABLE,
    "INTERNAL_SERVER_ERROR": Outcome.INTERNAL,
}

_GRPC = {
    "OK": Outcome.OK,
    "CANCELLED": Outcome.CANCELLED,
    "UNKNOWN": Outcome.INTERNAL,
    "INVALID_ARGUMENT": Outcome.INVALID,
    "DEADLINE_EXCEEDED": Outcome.TIMEOUT,
    "NOT_FOUND": Outcome.NOT_FOUND,
    "ALREADY_EXISTS": Outcome.CONFLICT,
    "PERMISSION_DENIED": Outcome.FORBIDDEN,
    "RESOURCE_EXHAUSTED": Outcome.RATE_LIMITED,
    "FAILED_PRECONDITION": Outcome.CONFLICT,
    "ABORTED": Outcome.CONFLICT,
    "OUT_OF_RANGE": Outcome.INVALID,
    "UNIMPLEMENTED": Outcome.INVALID,
    "INTERNAL": Outcome.INTERNAL,
    "UNAVAILABLE": Outcome.UNAVAILABLE,
    "DATA_LOSS": Outcome.MALFORMED,
    "UNAUTHENTICATED": Outcome.UNAUTHENTICATED,
}

# Words of a status that grpc core made up itself, because no answer came from the server.
_GRPC_REFUSED = ("failed to connect to all addresses", "DNS resolution failed", "connections to all backends")
_GRPC_MALFORMED = "Failed parsing HTTP/2"
_GRPC_LOST = (
    "Stream removed",
    "Socket closed",
    "Connection reset",
    "recvmsg:",
    "sendmsg:",
    "GOAWAY",
    "Broken pipe",
    "keepalive",
    "RST_STREAM",
    "Transport closed",
)


class HttpHeaders:
    """Headers looked up by name, without regard to case. The first of a name wins."""

    __slots__ = ("_values",)

    def __init__(self, headers: Headers) -> None:
        self._values: dict[str, str] = {}
        for name, value in headers:
            self._values.setdefault(name.lower(), value)

    def __len__(self) -> int:
        """How many different names there are."""
        return len(self._values)

    def get(self, name: str) -> str:
        """The value of ``name`` (lower case), empty when absent."""
        return self._values.get(name, "")


def http_outcome(status: int) -> Outcome:
    """The outcome of an HTTP status. 304 is fine: the copy that the client named is still good."""
    if status in _HTTP:
        return _HTTP[status]
    if 200 <= status < 300 or status == 304:
        return Outcome.OK
    if 400 <= status < 500:
        return Outcome.INVALID
    return Outcome.INTERNAL if status >= 500 else Outcome.MALFORMED


def graphql_code(error: Any) -> str:
    """``extensions.code`` of a GraphQL error, empty when it has none."""
    extensions = error.get("extensions") if isinstance(error, Mapping) else None
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    return code if isinstance(code, str) else ""


def graphql_outcome(errors: Sequence[Any], data: Any, status: int) -> Outcome:
    """The outcome of a GraphQL answer: what its errors say, if it has some, else its HTTP status.

    Data beside errors is PARTIAL. Only when every error is the service's own fault is it UNAVAILABLE;
    otherwise the first error that is not decides.
    """
    if not errors:
        return http_outcome(status)
    if isinstance(data, Mapping) and any(value is not None for value in data.values()):
        return Outcome.PARTIAL
    fallback = http_outcome(status)
    if fallback is Outcome.OK:
        fallback = Outcome.INTERNAL if data is not None else Outcome.INVALID
    outcomes = [_GRAPHQL.get(graphql_code(error), fallback) for error in errors]
    return next((outcome for outcome in outcomes if outcome is not Outcome.UNAVAILABLE), outcomes[0])


def grpc_outcome(code: str, details: str, *, answered: bool) -> Outcome:
    """The outcome of a gRPC status name. ``answered``: the status came from the server.

    UNAVAILABLE has three meanings in grpc: no connection, connection lost, or the server says so. And a
    message over the size limit has the status of an exceeded rate. Only the words tell them apart.
    """
    if code == "RESOURCE_EXHAUSTED" and "message larger than max" in details:
        return Outcome.INVALID
    if _GRPC_MALFORMED in details and not answered:
        return Outcome.MALFORMED
    if code == "UNAVAILABLE" and not answered:
        if any(words in details for words in _GRPC_REFUSED):
            return Outcome.REFUSED
        if any(words in details for words in _GRPC_LOST):
            return Outcome.RESET
    return _GRPC.get(code, Outcome.INTERNAL)


def injected_rule(headers: HttpHeaders) -> str | None:
    """The fault rule that the server says it applied. Beyond ASCII it is percent-encoded on the wire."""
    return unquote(headers.get("x-trilane-fault")) or None


def field_details(value: Any) -> tuple[tuple[str, str], ...]:
    """``[{"field", "message"}]`` as pairs; anything of another shape is left out."""
    if not isinstance(value, list):
        return ()
    return tuple(
        (str(item.get("field", "")), str(item.get("message", ""))) for item in value if isinstance(item, dict)
    )
