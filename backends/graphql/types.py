"""The object types of the schema. They read the catalog's models as they are; resolvers live elsewhere."""

import graphene


class Product(graphene.ObjectType):
    """Something that can be bought."""

    id = graphene.ID(required=True)
    name = graphene.String(required=True)
    price = graphene.Float(required=True)
    stock = graphene.Int(required=True)
    category = graphene.String(required=True)


class OrderItem(graphene.ObjectType):
    """One line of an order, with its product."""

    product = graphene.Field(Product, required=True)
    quantity = graphene.Int(required=True)
    subtotal = graphene.Float(required=True)


class Order(graphene.ObjectType):
    """A placed order. The last three fields are set in the order stream only."""

    id = graphene.ID(required=True)
    user_id = graphene.String(required=True)
    total = graphene.Float(required=True)
    status = graphene.String(required=True, description="processing, shipped or delivered")
    created_at = graphene.String(description="RFC 3339, UTC")
    items = graphene.List(graphene.NonNull(OrderItem), required=True)
    sequence = graphene.Int(description="Position in the stream, from 1.")
    published_at = graphene.String(description="When the feed published it: RFC 3339, UTC.")
    dropped = graphene.Int(description="Messages lost just before this one because the reader was too slow.")


class OrderLine(graphene.InputObjectType):
    """What to order, and how many."""

    product_id = graphene.ID(required=True)
    quantity = graphene.Int(required=True)


class Limited(graphene.ObjectType):
    """Answer of the rate-limited field."""

    message = graphene.String(required=True)
    limit = graphene.Int(required=True)
    remaining = graphene.Int(required=True)
