"""Whatever the moment at which threads are switched, the breaker behaves as if calls came one by one.

For each story every interleaving of whole operations is played in one thread; what threads bring about must
be one of those results. The switches happen between opcodes, and without the lock the same search finds
violations, so it would find them with a wrong lock too.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest

import app.resilience
from app.resilience import CircuitBreaker, CircuitOpenError, Outcome, Permit
from tests.support.clock import FakeClock
from tests.support.preemption import NoLock, Schedule, Stage, switch_at, switch_randomly

TRACED = frozenset(
    str(getattr(app.resilience, name).__file__)
    for name in ("breaker", "delivery", "machine", "states", "windows")
)
Step = Callable[["Actor"], object]


class Actor:
    """One thread's part in a story: the breaker, the permits it holds, what it got."""

    def __init__(self, breaker: CircuitBreaker, permits: Sequence[Permit] = ()) -> None:
        self.breaker = breaker
        self.permits = list(permits)
        self.seen: list[object] = []


def acquire(actor: Actor) -> object:
    try:
        actor.permits.append(actor.breaker.acquire())
    except CircuitOpenError as error:
        return error.state.value
    return "probe" if actor.permits[-1].probe else "admitted"


def record(outcome: Outcome) -> Step:
    def step(actor: Actor) -> object:
        return actor.breaker.record(actor.permits.pop(0), outcome) if actor.permits else None

    return step


def snapshot(actor: Actor) -> object:
    seen = actor.breaker.snapshot()
    return seen.state.value, seen.epoch


def command(name: str) -> Step:
    def step(actor: Actor) -> object:
        return getattr(actor.breaker, name)()

    return step


def whole_call(actor: Actor) -> None:
    """call() of a function that succeeds."""
    with suppress(CircuitOpenError):
        actor.breaker.call(int)


def call_begins(actor: Actor) -> None:
    acquire(actor)


def call_ends(actor: Actor) -> None:
    record(Outcome.SUCCESS)(actor)


def in_single_steps(steps: tuple[Step, ...]) -> list[Step]:
    """A call is two steps: others may come between."""
    return [part for step in steps for part in ((call_begins, call_ends) if step is whole_call else (step,))]


class Story:
    """A starting point and what each thread does, step by step. ``given`` permits are dealt one to each."""

    def __init__(
        self,
        name: str,
        start: str,
        *threads: tuple[Step, ...],
        given: int = 0,
        listened: bool = False,
        **settings: Any,
    ) -> None:
        self.listened = listened
        self.told: list[object] = []
        self.name, self.start, self.threads, self.given, self.settings = name, start, threads, given, settings

    def begin(self) -> tuple[CircuitBreaker, list[Actor]]:
        clock = FakeClock()
        breaker = CircuitBreaker(**({"failure_threshold": 3, "timeout": 10.0} | self.settings), clock=clock)
        early = [breaker.acquire() for _ in range(self.given)] if self.start == "closed" else []
        if self.start != "closed":
            for permit in [breaker.acquire() for _ in range(3)]:
                breaker.record(permit, Outcome.FAILURE)
            clock.advance(10 if self.start != "open" else 5)
        if self.start == "half-open":
            early = [breaker.acquire() for _ in range(self.given)]
        self.told = []
        if self.listened:
            breaker.subscribe(lambda change: self.told.append((change.kind.value, change.snapshot.epoch)))
        actors = [Actor(breaker, early[n : n + 1]) for n in range(len(self.threads))]
        return breaker, actors


SUCCEED, FAIL, IGNORE = (record(outcome) for outcome in Outcome)

STORIES = [
    Story("who gets the only probe", "due", (acquire,), (acquire,), (acquire,)),
    Story(
        "two of three get a probe",
        "due",
        (acquire, SUCCEED),
        (acquire, SUCCEED),
        (acquire, SUCCEED),
        half_open_max_concurrent=2,
    ),
    Story("three failures are three", "closed", (FAIL,), (FAIL,), (FAIL,), given=3),
    Story("a success among failures", "closed", (FAIL, acquire), (SUCCEED, acquire), (FAIL,), given=3),
    Story(
        "a probe fails while another succeeds",
        "half-open",
        (FAIL,),
        (SUCCEED,),
        (acquire,),
        given=2,
        half_open_max_concurrent=2,
    ),
    Story(
        "the last two successes",
        "half-open",
        (SUCCEED, acquire),
        (SUCCEED, acquire),
        given=2,
        half_open_max_concurrent=2,
    ),
    Story("a reset amid results", "closed", (FAIL, acquire), (command("reset"),), (SUCCEED,), given=3),
    Story("forced open amid calls", "closed", (acquire, SUCCEED), (command("force_open"), snapshot)),
    Story("rejections against a reset", "open", (acquire, acquire), (command("reset"), acquire), (acquire,)),
    Story("both return one failure", "closed", (FAIL,), (FAIL,), given=2, failure_threshold=2),
    Story(
        "neutral results make room once",
        "half-open",
        (IGNORE, acquire),
        (acquire,),
        (acquire,),
        given=1,
    ),
    Story("calls while others fail", "closed", (FAIL, FAIL), (whole_call,), given=2, failure_threshold=2),
    Story("a call when a probe is due", "due", (whole_call,), (whole_call,), success_threshold=1),
    Story("calls amid a reset", "open", (whole_call, whole_call), (command("reset"),), (whole_call,)),
    Story("told in order", "closed", (FAIL,), (FAIL,), (command("reset"),), given=3, listened=True),
]
Result = tuple[object, ...]


def result_of(breaker: CircuitBreaker, actors: Sequence[Actor]) -> Result:
    seen = breaker.snapshot()
    return (
        tuple(tuple(each for each in actor.seen if each is not None) for actor in actors),
        (seen.state.value, seen.epoch, seen.consecutive_failures, seen.half_open_successes),
        (seen.in_flight, seen.trips, seen.rejected, seen.stale_results, seen.retry_after),
    )


def orders(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every way to interleave that many steps of each thread."""
    pool = [n for n, length in enumerate(lengths) for _ in range(length)]
    return iter(set(itertools.permutations(pool)))


def allowed(story: Story) -> set[Result]:
    """What can come of a story when each step happens at once."""
    results = set()
    for order in orders([len(in_single_steps(steps)) for steps in story.threads]):
        breaker, actors = story.begin()
        todo = [in_single_steps(steps) for steps in story.threads]
        for number in order:
            actors[number].seen.append(todo[number].pop(0)(actors[number]))
        results.add((*result_of(breaker, actors), tuple(story.told)))
    return results


def play(story: Story, schedule: Schedule, *, locked: bool = True) -> tuple[Result, int]:
    """What came of a story in threads, and in how many opcodes."""
    breaker, actors = story.begin()
    stage = Stage(schedule, TRACED)
    breaker._lock = stage.lock() if locked else NoLock()

    def job(actor: Actor, steps: tuple[Step, ...]) -> Callable[[], None]:
        return lambda: actor.seen.extend(step(actor) for step in steps)

    stage.run([job(*pair) for pair in zip(actors, story.threads, strict=True)])
    return (*result_of(breaker, actors), tuple(story.told)), stage.steps


def violations(story: Story, *, locked: bool, stride: int = 3, seeds: int = 15) -> Iterator[str]:
    """Every schedule that brought about what no order of whole steps can."""
    right = allowed(story)
    _, steps = play(story, switch_at(frozenset()), locked=locked)
    schedules = [(f"at opcode {n}", switch_at(frozenset({n}))) for n in range(1, steps + 1, stride)]
    schedules += [(f"at random, seed {seed}", switch_randomly(seed, 0.15)) for seed in range(seeds)]
    for where, schedule in schedules:
        try:
            got, _ = play(story, schedule, locked=locked)
        except Exception as error:  # noqa: BLE001  whatever it is, one thread alone would not have raised it
            yield f"switched {where}: {error!r}"
        else:
            if got not in right:
                yield f"switched {where}: {got}"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_threads_bring_about_only_what_one_thread_could(story: Story) -> None:
    """A switch at every third opcode, or at random ones, gives what some order of whole operations gives."""
    assert list(violations(story, locked=True)) == []


@pytest.mark.parametrize("story", [*STORIES[:3], *STORIES[4:6]], ids=lambda story: story.name)
def test_without_the_lock_a_violation_is_found(story: Story) -> None:
    """The same search with the lock taken away finds a wrong result: the search can see what it is for."""
    assert next(violations(story, locked=False, stride=1), None) is not None
