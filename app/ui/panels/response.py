"""The answer of a lane in five tabs: response, raw, headers or trailers, timing, differences.

Only the tab in view is laid out; the others follow when they are opened.
"""

from functools import cached_property
from typing import Protocol

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from app.domain.lanes import Lane
from app.ui.charts.phase_bars import PhaseBars
from app.ui.panels.request_pane import TAB_TOP
from app.ui.theme import ThemeSource
from app.ui.widgets.code_view import CodeView
from app.ui.widgets.labels import role_label
from app.ui.widgets.pair_table import PairTable
from app.ui.widgets.tab_fit import fit_tabs
from app.viewmodels.diff_text import diff_document
from app.viewmodels.lane import LaneModel
from app.viewmodels.response_text import note_document
from app.viewmodels.timing import timing_rows
from app.viewmodels.welcome import unsupported_document, welcome_document

RESPONSE, RAW, HEADERS, TIMING, DIFF = range(5)


class Greyable(Protocol):
    """A page that can show that what it holds belongs to an earlier send."""

    def set_greyed(self, greyed: bool) -> None:
        """Muted, or as fresh."""


class HeadersPage(QWidget):
    """Response headers, and trailers where there are some. GUI thread."""

    def __init__(self, *, first: str, second: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tables = (PairTable(name=first, read_only=True), PairTable(name=second, read_only=True))
        self._titles = tuple(role_label(words, "heading") for words in (first, second))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for title, table in zip(self._titles, self.tables, strict=True):
            layout.addWidget(title)
            layout.addWidget(table, 1)

    def set_greyed(self, greyed: bool) -> None:
        """Show both muted: they belong to an earlier send."""
        for table in self.tables:
            table.set_greyed(greyed)

    def show_pairs(self, first: tuple[tuple[str, str], ...], second: tuple[tuple[str, str], ...]) -> None:
        """Fill both; an empty second table is left out."""
        for table, title, pairs in zip(self.tables, self._titles, (first, second), strict=True):
            table.show_pairs(pairs)
            table.setVisible(bool(pairs) or table is self.tables[0])
            title.setVisible(bool(second))


class ResponsePane(QTabWidget):
    """Shows what a LaneModel received. GUI thread."""

    def __init__(self, model: LaneModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._stale_tabs: set[int] = set(range(5))
        self.setAccessibleName(f"{model.lane.label} response")
        self.setDocumentMode(True)
        self.tabBar().setExpanding(False)
        self.tabBar().setAccessibleName(f"Views of the {model.lane.label} response")
        self._themes = themes
        self._pages: list[Greyable] = []  # those that exist
        self.log_in = QPushButton("Log in and try again")
        self.log_in.clicked.connect(model.log_in_and_retry)
        self.log_in.hide()
        for title in ("Response", "Raw", "Headers", "Timing", "Diff"):
            page = QWidget()
            layout = QVBoxLayout(page)
            layout.setContentsMargins(0, TAB_TOP, 0, 0)
            layout.setSpacing(4)
            self.addTab(page, title)
        self._put(RESPONSE, self.log_in)
        self.currentChanged.connect(self._fill)
        model.result_changed.connect(self._result_changed)
        model.draft_changed.connect(self._draft_changed)
        model.activity_changed.connect(self._grey)
        model.differences_changed.connect(self._differences_changed)
        self._result_changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow lane has its tabs nearer to one another."""
        super().resizeEvent(event)
        fit_tabs(self)

    # The pages are made when they are first looked at: three lanes of them would hold up the first paint.

    @cached_property
    def pretty(self) -> CodeView:
        """The body of the Response tab."""
        return self._body(RESPONSE, "response")

    @cached_property
    def raw(self) -> CodeView:
        """The body of the Raw tab."""
        return self._body(RAW, "raw response")

    @cached_property
    def diff(self) -> CodeView:
        """The body of the Diff tab."""
        return self._body(DIFF, "differences")

    @cached_property
    def headers(self) -> HeadersPage:
        """The tables of the Headers or Trailers tab."""
        grpc = self._model.lane is Lane.GRPC
        made = HeadersPage(
            first="Trailers" if grpc else "Response headers",
            second="Initial metadata" if grpc else "Trailers",
        )
        self._keep_greyed(made)
        self._put(HEADERS, made)
        return made

    @cached_property
    def timing(self) -> PhaseBars:
        """The bars of the Timing tab."""
        made = PhaseBars(self._themes, self._model.lane)
        self._keep_greyed(made)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(made)
        boxed = QFrame()
        boxed.setProperty("role", "card")
        inside = QVBoxLayout(boxed)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(scroll)
        self._put(TIMING, boxed)
        return made

    def _body(self, tab: int, name: str) -> CodeView:
        made = CodeView(self._themes, name=f"{self._model.lane.label} {name}")
        self._keep_greyed(made.body)
        self._put(tab, made)
        return made

    def _keep_greyed(self, page: Greyable) -> None:
        page.set_greyed(self._is_old())
        self._pages.append(page)

    def _put(self, tab: int, widget: QWidget) -> None:
        page = self.widget(tab)
        layout = page.layout() if page else None
        if isinstance(layout, QVBoxLayout):
            layout.addWidget(widget, 0 if widget is self.log_in else 1)

    @Slot()
    def _result_changed(self) -> None:
        self._stale_tabs = set(range(5))
        self.log_in.setVisible(self._model.offers_log_in)
        self._count_headers()
        self._grey()
        self._fill(self.currentIndex())

    @Slot()
    def _draft_changed(self) -> None:
        self._grey()
        if self._model.result is None or self._model.unsupported:
            self._stale_tabs.add(RESPONSE)
            self._fill(self.currentIndex())

    @Slot()
    def _differences_changed(self) -> None:
        self._stale_tabs.add(DIFF)
        self._fill(self.currentIndex())

    @Slot()
    def _grey(self) -> None:
        for page in self._pages:
            page.set_greyed(self._is_old())

    def _is_old(self) -> bool:
        return self._model.in_flight or self._model.outdated

    @Slot(int)
    def _fill(self, tab: int) -> None:
        if tab not in self._stale_tabs:
            return
        self._stale_tabs.discard(tab)
        model, result = self._model, self._model.result
        match tab:
            case _ if tab == RESPONSE:
                self._fill_response()
            case _ if tab == RAW:
                self.raw.show_document(model.raw_document() or note_document())
            case _ if tab == HEADERS:
                self.headers.show_pairs(*self._pairs())
            case _ if tab == TIMING:
                self.timing.show_rows(timing_rows(result) if result else ())
            case _:
                self.diff.show_document(diff_document(model.lane, model.base_lane, model.differences))

    def _fill_response(self) -> None:
        model = self._model
        document = model.response_document()
        if model.unsupported:
            document = unsupported_document(model.lane, model.unsupported)
        self.pretty.show_document(document or welcome_document(model.lane, model.note))

    def _pairs(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        result = self._model.result
        exchanges = result.reply.exchanges if result and result.stale is None else ()
        response = exchanges[-1].response if exchanges else None
        if response is None:
            return (), ()
        pairs = response.headers, response.trailers
        return (pairs[1], pairs[0]) if self._model.lane is Lane.GRPC else pairs

    def _count_headers(self) -> None:
        word = "Trailers" if self._model.lane is Lane.GRPC else "Headers"
        number = len(self._pairs()[0])
        self.setTabText(HEADERS, f"{word}\u00a0{number}" if number else word)
        fit_tabs(self)
