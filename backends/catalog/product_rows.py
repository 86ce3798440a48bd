"""Single rows of the products table: read, write, keep the block counts right. No validation here."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, bindparam, delete, insert, select, update

from backends.catalog.blocks import count_change, count_in, count_out
from backends.catalog.models import Product
from backends.catalog.schema import catalog_state, order_items, products
from backends.catalog.store import CatalogStore

_ROW = select(products.c.id, products.c.name, products.c.price, products.c.stock, products.c.category)
_BY_ID = _ROW.where(products.c.id == bindparam("wanted"))
_BY_IDS = _ROW.where(products.c.id.in_(bindparam("wanted", expanding=True)))
_INSERT = insert(products)
_UPDATE = (
    update(products)
    .where(products.c.id == bindparam("wanted"))
    .values({name: bindparam(f"new_{name}") for name in ("name", "price", "stock", "category")})
)
_DELETE = delete(products).where(products.c.id == bindparam("wanted"))
_CHANGED = update(catalog_state).values(version=catalog_state.c.version + 1)
_ORDERED = select(order_items.c.order_id).where(order_items.c.product_id == bindparam("wanted")).limit(1)


def to_product(row: Sequence[Any]) -> Product:
    """A row in the catalog's words."""
    number, name, price, stock, category = row
    return Product(str(number), name, price, stock, category)


def read(connection: Connection, number: int) -> Product | None:
    """The product with this id."""
    row = connection.execute(_BY_ID, {"wanted": number}).first()
    return None if row is None else to_product(row)


def find(store: CatalogStore, number: int) -> Product | None:
    """The same outside of any transaction."""
    row = store.points.first(_BY_ID, {"wanted": number})
    return None if row is None else to_product(row)


def read_many(connection: Connection, numbers: Collection[int]) -> dict[str, Product]:
    """The products that exist among these ids, in one statement."""
    found = connection.execute(_BY_IDS, {"wanted": list(numbers)})
    return {str(row[0]): to_product(row) for row in found}


def add(connection: Connection, values: dict[str, Any]) -> Product:
    """Insert a product under the next id."""
    number = inserted_id(connection.execute(_INSERT, values))
    count_in(connection, {"id": number, **values})
    connection.execute(_CHANGED)
    return Product(id=str(number), **values)


def change(connection: Connection, old: Product, values: dict[str, Any]) -> Product:
    """Give an existing product new values for all four fields."""
    number = int(old.id)
    connection.execute(_UPDATE, {"wanted": number} | {f"new_{name}": values[name] for name in values})
    count_change(connection, _as_row(old), {"id": number, **values})
    connection.execute(_CHANGED)
    return Product(id=old.id, **values)


def remove(connection: Connection, old: Product) -> None:
    """Delete a product that no order holds."""
    connection.execute(_DELETE, {"wanted": int(old.id)})
    count_out(connection, _as_row(old))
    connection.execute(_CHANGED)


def inserted_id(result: CursorResult[Any]) -> int:
    """The id that the database gave a new row."""
    key = result.inserted_primary_key
    assert key is not None  # both databases report it for a single row
    return int(key[0])


def is_ordered(connection: Connection, number: int) -> bool:
    """Whether an order holds this product."""
    return connection.execute(_ORDERED, {"wanted": number}).first() is not None


def _as_row(product: Product) -> dict[str, Any]:
    return {
        "id": int(product.id),
        "name": product.name,
        "price": product.price,
        "stock": product.stock,
        "category": product.category,
    }
