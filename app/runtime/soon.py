"""Work that waits until the event loop has done what is already asked for."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


def soon(slot: Callable[[], None], owner: QObject) -> QTimer:
    """A timer whose start() has ``slot`` called once, in the loop's next turn. It dies with ``owner``.

    QTimer.singleShot with a context keeps the method, and with it the widget's Python half, for ever when the
    widget goes first; without one it calls a widget that is gone (PySide 6.11).
    """
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(0)
    timer.timeout.connect(slot)
    return timer
