"""One page of products with its exact total, at a cost that does not grow with the table.

Rows are always thought of in ascending order; a descending page is an ascending one read from the other
end. Near either end a plain OFFSET is cheapest; in between the blocks say where to start.
"""

import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, true

from backends.catalog.blocks import (
    BLOCK_MAX,
    EVERYTHING,
    ORDERS,
    Key,
    SortOrder,
    category_scope,
    compare,
    in_scope,
)
from backends.catalog.schema import id_blocks, products
from backends.catalog.validation import ID_MAX

_COLUMNS = (products.c.id, products.c.name, products.c.price, products.c.stock, products.c.category)
_SORT_COST = 3  # fetching and sorting a row against skipping one in an index


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a caller wants to see; already validated."""

    page: int
    limit: int
    sort: str
    descending: bool
    category: str | None
    price_min: float | None
    price_max: float | None

    @property
    def scope(self) -> str:
        """The blocks' scope that this query looks at."""
        return EVERYTHING if self.category is None else category_scope(self.category)

    @property
    def has_price(self) -> bool:
        """Whether a price bound is given."""
        return self.price_min is not None or self.price_max is not None


@dataclass(frozen=True, slots=True)
class _Window:
    """The wanted rows as ascending positions within the matching ones."""

    first: int
    count: int
    total: int

    @property
    def from_end(self) -> int:
        return self.total - self.first - self.count


def list_rows(connection: Connection, query: Query) -> tuple[list[Any], int]:
    """Rows of the page in the wanted order, and how many rows match on all pages."""
    everything = ORDERS["id"].total(connection, query.scope)
    below, total = 0, everything
    if query.has_price:
        below, above = _price_ranks(connection, query, everything)
        total = above - below
    offset = (query.page - 1) * query.limit
    count = max(0, min(query.limit, total - offset))
    if count == 0:
        return [], total
    window = _Window(total - offset - count if query.descending else offset, count, total)
    rows = _fetch(connection, query, window, below, everything)
    return rows[::-1] if query.descending else rows, total


def _price_ranks(connection: Connection, query: Query, everything: int) -> tuple[int, int]:
    price, scope = ORDERS["price"], query.scope
    below = price.rank(connection, scope, (query.price_min, 0)) if query.price_min is not None else 0
    above = everything
    if query.price_max is not None:
        above = price.rank(connection, scope, (query.price_max, ID_MAX))
    return below, above


def _fetch(connection: Connection, query: Query, window: _Window, below: int, everything: int) -> list[Any]:
    sort = query.sort
    if sort == "category":
        if query.category is None and not query.has_price and not _near(window):
            return _by_category(connection, window)
        sort = "id" if query.category is not None else sort
    if query.has_price and sort != "price":
        return _within_prices(connection, query, sort, window, everything)
    if not _near(window) and sort != "category":
        return _from_block(connection, query.scope, ORDERS[sort], below + window.first, window.count)
    where = and_(in_scope(query.scope), _price_bounds(query))
    return _from_nearer_end(connection, where, _key_columns(sort), window)


def _near(window: _Window) -> bool:
    return min(window.first, window.from_end) <= BLOCK_MAX


def _from_nearer_end(
    connection: Connection,
    where: ColumnElement[bool],
    key: tuple[ColumnElement[Any], ...],
    window: _Window,
) -> list[Any]:
    page = select(*_COLUMNS).where(where).limit(window.count)
    if window.first <= window.from_end:
        return list(connection.execute(page.order_by(*key).offset(window.first)))
    backwards = page.order_by(*(column.desc() for column in key)).offset(window.from_end)
    return list(connection.execute(backwards))[::-1]


def _from_block(connection: Connection, scope: str, order: SortOrder, position: int, count: int) -> list[Any]:
    place = order.locate(connection, scope, position)
    if place is None:
        return []
    return list(connection.execute(_rows_from(scope, order, place.start, place.rest, count)))


def _rows_from(scope: str, order: SortOrder, start: Key, offset: int, count: int) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .where(in_scope(scope), compare(order.row_key, ">=", start))
        .order_by(*order.row_key)
        .limit(count)
        .offset(offset)
    )


def _by_category(connection: Connection, window: _Window) -> list[Any]:
    """Walk the categories' totals to the one that holds the window, then its rows by id."""
    totals = connection.execute(
        select(id_blocks.c.scope, func.sum(id_blocks.c.n))
        .where(id_blocks.c.scope != EVERYTHING)
        .group_by(id_blocks.c.scope)
        .order_by(id_blocks.c.scope)
    )
    rows: list[Any] = []
    first, missing = window.first, window.count
    for scope, n in totals.all():
        if first < n and missing:
            found = _from_block(connection, scope, ORDERS["id"], first, min(missing, n - first))
            rows += found
            missing -= len(found)
        first = max(0, first - n)
    return rows


def _within_prices(
    connection: Connection, query: Query, sort: str, window: _Window, everything: int
) -> list[Any]:
    """A price range in another order: sort the range, or walk the order and skip what is outside.

    Whichever touches fewer rows, judged by the exact counts. The ``+ 0`` and ``|| ''`` keep the planner of
    the database from choosing the other index.
    """
    skipped = min(window.first, window.from_end) + window.count
    walk = skipped * everything / max(1, window.total)
    key = _key_columns(sort)
    if walk < _SORT_COST * window.total:
        where = and_(in_scope(query.scope), _price_bounds(query, indexed=False))
        return _from_nearer_end(connection, where, key, window)
    where = and_(in_scope(query.scope), _price_bounds(query))
    return _from_nearer_end(connection, where, tuple(_unindexed(column) for column in key), window)


def _price_bounds(query: Query, *, indexed: bool = True) -> ColumnElement[bool]:
    if not query.has_price:
        return true()
    column: ColumnElement[Any] = products.c.price if indexed else products.c.price + 0.0
    # Both bounds always, so that every price query is one statement to the statement cache.
    return and_(column >= (query.price_min or 0.0), column <= _upper(query))


def _upper(query: Query) -> float:
    return math.inf if query.price_max is None else query.price_max


def _key_columns(sort: str) -> tuple[ColumnElement[Any], ...]:
    if sort == "category":
        return products.c.category, products.c.id
    return ORDERS[sort].row_key


def _unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column.concat("") if column.name in {"name", "category"} else column + 0
