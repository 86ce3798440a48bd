"""What the outage, breaker and resilience panels act on: fault engine and pipelines."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from app.bootstrap.core import Core
from app.domain.events import FaultsChanged
from app.domain.lanes import Lane
from app.resilience.pipeline import Pipeline
from app.resilience.settings import PipelineSettings


class Faults:
    """Sets the embedded servers' faults, and says so on the bus unless somebody else does.

    Any thread; takes no longer than a lock.
    """

    def __init__(self, core: Core, *, tell: bool = True) -> None:
        self._core = core
        self._tell = tell

    def apply_faults(self, lane: Lane, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace the rules of one lane."""
        engine = self._core.backends.faults
        engine.configure(lane.value, rules)
        if not self._tell:
            return
        summary = ", ".join(rule.summary for rule in engine.rules(lane.value))
        settings = {"rules": tuple(rules), "seed": engine.seed}
        self._core.bus.publish(
            FaultsChanged(at=time.monotonic(), lane=lane, summary=summary, settings=settings)
        )

    def reseed(self, seed: int) -> None:
        """Begin the random draws anew."""
        self._core.backends.faults.reseed(seed)


class Policies:
    """Each lane's breaker and settings. Never blocks."""

    def __init__(self, pipelines: Mapping[Lane, Pipeline]) -> None:
        self._pipelines = pipelines

    def apply_settings(self, lane: Lane, settings: PipelineSettings) -> None:
        """From the next call on."""
        self._pipelines[lane].configure(settings)

    def force_open(self, lane: Lane) -> None:
        """Reject everything until reset."""
        self._pipelines[lane].breaker.force_open()

    def disable(self, lane: Lane) -> None:
        """Admit everything, count nothing."""
        self._pipelines[lane].breaker.disable()

    def reset(self, lane: Lane) -> None:
        """Close and count anew."""
        self._pipelines[lane].breaker.reset()
