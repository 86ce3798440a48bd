"""Protocol-neutral things a user does. Each lane's client says how it says them on the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType

from app.domain.lanes import Lane
from app.domain.values import dataclass


class OperationId(StrEnum):
    """Stable names, also used on the command line and in scenario files."""

    LIST_PRODUCTS = "list-products"
    GET_PRODUCT = "get-product"
    CREATE_PRODUCT = "create-product"
    REPLACE_PRODUCT = "replace-product"
    PATCH_PRODUCT = "patch-product"
    DELETE_PRODUCT = "delete-product"
    GET_ORDER = "get-order"
    CREATE_ORDER = "create-order"
    LIMITED = "limited"
    STREAM_ORDERS = "stream-orders"  # followed, not called: no entry in OPERATIONS


class ParameterKind(StrEnum):
    """What a form field accepts."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    CHOICE = "choice"
    LINES = "lines"  # order lines: "1x2, 3x1" = product id x quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One input of an operation, with the limits a form checks before sending."""

    name: str
    label: str
    kind: ParameterKind = ParameterKind.TEXT
    required: bool = False
    default: str = ""  # as typed; empty means "not sent"
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What can be asked, what comes back, and what a lane cannot express."""

    id: OperationId
    title: str
    parameters: tuple[Parameter, ...] = ()
    fields: tuple[str, ...] = ()  # dotted paths in the neutral result, e.g. "items.product.name"
    default_fields: tuple[str, ...] = ()  # ticked at first
    writes: bool = False  # needs a token
    idempotent: bool = True  # by nature; an Idempotency-Key makes the others retryable
    limits: Mapping[Lane, str] = field(default_factory=dict)  # why a lane differs or has no counterpart
    unsupported: frozenset[Lane] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An operation with its inputs, as one asks it."""

    operation: OperationId
    params: Mapping[str, str]  # as typed; an absent one is not sent
    fields: Sequence[str]


_ID = Parameter(name="id", label="id", required=True, default="1", hint="Product id, as text on the wire.")
_NAME = Parameter(name="name", label="name", required=True, default="Keyboard", hint="1 to 200 characters.")
_PRICE = Parameter(
    name="price",
    label="price",
    kind=ParameterKind.DECIMAL,
    required=True,
    default="49.90",
    minimum=0,
    maximum=1_000_000_000,
    hint="A finite number, zero or more.",
)
_STOCK = Parameter(
    name="stock",
    label="stock",
    kind=ParameterKind.INTEGER,
    default="0",
    minimum=0,
    maximum=2_147_483_647,
    hint="A whole number, zero or more. Absent means 0.",
)
_CATEGORY = Parameter(name="category", label="category", default="", hint="Free text; empty is allowed.")


def _optional(parameter: Parameter, default: str = "") -> Parameter:
    return Parameter(
        name=parameter.name,
        label=parameter.label,
        kind=parameter.kind,
        default=default,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        hint="Leave empty to keep the value.",
    )


_PRODUCT_FIELDS = ("id", "name", "price", "stock", "category")
_ORDER_FIELDS = (
    "id",
    "user_id",
    "total",
    "status",
    "created_at",
    "items.quantity",
    "items.subtotal",
    "items.product.id",
    "items.product.name",
    "items.product.price",
    "items.product.stock",
    "items.product.category",
)

_ALL = (
    Operation(
        id=OperationId.LIST_PRODUCTS,
        title="List products",
        parameters=(
            Parameter(
                name="page",
                label="page",
                kind=ParameterKind.INTEGER,
                default="1",
                minimum=1,
                maximum=2_147_483_647,
            ),
            Parameter(
                name="limit", label="limit", kind=ParameterKind.INTEGER, default="10", minimum=1, maximum=100
            ),
            _CATEGORY,
            Parameter(name="price_min", label="price from", kind=ParameterKind.DECIMAL, minimum=0),
            Parameter(name="price_max", label="price to", kind=ParameterKind.DECIMAL, minimum=0),
            Parameter(name="sort", label="sort", kind=ParameterKind.CHOICE, choices=("", *_PRODUCT_FIELDS)),
            Parameter(name="order", label="order", kind=ParameterKind.CHOICE, choices=("", "asc", "desc")),
        ),
        fields=(*(f"products.{name}" for name in _PRODUCT_FIELDS), "total"),
        default_fields=("products.id", "products.name", "products.price", "total"),
    ),
    Operation(
        id=OperationId.GET_PRODUCT,
        title="Get product",
        parameters=(_ID,),
        fields=_PRODUCT_FIELDS,
        default_fields=("id", "name", "price"),
    ),
    Operation(
        id=OperationId.CREATE_PRODUCT,
        title="Create product",
        parameters=(_NAME, _PRICE, _STOCK, _CATEGORY),
        fields=_PRODUCT_FIELDS,
        default_fields=("id", "name", "price", "stock"),
        writes=True,
        idempotent=False,
    ),
    Operation(
        id=OperationId.REPLACE_PRODUCT,
        title="Replace product",
        parameters=(_ID, _NAME, _PRICE, _STOCK, _CATEGORY),
        fields=_PRODUCT_FIELDS,
        default_fields=("id", "name", "price", "stock"),
        writes=True,
        limits={
            Lane.GRAPHQL: "GraphQL has no PUT: updateProduct with every field set does the same.",
            Lane.GRPC: "gRPC has no PUT: UpdateProduct with every field present does the same.",
        },
    ),
    Operation(
        id=OperationId.PATCH_PRODUCT,
        title="Change product",
        parameters=(
            _ID,
            _optional(_NAME),
            _optional(_PRICE, "44.90"),
            _optional(_STOCK),
            _optional(_CATEGORY),
        ),
        fields=_PRODUCT_FIELDS,
        default_fields=("id", "name", "price", "stock"),
        writes=True,
    ),
    Operation(
        id=OperationId.DELETE_PRODUCT,
        title="Delete product",
        parameters=(_ID,),
        fields=("id",),
        default_fields=("id",),
        writes=True,
        limits={Lane.REST: "REST answers 204 without a body: the id is in the URL."},
    ),
    Operation(
        id=OperationId.GET_ORDER,
        title="Order with its products",
        parameters=(Parameter(name="id", label="id", required=True, default="1", hint="Order id."),),
        fields=_ORDER_FIELDS,
        default_fields=("id", "total", "items.quantity", "items.product.name"),
        limits={Lane.REST: "REST needs one request for the order and one for each product in it (1 + N)."},
    ),
    Operation(
        id=OperationId.CREATE_ORDER,
        title="Place order",
        parameters=(
            Parameter(name="user_id", label="user", required=True, default="user_123"),
            Parameter(
                name="lines",
                label="lines",
                kind=ParameterKind.LINES,
                required=True,
                default="1x1, 2x2",
                hint="Product id x quantity, separated by commas: 1x1, 2x2.",
            ),
        ),
        fields=_ORDER_FIELDS,
        default_fields=("id", "total", "status"),
        writes=True,
        idempotent=False,
    ),
    Operation(
        id=OperationId.LIMITED,
        title="Rate-limited endpoint",
        fields=("message", "limit", "remaining"),
        default_fields=("message", "remaining"),
        limits={
            Lane.GRAPHQL: "GraphQL answers 200 with extensions.code RATE_LIMITED: errors live in the body."
        },
    ),
)

OPERATIONS: Mapping[OperationId, Operation] = MappingProxyType(
    {operation.id: operation for operation in _ALL}
)
