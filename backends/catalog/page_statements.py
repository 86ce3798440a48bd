"""The statements that read pages, each built once. Which one is right for a page is for listing.py to say."""

from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select, true

from backends.catalog.blocks import ORDERS, compare
from backends.catalog.schema import id_blocks, products

Key = tuple[ColumnElement[Any], ...]

COLUMNS = (products.c.id, products.c.name, products.c.price, products.c.stock, products.c.category)


class Prices(Enum):
    """How a statement treats price bounds."""

    IGNORED = "there are none"
    INDEXED = "find the rows by the price index; sort them afterwards if they are wanted in another order"
    CHECKED = "walk the wanted order and skip what is outside"


def key_columns(sort: str) -> Key:
    """What a sort order compares."""
    if sort == "category":
        return products.c.category, products.c.id
    return ORDERS[sort].row_key


@cache
def page(
    sort: str,
    *,
    scoped: bool,
    prices: Prices = Prices.IGNORED,
    backwards: bool = False,
    from_start: bool = False,
) -> Select[Any]:
    """Parameters: first, count; category if scoped; price_min, price_max; start_0, start_1 if from a start.

    The ``+ 0`` and ``|| ''`` keep the planner of the database away from the index that is not wanted.
    """
    key = key_columns(sort)
    where = _conditions(scoped=scoped, prices=prices)
    if from_start:
        start: list[Any] = [bindparam(f"start_{number}") for number in range(len(key))]
        where = and_(where, compare(key, ">=", start))
    order = _order(key, sort, prices)
    if backwards:
        order = tuple(column.desc() for column in order)
    found = select(*COLUMNS).where(where).order_by(*order)
    return found.limit(bindparam("count")).offset(bindparam("first"))


@cache
def marks(sort: str, *, scoped: bool, prices: Prices) -> Select[Any]:
    """The keys of every ``step``-th row inside a price range, in the order of a sort."""
    key = key_columns(sort)
    number = (func.row_number().over(order_by=_order(key, sort, prices)) - 1).label("number")
    labelled = [column.label(f"key_{place}") for place, column in enumerate(key)]
    rows = select(*labelled, number).where(_conditions(scoped=scoped, prices=prices)).subquery()
    keys = [rows.c[column.name] for column in labelled]
    return select(*keys).where(rows.c.number % bindparam("step") == 0).order_by(rows.c.number)


category_totals = (
    select(id_blocks.c.scope, func.sum(id_blocks.c.n))
    .where(id_blocks.c.scope != "")
    .group_by(id_blocks.c.scope)
    .order_by(id_blocks.c.scope)
)


def _conditions(*, scoped: bool, prices: Prices) -> ColumnElement[bool]:
    where: ColumnElement[bool] = products.c.category == bindparam("category") if scoped else true()
    if prices is Prices.IGNORED:
        return where
    price: ColumnElement[Any] = products.c.price + 0.0 if prices is Prices.CHECKED else products.c.price
    return and_(where, price >= bindparam("price_min"), price <= bindparam("price_max"))


def _order(key: Key, sort: str, prices: Prices) -> Key:
    if prices is Prices.INDEXED and sort != "price":
        return tuple(_unindexed(column) for column in key)
    return key


def _unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column.concat("") if column.name in {"name", "category"} else column + 0
