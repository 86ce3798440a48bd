"""The switch interval is the program's while its window lives, and the interpreter's own again afterwards."""

import sys

from app.runtime.thread_turns import INTERVAL, QuickTurns


def test_the_interval_is_short_only_in_between() -> None:
    """Started twice and stopped twice it ends where it began."""
    before = sys.getswitchinterval()
    turns = QuickTurns()
    turns.start()
    turns.start()
    assert sys.getswitchinterval() <= INTERVAL * 1.01
    turns.stop()
    turns.stop()
    assert sys.getswitchinterval() == before


def test_a_shorter_interval_stays() -> None:
    """Whoever asked for still quicker turns keeps them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    try:
        turns = QuickTurns()
        turns.start()
        assert sys.getswitchinterval() < INTERVAL
        turns.stop()
    finally:
        sys.setswitchinterval(before)
