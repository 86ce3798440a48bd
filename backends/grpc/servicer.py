"""The service's methods: each translates, calls one catalog function, translates back."""

from typing import Any

import grpc
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

from backends.grpc import messages
from backends.grpc.errors import CallRefused, limit_reached
from backends.grpc.guard import metadata_value
from backends.grpc.streams import OrderStreams
from backends.limits import ACCEPTED
from backends.shared import Opened

_DEFAULT_LIMIT = 10
Context = grpc.ServicerContext


class ProductServicer(pb_grpc.ProductServiceServicer):
    """Runs on gRPC's handler threads; StreamOrders on the streams' own."""

    def __init__(self, opened: Opened, streams: OrderStreams) -> None:
        self._opened = opened
        self._service = opened.service
        # grpcio reads the thread pool from the function, which a bound method would hide.
        self.StreamOrders = streams.stream  # type: ignore[method-assign]

    def GetProduct(self, request: pb.ProductRequest, context: Context) -> pb.Product:  # noqa: N802
        """One product."""
        return messages.product(self._service.get_product(request.id))

    def ListProducts(self, request: pb.ListProductsRequest, context: Context) -> pb.ProductList:  # noqa: N802
        """One page of products. A zero or empty field is one that was not set."""
        page = self._service.list_products(
            page=request.page or 1,
            limit=request.limit or _DEFAULT_LIMIT,
            sort=request.sort or "id",
            order=request.order or "asc",
            category=request.category or None,
            price_min=request.price_min or None,
            price_max=request.price_max or None,
        )
        return pb.ProductList(products=[messages.product(each) for each in page.products], total=page.total)

    def CreateProduct(self, request: pb.CreateProductRequest, context: Context) -> pb.Product:  # noqa: N802
        """Add a product; metadata idempotency-key makes it safe to repeat."""
        created = self._service.create_product(
            name=request.name,
            price=request.price,
            stock=request.stock,
            category=request.category,
            idempotency_key=metadata_value(context, "idempotency-key"),
        )
        return messages.product(created)

    def UpdateProduct(self, request: pb.UpdateProductRequest, context: Context) -> pb.Product:  # noqa: N802
        """Change the fields that are present."""
        names = ("name", "price", "stock", "category")
        changes: dict[str, Any] = {name: getattr(request, name) for name in names if request.HasField(name)}
        return messages.product(self._service.update_product(request.id, **changes))

    def DeleteProduct(self, request: pb.ProductRequest, context: Context) -> pb.DeleteProductResponse:  # noqa: N802
        """Remove a product for good."""
        self._service.delete_product(request.id)
        return pb.DeleteProductResponse(id=request.id)

    def GetOrder(self, request: pb.OrderRequest, context: Context) -> pb.Order:  # noqa: N802
        """An order with its items and their products."""
        return messages.order(self._service.get_order(request.id))

    def CreateOrder(self, request: pb.CreateOrderRequest, context: Context) -> pb.Order:  # noqa: N802
        """Place an order; every live order stream hears of it."""
        placed = self._service.create_order(
            user_id=request.user_id,
            lines=[(line.product_id, line.quantity) for line in request.lines],
            idempotency_key=metadata_value(context, "idempotency-key"),
        )
        return messages.order(placed)

    def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginResponse:  # noqa: N802
        """Exchange an e-mail address and a password for a token."""
        life = {"expires_in": request.expires_in} if request.expires_in else {}
        issued = self._opened.auth.login(request.email, request.password, client=_client(context), **life)
        return pb.LoginResponse(
            token=issued.token, token_type=issued.token_type, expires_in=issued.expires_in
        )

    def Limited(self, request: pb.LimitedRequest, context: Context) -> pb.LimitedResponse:  # noqa: N802
        """Spend one of the caller's few calls."""
        verdict = self._opened.limited.hit(f"grpc {_client(context)}")
        if not verdict.allowed:
            raise CallRefused(limit_reached("rate limit exceeded", verdict.retry_after))
        return pb.LimitedResponse(message=ACCEPTED, limit=verdict.limit, remaining=verdict.remaining)


def _client(context: Context) -> str:
    """The caller's address without its port: "ipv4:127.0.0.1:5" is 127.0.0.1."""
    return context.peer().partition(":")[2].rpartition(":")[0]
