"""The catalog service as the lanes get it: what happens to an order is told to the live feed."""

from collections.abc import Sequence

from backends.catalog.models import Order
from backends.catalog.service import CatalogService
from backends.catalog.store import CatalogStore
from backends.orders.feed import OrderFeed


class PublishingCatalog(CatalogService):
    """A catalog service that tells the feed of each placed or moved order. Any thread."""

    def __init__(self, store: CatalogStore, feed: OrderFeed) -> None:
        super().__init__(store)
        self._feed = feed

    def create_order(
        self,
        *,
        user_id: str,
        lines: Sequence[tuple[str, int]],
        idempotency_key: str | None = None,
    ) -> Order:
        """Place an order and tell the feed."""
        order = super().create_order(user_id=user_id, lines=lines, idempotency_key=idempotency_key)
        self._feed.order_placed()
        return order

    def set_order_status(self, order_id: str, status: str) -> Order:
        """Move an order on and tell the feed."""
        order = super().set_order_status(order_id, status)
        self._feed.order_changed(order)
        return order
