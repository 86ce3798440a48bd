"""What the monkey's keeper looks out for: loud log lines and a window that does not answer."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from PySide6.QtCore import QObject, Qt, QTimer, Slot

Tell = Callable[[str, str], None]  # kind, text; any thread

BEAT_MS = 10
LIMIT = 0.250  # seconds that the window may be late
LOOK_FROM = 0.060  # seconds late after which it is looked at where it stands
LOOK_EVERY = 0.020
QUIET = (
    "This plugin does not support",  # the offscreen platform has no window manager
    "occurs outside target window",  # Qt's test library, of a drag that leaves its window
)


class LoudLog(logging.Handler):
    """Tells every line of level WARNING or above: Qt's warnings and asyncio's complaints arrive here, too."""

    def __init__(self, tell: Tell, *, quiet: tuple[str, ...] = QUIET) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell
        self._quiet = quiet

    def emit(self, record: logging.LogRecord) -> None:
        """Any thread."""
        text = record.getMessage()
        if any(one in text for one in self._quiet):
            return
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self._tell("log", f"{record.levelname} {record.name}: {text}\n{trace}".rstrip())


@contextmanager
def root_log(handler: logging.Handler) -> Iterator[None]:
    """Listen to everything that is logged."""
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Seconds: what passed, what was computed, how long somebody on this machine waited for a processor."""

    wall: float
    gui: float  # processor time of the GUI thread
    process: float
    machine: float  # of Linux's pressure figures; 0 where there are none

    @classmethod
    def now(cls, pressure: IO[bytes] | None) -> Self:
        """Call it on the GUI thread."""
        waited = 0.0
        if pressure is not None:
            pressure.seek(0)
            waited = int(pressure.readline().rsplit(b"=", 1)[1]) / 1e6
        return cls(wall=time.monotonic(), gui=time.thread_time(), process=time.process_time(), machine=waited)

    def since(self, before: "Effort") -> "Effort":
        """The difference."""
        return Effort(
            wall=self.wall - before.wall,
            gui=self.gui - before.gui,
            process=self.process - before.process,
            machine=self.machine - before.machine,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """One time that the window was late."""

    seconds: float
    effort: Effort
    stacks: tuple[str, ...]

    @property
    def starved(self) -> bool:
        """Whether others had the processors: alone on the machine it would have been within the limit.

        Either the machine says so, or it stood still: nothing was computed here, and the thread that looks
        got no turn either.
        """
        others = self.seconds - self.effort.machine < LIMIT
        nobody = len(self.stacks) * LOOK_EVERY < self.seconds / 2
        return self.effort.process < LIMIT and (others or nobody)


class Heartbeat(QObject):
    """A fast timer in the GUI thread and a thread that looks where the GUI stands while a beat is due.

    Lateness counts from when the beat was due. A window starved by a loaded machine is late as well; that is
    told as "starved" and proves nothing.
    """

    def __init__(self, tell: Tell, *, limit: float = LIMIT) -> None:
        super().__init__()
        self._tell = tell
        self._limit = limit
        self._gui = threading.get_ident()
        self._seen: list[str] = []
        pressure = Path("/proc/pressure/cpu")
        self._pressure = pressure.open("rb", buffering=0) if pressure.exists() else None
        self._asleep = False
        self._take_up()
        self._stop = threading.Event()
        self.lateness: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._watcher = threading.Thread(target=self._watch, name="monkey-watch", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._take_up()
        self._timer.start()
        self._watcher.start()

    def stop(self) -> None:
        """End, and wait for the watching thread."""
        self._timer.stop()
        self._stop.set()
        self._watcher.join(1)
        if self._pressure is not None:
            self._pressure.close()

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Nothing that happens inside counts."""
        self._asleep = True
        yield
        self._asleep = False
        self._take_up()

    def _take_up(self) -> None:
        self._before = Effort.now(self._pressure)
        self._seen = []

    def percentile(self, share: float) -> float:
        """Seconds of lateness that this share of all beats did not exceed."""
        ordered = sorted(self.lateness)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    @Slot()
    def _beat(self) -> None:
        now = Effort.now(self._pressure)
        effort = now.since(self._before)
        late = effort.wall - BEAT_MS / 1000
        self.lateness.append(max(0.0, late))
        self._before = now
        stacks, self._seen = tuple(self._seen), []
        if late > self._limit:
            stall = Stall(seconds=late, effort=effort, stacks=stacks)
            self._tell("starved" if stall.starved else "stall", _words(stall))

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            if not self._asleep and time.monotonic() - self._before.wall - BEAT_MS / 1000 > LOOK_FROM:
                frame = sys._current_frames().get(self._gui)
                if frame is not None:
                    self._seen.append("".join(traceback.format_stack(frame)[-14:]))


def _words(stall: Stall) -> str:
    """Figures, then each place where it stood, the most frequent first."""
    counts: dict[str, int] = {}
    for stack in stall.stacks:
        counts[stack] = counts.get(stack, 0) + 1
    places = sorted(counts.items(), key=lambda item: -item[1])[:3]
    stood = "".join(f"\n  seen {count} of {len(stall.stacks)} times:\n{stack}" for stack, count in places)
    gui, process, machine = (
        f"{seconds * 1000:.0f} ms"
        for seconds in (stall.effort.gui, stall.effort.process, stall.effort.machine)
    )
    return (
        f"{stall.seconds * 1000:.0f} ms late; its thread computed {gui}, the process {process};"
        f" processors were short for {machine}{stood}"
    )
