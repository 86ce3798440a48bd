"""The outage panel's state: what is broken on purpose, background traffic, the scenario player. QtCore only.

It only asks for changes through ports; a port must return at once and do its work elsewhere.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.events import AttemptFinished, CallsDropped, FaultsChanged, LoadChanged, ScenarioProgress
from app.domain.lanes import Lane
from app.domain.values import dataclass
from app.runtime.event_bus import EventBus
from app.viewmodels.outage_rules import (
    ERRORS,
    FailureKind,
    LaneOutage,
    Preset,
    from_rules,
    kinds,
    rules,
    summary,
)

SETTLE_MS = 80  # a slider being dragged asks for one change, not for forty
ORIGIN = "panel"


class FaultPort(Protocol):
    """Where outages go. Must not block."""

    def apply_faults(self, lane: Lane, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace the fault rules of a lane, from the next request on."""

    def reseed(self, seed: int) -> None:
        """Begin the random draws anew."""


class LoadPort(Protocol):
    """Background traffic. Must not block; whoever runs it publishes LoadChanged."""

    def set_load(self, running: bool, rate: float, lanes: tuple[Lane, ...]) -> None:
        """Start, change or stop: ``rate`` calls a second on each lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioChoice:
    """One entry of the list of scenarios."""

    name: str  # for ScenarioPort.run()
    title: str
    about: str = ""
    problem: str = ""  # why the file cannot be played, with its line; empty when it can


class ScenarioPort(Protocol):
    """Plays timed scripts; tells its progress with ScenarioProgress events. Must not block."""

    def choices(self) -> Sequence[ScenarioChoice]:
        """What there is, files that cannot be played too."""

    def open(self, path: str) -> ScenarioChoice:
        """Add a file. Raises InvalidInput with line and reason."""

    def run(self, name: str) -> None:
        """Begin; ends another one that runs."""

    def pause(self) -> None:
        """Hold, or go on."""

    def step(self) -> None:
        """Jump to the next step of a paused scenario."""

    def stop(self) -> None:
        """End it and put back what was set before."""

    @property
    def reported(self) -> str:
        """The name of the scenario whose report can be saved; empty without one."""

    def save_report(self, file: str) -> str:
        """Write the last report: JSON where the ending says so, text otherwise. Returns why it could not."""


class OutageModel(QObject):
    """Holds a LaneOutage for each lane and sends it on once it settles. GUI thread.

    ``outage_changed(lane)`` after every change, by hand or from elsewhere.
    """

    outage_changed = Signal(object)
    together_changed = Signal(bool)
    load_changed = Signal()
    seed_changed = Signal(int)  # by something else than set_seed()
    scenario_changed = Signal(object)

    def __init__(
        self,
        bus: EventBus,
        faults: FaultPort,
        load: LoadPort,
        *,
        scenarios: ScenarioPort | None = None,
        seed: int = 42,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bus = bus
        self._faults = faults
        self._load = load
        self.scenarios = scenarios
        self._clock = clock
        self._outages = {lane: LaneOutage() for lane in Lane}
        self._unsent: set[Lane] = set()
        self._sent: dict[Lane, tuple[Mapping[str, Any], ...]] = {}
        self._one_shots = dict.fromkeys(Lane, 0)  # requests that must still fail once
        self._together = False
        self._seed = seed
        self._running = False
        self._dropped = 0
        self.playing = False  # a scenario is
        self._rate = 1.0
        self._lanes: tuple[Lane, ...] = tuple(Lane)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.send)
        bus.subscribe(FaultsChanged, self.take_faults)
        bus.subscribe(AttemptFinished, self.count_one_shot)
        bus.subscribe(LoadChanged, self.take_load)
        bus.subscribe(CallsDropped, self.take_dropped)
        bus.subscribe(ScenarioProgress, self.take_progress)

    def outage(self, lane: Lane) -> LaneOutage:
        """What is set for a lane."""
        return self._outages[lane]

    @property
    def together(self) -> bool:
        """Whether a change of one lane goes to all."""
        return self._together

    @property
    def seed(self) -> int:
        """Seed of the random draws."""
        return self._seed

    @property
    def running(self) -> bool:
        """Whether background traffic runs."""
        return self._running

    @property
    def rate(self) -> float:
        """Calls a second on each lane."""
        return self._rate

    @property
    def dropped(self) -> int:
        """Background calls that were not sent, because too many were under way."""
        return self._dropped

    @property
    def load_lanes(self) -> tuple[Lane, ...]:
        """Lanes with background traffic."""
        return self._lanes

    def change(self, lane: Lane, **fields: Any) -> None:
        """Change some fields of a lane's outage, or of all lanes' when they are tied together."""
        for each in Lane if self._together else (lane,):
            self._set(each, replace(self._outages[each], **_fitting(each, fields)))

    def use_preset(self, preset: Preset) -> None:
        """Put all lanes into a named outage."""
        for lane in Lane:
            self._one_shots[lane] = 0
            self._set(lane, replace(preset.outage, operation=self._outages[lane].operation))
            self._unsent.add(lane)
        self.send()

    @Slot()
    def clear(self) -> None:
        """Make everything healthy, one-shot rules too."""
        for lane in Lane:
            self._outages[lane] = LaneOutage()
            self._one_shots[lane] = 0
            self._unsent.add(lane)
            self.outage_changed.emit(lane)
        self.send()

    def fail_next(self, lane: Lane, count: int) -> None:
        """Have the next ``count`` requests fail, on top of what is set."""
        for each in Lane if self._together else (lane,):
            self._send(each, count)

    def set_together(self, together: bool) -> None:
        """Tie the lanes; nothing changes until the next change."""
        if together != self._together:
            self._together = together
            self.together_changed.emit(together)

    def set_seed(self, seed: int) -> None:
        """Begin the random draws anew from a seed."""
        self._seed = seed
        self._faults.reseed(seed)

    def set_load(
        self,
        *,
        running: bool | None = None,
        rate: float | None = None,
        lanes: Sequence[Lane] | None = None,
    ) -> None:
        """Start, stop or change background traffic; what is not named stays."""
        self._running = self._running if running is None else running
        self._rate = self._rate if rate is None else rate
        self._lanes = self._lanes if lanes is None else tuple(lanes)
        self._running = self._running and bool(self._lanes)
        self._load.set_load(self._running, self._rate, self._lanes)
        self.load_changed.emit()

    @Slot()
    def toggle_load(self) -> None:
        """Start or stop background traffic; a scenario that plays has a load of its own."""
        if self.playing:
            return
        self.set_load(running=not self._running)

    @Slot()
    def stop_scenario(self) -> None:
        """End the scenario that plays."""
        if self.scenarios is not None:
            self.scenarios.stop()

    @Slot()
    def send(self) -> None:
        """Send what has changed now instead of after it settles."""
        self._settle.stop()
        for lane in [lane for lane in Lane if lane in self._unsent]:
            self._send(lane, self._one_shots[lane])  # another change takes no promised failure back

    @Slot(object)
    def take_faults(self, event: FaultsChanged) -> None:
        """Show an outage that a scenario or the command line made."""
        if event.settings.get("origin") == ORIGIN or "rules" not in event.settings:
            return
        if event.settings.get("seed", self._seed) != self._seed:
            self._seed = event.settings["seed"]
            self.seed_changed.emit(self._seed)
        # An echo of our own change may come back while a hand is still on the slider.
        if tuple(event.settings["rules"]) == self._sent.get(event.lane):
            return
        self._sent.pop(event.lane, None)
        self._unsent.discard(event.lane)
        self._one_shots[event.lane] = 0
        self._outages[event.lane] = from_rules(event.lane, event.settings["rules"])
        self.outage_changed.emit(event.lane)

    @Slot(object)
    def count_one_shot(self, event: AttemptFinished) -> None:
        """A one-shot fault has fired; after the last one the timeline says what is left."""
        left = self._one_shots[event.lane]
        if not left or "fail next" not in (event.injected or ""):
            return
        self._one_shots[event.lane] = left - 1
        if left == 1:
            self._tell(event.lane, rules(event.lane, self._outages[event.lane]))

    @Slot(object)
    def take_load(self, event: LoadChanged) -> None:
        """Show the traffic that runs."""
        if event.running and not self._running:
            self._dropped = 0
        self._running, self._rate = event.running, event.rate or self._rate
        self._lanes = event.lanes or self._lanes
        self.load_changed.emit()

    @Slot(object)
    def take_dropped(self, event: CallsDropped) -> None:
        """Show how many background calls were left out."""
        self._dropped = event.dropped
        self.load_changed.emit()

    @Slot(object)
    def take_progress(self, event: ScenarioProgress) -> None:
        """Show where the scenario is."""
        self.playing = event.running
        self.scenario_changed.emit(event)

    def _set(self, lane: Lane, outage: LaneOutage) -> None:
        if outage == self._outages[lane]:
            return
        self._outages[lane] = outage
        self._unsent.add(lane)
        self._settle.start()
        self.outage_changed.emit(lane)

    def _send(self, lane: Lane, fail_next: int) -> None:
        self._unsent.discard(lane)
        self._one_shots[lane] = fail_next
        made = rules(lane, self._outages[lane], fail_next)
        self._sent[lane] = made
        self._faults.apply_faults(lane, made)
        self._tell(lane, made)

    def _tell(self, lane: Lane, made: Sequence[Mapping[str, Any]]) -> None:
        left = self._one_shots[lane]
        parts = (f"fail next {left}" if left else "", summary(lane, self._outages[lane]))
        words = ", ".join(part for part in parts if part)
        settings = {"origin": ORIGIN, "rules": made}
        self._bus.publish(FaultsChanged(at=self._clock(), lane=lane, summary=words, settings=settings))


def _fitting(lane: Lane, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A change as far as it means something on this lane: an error is written differently on each."""
    fitting = dict(fields)
    if fitting.get("kind") is FailureKind.PARTIAL and FailureKind.PARTIAL not in kinds(lane):
        fitting["kind"] = FailureKind.ERROR
    if fitting.get("error") and fitting["error"] not in ERRORS[lane]:
        del fitting["error"]
    return fitting
