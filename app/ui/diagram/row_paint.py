"""Paints one lane of the breaker diagram: what stands still once for a theme, what lives at each frame."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from app.resilience.states import CircuitState
from app.ui.charts.legible import best_on, mix
from app.ui.diagram.geometry import PLACES, Edge, Node, RowLayout
from app.ui.diagram.nodes import draw_edge, draw_icon, draw_ring, node_shape
from app.ui.theme import Theme
from app.viewmodels.breaker_figure import MOST_PIPS, BreakerFigure, Fill, Probes

TOKENS = {
    CircuitState.CLOSED: "state_closed",
    CircuitState.OPEN: "state_open",
    CircuitState.HALF_OPEN: "state_half_open",
    CircuitState.FORCED_OPEN: "state_forced",
    CircuitState.DISABLED: "surface2",
}
_AT_REST = {
    Node.CLOSED: CircuitState.CLOSED,
    Node.OPEN: CircuitState.OPEN,
    Node.HALF_OPEN: CircuitState.HALF_OPEN,
}
_WORDS = {Node.CLOSED: "CLOSED", Node.OPEN: "OPEN", Node.HALF_OPEN: "HALF-OPEN"}
ICON_AT = 13  # px, from the left edge of a node to the middle of its icon
ICON_ROOM = 25  # px, from that edge to its word
GUARD_AIR = 12  # px that a guard between two nodes leaves beside itself, or says less
_LONGEST_WORDS = ("ready to probe in 9.9 s", "forced open by hand", "closed since 00:00:00")
_BRIEFEST_WORDS = ("probe in 9.9 s", "forced open", "since 00:00:00")
_BRIEFLY = (  # for a narrow row, one after another until it fits; none changes what the numbers mean
    (r"^ready to probe in", "probe in"),
    (r"^closed since", "since"),
    (r" by hand$", ""),
    (r" in a row$", ""),
    (r" until reset$", ""),
    (r"^no answer to a probe", "no answer"),
    (r"probes in flight", "probes"),
    (r"probe in flight", "probing"),
    (r" calls took longer than .*", " slow"),
    (r" calls failed$", " failed"),
    (r" failures?$", " failed"),
    (r" success(es)?$", " passed"),
    (r"^waits for a call$", "idle"),
    (r"^no answer in .*", "no answer"),
    (r"^probe in", "in"),  # minutes and seconds
    (r"^(\d+ probes \d+)\.\d", r"\1"),
    (r"( of \d+) (failed|passed|slow)$", r"\1"),  # the headings and pips say of what
)
_CENTER = Qt.AlignmentFlag.AlignCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class RowPainter:
    """Draws rows in one theme and font. GUI thread."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        self.theme = theme
        self.name_font = QFont(font)
        self.name_font.setBold(True)
        self.small = QFont(font)
        self.small.setPointSizeF(max(7.0, font.pointSizeF() - 0.5))
        self.guard_font = QFont(font)
        self.guard_font.setPointSizeF(max(7.0, font.pointSizeF() - 1.0))
        self.node_font = QFont(self.guard_font)
        self.node_font.setBold(True)
        self.text_height = QFontMetrics(self.guard_font).height()
        self._lines = (QFontMetrics(self.name_font).height(), QFontMetrics(self.small).height())

    def words_width(self, room: int | None = None) -> int:
        """Room for the words in a row ``room`` wide: what the nodes leave, if enough; None: the least."""
        whole, least = self._words_room(_LONGEST_WORDS), self._words_room(_BRIEFEST_WORDS)
        return least if room is None else max(least, min(whole, room - self.nodes_width()))

    def nodes_width(self) -> int:
        """Least room for the three nodes, the guards between them and the margins around them."""
        return 18 + 3 * self.least_node() + 2 * self.least_gap()

    def least_node(self) -> int:
        """Width of a node with its icon and the longest word."""
        return ICON_ROOM + QFontMetrics(self.node_font).horizontalAdvance("HALF-OPEN") + 8

    def least_gap(self) -> int:
        """Width between two nodes in which the shortest guard touches neither."""
        return QFontMetrics(self.guard_font).horizontalAdvance("9.99 s") + 4

    def row_height(self) -> int:
        """Least height at which nothing touches."""
        name, line = self._lines
        return max(name + 2 * line + 16, 24 + 2 * (self.text_height + 10))

    def still(self, painter: QPainter, row: RowLayout) -> None:
        """Edges and empty nodes: the same whatever happens."""
        for edge in Edge:
            draw_edge(painter, row.path(edge), self.theme["line_strong"], 1.0)
        for node, state in _AT_REST.items():
            self._node(painter, row, node, state, _WORDS[node], live=False)

    def live(
        self, painter: QPainter, row: RowLayout, figure: BreakerFigure, taken: Edge | None, lane_color: QColor
    ) -> None:
        """Words, the node in force, guards, the edge last taken."""
        if taken is not None:
            draw_edge(painter, row.path(taken), self.theme["text"], 1.8)
        node = PLACES[figure.state]
        self._node(painter, row, node, figure.state, figure.word, live=True)
        self._guards(painter, row, figure, taken)
        if figure.ring is not None:
            place = row.node(Node.OPEN)
            colors = (self.theme["surface1"], self.theme["line"], self.theme["state_open"])
            draw_ring(painter, QPointF(place.right() - 2, place.bottom() - 2), figure.ring, colors)
        if figure.probes is not None:
            self._slots(painter, row.node(Node.HALF_OPEN), figure.probes)
        self._words(painter, row, figure, lane_color)

    def pulse(
        self, painter: QPainter, row: RowLayout, edge: Edge, progress: float, after: CircuitState
    ) -> None:
        """A bead on the edge taken; ``progress`` 0 … 1."""
        path = row.path(edge)
        color = self.theme[TOKENS[after]]
        eased = 1 - (1 - progress) ** 2
        for lag, radius in ((0.10, 2.5), (0.05, 3.5), (0.0, 5.0)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(path.pointAtPercent(max(0.0, eased - lag)), radius, radius)

    def _node(
        self, painter: QPainter, row: RowLayout, node: Node, state: CircuitState, word: str, *, live: bool
    ) -> None:
        rect = row.node(node).adjusted(0.5, 0.5, -0.5, -0.5)
        theme = self.theme
        fill = theme[TOKENS[state]] if live else theme["surface2"]
        ink = best_on(fill, theme["on_state"], theme["on_state_dark"]) if live else theme["muted"]
        border = QPen(theme["line_strong"], 1.0)
        if state is CircuitState.DISABLED:
            ink, border = theme["text"], QPen(theme["text"], 1.6, Qt.PenStyle.DashLine)
        elif live:
            border = QPen(fill, 1.0)
        painter.setPen(border)
        painter.setBrush(fill)
        painter.drawPath(node_shape(rect, state))
        draw_icon(painter, QPointF(rect.left() + ICON_AT, rect.center().y()), state, ink)
        painter.setPen(ink)
        painter.setFont(self.node_font)
        room = rect.adjusted(ICON_ROOM, 0, -6, 0)
        if QFontMetrics(self.node_font).horizontalAdvance(word) > room.width():
            word = word.removesuffix(" OPEN")  # the lock, the colour and the words beside it say the rest
        painter.drawText(room, _CENTER | Qt.TextFlag.TextDontClip, word)

    def _guards(self, painter: QPainter, row: RowLayout, figure: BreakerFigure, taken: Edge | None) -> None:
        guards = figure.guards
        texts = {
            Edge.OPENS: guards.opens,
            Edge.REOPENS: guards.reopens,
            Edge.CLOSES: guards.closes,
            Edge.PROBES: guards.probes,
        }
        painter.setFont(self.guard_font)
        metrics = QFontMetrics(self.guard_font)
        for edge, text in texts.items():
            room = row.label(edge)
            words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            if edge is Edge.PROBES and metrics.horizontalAdvance(text) > room.width() - GUARD_AIR:
                words = text.removeprefix("after ")
            if edge is Edge.CLOSES:
                width = metrics.horizontalAdvance(words) + 8
                painter.fillRect(
                    QRect(room.center().x() - width // 2, room.top(), width, room.height()),
                    self.theme["surface1"],
                )
            leaves = edge.value[0] is PLACES[figure.state]
            painter.setPen(self.theme["text" if leaves or edge is taken else "muted"])
            painter.drawText(room, _CENTER | Qt.TextFlag.TextDontClip, words)

    def _slots(self, painter: QPainter, node: QRectF, probes: Probes) -> None:
        shown = min(probes.needed, 5)
        gap, height = 4.0, 5.0
        left = node.left() + node.width() * 0.2
        width = (node.right() - left - gap * (shown - 1)) / shown
        color = self.theme["state_half_open"]
        for index in range(shown):
            box = QRectF(left + index * (width + gap), node.bottom() + 5, width, height).adjusted(
                0.5, 0.5, -0.5, -0.5
            )
            done = index < probes.succeeded
            running = not done and index < probes.succeeded + probes.in_flight
            style = Qt.PenStyle.SolidLine if done or running else Qt.PenStyle.DotLine
            painter.setPen(QPen(color, 1.2, style))
            painter.setBrush(
                color
                if done
                else mix(color, self.theme["surface1"], 0.55)
                if running
                else Qt.BrushStyle.NoBrush
            )
            painter.drawRoundedRect(box, 2, 2)

    def fitted(self, words: str, width: int) -> str:
        """The words as whole as ``width`` pixels allow."""
        metrics = QFontMetrics(self.small)
        for pattern, brief in _BRIEFLY:
            if metrics.horizontalAdvance(words) <= width:
                break
            words = re.sub(pattern, brief, words)
        return words

    def _words_room(self, texts: Sequence[str]) -> int:
        metrics = QFontMetrics(self.small)
        return 14 + max(metrics.horizontalAdvance(words) for words in texts)

    def _words(self, painter: QPainter, row: RowLayout, figure: BreakerFigure, lane_color: QColor) -> None:
        name, line = self._lines
        left, width = row.area.left() + 12, row.words - 12
        total = name + 2 * line + 10
        top = row.area.top() + (row.area.height() - total) // 2
        self._line(painter, QRect(left, top, width, name), figure.lane.label, self.name_font, lane_color)
        top += name
        for whole, token in ((figure.headline, "text"), (figure.detail, "muted")):
            words = self.fitted(whole, width)
            self._line(painter, QRect(left, top, width, line), words, self.small, self.theme[token])
            top += line
        self._fill(painter, QRectF(left, top + 3, min(width, 96), 5), figure.fill, figure.state)

    def _line(self, painter: QPainter, room: QRect, text: str, font: QFont, color: QColor) -> None:
        painter.setFont(font)
        painter.setPen(color)
        words = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, _LEFT, words)

    def _fill(self, painter: QPainter, room: QRectF, fill: Fill, state: CircuitState) -> None:
        color = self.theme["state_open"]
        if state in (CircuitState.HALF_OPEN, CircuitState.DISABLED, CircuitState.FORCED_OPEN):
            fill = Fill(done=0, total=max(1, fill.total), share=0.0, limit=fill.limit)
        if fill.limit is not None or fill.total > MOST_PIPS:
            self._bar(painter, room, fill, color)
            return
        gap = 3.0
        width = min(16.0, (room.width() - gap * (fill.total - 1)) / fill.total)
        for index in range(fill.total):
            box = QRectF(room.left() + index * (width + gap), room.top(), width, room.height())
            full = index < fill.done
            painter.setPen(QPen(color if full else self.theme["line_strong"], 1.0))
            painter.setBrush(color if full else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)

    def _bar(self, painter: QPainter, room: QRectF, fill: Fill, color: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme["line"])
        painter.drawRoundedRect(room, 2, 2)
        painter.setBrush(color)
        done = QRectF(room)
        done.setWidth(room.width() * min(1.0, fill.share))
        painter.drawRoundedRect(done, 2, 2)
        if fill.limit is not None:
            x = room.left() + room.width() * fill.limit
            painter.fillRect(QRectF(x - 1, room.top() - 2, 2, room.height() + 4), self.theme["text"])
