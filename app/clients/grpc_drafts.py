"""How gRPC says each operation, and the messages of the generated descriptors as JSON. Pure."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from products import products_pb2

from app.clients.messages import as_json
from app.domain.drafts import GrpcDraft
from app.domain.errors import InvalidInput, UnsupportedOperation
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.slices import SLICES
from app.domain.values import dataclass

DEADLINE = 5.0  # seconds, as drafted
_SERVICE = products_pb2.DESCRIPTOR.services_by_name["ProductService"]

_METHODS = {
    OperationId.LIST_PRODUCTS: "ListProducts",
    OperationId.GET_PRODUCT: "GetProduct",
    OperationId.CREATE_PRODUCT: "CreateProduct",
    OperationId.REPLACE_PRODUCT: "UpdateProduct",
    OperationId.PATCH_PRODUCT: "UpdateProduct",
    OperationId.DELETE_PRODUCT: "DeleteProduct",
    OperationId.GET_ORDER: "GetOrder",
    OperationId.CREATE_ORDER: "CreateOrder",
    OperationId.LIMITED: "Limited",
}


_KNOWN = {
    operation.id: frozenset(field.partition(".")[0] for field in operation.fields)
    for operation in OPERATIONS.values()
}


def grpc_draft(operation: OperationId, values: Mapping[str, Any], token: str | None) -> GrpcDraft:
    """The call for ``operation``; ``values`` are typed parameters, named as in the proto already."""
    message = dict(values)
    if operation is OperationId.REPLACE_PRODUCT:
        message = {**message, "stock": message.get("stock", 0), "category": message.get("category", "")}
    if operation is OperationId.LIST_PRODUCTS and message.get("price_max") == 0:
        raise UnsupportedOperation(Lane.GRPC, "price_max 0 means 'no upper bound' in this message.")
    return GrpcDraft(
        method=f"{_SERVICE.full_name}/{_METHODS[operation]}",
        message=json.dumps(message, indent=2, ensure_ascii=False),
        metadata=(("authorization", f"Bearer {token}"),) if token else (),
        deadline=DEADLINE,
    )


def login_draft(email: str, password: str, expires_in: int | None) -> GrpcDraft:
    """The call that asks for a token."""
    message: dict[str, Any] = {"email": email, "password": password}
    if expires_in is not None:
        message["expires_in"] = expires_in
    return GrpcDraft(method=f"{_SERVICE.full_name}/Login", message=json.dumps(message, indent=2))


@dataclass(frozen=True, slots=True)
class Method:
    """A unary method of the service and its message classes."""

    path: str  # "/products.ProductService/GetProduct"
    request: type[Message]
    response: type[Message]


@lru_cache(maxsize=128)
def unary_method(text: str) -> Method:
    """The method named ``package.Service/Method``. Raises InvalidInput."""
    service, _, name = text.strip().lstrip("/").rpartition("/")
    if service != _SERVICE.full_name:
        raise InvalidInput("method", f"{text!r} is no method of {_SERVICE.full_name}")
    method = _SERVICE.methods_by_name.get(name)
    if method is None:
        known = ", ".join(sorted(_SERVICE.methods_by_name))
        raise InvalidInput("method", f"{name!r} is unknown; {_SERVICE.full_name} has {known}")
    if method.server_streaming or method.client_streaming:
        raise InvalidInput("method", f"{name} is a stream; orders are streamed in their own panel")
    return Method(
        f"/{service}/{name}", GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    )


def encoded(method: Method, text: str) -> bytes:
    """The request message of ``method`` written as JSON in ``text``. Raises InvalidInput."""
    message = method.request()
    try:
        json_format.Parse(text if text.strip() else "{}", message)
        return message.SerializeToString()
    except (json_format.ParseError, ValueError, RecursionError) as error:
        raise InvalidInput("message", str(error)) from None


def decoded(method: Method, body: bytes, operation: OperationId | None = None) -> dict[str, Any]:
    """The response message of ``method``, every field shown, names as in the proto. Raises ValueError.

    With an ``operation``, without the fields that are no part of it: an order has some for streams only.
    """
    message = method.response()
    SLICES.between()  # one call of C follows, 2 ms for a megabyte
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise ValueError(str(error)) from None
    return as_json(message, None if operation is None else _KNOWN[operation])
