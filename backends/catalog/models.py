"""What the catalog hands out. Frozen, so that three servers may share one value between threads."""

from dataclasses import dataclass
from enum import StrEnum


class OrderStatus(StrEnum):
    """Where an order stands."""

    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Product:
    """One thing for sale. ``id`` is decimal text; ``price`` is kept exactly as it was given."""

    id: str
    name: str
    price: float
    stock: int
    category: str


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order: the product as it is now, the subtotal as it was when ordered."""

    product: Product
    quantity: int
    subtotal: float  # rounded to cents


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its products."""

    id: str
    user_id: str
    total: float  # rounded to cents
    status: str  # a value of OrderStatus
    created_at: str  # RFC 3339, UTC
    items: tuple[OrderItem, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; ``total`` counts the matching rows of all pages, exactly."""

    products: tuple[Product, ...]
    total: int
    page: int
    limit: int
