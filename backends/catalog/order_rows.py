"""Orders and their lines. Each function costs a constant number of statements, whatever the order holds."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from backends.catalog.models import Order, OrderItem, Product
from backends.catalog.product_rows import inserted_id, to_product
from backends.catalog.schema import order_items, orders, products, users

_ORDER = select(orders.c.id, orders.c.user_id, orders.c.total, orders.c.status, orders.c.created_at)
_BY_ID = _ORDER.where(orders.c.id == bindparam("wanted"))
_AFTER = _ORDER.where(orders.c.id > bindparam("after")).order_by(orders.c.id).limit(bindparam("most"))
_ITEMS = (
    select(
        order_items.c.order_id,
        order_items.c.quantity,
        order_items.c.subtotal,
        products.c.id,
        products.c.name,
        products.c.price,
        products.c.stock,
        products.c.category,
    )
    .join_from(order_items, products, order_items.c.product_id == products.c.id)
    .where(order_items.c.order_id.in_(bindparam("wanted", expanding=True)))
    .order_by(order_items.c.order_id, order_items.c.line)
)
_USER = select(users.c.id).where(users.c.id == bindparam("wanted"))
_STATUS = update(orders).where(orders.c.id == bindparam("wanted")).values(status=bindparam("new_status"))


def read(connection: Connection, number: int) -> Order | None:
    """The order with this id and its products."""
    row = connection.execute(_BY_ID, {"wanted": number}).first()
    return None if row is None else _with_items(connection, [row])[0]


def read_after(connection: Connection, number: int, most: int) -> list[Order]:
    """Orders with a greater id, oldest first."""
    rows = connection.execute(_AFTER, {"after": number, "most": most}).all()
    return _with_items(connection, rows) if rows else []


def user_exists(connection: Connection, user_id: str) -> bool:
    """Whether anybody has this id."""
    return connection.execute(_USER, {"wanted": user_id}).first() is not None


def add(
    connection: Connection,
    user_id: str,
    lines: Sequence[tuple[Product, int]],
    *,
    status: str,
    created_at: str,
) -> Order:
    """Insert an order; prices are those of the products now."""
    subtotals = [_cents(product.price, quantity) for product, quantity in lines]
    total = float(sum(subtotals, Decimal(0)))
    values = {"user_id": user_id, "total": total, "status": status, "created_at": created_at}
    number = inserted_id(connection.execute(insert(orders), values))
    rows = [
        {
            "order_id": number,
            "line": line,
            "product_id": int(product.id),
            "quantity": quantity,
            "subtotal": float(subtotals[line]),
        }
        for line, (product, quantity) in enumerate(lines)
    ]
    connection.execute(insert(order_items), rows)
    items = tuple(
        OrderItem(product, quantity, float(subtotal))
        for (product, quantity), subtotal in zip(lines, subtotals, strict=True)
    )
    return Order(str(number), user_id, total, status, created_at, items)


def set_status(connection: Connection, number: int, status: str) -> bool:
    """Change the status; False if there is no such order."""
    return connection.execute(_STATUS, {"wanted": number, "new_status": status}).rowcount == 1


def _cents(price: float, quantity: int) -> Decimal:
    # str() gives the decimal that a person typed, so that 0.285 x 10 is 2.85 and not 2.84.
    return (Decimal(str(price)) * quantity).quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def _with_items(connection: Connection, rows: Sequence[Any]) -> list[Order]:
    items: dict[int, list[OrderItem]] = defaultdict(list)
    for row in connection.execute(_ITEMS, {"wanted": [row.id for row in rows]}):
        items[row[0]].append(OrderItem(to_product(row[3:]), row[1], row[2]))
    return [
        Order(str(row.id), row.user_id, row.total, row.status, row.created_at, tuple(items[row.id]))
        for row in rows
    ]
