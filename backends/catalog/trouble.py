"""Says in a person's words what is wrong with an SQLite file, and whether setting it aside would help.

A full disk or a locked file is no reason to take a sound catalog away, so only damage counts. Pure.
"""

import sqlite3
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a database cannot be used now."""

    why: str
    damaged: bool = False  # the file itself is of no use; waiting or making room will not help


_KNOWN = {
    sqlite3.SQLITE_CORRUPT: Trouble("is damaged", damaged=True),
    sqlite3.SQLITE_NOTADB: Trouble("is no database", damaged=True),
    sqlite3.SQLITE_FULL: Trouble("cannot be written: the disk is full"),
    sqlite3.SQLITE_READONLY: Trouble("cannot be written: it or its folder is read-only"),
    sqlite3.SQLITE_PERM: Trouble("cannot be opened: access is not permitted"),
    sqlite3.SQLITE_CANTOPEN: Trouble("cannot be opened: its folder does not exist or may not be written"),
    sqlite3.SQLITE_IOERR: Trouble("cannot be read or written: the disk reports an error or is full"),
    sqlite3.SQLITE_BUSY: Trouble("is locked by another program"),
    sqlite3.SQLITE_LOCKED: Trouble("is locked by another program"),
}

# What the driver says of these by itself: no more than we do.
_USUAL = frozenset(
    {
        "access permission denied",
        "attempt to write a readonly database",
        "database disk image is malformed",
        "database is locked",
        "database or disk is full",
        "database table is locked",
        "disk I/O error",
        "file is not a database",
        "unable to open database file",
    }
)
_PASSING = (OperationalError, TimeoutError, sqlite3.OperationalError)


def trouble_of(error: BaseException | None) -> Trouble | None:
    """The trouble behind an error of the driver or of SQLAlchemy; None if it is of another kind."""
    if isinstance(error, DBAPIError):
        error = error.orig
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else _KNOWN.get(code & 0xFF)  # the low byte; the others are details of it


def detail_of(error: BaseException) -> str:
    """What the driver adds, in brackets behind a space; empty if it only says the same in its own words."""
    said = str(getattr(error, "orig", None) or error)
    return "" if said in _USUAL else f" ({said})"


def outage_of(error: BaseException) -> str | None:
    """A sentence for the caller of a server if its database is what failed, else None."""
    if not isinstance(error, DBAPIError | TimeoutError | sqlite3.Error):
        return None
    found = trouble_of(error)
    if found is not None:
        return f"the database {found.why}"
    return "the database does not answer" if isinstance(error, _PASSING) else None
