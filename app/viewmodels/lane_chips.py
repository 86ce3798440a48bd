"""The chips over a lane: status, time, size, round trips, retries. In words, each with its definition."""

from app.domain.lanes import Lane
from app.domain.results import CallResult, Outcome
from app.domain.values import dataclass
from app.viewmodels.figures import NBSP, age, count, countdown, seconds, size

_TONES = {Outcome.OK: "ok", Outcome.UNSUPPORTED: "", Outcome.CANCELLED: ""}
_AMBER = frozenset(
    {
        Outcome.PARTIAL,
        Outcome.INVALID,
        Outcome.UNAUTHENTICATED,
        Outcome.FORBIDDEN,
        Outcome.NOT_FOUND,
        Outcome.CONFLICT,
        Outcome.RATE_LIMITED,
    }
)

_SHORT = {  # for narrow lanes
    "413 request entity too large": "413 TOO LARGE",
    "415 unsupported media type": "415 MEDIA TYPE",
    "429 too many requests": "429 TOO MANY",
    "500 internal server error": "500 INTERNAL",
    "503 service unavailable": "503 UNAVAILABLE",
    "504 gateway timeout": "504 TIMEOUT",
    Outcome.REJECTED.value: "rejected",
    Outcome.REFUSED.value: "refused",
    Outcome.MALFORMED.value: "malformed",
}


_SOCKET = "Bytes received by the last attempt, headers and body, counted at the socket."
_SIZES = {
    Lane.REST: _SOCKET,
    Lane.GRAPHQL: _SOCKET,
    Lane.GRPC: "Bytes of the message that the last attempt received, with its 5-byte frame; the library does "
    "not show HTTP/2 headers. An error comes in the trailers, without a message.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipText:
    """One chip. ``short`` says the same in a narrow lane; ``meaning`` defines the number."""

    text: str
    short: str = ""
    tone: str = ""
    minor: bool = False  # says nothing unusual: the first to go where there is no room
    meaning: str = ""


def tone_of(outcome: Outcome) -> str:
    """2xx ok, 4xx warning, 5xx and lost connections error, cancelled and unsupported neutral."""
    return _TONES.get(outcome, "warning" if outcome in _AMBER else "error")


def seen_outcome(result: CallResult) -> Outcome:
    """How the call itself ended; a stale copy does not make it a success."""
    return result.error or result.reply.outcome


def status_text(result: CallResult) -> str:
    """The native status of the answer, or of the failure that a stale copy covers."""
    if result.stale is None:
        return result.reply.status or result.reply.outcome.value
    last = result.attempts[-1] if result.attempts else None
    return (last.status if last else "") or seen_outcome(result).value


def result_chips(result: CallResult) -> tuple[ChipText, ...]:
    """The chips of a finished call."""
    chips = [
        _status_chip(result),
        ChipText(
            text=seconds(result.total),
            short=seconds(result.total, brief=True),
            meaning="From Send to the last byte of the last attempt, waits between retries included.",
        ),
    ]
    if result.stale is not None:
        chips.append(_stale_chip(result))
    elif result.reply.outcome not in (Outcome.UNSUPPORTED, Outcome.REJECTED):
        chips += [_size_chip(result), _trips_chip(result)]
    chips.append(_retries_chip(result))
    return tuple(chips)


def _status_chip(result: CallResult) -> ChipText:
    status = status_text(result)
    short = _SHORT.get(status.lower(), status.replace(" OK · ", " "))
    meaning = f"Status as {result.lane.label} gave it. In one taxonomy: {seen_outcome(result).value}."
    if result.reply.outcome is Outcome.REJECTED:
        meaning = "The open circuit refused the call; nothing was sent."
        if result.reply.retry_after is not None:
            left = countdown(result.reply.retry_after)
            status, short = f"{status}, {left}", f"{short}, {left}"
            meaning += f" {left} were left until it would let a probe through."
    return ChipText(text=status, short=short, tone=tone_of(seen_outcome(result)), meaning=meaning)


def _stale_chip(result: CallResult) -> ChipText:
    assert result.stale is not None
    return ChipText(
        text=f"stale copy{NBSP}{age(result.stale.age)}",
        short=f"stale{NBSP}{age(result.stale.age)}",
        tone="warning",
        meaning="The last good copy was served instead of an answer. The number is its age.",
    )


def _size_chip(result: CallResult) -> ChipText:
    known = result.bytes_down is not None
    return ChipText(
        text=size(result.bytes_down) if known else "size unknown",
        short=size(result.bytes_down, brief=True) if known else "?\u00a0B",
        meaning=_SIZES[result.lane],
    )


def _trips_chip(result: CallResult) -> ChipText:
    trips = result.round_trips
    return ChipText(
        text=count(trips, "round trip"),
        short=count(trips, "trip"),
        minor=trips == 1,
        tone="warning" if trips > 1 else "",
        meaning="Requests the last attempt needed, one after another or side by side.",
    )


def _retries_chip(result: CallResult) -> ChipText:
    return ChipText(
        text=f"retries{NBSP}{result.retries}",
        short=f"retries{NBSP}{result.retries}",
        tone="warning" if result.retries else "",
        minor=not result.retries,
        meaning="Attempts after the first, rejected ones included.",
    )
