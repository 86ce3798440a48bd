"""Plays scenarios in the window: through its own servers, pipelines and pictures, in real time."""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.bootstrap.outage_ports import Faults, Policies
from app.bootstrap.scenario_stage import LiveStage
from app.bootstrap.traffic import Traffic
from app.domain.cancel import CancelToken
from app.domain.errors import StartFailed, TrilaneError
from app.domain.events import (
    BreakerTransitioned,
    CallEvent,
    Event,
    LoadChanged,
    ScenarioProgress,
    SettingsApplied,
    StreamChanged,
)
from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.domain.values import dataclass
from app.operations.scenarios.calls import PREFIX, ScriptedCalls, stream_id
from app.operations.scenarios.catalog import Catalog, Entry
from app.operations.scenarios.player import Player
from app.operations.scenarios.ports import Before
from app.operations.scenarios.recording import Recording
from app.operations.scenarios.report import Report, build_report, closing_words, report_text
from app.operations.scenarios.script import Force, Rule, Script
from app.resilience.settings import PipelineSettings
from app.viewmodels.outage import ScenarioChoice

if TYPE_CHECKING:
    from app.bootstrap.core import Core

TICK = 0.25  # seconds between two looks of the player, and two moves of the progress bar


@dataclass(frozen=True, slots=True)
class Now:
    """What a person has set elsewhere at the moment a scenario begins."""

    token: str | None
    running: bool  # background traffic
    rate: float
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class _Playing:
    player: Player
    stage: LiveStage
    recording: Recording
    now: Now


class WindowScene:
    """What a scenario acts on in the window. Used by the player's thread."""

    def __init__(self, core: "Core", calls: ScriptedCalls, before: Before) -> None:
        self._core = core
        self._faults = Faults(core)
        self._policies = Policies(core.pipelines)
        self._calls = calls
        self._before = before
        self.publish = core.bus.publish

    def remember(self) -> Before:
        """What a person had set."""
        return self._before

    def restore(self, before: Before) -> None:
        """Put faults, settings and seed back, and release breakers that the script has forced."""
        self.reseed(before.seed)  # first: with the faults the panel is told of the seed
        for lane, rules in before.faults.items():
            self.apply_faults(lane, rules)
        for lane, settings in before.settings.items():
            self.apply_settings(lane, settings)
            if self._core.pipelines[lane].breaker.state.value in ("forced_open", "disabled"):
                self.force(lane, Force.RESET)

    def reseed(self, seed: int) -> None:
        """Begin the servers' draws anew."""
        self._faults.reseed(seed)

    def apply_faults(self, lane: Lane, rules: Sequence[Rule]) -> None:
        """The panel shows them, too."""
        self._faults.apply_faults(lane, rules)

    def apply_settings(self, lane: Lane, settings: PipelineSettings) -> None:
        """The panel shows them, too."""
        self._policies.apply_settings(lane, settings)
        self.publish(SettingsApplied(at=time.monotonic(), lane=lane, settings=settings))

    def force(self, lane: Lane, force: Force) -> None:
        """By hand."""
        match force:
            case Force.OPEN:
                self._policies.force_open(lane)
            case Force.DISABLE:
                self._policies.disable(lane)
            case Force.RESET:
                self._policies.reset(lane)

    def call(self, lane: Lane, number: int, cancel: CancelToken) -> None:
        """In a thread of the stage."""
        self._calls.call(lane, number, cancel)

    def stream(self, lane: Lane, number: int, request: OrdersRequest, cancel: CancelToken) -> None:
        """In a thread of the stage; the Orders panel shows it."""
        try:
            watch = self._core.watch_orders(lane, request, stream_id(lane, number))
        except StartFailed:  # the lane is not up: it streams nothing, as it calls nothing
            return
        watch.run(cancel)


class Scenarios(QObject):
    """The scenario player of the window. GUI thread; the play itself is a job."""

    def __init__(
        self, core: "Core", catalog: Catalog, traffic: Traffic, *, now: Callable[[], Now], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._core = core
        self._catalog = catalog
        self._traffic = traffic
        self._now = now
        self._opened: dict[str, Script] = {}
        self._playing: _Playing | None = None
        self._next: Script | None = None
        self._report: Report | None = None  # of the scenario that ended last
        for kind in (CallEvent, BreakerTransitioned, StreamChanged):
            core.bus.subscribe(kind, self.on_event)
        core.bus.subscribe(ScenarioProgress, self.on_progress)

    @property
    def reported(self) -> str:
        """The name of the scenario that ended last; empty before the first end."""
        return str(self._report["scenario"]) if self._report else ""

    def save_report(self, file: str) -> str:
        """Write the last report, as JSON by the file's ending or as text. Returns why it could not."""
        if self._report is None:
            return "nothing was played yet"
        as_json = file.lower().endswith(".json")
        text = (
            json.dumps(self._report, indent=2, ensure_ascii=False) if as_json else report_text(self._report)
        )
        try:
            Path(file).write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def choices(self) -> Sequence[ScenarioChoice]:
        """What can be played, and files that cannot."""
        listed = [_choice(entry) for entry in self._catalog.entries()]
        return [*listed, *(_choice_of(name, script) for name, script in self._opened.items())]

    def open(self, path: str) -> ScenarioChoice:
        """Take up a file from anywhere. Raises InvalidInput with line and reason."""
        self._opened[path] = self._catalog.open(Path(path))
        return _choice_of(path, self._opened[path])

    def run(self, name: str) -> None:
        """Begin; ends another one that runs. What cannot be played says why in its progress."""
        try:
            # Read anew: a person edits the file, runs it, and edits it again.
            script = self._catalog.open(Path(name)) if name in self._opened else self._catalog.find(name)
        except TrilaneError as error:
            self._tell_end(name, 0.0, str(error))
            return
        if self._playing is None:
            self._begin(script)
        else:
            self._next = script
            self.stop()

    def pause(self) -> None:
        """Hold, or go on."""
        if self._playing is not None:
            self._playing.player.pause()
            self._playing.stage.wake()

    def step(self) -> None:
        """Jump to the next step of a paused scenario."""
        if self._playing is not None:
            self._playing.player.step()
            self._playing.stage.wake()

    def stop(self) -> None:
        """End it and put back what was before."""
        if self._playing is not None:
            self._playing.player.stop()
            self._playing.stage.wake()

    @Slot(object)
    def on_event(self, event: Event) -> None:
        """Keep what the closing words are made of."""
        if self._playing is not None:
            self._playing.recording.take(event)

    @Slot(object)
    def on_progress(self, event: ScenarioProgress) -> None:
        """Keep it; at the end tell what came of it, and let the background traffic go on."""
        playing = self._playing
        if playing is None:
            return
        playing.recording.take(event)
        if event.running:
            return
        self._playing = None
        if playing.now.running:
            self._traffic.set_load(True, playing.now.rate, playing.now.lanes)
        else:
            self._core.bus.publish(
                LoadChanged(at=event.at, running=False, rate=playing.now.rate, lanes=playing.now.lanes)
            )
        report = self._report = build_report(playing.player.script, playing.recording)
        self._tell_end(event.name, event.duration, f"{closing_words(report)} {event.caption}".strip(), event)
        following, self._next = self._next, None
        if following is not None:
            self._begin(following)

    def _begin(self, script: Script) -> None:
        core, now = self._core, self._now()
        engine = core.backends.faults.describe()
        before = Before(
            seed=engine["seed"],
            faults={lane: tuple(engine["lanes"][lane.value]) for lane in script.lanes},
            settings={lane: core.pipelines[lane].settings for lane in script.lanes},
        )
        if now.running:
            self._traffic.set_load(False, now.rate, now.lanes)
        calls = ScriptedCalls(script, core.lanes.clients, core.lanes.runner, token=now.token)
        stage = LiveStage(partial(core.crashes.report, where="a scenario"))
        player = Player(script, stage, WindowScene(core, calls, before), tick=TICK)
        recording = Recording(origin=time.monotonic(), prefix=PREFIX)
        self._playing = _Playing(player, stage, recording, now)
        core.workers.submit(partial(_perform, player, stage))

    def _tell_end(
        self, name: str, duration: float, caption: str, last: ScenarioProgress | None = None
    ) -> None:
        self._core.bus.publish(
            ScenarioProgress(
                at=time.monotonic(),
                name=name,
                step=last.step if last else -1,
                steps=last.steps if last else 0,
                elapsed=last.elapsed if last else 0.0,
                duration=duration,
                caption=caption,
                running=False,
            )
        )


def _perform(player: Player, stage: LiveStage, cancel: CancelToken) -> None:
    """The job of one play."""
    cancel.on_cancel(stage.wake)
    with stage:
        player.play(cancel)


def _choice(entry: Entry) -> ScenarioChoice:
    if entry.script is None:
        return ScenarioChoice(name=entry.name, title=entry.name, problem=str(entry.error))
    return _choice_of(entry.name, entry.script)


def _choice_of(name: str, script: Script) -> ScenarioChoice:
    return ScenarioChoice(name=name, title=script.title, about=script.about)
