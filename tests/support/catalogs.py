"""Catalogs for tests: a sample one per test, and a naive model that says what a listing must be."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import event, select

from backends.catalog import blocks, listing
from backends.catalog.blocks import ORDERS, Key, scopes_of
from backends.catalog.models import Product
from backends.catalog.schema import products
from backends.catalog.seeding import fill
from backends.catalog.service import CatalogService
from backends.catalog.store import CatalogStore


@contextmanager
def sample_catalog(products_wanted: int | None = None) -> Iterator[CatalogService]:
    """A temporary catalog with the sample data."""
    store = CatalogStore.ephemeral()
    try:
        fill(store, products_wanted=products_wanted)
        yield CatalogService(store)
    finally:
        store.close()


@contextmanager
def small_scale() -> Iterator[None]:
    """Blocks of 4 rows instead of 4096, so that 30 rows split, join and nest as a million do."""
    before = blocks.BLOCK_MAX, listing._NEAR, listing._FAR, listing._STEP
    blocks.BLOCK_MAX, listing._NEAR, listing._FAR, listing._STEP = 4, 2, 1, 3
    try:
        yield
    finally:
        blocks.BLOCK_MAX, listing._NEAR, listing._FAR, listing._STEP = before


def naive_listing(
    rows: Iterable[Product],
    *,
    sort: str,
    order: str,
    category: str | None,
    price_min: float | None,
    price_max: float | None,
) -> list[Product]:
    """All matching rows in the wanted order, the slow and obvious way."""
    found = [
        row
        for row in rows
        if (category is None or row.category == category)
        and (price_min is None or row.price >= price_min)
        and (price_max is None or row.price <= price_max)
    ]
    found.sort(key=lambda row: _sort_key(row, sort), reverse=order == "desc")
    return found


def _sort_key(row: Product, sort: str) -> tuple[object, int]:
    value: object = int(row.id) if sort == "id" else getattr(row, sort)
    return value, int(row.id)


def wrong_blocks(store: CatalogStore) -> list[str]:
    """Every block whose count is not the number of rows in it, in words."""
    wrong = []
    with store.reading() as connection:
        rows = [row._mapping for row in connection.execute(select(products))]
        for name, order in ORDERS.items():
            keys: dict[str, list[Key]] = defaultdict(list)
            for row in rows:
                for scope in scopes_of(row["category"]):
                    keys[scope].append(tuple(row[column.name] for column in order.row_key))
            mine: dict[str, list[tuple[Key, int]]] = defaultdict(list)
            for scope, *start, n in connection.execute(
                select(order.blocks).order_by(*order.blocks.primary_key)
            ):
                mine[scope].append((tuple(start), n))
            for scope in keys.keys() | mine.keys():
                faults = _faults(sorted(keys[scope]), mine[scope])
                wrong += [f"{name} {scope!r}: {fault}" for fault in faults]
    return wrong


def _faults(keys: list[Key], mine: list[tuple[Key, int]]) -> Iterator[str]:
    if keys and (not mine or mine[0][0] > keys[0]):
        yield "rows before the first block"
    ends = [start for start, _ in mine[1:]] + [None]
    for (start, n), end in zip(mine, ends, strict=True):
        actual = sum(1 for key in keys if key >= start and (end is None or key < end))
        if n != actual or not 0 < n <= blocks.BLOCK_MAX:
            yield f"block {start} says {n}, has {actual}"


@contextmanager
def counting_statements(store: CatalogStore) -> Iterator[list[str]]:
    """Collects the SQL that any thread runs meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(store._engine, "before_cursor_execute", note)
