"""What a test must not leave behind: threads, running QThreads, active timers, windows. Only looks."""

import gc
import sys
import threading
from collections.abc import Iterable

# Threads that a library keeps for the life of the process, by the name it gives them.
LASTING = ("grpc", "ThreadPoolExecutor-grpc", "asyncio_")


def live_threads() -> set[threading.Thread]:
    """Threads that a test has to end. A _DummyThread stands for a QThread and never leaves the list."""
    return {
        thread
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread) and not thread.name.startswith(LASTING)
    }


def thread_names(threads: Iterable[threading.Thread]) -> list[str]:
    """Readable names, sorted."""
    return sorted(f"thread {thread.name!r}" for thread in threads)


def qt_leftovers() -> list[str]:
    """Running QThreads, visible windows and running timers without a living parent, in words."""
    if "PySide6.QtWidgets" not in sys.modules:
        return []
    from PySide6.QtCore import QThread, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    found = [
        f"window {type(window).__name__} {window.objectName() or window.windowTitle()!r}"
        for window in QApplication.topLevelWidgets()
        if window.isVisible()
    ]
    for one in gc.get_objects():
        if isinstance(one, QThread) and isValid(one) and one.isRunning() and not _is_main(one):
            found.append(f"QThread {one.objectName() or type(one).__name__!r} still runs")
        elif isinstance(one, QTimer) and isValid(one) and one.isActive() and not one.isSingleShot():
            found.append(f"QTimer of {type(one.parent()).__name__} still ticks every {one.interval()} ms")
    return found


def _is_main(thread: object) -> bool:
    from PySide6.QtCore import QCoreApplication

    application = QCoreApplication.instance()
    return application is not None and thread is application.thread()
