"""What is said of a database that cannot be used, and which files may be set aside."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError, TimeoutError

from backends.catalog.database import DatabaseUnusable, unusable
from backends.catalog.store import CatalogStore
from backends.catalog.trouble import outage_of, trouble_of
from backends.shared import FolderUnusable, ServerSettings, Shared

FOREIGN = b"not a database at all" * 100


def full_disk(path: Path) -> sqlite3.Error:
    """The error that SQLite itself raises when it may have no further page."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA max_page_count=1")
        with pytest.raises(sqlite3.Error) as caught:
            database.execute("CREATE TABLE more (text)")
    database.close()
    return caught.value


def locked(path: Path) -> sqlite3.Error:
    """The error that a second writer gets."""
    first = sqlite3.connect(path, isolation_level=None)
    second = sqlite3.connect(path, isolation_level=None, timeout=0)
    first.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.Error) as caught:
        second.execute("BEGIN EXCLUSIVE")
    first.close()
    second.close()
    return caught.value


def test_a_full_disk_and_a_lock_are_told_apart_from_damage(tmp_path: Path) -> None:
    """Neither is a reason to take a sound file away."""
    full = unusable(tmp_path / "catalog.sqlite3", full_disk(tmp_path / "a"))
    busy = unusable(tmp_path / "catalog.sqlite3", locked(tmp_path / "b"))
    assert "catalog.sqlite3 cannot be written: the disk is full" in str(full)
    assert "is locked by another program" in str(busy)
    assert not full.replaceable
    assert not busy.replaceable


def test_the_driver_is_quoted_only_when_it_has_something_to_add(tmp_path: Path) -> None:
    """Its word for what was just said in ours would read twice the same."""
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(FOREIGN)
    with pytest.raises(DatabaseUnusable) as caught:
        CatalogStore.prepared(f"sqlite:///{path}", lambda store: None)
    assert str(caught.value) == f"{path} is no database"
    assert str(unusable(path, full_disk(tmp_path / "full"))) == f"{path} cannot be written: the disk is full"
    other = OperationalError("SELECT", {}, sqlite3.OperationalError("no such column: x"))
    assert str(unusable(path, other)) == f"{path} cannot be used (no such column: x)"


def test_callers_of_a_server_hear_what_their_database_has(tmp_path: Path) -> None:
    """A full disk is named, a pool that ran dry is a matter of time, and other errors are no outage."""
    wrapped = OperationalError("INSERT", {}, full_disk(tmp_path / "a"))
    assert outage_of(wrapped) == "the database cannot be written: the disk is full"
    assert outage_of(TimeoutError()) == "the database does not answer"
    assert outage_of(KeyError("x")) is None
    assert trouble_of(None) is None


@pytest.mark.parametrize("damage", ["foreign", "header", "our tables", "middle of a large file"])
def test_a_file_of_no_use_is_kept_under_another_name(tmp_path: Path, damage: str) -> None:
    """With leave to set aside, the start works, says where the old file is, and not a byte of it is lost."""
    path = tmp_path / "catalog.sqlite3"
    old = spoil(path, damage)
    shared = Shared(ServerSettings(data_dir=tmp_path, set_aside=True))
    assert shared.open().service.get_product("1").name == "Laptop"
    shared.close()
    (kept,) = [file for file in tmp_path.glob("catalog.sqlite3.unusable-*") if file.read_bytes() == old]
    assert str(kept) in shared.notice


@pytest.mark.parametrize("damage", ["foreign", "header", "our tables", "middle of a large file"])
def test_without_leave_the_start_stops_and_touches_nothing(tmp_path: Path, damage: str) -> None:
    """`trilane serve` must not replace somebody's data unasked."""
    path = tmp_path / "catalog.sqlite3"
    old = spoil(path, damage)
    shared = Shared(ServerSettings(data_dir=tmp_path))
    with pytest.raises(DatabaseUnusable, match=r"catalog\.sqlite3") as caught:
        shared.open()
    shared.close()
    assert caught.value.replaceable
    assert path.read_bytes() == old
    assert shared.notice == ""


def test_a_later_version_is_never_set_aside(tmp_path: Path) -> None:
    """It is sound: the newer program is the way on."""
    path = tmp_path / "catalog.sqlite3"
    CatalogStore.in_file(path).close()
    with sqlite3.connect(path) as later:
        later.execute("PRAGMA user_version=99")
    later.close()
    shared = Shared(ServerSettings(data_dir=tmp_path, set_aside=True))
    with pytest.raises(DatabaseUnusable, match="later version"):
        shared.open()
    shared.close()
    assert not list(tmp_path.glob("*unusable*"))


@pytest.mark.parametrize("place", ["below a file", "not to be written"])
def test_a_data_folder_that_cannot_be_used_is_named_with_a_way_on(tmp_path: Path, place: str) -> None:
    """No home, or a read-only one: the message has the folder and what else can be done."""
    file = tmp_path / "file"
    file.write_text("")
    folder = file / "data"
    if place == "not to be written":
        folder = tmp_path / "data"
        folder.mkdir()
        (folder / "admin-secret.txt").mkdir()  # as good as read-only, also for root
    with pytest.raises(FolderUnusable, match="--ephemeral") as caught:
        Shared(ServerSettings(data_dir=folder))
    assert str(folder) in str(caught.value)


def spoil(path: Path, damage: str) -> bytes:
    """Make a file that cannot be used and return its content."""
    if damage == "foreign":
        path.write_bytes(FOREIGN)
        return FOREIGN
    shared = Shared(ServerSettings(data_dir=path.parent))
    shared.open()
    shared.close()
    if damage == "our tables":
        with sqlite3.connect(path) as database:
            database.execute("DROP TABLE users")
            database.execute("CREATE TABLE users (something)")
        database.close()
    content = bytearray(path.read_bytes())
    if damage == "header":
        content[20:90] = b"\xa5" * 70
    if damage == "middle of a large file":  # too large to be read whole at the start: a query finds it
        content[4096:] = b"\xa5" * (5_000_000 - 4096)
    path.write_bytes(content)
    return bytes(content)
