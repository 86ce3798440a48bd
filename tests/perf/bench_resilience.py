"""What the policies cost over the bare call, beside the well-known libraries, in one run.

Run as a script: ``python tests/perf/bench_resilience.py [--json] [--number N]``. Exit status 1 when one of
our figures is over its limit. Contenders take turns within a round and the best of the rounds counts, so
that all meet the same weather and the neighbours' noise falls out.
"""

import argparse
import gc
import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from app.resilience import CircuitBreaker, CircuitOpenError, Outcome, Pipeline, retry_with_backoff  # noqa: E402

ROUNDS = 7
THREADS = 8
Call = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. Times in nanoseconds; ``limit`` only where we promise one."""

    group: str
    name: str
    over_bare: float
    ratio: float  # to ours in the same group
    limit: float | None = None
    unit: str = "ns"

    @property
    def kept(self) -> bool:
        return self.limit is None or self.over_bare <= self.limit


def work() -> int:
    """The protected call: as little as a call can do."""
    return 1


def on_attempt(_attempt: object) -> int:
    """The same with the argument that a pipeline gives."""
    return 1


def plain() -> object:
    """The bare call inside one more function, as the contenders are."""
    return work()


def fail() -> None:
    """What opens a circuit."""
    raise ConnectionError


def successes() -> dict[str, Call]:
    """A successful call through a closed breaker of each library; ours first."""
    import circuitbreaker  # type: ignore[import-untyped]
    import purgatory
    import pybreaker

    ours = CircuitBreaker()
    permits = CircuitBreaker()
    other = pybreaker.CircuitBreaker()
    decorated = circuitbreaker.CircuitBreaker()
    factory = purgatory.SyncCircuitBreakerFactory()
    factory.initialize()

    def by_permit() -> int:
        permit = permits.acquire()
        result = work()
        permits.record(permit, Outcome.SUCCESS)
        return result

    def by_purgatory() -> int:
        with factory.get_breaker("bench"):
            return work()

    return {
        "CircuitBreaker.call": lambda: ours.call(work),
        "CircuitBreaker.acquire/record": by_permit,
        "circuitbreaker": decorated(work),
        "pybreaker": lambda: other.call(work),
        "purgatory": by_purgatory,
    }


def rejections() -> dict[str, Call]:
    """A call that an open breaker refuses."""
    import circuitbreaker
    import pybreaker

    ours = CircuitBreaker(1)
    other = pybreaker.CircuitBreaker(1)
    decorated = circuitbreaker.CircuitBreaker(1)
    guarded = decorated(work)
    for call in (ours.call, other.call, lambda each: decorated(each)()):
        with suppress(Exception):  # pybreaker raises an error of its own here
            call(fail)
    return {
        "CircuitBreaker.call": _refused(lambda: ours.call(work), CircuitOpenError),
        "circuitbreaker": _refused(guarded, circuitbreaker.CircuitBreakerError),
        "pybreaker": _refused(lambda: other.call(work), pybreaker.CircuitBreakerError),
    }


def retries() -> dict[str, Call]:
    """A call that succeeds at once, wrapped in retrying; the pipeline does much more than that."""
    import stamina
    import tenacity

    pipeline = Pipeline()
    patient = tenacity.retry(stop=tenacity.stop_after_attempt(4), wait=tenacity.wait_exponential())(work)
    enduring = stamina.retry(on=ConnectionError, attempts=4)(work)
    return {
        "Pipeline.call": lambda: pipeline.call(on_attempt),
        "retry_with_backoff": lambda: retry_with_backoff(work),
        "tenacity": patient,
        "stamina": enduring,
    }


def _refused(call: Call, kind: type[Exception]) -> Call:
    def refused() -> None:
        try:
            call()
        except kind:
            return
        raise AssertionError("admitted")

    return refused


def _bare_refusal() -> None:
    """What the loop and the lambda of a rejection cost without it."""
    try:
        work()
    except CircuitOpenError:
        return


@contextmanager
def quiet() -> Iterator[None]:
    """No garbage collection and no log lines while measuring."""
    logging.disable(logging.CRITICAL)
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)


def once(call: Call, number: int) -> float:
    """Nanoseconds for one call, over ``number`` of them."""
    turns = range(number)
    start = time.perf_counter_ns()
    for _ in turns:
        call()
    return (time.perf_counter_ns() - start) / number


def together(call: Call, number: int, threads: int) -> float:
    """Nanoseconds of wall time for one call when ``threads`` share ``number`` of them."""
    share = number // threads
    go = threading.Barrier(threads + 1)

    def run() -> None:
        go.wait()
        for _ in range(share):
            call()

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    go.wait()
    start = time.perf_counter_ns()
    for worker in workers:
        worker.join()
    return (time.perf_counter_ns() - start) / (share * threads)


def measure(calls: dict[str, Call], bare: Call, number: int) -> dict[str, float]:
    """Nanoseconds over the bare call for each, the best of several rounds."""
    best = dict.fromkeys(["", *calls], float("inf"))
    for _ in range(ROUNDS):
        for name, call in [("", bare), *calls.items()]:
            best[name] = min(best[name], once(call, number))
    return {name: best[name] - best[""] for name in calls}


def group(title: str, calls: dict[str, Call], bare: Call, number: int, limit: float) -> list[Figure]:
    """The lines of one comparison; the first contender is ours and has the limit."""
    times = measure(calls, bare, number)
    ours = next(iter(times.values()))
    return [
        Figure(
            group=title,
            name=name,
            over_bare=took,
            ratio=took / ours,
            limit=limit if index == 0 else None,
        )
        for index, (name, took) in enumerate(times.items())
    ]


def crowding(calls: dict[str, Call], number: int) -> list[Figure]:
    """Eight threads against one, per call, each in the best of the rounds."""
    lines = []
    for name, call in calls.items():
        alone = min(together(call, number, 1) for _ in range(ROUNDS))
        crowd = min(together(call, number, THREADS) for _ in range(ROUNDS))
        ours = name.startswith(("CircuitBreaker.call", "Pipeline"))
        lines.append(
            Figure(
                group=f"{THREADS} threads ÷ 1",
                name=name,
                over_bare=crowd / alone,
                ratio=crowd / alone,
                limit=1.5 if ours else None,
                unit="×",
            )
        )
    return lines


def run(number: int) -> list[Figure]:
    """The whole table."""
    through, refused, again = successes(), rejections(), retries()
    with quiet():
        figures = [
            *group("success, closed breaker", through, plain, number, 500.0),
            *group("rejection, open breaker", refused, _bare_refusal, number, 1500.0),
            *group("success, whole path", again, plain, number, 3000.0),
        ]
        crowd = {name: through[name] for name in ("CircuitBreaker.call", "circuitbreaker", "pybreaker")}
        crowd["Pipeline.call"] = again["Pipeline.call"]
        figures += crowding(crowd, number)
    return figures


def show(figures: list[Figure]) -> str:
    """The table as text."""
    lines = [f"{'':26}{'':32}{'over bare':>12}{'÷ ours':>9}{'limit':>10}"]
    last = ""
    for each in figures:
        limit = "" if each.limit is None else f"{each.limit:g} {each.unit}"
        verdict = "" if each.kept else "  TOO SLOW"
        ratio = f"{each.ratio:9.2f}" if each.unit == "ns" else f"{'':9}"
        value = f"{each.over_bare:.0f} ns" if each.unit == "ns" else f"{each.over_bare:.2f} ×"
        title = "" if each.group == last else each.group
        lines.append(f"{title:26}{each.name:32}{value:>12}{ratio}{limit:>10}{verdict}")
        last = each.group
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. 1 when a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--number", type=int, default=20_000, help="calls in a round")
    options = parser.parse_args(arguments)
    figures = run(options.number)
    text = json.dumps([asdict(each) for each in figures]) if options.json else show(figures)
    sys.stdout.write(text + "\n")
    return 0 if all(each.kept for each in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
