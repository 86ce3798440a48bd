"""Reads that are one statement and at most one row: the quickest way to them that a database has.

SQLAlchemy's own way costs ten times what SQLite needs to find a row by its id, and a lane's answer is little
more than that. One statement needs no transaction to be consistent, so for SQLite the statement is compiled
once and run on a connection of the driver. Any other database takes the usual way. Any thread.
"""

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Select

_KEPT = 8  # idle connections; more are open only while more threads read at the same moment


class PointReads:
    """Finds single rows. Statements must be module constants: each is compiled once and remembered."""

    def __init__(self, engine: Engine, *, direct: bool) -> None:
        """``direct`` is for SQLite only."""
        self._engine = engine
        self._direct = direct
        self._compiled: dict[Select[Any], tuple[str, Sequence[str]]] = {}
        self._idle: list[sqlite3.Connection] = []  # append and pop are atomic: no lock
        self._closed = False

    def first(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row, or None. Raises what the driver raises."""
        if not self._direct:
            with self._engine.connect() as generic:
                return generic.execute(statement, values).first()
        text, names = self._compiled.get(statement) or self._compile(statement)
        connection = self._take()
        try:
            row: Sequence[Any] | None = connection.execute(text, [values[name] for name in names]).fetchone()
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return row

    def close(self) -> None:
        """Close what is idle now, and later what is in use. Idempotent."""
        self._closed = True
        while self._idle:
            with contextlib.suppress(IndexError):  # another thread was quicker
                self._idle.pop().close()

    def _compile(self, statement: Select[Any]) -> tuple[str, Sequence[str]]:
        compiled = statement.compile(dialect=self._engine.dialect)
        found = str(compiled), tuple(getattr(compiled, "positiontup", None) or ())
        self._compiled[statement] = found
        return found

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            pooled = self._engine.raw_connection()
            connection: Any = pooled.driver_connection
            pooled.detach()  # ours now: the pool's connections stay for whole transactions
            return connection  # type: ignore[no-any-return]

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or len(self._idle) >= _KEPT:
            connection.close()
            return
        self._idle.append(connection)
        if self._closed:  # closed meanwhile, and perhaps before the append
            self.close()
