"""Where unexpected errors end: the hooks of the interpreter, the bus and the workers all report here.

It keeps them in a file and tells listeners; it never shows a window and never raises itself.
"""

import faulthandler
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from app.domain.values import dataclass
from app.infrastructure.redaction import redact

_log = logging.getLogger(__name__)
FILE_LIMIT = 1_000_000  # bytes; a loop that fails thousands of times must not fill the disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One unexpected error, ready to be read."""

    title: str  # "ValueError: no such lane"
    where: str  # "a worker", "the event bus", "Qt"
    text: str  # the traceback, without secrets
    at: float  # wall clock
    count: int = 1  # how often the same one has come


Listener = Callable[[Report], None]


class CrashReport:
    """Collects unexpected errors of the process. Any thread; listeners run in the thread that failed."""

    def __init__(self, file: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._listeners: list[Listener] = []
        self._fault_file: IO[str] | None = None
        self._restore: list[Callable[[], None]] = []

    def subscribe(self, listener: Listener) -> None:
        """Tell ``listener`` of every later report; the same error again has a higher count."""
        self._listeners.append(listener)

    def report(self, error: BaseException, *, where: str = "the program") -> None:
        """Keep an exception that nobody expected."""
        title = "".join(traceback.format_exception_only(error)).strip()
        self.report_text(title, "".join(traceback.format_exception(error)), where=where)

    def report_text(self, title: str, text: str, *, where: str) -> None:
        """Keep something unexpected that is no Python exception: a Qt message, a stalled window."""
        text = redact(text)
        with self._lock:
            count = self._counts[text] = self._counts.get(text, 0) + 1
        report = Report(title=redact(title), where=where, text=text, at=self._clock(), count=count)
        if count == 1:
            _log.error("unexpected error in %s\n%s", where, text)
            self._keep(report)
        for listener in tuple(self._listeners):
            listener(report)

    def install(self) -> None:
        """Take over the interpreter's three hooks and, with a file, the dump of a hard crash."""
        old_sys, old_threading, old_unraisable = sys.excepthook, threading.excepthook, sys.unraisablehook

        def restore() -> None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = old_sys, old_threading, old_unraisable

        self._restore.append(restore)
        sys.excepthook = self._from_sys
        threading.excepthook = self._from_thread
        sys.unraisablehook = self._from_unraisable
        if self._file is not None:
            self._watch_hard_crashes(self._file.with_suffix(".fault"))

    def uninstall(self) -> None:
        """Give the hooks back."""
        while self._restore:
            self._restore.pop()()
        if self._fault_file is not None:
            faulthandler.disable()
            self._fault_file.close()
            self._fault_file = None

    def _watch_hard_crashes(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._fault_file = file.open("a", encoding="utf-8")
        except OSError:
            return
        faulthandler.enable(self._fault_file)

    def _keep(self, report: Report) -> None:
        if self._file is None:
            return
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(report.at))
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            if self._file.exists() and self._file.stat().st_size > FILE_LIMIT:
                self._file.replace(self._file.with_suffix(".1.log"))
            with self._file.open("a", encoding="utf-8") as out:
                out.write(f"--- {stamp} in {report.where}\n{report.text.rstrip()}\n")
        except OSError:
            _log.warning("the crash report could not be written to %s", self._file)

    def _from_sys(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.report(error, where="the main thread")
        if sys.stderr is not None:  # None in a program without a console
            sys.stderr.write(redact("".join(traceback.format_exception(error))))

    def _from_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.report(args.exc_value, where=args.thread.name if args.thread else "a thread")

    def _from_unraisable(self, args: "sys.UnraisableHookArgs") -> None:
        if args.exc_value is not None:
            self.report(args.exc_value, where=f"{args.err_msg or 'a finalizer of'} {args.object!r}")
