"""The system's clock is set back while the program runs: what depends on it, and what does not."""

import pytest

from backends.auth import CLOCK_LEEWAY, Auth, Unauthenticated
from backends.catalog.accounts import Accounts
from backends.catalog.service import CatalogService
from tests.support.catalogs import sample_catalog

HOUR = 3600.0
NOON = 1_800_000_000.0


class Wall:
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.now = NOON
        self.steps: list[float] = []

    def __call__(self) -> float:
        if self.steps:
            self.now += self.steps.pop(0)
        return self.now


def test_orders_keep_their_sequence() -> None:
    """Numbers follow the placing, not the clock; the time of each is what the clock said."""
    wall = Wall()
    with sample_catalog() as made:
        service = CatalogService(made.store, wall)
        first = service.create_order(user_id="user_123", lines=[("1", 1)])
        wall.now -= HOUR
        second = service.create_order(user_id="user_123", lines=[("2", 1)])
        assert int(second.id) == int(first.id) + 1
        assert second.created_at < first.created_at
        assert [order.id for order in service.recent_orders(int(first.id) - 1, 10)] == [first.id, second.id]


def test_a_key_still_brings_its_first_result() -> None:
    """A result from the future is no reason to create twice."""
    wall = Wall()
    with sample_catalog() as made:
        service = CatalogService(made.store, wall)
        first = service.create_product(name="once", price=1, idempotency_key="k")
        wall.now -= 48 * HOUR
        assert service.create_product(name="once", price=1, idempotency_key="k") == first


def test_a_clock_that_steps_back_in_the_middle_of_a_create_does_no_harm() -> None:
    """A key that is just forgotten on one look is forgotten on every look of the same request."""
    wall = Wall()
    with sample_catalog() as made:
        service = CatalogService(made.store, wall)
        first = service.create_product(name="once", price=1, idempotency_key="k")
        wall.now += 24 * HOUR
        wall.steps = [0.0, -1.0]
        assert service.create_product(name="once", price=1, idempotency_key="k").id != first.id


def test_a_token_from_the_future_is_refused_and_a_new_log_in_helps() -> None:
    """The reason says what is the matter; the way on is to log in again."""
    wall = Wall()
    with sample_catalog() as made:
        auth = Auth(b"s" * 32, Accounts(made.store, wall), wall)
        before = auth.login("user@example.com", "password").token
        wall.now -= CLOCK_LEEWAY
        assert auth.verify(before).sub == "user_123"  # a clock that is only put right
        wall.now -= HOUR
        with pytest.raises(Unauthenticated, match="issued in the future"):
            auth.verify(before)
        assert auth.verify(auth.login("user@example.com", "password").token).iat == NOON - CLOCK_LEEWAY - HOUR
