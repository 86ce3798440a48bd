"""One computation at a time, and a wait that ends when it is cancelled."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.operations.turn import Turn


def test_only_one_has_the_turn() -> None:
    """Of many that want it at once, no two are inside."""
    turn, inside, most = Turn(), 0, 0

    def job(_: int) -> None:
        nonlocal inside, most
        with turn.taken(CancelToken()):
            inside += 1
            most = max(most, inside)
            inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(job, range(200)))
    assert most == 1


def test_a_cancelled_one_waits_no_longer_and_takes_nothing() -> None:
    """Cancelled while it waits, or before; whoever comes next finds the turn as it was."""
    turn, cancel, waiting = Turn(), CancelToken(), threading.Event()

    def job() -> None:
        waiting.set()
        with pytest.raises(Cancelled), turn.taken(cancel):
            pytest.fail("it has the turn")

    with ThreadPoolExecutor(1) as pool:
        with turn.taken(CancelToken()):
            waits = pool.submit(job)
            assert waiting.wait(10)
            cancel.cancel()
            waits.result(10)
            with pytest.raises(Cancelled), turn.taken(cancel):
                pytest.fail("it has the turn")
        with turn.taken(CancelToken()):
            pass


def test_an_error_gives_the_turn_back() -> None:
    """The next one has it."""
    turn = Turn()
    with pytest.raises(ValueError, match="broken"), turn.taken(CancelToken()):
        raise ValueError("broken")
    with turn.taken(CancelToken()):
        pass
