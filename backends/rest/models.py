"""The bodies and queries of the REST interface: the models that validate, and that describe it.

Strict: no text and no boolean passes for a number, unknown fields are refused. Rules that need the database
are the catalog's. The limits come from there too, so that the description cannot drift from the checks.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from backends.auth import DAY, EXPIRES_MAX
from backends.catalog import validation as rules

PRODUCT_SORTS = Literal["id", "name", "price", "stock", "category"]


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 10.0 is the integer 10."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a whole number")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _real(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")
    return value


Name = Annotated[
    str, Field(min_length=1, max_length=rules.NAME_MAX, pattern=rules.VISIBLE_TEXT, examples=["Keyboard"])
]
Category = Annotated[
    str, Field(max_length=rules.CATEGORY_MAX, pattern=rules.PLAIN_TEXT, examples=["Accessories"])
]
Price = Annotated[
    float,
    Field(ge=0, le=rules.PRICE_MAX, allow_inf_nan=False, examples=[49.9]),
    BeforeValidator(_real),
]
Stock = Annotated[int, Field(ge=0, le=rules.INT32_MAX, examples=[25]), BeforeValidator(_whole)]
Id = Annotated[str, Field(pattern=rules.ID_PATTERN, examples=["1"])]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Login(_Body):
    """Credentials, and how long the token shall live."""

    email: Annotated[str, Field(min_length=1, max_length=254, examples=["user@example.com"])]
    password: Annotated[str, Field(min_length=1, max_length=200, examples=["password"])]
    expires_in: Annotated[
        int, Field(ge=1, le=EXPIRES_MAX, description="Seconds."), BeforeValidator(_whole)
    ] = DAY


class NewProduct(_Body):
    """A product to create, or all values of one to replace: what is absent becomes the default."""

    name: Name
    price: Price
    stock: Stock = 0
    category: Category = ""


def _without_defaults(schema: dict[str, Any]) -> None:
    """An absent field means "unchanged", so no default may show in the description."""
    for field in schema["properties"].values():
        del field["default"]


class ProductChanges(_Body):
    """The fields to change; absent ones stay as they are."""

    model_config = ConfigDict(strict=True, extra="forbid", json_schema_extra=_without_defaults)

    name: Name = ""
    price: Price = 0.0
    stock: Stock = 0
    category: Category = ""


class NewOrderLine(_Body):
    """How many of what."""

    product_id: Id
    quantity: Annotated[int, Field(ge=1, le=rules.QUANTITY_MAX), BeforeValidator(_whole)]


class NewOrder(_Body):
    """An order to place at today's prices."""

    user_id: Annotated[
        str, Field(min_length=1, max_length=100, pattern=rules.VISIBLE_TEXT, examples=["user_123"])
    ]
    lines: Annotated[list[NewOrderLine], Field(min_length=1, max_length=rules.LINES_MAX)]


class OrderChanges(_Body):
    """The new status of an order."""

    status: Literal["processing", "shipped", "delivered"]


class ProductQuery(BaseModel):
    """Which products, in which order. Filters combine; price bounds are inclusive."""

    model_config = ConfigDict(strict=True, extra="forbid")

    page: Annotated[int, Field(ge=1, le=rules.INT32_MAX)] = 1
    limit: Annotated[int, Field(ge=1, le=rules.LIMIT_MAX, description="Products on a page.")] = 10
    sort: Annotated[PRODUCT_SORTS, Field(description="Ties are in the order of ids.")] = "id"
    order: Literal["asc", "desc"] = "asc"
    category: Annotated[str | None, Field(max_length=rules.CATEGORY_MAX, pattern=rules.PLAIN_TEXT)] = None
    price_min: Annotated[float | None, Field(ge=0, le=rules.PRICE_MAX, allow_inf_nan=False)] = None
    price_max: Annotated[float | None, Field(ge=0, le=rules.PRICE_MAX, allow_inf_nan=False)] = None
