"""Single rows the quick way: the same rows as the usual way, from any thread, and nothing left open."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from backends.catalog.database import open_engine
from backends.catalog.point_reads import PointReads
from backends.catalog.schema import products
from backends.catalog.seeding import fill
from backends.catalog.service import CatalogService
from backends.catalog.store import CatalogStore
from backends.catalog.trouble import outage_of

ROW = select(products.c.id, products.c.name, products.c.price).where(products.c.id == bindparam("wanted"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = CatalogStore.in_file(tmp_path / "catalog.sqlite3")
    fill(store)
    store.close()
    return tmp_path / "catalog.sqlite3"


@pytest.mark.parametrize("direct", [True, False], ids=["driver", "any database"])
def test_both_ways_find_the_same_row(path: Path, direct: bool) -> None:
    """What SQLite gives directly is what every database gives through SQLAlchemy."""
    engine = open_engine(f"sqlite:///{path}")
    points = PointReads(engine, direct=direct)
    row = points.first(ROW, {"wanted": 2})
    assert row is not None
    assert tuple(row) == (2, "Mouse", 29.99)
    assert points.first(ROW, {"wanted": 10**6}) is None
    points.close()
    engine.dispose()


def test_a_read_sees_what_was_just_written(path: Path) -> None:
    """No connection of its own keeps an old picture of the catalog."""
    store = CatalogStore.in_file(path)
    service = CatalogService(store)
    for stock in range(50):
        service.update_product("1", stock=stock)
        assert service.get_product("1").stock == stock
    store.close()


def test_many_threads_read_at_once_and_closing_leaves_nothing_open(path: Path) -> None:
    """Sixteen readers get their own rows; afterwards no file is open, also of those in use at the close."""
    store = CatalogStore.in_file(path)
    service = CatalogService(store)

    def read(number: int) -> bool:
        return all(service.get_product(str(number)).id == str(number) for _ in range(200))

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(read, range(1, 17)))
        busy = [pool.submit(read, number) for number in range(1, 17)]
        store.close()
        for one in busy:
            one.exception()  # whether it was still served does not matter here
    store.close()
    held = [link for link in Path("/proc/self/fd").iterdir() if str(path) in _target(link)]
    assert held == []


def test_a_failed_read_is_an_outage_and_the_next_one_works(path: Path) -> None:
    """The error is the driver's own, and its connection is not used again."""
    engine = open_engine(f"sqlite:///{path}")
    points = PointReads(engine, direct=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE products RENAME TO elsewhere")
    with pytest.raises(Exception, match="no such table") as caught:
        points.first(ROW, {"wanted": 1})
    assert outage_of(caught.value) == "the database does not answer"
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO products")
    assert points.first(ROW, {"wanted": 1}) is not None
    points.close()
    engine.dispose()


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
