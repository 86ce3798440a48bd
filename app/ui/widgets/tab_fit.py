"""Tabs of a narrow pane move together before the last of them would need a scroll button."""

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QTabWidget

from app.ui.stylesheet import restyle

_AROUND = 16  # px that the style sheet puts around the words of a tab
_EDGES = 4  # px of the pane that the tabs never get


def fit_tabs(pane: QTabWidget) -> None:
    """Choose the distance between the tabs from the width of ``pane``. Called when either changes."""
    bar = pane.tabBar()
    words = sum(bar.fontMetrics().horizontalAdvance(bar.tabText(each)) for each in range(bar.count()))
    dense = words + _AROUND * bar.count() > pane.width() - _EDGES
    if dense != (bar.property("dense") == "yes"):
        restyle(bar, dense="yes" if dense else "no")
        QCoreApplication.sendEvent(bar, QEvent(QEvent.Type.StyleChange))  # else the tabs keep their places
