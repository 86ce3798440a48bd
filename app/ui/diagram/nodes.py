"""Nodes and edges of the breaker diagram, as shapes and icons. Told what to draw; knows no model."""

from math import atan2, cos, pi, sin

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from app.resilience.states import CircuitState

ICON = 13.0  # px


def node_shape(rect: QRectF, state: CircuitState) -> QPainterPath:
    """Closed is a pill, open a box, half-open half of each."""
    path = QPainterPath()
    round_end, square = rect.height() / 2, 4.0
    match state:
        case CircuitState.CLOSED | CircuitState.DISABLED:
            path.addRoundedRect(rect, round_end, round_end)
        case CircuitState.OPEN | CircuitState.FORCED_OPEN:
            path.addRoundedRect(rect, square, square)
        case CircuitState.HALF_OPEN:
            path.setFillRule(Qt.FillRule.WindingFill)
            path.addRoundedRect(rect, round_end, round_end)
            left = QRectF(rect)
            left.setWidth(rect.width() / 2)
            path.addRoundedRect(left, square, square)
            path = path.simplified()
    return path


def draw_icon(painter: QPainter, center: QPointF, state: CircuitState, color: QColor) -> None:
    """The sign of a state, legible without colour."""
    radius = ICON / 2
    painter.setPen(QPen(color, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    circle = QRectF(center.x() - radius, center.y() - radius, ICON, ICON)
    match state:
        case CircuitState.CLOSED:
            painter.setBrush(color)
            painter.drawEllipse(circle.adjusted(1, 1, -1, -1))
        case CircuitState.OPEN:
            painter.drawEllipse(circle)
            slope = radius * cos(pi / 4)
            painter.drawLine(center + QPointF(-slope, slope), center + QPointF(slope, -slope))
        case CircuitState.HALF_OPEN:
            painter.drawEllipse(circle)
            painter.setBrush(color)
            painter.drawPie(circle, 90 * 16, 180 * 16)
        case CircuitState.FORCED_OPEN:
            body = QRectF(center.x() - 5, center.y() - 1, 10, 7)
            painter.drawArc(QRectF(center.x() - 3.2, center.y() - 6, 6.4, 9), 0, 180 * 16)
            painter.setBrush(color)
            painter.drawRoundedRect(body, 1.5, 1.5)
        case CircuitState.DISABLED:
            painter.setPen(QPen(color, 1.4, Qt.PenStyle.DotLine))
            painter.drawEllipse(circle)


def draw_edge(painter: QPainter, path: QPainterPath, color: QColor, width: float) -> None:
    """A line with an arrow head at its end."""
    painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    end = path.pointAtPercent(1.0)
    before = path.pointAtPercent(0.96)
    angle = pi + atan2(end.y() - before.y(), end.x() - before.x())
    length = 5.0 + width
    wings = [end + QPointF(cos(angle + turn) * length, sin(angle + turn) * length) for turn in (-0.42, 0.42)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([end, *wings]))


def draw_ring(
    painter: QPainter, center: QPointF, share: float, colors: tuple[QColor, QColor, QColor]
) -> None:
    """The time left as an arc that shrinks clockwise; ``colors``: surface under it, track, arc."""
    surface, track, arc = colors
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(surface)
    painter.drawEllipse(center, 11.5, 11.5)
    box = QRectF(center.x() - 8, center.y() - 8, 16, 16)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(track, 3.4))
    painter.drawEllipse(box)
    painter.setPen(QPen(arc, 3.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawArc(box, 90 * 16, round(share * 360 * 16))
