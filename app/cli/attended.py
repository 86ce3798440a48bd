"""Runs a command beside the main thread, which does nothing but wait for the command and for signals.

Python runs signal handlers in the main thread, between any two of its steps. Whatever that thread does can
be left half done by an interrupt: a lock taken, a task chosen, a server half started. Here it holds nothing,
and the command sees an interrupt as what it can deal with: a token that is cancelled.

An interrupted command has LIMIT seconds to put things in order. Then the process ends with os._exit, for
the interpreter's own end cannot be hurried: it waits for threads that resolve the name of somebody else's
server, for as long as that takes, and for its turn among servers that still import (decision 28 has the
figures). The folder of temporary files goes in either case.
"""

import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Generic, Self, TypeVar

from app.domain.cancel import CancelToken
from backends.temporary import OwnFolder

T = TypeVar("T")
LIMIT = 0.6  # seconds from a signal to the end of the process
SIGNALS = (signal.SIGINT, signal.SIGTERM)
_ENDED = 0  # no signal has this number


def attended(job: Callable[[CancelToken], T], *, code: int | None = None) -> T:
    """What ``job`` returns or raises; its token is cancelled by SIGINT and SIGTERM. Main thread only.

    A job that returns although it was interrupted had something to say. Otherwise the process ends with
    ``code``, which is 128 + the signal unless given; a second signal ends it at once.
    """
    with _News() as news, _own_folder() as folder:  # whoever sees the folder may send a signal
        return _Attended(job, news, folder, code).run()


class _News:
    """Signals, and the end of the command, as bytes in a socket: one place to wait for both. Main thread.

    The interpreter writes a signal's byte the moment it comes, whichever thread that finds and whatever the
    main thread is about to do: none can come too early to end a wait.
    """

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair()
        self._write.setblocking(False)  # as set_wakeup_fd wants it

    def __enter__(self) -> Self:
        self._socket_before = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:  # such as that of a program in a shell's background
                signal.signal(number, _byte_was_written)
        return self

    def __exit__(self, *failure: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._socket_before)
        self._read.close()
        self._write.close()

    def tell_end(self) -> None:
        """The command has ended. Any thread, once."""
        self._write.send(bytes([_ENDED]))

    def wait(self, limit: float | None = None) -> int | None:
        """The number of a signal, or _ENDED. None after ``limit`` seconds."""
        self._read.settimeout(limit)
        try:
            return self._read.recv(1)[0]
        except TimeoutError:
            return None


def _byte_was_written(number: int, frame: FrameType | None) -> None:
    """Only a signal with a handler of Python's is written to the socket."""


class _Attended(Generic[T]):
    """One job in its thread. Made and run by the main thread."""

    def __init__(self, job: Callable[[CancelToken], T], news: _News, folder: str, code: int | None) -> None:
        self._job = job
        self._news = news
        self._folder = folder
        self._code = code
        self._cancel = CancelToken()
        self._others = set(threading.enumerate())
        self._results: list[T] = []
        self._failure: BaseException | None = None

    def run(self) -> T:
        thread = threading.Thread(target=self._work, name="command", daemon=True)
        thread.start()
        number = self._news.wait()
        if number:
            self._end(number)
        thread.join()
        if self._failure is not None:
            raise self._failure
        return self._results[0]

    def _work(self) -> None:
        try:
            self._results.append(self._job(self._cancel))
        except BaseException as error:  # noqa: BLE001 - boundary: raised again where it is waited for
            self._failure = error
        for thread in set(threading.enumerate()) - self._others:
            if not thread.daemon:  # the interpreter would wait for it, deaf to signals
                thread.join()
        self._news.tell_end()

    def _end(self, number: int) -> None:
        """Interrupted by this signal: return when there is a result, otherwise leave."""
        # In a thread of its own: what wakes a client is foreign code, and nothing may hold this one.
        threading.Thread(target=self._cancel.cancel, name="interrupt", daemon=True).start()
        second = self._news.wait(LIMIT)
        if second:
            self._leave(128 + second)
        if second is None or self._failure is not None:
            self._leave(128 + number if self._code is None else self._code)

    def _leave(self, code: int) -> None:
        """End without what does not end, and without the time that the interpreter would take to clear up."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


@contextmanager
def _own_folder() -> Iterator[str]:
    """Temporary files of this process are kept in one folder, so that none can be forgotten."""
    before = tempfile.tempdir
    with OwnFolder() as folder:
        tempfile.tempdir = str(folder.path)
        try:
            yield tempfile.tempdir
        finally:
            tempfile.tempdir = before
