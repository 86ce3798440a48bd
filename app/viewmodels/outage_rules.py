"""One lane's outage as a person sets it, and the fault rules that it means. No Qt.

The rules are the JSON of the backends' fault engine. Both directions are here: a scenario or a command line
that changes the faults must show in the panel.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from app.domain.lanes import Lane
from app.domain.values import dataclass

Rule = dict[str, Any]


class FailureKind(StrEnum):
    """What a failing request gets."""

    ERROR = "error"
    PARTIAL = "partial"  # GraphQL data with errors
    HANG = "hang"
    RESET = "reset"
    EMPTY = "empty"
    TRUNCATE = "truncate"
    MALFORMED = "malformed"
    DRIP = "drip"

    @property
    def label(self) -> str:
        """The words a person reads."""
        return _TITLES[self]

    def hint(self, lane: Lane) -> str:
        """What the caller in a lane sees of it, in a sentence or two."""
        return _HINTS_OF_A_LANE.get((lane, self), _HINTS[self])


class Distribution(StrEnum):
    """How a delay is spread."""

    FIXED = "fixed"
    UNIFORM = "uniform"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"


class StreamFault(StrEnum):
    """What happens to an order stream after some messages, or before each of them."""

    NONE = ""
    STALL = "stall"
    ABORT = "abort"
    RESET = "reset"
    DELAY = "delay"  # of each message


_STREAM = "stream-orders"
_TITLES = {
    FailureKind.ERROR: "error response",
    FailureKind.PARTIAL: "partial data with an error",
    FailureKind.HANG: "hang, no answer",
    FailureKind.RESET: "connection reset",
    FailureKind.EMPTY: "empty response",
    FailureKind.TRUNCATE: "truncated body",
    FailureKind.MALFORMED: "malformed chunk",
    FailureKind.DRIP: "slow drip",
}
_HINTS = {
    FailureKind.ERROR: "The server refuses with the chosen error; the operation is not carried out.",
    FailureKind.PARTIAL: "The answer comes without one of the fields that may be null, and with an error at "
    "its path. Where only the operation's single root field may be null, as in Get product, the whole "
    "answer is null.",
    FailureKind.HANG: "No answer comes; the call ends with its timeout.",
    FailureKind.RESET: "The connection breaks before an answer.",
    FailureKind.EMPTY: "The connection is closed without a single byte.",
    FailureKind.TRUNCATE: "The answer breaks off in the middle, after the operation was carried out.",
    FailureKind.MALFORMED: "The answer cannot be read, although the operation was carried out.",
    FailureKind.DRIP: "The answer comes in drops, so many bytes a second.",
}
_HINTS_OF_A_LANE = {
    (Lane.GRPC, FailureKind.EMPTY): "The answer is 0 OK with a message of zero bytes: every field at its "
    "default. gRPC cannot tell it from a real one, so it counts as a success.",
    (Lane.GRPC, FailureKind.TRUNCATE): "Half an HTTP/2 frame comes; the operation is not carried out.",
    (Lane.GRPC, FailureKind.MALFORMED): "Bytes come that are no HTTP/2 frame; the operation is not carried "
    "out.",
    (Lane.GRPC, FailureKind.DRIP): "The answer is held for as long as so many bytes a second would take.",
}
ERRORS: Mapping[Lane, tuple[str, ...]] = {
    Lane.REST: ("503", "500", "502", "504", "429", "404", "401", "408", "409", "501"),
    Lane.GRAPHQL: (
        "SERVICE_UNAVAILABLE",
        "INTERNAL_SERVER_ERROR",
        "RATE_LIMITED",
        "NOT_FOUND",
        "UNAUTHENTICATED",
    ),
    Lane.GRPC: (
        "UNAVAILABLE",
        "INTERNAL",
        "UNKNOWN",
        "DEADLINE_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "ABORTED",
        "NOT_FOUND",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "FAILED_PRECONDITION",
        "DATA_LOSS",
    ),
}


def kinds(lane: Lane) -> tuple[FailureKind, ...]:
    """The ways in which a lane can fail."""
    return tuple(kind for kind in FailureKind if kind is not FailureKind.PARTIAL or lane is Lane.GRAPHQL)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneOutage:
    """Everything that is wrong with one lane on purpose. The default is healthy."""

    failure_rate: float = 0.0  # 0 … 1
    kind: FailureKind = FailureKind.ERROR
    error: str = ""  # HTTP status, GraphQL or gRPC code; empty: the lane's first
    delay_ms: int = 0
    distribution: Distribution = Distribution.FIXED
    spread_ms: int = 0
    burst: float = 0.0  # 0 … 0.99, chance that a call repeats the last call's luck
    rate_limit: int = 0  # calls in a window; 0: none
    window_s: float = 10.0
    retry_after_s: float | None = None  # None: until the window has room
    operation: str = ""  # empty: every operation
    drip_bytes: int = 256  # a second
    stream: StreamFault = StreamFault.NONE
    stream_after: int = 2  # messages
    stream_delay_ms: int = 500

    @property
    def healthy(self) -> bool:
        """Whether nothing is injected."""
        return not (self.failure_rate or self.delay_ms or self.spread_ms or self.rate_limit or self.stream)


def rules(lane: Lane, outage: LaneOutage, fail_next: int = 0) -> tuple[Rule, ...]:
    """The fault rules of an outage. ``fail_next`` adds a one-shot rule for so many requests."""
    made: list[Rule] = []
    if fail_next:
        made.append(_scoped({"kind": "fail_next", "count": fail_next, **_error(lane, outage)}, outage))
    if outage.rate_limit:
        limit: Rule = {"kind": "rate_limit", "limit": outage.rate_limit, "window_s": outage.window_s}
        if outage.retry_after_s is not None:
            limit["retry_after_s"] = outage.retry_after_s
        made.append(_scoped(limit, outage))
    if outage.delay_ms or outage.spread_ms:
        delay: Rule = {"kind": "delay", "ms": outage.delay_ms, "distribution": outage.distribution.value}
        if outage.distribution is not Distribution.FIXED:
            delay["spread_ms"] = outage.spread_ms
        made.append(_scoped(delay, outage))
    if outage.failure_rate:
        made.append(_scoped(_failure(lane, outage), outage))
    if outage.stream:
        # Streams carry one operation; the panel's operation filter is about calls.
        made.append({"kind": outage.stream.value, **_of_messages(outage), "operation": _STREAM})
    return tuple(made)


def _of_messages(outage: LaneOutage) -> Rule:
    if outage.stream is StreamFault.DELAY:
        return {"ms": outage.stream_delay_ms, "per_message": True}
    return {"after": outage.stream_after}


def _failure(lane: Lane, outage: LaneOutage) -> Rule:
    rule: Rule = {"kind": outage.kind.value, "rate": round(outage.failure_rate, 4)}
    match outage.kind:
        case FailureKind.ERROR:
            rule |= _error(lane, outage)
        case FailureKind.PARTIAL:
            rule |= {"kind": "error", "partial": True, **_error(lane, outage)}
        case FailureKind.DRIP:
            rule["bytes_per_s"] = outage.drip_bytes
    if outage.burst:
        rule["burst"] = round(outage.burst, 4)
    return rule


def _error(lane: Lane, outage: LaneOutage) -> Rule:
    error = outage.error or ERRORS[lane][0]
    return {"status": int(error)} if lane is Lane.REST else {"code": error}


def _scoped(rule: Rule, outage: LaneOutage) -> Rule:
    return {**rule, "operation": outage.operation} if outage.operation else rule


def from_rules(lane: Lane, given: Sequence[Mapping[str, Any]]) -> LaneOutage:
    """The nearest outage the panel can show for rules made elsewhere. One-shot rules leave no trace."""
    found: dict[str, Any] = {}
    for rule in given:
        kind = str(rule.get("kind", ""))
        if _is_of_messages(rule):
            found |= _read_messages(rule)
            continue
        if rule.get("operation"):
            found["operation"] = str(rule["operation"])
        match kind:
            case "delay":
                found["delay_ms"] = round(float(rule.get("ms", 0)))
                found["spread_ms"] = round(float(rule.get("spread_ms", 0)))
                found["distribution"] = Distribution(rule.get("distribution", "fixed"))
            case "rate_limit":
                found["rate_limit"] = int(rule.get("limit", 5))
                found["window_s"] = float(rule.get("window_s", 60.0))
                found["retry_after_s"] = rule.get("retry_after_s")
            case "fail_next" | "":
                pass
            case _:
                found |= _read_failure(lane, kind, rule)
    return LaneOutage(**found)


def _is_of_messages(rule: Mapping[str, Any]) -> bool:
    """Whether a rule is about the messages of a stream, not about calls."""
    match rule.get("kind"):
        case "stall" | "abort":
            return True
        case "reset":
            return rule.get("operation") == _STREAM and "after" in rule
        case "delay":
            return bool(rule.get("per_message"))
        case _:
            return False


def _read_messages(rule: Mapping[str, Any]) -> dict[str, Any]:
    stream = StreamFault(rule["kind"])
    if stream is StreamFault.DELAY:
        return {"stream": stream, "stream_delay_ms": round(float(rule.get("ms", 0)))}
    return {"stream": stream, "stream_after": int(rule.get("after", 1))}


def _read_failure(lane: Lane, kind: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "failure_rate": float(rule.get("rate", 1.0)),
        "kind": FailureKind.PARTIAL if rule.get("partial") else FailureKind(kind),
        "burst": float(rule.get("burst", 0.0)),
    }
    error = rule.get("status" if lane is Lane.REST else "code")
    if error:
        found["error"] = str(error)
    if "bytes_per_s" in rule:
        found["drip_bytes"] = round(float(rule["bytes_per_s"]))
    return found


def summary(lane: Lane, outage: LaneOutage) -> str:
    """The outage in a few words: ``503 at 70 %, 250 ± 50 ms``. Empty when healthy."""
    parts: list[str] = []
    if outage.failure_rate:
        what = outage.kind.label
        if outage.kind in (FailureKind.ERROR, FailureKind.PARTIAL):
            what = outage.error or ERRORS[lane][0]
            what += " partial" if outage.kind is FailureKind.PARTIAL else ""
        parts.append(f"{what} at {outage.failure_rate:.0%}".replace("%", " %"))
    if outage.delay_ms or outage.spread_ms:
        parts.append(delay_words(outage))
    if outage.rate_limit:
        parts.append(f"{outage.rate_limit} calls in {outage.window_s:g} s")
    if outage.stream:
        parts.append(_stream_words(outage))
    if parts and outage.operation:
        parts.append(f"only {outage.operation}")
    return ", ".join(parts)


def _stream_words(outage: LaneOutage) -> str:
    if outage.stream is StreamFault.DELAY:
        return f"stream delay {outage.stream_delay_ms} ms a message"
    return f"stream {outage.stream.value} after {outage.stream_after}"


def delay_words(outage: LaneOutage) -> str:
    """The delay with its spread: ``250 ± 50 ms``."""
    if outage.distribution is Distribution.FIXED:
        return f"{outage.delay_ms} ms"
    return f"{outage.delay_ms} ± {outage.spread_ms} ms"


@dataclass(frozen=True, slots=True)
class Preset:
    """An outage with a name."""

    title: str
    hint: str
    outage: LaneOutage


PRESETS = (
    Preset("Healthy", "Nothing is injected.", LaneOutage()),
    Preset("70 % failing", "Seven of ten requests get an error.", LaneOutage(failure_rate=0.7)),
    Preset("Down", "Every request gets an error.", LaneOutage(failure_rate=1.0)),
    Preset(
        "Slow",
        "Answers take about 0.8 s, some far longer.",
        LaneOutage(delay_ms=800, spread_ms=700, distribution=Distribution.LOGNORMAL),
    ),
    Preset(
        "Flaky network",
        "Three of ten connections are reset, in clusters, with some delay.",
        LaneOutage(
            failure_rate=0.3,
            kind=FailureKind.RESET,
            burst=0.6,
            delay_ms=60,
            spread_ms=40,
            distribution=Distribution.NORMAL,
        ),
    ),
    Preset(
        "Rate limited",
        "Five requests in ten seconds, then a refusal that names a time.",
        LaneOutage(rate_limit=5, window_s=10.0, retry_after_s=3.0),
    ),
)
