"""The bodies that the REST interface answers with. They describe; `shapes` fills them without validating."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    # Never used to validate, so nothing but the description, if somebody asks for it, needs them built.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class ErrorDetail(_Answer):
    """Which field is wrong, and why."""

    field: str
    message: str


class Error(_Answer):
    """Every answer from 400 on."""

    error: Annotated[str, Field(description="A stable word for programs.", examples=["bad_request"])]
    message: Annotated[str, Field(description="A sentence for people.")]
    details: list[ErrorDetail] = Field(default_factory=list)


class TooManyRequests(Error):
    """The limit is reached; wait."""

    retry_after: Annotated[int, Field(ge=1, description="Seconds.")]


class Token(_Answer):
    """Send it as ``Authorization: Bearer <token>``."""

    token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Field(description="Seconds.")]


class Product(_Answer):
    """A product."""

    id: str
    name: str
    price: float
    stock: int
    category: str


class PageMetadata(_Answer):
    """Where this page stands."""

    page: int
    limit: int
    total: Annotated[int, Field(description="Products that match the filters, on all pages.")]
    total_pages: int


class PageLinks(_Answer):
    """The same listing, other pages; filters and sorting are kept."""

    self: str
    next: str | None
    prev: str | None


class ProductPage(_Answer):
    """A page of products."""

    data: list[Product]
    metadata: PageMetadata
    links: PageLinks


class OrderItem(_Answer):
    """One line of an order. The product itself is one more request away."""

    product_id: str
    quantity: int
    subtotal: float


class Order(_Answer):
    """An order."""

    id: str
    user_id: str
    total: float
    status: Literal["processing", "shipped", "delivered"]
    created_at: Annotated[str, Field(description="RFC 3339, UTC.")]
    items: list[OrderItem]


class Limited(_Answer):
    """One of the few answers per minute."""

    message: str
    limit: int
    remaining: int


class Health(_Answer):
    """The server answers and reaches its database."""

    status: Literal["ok"]


class Root(_Answer):
    """What is where on this server."""

    name: str
    docs: Annotated[str, Field(description="A page for people.")]
    openapi: Annotated[str, Field(description="This description.")]
    api: Annotated[str, Field(description="What the paths of the catalog begin with.")]
