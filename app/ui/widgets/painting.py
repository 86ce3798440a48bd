"""The one boundary around our own painting: a picture that cannot be drawn must not end the program.

Every widget that paints itself does it inside ``with painting(self) as painter``; nothing else makes a
QPainter on a widget. What a paint event raises would otherwise leave through Qt, which knows no exceptions.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.runtime.window_first import window_works

FAILED = "This picture could not be drawn. The log says why."
_TOLD = "painting-failed"  # dynamic property: a picture drawn 30 times a second must not fill the log

_log = logging.getLogger(__name__)


@contextmanager
def painting(widget: QWidget) -> Iterator[QPainter]:
    """A painter on ``widget`` (on the viewport of a scroll area) for one paint event. GUI thread.

    Whatever is raised inside is logged once for each widget, and a quiet sentence takes the picture's place.
    """
    window_works()
    target = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    painter = QPainter(target)
    try:
        yield painter
    except Exception:  # noqa: BLE001  Qt calls paint events: no caller could handle it
        if not widget.property(_TOLD):
            widget.setProperty(_TOLD, True)
            _log.exception("painting %s failed", widget.accessibleName() or type(widget).__name__)
        _say_so(painter, target)
    finally:
        painter.end()


@contextmanager
def painting_cell(painter: QPainter, widget: QWidget) -> Iterator[QPainter]:
    """The same for one cell of ``widget``, with the painter that the view has given; the cell stays empty."""
    painter.save()
    try:
        yield painter
    except Exception:  # noqa: BLE001  as above
        if not widget.property(_TOLD):
            widget.setProperty(_TOLD, True)
            _log.exception("painting a cell of %s failed", widget.accessibleName() or type(widget).__name__)
    finally:
        painter.restore()


def _say_so(painter: QPainter, target: QWidget) -> None:
    painter.resetTransform()
    painter.setClipping(False)
    painter.setOpacity(1.0)
    painter.setFont(target.font())
    palette = target.palette()
    painter.fillRect(target.rect(), palette.color(QPalette.ColorRole.Window))
    painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(target.rect().adjusted(8, 8, -8, -8), flags, FAILED)
