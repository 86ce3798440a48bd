"""What a REST answer says, in the neutral shape of the operation. Pure."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from app.clients.outcomes import field_details, http_outcome, injected_rule, retry_after_seconds
from app.clients.transport import HttpAnswer
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
    reply = Reply(outcome=outcome, status=status, exchanges=(answer.exchange,))
    if broken:
        return _changed(reply, Outcome.MALFORMED, "the body is not JSON", answer)
    value = neutral_value(operation, path, body, answer.status)
    if value is None and answer.status not in _NO_BODY and operation is not None:
        return _changed(reply, Outcome.MALFORMED, "the body has another shape than this operation's", answer)
    return Reply(
        outcome=outcome,
        status=status,
        value=value,
        exchanges=(answer.exchange,),
        injected=injected_rule(answer.headers),
    )


def neutral_value(operation: OperationId | None, path: str, body: Any, status: int) -> Any:
    """The body in the operation's shape; None when it has another one."""
    match operation:
        case None:
            return body
        case OperationId.DELETE_PRODUCT:
            return {"id": unquote(path.rsplit("/", 1)[-1])} if status in _NO_BODY else body
        case OperationId.LIST_PRODUCTS:
            return _page(body)
        case _:
            return body if isinstance(body, dict) else None


def _page(body: Any) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        return None
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


def _body(answer: HttpAnswer) -> tuple[Any, bool]:
    """The decoded body, and whether there is one that is not JSON."""
    if not answer.body:
        return None, answer.status not in _NO_BODY and http_outcome(answer.status) is Outcome.OK
    try:
        return json.loads(answer.body), False
    except (ValueError, RecursionError):
        return None, True


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


def _changed(reply: Reply, outcome: Outcome, message: str, answer: HttpAnswer) -> Reply:
    return Reply(
        outcome=outcome,
        status=reply.status,
        message=message,
        exchanges=reply.exchanges,
        injected=injected_rule(answer.headers),
    )
