"""The catalog's orders as the live feed wants to see them."""

from sqlalchemy import func, select

from backends.catalog.models import Order
from backends.catalog.schema import orders
from backends.catalog.service import CatalogService


class CatalogBook:
    """Reads and moves orders through the catalog service. Any thread."""

    def __init__(self, service: CatalogService) -> None:
        self._service = service

    def recent_orders(self, after_sequence: int, limit: int) -> tuple[Order, ...]:
        """Orders placed after the one with this number, oldest first."""
        return self._service.recent_orders(after_sequence, limit)

    def set_order_status(self, order_id: str, status: str) -> Order:
        """Move an order on."""
        return self._service.set_order_status(order_id, status)

    def latest_order(self) -> int:
        """The number of the newest order, 0 if there is none."""
        with self._service.store.reading() as connection:
            return int(connection.execute(select(func.max(orders.c.id))).scalar() or 0)
