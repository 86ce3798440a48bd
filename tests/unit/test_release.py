"""Large values go in handfuls, and only where nobody else needs them."""

import gc
import weakref

import pytest
from pytestqt.qtbot import QtBot

from app.viewmodels.release import SlowRelease


class Leaf:
    """Something whose end can be seen."""


@pytest.fixture
def release(qapp: object) -> SlowRelease:
    return SlowRelease()


def test_everything_goes_without_the_collector(release: SlowRelease, qtbot: QtBot) -> None:
    """Nested lists and dicts are freed one after the other, to the last leaf."""
    leaves = [Leaf() for _ in range(1000)]
    ends = [weakref.ref(leaf) for leaf in leaves]
    value = {"data": {"items": [{"leaf": leaf, "list": [1, 2, [leaf]]} for leaf in leaves]}}
    leaves.clear()
    gc.disable()
    try:
        release.let_go(value)
        del value
        qtbot.waitUntil(lambda: release.idle, timeout=5000)
        assert [end for end in ends if end() is not None] == []
    finally:
        gc.enable()


def test_what_somebody_holds_stays_whole(release: SlowRelease, qtbot: QtBot) -> None:
    """A part that is shown elsewhere keeps every entry."""
    kept = [{"id": number} for number in range(500)]
    release.let_go({"mine": [1] * 500, "shared": kept})
    qtbot.waitUntil(lambda: release.idle, timeout=5000)
    assert kept == [{"id": number} for number in range(500)]


def test_a_value_that_its_owner_keeps_is_left_alone(release: SlowRelease, qtbot: QtBot) -> None:
    """After some turns it is given back untouched."""
    value = list(range(500))
    release.let_go(value)
    qtbot.waitUntil(lambda: release.idle, timeout=5000)
    assert value == list(range(500))


def test_the_event_loop_has_its_turns_meanwhile(release: SlowRelease, qtbot: QtBot) -> None:
    """Letting go returns at once, with nearly everything still there."""
    value = [[number] for number in range(200_000)]
    release.let_go(value)
    del value
    assert not release.idle
    qtbot.waitUntil(lambda: release.idle, timeout=10_000)
