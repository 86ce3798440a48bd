"""From the start of a process to an answer: ``trilane run compare`` and the window, beside newman and Bruno.

All take turns within one run. The command lines ask servers in another process, each for one product; the
window starts servers of its own.

Run as a script: ``python tests/perf/bench_start.py [--json] [--rounds N]``. Nothing is promised here.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto")]

from tests.perf import rivals, window_start  # noqa: E402
from tests.perf.bench_repeat import LANES, serve  # noqa: E402
from tests.perf.tools import programs  # noqa: E402

Start = Callable[[], float]  # seconds


def compare(lanes: tuple[str, ...], addresses: Mapping[str, str], home: Path) -> Start:
    """The whole process of ``trilane run compare``, which asks every one of ``lanes``."""
    command = [str(Path(sys.executable).with_name("trilane")), "run", "compare"]
    command += ["--operation", "get-product", "--param", "id=1", "--lanes", ",".join(lanes)]
    for lane in lanes:
        command += [f"--{lane}", addresses[lane]]
    environment = {**os.environ, "TRILANE_HOME": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a person's second start finds compiled modules

    def seconds() -> float:
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started

    return seconds


def contenders(found: Mapping[str, Path], cleanup: ExitStack) -> dict[str, Start]:
    """Ours first; newman and Bruno where they are among the programs that were ``found``."""
    addresses = serve(cleanup)
    folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
    starts: dict[str, Start] = {
        "compare, REST alone": compare(("rest",), addresses, folder),
        "compare, three lanes": compare(LANES, addresses, folder),
        "window, three servers ready": lambda: window_start.run_once(window_start.OURS, folder)["ready"],
    }
    if "newman" in found:
        starts["newman"] = rivals.newman(found["newman"], "rest", addresses, folder).seconds
    if "bruno" in found:
        starts["bruno"] = rivals.bruno(found["bruno"], "rest", addresses, folder).seconds
    return starts


def run(rounds: int) -> dict[str, float]:
    """Median seconds. A round before the first is thrown away: it compiles modules and fills caches."""
    with ExitStack() as cleanup:
        starts = contenders(programs(), cleanup)
        seen: dict[str, list[float]] = {name: [start()][:0] for name, start in starts.items()}
        for number in range(rounds):
            names = list(starts)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                seen[name].append(starts[name]())
    return {name: statistics.median(values) for name, values in seen.items()}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    found = run(given.rounds)
    lines = (f"{name:28} {seconds * 1000:6.0f} ms" for name, seconds in found.items())
    sys.stdout.write((json.dumps(found, indent=2) if given.json else "\n".join(lines)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
