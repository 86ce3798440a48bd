"""Whether the time of a refused log-in tells known from unknown accounts."""

import math
import random
import statistics
import time

import pytest

from backends.auth import Auth, Unauthenticated
from backends.catalog.accounts import Accounts
from backends.catalog.seeding import fill
from backends.catalog.store import CatalogStore
from backends.limits import RateLimiter

ROUNDS = 400
NEVER = 10**6


def seconds(auth: Auth, email: str, password: str) -> float:
    """Processor time of one refused log-in: what others do on this machine is not in it."""
    begun = time.process_time()
    with pytest.raises(Unauthenticated):
        auth.login(email, password)
    return time.process_time() - begun


def z_value(one: list[float], other: list[float]) -> float:
    """How far the rank sum of Mann and Whitney is from that of equals, in standard deviations."""
    ranked = sorted([(value, True) for value in one] + [(value, False) for value in other])
    ranks = sum(rank for rank, (_, is_one) in enumerate(ranked, 1) if is_one)
    n, m = len(one), len(other)
    return (ranks - n * (n + 1) / 2 - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


@pytest.mark.fuzz
@pytest.mark.timeout(0)
@pytest.mark.parametrize("password", ["wrong", "é" * 200], ids=["short", "longest"])
def test_the_time_of_a_refusal_does_not_tell_who_exists(password: str) -> None:
    """Interleaved in random order, refusals of known and unknown accounts take equally long."""
    store = CatalogStore.ephemeral(lambda made: fill(made, products_wanted=None, seed=1))
    auth = Auth(b"s" * 32, Accounts(store), attempts=RateLimiter(NEVER), sprayed=RateLimiter(NEVER))
    taken: dict[str, list[float]] = {"user@example.com": [], "nobody@example.com": []}
    draw = random.Random(1)
    for _ in range(ROUNDS):
        for email in draw.sample(sorted(taken), 2):
            taken[email].append(seconds(auth, email, password))
    store.close()
    known, unknown = taken.values()
    medians = [statistics.median(values) * 1000 for values in (known, unknown)]
    z = z_value(known, unknown)
    print(f"known {medians[0]:.2f} ms, unknown {medians[1]:.2f} ms, z {z:.2f}")
    assert abs(medians[0] / medians[1] - 1) < 0.02
    assert abs(z) < 4
