"""The database file: found unusable, set aside, killed, shared between threads and processes."""

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backends.catalog.database import (
    DatabaseUnusable,
    DatabaseUrlUnusable,
    open_engine,
    set_aside,
    sqlite_path,
)
from backends.catalog.seeding import fill
from backends.catalog.service import CatalogService
from backends.catalog.store import CatalogStore
from tests.support.catalogs import counting_statements, sample_catalog, wrong_blocks

ROOT = Path(__file__).parents[2]


def make(path: Path) -> None:
    store = CatalogStore.in_file(path)
    fill(store)
    store.close()


def test_what_is_written_is_there_at_the_next_start(tmp_path: Path) -> None:
    """A catalog in a file outlives its store, and is not filled twice."""
    path = tmp_path / "deep" / "catalog.sqlite3"
    make(path)
    store = CatalogStore.in_file(path)
    CatalogService(store).update_product("1", stock=3)
    store.close()
    store = CatalogStore.in_file(path)
    fill(store)
    service = CatalogService(store)
    assert service.get_product("1").stock == 3
    assert service.list_products().total == 62
    store.close()


def test_an_ephemeral_catalog_leaves_nothing(temporary: Path) -> None:
    """Closing removes the temporary folder; closing twice is fine."""
    store = CatalogStore.ephemeral()
    fill(store)
    assert list(temporary.iterdir())
    store.close()
    store.close()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    """The error names the file, and the file is as it was."""
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(content)
    with pytest.raises(DatabaseUnusable, match=r"catalog\.sqlite3"):
        CatalogStore.in_file(path)
    assert path.read_bytes() == content


def test_a_damaged_catalog_is_recognised(tmp_path: Path) -> None:
    """Garbage in the middle of our own file is found at the start, not at the first query."""
    path = tmp_path / "catalog.sqlite3"
    make(path)
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 512] = b"\xa5" * 512
    path.write_bytes(content)
    with pytest.raises(DatabaseUnusable, match="damaged"):
        CatalogStore.in_file(path)


def test_the_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    """Tables that are not ours are a reason to stop, not to add ours beside them."""
    path = tmp_path / "places.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE products (id INTEGER, secret TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusable, match="another program"):
        CatalogStore.in_file(path)
    assert path.read_bytes() == before


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    """An old program does not write into a new schema."""
    path = tmp_path / "catalog.sqlite3"
    make(path)
    with sqlite3.connect(path) as later:
        later.execute("PRAGMA user_version=99")
    later.close()
    with pytest.raises(DatabaseUnusable, match="later version"):
        CatalogStore.in_file(path)


def test_setting_aside_keeps_every_byte_and_makes_room(tmp_path: Path) -> None:
    """The unusable file is renamed with its companions, twice if need be, and a new catalog can begin."""
    path = tmp_path / "catalog.sqlite3"
    kept = set()
    for content in (b"first", b"second"):
        path.write_bytes(content)
        path.with_name("catalog.sqlite3-wal").write_bytes(b"wal of " + content)
        target = set_aside(path)
        assert target.read_bytes() == content
        assert target.with_name(target.name + "-wal").read_bytes() == b"wal of " + content
        kept.add(target)
    assert len(kept) == 2
    assert not path.exists()
    make(path)


def test_only_sqlite_urls_have_a_file() -> None:
    """Whoever wants to set a file aside learns whether there is one."""
    assert sqlite_path("sqlite:////tmp/x.sqlite3") == Path("/tmp/x.sqlite3")
    assert sqlite_path("postgresql://localhost/x") is None


def test_a_killed_writer_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """After SIGKILL in full swing every acknowledged write is there, the counts agree, no id comes back."""
    path = tmp_path / "catalog.sqlite3"
    make(path)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.writer", str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = [process.stdout.readline().strip() for _ in range(60)]
    process.kill()
    said += [line.strip() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    process.stdout.close()
    process.wait()
    created = {line[1:] for line in said if line.startswith("+")}
    deleted = {line[1:] for line in said if line.startswith("-")}
    store = CatalogStore.in_file(path)
    service = CatalogService(store)
    alive = created - deleted
    in_doubt = max(created, key=int)  # its delete may have been committed and not yet been said
    assert service.get_products(alive).keys() >= alive - {in_doubt}
    assert service.get_products(deleted) == {}
    assert wrong_blocks(store) == []
    assert int(service.create_product(name="next", price=1).id) > max(map(int, created))
    store.close()


def test_many_threads_write_and_read_without_a_locked_database() -> None:
    """Writers queue, readers see whole states only: a page never disagrees with its total."""
    with sample_catalog() as service:
        stop = threading.Event()

        def read() -> int:
            reads = 0
            while not stop.is_set():
                page = service.list_products(limit=100, category="Busy")
                assert len(page.products) == page.total
                reads += 1
            return reads

        def write(worker: int) -> None:
            for number in range(15):
                made = service.create_product(name=f"{worker} {number}", price=number, category="Busy")
                service.update_product(made.id, stock=number)
                if number % 2:
                    service.delete_product(made.id)

        with ThreadPoolExecutor(8) as pool:
            readers = [pool.submit(read) for _ in range(4)]
            for done in [pool.submit(write, worker) for worker in range(4)]:
                done.result()
            stop.set()
            assert all(reader.result() > 0 for reader in readers)
        assert service.list_products(category="Busy").total == 4 * 8
        assert wrong_blocks(service.store) == []


def test_two_stores_share_one_file(tmp_path: Path) -> None:
    """What one process writes another reads at once, and both may write."""
    path = tmp_path / "catalog.sqlite3"
    make(path)
    stores = [CatalogStore.in_file(path) for _ in range(2)]
    services = [CatalogService(store) for store in stores]
    for number in range(10):
        made = services[number % 2].create_product(name=f"n{number}", price=1)
        assert services[1 - number % 2].get_product(made.id) == made
    assert wrong_blocks(stores[0]) == []
    for store in stores:
        store.close()


def test_a_wanted_size_is_reached_exactly_and_never_undercut(tmp_path: Path) -> None:
    """--products makes that many, also of few; a larger catalog keeps what it has."""
    for wanted in (0, 1, 2, 40, 100):
        with sample_catalog(wanted) as service:
            assert service.list_products().total == wanted
            assert (service.recent_orders(0, 1) != ()) == (wanted >= 2)
    store = CatalogStore.in_file(tmp_path / "catalog.sqlite3")
    for wanted, total in ((10, 10), (80, 80), (20, 80)):
        fill(store, products_wanted=wanted)
        assert CatalogService(store).list_products().total == total
    assert wrong_blocks(store) == []
    store.close()


def test_the_same_seed_makes_the_same_catalog() -> None:
    """Generated products and orders are reproducible."""
    with sample_catalog(200) as first, sample_catalog(200) as second:
        assert first.list_products(limit=100, page=2) == second.list_products(limit=100, page=2)
        assert first.recent_orders(0, 100) == second.recent_orders(0, 100)


def test_an_order_costs_the_same_statements_whatever_it_holds() -> None:
    """Two statements for one line and for fifty."""
    with sample_catalog() as service:
        long = service.create_order(user_id="user_123", lines=[(str(n), 1) for n in range(1, 51)])
        short = service.create_order(user_id="user_123", lines=[("1", 1)])
        counts = []
        for order in (long, short):
            with counting_statements(service.store) as statements:
                service.get_order(order.id)
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 3


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("nonsense", "no database URL"),
        ("postgresql://me:secret@there:port/x", "no database URL"),
        ("foo://me:secret@there/x", "foo://"),
        ("sqlite+nothing:///x", r"sqlite\+nothing://"),
        ("sqlite://me:secret@there", "sqlite://"),
    ],
)
def test_a_url_without_a_database_is_refused_without_its_password(url: str, named: str) -> None:
    """Our own sentence names the scheme, and nothing that should stay secret."""
    with pytest.raises(DatabaseUrlUnusable, match=named) as caught:
        open_engine(url)
    assert "secret" not in str(caught.value)
    assert "sqlalchemy" not in str(caught.value).lower()
