"""One page of products with its exact total, at a cost that does not grow with the table.

Rows are always thought of in ascending order; a descending page is an ascending one read from the other
end. Near either end a plain OFFSET is cheapest; in between the blocks say where to start.
"""

import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from backends.catalog.blocks import EVERYTHING, ORDERS, SortOrder, category_scope
from backends.catalog.page_statements import Prices, category_totals, marks, page
from backends.catalog.schema import catalog_state
from backends.catalog.trails import Trails
from backends.catalog.validation import ID_MAX

_NEAR = 1000  # rows that an OFFSET skips faster than the blocks find their place
_FAR = 5000  # rows from which on a walk is worth remembering
_STEP = 512  # rows of the whole order from one mark of a walk to the next
_SORT_COST = 3  # fetching and sorting a row against skipping one in an index
_VERSION = select(catalog_state.c.version)


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
    def scoped(self) -> bool:
        """Whether it looks at one category."""
        return self.category is not None

    @property
    def has_price(self) -> bool:
        """Whether a price bound is given."""
        return self.price_min is not None or self.price_max is not None

    @property
    def effective_sort(self) -> str:
        """Within one category its order is that of the ids."""
        return "id" if self.sort == "category" and self.scoped else self.sort

    def parameters(self, first: int, count: int) -> dict[str, Any]:
        """The values of every statement of page_statements."""
        return {
            "first": first,
            "count": count,
            "category": self.category,
            "price_min": self.price_min or 0.0,
            "price_max": math.inf if self.price_max is None else self.price_max,
        }


@dataclass(frozen=True, slots=True)
class _Window:
    """The wanted rows as ascending positions within the matching ones."""

    first: int
    count: int
    total: int

    @property
    def from_end(self) -> int:
        return self.total - self.first - self.count

    @property
    def nearer(self) -> int:
        """Rows between the window and the nearer end."""
        return min(self.first, self.from_end)


def list_rows(connection: Connection, query: Query, trails: Trails) -> tuple[list[Any], int]:
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
    if query.has_price and query.sort != "price":
        rows = _within_prices(connection, query, window, everything, trails)
    else:
        rows = _along_order(connection, query, window, below)
    return rows[::-1] if query.descending else rows, total


def _price_ranks(connection: Connection, query: Query, everything: int) -> tuple[int, int]:
    price, scope = ORDERS["price"], query.scope
    below = price.rank(connection, scope, (query.price_min, 0)) if query.price_min is not None else 0
    above = everything
    if query.price_max is not None:
        above = price.rank(connection, scope, (query.price_max, ID_MAX))
    return below, above


def _along_order(connection: Connection, query: Query, window: _Window, below: int) -> list[Any]:
    """Rows that lie side by side in the wanted order; ``below`` come before all of them."""
    if window.nearer <= _NEAR:
        return _from_nearer_end(connection, query, window, Prices.INDEXED if query.has_price else None)
    if query.effective_sort == "category":
        return _by_category(connection, window)
    order = ORDERS[query.effective_sort]
    return _from_block(connection, query.scope, order, below + window.first, window.count)


def _from_nearer_end(
    connection: Connection, query: Query, window: _Window, prices: Prices | None
) -> list[Any]:
    backwards = window.first > window.from_end
    statement = page(
        query.effective_sort,
        scoped=query.scoped,
        prices=prices or Prices.IGNORED,
        backwards=backwards,
    )
    rows = list(connection.execute(statement, query.parameters(window.nearer, window.count)))
    return rows[::-1] if backwards else rows


def _from_block(connection: Connection, scope: str, order: SortOrder, position: int, count: int) -> list[Any]:
    place = order.locate(connection, scope, position)
    if place is None:
        return []
    statement = page(order.name, scoped=bool(scope), from_start=True)
    values = {"first": place.rest, "count": count, "category": scope[1:]}
    return list(connection.execute(statement, values | _start(place.start)))


def _by_category(connection: Connection, window: _Window) -> list[Any]:
    """Walk the categories' totals to the one that holds the window, then its rows by id."""
    rows: list[Any] = []
    first, missing = window.first, window.count
    for scope, n in connection.execute(category_totals).all():
        if first < n and missing:
            found = _from_block(connection, scope, ORDERS["id"], first, min(missing, n - first))
            rows += found
            missing -= len(found)
        first = max(0, first - n)
    return rows


def _within_prices(
    connection: Connection, query: Query, window: _Window, everything: int, trails: Trails
) -> list[Any]:
    """A price range in another order: sort the range, or walk the order and skip what is outside.

    Whichever touches fewer rows, judged by the exact counts.
    """
    walk = (window.nearer + window.count) * everything / window.total
    effort = min(walk, _SORT_COST * window.total)
    if effort > _FAR:
        rows = _along_trail(connection, query, window, everything, trails)
        if rows is not None:
            return rows
    return _from_nearer_end(connection, query, window, Prices.CHECKED if walk == effort else Prices.INDEXED)


def _along_trail(
    connection: Connection, query: Query, window: _Window, everything: int, trails: Trails
) -> list[Any] | None:
    sort = query.effective_sort
    version = connection.scalar(_VERSION) or 0
    what = (sort, query.category, query.price_min, query.price_max)
    step = max(1, _STEP * window.total // everything)  # so many matches among _STEP rows

    def lay() -> list[tuple[Any, ...]]:
        narrow = _SORT_COST * window.total < everything
        statement = marks(sort, scoped=query.scoped, prices=Prices.INDEXED if narrow else Prices.CHECKED)
        return [tuple(row) for row in connection.execute(statement, query.parameters(0, 0) | {"step": step})]

    found = trails.marks(what, version, lay)
    if found is None:
        return None
    mark, rest = divmod(window.first, step)
    statement = page(sort, scoped=query.scoped, prices=Prices.CHECKED, from_start=True)
    values = query.parameters(rest, window.count) | _start(found[mark])
    return list(connection.execute(statement, values))


def _start(key: tuple[Any, ...]) -> dict[str, Any]:
    return {f"start_{number}": part for number, part in enumerate(key)}
