"""SIGKILL at random moments while three lanes write, again and again: make kill ROUNDS=200."""

import os
from pathlib import Path

import pytest

from tests.support.kill_rounds import Killing

ROUNDS = int(os.environ.get("ROUNDS", "200"))
SEED = int(os.environ.get("SEED", "1"))


@pytest.mark.kill
@pytest.mark.timeout(60 + 30 * ROUNDS)
def test_killed_servers_lose_nothing_that_they_acknowledged(tmp_path: Path) -> None:
    """After every kill the file opens, holds each acknowledged write whole, and gives no id twice."""
    killing = Killing(tmp_path, seed=SEED)
    for number in range(1, ROUNDS + 1):
        killing.round(number)
        assert not killing.tally.faults, f"seed {SEED}, round {number}: " + "\n".join(killing.tally.faults)
        if number % 10 == 0:
            print(f"seed {SEED}: {killing.tally}", flush=True)
    killing.settle()
    assert not killing.tally.faults, "\n".join(killing.tally.faults)
    print(f"seed {SEED}: {killing.tally}")
