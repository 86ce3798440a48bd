"""Repeats the chosen operation with the panel's settings, keeps the runs and compares two. QtCore only.

The run itself happens in a worker; what comes back are events, with everything that the charts draw.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.errors import TrilaneError
from app.domain.events import Event
from app.domain.lanes import Lane
from app.operations.lane_access import MakeClient, make_client
from app.operations.log_in import Question
from app.operations.repeat import Repeat
from app.operations.repeat_results import LaneComparison, RepeatPlan, RepeatProgress, RepeatRun, compare_runs
from app.resilience.settings import PipelineSettings
from app.viewmodels.memory import Memory
from app.viewmodels.ports import Handle, Publish, Submit, Subscriber
from app.viewmodels.repeat_export import RunExport, RunExported
from app.viewmodels.repeat_picture import RunPicture, picture_of
from app.viewmodels.repeat_settings import RepeatSettings, keep_settings, recall_settings
from app.viewmodels.repeat_table import RepeatTable

MOST_KEPT = 20  # runs; the oldest goes


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatProgressed(Event):
    """A run is under way."""

    progress: RepeatProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatEnded(Event):
    """A run is over: measured, or ``problem`` says why not."""

    run: RepeatRun | None = None
    picture: RunPicture | None = None
    problem: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatPorts:
    """What a run needs of the program. Called on the GUI thread, but for ``client_for``."""

    question: Callable[[], Question]
    problem: Callable[[], str]  # why the operation cannot be sent as it stands; empty when it can
    edited: Callable[[Lane], Draft | None]  # the request where a person changed it
    token: Callable[[], str | None]
    client_for: Callable[[Lane], LaneClient]  # raises StartFailed while the server is not up; any thread
    policies: Callable[[], Mapping[Lane, PipelineSettings]]
    make_client: MakeClient = make_client


class RepeatModel(QObject):
    """Settings, the run under way, and the kept runs. GUI thread."""

    settings_changed = Signal()
    running_changed = Signal(bool)
    progressed = Signal(object)  # RepeatProgress
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
            self.settings_changed.emit()

    def set_address(self, lane: Lane, text: str) -> None:
        """Point a lane at a server elsewhere; empty text is this program's own."""
        self.change(addresses={**self._settings.addresses, lane: text})

    @Slot()
    def start(self) -> None:
        """Begin a run, unless one is under way; ``problem`` says why it cannot."""
        if self.running:
            return
        self._tell(self._obstacle())
        if self.problem:
            return
        settings, question = self._settings, self._ports.question()
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
        job = _Job(
            plan,
            self._ports,
            addresses=settings.elsewhere,
            edited={lane: self._ports.edited(lane) for lane in settings.lanes},
            token=self._ports.token(),
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

    def _obstacle(self) -> str:
        problems = self._settings.problems
        if problems:
            lane, why = next(iter(problems.items()))
            return f"The address of {lane.label} {why}."
        return self._ports.problem()

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


class _Job:
    """One run on a worker. Holds no QObject."""

    def __init__(
        self,
        plan: RepeatPlan,
        ports: RepeatPorts,
        *,
        addresses: Mapping[Lane, str],
        edited: Mapping[Lane, Draft | None],
        token: str | None,
        policies: Mapping[Lane, PipelineSettings],
        publish: Publish,
    ) -> None:
        self._plan = plan
        self._client_for, self._make_client = ports.client_for, ports.make_client
        self._addresses = addresses
        self._drafts = {lane: draft for lane, draft in edited.items() if draft is not None}
        self._token = token
        self._policies = policies
        self._publish = publish

    def __call__(self, cancel: CancelToken) -> None:
        try:
            run = self._measure(cancel)
        except TrilaneError as error:
            self._publish(RepeatEnded(at=time.monotonic(), problem=str(error)))
        except Exception as error:  # thread boundary: without an end the panel would wait for ever
            self._publish(RepeatEnded(at=time.monotonic(), problem=f"a fault of this program: {error!r}"))
            raise
        else:
            self._publish(RepeatEnded(at=time.monotonic(), run=run, picture=picture_of(run)))

    def _measure(self, cancel: CancelToken) -> RepeatRun:
        with ExitStack() as cleanup:
            return Repeat(
                self._plan,
                {lane: self._client(lane, cleanup) for lane in self._plan.lanes},
                drafts=self._drafts,
                token=self._token,
                policies=self._policies,
                cancel=cancel,
                on_progress=self._tell,
                addresses=self._addresses,
            ).run()

    def _client(self, lane: Lane, cleanup: ExitStack) -> LaneClient:
        address = self._addresses.get(lane)
        if address is None:
            return self._client_for(lane)
        client = self._make_client(lane, address)
        cleanup.callback(client.close)
        return client

    def _tell(self, progress: RepeatProgress) -> None:
        self._publish(RepeatProgressed(at=time.monotonic(), progress=progress))


class _Comparison:
    """The comparison of two runs on a worker. Holds no QObject."""

    def __init__(self, base: KeptRun, other: KeptRun, publish: Publish) -> None:
        self._base, self._other, self._publish = base, other, publish

    def __call__(self, cancel: CancelToken) -> None:
        lanes = compare_runs(self._base.run, self._other.run)
        self._publish(
            RunsCompared(at=time.monotonic(), base=self._base.number, other=self._other.number, lanes=lanes)
        )
