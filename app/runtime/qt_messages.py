"""Brings Qt's own messages into the log, and its critical ones into the crash report."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_log = logging.getLogger("qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def install_qt_messages(on_critical: Callable[[str], None]) -> Callable[[], None]:
    """Log every message of Qt; call ``on_critical`` with those that mean something is broken. Any thread.

    Returns a function that gives the handler back, to be called before the interpreter ends.
    """

    def handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        level = _LEVELS.get(kind, logging.WARNING)
        _log.log(level, "%s: %s", context.category, message)
        if level >= logging.ERROR:
            on_critical(message)

    qInstallMessageHandler(handle)
    return _restore


def _restore() -> None:
    qInstallMessageHandler(None)
