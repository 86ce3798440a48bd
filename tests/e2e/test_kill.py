"""A few of the rounds that ``make kill`` runs by the hundred."""

from pathlib import Path

from tests.support.kill_rounds import Killing


def test_a_killed_server_lost_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """Two kills while three lanes write: what was acknowledged is there, whole, and once."""
    killing = Killing(tmp_path, seed=3)
    for number in (2, 3):
        killing.round(number)
    killing.settle()
    assert killing.tally.faults == []
    assert killing.tally.acknowledged > 0
