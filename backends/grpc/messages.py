"""Catalog models and feed messages as protobuf messages. Translation only."""

from products import products_pb2 as pb

from backends.catalog import models
from backends.orders import OrderMessage


def product(source: models.Product) -> pb.Product:
    """A product."""
    return pb.Product(
        id=source.id, name=source.name, price=source.price, stock=source.stock, category=source.category
    )


def order(source: models.Order | OrderMessage) -> pb.Order:
    """An order with its items."""
    message = pb.Order(
        id=source.id,
        user_id=source.user_id,
        total=source.total,
        status=source.status,
        created_at=source.created_at,
        items=[
            pb.OrderItem(product=product(item.product), quantity=item.quantity, subtotal=item.subtotal)
            for item in source.items
        ],
    )
    if isinstance(source, OrderMessage):
        message.sequence = source.sequence
        message.published_at = source.published_at
        message.dropped = source.dropped
    return message
