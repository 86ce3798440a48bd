"""The three protocols that are compared."""

from enum import StrEnum


class Lane(StrEnum):
    """One protocol's column, colour and circuit breaker. Order is the order on the screen."""

    REST = "rest"
    GRAPHQL = "graphql"
    GRPC = "grpc"

    @property
    def label(self) -> str:
        """The name a person reads."""
        return _LABELS[self]


_LABELS = {Lane.REST: "REST", Lane.GRAPHQL: "GraphQL", Lane.GRPC: "gRPC"}
