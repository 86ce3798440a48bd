"""Stories of threads that share a breaker, and the search for what no order of whole operations could bring.

For each story every interleaving of whole operations is played in one thread; what threads bring about must
be one of those results.
"""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import app.resilience
from app.resilience import CircuitBreaker, CircuitOpenError, CountWindow, Outcome, Permit
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
        self.calls: list[Permit] = []  # of calls under way
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
    with suppress(CircuitOpenError):
        actor.calls.append(actor.breaker.acquire())


def call_ends(actor: Actor) -> None:
    if actor.calls:
        actor.breaker.record(actor.calls.pop(), Outcome.SUCCESS)


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


def random_story(pick: random.Random) -> Story:
    """Two or three threads with up to two operations each, from any starting point."""
    commands = [command(name) for name in ("reset", "force_open", "disable")]
    choices = [acquire, acquire, SUCCEED, FAIL, FAIL, IGNORE, whole_call, whole_call, snapshot]
    choices.append(pick.choice(commands))
    threads = [tuple(pick.choices(choices, k=pick.randint(1, 2))) for _ in range(pick.randint(2, 3))]
    at_once = pick.randint(1, 3)
    start = pick.choice(["closed", "closed", "open", "due", "half-open"])
    return Story(
        "random",
        start,
        *threads,
        given=pick.randint(0, 3) if start == "closed" else pick.randint(1, at_once),
        listened=pick.random() < 0.4,
        half_open_max_concurrent=at_once,
        success_threshold=3,
        open_backoff_factor=pick.choice([1.0, 2.0]),
        window=pick.choice([None, None, None, CountWindow(3, 2, 1.0)]),
    )
