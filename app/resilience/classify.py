"""Three questions about an attempt that failed, each with its own answer.

* ``retryable``: may the same request be sent again?
* ``breaker_outcome``: what does it say about the health of the service?
* ``may_serve_stale``: is an old copy better than this?

A 404 is a healthy service; a 429 says nothing about health; a reset connection may hide a finished write.
"""

from app.domain.errors import AttemptFailed, Cancelled, InvalidInput, UnsupportedOperation
from app.domain.results import Outcome as Seen
from app.resilience.states import CircuitOpenError, Outcome

_ALWAYS = frozenset({Seen.REFUSED})  # nothing reached the server
_WHEN_IDEMPOTENT = frozenset({Seen.TIMEOUT, Seen.RESET, Seen.MALFORMED})  # it may have been done
_SICK = frozenset({Seen.REFUSED, Seen.TIMEOUT, Seen.RESET, Seen.MALFORMED, Seen.UNAVAILABLE, Seen.INTERNAL})
_NEUTRAL = frozenset({Seen.RATE_LIMITED, Seen.CANCELLED, Seen.REJECTED})
_NEVER_SENT = (CircuitOpenError, Cancelled, InvalidInput, UnsupportedOperation)


def retryable(error: BaseException, *, idempotent: bool = True) -> bool:
    """Whether the request may be sent again. ``idempotent``: by nature, or made so by an Idempotency-Key.

    An exception that is not an AttemptFailed may have come at any point, so only when idempotent; but who was
    refused the connection has sent nothing.
    """
    if not isinstance(error, AttemptFailed):
        maybe_done = idempotent and isinstance(error, Exception) and not isinstance(error, _NEVER_SENT)
        return maybe_done or isinstance(error, ConnectionRefusedError)
    reply = error.reply
    if reply.outcome in _ALWAYS:
        return True
    if reply.outcome in _WHEN_IDEMPOTENT:
        return idempotent
    if reply.outcome is Seen.UNAVAILABLE:
        return idempotent or reply.retry_after is not None
    # A forbidden pushback is a hint too: the stop is then REFUSED_BY_SERVER, not "not retryable".
    if reply.outcome is Seen.RATE_LIMITED:
        return reply.retry_after is not None or reply.pushback_refused
    return False


def breaker_outcome(error: BaseException) -> Outcome:
    """What the breaker should count. A refusal by a healthy service (4xx) is a success."""
    if isinstance(error, AttemptFailed):
        if error.reply.outcome in _SICK:
            return Outcome.FAILURE
        return Outcome.IGNORED if error.reply.outcome in _NEUTRAL else Outcome.SUCCESS
    if not isinstance(error, Exception) or isinstance(error, _NEVER_SENT):
        return Outcome.IGNORED
    return Outcome.FAILURE


def may_serve_stale(error: BaseException) -> bool:
    """Whether the last good copy may stand in: transport errors, timeouts, 5xx, open circuits."""
    if isinstance(error, AttemptFailed):
        return error.reply.outcome in _SICK
    if isinstance(error, CircuitOpenError):
        return True
    return isinstance(error, Exception) and not isinstance(error, _NEVER_SENT)
