"""The order feed: one publisher whose messages all three transports carry, in the same order.

Knows neither SSE nor WebSocket nor gRPC; a transport subscribes, takes messages and says goodbye.
"""

from backends.orders.channel import Subscription
from backends.orders.feed import FeedReader, OrderFeed
from backends.orders.messages import FeedRequest, OrderMessage, feed_request

__all__ = ["FeedReader", "FeedRequest", "OrderFeed", "OrderMessage", "Subscription", "feed_request"]
