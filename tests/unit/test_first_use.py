"""One opening for several threads: shared, retried, given up when it hangs, ended once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from backends.first_use import FirstUse, GivenUp

GoOn = Callable[[], None]
Pool = ThreadPoolExecutor


class Openings:
    """Openings that wait where they are told to."""

    def __init__(self) -> None:
        self.begun: list[threading.Event] = [threading.Event(), threading.Event()]
        self.answers = [threading.Event(), threading.Event()]  # what is opened answers
        self.ready = [threading.Event(), threading.Event()]  # the work there is done
        self.at_work = threading.Event()
        self.ended: list[int] = []
        self.number = -1
        self.given_up: list[int] = []

    def make(self, go_on: GoOn) -> int:
        self.number += 1
        number = self.number
        self.begun[number].set()
        assert self.answers[number].wait(10)
        try:
            go_on()
        except GivenUp:
            self.given_up.append(number)
            raise
        self.at_work.set()
        assert self.ready[number].wait(10)
        return number

    def release(self) -> None:
        for event in (*self.answers, *self.ready):
            event.set()


@pytest.fixture
def openings() -> Iterator[Openings]:
    made = Openings()
    yield made
    made.release()


@pytest.fixture
def pool(openings: Openings) -> Iterator[Pool]:
    with Pool(4) as threads:
        yield threads
        openings.release()


@pytest.fixture
def use(openings: Openings) -> FirstUse[int]:
    return FirstUse(openings.make, openings.ended.append)


def test_the_first_opens_and_the_others_get_the_same(
    use: FirstUse[int], openings: Openings, pool: Pool
) -> None:
    """Three askers, one opening; a later one has it at once."""
    asked = [pool.submit(use.get, name) for name in ("rest", "graphql", "grpc")]
    openings.release()
    assert [one.result(10) for one in asked] == [0, 0, 0]
    assert use.get("rest") == 0
    use.close()
    use.close()
    assert openings.ended == [0]


def test_a_failure_is_raised_where_it_happened_and_the_next_one_tries() -> None:
    """Nothing is kept of it."""
    made = iter((OSError("no"), 7))

    def make(go_on: GoOn) -> int:
        found = next(made)
        if isinstance(found, OSError):
            raise found
        return found

    use = FirstUse(make, lambda value: None)
    with pytest.raises(OSError, match="no"):
        use.get("rest")
    assert use.get("rest") == 7


def test_who_asks_again_gives_up_an_opening_that_reaches_nothing(
    use: FirstUse[int], openings: Openings, pool: Pool
) -> None:
    """All who wait get the second one's; the first does no work when it goes on after all."""
    first: list[Future[int]] = [pool.submit(use.get, "rest")]
    assert openings.begun[0].wait(10)
    first.append(pool.submit(use.get, "grpc"))
    again = pool.submit(use.get, "rest")
    assert openings.begun[1].wait(10)
    openings.answers[1].set()
    openings.ready[1].set()
    assert again.result(10) == 1
    assert first[1].result(10) == 1
    assert not first[0].done()
    openings.release()
    assert first[0].result(10) == 1
    assert openings.given_up == [0]


def test_an_opening_at_work_is_waited_for(use: FirstUse[int], openings: Openings, pool: Pool) -> None:
    """It is slow and not lost: asking again begins no second one beside it."""
    openings.answers[0].set()
    first = pool.submit(use.get, "rest")
    assert openings.at_work.wait(10)
    again = pool.submit(use.get, "rest")
    openings.ready[0].set()
    assert (first.result(10), again.result(10)) == (0, 0)


def test_closing_waits_for_no_opening_and_what_it_still_makes_is_ended(
    use: FirstUse[int], openings: Openings, pool: Pool
) -> None:
    """Whoever waits is told at once, and so is the opener when it is through."""
    openings.answers[0].set()
    opener = pool.submit(use.get, "rest")
    assert openings.at_work.wait(10)
    other = pool.submit(use.get, "grpc")
    use.close()
    with pytest.raises(RuntimeError, match="closed"):
        other.result(10)
    openings.ready[0].set()
    with pytest.raises(RuntimeError, match="closed"):
        opener.result(10)
    assert openings.ended == [0]


def test_a_failure_of_an_opening_that_was_given_up_concerns_nobody(pool: Pool) -> None:
    """Its asker gets what the second one made."""
    hangs, asked = threading.Event(), threading.Event()
    results = iter((OSError("too late"), 5))

    def make(go_on: GoOn) -> int:
        found = next(results)
        if isinstance(found, int):
            return found
        asked.set()
        assert hangs.wait(10)
        raise found

    use = FirstUse(make, lambda value: None)
    first = pool.submit(use.get, "rest")
    assert asked.wait(10)
    assert use.get("rest") == 5
    hangs.set()
    assert first.result(10) == 5
