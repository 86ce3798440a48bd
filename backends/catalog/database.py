"""Opens, sets up and closes a database; knows what SQLite needs. Runs no query about products.

Durability: WAL with ``synchronous=NORMAL``. A committed transaction is in the operating system's hands
before the caller is answered, so an acknowledged write survives a kill of the process at any moment, and
the file is never torn. Only a power cut can take back the last commits; ``FULL`` would guard against that
too, for one disk flush per write, which is what the latency pictures of a demonstration catalog would then
show instead of the protocols.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError

from backends.catalog.schema import APPLICATION_ID, SCHEMA_VERSION, catalog_state, metadata
from backends.catalog.trouble import detail_of, trouble_of
from backends.catalog.wal import beside, lost_a_part, read_log

_BUSY_MS = 5_000
_COMPANIONS = ("", "-wal", "-shm", "-journal")

Tell = Callable[[str], None]


class DatabaseUnusable(Exception):
    """The file cannot be used; ``path`` names it, the message says why.

    ``replaceable``: it is damaged or somebody else's, so that a new file in its place is a way on. A file
    that is locked, on a full disk or of a later version is sound and stays where it is.
    """

    def __init__(self, path: Path, why: str, *, replaceable: bool = False) -> None:
        super().__init__(f"{path} {why}")
        self.path = path
        self.why = why
        self.replaceable = replaceable


class DatabaseUrlUnusable(Exception):
    """What stands behind a URL cannot be used. The message repeats no more of the URL than its scheme."""


def sqlite_path(url: str) -> Path | None:
    """The file behind a database URL, or None if it is no SQLite file. Raises DatabaseUrlUnusable."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUrlUnusable(
            "this is no database URL; one looks like sqlite:////folder/catalog.sqlite3"
        ) from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def open_engine(url: str, tell: Tell = lambda sentence: None) -> Engine:
    """Open a database and make its tables if it is new; ``tell`` hears what a person should know of it.

    Raises DatabaseUnusable if the SQLite file is damaged, foreign or of a later version, and
    DatabaseUrlUnusable if the URL leads to no database.
    """
    path = sqlite_path(url)
    if path is None:
        return _open_server(url)
    _make_folder(path)
    _check_file(path, tell)
    engine = _engine(
        url,
        connect_args={"check_same_thread": False},
        pool_size=8,
        max_overflow=56,
        pool_timeout=10,
        pool_reset_on_return=None,  # every use ends its transaction: see store.py
    )
    _prepare_connections(engine)
    try:
        with engine.connect() as connection, write_transaction(connection):
            _make_tables(connection)
            _sign(connection)
    except (DatabaseError, sqlite3.Error) as error:
        engine.dispose()
        raise unusable(path, error) from error
    return engine


def _open_server(url: str) -> Engine:
    """The engine of a database that is no file."""
    engine = _engine(url, pool_pre_ping=True, pool_size=8, max_overflow=24)
    try:
        with engine.begin() as connection:
            _make_tables(connection)
    except DBAPIError as error:
        engine.dispose()
        raise url_unusable(error) from error
    return engine


def _engine(url: str, **options: Any) -> Engine:
    """An engine that has not connected yet."""
    try:
        return create_engine(url, **options)
    except (ArgumentError, ImportError, TypeError) as error:
        why = {
            NoSuchModuleError: "it names no kind of database that is known here; sqlite:/// always is",
            ModuleNotFoundError: f"its driver is not installed ({error})",
        }.get(type(error), "what follows does not fit it")
        scheme = make_url(url).drivername
        raise DatabaseUrlUnusable(f"the URL scheme {scheme}:// cannot be used: {why}") from error


def url_unusable(error: DBAPIError) -> DatabaseUrlUnusable:
    """The error of another database's driver as ours; its first line says what matters."""
    said = str(error.orig).strip().partition("\n")[0]
    return DatabaseUrlUnusable(f"the database cannot be used ({said})")


def unusable(path: Path, error: Exception) -> DatabaseUnusable:
    """The error of a driver as ours."""
    found, detail = trouble_of(error), detail_of(error)
    if found is None:  # "no such column": the header is ours, what follows is not
        return DatabaseUnusable(path, f"cannot be used{detail}", replaceable=True)
    return DatabaseUnusable(path, f"{found.why}{detail}", replaceable=found.damaged)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DatabaseUnusable(path, f"cannot be made: its folder cannot ({reason})") from error


def set_aside(path: Path) -> Path:
    """Rename a database that cannot be used, with its companions, and return where it went.

    Nothing is ever deleted: it may hold the only copy of somebody's work.
    """
    target = _free_name(path, "unusable")
    for suffix in _COMPANIONS:
        companion = beside(path, suffix)
        if companion.exists():
            companion.rename(beside(target, suffix))
    return target


def _free_name(path: Path, why: str) -> Path:
    """``path`` with a reason and the time behind it, under which there is nothing yet."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.{why}-{stamp}")
    number = 1
    while any(beside(target, suffix).exists() for suffix in _COMPANIONS):
        number += 1
        target = path.with_name(f"{path.name}.{why}-{stamp}-{number}")
    return target


@contextmanager
def write_transaction(connection: Connection) -> Iterator[None]:
    """A transaction that holds the write lock from its first moment, so that it never fails half way."""
    sqlite = connection.dialect.name == "sqlite"
    with connection.execution_options(trilane_begin="BEGIN IMMEDIATE").begin():
        if not sqlite:
            connection.exec_driver_sql("LOCK TABLE products IN SHARE ROW EXCLUSIVE MODE")
        yield


def _make_tables(connection: Connection) -> None:
    metadata.create_all(connection)
    if connection.scalar(select(catalog_state.c.version)) is None:
        connection.execute(insert(catalog_state).values(version=1))


def _sign(connection: Connection) -> None:
    """Mark the file as ours; one that is marked already is not written to."""
    for pragma, ours in (("application_id", APPLICATION_ID), ("user_version", SCHEMA_VERSION)):
        if connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() != ours:
            connection.exec_driver_sql(f"PRAGMA {pragma}={ours}")


def _check_file(path: Path, tell: Tell) -> None:
    """Tell a file of ours from a foreign or damaged one. Writes nothing to it, not even its own log."""
    if not path.exists() or path.stat().st_size == 0:
        _check_orphan(path)
        return
    _refuse_foreign(path)
    # A journal of the first moments of a new file has to be rolled back by whoever opens it.
    probe = _probe(path, "mode=rw" if beside(path, "-journal").exists() else "mode=ro")
    try:
        log = read_log(path)
        application = probe.execute("PRAGMA application_id").fetchone()[0]
        version = probe.execute("PRAGMA user_version").fetchone()[0]
        tables = probe.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        _refuse_unless_ours(path, application, tables)
        if version > SCHEMA_VERSION:
            raise DatabaseUnusable(path, f"was written by a later version (schema {version})")
        _check_pages(path, probe)
        if log is not None and lost_a_part(path, log):
            _keep_log(path, tell)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    except OSError as error:
        raise DatabaseUnusable(path, f"cannot be read ({error.strerror or error})") from error
    finally:
        probe.close()


def _check_orphan(path: Path) -> None:
    """SQLite would delete the log of a database that is gone or empty, with the changes in it."""
    log = beside(path, "-wal")
    if log.exists() and log.stat().st_size:
        state = "is empty" if path.exists() else "is gone"
        raise DatabaseUnusable(path, f"{state}, but its log {log.name} holds changes", replaceable=True)


def _refuse_foreign(path: Path) -> None:
    """Look without a lock, log or journal: opening another program's file would tidy up beside it."""
    probe = _probe(path, "mode=ro&immutable=1")
    try:
        application = probe.execute("PRAGMA application_id").fetchone()[0]
        tables = probe.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.Error:
        return  # damaged, or changed by somebody at this moment: the thorough look tells
    finally:
        probe.close()
    _refuse_unless_ours(path, application, tables)


def _refuse_unless_ours(path: Path, application: int, tables: int) -> None:
    if application != APPLICATION_ID and tables:
        raise DatabaseUnusable(path, "is the database of another program", replaceable=True)


def _probe(path: Path, mode: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=_BUSY_MS / 1000)
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def _keep_log(path: Path, tell: Tell) -> None:
    """Copy a damaged log before the next write goes over what SQLite did not take of it."""
    log = beside(path, "-wal")
    kept = _free_name(log, "damaged")
    try:
        shutil.copyfile(log, kept)
    except OSError as error:
        kept.unlink(missing_ok=True)
        why = f"has a damaged log, and no copy of it can be kept ({error.strerror or error})"
        raise DatabaseUnusable(path, why) from error
    tell(f"The log of {path} is damaged: the newest changes are missing. It is kept as {kept}")


def _check_pages(path: Path, probe: sqlite3.Connection) -> None:
    """Read small files whole; of a large one (a million rows) only the schema, to start in time."""
    if path.stat().st_size > 4_000_000:
        return
    verdict = probe.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise DatabaseUnusable(path, f"is damaged ({verdict})", replaceable=True)


def _prepare_connections(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "cache_size=-16000",
            "mmap_size=268435456",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Straight to the driver: SQLAlchemy's way of running a statement costs more than the statement.
        statement = connection.get_execution_options().get("trilane_begin", "BEGIN")
        driver: Any = connection.connection.driver_connection
        driver.execute(statement)
