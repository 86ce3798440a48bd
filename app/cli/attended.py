"""Runs a command beside the main thread, which does nothing but wait for the command and for signals.

Python runs signal handlers in the main thread, between any two of its steps. Whatever that thread does can
be left half done by an interrupt: a lock taken, a task chosen, a server half started. Here it holds nothing,
and the command sees an interrupt as what it can deal with: a token that is cancelled.

An interrupted command has LIMIT seconds to put things in order. Then the process ends with os._exit, for
reasons out of our reach: servers that are starting import C extensions in their threads, which nothing can
stop and an interpreter that ends meanwhile would trip over; and a call to somebody else's server may be
inside of a connect. The folder of temporary files goes in either case.
"""

import contextlib
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Generic, TypeVar

from app.domain.cancel import CancelToken

T = TypeVar("T")
LIMIT = 0.6  # seconds from a signal to the end of the process
SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A signal that another thread received, or that came just before the wait, ends no wait: look now and then.
_LOOK = 0.1  # seconds


def attended(job: Callable[[CancelToken], T], *, code: int | None = None) -> T:
    """What ``job`` returns or raises; its token is cancelled by SIGINT and SIGTERM. Main thread only.

    A job that returns although it was interrupted had something to say. Otherwise the process ends with
    ``code``, which is 128 + the signal unless given; a second signal ends it at once.
    """
    with _Interrupts() as interrupts, _own_folder() as folder:  # whoever sees the folder may send a signal
        return _Attended(job, interrupts, folder, code).run()


class _Interrupts:
    """Signals as news in a queue. Main thread.

    A handler may run inside of the wait for its own news: what both share must be free of locks. An Event is
    not, a SimpleQueue is.
    """

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[int | None] = queue.SimpleQueue()  # a signal; None: the job has ended
        self._asked = False

    def __enter__(self) -> "_Interrupts":
        self._before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:  # such as that of a program in a shell's background
                signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *failure: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self) -> int | None:
        """The next piece of news."""
        while True:
            with contextlib.suppress(queue.Empty):
                return self.news.get(timeout=_LOOK)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            os._exit(128 + number)
        self._asked = True
        self.news.put(number)


class _Attended(Generic[T]):
    """One job in its thread. Made and run by the main thread."""

    def __init__(
        self, job: Callable[[CancelToken], T], interrupts: _Interrupts, folder: str, code: int | None
    ) -> None:
        self._job = job
        self._interrupts = interrupts
        self._folder = folder
        self._code = code
        self._cancel = CancelToken()
        self._results: list[T] = []
        self._failure: BaseException | None = None

    def run(self) -> T:
        thread = threading.Thread(target=self._work, name="command", daemon=True)
        thread.start()
        number = self._interrupts.wait()
        if number is None:
            thread.join()
            return self._result()
        code = 128 + number if self._code is None else self._code
        deadline = time.monotonic() + LIMIT
        # In a thread of its own: what wakes a client is foreign code, and nothing may hold this one.
        threading.Thread(target=self._cancel.cancel, name="interrupt", daemon=True).start()
        ended = _all_ended(deadline, thread)
        if not ended or self._failure is not None:
            self._leave(code)
        return self._result()

    def _work(self) -> None:
        try:
            self._results.append(self._job(self._cancel))
        except BaseException as error:  # noqa: BLE001 - boundary: raised again where it is waited for
            self._failure = error
        self._interrupts.news.put(None)

    def _result(self) -> T:
        if self._failure is not None:
            raise self._failure
        return self._results[0]

    def _leave(self, code: int) -> None:
        """End without what does not end, and without the time that the interpreter would take to clear up."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _all_ended(deadline: float, *besides: threading.Thread) -> bool:
    """Whether every thread that the interpreter would wait for has ended in time, and those ``besides``."""
    for thread in (*besides, *(one for one in threading.enumerate() if not one.daemon)):
        while thread is not threading.current_thread() and thread.is_alive():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            thread.join(min(left, _LOOK))  # in steps: see _LOOK
    return True


@contextmanager
def _own_folder() -> Iterator[str]:
    """Temporary files of this process are kept in one folder, so that none can be forgotten."""
    before = tempfile.tempdir
    folder = tempfile.mkdtemp(prefix="trilane-")
    tempfile.tempdir = folder
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)
