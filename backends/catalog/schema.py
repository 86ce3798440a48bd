"""The tables, portable between SQLite and PostgreSQL. No SQL is run here.

Names and categories are compared by code point on both, hence the "C" collation for PostgreSQL.
Every sort order has an index that ends in the id, alone and behind the category; each carries the
price too, so that a price range can be checked without visiting the row.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

APPLICATION_ID = 0x5472_696C  # "Tril", in the header of each SQLite file of ours
SCHEMA_VERSION = 1

metadata = MetaData()

_ID = BigInteger().with_variant(Integer(), "sqlite")  # AUTOINCREMENT wants INTEGER exactly
_TEXT = String(collation="C").with_variant(Text(), "sqlite")

products = Table(
    "products",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("name", _TEXT, nullable=False),
    Column("price", Double, nullable=False),
    Column("stock", Integer, nullable=False),
    Column("category", _TEXT, nullable=False),
    sqlite_autoincrement=True,  # an id is never given out twice, also after a delete
)

product_indexes = (
    Index("products_by_price", products.c.price, products.c.id),
    Index("products_by_stock", products.c.stock, products.c.id, products.c.price),
    Index("products_by_name", products.c.name, products.c.id, products.c.price),
    Index("products_by_category", products.c.category, products.c.id, products.c.price),
    Index("products_by_category_price", products.c.category, products.c.price, products.c.id),
    Index(
        "products_by_category_stock",
        products.c.category,
        products.c.stock,
        products.c.id,
        products.c.price,
    ),
    Index(
        "products_by_category_name",
        products.c.category,
        products.c.name,
        products.c.id,
        products.c.price,
    ),
)


def _blocks(name: str, value: TypeEngine[Any] | None) -> Table:
    columns: list[Column[Any]] = [Column("scope", _TEXT, primary_key=True)]
    if value is not None:
        columns.append(Column("value", value, primary_key=True))
    columns.append(Column("id", _ID, primary_key=True, autoincrement=False))
    columns.append(Column("n", Integer, nullable=False))
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


# Runs of neighbouring rows per sort order, with their lengths: see blocks.py.
id_blocks = _blocks("product_id_blocks", None)
price_blocks = _blocks("product_price_blocks", Double())
stock_blocks = _blocks("product_stock_blocks", Integer())
name_blocks = _blocks("product_name_blocks", _TEXT)

# One row: a number that grows with every change of a product.
catalog_state = Table("catalog_state", metadata, Column("version", BigInteger, nullable=False))

users = Table(
    "users",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("email", _TEXT, nullable=False, unique=True),
    Column("name", _TEXT, nullable=False),
    Column("password_hash", _TEXT),  # null: this user cannot log in
)

orders = Table(
    "orders",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("user_id", _TEXT, ForeignKey("users.id"), nullable=False, index=True),
    Column("total", Double, nullable=False),
    Column("status", _TEXT, nullable=False),
    Column("created_at", _TEXT, nullable=False),
    sqlite_autoincrement=True,
)

order_items = Table(
    "order_items",
    metadata,
    Column("order_id", _ID, ForeignKey("orders.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("product_id", _ID, ForeignKey("products.id"), nullable=False, index=True),
    Column("quantity", Integer, nullable=False),
    Column("subtotal", Double, nullable=False),
    sqlite_with_rowid=False,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("operation", _TEXT, primary_key=True),
    Column("key", _TEXT, primary_key=True),
    Column("fingerprint", _TEXT, nullable=False),
    Column("result", _TEXT, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),  # seconds since the epoch
    sqlite_with_rowid=False,
)

revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("jti", _TEXT, primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)
