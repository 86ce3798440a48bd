"""The subscription type: the order feed as GraphQL events."""

from collections.abc import AsyncIterator

import graphene
from graphql import GraphQLResolveInfo

from backends.graphql.types import Order
from backends.orders import OrderMessage, feed_request


class Subscription(graphene.ObjectType):
    """What can be followed over graphql-transport-ws."""

    orders = graphene.Field(
        Order,
        user_id=graphene.String(default_value=""),
        count=graphene.Int(default_value=0, description="0 means 5 (live: endless), negative means endless."),
        interval_ms=graphene.Int(default_value=0, description="0 means 1000."),
        live=graphene.Boolean(
            default_value=False, description="Real orders of the database instead of the demonstration feed."
        ),
    )

    @staticmethod
    async def subscribe_orders(
        _root: None, info: GraphQLResolveInfo, user_id: str, count: int, interval_ms: int, live: bool
    ) -> AsyncIterator[OrderMessage]:
        """Yield orders until the feed ends or the client leaves."""
        request = feed_request(user_id=user_id, count=count, interval_ms=interval_ms, live=live)
        with info.context.opened.feed.follow(request) as reader:
            while not reader.ended:
                for message in await reader.batch():
                    yield message
