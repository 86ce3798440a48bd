"""Builds the view-models and ties them to the bus and to one another. No widgets."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Slot

from app.bootstrap.core import Core
from app.bootstrap.login_offers import LoginOffers
from app.bootstrap.measuring import Measuring
from app.bootstrap.outage_ports import Faults, Policies
from app.bootstrap.ports import LoginPorts, draft_port
from app.bootstrap.scenario_port import Now, Scenarios
from app.bootstrap.traffic import Traffic
from app.domain.events import (
    BackendChanged,
    BackendState,
    CallFinished,
    CallStarted,
    FaultsChanged,
    LoggedIn,
    LoginFailed,
    SettingsApplied,
    TokenTried,
)
from app.domain.lanes import Lane
from app.operations.scenarios.catalog import Catalog
from app.operations.turn import Turn
from app.resilience.pipeline import Pipeline
from app.resilience.snapshot import BreakerSnapshot
from app.viewmodels.appearance import AppearanceModel
from app.viewmodels.backends import BackendsModel
from app.viewmodels.breakers import BreakersModel
from app.viewmodels.calls import CallsModel
from app.viewmodels.compare import CompareModel
from app.viewmodels.history import HistoryModel
from app.viewmodels.lane import LaneModel
from app.viewmodels.operation import OperationModel
from app.viewmodels.orders import OrdersModel
from app.viewmodels.outage import OutageModel
from app.viewmodels.resilience import ResilienceModel
from app.viewmodels.schema import SchemaModel
from app.viewmodels.session import SessionModel
from app.viewmodels.timeline import TimelineModel


class Models(QObject):
    """Every view-model, and the few sentences between them: a change here asks for something there.

    GUI thread; the children of this object die with it.
    """

    def __init__(self, core: Core, *, scenarios: Catalog, system_dark: bool, settled: bool = True) -> None:
        super().__init__()
        self.appearance = AppearanceModel(core.memory, system_dark=system_dark, settled=settled, parent=self)
        self._make_form(core)
        self._make_lanes(core)
        self._make_outage(core, scenarios)
        self.orders = OrdersModel(
            core.bus,
            watch_for=core.watch_orders,
            submit=core.workers.submit,
            memory=core.memory,
            parent=self,
        )
        self._subscribe(core)
        self._connect()
        self._login_offers = LoginOffers(self.session, self.calls, self.lanes, parent=self)
        self.measuring = Measuring(
            core,
            operation=self.operation,
            lanes=self.lanes,
            calls=self.calls,
            session=self.session,
            parent=self,
        )

    def _make_form(self, core: Core) -> None:
        """What the bars around the panels show: what is asked, who asks, and whom."""
        self.operation = OperationModel(core.memory, self)
        ports = LoginPorts(core.lanes, core.workers, core.bus.publish)
        self.session = SessionModel(
            log_in=ports.log_in,
            try_token=ports.try_token,
            log_out=ports.log_out,
            memory=core.memory,
            parent=self,
        )
        ports.token = self._token
        self.backends = BackendsModel(retry=core.servers.retry, at_end=core.bus.at_end, parent=self)

    def _make_lanes(self, core: Core) -> None:
        """The three lanes with their calls, and what is made of the answers."""
        bus, submit, publish = core.bus, core.workers.submit, core.bus.publish
        turn = Turn()
        self.schema = SchemaModel(
            bus, client=partial(core.lanes.client, Lane.GRAPHQL), submit=submit, publish=publish, parent=self
        )
        self.lanes = {
            lane: LaneModel(lane, bus, schema=self.schema if lane is Lane.GRAPHQL else None, parent=self)
            for lane in Lane
        }
        self.compare = CompareModel(self.lanes, bus, submit=submit, publish=publish, turn=turn, parent=self)
        self.calls = CallsModel(
            self.lanes,
            bus,
            draft_for=draft_port(core.lanes, self._token),
            runner_for=core.lanes.runner,
            submit=submit,
            publish=publish,
            turn=turn,
            parent=self,
        )
        self.timeline = TimelineModel(bus, parent=self)
        self.history = HistoryModel(self.lanes, bus, submit=submit, publish=publish, turn=turn, parent=self)

    def _make_outage(self, core: Core, scenarios: Catalog) -> None:
        """What breaks the servers, and what stands it."""
        policies = Policies(core.pipelines)
        self.breakers = BreakersModel(core.bus, partial(_snapshot, core.pipelines), policies, parent=self)
        self.resilience = ResilienceModel(
            policies, {lane: one.settings for lane, one in core.pipelines.items()}, parent=self
        )
        self._traffic = Traffic(core, lambda: self.operation.question, self._token, self)
        self.outage = OutageModel(
            core.bus,
            Faults(core, tell=False),  # the panel tells itself, in its own words
            self._traffic,
            scenarios=Scenarios(core, scenarios, self._traffic, now=self._set_now, parent=self),
            seed=core.seed,
            parent=self,
        )

    def _subscribe(self, core: Core) -> None:
        subscribe = core.bus.subscribe
        subscribe(BackendChanged, self.backends.on_backend_changed)
        subscribe(BackendChanged, self._on_backend_changed)
        subscribe(FaultsChanged, self.backends.on_faults_changed)
        subscribe(CallStarted, self.backends.on_call_started)
        subscribe(CallFinished, self.backends.on_call_finished)
        subscribe(SettingsApplied, self._on_settings_applied)
        subscribe(LoggedIn, self.session.on_logged_in)
        subscribe(LoginFailed, self.session.on_login_failed)
        subscribe(TokenTried, self.session.on_token_tried)

    def _connect(self) -> None:
        self.operation.changed.connect(self._prepare)
        self.operation.operation_changed.connect(self._prepare)
        self.operation.changed.connect(self._traffic.refresh)
        self.operation.operation_changed.connect(self._traffic.refresh)
        self.session.session_changed.connect(self._traffic.refresh)
        self.operation.send_requested.connect(self._send)
        self.operation.cancel_requested.connect(self.calls.cancel)
        self.calls.in_flight_changed.connect(self.operation.set_busy)
        self.session.session_changed.connect(self.calls.refresh)

    def _token(self) -> str | None:
        return self.session.token

    def _set_now(self) -> Now:
        outage = self.outage
        return Now(self._token(), outage.running, outage.rate, outage.load_lanes)

    @Slot()
    def _prepare(self) -> None:
        if self.operation.valid:
            self.calls.prepare(self.operation.operation_id, self.operation.params, self.operation.fields)

    @Slot()
    def _send(self) -> None:
        # The drafts follow every change, so they stand as a person sees and may have edited them.
        self.calls.send_drafts(tuple(Lane))

    @Slot(object)
    def _on_backend_changed(self, event: BackendChanged) -> None:
        if event.state is BackendState.UP:
            self._prepare()

    @Slot(object)
    def _on_settings_applied(self, event: SettingsApplied) -> None:
        self.resilience.show(event.lane, event.settings)


def _snapshot(pipelines: Mapping[Lane, Pipeline], lane: Lane) -> BreakerSnapshot:
    return pipelines[lane].breaker.snapshot()
