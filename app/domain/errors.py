"""Errors of the program.

TrilaneError
├── AttemptFailed        one attempt did not succeed; carries the Reply with its Outcome
├── Cancelled            the caller withdrew; neutral for every policy
├── UnsupportedOperation the lane has no counterpart; says why
├── InvalidInput         a form, command line, scenario or settings value; says which and why
└── StartFailed          a backend did not come up; says why

The circuit breaker's own rejection, CircuitOpenError, lives in app.resilience.
"""

from app.domain.lanes import Lane
from app.domain.results import Reply


class TrilaneError(Exception):
    """Root of every error that a person may read."""


class AttemptFailed(TrilaneError):
    """One attempt ended in anything but OK or PARTIAL."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status or reply.outcome.value}: {reply.message}".rstrip(": "))
        self.reply = reply


class Cancelled(TrilaneError):
    """The caller withdrew the call."""


class UnsupportedOperation(TrilaneError):
    """This lane cannot express the operation."""

    def __init__(self, lane: Lane, why: str) -> None:
        super().__init__(why)
        self.lane = lane
        self.why = why


class InvalidInput(TrilaneError):
    """A value cannot be used. ``where`` names it, ``why`` explains."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


class StartFailed(TrilaneError):
    """A backend did not come up."""


def start_reason(error: Exception) -> str:
    """What a person should read of an exception that ended a start; never empty."""
    # "[Errno 98]" before a sentence of our own tells nobody anything.
    plain = error.strerror if isinstance(error, OSError) and error.filename is None else None
    return (plain or str(error)).strip() or type(error).__name__
