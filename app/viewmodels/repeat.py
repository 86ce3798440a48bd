"""Repeats the chosen operation with the panel's settings, keeps the runs and compares two. QtCore only.

The run itself happens in a worker; what comes back are events, with everything that the charts draw.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.events import Event
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.values import dataclass
from app.operations.elsewhere import needs_log_in
from app.operations.log_in import Credentials
from app.operations.repeat_results import LaneComparison, RepeatPlan, RepeatRun, compare_runs
from app.viewmodels.memory import Memory
from app.viewmodels.ports import Handle, Publish, Submit, Subscriber
from app.viewmodels.repeat_export import RunExport, RunExported
from app.viewmodels.repeat_job import RepeatEnded, RepeatJob, RepeatPorts, RepeatProgressed
from app.viewmodels.repeat_picture import RunPicture
from app.viewmodels.repeat_settings import RepeatSettings, keep_settings, recall_settings
from app.viewmodels.repeat_table import RepeatTable
from app.viewmodels.repeat_words import log_in_wanted

MOST_KEPT = 20  # runs; the oldest goes


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsCompared(Event):
    """Two kept runs were compared on a worker."""

    base: int
    other: int
    lanes: tuple[LaneComparison, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run with its number, from 1."""

    number: int
    run: RepeatRun
    picture: RunPicture


class RepeatModel(QObject):
    """Settings, the run under way, and the kept runs. GUI thread."""

    settings_changed = Signal()
    running_changed = Signal(bool)
    progressed = Signal(object)  # RepeatProgress
    credentials_changed = Signal()
    problem_changed = Signal(str)
    runs_changed = Signal()
    shown_changed = Signal()
    comparison_changed = Signal()
    exported = Signal(str, str)  # file, why it could not be written; empty when it was

    def __init__(
        self,
        bus: Subscriber,
        ports: RepeatPorts,
        *,
        submit: Submit,
        publish: Publish,
        memory: Memory,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ports = ports
        self._submit = submit
        self._publish = publish
        self._memory = memory
        self._settings = recall_settings(memory)
        self._credentials: Credentials | None = None
        self._handle: Handle | None = None
        self._runs: list[KeptRun] = []
        self._shown: KeptRun | None = None
        self._base: KeptRun | None = None
        self._made = 0
        self.problem = ""
        self.comparison: tuple[LaneComparison, ...] = ()
        self.table = RepeatTable(self)
        bus.subscribe(RepeatProgressed, self._take_progress)
        bus.subscribe(RepeatEnded, self._take_end)
        bus.subscribe(RunsCompared, self._take_comparison)
        bus.subscribe(RunExported, self._take_export)

    @property
    def settings(self) -> RepeatSettings:
        """What the next run will do."""
        return self._settings

    @property
    def credentials(self) -> Credentials | None:
        """Who logs in at servers elsewhere. Never kept in a file, and gone when an address changes."""
        return self._credentials

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._handle is not None

    @property
    def runs(self) -> tuple[KeptRun, ...]:
        """The kept runs, newest first."""
        return tuple(reversed(self._runs))

    @property
    def shown(self) -> KeptRun | None:
        """The run in table and charts."""
        return self._shown

    @property
    def base(self) -> KeptRun | None:
        """The run that the shown one is compared with."""
        return self._base

    def change(self, **changed: Any) -> None:
        """Change some fields of the settings."""
        before, self._settings = self._settings, replace(self._settings, **changed)
        if self._settings != before:
            keep_settings(self._memory, before, self._settings)
            if self._settings.elsewhere != before.elsewhere:
                self.log_in_as("", "")  # what was typed for one server is not for another
            self.settings_changed.emit()

    def log_in_as(self, email: str, password: str) -> None:
        """Have the next runs log in at servers elsewhere; nothing in both is nobody."""
        wanted = Credentials(email=email, password=password) if email or password else None
        if wanted != self._credentials:
            self._credentials = wanted
            self.credentials_changed.emit()

    @Slot()
    def start(self) -> None:
        """Begin a run, unless one is under way; ``problem`` says why it cannot."""
        if self.running:
            return
        settings, question = self._settings, self._ports.question()
        edited = {lane: self._ports.edited(lane) for lane in settings.lanes}
        self._tell(self._obstacle(question.operation, edited))
        if self.problem:
            return
        plan = RepeatPlan(
            operation=question.operation,
            params=dict(question.params),
            fields=tuple(question.fields),
            lanes=settings.lanes,
            count=settings.count,
            concurrency=settings.concurrency,
            warm_up=settings.warm_up,
            together=settings.together,
            resilient=settings.resilient,
        )
        job = RepeatJob(
            plan,
            self._ports,
            addresses=settings.elsewhere,
            edited=edited,
            token=self._ports.token(),
            credentials=self._credentials,
            policies=self._ports.policies(),
            publish=self._publish,
        )
        self._handle = self._submit(job)
        self.running_changed.emit(True)

    @Slot()
    def cancel(self) -> None:
        """End the run under way; what was measured so far is kept."""
        if self._handle is not None:
            self._handle.cancel()

    def show_run(self, number: int) -> None:
        """Show a kept run. Unknown numbers are left alone."""
        found = self._find(number)
        if found is not None and found is not self._shown:
            self._show(found)

    def compare_with(self, number: int | None) -> None:
        """Compare the shown run with a kept one; None ends the comparison."""
        self._base = self._find(number)
        self._compare()

    def forget(self, number: int) -> None:
        """Drop a kept run."""
        gone = self._find(number)
        if gone is None:
            return
        self._runs.remove(gone)
        if self._base is gone:
            self.compare_with(None)
        self.runs_changed.emit()
        if self._shown is gone:
            self._show(self._runs[-1] if self._runs else None)

    def export(self, file: str) -> None:
        """Write the shown run: one row for each call as .csv, figures and histogram as JSON otherwise."""
        if self._shown is not None:
            self._submit(RunExport(self._shown.run, file, self._publish))

    def _find(self, number: int | None) -> KeptRun | None:
        return next((kept for kept in self._runs if kept.number == number), None)

    def _obstacle(self, operation: OperationId, edited: Mapping[Lane, Draft | None]) -> str:
        problems = self._settings.problems
        if problems:
            lane, why = next(iter(problems.items()))
            return f"The address of {lane.label} {why}."
        if problem := self._ports.problem():
            return problem
        asked = [lane for lane in self._settings.elsewhere if needs_log_in(operation, lane, edited[lane])]
        known = self._credentials
        if asked and not (known and known.email and known.password):
            return log_in_wanted(OPERATIONS[operation].title, asked)
        return ""

    def _tell(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            self.problem_changed.emit(problem)

    def _show(self, kept: KeptRun | None) -> None:
        self._shown = kept
        if self._base is kept:
            self._base = None
        self.table.show(kept.run if kept else None)
        self.shown_changed.emit()
        self._compare()

    def _compare(self) -> None:
        self.comparison = ()
        self.comparison_changed.emit()
        if self._base is not None and self._shown is not None and self._base is not self._shown:
            self._submit(_Comparison(self._base, self._shown, self._publish))

    @Slot(object)
    def _take_progress(self, event: RepeatProgressed) -> None:
        if self.running:
            self.progressed.emit(event.progress)

    @Slot(object)
    def _take_end(self, event: RepeatEnded) -> None:
        self._handle = None
        self._tell(event.problem)
        if event.run is not None and event.picture is not None and event.run.lanes:
            self._made += 1
            kept = KeptRun(number=self._made, run=event.run, picture=event.picture)
            self._runs = [*self._runs, kept][-MOST_KEPT:]
            self.runs_changed.emit()
            self._show(kept)
        self.running_changed.emit(False)

    @Slot(object)
    def _take_comparison(self, event: RunsCompared) -> None:
        base, shown = self._base, self._shown
        if base and shown and (base.number, shown.number) == (event.base, event.other):
            self.comparison = event.lanes
            self.comparison_changed.emit()

    @Slot(object)
    def _take_export(self, event: RunExported) -> None:
        self.exported.emit(event.file, event.problem)


class _Comparison:
    """The comparison of two runs on a worker. Holds no QObject."""

    def __init__(self, base: KeptRun, other: KeptRun, publish: Publish) -> None:
        self._base, self._other, self._publish = base, other, publish

    def __call__(self, cancel: CancelToken) -> None:
        lanes = compare_runs(self._base.run, self._other.run)
        self._publish(
            RunsCompared(at=time.monotonic(), base=self._base.number, other=self._other.number, lanes=lanes)
        )
