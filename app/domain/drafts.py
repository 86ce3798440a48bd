"""Requests as a person edits them before sending: one shape per protocol, all text."""

from app.domain.results import Headers
from app.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RestDraft:
    """One HTTP request. ``follow`` lists the further requests an operation needs, for display."""

    method: str
    path: str
    query: Headers = ()
    headers: Headers = ()
    body: str = ""  # JSON text; empty means no body
    follow: tuple[str, ...] = ()  # "GET /api/v1/products/{product_id}" for each item, sent after the first


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphqlDraft:
    """One GraphQL document with its variables as JSON text."""

    query: str
    variables: str = "{}"
    headers: Headers = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcDraft:
    """One unary call: full method name, message as JSON text, metadata, deadline in seconds."""

    method: str  # "products.ProductService/GetProduct"
    message: str = "{}"
    metadata: Headers = ()
    deadline: float | None = 5.0


Draft = RestDraft | GraphqlDraft | GrpcDraft
