"""What a scenario acts on without a window: embedded servers and pipelines, all on a conductor's time."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from app.cli.scenario_files import check_rules
from app.clients.streams import OrderStream
from app.domain.cancel import CancelToken
from app.domain.events import Event
from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.operations.order_batches import OrderBatches
from app.operations.scenarios.calls import Chance, ScriptedCalls, stream_id
from app.operations.scenarios.conductor import Conductor
from app.operations.scenarios.ports import Before
from app.operations.scenarios.script import Force, Rule
from app.operations.scenarios.staged_stream import StagedStream
from app.operations.watch_orders import OrderWatch
from app.resilience.pipeline import Pipeline
from app.resilience.settings import PipelineSettings

if TYPE_CHECKING:
    from backends.faults import FaultEngine, Fired, Injection

_WAITS = ("ms", "spread_ms")


class HeadlessScene:
    """One scenario's servers, pipelines and calls. Nothing is put back: all of it ends with the run."""

    def __init__(
        self,
        conductor: Conductor,
        faults: "FaultEngine",
        pipelines: Mapping[Lane, Pipeline],
        calls: ScriptedCalls,
        *,
        streams: Callable[[Lane], OrderStream],
        chance: Chance,
        publish: Callable[[Event], object],
    ) -> None:
        self._conductor = conductor
        self._faults = faults
        self._pipelines = pipelines
        self._calls = calls
        self._chance = chance
        self._publish = publish
        self._streams = streams
        self._batches = OrderBatches(publish, clock=conductor.clock)
        self._lock = threading.Lock()
        self.injected: dict[Lane, dict[str, int]] = {lane: {} for lane in Lane}
        faults.watch(self._count, conductor.clock)

    def remember(self) -> Before:
        """Nothing."""
        return Before()

    def restore(self, before: Before) -> None:
        """The servers end with the run."""

    def reseed(self, seed: int) -> None:
        """Begin the servers' draws anew."""
        self._faults.reseed(seed)

    def apply_faults(self, lane: Lane, rules: Sequence[Rule]) -> None:
        """The servers wait in real time, so their waits are shortened by the speed; the names stay."""
        names = [rule.summary for rule in check_rules(lane, rules)]
        speed = self._conductor.speed
        scaled = [at_speed(rule, speed, name) for rule, name in zip(rules, names, strict=True)]
        self._faults.configure(lane.value, scaled)

    def apply_settings(self, lane: Lane, settings: PipelineSettings) -> None:
        """From the next call on."""
        self._pipelines[lane].configure(settings)

    def force(self, lane: Lane, force: Force) -> None:
        """By hand."""
        breaker = self._pipelines[lane].breaker
        {Force.OPEN: breaker.force_open, Force.DISABLE: breaker.disable, Force.RESET: breaker.reset}[force]()

    def call(self, lane: Lane, number: int, cancel: CancelToken) -> None:
        """In a task of the conductor."""
        self._chance.begin(lane, number)
        self._calls.call(lane, number, cancel)

    def stream(self, lane: Lane, number: int, request: OrdersRequest, cancel: CancelToken) -> None:
        """In a task of the conductor."""
        self._chance.begin(lane, -number)  # calls are numbered from 1
        OrderWatch(
            StagedStream(self._streams(lane), self._conductor),
            self._pipelines[lane],
            request,
            stream_id=stream_id(lane, number),
            publish=self._publish,
            batches=self._batches,
            clock=self._conductor.clock,
            sleep=self._conductor.sleep,
            random=self._chance,
        ).run(cancel)

    def publish(self, event: Event) -> None:
        """Tell what happens."""
        self._publish(event)

    def _count(self, fired: "Fired", injection: "Injection") -> None:
        """In a server's thread, before it acts on its decision."""
        from backends.faults import FaultKind

        counts = self.injected[Lane(fired.lane)]
        with self._lock:
            counts[fired.rule] = counts.get(fired.rule, 0) + 1
        delay = injection.delay * self._conductor.speed
        rough = injection.kind is FaultKind.DRIP
        if injection.kind is FaultKind.HANG:
            delay = math.inf
        if delay or rough:
            self._conductor.slowed(fired.request_id, delay, rough=rough)


def at_speed(rule: Rule, speed: float, name: str) -> Rule:
    """A rule whose waits are so many times shorter, under the name that it has at speed 1."""
    scaled = {**rule, "name": name[:100]}
    for key in _WAITS:
        if key in scaled:
            scaled[key] = scaled[key] / speed
    if "bytes_per_s" in scaled:
        scaled["bytes_per_s"] = min(1e9, scaled["bytes_per_s"] * speed)
    return scaled
