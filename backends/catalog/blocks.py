"""Exact counts and deep offsets without counting rows: each sort order is cut into short runs.

A block is a run of neighbouring rows of one sort order within one scope (everything, or one category). Its
key is where it begins, its ``n`` how many rows it has. A count over a range is then a sum of a few hundred
small numbers plus a short index walk at the edge, and a deep page begins at the block that holds it. Because
keys include the id, runs stay short for any distribution of values: a million equal prices too.

Blocks are kept in the transaction that changes the rows, so they are never wrong; a block that grows past
``BLOCK_MAX`` is split in the middle, one that shrinks is joined with the one before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
    update,
)

from backends.catalog import schema
from backends.catalog.schema import products

BLOCK_MAX = 4096
EVERYTHING = ""

Key = tuple[Any, ...]  # (value, id), or (id,) for the order by id


def category_scope(category: str) -> str:
    """The scope of a category; never equal to EVERYTHING, not even for the empty category."""
    return f"={category}"


def scopes_of(category: str) -> tuple[str, str]:
    """Both scopes that a row of this category belongs to."""
    return EVERYTHING, category_scope(category)


def in_scope(scope: str) -> ColumnElement[bool]:
    """The rows of a scope."""
    return products.c.category == scope[1:] if scope else true()


def compare(columns: Sequence[ColumnElement[Any]], operator: str, key: Sequence[Any]) -> ColumnElement[bool]:
    """Compare a key lexicographically, in the form that both databases answer from an index."""
    left, right = (columns[0], key[0]) if len(columns) == 1 else (tuple_(*columns), tuple_(*key))
    return left.op(operator, is_comparison=True)(right)


def _rows_between(key: Sequence[Column[Any]], *, scoped: bool) -> Select[Any]:
    lower = compare(key, ">=", [bindparam(f"from_{number}") for number in range(len(key))])
    upper = compare(key, "<", [bindparam(f"to_{number}") for number in range(len(key))])
    here = products.c.category == bindparam("category") if scoped else true()
    return select(func.count()).where(here, lower, upper)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an offset lies: so many rows after the row with this key."""

    start: Key
    rest: int


class SortOrder:
    """The blocks of one sort order. Stateless; every method runs on the caller's transaction."""

    def __init__(self, name: str, blocks: Table) -> None:
        self.name = name
        self.blocks = blocks
        names = ("id",) if name == "id" else (name, "id")
        self.row_key: tuple[Column[Any], ...] = tuple(products.c[column] for column in names)
        self._block_key = tuple(blocks.c[column] for column in (("value", "id")[-len(names) :]))
        self._statements()

    def _statements(self) -> None:
        blocks, key = self.blocks, self._block_key
        in_scope = blocks.c.scope == bindparam("b_scope")
        here = and_(
            in_scope,
            *(column == bindparam(f"b_{number}") for number, column in enumerate(key)),
        )
        up_to = compare(key, "<=", [bindparam(f"b_{number}") for number in range(len(key))])
        down = [column.desc() for column in key]
        self._total = select(func.coalesce(func.sum(blocks.c.n), 0)).where(in_scope)
        self._all = select(*key, blocks.c.n).where(in_scope).order_by(*key)
        self._holder = select(*key, blocks.c.n).where(in_scope, up_to).order_by(*down).limit(2)
        self._first = select(*key, blocks.c.n).where(in_scope).order_by(*key).limit(1)
        self._sum_up_to = self._total.where(up_to)
        self._inside = {scoped: _rows_between(self.row_key, scoped=scoped) for scoped in (False, True)}
        self._add = update(blocks).where(here).values(n=blocks.c.n + bindparam("b_by"))
        self._drop = delete(blocks).where(here)
        moved: dict[str, Any] = {}
        for number, column in enumerate(key):
            moved[column.name] = bindparam(f"b_new_{number}")
        self._move = update(blocks).where(here).values(**moved, n=blocks.c.n + 1)
        self._insert = insert(blocks)

    def total(self, connection: Connection, scope: str) -> int:
        """How many rows the scope has."""
        return int(connection.scalar(self._total, {"b_scope": scope}) or 0)

    def rank(self, connection: Connection, scope: str, bound: Key) -> int:
        """How many rows of the scope come before ``bound``, which need not be the key of a row."""
        at = self._bind(scope, bound)
        holder = connection.execute(self._holder, at).first()
        if holder is None:
            return 0
        start = tuple(holder[:-1])
        before: int = (connection.scalar(self._sum_up_to, at) or 0) - holder[-1]
        between = {f"from_{number}": part for number, part in enumerate(start)}
        between |= {f"to_{number}": part for number, part in enumerate(bound)}
        inside: int | None = connection.scalar(self._inside[bool(scope)], between | {"category": scope[1:]})
        return before + (inside or 0)

    def locate(self, connection: Connection, scope: str, offset: int) -> Place | None:
        """The block that holds the row at ``offset``, or None past the end."""
        for *start, n in connection.execute(self._all, {"b_scope": scope}).all():
            if offset < n:
                return Place(tuple(start), offset)
            offset -= n
        return None

    def add(self, connection: Connection, scope: str, key: Key) -> None:
        """Count a row that has just been inserted."""
        holder = connection.execute(self._holder, self._bind(scope, key)).first()
        if holder is None:
            self._add_before_first(connection, scope, key)
            return
        start, n = tuple(holder[:-1]), holder[-1] + 1
        connection.execute(self._add, self._bind(scope, start) | {"b_by": 1})
        if n > BLOCK_MAX:
            self._split(connection, scope, start, n)

    def remove(self, connection: Connection, scope: str, key: Key) -> None:
        """Stop counting a row."""
        holder, *before = connection.execute(self._holder, self._bind(scope, key)).all()
        start, n = self._bind(scope, tuple(holder[:-1])), holder[-1] - 1
        if n == 0:
            connection.execute(self._drop, start)
        elif before and n + before[0][-1] <= BLOCK_MAX // 2:
            connection.execute(self._drop, start)
            connection.execute(self._add, self._bind(scope, tuple(before[0][:-1])) | {"b_by": n})
        else:
            connection.execute(self._add, start | {"b_by": -1})

    def rebuild(self, connection: Connection) -> None:
        """Cut all rows anew into half-full blocks: after a bulk insert."""
        connection.execute(delete(self.blocks))
        self._build(connection, literal(EVERYTHING), None)
        self._build(connection, literal("=").concat(products.c.category), products.c.category)

    def _build(
        self, connection: Connection, scope: ColumnElement[str], partition: Column[Any] | None
    ) -> None:
        size = BLOCK_MAX // 2
        number = (func.row_number().over(order_by=self.row_key, partition_by=partition) - 1).label("number")
        length = func.count().over(partition_by=partition).label("length")
        keys = [column.label(f"key_{place}") for place, column in enumerate(self.row_key)]
        rows = select(scope.label("scope"), *keys, number, length).subquery()
        starts = select(
            rows.c.scope,
            *(rows.c[key.name] for key in keys),
            func.min(size, rows.c.length - rows.c.number)
            if connection.dialect.name == "sqlite"
            else func.least(size, rows.c.length - rows.c.number),
        ).where(rows.c.number % size == 0)
        connection.execute(insert(self.blocks).from_select([*self.blocks.c.keys()], starts))

    def _add_before_first(self, connection: Connection, scope: str, key: Key) -> None:
        first = connection.execute(self._first, {"b_scope": scope}).first()
        if first is None:
            row = {"scope": scope, "n": 1}
            row |= dict(zip([column.name for column in self._block_key], key, strict=True))
            connection.execute(self._insert, row)
            return
        start, n = tuple(first[:-1]), first[-1] + 1
        moved = {f"b_new_{number}": part for number, part in enumerate(key)}
        connection.execute(self._move, self._bind(scope, start) | moved)
        if n > BLOCK_MAX:
            self._split(connection, scope, key, n)

    def _split(self, connection: Connection, scope: str, start: Key, n: int) -> None:
        half = n // 2
        middle = connection.execute(
            select(*self.row_key)
            .where(in_scope(scope), compare(self.row_key, ">=", start))
            .order_by(*self.row_key)
            .limit(1)
            .offset(half)
        ).one()
        row: dict[str, Any] = {"scope": scope, "n": n - half}
        row |= dict(zip([column.name for column in self._block_key], middle, strict=True))
        connection.execute(self._insert, row)
        connection.execute(self._add, self._bind(scope, start) | {"b_by": half - n})

    @staticmethod
    def _bind(scope: str, key: Key) -> dict[str, Any]:
        return {"b_scope": scope} | {f"b_{number}": part for number, part in enumerate(key)}


ORDERS = {
    "id": SortOrder("id", schema.id_blocks),
    "name": SortOrder("name", schema.name_blocks),
    "price": SortOrder("price", schema.price_blocks),
    "stock": SortOrder("stock", schema.stock_blocks),
}


def count_in(connection: Connection, row: dict[str, Any]) -> None:
    """Count a new row in every order and scope; call it after the insert."""
    for order in ORDERS.values():
        for scope in scopes_of(row["category"]):
            order.add(connection, scope, _key(order, row))


def count_out(connection: Connection, row: dict[str, Any]) -> None:
    """Stop counting a row in every order and scope; call it after the delete."""
    for order in ORDERS.values():
        for scope in scopes_of(row["category"]):
            order.remove(connection, scope, _key(order, row))


def count_change(connection: Connection, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Follow an update; only the orders and scopes whose keys moved are touched."""
    moved = old["category"] != new["category"]
    for order in ORDERS.values():
        before, after = _key(order, old), _key(order, new)
        if before != after:
            order.remove(connection, EVERYTHING, before)
            order.add(connection, EVERYTHING, after)
        if before != after or moved:
            order.remove(connection, category_scope(old["category"]), before)
            order.add(connection, category_scope(new["category"]), after)


def _key(order: SortOrder, row: dict[str, Any]) -> Key:
    return tuple(row[column.name] for column in order.row_key)
