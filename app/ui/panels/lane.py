"""One lane: header, request, response, over-fetch meter. Three of them stand side by side at equal width."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from app.domain.lanes import Lane
from app.runtime.soon import soon
from app.ui.charts.meter import OverFetchMeter
from app.ui.panels.lane_header import LaneHeader
from app.ui.panels.request_graphql import GraphqlRequest
from app.ui.panels.request_grpc import GrpcRequest
from app.ui.panels.request_pane import RequestPane
from app.ui.panels.request_rest import RestRequest
from app.ui.panels.response import ResponsePane
from app.ui.theme import ThemeSource
from app.ui.widgets.entry import set_entry
from app.ui.widgets.labels import WrappedLabel
from app.viewmodels.lane import LaneModel

REQUEST_LINES = 16  # of text: tabs, a path and a query of some ten fields
_REQUESTS: dict[Lane, type[RestRequest] | type[GraphqlRequest] | type[GrpcRequest]] = {
    Lane.REST: RestRequest,
    Lane.GRAPHQL: GraphqlRequest,
    Lane.GRPC: GrpcRequest,
}


class LanePanel(QFrame):
    """Shows one LaneModel. GUI thread."""

    def __init__(
        self, view_model: LaneModel, theme_source: ThemeSource, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._split_soon = soon(self._split, self)
        self._model = view_model
        self.setProperty("role", "well")
        self.setAccessibleName(f"{view_model.lane.label} lane")
        self.header = LaneHeader(view_model, theme_source)
        self.problem = WrappedLabel(role="error")
        self.request: RequestPane = _REQUESTS[view_model.lane](view_model, theme_source)
        self.response = ResponsePane(view_model, theme_source)
        self.meter = OverFetchMeter()
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setProperty("role", "bare")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(8)
        self.splitter.addWidget(self.request)
        self.splitter.addWidget(self.response)
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.splitterMoved.connect(self._keep_split)
        self._split_by_hand = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        layout.addWidget(self.header)
        layout.addWidget(self.problem)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self.meter)
        view_model.draft_changed.connect(self._show_problem)
        view_model.address_changed.connect(self._show_problem)
        view_model.activity_changed.connect(self._show_problem)
        view_model.result_changed.connect(self._show_over_fetch)
        view_model.draft_changed.connect(self._show_over_fetch)
        view_model.activity_changed.connect(self._show_over_fetch)
        self.request.currentChanged.connect(self._aim)
        self._aim()
        self._show_problem()

    def minimumSizeHint(self) -> QSize:
        """Lanes share the width equally, whatever is in them."""
        return QSize(240, 196)

    def sizeHint(self) -> QSize:
        """The same for each lane, so that stretch alone decides."""
        return QSize(360, 480)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two parts of five are the request's, until it has all that it usually needs."""
        super().resizeEvent(event)
        if not self._split_by_hand:
            self._split_soon.start()

    @Slot()
    def _split(self) -> None:
        room = self.splitter.height() - self.splitter.handleWidth()
        request = min(room * 2 // 5, self.fontMetrics().height() * REQUEST_LINES)
        self.splitter.setSizes([request, room - request])

    @Slot()
    def _keep_split(self) -> None:
        self._split_by_hand = True

    @Slot()
    def _aim(self) -> None:
        set_entry(self, self.request.first_editor())  # whoever goes to the lane wants to type

    @Slot()
    def _show_problem(self) -> None:
        self.problem.set_sentence(self._model.problem)
        self.problem.setVisible(bool(self._model.problem))

    @Slot()
    def _show_over_fetch(self) -> None:
        self.meter.show_over_fetch(None if self._model.unsupported else self._model.over_fetch)
        self.meter.set_outdated(self._model.outdated)
