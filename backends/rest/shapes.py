"""Turns what the catalog hands out into bodies and entity tags. Pure functions."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from backends.catalog.models import Order, Page, Product
from backends.rest.models import ProductQuery


def encode(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def entity_tag(body: bytes) -> str:
    """The value that names this very body, without quotes."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def product(value: Product) -> dict[str, Any]:
    """A product's body."""
    return {
        "id": value.id,
        "name": value.name,
        "price": value.price,
        "stock": value.stock,
        "category": value.category,
    }


def page(value: Page, query: ProductQuery, path: str) -> dict[str, Any]:
    """A listing's body with links to its neighbours."""
    last = -(-value.total // value.limit)
    given = query.model_dump(exclude_unset=True, exclude={"page"})
    here = value.page

    def link(number: int) -> str:
        return f"{path}?{_query({'page': number, **given})}"

    return {
        "data": [product(item) for item in value.products],
        "metadata": {"page": here, "limit": value.limit, "total": value.total, "total_pages": last},
        "links": {
            "self": link(here),
            "next": link(here + 1) if here < last else None,
            "prev": link(min(here - 1, last)) if here > 1 and last else None,
        },
    }


def order(value: Order) -> dict[str, Any]:
    """An order's body; its products by id only, as resources of their own."""
    return {
        "id": value.id,
        "user_id": value.user_id,
        "total": value.total,
        "status": value.status,
        "created_at": value.created_at,
        "items": [
            {"product_id": item.product.id, "quantity": item.quantity, "subtotal": item.subtotal}
            for item in value.items
        ],
    }


def _query(values: Mapping[str, Any]) -> str:
    return urlencode({name: _text(value) for name, value in values.items() if value is not None})


def _text(value: object) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
