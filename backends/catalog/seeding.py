"""Fills a new database: the sample catalog, or as many products as somebody wants to measure with.

Everything happens in one transaction, so that a start that is killed leaves an empty catalog, not a half
one. The same seed makes the same catalog.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from backends.catalog import order_rows, sample
from backends.catalog.blocks import ORDERS
from backends.catalog.models import OrderStatus, Product
from backends.catalog.product_rows import read_many
from backends.catalog.schema import catalog_state, product_indexes, products, users
from backends.catalog.service import timestamp
from backends.catalog.store import CatalogStore
from backends.passwords import DEMO_HASH

_BATCH = 20_000
_BULK = 20_000  # from here on it is cheaper to make the indexes anew than to keep them
_FIRST_DAY = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)


def fill(store: CatalogStore, *, products_wanted: int | None = None, seed: int = 42) -> None:
    """Make the sample catalog if the database is new, then add products up to the number wanted.

    A catalog that has more than that keeps them: nothing is ever taken away.
    """
    with store.reading() as connection:
        new = connection.scalar(select(users.c.id).limit(1)) is None
    if new:
        with store.writing() as connection:
            _sample(connection, products_wanted, random.Random(seed))
            _grow(connection, products_wanted, random.Random(seed + 1))
    elif products_wanted is not None:
        with store.writing() as connection:
            _grow(connection, products_wanted, random.Random(seed + 1))


def _sample(connection: Connection, most: int | None, draw: random.Random) -> None:
    connection.execute(insert(users), list(_users()))
    rows = _sample_products()[:most]
    if rows:
        connection.execute(insert(products), rows)
    for order in ORDERS.values():
        order.rebuild(connection)
    _sample_orders(connection, len(rows), draw)


def _users() -> Iterator[dict[str, Any]]:
    for number, (user_id, email, name) in enumerate(sample.USERS):
        password_hash = DEMO_HASH if number == 0 else None
        yield {"id": user_id, "email": email, "name": name, "password_hash": password_hash}


def _sample_products() -> list[dict[str, Any]]:
    rows = [
        {"name": name, "price": price, "stock": stock, "category": category}
        for category, items in sample.CATEGORIES.items()
        for name, price, stock in items
    ]
    famous = [row for name in ("Laptop", "Mouse") for row in rows if row["name"] == name]
    return famous + [row for row in rows if row not in famous]


def _sample_orders(connection: Connection, product_count: int, draw: random.Random) -> None:
    if product_count < 2:
        return
    known = read_many(connection, range(1, product_count + 1))
    moment = _FIRST_DAY
    for number in range(sample.ORDERS):
        user_id, lines = sample.FIRST_ORDER if number == 0 else _random_order(product_count, draw)
        order_rows.add(
            connection,
            user_id,
            _with_products(lines, known),
            status=_status(number, draw),
            created_at=timestamp(moment.timestamp()),
        )
        moment += timedelta(minutes=draw.randint(20, 900))


def _random_order(product_count: int, draw: random.Random) -> tuple[str, tuple[tuple[int, int], ...]]:
    chosen = draw.sample(range(1, product_count + 1), min(product_count, draw.randint(1, 5)))
    user_id = draw.choice(sample.USERS)[0]
    return user_id, tuple((number, draw.choice((1, 1, 1, 2, 3))) for number in chosen)


def _with_products(
    lines: tuple[tuple[int, int], ...], known: dict[str, Product]
) -> list[tuple[Product, int]]:
    return [(known[str(number)], quantity) for number, quantity in lines]


def _status(number: int, draw: random.Random) -> str:
    """Old orders have arrived, the newest are still being worked on."""
    if number == 0 or number >= sample.ORDERS - 6:
        return OrderStatus.PROCESSING.value
    late = number >= sample.ORDERS - 12
    return (OrderStatus.SHIPPED if late or draw.random() < 0.1 else OrderStatus.DELIVERED).value


def _grow(connection: Connection, wanted: int | None, draw: random.Random) -> None:
    present = connection.scalar(select(func.count()).select_from(products)) or 0
    missing = (wanted or 0) - present
    if missing <= 0:
        return
    bulk = missing > _BULK
    if bulk:
        for index in product_indexes:
            index.drop(connection)
    rows = _products(present, missing, draw)
    while batch := [row for row, _ in zip(rows, range(_BATCH), strict=False)]:
        connection.execute(insert(products), batch)
    if bulk:
        for index in product_indexes:
            index.create(connection)
    for order in ORDERS.values():
        order.rebuild(connection)
    connection.execute(update(catalog_state).values(version=catalog_state.c.version + 1))


def _products(present: int, count: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    categories = tuple(sample.CATEGORIES)
    for number in range(present + 1, present + count + 1):
        name = f"{draw.choice(sample.ADJECTIVES)} {draw.choice(sample.MAKERS)} {draw.choice(sample.NOUNS)}"
        yield {
            "name": f"{name} {number}",
            "price": round(draw.uniform(0.5, 2000.0), 2),
            "stock": int(draw.random() * 1000),
            "category": categories[int(draw.random() * len(categories))],
        }
