"""The view-models that measure, tied to operation bar, lanes and session. No widgets."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Slot

from app.bootstrap.core import Core
from app.domain.drafts import Draft
from app.domain.lanes import Lane
from app.resilience.settings import PipelineSettings
from app.viewmodels.calls import CallsModel
from app.viewmodels.lane import LaneModel
from app.viewmodels.operation import OperationModel
from app.viewmodels.protocols import ProtocolsModel
from app.viewmodels.repeat import RepeatModel
from app.viewmodels.repeat_job import RepeatPorts
from app.viewmodels.session import SessionModel


class Measuring(QObject):
    """Repeat and the measured lesson. While either runs, Send is Cancel: another call would disturb it.

    GUI thread; made after everything that it listens to.
    """

    def __init__(
        self,
        core: Core,
        *,
        operation: OperationModel,
        lanes: Mapping[Lane, LaneModel],
        calls: CallsModel,
        session: SessionModel,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._operation, self._lanes, self._calls = operation, lanes, calls
        ports = RepeatPorts(
            question=lambda: operation.question,
            problem=self._problem,
            edited=self._edited,
            token=lambda: session.token,
            client_for=core.lanes.client,
            policies=partial(_policies, core),
        )
        self.repeat = RepeatModel(
            core.bus,
            ports,
            submit=core.workers.submit,
            publish=core.bus.publish,
            memory=core.memory,
            parent=self,
        )
        self.protocols = ProtocolsModel(
            core.bus,
            client_for=core.lanes.client,
            stream_for=core.streams.stream,
            submit=core.workers.submit,
            publish=core.bus.publish,
            parent=self,
        )
        calls.in_flight_changed.connect(self._take_busy)
        self.repeat.running_changed.connect(self._take_busy)
        self.protocols.running_changed.connect(self._take_busy)
        operation.cancel_requested.connect(self.repeat.cancel)
        operation.cancel_requested.connect(self.protocols.cancel)

    def _problem(self) -> str:
        name, why = next(iter(self._operation.errors.items()), ("", ""))
        return f"{name}: {why}" if name else ""

    def _edited(self, lane: Lane) -> Draft | None:
        model = self._lanes[lane]
        return model.draft if model.edited else None

    @Slot()
    def _take_busy(self) -> None:
        self._operation.set_busy(self._calls.in_flight or self.repeat.running or self.protocols.running)


def _policies(core: Core) -> dict[Lane, PipelineSettings]:
    return {lane: pipeline.settings for lane, pipeline in core.pipelines.items()}
