"""Owns the database connections of the catalog. Knows transactions, not products.

Reads run side by side, each on its own snapshot; writes of this process queue at one lock, so that they
never meet as "database is locked", and those of another process wait for the busy timeout.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from backends.catalog.database import open_engine, sqlite_path, unusable, url_unusable, write_transaction
from backends.catalog.point_reads import PointReads
from backends.temporary import OwnFolder


def _as_it_is(_store: "CatalogStore") -> None:
    """Prepare nothing."""


class CatalogStore:
    """One open database, for any number of threads."""

    def __init__(self, url: str, *, temporary: OwnFolder | None = None) -> None:
        """Open ``url``; raises as `open_engine` does. ``temporary`` is a folder to remove on close."""
        self.url = url
        self.notice = ""  # a sentence for the person, if the opening found something unusual
        self._engine = open_engine(url, self._tell)
        self.points = PointReads(self._engine, direct=self._engine.dialect.name == "sqlite")
        self._temporary = temporary
        self._writing = threading.Lock()

    def _tell(self, sentence: str) -> None:
        self.notice = sentence

    @classmethod
    def in_file(cls, path: Path) -> "CatalogStore":
        """The catalog in an SQLite file, made if absent."""
        return cls(f"sqlite:///{path}")

    @classmethod
    def prepared(
        cls, url: str, prepare: Callable[["CatalogStore"], None], *, temporary: OwnFolder | None = None
    ) -> "CatalogStore":
        """A store that ``prepare`` has worked with; closed again if it fails. Raises as opening does."""
        store = cls(url, temporary=temporary)
        try:
            prepare(store)
        except (DatabaseError, sqlite3.Error) as error:
            store.close()
            path = sqlite_path(url)
            if path is not None:
                raise unusable(path, error) from error
            if isinstance(error, DatabaseError):
                raise url_unusable(error) from error
            raise
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def ephemeral(cls, prepare: Callable[["CatalogStore"], None] = _as_it_is) -> "CatalogStore":
        """A catalog in a temporary folder, which goes when the store is closed."""
        folder = OwnFolder()
        try:
            return cls.prepared(f"sqlite:///{folder.path / 'catalog.sqlite3'}", prepare, temporary=folder)
        except BaseException:
            folder.remove()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent snapshot."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one writer; committed at the end of the block, rolled back if it raises."""
        with self._writing, self._engine.connect() as connection, write_transaction(connection):
            yield connection

    def close(self) -> None:
        """Close all connections; an ephemeral catalog is removed. Idempotent."""
        with self._writing:
            self.points.close()
            self._engine.dispose()
            if self._temporary is not None:
                self._temporary.remove()
