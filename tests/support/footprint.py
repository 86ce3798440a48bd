"""What a process holds, read from outside where Linux shows it: memory, threads, descriptors."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HAS_PROC = Path("/proc/self/fd").exists()


@dataclass(frozen=True, slots=True)
class Footprint:
    """One look at a process."""

    memory: int  # KiB resident
    threads: int
    descriptors: int


def footprint(pid: int | None = None) -> Footprint:
    """Of this process, or of another one of the same user."""
    proc = Path("/proc") / str(pid or os.getpid())
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    return Footprint(
        memory=int(status["VmRSS"].split()[0]),
        threads=int(status["Threads"]),
        descriptors=len(list((proc / "fd").iterdir())),
    )


def middle(looks: Sequence[Footprint]) -> Footprint:
    """The median of each figure: one busy moment says nothing about growth."""
    return Footprint(
        memory=round(statistics.median(look.memory for look in looks)),
        threads=round(statistics.median(look.threads for look in looks)),
        descriptors=round(statistics.median(look.descriptors for look in looks)),
    )
