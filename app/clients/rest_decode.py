"""What a REST answer says, in the neutral shape of the operation. Pure."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from app.clients.outcomes import field_details, http_outcome, injected_rule
from app.clients.transport import HttpAnswer
from app.domain import sliced_json
from app.domain.hints import retry_after_seconds
from app.domain.operations import OperationId
from app.domain.results import Outcome, Reply

_NO_BODY = frozenset({204, 205, 304})


def rest_reply(operation: OperationId | None, path: str, answer: HttpAnswer) -> Reply:
    """The reply that ``answer`` amounts to. ``path`` names what a 204 deleted."""
    response = answer.exchange.response
    status = response.status if response is not None else str(answer.status)
    outcome = http_outcome(answer.status)
    body, broken = _body(answer)
    if outcome is not Outcome.OK:
        return _refusal(answer, outcome, status, body)
    return Reply(
        outcome=Outcome.MALFORMED if broken else outcome,
        status=status,
        value=None if broken else neutral_value(operation, path, body, answer.status),
        message=broken,
        exchanges=(answer.exchange,),
        injected=injected_rule(answer.headers),
    )


def neutral_value(operation: OperationId | None, path: str, body: Any, status: int) -> Any:
    """The body in the operation's shape; as it is when it has another one: a person edited the request."""
    if operation is OperationId.DELETE_PRODUCT and status in _NO_BODY:
        return {"id": unquote(path.rsplit("/", 1)[-1])}
    is_page = isinstance(body, dict) and isinstance(body.get("data"), list)
    if operation is not OperationId.LIST_PRODUCTS or not is_page:
        return body
    metadata = body.get("metadata")
    total = metadata.get("total") if isinstance(metadata, dict) else None
    return {"products": body["data"], "total": total}


def product_ids(order: Any) -> list[str]:
    """The products that an order names, each once, in order. Empty when it already holds them."""
    items = order.get("items") if isinstance(order, Mapping) else None
    if not isinstance(items, list):
        return []
    ids = [str(item["product_id"]) for item in items if isinstance(item, Mapping) and "product_id" in item]
    return list(dict.fromkeys(ids))


def with_products(order: Mapping[str, Any], products: Mapping[str, Any]) -> dict[str, Any]:
    """The order with each ``product_id`` replaced by the product it stands for."""
    items = []
    for item in order["items"]:
        kept = {name: value for name, value in item.items() if name != "product_id"}
        items.append({**kept, "product": products.get(str(item.get("product_id")))})
    return {**order, "items": items}


def _body(answer: HttpAnswer) -> tuple[Any, str]:
    """The decoded body, and what is wrong with it; a body that does not claim to be JSON may be anything."""
    if answer.status in _NO_BODY or answer.exchange.request.start.startswith("HEAD "):
        return None, ""
    kind = answer.headers.get("content-type")
    if kind and "json" not in kind.lower():
        return None, ""
    try:
        return sliced_json.loads(answer.body), ""
    except (ValueError, RecursionError):
        return None, "the body is not JSON" if answer.body else "the body is empty"


def _refusal(answer: HttpAnswer, outcome: Outcome, status: str, body: Any) -> Reply:
    fields = body if isinstance(body, dict) else {}
    hint = answer.headers.get("retry-after")
    retry_after = retry_after_seconds(hint, answer.headers.get("date"))
    if not hint and isinstance(fields.get("retry_after"), int | float):
        retry_after = retry_after_seconds(str(fields["retry_after"]))
    return Reply(
        outcome=outcome,
        status=status,
        message=str(fields.get("message") or fields.get("error") or status),
        exchanges=(answer.exchange,),
        retry_after=retry_after,
        injected=injected_rule(answer.headers),
        details=field_details(fields.get("details")),
    )
