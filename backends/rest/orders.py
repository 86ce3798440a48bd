"""The routes of orders. The stream of orders is a feed of its own and joins through `build_app`."""

from collections.abc import Sequence

from flask import Response, request

from backends.catalog.service import CatalogService
from backends.rest import answers, shapes
from backends.rest.models import NewOrder, OrderChanges
from backends.rest.routes import API, Documented, Route
from backends.rest.tags import tagged, written
from backends.rest.wording import ETAG, IDEMPOTENCY_KEY, IF_NONE_MATCH, KEY_REUSED, UNCHANGED, made

_PATH = f"{API}/orders"
_ONE = f"{_PATH}/<order_id>"
_TAG = "orders"
_FOUND = Documented(description="The order.", body=answers.Order, headers=ETAG)
_MISSING = Documented(description="No order has this id.", body=answers.Error)


class Orders:
    """Handlers over the catalog. Any thread."""

    def __init__(self, service: CatalogService) -> None:
        self._service = service

    def get(self, order_id: str) -> Response:
        """One order."""
        return tagged(shapes.order(self._service.get_order(order_id)))

    def create(self, body: NewOrder) -> Response:
        """A new order."""
        order = self._service.create_order(
            user_id=body.user_id,
            lines=[(line.product_id, line.quantity) for line in body.lines],
            idempotency_key=request.headers.get("Idempotency-Key"),
        )
        return written(shapes.order(order), made_at=f"{_PATH}/{order.id}")

    def change(self, order_id: str, body: OrderChanges) -> Response:
        """A new status."""
        return written(shapes.order(self._service.set_order_status(order_id, body.status)))


def order_routes(service: CatalogService) -> Sequence[Route]:
    """The table of this module."""
    handlers = Orders(service)
    return (
        Route(
            method="GET",
            rule=_ONE,
            operation="get-order",
            handler=handlers.get,
            summary="Get an order",
            tag=_TAG,
            request_headers=IF_NONE_MATCH,
            responses={200: _FOUND, 304: UNCHANGED, 404: _MISSING},
        ),
        Route(
            method="POST",
            rule=_PATH,
            operation="create-order",
            handler=handlers.create,
            summary="Place an order",
            description="Prices are those of this moment. Stock is not reserved.",
            tag=_TAG,
            body=NewOrder,
            needs_token=True,
            request_headers=IDEMPOTENCY_KEY,
            responses={
                201: made("Placed.", answers.Order, "Where the order is."),
                404: Documented(description="The user or a product does not exist.", body=answers.Error),
                409: KEY_REUSED,
            },
        ),
        Route(
            method="PATCH",
            rule=_ONE,
            operation="patch-order",
            handler=handlers.change,
            summary="Change an order's status",
            tag=_TAG,
            body=OrderChanges,
            needs_token=True,
            responses={200: _FOUND, 404: _MISSING},
        ),
    )
