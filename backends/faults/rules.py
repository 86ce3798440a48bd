"""Fault rules as data: parsed from JSON, checked, and put into words. Nothing here is random."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

_E = TypeVar("_E", bound=StrEnum)

LANES = ("rest", "graphql", "grpc")
STREAM = "stream-orders"  # the one operation that answers with many messages

GRAPHQL_CODES = (
    "SERVICE_UNAVAILABLE",
    "INTERNAL_SERVER_ERROR",
    "RATE_LIMITED",
    "NOT_FOUND",
    "UNAUTHENTICATED",
)
GRPC_CODES = (
    "UNAVAILABLE", "INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "NOT_FOUND",
    "PERMISSION_DENIED", "UNAUTHENTICATED", "FAILED_PRECONDITION", "DATA_LOSS",
)  # fmt: skip


class FaultKind(StrEnum):
    """What a rule does when it fires."""

    ERROR = "error"
    DELAY = "delay"
    HANG = "hang"
    RESET = "reset"
    EMPTY = "empty"
    TRUNCATE = "truncate"
    MALFORMED = "malformed"
    DRIP = "drip"
    RATE_LIMIT = "rate_limit"
    FAIL_NEXT = "fail_next"
    STALL = "stall"
    ABORT = "abort"


class Distribution(StrEnum):
    """How delays are spread. Log-normal has the long tail of real backends."""

    FIXED = "fixed"
    UNIFORM = "uniform"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"


class FaultError(ValueError):
    """A rule cannot be used: ``where`` names the value, ``why`` explains."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fault of one lane. Fields that its kind does not use keep their defaults."""

    kind: FaultKind
    key: str  # stable identity for the random draws, e.g. "error" or "delay#2"
    rate: float = 1.0  # share of calls it fires on, 0 to 1
    operation: str | None = None  # None: every operation
    name: str = ""
    burst: float = 0.0  # chance that a call repeats the previous call's luck; the rate stays what it is
    status: int = 503  # REST
    code: str = ""  # GraphQL and gRPC
    partial: bool = False  # GraphQL: data with errors
    distribution: Distribution = Distribution.FIXED
    ms: float = 0.0  # delay: mean, or median when log-normal
    spread_ms: float = 0.0  # delay: half width, deviation, or median to 84th percentile when log-normal
    per_message: bool = False  # delay: before each message of a stream
    limit: int = 5  # rate limit: calls a window
    window_s: float = 60.0
    retry_after_s: float | None = None  # None: a rate limit says when the window has room, an error nothing
    count: int = 1  # fail next
    bytes_per_s: float = 256.0  # drip
    after: int = 1  # of a stream: messages that still arrive before it breaks

    def concerns(self, operation: str) -> bool:
        """Whether the rule can fire on an operation; what breaks between messages needs a stream."""
        if self.operation is not None and self.operation != operation:
            return False
        needs_stream = self.per_message or self.kind in (FaultKind.STALL, FaultKind.ABORT)
        return operation == STREAM or not needs_stream

    @property
    def summary(self) -> str:
        """The rule in the words of its user: ``503 at 70 %``."""
        if self.name:
            return self.name
        scope = f" on {self.operation}" if self.operation else ""
        return _WORDS[self.kind](self) + scope


def _number(text: float) -> str:
    return f"{text:g}"


def _share(rule: Rule) -> str:
    return "" if rule.rate >= 1.0 else f" at {_number(round(rule.rate * 100, 4))} %"


def _error_words(rule: Rule) -> str:
    what = rule.code or str(rule.status)
    return f"{what}{' (partial)' if rule.partial else ''} at {_number(round(rule.rate * 100, 4))} %"


def _delay_words(rule: Rule) -> str:
    spread = "" if rule.distribution is Distribution.FIXED else f" ± {_number(rule.spread_ms)}"
    tail = ", log-normal" if rule.distribution is Distribution.LOGNORMAL else ""
    message = " a message" if rule.per_message else ""
    return f"delay {_number(rule.ms)}{spread} ms{tail}{message}{_share(rule)}"


_WORDS: Mapping[FaultKind, Callable[[Rule], str]] = {
    FaultKind.ERROR: _error_words,
    FaultKind.DELAY: _delay_words,
    FaultKind.HANG: lambda rule: f"hang{_share(rule)}",
    FaultKind.RESET: lambda rule: f"connection reset{_share(rule)}",
    FaultKind.EMPTY: lambda rule: f"empty response{_share(rule)}",
    FaultKind.TRUNCATE: lambda rule: f"truncated body{_share(rule)}",
    FaultKind.MALFORMED: lambda rule: f"malformed chunk{_share(rule)}",
    FaultKind.DRIP: lambda rule: f"slow drip {_number(rule.bytes_per_s)} B/s{_share(rule)}",
    FaultKind.RATE_LIMIT: lambda rule: f"rate limit {rule.limit} in {_number(rule.window_s)} s",
    FaultKind.FAIL_NEXT: lambda rule: f"fail next {rule.count}",
    FaultKind.STALL: lambda rule: f"stall after {rule.after}{_share(rule)}",
    FaultKind.ABORT: lambda rule: f"abort after {rule.after}{_share(rule)}",
}

_COMMON = frozenset({"kind", "rate", "operation", "name", "burst"})
_ERROR = frozenset({"status", "code", "partial", "retry_after_s"})
_ALLOWED: Mapping[FaultKind, frozenset[str]] = {
    FaultKind.ERROR: _ERROR,
    FaultKind.DELAY: frozenset({"distribution", "ms", "spread_ms", "per_message"}),
    FaultKind.RATE_LIMIT: frozenset({"limit", "window_s", "retry_after_s"}),
    FaultKind.FAIL_NEXT: _ERROR | {"count"},
    FaultKind.RESET: frozenset({"after"}),
    FaultKind.TRUNCATE: frozenset({"after"}),
    FaultKind.MALFORMED: frozenset({"after"}),
    FaultKind.DRIP: frozenset({"bytes_per_s"}),
    FaultKind.STALL: frozenset({"after"}),
    FaultKind.ABORT: frozenset({"after"}) | _ERROR,
}


def parse_rules(lane: str, rules: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Check the rules of one lane. Raises FaultError naming the value."""
    if lane not in LANES:
        raise FaultError("lane", f"must be one of {', '.join(LANES)}, not {lane!r}")
    if isinstance(rules, str | bytes | Mapping) or not isinstance(rules, Sequence):
        raise FaultError(lane, "must be a list of rules")
    if len(rules) > 100:
        raise FaultError(lane, "has more than 100 rules")
    seen: dict[str, int] = {}
    parsed = []
    for index, raw in enumerate(rules):
        where = f"{lane}[{index}]"
        if not isinstance(raw, Mapping):
            raise FaultError(where, "must be an object with at least a kind")
        parsed.append(_parse(lane, where, raw, seen))
    return tuple(parsed)


def _parse(lane: str, where: str, raw: Mapping[str, Any], seen: dict[str, int]) -> Rule:
    kind = _enum(where, raw, "kind", FaultKind, None)
    allowed = _COMMON | _ALLOWED.get(kind, frozenset())
    for key in raw:
        if key not in allowed:
            raise FaultError(
                f"{where}.{key}", f"is not a setting of {kind.value}; it knows {', '.join(sorted(allowed))}"
            )
    seen[kind] = seen.get(kind, 0) + 1
    key = kind.value if seen[kind] == 1 else f"{kind.value}#{seen[kind]}"
    return Rule(
        kind=kind, key=key,
        rate=_real(where, raw, "rate", 1.0, 0.0, 1.0),
        operation=_operation(lane, where, raw),
        name=_text(where, raw, "name") or "",
        burst=_real(where, raw, "burst", 0.0, 0.0, 0.99),
        status=_whole(where, raw, "status", 503, 400, 599),
        code=_code(lane, where, raw),
        partial=_partial(lane, where, raw),
        distribution=_enum(where, raw, "distribution", Distribution, Distribution.FIXED),
        ms=_real(where, raw, "ms", 0.0, 0.0, 600_000.0),
        spread_ms=_real(where, raw, "spread_ms", 0.0, 0.0, 600_000.0),
        per_message=_flag(where, raw, "per_message"),
        limit=_whole(where, raw, "limit", 5, 0, 1_000_000),
        window_s=_real(where, raw, "window_s", 60.0, 0.001, 86_400.0),
        retry_after_s=None if raw.get("retry_after_s") is None
        else _real(where, raw, "retry_after_s", 0.0, 0.0, 86_400.0),
        count=_whole(where, raw, "count", 1, 0, 1_000_000),
        bytes_per_s=_real(where, raw, "bytes_per_s", 256.0, 1.0, 1e9),
        after=_whole(where, raw, "after", 1, 0, 1_000_000),
    )  # fmt: skip


def _operation(lane: str, where: str, raw: Mapping[str, Any]) -> str | None:
    # GraphQL and gRPC have one way to change a product, so replacing and patching look alike to a server.
    operation = _text(where, raw, "operation")
    return "patch-product" if operation == "replace-product" and lane != "rest" else operation


def _code(lane: str, where: str, raw: Mapping[str, Any]) -> str:
    code = _text(where, raw, "code")
    if lane == "rest":
        if code:
            raise FaultError(f"{where}.code", "REST errors have a status, not a code")
        return ""
    known = GRAPHQL_CODES if lane == "graphql" else GRPC_CODES
    if code is None:
        return known[0]
    if code not in known:
        raise FaultError(f"{where}.code", f"must be one of {', '.join(known)}, not {code!r}")
    return code


def _partial(lane: str, where: str, raw: Mapping[str, Any]) -> bool:
    partial = _flag(where, raw, "partial")
    if partial and lane != "graphql":
        raise FaultError(f"{where}.partial", "only GraphQL can answer with data beside errors")
    return partial


def _real(where: str, raw: Mapping[str, Any], key: str, default: float, low: float, high: float) -> float:
    value = raw.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultError(f"{where}.{key}", f"must be a number, not {value!r}")
    if not low <= value <= high:  # nor is NaN
        raise FaultError(f"{where}.{key}", f"must be from {low:g} to {high:g}, not {value!r}")
    return float(value)


def _whole(where: str, raw: Mapping[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = raw.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FaultError(f"{where}.{key}", f"must be a whole number, not {value!r}")
    if not low <= value <= high:
        raise FaultError(f"{where}.{key}", f"must be from {low} to {high}, not {value!r}")
    return value


def _text(where: str, raw: Mapping[str, Any], key: str) -> str | None:
    value = raw.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 100 or not value.isprintable():
        raise FaultError(f"{where}.{key}", "must be printable text of at most 100 characters")
    return value or None


def _flag(where: str, raw: Mapping[str, Any], key: str) -> bool:
    value = raw.get(key, False)
    if not isinstance(value, bool):
        raise FaultError(f"{where}.{key}", f"must be true or false, not {value!r}")
    return value


def _enum(where: str, raw: Mapping[str, Any], key: str, kinds: type[_E], default: _E | None) -> _E:
    value = raw.get(key, default)
    try:
        return kinds(value)
    except ValueError:
        known = ", ".join(member.value for member in kinds)
        raise FaultError(f"{where}.{key}", f"must be one of {known}, not {value!r}") from None
