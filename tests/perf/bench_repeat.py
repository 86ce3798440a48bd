"""The request rate of a repeat, one call at a time, against bare libraries and the known command-line tools.

All take turns within one run, over the same servers, which ``trilane serve`` runs in another process. The
tools' own start is not counted. They are measured with ``--tools``, which installs them at its first use.

Run as a script: ``python tests/perf/bench_repeat.py [--json] [--rounds N] [--lanes LANE…] [--tools]``. Exit
status 1 when a ratio misses its goal.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto")]

from tests.perf import rivals  # noqa: E402
from tests.perf.rivals import Rate  # noqa: E402
from tests.perf.tools import programs  # noqa: E402

GOALS = {"bare": 0.9, "newman": 5.0, "bruno": 5.0}  # ours against it; of locust nothing is promised
CALLS = 400
LANES = ("rest", "graphql", "grpc")


def serve(cleanup: ExitStack) -> dict[str, str]:
    """The addresses of servers in a process of their own."""
    home = cleanup.enter_context(tempfile.TemporaryDirectory())
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--ephemeral"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "proto"), "TRILANE_HOME": home},
        stdout=subprocess.PIPE,
        text=True,
    )
    cleanup.callback(process.wait)
    cleanup.callback(process.terminate)
    assert process.stdout is not None
    cleanup.callback(process.stdout.close)
    found: dict[str, str] = json.loads(process.stdout.readline())
    return found


def ours(lane: str, addresses: Mapping[str, str], cleanup: ExitStack) -> Rate:
    """The use case that the window and ``trilane run repeat`` share."""
    from app.domain.lanes import Lane
    from app.domain.operations import OPERATIONS, OperationId
    from app.operations.lane_access import make_client
    from app.operations.repeat import Repeat
    from app.operations.repeat_results import RepeatPlan

    client = make_client(Lane(lane), addresses[lane])
    cleanup.callback(client.close)
    operation = OPERATIONS[OperationId.GET_PRODUCT]
    plan = RepeatPlan(
        operation=operation.id,
        params={"id": "1"},
        fields=operation.fields,
        lanes=(Lane(lane),),
        count=CALLS,
        warm_up=20,
    )

    def rate() -> float:
        run = Repeat(plan, {Lane(lane): client}).run()
        assert run.lanes[0].failed == 0
        return run.lanes[0].rate

    return rate


def bare(lane: str, addresses: Mapping[str, str], cleanup: ExitStack) -> Rate:
    """A plain loop over the library, decoding what comes."""
    from tests.perf import bench_calls

    open_bare = {
        "rest": bench_calls._bare_rest,
        "graphql": bench_calls._bare_graphql,
        "grpc": bench_calls._bare_grpc,
    }
    call = open_bare[lane](addresses, cleanup)

    def rate() -> float:
        for _ in range(20):
            call()
        started = time.perf_counter()
        for _ in range(CALLS):
            call()
        return CALLS / (time.perf_counter() - started)

    return rate


def contenders(
    lane: str, addresses: Mapping[str, str], tools: Mapping[str, Path], cleanup: ExitStack
) -> dict[str, Rate]:
    """Everything that can send this lane's request; ours first."""
    found = {"repeat": ours(lane, addresses, cleanup), "bare": bare(lane, addresses, cleanup)}
    folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
    makers = {"newman": rivals.newman, "bruno": rivals.bruno} if lane != "grpc" else {}
    for name, make in makers.items():
        if name in tools:
            found[name] = partial(make(tools[name], lane, addresses, folder).rate, 10, 10 + CALLS // 2)
    if lane == "rest" and "locust" in tools:
        for user in rivals.LOCUST_USERS:
            found[f"locust {user}"] = rivals.locust(tools["locust"], user, addresses["rest"], folder)
    return found


def measure(rates: Mapping[str, Rate], rounds: int) -> dict[str, dict[str, float]]:
    """Median rates, and ours against each: the median of the ratios within a round."""
    seen: dict[str, list[float]] = {name: [] for name in rates}
    for number in range(rounds):
        names = list(rates)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            seen[name].append(rates[name]())
    return {
        name: {
            "rate": statistics.median(found),
            "ours_against_it": statistics.median(
                mine / other for mine, other in zip(seen["repeat"], found, strict=True)
            ),
        }
        for name, found in seen.items()
    }


def run(
    rounds: int, tools: Mapping[str, Path], lanes: Sequence[str] = LANES
) -> dict[str, dict[str, dict[str, float]]]:
    """One lane after the other."""
    with ExitStack() as cleanup:
        addresses = serve(cleanup)
        return {lane: measure(contenders(lane, addresses, tools, cleanup), rounds) for lane in lanes}


def missed(results: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    """The goals that were not reached."""
    return [
        f"{lane}: {found['ours_against_it']:.2f} × {name}"
        for lane, rates in results.items()
        for name, found in rates.items()
        if found["ours_against_it"] < GOALS.get(name, 0.0)
    ]


def report(results: Mapping[str, Mapping[str, Mapping[str, float]]], *, as_json: bool) -> None:
    """A line for each contender, or one JSON object."""
    if as_json:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
        return
    for lane, rates in results.items():
        for name, found in rates.items():
            against = "" if name == "repeat" else f"   repeat is {found['ours_against_it']:.2f} × as fast"
            sys.stdout.write(f"{lane:8} {name:19} {found['rate']:7.0f}/s{against}\n")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tools", action="store_true", help="newman, Bruno and locust, too")
    parser.add_argument("--lanes", nargs="+", choices=LANES, default=LANES, help="these only")
    arguments = parser.parse_args()
    results = run(arguments.rounds, programs() if arguments.tools else {}, arguments.lanes)
    report(results, as_json=arguments.json)
    for each in missed(results):
        sys.stderr.write(f"goal missed: {each}\n")
    return int(bool(missed(results)))


if __name__ == "__main__":
    sys.exit(main())
