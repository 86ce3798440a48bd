"""What a player needs from outside, as small protocols: time and threads, and what it plays on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Protocol

from app.domain.cancel import CancelToken
from app.domain.events import Event
from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.domain.values import dataclass
from app.operations.scenarios.script import Force, Load, Rule
from app.resilience.settings import PipelineSettings


class Stage(Protocol):
    """Time, and calls beside one another."""

    def clock(self) -> float:
        """Monotonic seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait so long; it may return early."""

    def start(self, job: Callable[[CancelToken], object]) -> object:
        """Run a job beside the player. Must not block."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was in force before a scenario, to be put back."""

    seed: int = 42
    faults: Mapping[Lane, tuple[Rule, ...]] = field(default_factory=dict)
    settings: Mapping[Lane, PipelineSettings] = field(default_factory=dict)
    load: Load | None = None  # background traffic that ran
    load_lanes: tuple[Lane, ...] = ()


class Scene(Protocol):
    """What a scenario acts on. Called by the player's thread only; must not block."""

    def remember(self) -> Before:
        """What is in force now."""

    def restore(self, before: Before) -> None:
        """Put back what was in force."""

    def reseed(self, seed: int) -> None:
        """Begin the servers' random draws anew."""

    def apply_faults(self, lane: Lane, rules: Sequence[Rule]) -> None:
        """Replace the rules of a lane."""

    def apply_settings(self, lane: Lane, settings: PipelineSettings) -> None:
        """Use these settings from the next call on."""

    def force(self, lane: Lane, force: Force) -> None:
        """Force a lane's circuit open, disable its breaker, or reset it."""

    def call(self, lane: Lane, number: int, cancel: CancelToken) -> None:
        """Make the lane's call of that number (from 1) and return when it has ended. Any thread."""

    def stream(self, lane: Lane, number: int, request: OrdersRequest, cancel: CancelToken) -> None:
        """Follow orders on the lane and return when the stream has ended. Any thread."""

    def publish(self, event: Event) -> object:
        """Tell what happens."""
