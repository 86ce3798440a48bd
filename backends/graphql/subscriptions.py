"""The subscription type: the order feed as GraphQL events."""

from collections.abc import AsyncIterator, Sequence

import graphene
from graphql import GraphQLResolveInfo

from backends.graphql.types import Order
from backends.orders import FeedRequest, OrderFeed, OrderMessage, feed_request


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
    ) -> AsyncIterator[Sequence[OrderMessage]]:
        """Check the wish, then follow the feed in batches. The check is first: it refuses at once."""
        wish = feed_request(user_id=user_id, count=count, interval_ms=interval_ms, live=live)
        return _orders(info.context.opened.feed, wish)


async def _orders(feed: OrderFeed, wish: FeedRequest) -> AsyncIterator[Sequence[OrderMessage]]:
    with feed.follow(wish) as reader:
        while not reader.ended:
            if batch := await reader.batch():
                yield batch
