"""Time and breakers for the unit tests."""

from collections.abc import Callable
from typing import Any

import pytest

from app.resilience import CircuitBreaker
from tests.support.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Time that moves only when told."""
    return FakeClock()


@pytest.fixture
def make_breaker(clock: FakeClock) -> Callable[..., CircuitBreaker]:
    """A breaker on the fake clock: three failures open it for ten seconds, two successes close it."""

    def build(**settings: Any) -> CircuitBreaker:
        given: dict[str, Any] = {"failure_threshold": 3, "timeout": 10.0, "success_threshold": 2}
        return CircuitBreaker(**(given | {"clock": clock} | settings))

    return build
