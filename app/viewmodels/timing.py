"""Where the time of a call went, as bars on one scale. Unknown phases stay unknown. No Qt."""

from enum import StrEnum

from app.domain.results import AttemptRecord, CallResult, Exchange, Outcome, Phases
from app.domain.values import dataclass
from app.viewmodels.figures import seconds
from app.viewmodels.lane_chips import tone_of


class Phase(StrEnum):
    """The stretches of one exchange, in order."""

    QUEUE = "queue"
    CONNECT = "connect"
    SEND = "send"
    FIRST_BYTE = "first byte"
    LAST_BYTE = "last byte"


PHASE_MEANINGS = {
    Phase.QUEUE: "Waited for a worker or a pooled connection.",
    Phase.CONNECT: "Opened a connection; absent when a kept one was reused.",
    Phase.SEND: "Handed the request to the kernel, to its last byte.",
    Phase.FIRST_BYTE: "Waited for the first byte of the response: the server's work and one trip.",
    Phase.LAST_BYTE: "Received the response, to its last byte.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One phase: seconds from the start of its exchange. None where the protocol cannot tell."""

    phase: Phase
    start: float | None
    end: float | None
    note: str = ""

    @property
    def duration(self) -> float | None:
        """Seconds, None when unknown."""
        return None if self.start is None or self.end is None else self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingRow:
    """One bar: an exchange with its phases, an earlier attempt as a whole, or a wait between two."""

    label: str
    kind: str  # "exchange", "attempt", "wait" or "rejected"
    total: float | None
    stretches: tuple[Stretch, ...] = ()
    tone: str = ""
    note: str = ""

    @property
    def words(self) -> str:
        """The row as a sentence, for tool tips and screen readers."""
        parts = [f"{one.phase.value} {one.note or seconds(one.duration)}" for one in self.stretches]
        tail = f": {', '.join(parts)}" if parts else ""
        return f"{self.label} {self.note} {seconds(self.total)}{tail}".replace("  ", " ")


def stretches(phases: Phases, *, reused: bool | None) -> tuple[Stretch, ...]:
    """The five phases of an exchange. A phase whose beginning or end was not seen is unknown."""
    ends = [
        (Phase.QUEUE, phases.queued, ""),
        (Phase.CONNECT, phases.connected, "reused" if reused else ""),
        (Phase.SEND, phases.sent, ""),
        (Phase.FIRST_BYTE, phases.first_byte, ""),
        (Phase.LAST_BYTE, phases.last_byte, ""),
    ]
    found: list[Stretch] = []
    begin: float | None = 0.0
    for phase, end, note in ends:
        if phase is Phase.CONNECT and end is None and reused:
            found.append(Stretch(phase=phase, start=begin, end=begin, note=note))
            continue
        found.append(Stretch(phase=phase, start=begin if end is not None else None, end=end))
        begin = end
    return tuple(found)


def timing_rows(result: CallResult) -> tuple[TimingRow, ...]:
    """Bars of a finished call: earlier attempts and waits first, then each exchange of the last attempt."""
    rows: list[TimingRow] = []
    for attempt in result.attempts[:-1]:
        rows += _attempt_rows(attempt)
    if result.attempts and not result.reply.exchanges:
        rows += _attempt_rows(result.attempts[-1])
    if result.stale is None:
        prefix = f"attempt {len(result.attempts)} · " if len(result.attempts) > 1 else ""
        rows += [_exchange_row(exchange, prefix) for exchange in result.reply.exchanges]
    elif result.attempts and result.reply.exchanges:
        rows += _attempt_rows(result.attempts[-1])
    return tuple(rows)


def _attempt_rows(attempt: AttemptRecord) -> list[TimingRow]:
    label = f"attempt {attempt.number}"
    status = attempt.status or attempt.outcome.value
    if attempt.outcome is Outcome.REJECTED:
        return [TimingRow(label=label, kind="rejected", total=None, note="rejected by open circuit")]
    rows = [
        TimingRow(
            label=label, kind="attempt", total=attempt.duration, tone=tone_of(attempt.outcome), note=status
        )
    ]
    if attempt.wait_after is not None:
        reason = attempt.reason or "backoff"
        rows.append(TimingRow(label="wait", kind="wait", total=attempt.wait_after, note=reason))
    return rows


def _exchange_row(exchange: Exchange, prefix: str) -> TimingRow:
    return TimingRow(
        label=prefix + exchange.request.start,
        kind="exchange",
        total=exchange.phases.last_byte,
        stretches=stretches(exchange.phases, reused=exchange.reused),
        note=exchange.response.status if exchange.response else "no response",
    )
