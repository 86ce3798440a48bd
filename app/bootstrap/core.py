"""What everything stands on: files, crash report, bus, workers, lanes and servers. Needs no QApplication."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from app.clients.port import LaneClient
from app.domain.events import BackendChanged, BackendState, Event
from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.infrastructure.crash_report import CrashReport
from app.infrastructure.logs import start_logging, stop_logging
from app.infrastructure.memory import SettingsMemory
from app.infrastructure.paths import Paths
from app.infrastructure.settings import SettingsStore
from app.lifecycle import Lifecycle, Parts
from app.operations.calls import CallRunner
from app.operations.lane_access import LaneAccess, make_client
from app.operations.order_batches import OrderBatches
from app.operations.stream_access import StreamAccess
from app.operations.watch_orders import OrderWatch
from app.resilience.pipeline import Pipeline
from app.runtime.backend_thread import BackendThreads, Servable
from app.runtime.event_bus import PACE, EventBus
from app.runtime.workers import Workers

if TYPE_CHECKING:
    from backends.faults import FaultEngine
    from backends.serving import Backends, ServerSettings

_log = logging.getLogger(__name__)


class FiredFaults:
    """What the embedded servers remember of the faults they injected. Any thread."""

    def __init__(self, engine: "FaultEngine") -> None:
        self._engine = engine

    def suffers(self, lane: Lane) -> bool:
        """Whether the lane has a fault in force."""
        return lane.value in self._engine.active

    def rule_of(self, request_id: str) -> str | None:
        """The rule that was applied to a request."""
        fired = self._engine.recent(request_id)
        return fired[-1].rule if fired else None


class Core:
    """One program's shared parts. Made and closed on the GUI thread."""

    def __init__(self, settings: "ServerSettings", paths: Paths) -> None:
        self._log = start_logging(paths.log_file)
        self.crashes = CrashReport(paths.crash_file)
        self.crashes.install()
        self.memory = SettingsMemory(SettingsStore(paths.settings_file))
        self.bus = EventBus(partial(self.crashes.report, where="the event bus"), pace=PACE)
        self.workers = Workers(
            partial(self.crashes.report, where="a worker"),
            size=self.memory.settings.calls.workers,
        )
        # A pipeline outlives its server: its breaker has to remember what a restart looked like.
        self.pipelines = {lane: Pipeline(lane=lane, publish=self.bus.publish) for lane in Lane}
        self.lanes: LaneAccess[CallRunner] = LaneAccess(make_client, self._make_runner)
        self.streams = StreamAccess()
        self._batches = OrderBatches(self.bus.publish)
        self._settings = settings
        self._backends: Backends | None = None
        self._opening = threading.Lock()
        self.servers = BackendThreads({lane: self._maker(lane) for lane in Lane}, self._publish_server)
        self.lifecycle = Lifecycle(self._parts(), self._on_stall)

    @property
    def backends(self) -> "Backends":
        """The embedded servers; opened on first use, by whichever server thread comes first."""
        with self._opening:
            if self._backends is None:
                from backends.serving import open_backends

                self._backends = open_backends(self._settings)
            return self._backends

    def watch_orders(self, lane: Lane, request: OrdersRequest, stream_id: str) -> OrderWatch:
        """A lane's order stream, ready to run. StartFailed while its server is not up."""
        return OrderWatch(
            self.streams.stream(lane),
            self.pipelines[lane],
            request,
            stream_id=stream_id,
            publish=self.bus.publish,
            batches=self._batches,
        )

    @property
    def seed(self) -> int:
        """Seed of the faults at first."""
        return self._settings.seed

    def close(self) -> bool:
        """Stop everything. True when nothing is left running."""
        stopped = self.lifecycle.stop()
        self.crashes.uninstall()
        stop_logging(self._log)
        return stopped

    def _parts(self) -> Parts:
        return Parts(
            bus=self.bus,
            workers=self.workers,
            servers=self.servers,
            close_lanes=self._close_lanes,
            close_servers=self._close_servers,
            save=self.memory.flush,
        )

    def _make_runner(self, client: LaneClient) -> CallRunner:
        pipeline = self.pipelines[client.lane]
        return CallRunner(
            client, pipeline, publish=self.bus.publish, memory=FiredFaults(self.backends.faults)
        )

    def _maker(self, lane: Lane) -> Callable[[], Servable]:
        return lambda: getattr(self.backends, lane.value)

    def _publish_server(self, event: Event) -> None:
        """Runs in the server's thread: its client is there before anyone hears that it is up."""
        if isinstance(event, BackendChanged) and event.state is BackendState.UP:
            self.lanes.connect(event.lane, event.address)
            self.streams.connect(event.lane, event.addresses)
            event = replace(event, message=self.backends.notice)
        self.bus.publish(event)

    def _close_lanes(self) -> None:
        self.streams.close()
        self.lanes.close()

    def _close_servers(self) -> None:
        if self._backends is not None:
            self._backends.close()

    def _on_stall(self, seconds: float, stack: str) -> None:
        _log.info("the window did not answer for %.0f ms; it stood here:\n%s", seconds * 1000, stack)
