"""Half an hour of the whole program under changing faults: memory, threads and files stay as they were."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.footprint import HAS_PROC, Footprint, middle

SECONDS = float(os.environ.get("TRILANE_SOAK_SECONDS", "1800"))
SEED = int(os.environ.get("TRILANE_SOAK_SEED", "1"))
WARM_UP = (
    1 / 3
)  # of the time: until the timeline's and the orders' rings are full, which takes 5,000 calls a lane
SPAN = 1 / 6  # of the time, at both ends of the rest
FULL = 600.0  # seconds: in less, the rings still fill


def run() -> list[dict[str, Any]]:
    """The lines that the program printed."""
    command = [sys.executable, "-m", "tests.soak.window_run", str(SECONDS), str(SEED)]
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            sys.stdout.write(line)
            lines.append(json.loads(line))
    assert process.returncode == 0
    return lines


def looks(lines: list[dict[str, Any]], begin: float, end: float) -> Footprint:
    """What the process held between two shares of the time."""
    return middle(
        [
            Footprint(memory=line["memory"], threads=line["threads"], descriptors=line["descriptors"])
            for line in lines
            if begin <= line.get("at", -1) / SECONDS <= end
        ]
    )


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.skipif(not HAS_PROC, reason="needs /proc")
def test_the_window_stays_as_it_was_under_traffic_streams_and_faults() -> None:
    """After the warm-up memory grows by less than a twentieth, and threads and descriptors stay."""
    lines = run()
    result = lines[-1]
    before = looks(lines, WARM_UP, WARM_UP + SPAN)
    after = looks(lines, 1 - SPAN, 1.1)
    figures = f"{before} -> {after}"
    sys.stdout.write(f"\n{figures}\n")
    assert result["crashes"] == []
    assert result["stopped"]
    assert all(result["counts"][f"messages {lane}"] > SECONDS for lane in ("rest", "graphql", "grpc")), result
    assert all(result["counts"][f"calls {lane}"] > SECONDS for lane in ("rest", "graphql", "grpc")), result
    assert after.threads <= before.threads + 4, figures
    assert after.descriptors <= before.descriptors * 1.25 + 4, figures  # streams and calls come and go
    if SECONDS >= FULL:
        assert after.memory < before.memory * 1.05, figures
