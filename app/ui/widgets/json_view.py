"""Shows a LineDocument: lays out and paints only the visible lines, so that 5 MB scroll like a small body.

Folding, selection, copying, the caret line and searching; what a line says is decided by the document.
"""

import time

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from app.runtime.soon import soon
from app.ui.theme import Theme, ThemeSource, mono_font, point_size
from app.ui.widgets.line_painter import GUTTER, MARGIN, LinePainter, Row, row_text
from app.ui.widgets.painting import painting
from app.viewmodels.json_lines import plain, spans
from app.viewmodels.line_document import LineDocument, Place, text_between
from app.viewmodels.line_search import LineSearch
from app.viewmodels.release import SlowRelease

MANY_LINES = 10_000  # more are freed a little at a time
TURN = 0.004  # seconds of laying out between two turns of the event loop


class JsonView(QAbstractScrollArea):
    """Virtualised viewer of coloured lines. GUI thread."""

    focus_changed = Signal(bool)
    laid_out = Signal()  # every line of the document is there
    matches_changed = Signal(int, bool)  # how many so far, and whether all lines were searched

    def __init__(
        self, theme_source: ThemeSource, parent: QWidget | None = None, *, gutter: int = GUTTER
    ) -> None:
        super().__init__(parent)
        self._refit_soon = soon(self._refit, self)
        self._range_soon = soon(self._set_range, self)
        self._gutter = gutter  # px left of the text: room for the triangles that fold
        self._theme_source = theme_source
        self._document = LineDocument(lambda _columns: iter(()))
        self._release = SlowRelease(self)
        self._search = LineSearch()
        self._greyed = False
        self._anchor: Place = (0, 0)
        self._caret: Place = (0, 0)
        self._widest = 0.0
        self._laid_out_for = 0  # columns
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._work)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setProperty("role", "code")
        self._painter = LinePainter(mono_font(point_size(self.font())))  # until the style sheet tells
        theme_source.theme_changed.connect(self._use_theme)
        self._use_theme(theme_source.theme)

    # -- content -------------------------------------------------------------------------------------

    @property
    def document(self) -> LineDocument:
        """The document shown."""
        return self._document

    def show_document(self, document: LineDocument) -> None:
        """Show another document from its beginning; the first screen is laid out at once."""
        if len(self._document.lines) > MANY_LINES:
            self._release.let_go(self._document.lines)
        self._document = document
        self._anchor = self._caret = (0, 0)
        self._lay_out_again()
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)

    def set_greyed(self, greyed: bool) -> None:
        """Draw everything muted: the body belongs to an earlier send."""
        if greyed != self._greyed:
            self._greyed = greyed
            self.viewport().update()

    def visible_text(self) -> str:
        """The rows on the screen as text, with their marks; for tests and screen readers."""
        first = self.verticalScrollBar().value()
        last = min(first + self._page() + 1, self._document.rows)
        return "\n".join(self._row_text(self._document.line_at(row)) for row in range(first, last))

    def _row_text(self, index: int) -> str:
        return row_text(self._document.lines[index], folded=self._document.is_folded(index))

    def _lay_out_again(self) -> None:
        self._laid_out_for = self._columns()
        self._document.restart(self._laid_out_for)
        self._widest = 0.0
        self._search = LineSearch(self._search.needle)
        self._work()
        if not self._finished():
            self._timer.start()

    @Slot()
    def _work(self) -> None:
        """A few milliseconds of laying out and searching; the timer comes back for the rest."""
        before = self._document.complete
        first_turn = not self._document.lines
        started = time.perf_counter()
        self._document.advance(TURN)
        if self._search.needle and time.perf_counter() - started < TURN:
            self._search.advance(self._document)
            self.matches_changed.emit(len(self._search.matches), self._search.done(self._document))
        self._set_range()
        if self._finished():
            self._timer.stop()
        if first_turn:
            self.setAccessibleDescription(self.visible_text()[:4000])
            self.viewport().update()
        if self._document.complete and not before:
            self.viewport().update()
            self.laid_out.emit()

    def _finished(self) -> bool:
        return self._document.complete and self._search.done(self._document)

    # -- searching -----------------------------------------------------------------------------------

    def search(self, needle: str) -> None:
        """Mark every place that holds ``needle``, whatever its case; go to the first from the caret on."""
        self._search = LineSearch(needle)
        self._document.unfold_all()
        self._work()
        self.show_match(step=0)
        if not self._finished():
            self._timer.start()

    def show_match(self, *, step: int = 1) -> int | None:
        """Move to the next (1), previous (-1) or nearest (0) match; its number from 1, None without one."""
        self.viewport().update()
        position = self._search.position(self._caret[0], step)
        if position is None:
            return None
        index = self._search.matches[position]
        column = self._search.column(plain(self._document.lines[index]))
        self._anchor, self._caret = (index, column), (index, column + len(self._search.needle))
        self._show_caret()
        return position + 1

    # -- geometry ------------------------------------------------------------------------------------

    def _columns(self) -> int:
        return max(int((self.viewport().width() - self._gutter - MARGIN) / self._painter.char), 12)

    def _page(self) -> int:
        return max((self.viewport().height() - 2 * MARGIN) // self._painter.height, 1)

    def _left(self) -> float:
        return self._gutter - self.horizontalScrollBar().value()

    @Slot()
    def _set_range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self._page())
        bar.setRange(0, max(self._document.rows - self._page(), 0))
        across = self.horizontalScrollBar()
        across.setPageStep(self.viewport().width())
        across.setSingleStep(int(self._painter.char * 4))
        across.setRange(0, max(int(self._widest + self._gutter + MARGIN - self.viewport().width()), 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrapped text is laid out anew for the width; everything else keeps its lines."""
        super().resizeEvent(event)
        self._set_range()
        self._refit_soon.start()

    def changeEvent(self, event: QEvent) -> None:
        """Take the body font of the style sheet, and each change of it."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._refit_soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Nobody sees the font of before."""
        super().showEvent(event)
        self._refit()

    @Slot()
    def _refit(self) -> None:
        """A change of theme takes fonts and widths away and gives them back: folds and place outlive it."""
        if self.font() != self._painter.font:
            self._painter = LinePainter(self.font())
        elif not self._document.wraps or self._columns() == self._laid_out_for:
            return
        self._lay_out_again()

    @Slot(object)
    def _use_theme(self, theme: Theme) -> None:
        palette = self.viewport().palette()
        palette.setColor(QPalette.ColorRole.Window, theme["surface1"])
        palette.setColor(QPalette.ColorRole.Base, theme["surface1"])
        self.viewport().setPalette(palette)
        self.viewport().update()

    # -- painting ------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the visible rows only."""
        with painting(self) as painter:
            theme = self._theme_source.theme
            painter.fillRect(event.rect(), theme["surface1"])
            painter.setFont(self._painter.font)
            first = self.verticalScrollBar().value()
            last = min(first + self._page() + 2, self._document.rows)
            rights = [
                self._painter.paint(painter, theme, self._row(row, row - first), greyed=self._greyed)
                for row in range(first, last)
            ]
            widest = max(rights, default=0.0) - self._left()
            if widest > self._widest:
                self._widest = widest
                self._range_soon.start()

    def _row(self, row: int, screen_row: int) -> Row:
        document, index = self._document, self._document.line_at(row)
        return Row(
            line=document.lines[index],
            top=MARGIN + screen_row * self._painter.height,
            left=self._left(),
            width=self.viewport().width(),
            foldable=document.foldable(index),
            folded=document.is_folded(index),
            selected=self._selected_columns(index),
            current=index == self._caret[0] and self._anchor == self._caret and self.hasFocus(),
            needle=self._search.needle,
        )

    def _selected_columns(self, index: int) -> tuple[int, int] | None:
        start, end = sorted((self._anchor, self._caret))
        if start == end or not start[0] <= index <= end[0]:
            return None
        whole = len(plain(self._document.lines[index], folded=self._document.is_folded(index))) + 1
        return start[1] if index == start[0] else 0, end[1] if index == end[0] else whole

    # -- mouse ---------------------------------------------------------------------------------------

    def _place_at(self, point: QPoint) -> Place:
        rows = self._document.rows
        if not rows:
            return (0, 0)
        row = self.verticalScrollBar().value() + (point.y() - MARGIN) // self._painter.height
        index = self._document.line_at(min(max(row, 0), rows - 1))
        text = plain(self._document.lines[index], folded=self._document.is_folded(index))
        column = round((point.x() - self._left()) / self._painter.char)
        return (index, min(max(column, 0), len(text)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Fold by the triangle, otherwise place the caret or begin a selection."""
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        place = self._place_at(event.position().toPoint())
        if event.position().x() < self._left() and self._toggle(place[0]):
            return
        self._caret = place
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = place
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection; a hand over the fold triangles."""
        over = event.position().x() < self._left()
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor)
        if event.buttons() & Qt.MouseButton.LeftButton and self._document.rows:
            self._caret = self._place_at(event.position().toPoint())
            self._show_caret()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select the piece under the pointer: a key, a value."""
        index, column = self._place_at(event.position().toPoint())
        pieces = spans(self._document.lines[index]) if self._document.rows else []
        at = 0
        for text, _ in pieces:
            if at <= column <= at + len(text) and text.strip(" :,"):
                self._anchor, self._caret = (index, at), (index, at + len(text))
                break
            at += len(text)
        self.viewport().update()

    # -- keys ----------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by line, page and end; fold with left and right; copy and select all."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._fold_by_key(closing=event.key() == Qt.Key.Key_Left)
        elif self._document.rows and (row := self._target_row(event.key())) is not None:
            self._caret = (self._document.line_at(min(max(row, 0), self._document.rows - 1)), 0)
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._anchor = self._caret
            self._show_caret()
        else:
            super().keyPressEvent(event)

    def _target_row(self, key: int) -> int | None:
        row = self._document.row_of(self._caret[0])
        steps = {
            Qt.Key.Key_Up: row - 1,
            Qt.Key.Key_Down: row + 1,
            Qt.Key.Key_PageUp: row - self._page(),
            Qt.Key.Key_PageDown: row + self._page(),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self._document.rows - 1,
        }
        return steps.get(Qt.Key(key))

    def _fold_by_key(self, *, closing: bool) -> None:
        index = self._caret[0]
        if index < len(self._document.lines) and self._document.is_folded(index) != closing:
            self._toggle(index)

    def _toggle(self, index: int) -> bool:
        changed = index < len(self._document.lines) and self._document.toggle(index)
        if changed:
            self._caret = self._anchor = (index, 0)
            self._rows_changed()
        return changed

    @Slot()
    def fold_all(self) -> None:
        """Put away everything below the outermost level."""
        self._document.fold_all()
        self._fold_changed()

    @Slot()
    def unfold_all(self) -> None:
        """Show everything."""
        self._document.unfold_all()
        self._fold_changed()

    def _fold_changed(self) -> None:
        self._caret = self._anchor = (0, 0)
        self._rows_changed()

    def _rows_changed(self) -> None:
        """Other rows are seen: scroll as far down and across as they need, no further."""
        self._set_range()
        first = self.verticalScrollBar().value()
        seen = range(first, min(first + self._page() + 2, self._document.rows))
        self._widest = max((self._painter.width(self._row(row, 0)) for row in seen), default=0.0)
        self._set_range()
        self.viewport().update()

    def _show_caret(self) -> None:
        self._document.reveal(self._caret[0])
        row = self._document.row_of(self._caret[0])
        bar = self.verticalScrollBar()
        self._set_range()
        if row < bar.value():
            bar.setValue(row)
        elif row >= bar.value() + self._page():
            bar.setValue(row - self._page() + 1)
        self.setAccessibleDescription(self._row_text(self._caret[0]))
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the caret line."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide it."""
        super().focusOutEvent(event)
        self.focus_changed.emit(False)
        self.viewport().update()

    # -- copying -------------------------------------------------------------------------------------

    def select_all(self) -> None:
        """Select every line there is so far."""
        if self._document.lines:
            last = len(self._document.lines) - 1
            self._anchor, self._caret = (0, 0), (last, len(plain(self._document.lines[last])))
            self.viewport().update()

    def selected_text(self) -> str:
        """The selection as text, or the caret's line without one."""
        return text_between(self._document, *sorted((self._anchor, self._caret)))

    @Slot()
    def copy(self) -> None:
        """Put the selection on the clipboard."""
        QGuiApplication.clipboard().setText(self.selected_text())

    @Slot()
    def copy_all(self) -> None:
        """Put the whole body on the clipboard, what was not laid out yet too."""
        self._document.finish()
        QGuiApplication.clipboard().setText(self._document.text())
