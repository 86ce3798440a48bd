"""The log beside the database: after a kill it is whole, and what is damaged of it is kept and told."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from backends.catalog.database import DatabaseUnusable
from backends.catalog.seeding import fill
from backends.catalog.service import CatalogService
from backends.catalog.store import CatalogStore
from backends.shared import ServerSettings, Shared

HEADER, FRAME = 32, 24 + 4096
LOG = "catalog.sqlite3-wal"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a killed process leaves it: the sample in the file, ten more products in the log."""
    folder = tmp_path_factory.mktemp("killed")
    store = CatalogStore.in_file(folder / "running" / "catalog.sqlite3")
    fill(store)
    with store.reading() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    service = CatalogService(store)
    for number in range(10):
        service.create_product(name=f"in the log {number}", price=number)
    for name in ("catalog.sqlite3", LOG):
        shutil.copyfile(folder / "running" / name, folder / name)
    store.close()
    return folder


def opened(folder: Path) -> tuple[int, str]:
    """How many products there are after the start, and what the start had to say."""
    shared = Shared(ServerSettings(data_dir=folder))
    total = shared.open().service.list_products().total
    shared.close()
    return total, shared.notice


def copy_of(killed: Path, folder: Path, change: Callable[[bytearray], None] = lambda log: None) -> bytes:
    """The killed catalog in ``folder``, its log changed; returns the log."""
    shutil.copyfile(killed / "catalog.sqlite3", folder / "catalog.sqlite3")
    log = bytearray((killed / LOG).read_bytes())
    change(log)
    (folder / LOG).write_bytes(log)
    return bytes(log)


def test_a_log_that_a_kill_left_is_taken_whole_and_not_mentioned(killed: Path, tmp_path: Path) -> None:
    """The usual case: ten products more, nothing said, nothing put aside."""
    copy_of(killed, tmp_path)
    assert opened(tmp_path) == (72, "")
    assert not list(tmp_path.glob("*damaged*"))


def test_a_log_may_end_anywhere(killed: Path, tmp_path: Path) -> None:
    """A kill in the middle of writing leaves a torn end, which is no damage: nobody was told of it."""
    size = (killed / LOG).stat().st_size
    assert (size - HEADER) % FRAME == 0
    totals = []
    for index, kept in enumerate(range(size, HEADER, -5 * FRAME // 3)):
        folder = tmp_path / str(index)
        folder.mkdir()
        copy_of(killed, folder, lambda log, kept=kept: log.__delitem__(slice(kept, None)))  # type: ignore[misc]
        total, notice = opened(folder)
        assert notice == ""
        totals.append(total)
    assert totals == sorted(totals, reverse=True)
    assert totals[0] == 72
    assert totals[-1] == 62


def test_a_torn_last_frame_over_old_bytes_is_no_damage(killed: Path, tmp_path: Path) -> None:
    """A log that is used again has old bytes where the last page was not written in time."""
    copy_of(killed, tmp_path, lambda log: log.__setitem__(slice(-4096, None), b"\x5a" * 4096))
    total, notice = opened(tmp_path)
    assert (total, notice) == (71, "")


@pytest.mark.parametrize("place", [16, HEADER + 4 * FRAME + 30, -6 * FRAME])
def test_a_damaged_log_is_kept_and_told(killed: Path, tmp_path: Path, place: int) -> None:
    """SQLite alone would drop acknowledged writes silently; the start keeps every byte and says where."""

    def flip(log: bytearray) -> None:
        log[place] ^= 0xFF

    damaged = copy_of(killed, tmp_path, flip)
    total, notice = opened(tmp_path)
    assert 62 <= total < 72
    (kept,) = tmp_path.glob(f"{LOG}.damaged-*")
    assert kept.read_bytes() == damaged
    assert str(kept) in notice
    assert "newest changes are missing" in notice
    assert opened(tmp_path) == (total, "")


@pytest.mark.parametrize("empty", [True, False])
def test_a_log_without_its_database_is_not_deleted(killed: Path, tmp_path: Path, empty: bool) -> None:
    """SQLite would delete it; the start stops, and setting aside keeps it under the new name."""
    log = copy_of(killed, tmp_path)
    (tmp_path / "catalog.sqlite3").unlink()
    if empty:
        (tmp_path / "catalog.sqlite3").touch()
    shared = Shared(ServerSettings(data_dir=tmp_path))
    with pytest.raises(DatabaseUnusable, match=r"its log catalog\.sqlite3-wal holds changes") as caught:
        shared.open()
    shared.close()
    assert caught.value.replaceable
    assert (tmp_path / LOG).read_bytes() == log
    shared = Shared(ServerSettings(data_dir=tmp_path, set_aside=True))
    assert shared.open().service.list_products().total == 62
    shared.close()
    (kept,) = tmp_path.glob("*unusable*-wal")
    assert kept.read_bytes() == log


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_another_programs_unfinished_log_is_not_touched(tmp_path: Path, journal: str) -> None:
    """Looking at a foreign file neither takes its log in nor rolls its journal back."""
    path = tmp_path / "catalog.sqlite3"
    running = tmp_path / "running.sqlite3"
    with closing(sqlite3.connect(running, isolation_level=None)) as other:
        other.execute(f"PRAGMA journal_mode={journal}")
        other.execute("CREATE TABLE places (name)")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.execute("PRAGMA cache_size=1")
        other.execute("BEGIN")
        other.execute(
            "INSERT INTO places WITH n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<900) "
            "SELECT zeroblob(900) FROM n"
        )
        for companion in tmp_path.glob("running.sqlite3*"):
            if not companion.name.endswith("-shm"):
                shutil.copyfile(companion, path.with_name(companion.name.replace("running", "catalog")))
        other.execute("ROLLBACK")
    before = {file.name: file.read_bytes() for file in tmp_path.glob("catalog*")}
    assert len(before) == 2
    with pytest.raises(DatabaseUnusable, match="another program"):
        CatalogStore.in_file(path)
    assert {file.name: file.read_bytes() for file in tmp_path.glob("catalog*")} == before
    shared = Shared(ServerSettings(data_dir=tmp_path, set_aside=True))
    shared.open()
    shared.close()
    assert {file.read_bytes() for file in tmp_path.glob("*unusable*")} == set(before.values())


def test_a_damaged_file_keeps_its_log_too(killed: Path, tmp_path: Path) -> None:
    """Finding the damage does not write the log into the file, and both go aside together."""
    log = copy_of(killed, tmp_path)
    path = tmp_path / "catalog.sqlite3"
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 512] = b"\xa5" * 512
    path.write_bytes(content)
    with pytest.raises(DatabaseUnusable, match="damaged"):
        CatalogStore.in_file(path)
    assert (path.read_bytes(), (tmp_path / LOG).read_bytes()) == (bytes(content), log)


@pytest.mark.parametrize("keep", [0.5, 0.999, 0.01])
def test_a_cut_file_is_damaged(killed: Path, tmp_path: Path, keep: float) -> None:
    """Whatever length is left, the start stops and leaves it as it is."""
    path = tmp_path / "catalog.sqlite3"
    whole = (killed / "catalog.sqlite3").read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusable) as caught:
        CatalogStore.in_file(path)
    assert caught.value.replaceable
    assert path.read_bytes() == before
