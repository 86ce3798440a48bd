"""Temporary folders that say whose they are, so that those of a killed process can be told from all others.

Each holds a file that its process keeps locked; the system lets go of the lock when the process ends, however
it ends. Where files cannot be locked, folders are made and removed all the same, but nothing is swept.
"""

import os
import shutil
import stat
import tempfile
import weakref
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = "trilane-run-"
_OWNER = "owner.lock"
_MOST_LOOKED_AT = 1_000  # folders in one sweep
_MOST_REMOVED = 64


class OwnFolder:
    """A folder for one process or a part of it. Made and removed by one thread at a time."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Also at the end of the interpreter, if nobody removes it.
        self._end = weakref.finalize(self, _remove, self.path, _claim(self.path))

    def remove(self) -> None:
        """Remove it with all that is in it. Idempotent."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def sweep(most: int = _MOST_REMOVED) -> int:
    """Remove folders whose process has gone; returns how many. Any thread and any number of processes."""
    removed = 0
    with suppress(OSError), os.scandir(_base()) as entries:
        ours = (entry.path for entry in entries if entry.name.startswith(PREFIX))
        for path in islice(ours, _MOST_LOOKED_AT):
            removed += _sweep_one(path)
            if removed >= most:
                break
    return removed


def _base() -> Path:
    """Where folders are made first: a process may have moved all its temporary files into one of them."""
    base = Path(tempfile.gettempdir())
    return base.parent if (base / _OWNER).exists() else base


def _remove(path: Path, lock: int | None) -> None:
    shutil.rmtree(path, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def _claim(path: Path) -> int | None:
    """The descriptor that holds the lock. Its file gets its name when it is locked, never before."""
    if fcntl is None:
        return None
    made = path / f"{_OWNER}.new"
    lock = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        made.rename(path / _OWNER)
    except OSError:  # a file system without locks
        os.close(lock)
        return None
    return lock


def _sweep_one(path: str) -> bool:
    if fcntl is None:
        return False
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        if not _is_private(os.fstat(folder)):
            return False
        lock = os.open(_OWNER, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_private(os.fstat(lock)):
                return False
            _empty(folder)
            os.unlink(_OWNER, dir_fd=folder)  # last: a sweep that is cut short can be done again
            Path(path).rmdir()
        finally:
            os.close(lock)
    except OSError:  # no owner's file, its process lives, or another sweep was quicker
        return False
    finally:
        os.close(folder)
    return True


def _is_private(state: os.stat_result) -> bool:
    """Whether it is this user's, and nobody else could have put anything there."""
    return state.st_uid == os.geteuid() and not stat.S_IMODE(state.st_mode) & 0o077


def _empty(folder: int) -> None:
    """Remove all but the owner's file. Below the descriptor, so that no renamed folder is taken for it."""
    for name in os.listdir(folder):
        if name == _OWNER:
            continue
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)
