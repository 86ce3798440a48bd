"""What an injection does to a stream, message by message. Knows no protocol; the three streams act on it."""

from backends.faults.engine import Injection
from backends.faults.rules import FaultKind

LONGEST_HANG = 600.0  # seconds; a client that waits longer has forgotten the call

_BREAKING = frozenset(
    {FaultKind.STALL, FaultKind.ABORT, FaultKind.RESET, FaultKind.TRUNCATE, FaultKind.MALFORMED}
)
STREAM_KINDS = _BREAKING | {FaultKind.DRIP, None}  # the rest keeps a stream from opening at all


class StreamPlan:
    """One stream's fate. Used by the thread or task that sends its messages."""

    def __init__(self, injection: Injection) -> None:
        self.injection = injection
        self._breaks = injection.kind in _BREAKING

    def breaks(self, sent: int) -> bool:
        """Whether the stream breaks now that ``sent`` messages are out; how is ``injection.kind``."""
        return self._breaks and sent >= self.injection.after

    def pause(self, sent: int, size: int) -> float:
        """Seconds to wait before the next message, which has ``size`` bytes."""
        delay = self.injection.message_delay
        waited = delay(sent) if delay is not None else 0.0
        if self.injection.kind is FaultKind.DRIP:
            waited += size / self.injection.bytes_per_second
        return waited
