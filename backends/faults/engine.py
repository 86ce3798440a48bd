"""Decides, for each request, which fault fires. The same seed and calls give the same faults.

Each draw is a hash of (seed, lane, rule, operation, call number), not the next value of a shared
generator: so lanes, operations and rules never disturb one another, whatever the threads do.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from statistics import NormalDist
from typing import Any

from backends.faults.rules import LANES, Distribution, FaultKind, Rule, parse_rules

_NORMAL = NormalDist()
_REMEMBERED = 1000  # fired faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """What a server must do to one request. ``rule`` names it on the wire."""

    rule: str
    kind: FaultKind | None = None  # None: only the delay
    delay: float = 0.0  # seconds before anything else
    status: int = 503
    code: str = ""
    partial: bool = False
    retry_after: float | None = None  # seconds
    bytes_per_second: float = 0.0
    after: int = 0  # stream messages before a stall or an abort
    message_delay: Callable[[int], float] | None = None  # seconds before message n, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One fault that was injected: the only trace of those that leave no room for a header."""

    number: int  # counts all lanes, from 1
    at: float  # the engine's clock, seconds
    lane: str
    operation: str
    rule: str
    request_id: str = ""  # what the client sent as X-Request-Id
    peer: str = ""  # host:port of the client, where the server knows it


@dataclass(slots=True)
class _LaneState:
    """Rules of one lane with what they remember. Guarded by the engine's lock."""

    rules: tuple[Rule, ...] = ()
    raw: tuple[Mapping[str, Any], ...] = ()
    calls: dict[str, int] = field(default_factory=dict)  # operation → calls so far
    luck: dict[tuple[str, str], bool] = field(default_factory=dict)  # (rule, operation) → fired last time
    left: dict[str, int] = field(default_factory=dict)  # fail_next rule → failures still to give
    admitted: dict[str, deque[float]] = field(default_factory=dict)  # rate limit rule → recent times


class FaultEngine:
    """Holds the outage of the three lanes. Thread-safe; changes hold from the next request on."""

    def __init__(self, seed: int = 42, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._seed = seed
        self._lanes = {lane: _LaneState() for lane in LANES}
        self._fired: deque[Fired] = deque(maxlen=_REMEMBERED)
        self._count = 0
        self._watcher: Callable[[Fired, Injection], object] | None = None
        self.active: frozenset[str] = frozenset()  # lanes with rules; all that a healthy server looks at

    @property
    def seed(self) -> int:
        """The seed in force."""
        return self._seed

    def watch(
        self, watcher: Callable[[Fired, Injection], object] | None, clock: Callable[[], float] | None = None
    ) -> None:
        """Tell ``watcher`` of each fault in the moment of its decision, in the server's thread; None ends it.

        ``clock`` measures rate limit windows from now on: whoever plays a script may have a time of its own.
        """
        with self._lock:
            self._watcher = watcher
            if clock is not None:
                self._clock = clock

    def configure(self, lane: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace one lane's rules. Raises FaultError and changes nothing when one is wrong.

        Call numbers go on, so that a scenario's later steps do not repeat its first draws.
        """
        self.apply({lane: rules})

    def apply(self, lanes: Mapping[str, Sequence[Mapping[str, Any]]], seed: int | None = None) -> None:
        """Replace the rules of several lanes and, if given, the seed: all of it or, with FaultError, nothing.

        Lanes that are not named keep their rules.
        """
        parsed = {lane: parse_rules(lane, rules) for lane, rules in lanes.items()}
        with self._lock:
            for lane, found in parsed.items():
                self._replace(self._lanes[lane], found, lanes[lane])
            self.active = frozenset(name for name, state in self._lanes.items() if state.rules)
            if seed is not None:
                self._reseed(seed)

    @staticmethod
    def _replace(state: _LaneState, parsed: tuple[Rule, ...], raw: Sequence[Mapping[str, Any]]) -> None:
        # A limit that stays as it was keeps its window: moving the delay must not admit another five calls.
        limits = [rule for rule in state.rules if rule.kind is FaultKind.RATE_LIMIT]
        kept = {rule.key: state.admitted[rule.key] for rule in limits if rule in parsed}
        state.rules, state.raw = parsed, tuple(dict(rule) for rule in raw)
        state.left = {rule.key: rule.count for rule in parsed if rule.kind is FaultKind.FAIL_NEXT}
        state.admitted = {
            rule.key: kept.get(rule.key, deque()) for rule in parsed if rule.kind is FaultKind.RATE_LIMIT
        }
        state.luck.clear()

    def clear(self, lane: str | None = None) -> None:
        """Make one lane healthy, or all."""
        self.apply(dict.fromkeys(LANES if lane is None else (lane,), ()))

    def reseed(self, seed: int) -> None:
        """Start the draws anew: what follows depends only on the seed and the calls."""
        with self._lock:
            self._reseed(seed)

    def _reseed(self, seed: int) -> None:
        self._seed = seed
        for state in self._lanes.values():
            state.calls.clear()
            state.luck.clear()

    def rules(self, lane: str) -> tuple[Rule, ...]:
        """The rules of one lane in force."""
        return self._lanes[lane].rules

    def describe(self) -> dict[str, Any]:
        """Seed and rules as JSON values, as configured; of one-shot rules what they still have to give.

        Whoever puts back what was described must not have failures twice.
        """
        with self._lock:
            return {
                "seed": self._seed,
                "lanes": {name: _as_left(state) for name, state in self._lanes.items()},
            }

    def recent(self, request_id: str | None = None) -> tuple[Fired, ...]:
        """The last thousand faults, oldest first; only those of one request if its id is given."""
        with self._lock:
            return tuple(each for each in self._fired if request_id in (None, each.request_id))

    def decide(self, lane: str, operation: str, *, request_id: str = "", peer: str = "") -> Injection | None:
        """The fate of one request, asked exactly once for it. None means healthy."""
        if lane not in self.active:
            return None
        with self._lock:
            state = self._lanes[lane]
            if not state.rules:
                return None
            number = state.calls.get(operation, 0)
            state.calls[operation] = number + 1
            fired = [rule for rule in state.rules if self._fires(state, rule, lane, operation, number)]
            if not fired:
                return None
            injection = self._combine(state, fired, lane, operation, number)
            noted = self._remember(lane, operation, injection.rule, request_id, peer)
            watcher = self._watcher
        if watcher is not None:
            watcher(noted, injection)
        return injection

    def _remember(self, lane: str, operation: str, rule: str, request_id: str, peer: str) -> Fired:
        self._count += 1
        noted = Fired(
            number=self._count, at=self._clock(), lane=lane, operation=operation, rule=rule,
            request_id=request_id[:200], peer=peer,
        )  # fmt: skip
        self._fired.append(noted)
        return noted

    def _fires(self, state: _LaneState, rule: Rule, lane: str, operation: str, number: int) -> bool:
        if not rule.concerns(operation):
            return False
        if rule.kind is FaultKind.FAIL_NEXT:
            return state.left[rule.key] > 0
        if rule.kind is FaultKind.RATE_LIMIT:
            return self._over_limit(state.admitted[rule.key], rule)
        lucky = (rule.key, operation)
        if (
            rule.burst
            and lucky in state.luck
            and self._draw(lane, rule, operation, number, "burst") < rule.burst
        ):
            return state.luck[lucky]
        fires = self._draw(lane, rule, operation, number, "rate") < rule.rate
        state.luck[lucky] = fires
        return fires

    def _over_limit(self, admitted: deque[float], rule: Rule) -> bool:
        now = self._clock()
        while admitted and now - admitted[0] >= rule.window_s:
            admitted.popleft()
        if len(admitted) >= rule.limit:
            return True
        admitted.append(now)
        return False

    def _combine(
        self, state: _LaneState, fired: list[Rule], lane: str, operation: str, number: int
    ) -> Injection:
        """Delays add up; of the rest the first rule in the list wins."""
        delay, message_delay, main = 0.0, None, None
        for rule in fired:
            if rule.kind is FaultKind.DELAY and rule.per_message:
                message_delay = self._per_message(lane, rule, operation, number)
            elif rule.kind is FaultKind.DELAY:
                delay += self._delay(lane, rule, operation, f"{number}")
            elif main is None:
                main = rule
        names = ", ".join(rule.summary for rule in fired if rule is main or rule.kind is FaultKind.DELAY)
        if main is None:
            return Injection(rule=names, delay=delay, message_delay=message_delay)
        if main.kind is FaultKind.FAIL_NEXT:
            state.left[main.key] -= 1
        return Injection(
            rule=names, delay=delay, message_delay=message_delay, status=main.status, code=main.code,
            kind=FaultKind.ERROR if main.kind is FaultKind.FAIL_NEXT else main.kind, partial=main.partial,
            retry_after=self._retry_after(state, main), bytes_per_second=main.bytes_per_s, after=main.after,
        )  # fmt: skip

    def _retry_after(self, state: _LaneState, rule: Rule) -> float | None:
        if rule.retry_after_s is not None or rule.kind is not FaultKind.RATE_LIMIT:
            return rule.retry_after_s
        admitted = state.admitted[rule.key]
        return max(0.0, rule.window_s - (self._clock() - admitted[0])) if admitted else rule.window_s

    def _per_message(self, lane: str, rule: Rule, operation: str, number: int) -> Callable[[int], float]:
        return lambda index: self._delay(lane, rule, operation, f"{number}.{index}")

    def _delay(self, lane: str, rule: Rule, operation: str, number: str) -> float:
        """Seconds. Log-normal: ``ms`` is the median and ``spread_ms`` leads to the 84th percentile."""
        u = self._draw(lane, rule, operation, number, "delay")
        match rule.distribution:
            case Distribution.FIXED:
                ms = rule.ms
            case Distribution.UNIFORM:
                ms = rule.ms + (2.0 * u - 1.0) * rule.spread_ms
            case Distribution.NORMAL:
                ms = rule.ms + rule.spread_ms * _NORMAL.inv_cdf(u)
            case Distribution.LOGNORMAL:
                sigma = math.log1p(rule.spread_ms / rule.ms) if rule.ms > 0 else 0.0
                ms = rule.ms * math.exp(sigma * _NORMAL.inv_cdf(u))
        return min(max(0.0, ms), 600_000.0) / 1000.0

    def _draw(self, lane: str, rule: Rule, operation: str, number: int | str, purpose: str) -> float:
        """A number in the open interval (0, 1), the same for the same arguments and seed."""
        text = f"{self._seed}/{lane}/{rule.key}/{operation}/{number}/{purpose}"
        digest = blake2b(text.encode(), digest_size=8).digest()
        return ((int.from_bytes(digest) >> 12) + 0.5) / 2**52


def _as_left(state: _LaneState) -> list[dict[str, Any]]:
    return [
        {**raw, "count": state.left[rule.key]} if rule.kind is FaultKind.FAIL_NEXT else dict(raw)
        for raw, rule in zip(state.raw, state.rules, strict=True)
    ]
