"""Each rule of the breaker is watched by a check: break the rule in its source, and a check fails.

The mutants are built from the module texts, so a change there that loses its anchor here fails too.
"""
# ruff: noqa: E501  (the table of mutants reads by line)

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from tests.support.breaker_checks import CHECKS

MODULES = ("windows", "breaker_settings", "delivery", "machine", "breaker")
TEXTS = {
    name: Path(str(importlib.import_module(f"app.resilience.{name}").__file__)).read_text()
    for name in MODULES
}

MUTANTS = [
    # rule, module, text, what it becomes
    ("1 calm failures", "machine", "and self._failures == 0 and", "and"),
    ("1 calm listeners", "machine", "and not followed\n        self.calm", "\n        self.calm"),
    ("2 success resets", "machine", "0 if outcome is Outcome.SUCCESS else self._failures + 1", "self._failures + (outcome is Outcome.FAILURE)"),
    ("3 threshold", "machine", "self._failures >= self.settings.failure_threshold", "self._failures > self.settings.failure_threshold"),
    ("3 trips", "machine", "self._trips += 1", "pass"),
    ("3 original exception", "breaker", "            raise\n        if machine.calm", "            raise OSError from error\n        if machine.calm"),
    ("4 minimum", "windows", "counts.calls < window.minimum_calls", "counts.calls <= window.minimum_calls"),
    ("4 failure rate", "windows", "counts.failures / counts.calls >= window.failure_rate", "counts.failures / counts.calls > window.failure_rate"),
    ("4 slow rate", "windows", "counts.slow / counts.calls >= window.slow_rate", "counts.slow / counts.calls > window.slow_rate"),
    ("4 every outcome", "machine", "if reason is not None:", "if reason is not None and outcome is Outcome.FAILURE:"),
    ("4 strictly slow", "machine", "now > acquired_at + limit", "now >= acquired_at + limit"),
    ("4 time window", "windows", "entries[0][0] + self._seconds <= now", "entries[0][0] + self._seconds < now"),
    ("4 count window", "windows", "self._failures -= old_failed\n            self._slow -= old_slow\n        entries.append((failed", "entries.append((failed"),
    ("5 ignored", "machine", "outcome is Outcome.IGNORED or ", ""),
    ("5 BaseException", "breaker_settings", "not isinstance(error, Exception) or ", ""),
    ("5 cancelled", "breaker_settings", " or isinstance(error, Cancelled)", ""),
    ("5 released", "machine", "        epoch.held.pop(key, None)\n", ""),
    ("6 rejected", "breaker", "        next(self._machine.refused)\n", ""),
    ("6 rejected locked", "machine", "self._rejected += 1", "pass"),
    ("6 remainder", "machine", "self._reject(now, self._left(now))", "self._reject(now, self._open_for)"),
    ("6 clock back", "breaker", "if remainder > open_for:", "if False:"),
    ("6 clock back locked", "machine", "min(self._due_at - now, self._open_for)", "self._due_at - now"),
    ("6 due", "machine", "due_at = self._due_at if epoch.state is _OPEN else None", "due_at = None"),
    ("7 inclusive", "machine", "if now < self._due_at:", "if now <= self._due_at:"),
    ("7 inclusive unlocked", "breaker", "if remainder <= 0.0:", "if remainder < 0.0:"),
    ("7 same section", "machine", "            state = _HALF_OPEN\n", ""),
    ("8 successes", "machine", "self._failures = self._successes = 0\n        if", "self._failures = 0\n        if"),
    ("9 at once", "machine", "in_flight >= settings.half_open_max_concurrent", "in_flight > settings.half_open_max_concurrent"),
    ("9 needed", "machine", "self._successes + in_flight >= settings", "self._successes >= settings"),
    ("10 no time", "machine", "return self._reject(now, None)  # rule 10\n            if", "return self._reject(now, 0.0)\n            if"),
    ("11 threshold", "machine", "if successes >= self.settings.success_threshold:", "if successes > self.settings.success_threshold:"),
    ("11 trips", "machine", "self._trips = 0\n        self._enter(_CLOSED, now, f", "self._enter(_CLOSED, now, f"),
    ("12 first failure", "machine", 'self._trip(now, "a probe failed")', "self._tell(ChangeKind.FAILURE, now)"),
    ("12 factor", "machine", "self._open_for = self.settings.open_for(self._trips)", "self._open_for = self.settings.open_for(self._trips + 1)"),
    ("12 maximum", "breaker_settings", "min(longest, wanted)", "wanted"),
    ("12 overflow", "breaker_settings", "except OverflowError", "except KeyError"),
    ("13 acquire", "machine", "self._trip(now, self._overdue_reason())  # rule 13\n        state", "pass\n        state"),
    ("13 record", "machine", "self._trip(now, self._overdue_reason())  # rule 13, before", "pass  # "),
    ("13 inclusive", "machine", "self.settings.probe_limit <= now", "self.settings.probe_limit < now"),
    ("13 oldest", "machine", "next(iter(epoch.held))", "next(reversed(epoch.held))"),
    ("13 default", "breaker_settings", "self.timeout if self.probe_timeout is None", "math.inf if self.probe_timeout is None"),
    ("13 idle", "machine", "return False  # an idle half-open circuit never expires", "return epoch.state is _HALF_OPEN"),
    ("13 only shows", "machine", "return _OPEN if self._probe_overdue(now) else state", "return state"),
    ("14 stale", "machine", "if epoch is not self.epoch:", "if False:"),
    ("14 counted", "machine", "self._stale += 1", "pass"),
    ("14 event", "machine", 'self._tell(ChangeKind.STALE, now, "result of an older epoch")', "pass"),
    ("14 unlocked record", "breaker", "outcome is _SUCCESS and self._machine.calm is epoch", "outcome is _SUCCESS"),
    ("14 unlocked call", "breaker", "if machine.calm is calm:", "if True:"),
    ("14 epoch", "machine", "before.number + 1", "before.number"),
    ("15 second record", "machine", "return False  # rule 15", "pass"),
    ("16 forced open", "machine", "if state is _FORCED_OPEN:", "if False:"),
    ("16 disabled", "machine", " or epoch.state is _DISABLED", ""),
    ("16 reset trips", "machine", "self._trips = 0\n        self._enter(state", "pass\n        self._enter(state"),
    ("16 window cleared", "machine", "self._tally = self.settings.window.tally()\n        self.epoch", "pass\n        self.epoch"),
    ("17 read", "machine", "            return _HALF_OPEN\n", '            self._enter(_HALF_OPEN, now, "")\n            return _HALF_OPEN\n'),
    ("17 due", "machine", "if state is _OPEN and now >= self._due_at:", "if False:"),
    ("order", "delivery", "                    if self._teller is not me:\n                        return\n", ""),
    ("broken listener", "delivery", "except Exception:", "except KeyError:"),
    ("foreign permit", "breaker", "epoch.owner is not self._identity", "False"),
    ("time goes on", "machine", "        return self._latest\n", "        return now\n"),
]  # fmt: skip


def build(module: str = "", old: str = "", new: str = "") -> SimpleNamespace:
    """The breaker's names from freshly run module texts, one of them changed."""
    fresh: dict[str, ModuleType] = {}
    with patch.dict(sys.modules):
        for name in MODULES:
            text = TEXTS[name]
            if name == module:
                assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}.py"
                text = text.replace(old, new)
            made = ModuleType(f"app.resilience.{name}")
            sys.modules[made.__name__] = fresh[name] = made
            exec(compile(text, f"<{name}>", "exec"), vars(made))
    return SimpleNamespace(
        CircuitBreaker=fresh["breaker"].CircuitBreaker,
        CountWindow=fresh["windows"].CountWindow,
        TimeWindow=fresh["windows"].TimeWindow,
    )


def failing(kit: Any, checks: list[Callable[[Any], None]]) -> str | None:
    """The first check that the breaker does not pass."""
    for check in checks:
        try:
            check(kit)
        except Exception:  # noqa: BLE001  a mutant may fail in any way
            return check.__name__
    return None


def test_the_breaker_itself_passes_every_check() -> None:
    """Nothing is wrong with the rules as they are written."""
    kit = build()
    for check in CHECKS:
        check(kit)


@pytest.mark.parametrize(("rule", "module", "old", "new"), MUTANTS, ids=[each[0] for each in MUTANTS])
def test_a_broken_rule_is_noticed(rule: str, module: str, old: str, new: str) -> None:
    """At least one check fails for each rule that is broken."""
    assert failing(build(module, old, new), CHECKS) is not None, f"nobody noticed: rule {rule}"
