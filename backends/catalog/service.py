"""What the catalog can do: the only functions that the three servers call.

Every value is validated here, once, so that the protocols cannot differ in what they accept. May know
nothing of HTTP, GraphQL or gRPC. Any thread.
"""

import dataclasses
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from backends.catalog import idempotency, order_rows, product_rows
from backends.catalog.errors import Conflict, NotFound
from backends.catalog.listing import Query, list_rows
from backends.catalog.models import Order, OrderItem, OrderStatus, Page, Product
from backends.catalog.store import CatalogStore
from backends.catalog.trails import Trails
from backends.catalog.validation import (
    Checks,
    check_key,
    check_listing,
    check_order,
    check_product,
    check_status,
    parse_id,
)

Precondition = Callable[[Product], None]  # sees the row under the write lock; raises to refuse


class CatalogService:
    """Products and orders over one store. Raises InvalidInput, NotFound and Conflict, nothing else."""

    def __init__(self, store: CatalogStore, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self._clock = clock
        self._trails = Trails()

    def list_products(
        self,
        *,
        page: int = 1,
        limit: int = 10,
        sort: str = "id",
        order: str = "asc",
        category: str | None = None,
        price_min: float | None = None,
        price_max: float | None = None,
    ) -> Page:
        """One page; filters combine, bounds are inclusive, ties are in the order of ids."""
        check_listing(
            page=page,
            limit=limit,
            sort=sort,
            order=order,
            category=category,
            price_min=price_min,
            price_max=price_max,
        )
        query = Query(
            page=page,
            limit=limit,
            sort=sort,
            descending=order == "desc",
            category=category,
            price_min=price_min,
            price_max=price_max,
        )
        with self.store.reading() as connection:
            rows, total = list_rows(connection, query, self._trails)
        return Page(tuple(product_rows.to_product(row) for row in rows), total, page, limit)

    def get_product(self, product_id: str) -> Product:
        """One product by its id."""
        return _found(product_rows.find(self.store, _product_number(product_id)), product_id)

    def get_products(self, ids: Collection[str]) -> dict[str, Product]:
        """Those of the products that exist, in one statement."""
        numbers = [number for number in map(parse_id, ids) if number is not None]
        if not numbers:
            return {}
        with self.store.reading() as connection:
            return product_rows.read_many(connection, numbers)

    def create_product(
        self,
        *,
        name: str,
        price: float,
        stock: int = 0,
        category: str = "",
        idempotency_key: str | None = None,
    ) -> Product:
        """Add a product under an id that was never used."""
        values = _product_values(name=name, price=price, stock=stock, category=category)

        def create(connection: Any) -> dict[str, Any]:
            return dataclasses.asdict(product_rows.add(connection, values))

        return Product(**self._once("create-product", idempotency_key, values, create))

    def replace_product(
        self,
        product_id: str,
        *,
        name: str,
        price: float,
        stock: int = 0,
        category: str = "",
        only_if: Precondition | None = None,
    ) -> Product:
        """Give a product all its values anew; what is not given becomes the default."""
        values = _product_values(name=name, price=price, stock=stock, category=category)
        return self._change(product_id, values, only_if)

    def update_product(
        self, product_id: str, *, only_if: Precondition | None = None, **changes: Any
    ) -> Product:
        """Change the given fields of a product; the others stay."""
        return self._change(product_id, _product_values(**changes), only_if)

    def delete_product(self, product_id: str, *, only_if: Precondition | None = None) -> None:
        """Remove a product; Conflict while an order holds it."""
        number = _product_number(product_id)
        with self.store.writing() as connection:
            product = _found(product_rows.read(connection, number), product_id)
            if only_if is not None:
                only_if(product)
            if product_rows.is_ordered(connection, number):
                raise Conflict(f"product {product_id} is part of an order and cannot be deleted")
            product_rows.remove(connection, product)

    def get_order(self, order_id: str) -> Order:
        """One order with its products, in two statements."""
        number = _order_number(order_id)
        with self.store.reading() as connection:
            order = order_rows.read(connection, number)
        if order is None:
            raise _no_order(order_id)
        return order

    def create_order(
        self,
        *,
        user_id: str,
        lines: Sequence[tuple[str, int]],
        idempotency_key: str | None = None,
    ) -> Order:
        """Place an order at today's prices. Stock is not reserved: the catalog has no warehouse."""
        check_order(user_id, lines)
        payload = {"user_id": user_id, "lines": [list(line) for line in lines]}

        def create(connection: Any) -> dict[str, Any]:
            found = product_rows.read_many(connection, {int(product) for product, _ in lines})
            _check_references(order_rows.user_exists(connection, user_id), lines, found)
            order = order_rows.add(
                connection,
                user_id,
                [(found[product], quantity) for product, quantity in lines],
                status=OrderStatus.PROCESSING.value,
                created_at=timestamp(self._clock()),
            )
            return dataclasses.asdict(order)

        return _order(self._once("create-order", idempotency_key, payload, create))

    def set_order_status(self, order_id: str, status: str) -> Order:
        """Move an order to another status."""
        check_status(status)
        number = _order_number(order_id)
        with self.store.writing() as connection:
            if not order_rows.set_status(connection, number, status):
                raise _no_order(order_id)
            order = order_rows.read(connection, number)
        assert order is not None  # its row was changed a moment ago, under the write lock
        return order

    def recent_orders(self, after_sequence: int, limit: int) -> tuple[Order, ...]:
        """Orders placed after the one with this number, oldest first; the number of an order is its id."""
        with self.store.reading() as connection:
            return tuple(order_rows.read_after(connection, after_sequence, limit))

    def _change(self, product_id: str, changes: dict[str, Any], only_if: Precondition | None) -> Product:
        number = _product_number(product_id)
        with self.store.writing() as connection:
            old = _found(product_rows.read(connection, number), product_id)
            if only_if is not None:
                only_if(old)
            values = dataclasses.asdict(old) | changes
            del values["id"]
            return product_rows.change(connection, old, values)

    def _once(
        self,
        operation: str,
        key: str | None,
        payload: object,
        create: Callable[[Any], dict[str, Any]],
    ) -> dict[str, Any]:
        if key is not None:
            check_key(key)
        with self.store.writing() as connection:
            if key is None:
                return create(connection)
            now = self._clock()  # once: a clock that is set back in between must not show two different days
            known = idempotency.recall(connection, operation, key, payload, now)
            if known is not None:
                return dict(known)
            result = create(connection)
            idempotency.remember(connection, operation, key, payload, result, now)
            return result


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _product_values(**values: Any) -> dict[str, Any]:
    checks = Checks()
    check_product(checks, values)
    checks.raise_if_any()
    if "price" in values:
        values["price"] = float(values["price"]) + 0.0  # -0.0 becomes 0.0: equal keys must be identical
    return values


def _product_number(product_id: str) -> int:
    number = parse_id(product_id)
    if number is None:
        raise _no_product(product_id)
    return number


def _order_number(order_id: str) -> int:
    number = parse_id(order_id)
    if number is None:
        raise _no_order(order_id)
    return number


def _found(product: Product | None, product_id: str) -> Product:
    if product is None:
        raise _no_product(product_id)
    return product


def _no_product(product_id: str) -> NotFound:
    return NotFound(f"no product has the id {_shortened(product_id)}")


def _no_order(order_id: str) -> NotFound:
    return NotFound(f"no order has the id {_shortened(order_id)}")


def _shortened(value: str) -> str:
    return ascii(value) if len(value) <= 40 else f"{value[:40]!a}…"


def _check_references(user_known: bool, lines: Sequence[tuple[str, int]], found: dict[str, Product]) -> None:
    faults = [] if user_known else [("user_id", "no such user")]
    for number, (product, _) in enumerate(lines):
        if product not in found:
            faults.append((f"lines.{number}.product_id", "no such product"))
    if faults:
        raise NotFound("; ".join(f"{field}: {why}" for field, why in faults), faults)


def _order(values: dict[str, Any]) -> Order:
    items = tuple(
        OrderItem(Product(**item["product"]), item["quantity"], item["subtotal"]) for item in values["items"]
    )
    return Order(**(values | {"items": items}))
