"""What a failed attempt says about retrying: wait at least so long, exactly so long, or do not."""

from app.domain.errors import AttemptFailed
from app.domain.hints import pushback_seconds, retry_after_seconds
from app.domain.values import dataclass

__all__ = ["Hint", "hint_of", "pushback_seconds", "retry_after_seconds"]


@dataclass(frozen=True, slots=True)
class Hint:
    """A server's wish. ``exact``: gRPC pushback, which replaces the backoff; else at least ``seconds``."""

    seconds: float | None = None
    exact: bool = False
    refused: bool = False  # the server forbids a retry


_NO_HINT = Hint()


def hint_of(error: BaseException, *, exact: bool = False) -> Hint:
    """The hint that came with an attempt's error; ``exact`` says that the lane's hints are pushback."""
    if not isinstance(error, AttemptFailed):
        return _NO_HINT
    reply = error.reply
    if reply.pushback_refused:
        return Hint(refused=True)
    return _NO_HINT if reply.retry_after is None else Hint(reply.retry_after, exact)
