"""The query type. Root fields are nullable, so that one that fails leaves its neighbours' data alone."""

from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from backends.catalog import models
from backends.graphql.errors import RATE_LIMITED, coded
from backends.graphql.types import Limited, Order, Product
from backends.limits import ACCEPTED


class Query(graphene.ObjectType):
    """What can be read."""

    product = graphene.Field(Product, id=graphene.ID(required=True))
    products = graphene.List(
        graphene.NonNull(Product),
        category=graphene.String(),
        price_min=graphene.Float(),
        price_max=graphene.Float(),
        page=graphene.Int(default_value=1),
        limit=graphene.Int(default_value=10),
        sort=graphene.String(default_value="id", description="id, name, price, stock or category"),
        order=graphene.String(default_value="asc", description="asc or desc"),
    )
    products_total = graphene.Int(
        category=graphene.String(),
        price_min=graphene.Float(),
        price_max=graphene.Float(),
        description="How many products match these filters, on all pages.",
    )
    order = graphene.Field(Order, id=graphene.ID(required=True))
    limited = graphene.Field(Limited, description="A few calls a minute, then RATE_LIMITED.")

    @staticmethod
    def resolve_product(_root: None, info: GraphQLResolveInfo, id: str) -> models.Product:
        """One product, or NOT_FOUND."""
        product: models.Product = info.context.opened.service.get_product(id)
        return product

    @staticmethod
    def resolve_products(_root: None, info: GraphQLResolveInfo, **arguments: Any) -> list[models.Product]:
        """One page of products."""
        return list(info.context.page(**arguments).products)

    @staticmethod
    def resolve_products_total(_root: None, info: GraphQLResolveInfo, **filters: Any) -> int:
        """The number of products that match."""
        total: int = info.context.total(**filters)
        return total

    @staticmethod
    def resolve_order(_root: None, info: GraphQLResolveInfo, id: str) -> models.Order:
        """An order with its items and their products, in a constant number of SQL statements."""
        order: models.Order = info.context.opened.service.get_order(id)
        return order

    @staticmethod
    def resolve_limited(_root: None, info: GraphQLResolveInfo) -> dict[str, Any]:
        """Spend one of the caller's few calls."""
        verdict = info.context.opened.limited.hit(f"graphql {info.context.client}")
        if not verdict.allowed:
            raise coded(
                "Rate limit exceeded.", RATE_LIMITED, retryAfter=verdict.retry_after, limit=verdict.limit
            )
        return {"message": ACCEPTED, "limit": verdict.limit, "remaining": verdict.remaining}
