"""The last results of all lanes, so that a bar of the timeline can show its call again. QtCore only."""

from collections import OrderedDict
from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.events import CallFinished
from app.domain.lanes import Lane
from app.domain.results import CallResult
from app.operations.turn import Turn
from app.viewmodels.calls import Preparation
from app.viewmodels.lane import LaneModel
from app.viewmodels.ports import Publish, Submit, Subscriber
from app.viewmodels.release import SlowRelease

KEPT = 200  # results
KEPT_BYTES = 32_000_000  # of bodies: six answers of 5 MB, or 200 of any usual size
_LARGE = 50_000  # bytes: an answer whose values are let go of slowly


class HistoryModel(QObject):
    """Keeps results in the order of their end and shows one in its lane when asked. GUI thread."""

    forgotten = Signal(str)  # why a call cannot be shown any more
    shown = Signal(object)  # Lane

    def __init__(
        self,
        lanes: Mapping[Lane, LaneModel],
        bus: Subscriber,
        *,
        submit: Submit,
        publish: Publish,
        kept: int = KEPT,
        kept_bytes: int = KEPT_BYTES,
        turn: Turn | None = None,
        parent: QObject | None = None,
    ) -> None:
        """``turn`` is shared with whatever else computes on large answers."""
        super().__init__(parent)
        self._turn = turn or Turn()
        self._lanes = lanes
        self._submit = submit
        self._publish = publish
        self._kept, self._kept_bytes = kept, kept_bytes
        self._results: OrderedDict[str, CallResult] = OrderedDict()
        self._bytes = 0
        self._release = SlowRelease(self)
        bus.subscribe(CallFinished, self._keep)

    def result(self, call_id: str) -> CallResult | None:
        """The result of a call, while it is kept."""
        return self._results.get(call_id)

    @Slot(str)
    def show_call(self, call_id: str) -> None:
        """Show the result of an earlier call in its lane, as it was."""
        result = self._results.get(call_id)
        if result is None:
            self.forgotten.emit("The answer of this call is no longer kept.")
            return
        lane = self._lanes[result.lane]
        if lane.in_flight:
            name = result.lane.label
            self.forgotten.emit(f"{name} waits for an answer; earlier ones can be seen after it.")
            return
        lane.show_earlier(result)
        if lane.preparing:
            self._submit(Preparation(result, self._publish, self._turn))
        self.shown.emit(result.lane)

    @Slot(object)
    def _keep(self, event: CallFinished) -> None:
        self._results[event.call_id] = event.result
        self._bytes += _received(event.result)
        while len(self._results) > 1 and (len(self._results) > self._kept or self._bytes > self._kept_bytes):
            _, oldest = self._results.popitem(last=False)
            received = _received(oldest)
            self._bytes -= received
            if received > _LARGE:
                self._release.let_go(oldest.reply.value)


def _received(result: CallResult) -> int:
    """Bytes of all bodies. Their texts are not looked at: a gRPC message's is written when it is read."""
    return sum(len(each.response.body) for each in result.reply.exchanges if each.response is not None)
