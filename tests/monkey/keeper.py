"""Keeps the monkey: starts the program, hands it the deeds, looks at the process in moments of calm."""

import gc
import os
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.bootstrap.desktop import Desktop, make_application
from app.bootstrap.outage_ports import Faults
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS
from app.infrastructure.paths import HOME_VARIABLE, user_paths
from backends.serving import ServerSettings
from tests.monkey.complaints import EXCUSED, Complaints, Look, growth, say
from tests.monkey.deeds import Deed, DeedLog, read
from tests.monkey.hands import Hands
from tests.monkey.watch import Heartbeat, LoudLog, root_log
from tests.monkey.whims import NEVER, Whims
from tests.support.footprint import footprint

CALM_EVERY = 60.0  # seconds between two moments of calm, in which the process is looked at
CALM_MS = 5_000  # for what runs to end
STEP_MS = 4  # between two small things of one deed
STOP_LIMIT = 3.0  # seconds that closing may take


class Keeper(QObject):
    """Runs deeds one after the other until the time is up. GUI thread."""

    def __init__(
        self,
        app: QApplication,
        desktop: Desktop,
        whims: Whims,
        log: DeedLog,
        complaints: Complaints,
        heart: Heartbeat,
        seconds: float,
    ) -> None:
        super().__init__()
        self._app, self._desktop, self._whims = app, desktop, whims
        self._log, self._complaints, self._heart, self._seconds = log, complaints, heart, seconds
        self._hands = Hands(desktop.window)
        self._faults = Faults(desktop.core)
        self._replayed: deque[Deed] | None = None
        self._begin = self._calm_at = time.monotonic()
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setTimerType(Qt.TimerType.PreciseTimer)
        self._turn.timeout.connect(self._take_turn)
        self._number = 0
        self.done: Counter[str] = Counter()
        self.looks: list[Look] = []

    def replay(self, deeds: Iterator[Deed]) -> None:
        """Do these instead of what the monkey feels like."""
        self._replayed = deque(deeds)

    @Slot()
    def start(self) -> None:
        """The servers are up."""
        self._begin = self._calm_at = time.monotonic()
        self._turn.start(500)

    @Slot()
    def _take_turn(self) -> None:
        # First of all, for a step may open a loop of its own, and the next turn must come inside it.
        self._turn.start(STEP_MS)
        if not self._hands.idle:
            self._hands.step()
            return
        now = time.monotonic()
        if not self._desktop.window.isVisible():
            self._complaints.tell("gone", "the window is no longer there")
            self._app.quit()
        elif now - self._begin >= self._seconds or now - self._calm_at >= CALM_EVERY:
            self._turn.stop()
            self._calm_down()
        else:
            self._do_next(now - self._begin)

    def _do_next(self, at: float) -> None:
        if self._replayed is None:
            do, how, on = self._whims.next()
            self._number += 1
            deed = Deed(number=self._number, at=at, do=do, how=how, on=on)
            wait = self._whims.pause()
        elif self._replayed:
            if self._replayed[0].at > at:
                return
            deed, wait = self._replayed.popleft(), STEP_MS
        else:
            return
        self._log.write(deed)
        self.done[deed.do] += 1
        if deed.do == "faults":
            self._faults.apply_faults(Lane(deed.how["lane"]), deed.how["rules"])
        else:
            self._hands.begin(deed)
        self._turn.start(wait)

    # -- calm ------------------------------------------------------------------------------------------

    def _calm_down(self) -> None:
        """End what runs, so that two looks at the process can be compared."""
        for popup in iter(QApplication.activePopupWidget, None):
            popup.close()
        for modal in iter(QApplication.activeModalWidget, None):
            modal.close()
        models = self._desktop.models
        self._desktop.window.showNormal()
        models.outage.stop_scenario()
        models.outage.set_load(running=False)
        models.outage.clear()
        models.operation.request_cancel()
        models.orders.cancel_all()
        models.breakers.reset_all()
        QTimer.singleShot(CALM_MS, self._look)

    @Slot()
    def _look(self) -> None:
        with self._heart.asleep():  # it is the keeper who keeps the window waiting
            look = self._take_look()
        self.looks.append(look)
        say(f"calm: {look}")
        self._calm_at = time.monotonic()
        if self._calm_at - self._begin >= self._seconds:
            self._app.quit()
        else:
            self._desktop.models.outage.set_load(running=True, rate=4.0, lanes=tuple(Lane))
            self._turn.start(STEP_MS)

    def _take_look(self) -> Look:
        gc.collect()
        held = footprint()
        return Look(
            at=round(time.monotonic() - self._begin, 1),
            memory=held.memory,
            threads=held.threads,
            descriptors=held.descriptors,
            widgets=len(QApplication.allWidgets()),
            objects=len(self._desktop.window.findChildren(QObject)),
        )


def keep(home: Path, log_file: Path, *, seed: int, seconds: float, replay: Path | None) -> int:
    """Run the program and the monkey in it. 0 when nothing was wrong."""
    log = DeedLog(log_file)
    complaints = Complaints(lambda: log.last)
    os.environ[HOME_VARIABLE] = str(home / "trilane")
    app = make_application()
    app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    desktop = Desktop(app, ServerSettings(ephemeral=True), user_paths())
    desktop.core.crashes.subscribe(
        lambda report: complaints.tell("uncaught", f"{report.where}\n{report.text}")
    )
    for never in NEVER:
        desktop.actions.set_enabled(never, False)
    whims = Whims(desktop.window, lambda: _titles(desktop), home, seed)
    heart = Heartbeat(complaints.tell)
    keeper = Keeper(app, desktop, whims, log, complaints, heart, seconds)
    if replay is not None:
        keeper.replay(read(replay.read_text(encoding="utf-8").splitlines()))
    desktop.models.backends.all_ready.connect(keeper.start)
    desktop.models.backends.all_ready.connect(heart.start)
    with root_log(LoudLog(complaints.tell)):
        desktop.window.resize(1440, 900)
        desktop.window.show()
        app.exec()
        heart.stop()
        began = time.monotonic()
        if not desktop.close():
            complaints.tell("close", "something was left running")
        took = time.monotonic() - began
        if took > STOP_LIMIT:
            complaints.tell("close", f"closing took {took:.1f} s")
    for words in growth(keeper.looks):
        complaints.tell("growth", words)
    log.close()
    say(
        f"seed {seed}: {sum(keeper.done.values())} deeds {dict(keeper.done.most_common())}",
        f"beats {len(heart.lateness)}, late p50 {heart.percentile(0.5) * 1000:.1f} ms, "
        f"p99 {heart.percentile(0.99) * 1000:.1f} ms, p99.9 {heart.percentile(0.999) * 1000:.1f} ms, "
        f"max {heart.percentile(1) * 1000:.0f} ms; closed in {took:.2f} s",
        f"wrong: {dict(complaints.counts) or 'nothing'}",
    )
    return 1 if set(complaints.counts) - set(EXCUSED) else 0


def _titles(desktop: Desktop) -> list[str]:
    """What can be asked for in the palette now, but for the end of the program."""
    titles = [spec.title for spec, action in desktop.actions if action.isEnabled() and spec.id not in NEVER]
    return titles + [each.title for each in OPERATIONS.values()]
