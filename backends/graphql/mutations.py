"""The mutations: thin, each one call of the catalog service. Payloads follow graphene's habit."""

from typing import Any

import graphene
from graphql import GraphQLResolveInfo

from backends.graphql.types import Order, OrderLine, Product


class CreateProduct(graphene.Mutation):
    """Add a product. An Idempotency-Key header makes it safe to repeat."""

    class Arguments:
        """Inputs."""

        name = graphene.String(required=True)
        price = graphene.Float(required=True)
        stock = graphene.Int(default_value=0)
        category = graphene.String(default_value="")

    product = graphene.Field(Product)

    @staticmethod
    def mutate(_root: None, info: GraphQLResolveInfo, **arguments: Any) -> "CreateProduct":
        """Create and return it."""
        info.context.require_token()
        key = info.context.idempotency_key
        return CreateProduct(
            product=info.context.opened.service.create_product(**arguments, idempotency_key=key)
        )


class UpdateProduct(graphene.Mutation):
    """Change a product. A field that is not given stays as it is."""

    class Arguments:
        """Inputs."""

        id = graphene.ID(required=True)
        name = graphene.String()
        price = graphene.Float()
        stock = graphene.Int()
        category = graphene.String()

    product = graphene.Field(Product)

    @staticmethod
    def mutate(_root: None, info: GraphQLResolveInfo, id: str, **changes: Any) -> "UpdateProduct":
        """Change and return it."""
        info.context.require_token()
        return UpdateProduct(product=info.context.opened.service.update_product(id, **changes))


class DeleteProduct(graphene.Mutation):
    """Remove a product for good. Its id is never given again."""

    class Arguments:
        """Inputs."""

        id = graphene.ID(required=True)

    ok = graphene.Boolean(required=True)
    id = graphene.ID(required=True)

    @staticmethod
    def mutate(_root: None, info: GraphQLResolveInfo, id: str) -> "DeleteProduct":
        """Delete it, or NOT_FOUND."""
        info.context.require_token()
        info.context.opened.service.delete_product(id)
        return DeleteProduct(ok=True, id=id)


class CreateOrder(graphene.Mutation):
    """Place an order. An Idempotency-Key header makes it safe to repeat."""

    class Arguments:
        """Inputs."""

        user_id = graphene.String(required=True)
        lines = graphene.List(graphene.NonNull(OrderLine), required=True)

    order = graphene.Field(Order)

    @staticmethod
    def mutate(_root: None, info: GraphQLResolveInfo, user_id: str, lines: list[OrderLine]) -> "CreateOrder":
        """Place it; every live order stream hears of it."""
        context = info.context
        context.require_token()
        pairs = [(line.product_id, line.quantity) for line in lines]
        order = context.opened.service.create_order(
            user_id=user_id, lines=pairs, idempotency_key=context.idempotency_key
        )
        return CreateOrder(order=order)


class Login(graphene.Mutation):
    """Exchange an e-mail address and a password for a token that serves all lanes."""

    class Arguments:
        """Inputs."""

        email = graphene.String(required=True)
        password = graphene.String(required=True)
        expires_in = graphene.Int(description="Seconds; 24 hours unless given.")

    token = graphene.String(required=True)
    token_type = graphene.String(required=True)
    expires_in = graphene.Int(required=True)

    @staticmethod
    def mutate(
        _root: None, info: GraphQLResolveInfo, email: str, password: str, expires_in: int | None = None
    ) -> "Login":
        """Check the password and issue the token."""
        context = info.context
        life = {} if expires_in is None else {"expires_in": expires_in}
        issued = context.opened.auth.login(email, password, client=context.client, **life)
        return Login(token=issued.token, token_type=issued.token_type, expires_in=issued.expires_in)


class Mutation(graphene.ObjectType):
    """What can be changed."""

    create_product = CreateProduct.Field()
    update_product = UpdateProduct.Field()
    delete_product = DeleteProduct.Field()
    create_order = CreateOrder.Field()
    login = Login.Field()
