"""Where the nodes and edges of one breaker lie. Pure geometry: no colours, no states of a machine."""

from enum import Enum

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainterPath

from app.domain.values import dataclass
from app.resilience.states import CircuitState


class Node(Enum):
    """The three places. FORCED OPEN is shown at OPEN, DISABLED at CLOSED, where they behave alike."""

    CLOSED = 0
    OPEN = 1
    HALF_OPEN = 2


class Edge(Enum):
    """The four ways between them."""

    OPENS = (Node.CLOSED, Node.OPEN)
    PROBES = (Node.OPEN, Node.HALF_OPEN)
    CLOSES = (Node.HALF_OPEN, Node.CLOSED)
    REOPENS = (Node.HALF_OPEN, Node.OPEN)


PLACES = {
    CircuitState.CLOSED: Node.CLOSED,
    CircuitState.OPEN: Node.OPEN,
    CircuitState.HALF_OPEN: Node.HALF_OPEN,
    CircuitState.FORCED_OPEN: Node.OPEN,
    CircuitState.DISABLED: Node.CLOSED,
}


def edge_between(before: CircuitState, after: CircuitState) -> Edge | None:
    """The edge that a transition took, None when it was moved by hand to a place without one."""
    way = (PLACES[before], PLACES[after])
    return next((edge for edge in Edge if edge.value == way), None)


@dataclass(frozen=True, slots=True)
class RowLayout:
    """One lane's row: words to the left, three nodes to the right."""

    area: QRect
    words: int  # px, width of the column of words
    text: int  # px, height of a line of small text
    least_node: int = 92  # px, icon and longest word
    least_gap: int = 34  # px, between OPEN and HALF-OPEN: the guard of the edge there

    @property
    def node_height(self) -> int:
        """Height of a node: what lines and arcs above and below leave of the row."""
        return max(24, min(34, self.area.height() - 2 * (self.text + 10)))

    def node(self, node: Node) -> QRectF:
        """The place of a node."""
        left = self.area.left() + self.words + 12
        room = self.area.right() - 6 - left
        width = max(float(self.least_node), min(116.0, room / 3.8, (room - 2 * self.least_gap) / 3))
        step = (room - width) / 2
        top = self.area.center().y() - self.node_height / 2
        return QRectF(round(left + node.value * step), round(top), round(width), self.node_height)

    def label(self, edge: Edge) -> QRect:
        """Where the guard of an edge is written."""
        start, end = (self.node(node) for node in edge.value)
        if edge is Edge.PROBES:
            top = round(start.center().y()) - self.text - 1
            return QRect(round(start.right()) + 1, top, round(end.left() - start.right()) - 2, self.text)
        if edge is Edge.CLOSES:
            # Left of the middle, where the ring of the open node does not reach.
            middle = round(self.node(Node.OPEN).left()) - 8
            bottom = round(max(start.bottom() + 2, start.bottom() + self._rise() - self.text / 2))
            return QRect(middle - 90, bottom, 180, self.text)
        middle = round((start.center().x() + end.center().x()) / 2)
        width = round(abs(end.center().x() - start.center().x())) - 10
        top = round(start.top() - self._rise()) - self.text - 2
        return QRect(middle - width // 2, top, width, self.text)

    def path(self, edge: Edge) -> QPainterPath:
        """The line of an edge, from its start to its arrow head."""
        start, end = (self.node(node) for node in edge.value)
        rise = self._rise()
        match edge:
            case Edge.PROBES:
                path = QPainterPath(QPointF(start.right(), start.center().y()))
                path.lineTo(end.left() - 2, end.center().y())
            case Edge.OPENS:
                path = _arc(_top(start, 0.72), _top(end, 0.2), -rise * 4 / 3)
            case Edge.REOPENS:
                path = _arc(_top(start, 0.28), _top(end, 0.8), -rise * 4 / 3)
            case Edge.CLOSES:
                path = _arc(_bottom(start, 0.12), _bottom(end, 0.6), rise * 4 / 3)
        return path

    def _rise(self) -> float:
        spare = (self.area.height() - self.node_height) / 2
        return max(6.0, min(16.0, spare - self.text - 3))


def _top(node: QRectF, share: float) -> QPointF:
    return QPointF(node.left() + node.width() * share, node.top() - 1)


def _bottom(node: QRectF, share: float) -> QPointF:
    return QPointF(node.left() + node.width() * share, node.bottom() + 1)


def _arc(start: QPointF, end: QPointF, rise: float) -> QPainterPath:
    span = end.x() - start.x()
    path = QPainterPath(start)
    path.cubicTo(
        QPointF(start.x() + span * 0.25, start.y() + rise),
        QPointF(end.x() - span * 0.25, end.y() + rise),
        end,
    )
    return path
