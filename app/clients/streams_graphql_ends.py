"""How a subscription ended, from what gql and the socket raise. Pure; the foreign exceptions end here."""

import errno
from collections.abc import Mapping, Sequence
from typing import Any

from gql.transport.exceptions import TransportProtocolError, TransportQueryError
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatusCode

from app.clients.outcomes import graphql_code, graphql_outcome, http_outcome
from app.domain.results import Headers, Outcome
from app.domain.streams import StreamEnd

_LOST = 1006  # no closing handshake: the code that no peer ever sends
_PROTOCOL_ERRORS = (1002, 1007)  # what our side says about bytes that are no frames
_WORDS = {1000: "closed", 1001: "going away", _LOST: "connection lost", 1011: "internal error"}
_OUTCOMES = {
    1001: Outcome.UNAVAILABLE,
    1011: Outcome.INTERNAL,
    1012: Outcome.UNAVAILABLE,
    1013: Outcome.UNAVAILABLE,
    4400: Outcome.INVALID,
    4401: Outcome.UNAUTHENTICATED,
    4408: Outcome.TIMEOUT,
}


def refusal(errors: Sequence[Any], data: Any, injected: str | None) -> StreamEnd:
    """The end that GraphQL errors without an order amount to."""
    first = errors[0] if errors and isinstance(errors[0], Mapping) else {}
    extensions = first.get("extensions") or {}
    code = graphql_code(first)
    trailers: Headers = (("code", code),) if code else ()
    fault = extensions.get("fault") or injected
    return StreamEnd(
        outcome=graphql_outcome(errors, data, 200) if errors else Outcome.MALFORMED,
        status=code or "error",
        message=str(first.get("message") or "an answer without an order"),
        trailers=trailers,
        injected=str(fault) if fault else None,
    )


def explained(error: BaseException, url: str, injected: str | None) -> StreamEnd:
    """A foreign exception in our words."""
    match error:
        case TransportQueryError():
            end = refusal(error.errors or [], None, injected)
        case ConnectionClosed():
            end = _closed(error, injected)
        case InvalidStatusCode():
            status = int(error.status_code)
            end = StreamEnd(
                outcome=http_outcome(status), status=str(status), message="no WebSocket is offered"
            )
        case InvalidMessage() | EOFError():
            end = StreamEnd(outcome=Outcome.RESET, message="connection lost during the handshake")
        case InvalidHandshake() | TransportProtocolError():
            end = StreamEnd(outcome=Outcome.MALFORMED, message=str(error), injected=injected)
        case OSError(errno=errno.ECONNRESET | errno.EPIPE):
            end = StreamEnd(outcome=Outcome.RESET, message=f"connection lost: {error}", injected=injected)
        case OSError():
            end = StreamEnd(outcome=Outcome.REFUSED, message=f"cannot connect to {url}: {error}")
        case _:
            end = StreamEnd(outcome=Outcome.RESET, message=str(error), injected=injected)
    return end


def _closed(error: ConnectionClosed, injected: str | None) -> StreamEnd:
    theirs, ours = error.rcvd, error.sent
    if theirs is None and ours is not None and ours.code in _PROTOCOL_ERRORS:
        words = f"not a frame: {ours.reason}".rstrip(": ")
        return StreamEnd(outcome=Outcome.MALFORMED, status=str(ours.code), message=words, injected=injected)
    code = _LOST if theirs is None else int(theirs.code)
    name = _WORDS.get(code, "closed")
    reason = theirs.reason if theirs is not None else ""
    return StreamEnd(
        outcome=_OUTCOMES.get(code, Outcome.RESET),
        status=f"{code} {name}",
        message="the server is shutting down" if code == 1001 else reason or name,
        injected=injected,
    )
