"""How REST says each operation. Pure: nothing is sent here.

The wanted fields play no part: a REST resource has one shape. That it sends more than asked is the lesson.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from app.domain.drafts import RestDraft
from app.domain.operations import OperationId
from app.domain.results import Headers

PRODUCTS = "/api/v1/products"
ORDERS = "/api/v1/orders"
LOGIN = "/auth/login"
FOLLOW_PRODUCT = f"GET {PRODUCTS}/{{product_id}}"

_METHODS = {
    OperationId.LIST_PRODUCTS: "GET",
    OperationId.GET_PRODUCT: "GET",
    OperationId.CREATE_PRODUCT: "POST",
    OperationId.REPLACE_PRODUCT: "PUT",
    OperationId.PATCH_PRODUCT: "PATCH",
    OperationId.DELETE_PRODUCT: "DELETE",
    OperationId.GET_ORDER: "GET",
    OperationId.CREATE_ORDER: "POST",
    OperationId.LIMITED: "GET",
}


def rest_draft(operation: OperationId, values: Mapping[str, Any], token: str | None) -> RestDraft:
    """The request for ``operation``; ``values`` are typed parameters."""
    values = dict(values)
    path = _path(operation, values)
    body = ""
    query: Headers = ()
    if operation is OperationId.LIST_PRODUCTS:
        query = tuple((name, _plain(value)) for name, value in values.items())
    elif _METHODS[operation] in {"POST", "PUT", "PATCH"}:
        body = json.dumps(values, indent=2, ensure_ascii=False)
    return RestDraft(
        method=_METHODS[operation],
        path=path,
        query=query,
        headers=_headers(token, with_body=bool(body)),
        body=body,
        follow=(FOLLOW_PRODUCT,) if operation in {OperationId.GET_ORDER, OperationId.CREATE_ORDER} else (),
    )


def login_draft(email: str, password: str, expires_in: int | None) -> RestDraft:
    """The request for a token."""
    body: dict[str, Any] = {"email": email, "password": password}
    if expires_in is not None:
        body["expires_in"] = expires_in
    return RestDraft(
        method="POST", path=LOGIN, headers=_headers(None, with_body=True), body=json.dumps(body, indent=2)
    )


def _path(operation: OperationId, values: dict[str, Any]) -> str:
    """The resource; the id moves out of ``values`` and into the path."""
    match operation:
        case OperationId.LIST_PRODUCTS | OperationId.CREATE_PRODUCT:
            return PRODUCTS
        case OperationId.GET_ORDER:
            return f"{ORDERS}/{_segment(values.pop('id'))}"
        case OperationId.CREATE_ORDER:
            return ORDERS
        case OperationId.LIMITED:
            return "/api/v1/limited"
        case _:
            return f"{PRODUCTS}/{_segment(values.pop('id'))}"


def _segment(text: str) -> str:
    quoted = quote(text, safe="")
    return quoted.replace(".", "%2E") if quoted in {".", ".."} else quoted


def _plain(value: Any) -> str:
    """A number as a person writes it: 50 rather than 50.0."""
    return (
        repr(int(value)) if isinstance(value, float) and value.is_integer() and value < 1e15 else str(value)
    )


def _headers(token: str | None, *, with_body: bool) -> Headers:
    headers = [("Accept", "application/json")]
    if with_body:
        headers.append(("Content-Type", "application/json"))
    if token:
        headers.append(("Authorization", f"Bearer {token}"))
    return tuple(headers)
