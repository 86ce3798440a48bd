"""What a GraphQL answer says, in the neutral shape of the operation. Pure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.clients import graphql_drafts
from app.clients.outcomes import (
    field_details,
    graphql_code,
    graphql_outcome,
    injected_rule,
)
from app.clients.transport import HttpAnswer
from app.domain.hints import retry_after_seconds
from app.domain.operations import OperationId
from app.domain.results import Outcome, Reply
from app.domain.slices import sliced
from app.domain.values import dataclass

_snake = lru_cache(maxsize=512)(graphql_drafts.snake)

_READS_ONE = frozenset({OperationId.GET_PRODUCT, OperationId.GET_ORDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphqlAnswer:
    """The three parts of a GraphQL response; None for a part that is absent."""

    data: Any
    errors: Sequence[Any]
    extensions: Any


def graphql_reply(operation: OperationId | None, answer: HttpAnswer, result: GraphqlAnswer) -> Reply:
    """The reply that ``result`` amounts to."""
    response = answer.exchange.response
    status = response.status if response is not None else str(answer.status)
    outcome = graphql_outcome(result.errors, _asked_for(operation, result.data), answer.status)
    message = _message(result.errors) if result.errors else ""
    value = neutral_value(operation, result.data)
    if outcome is Outcome.OK and value is None and operation in _READS_ONE:
        outcome, message = Outcome.NOT_FOUND, "the answer is null: there is no such thing"
    codes = dict.fromkeys(code for code in map(graphql_code, result.errors) if code) if result.errors else ()
    return Reply(
        outcome=outcome,
        status=" · ".join((status, *codes)),
        value=value if outcome in {Outcome.OK, Outcome.PARTIAL} else None,
        message=message,
        exchanges=(answer.exchange,),
        retry_after=_retry_after(answer, result.errors),
        injected=injected_rule(answer.headers) or _fault(result),
        details=_details(result.errors) if result.errors else (),
    )


def neutral_value(operation: OperationId | None, data: Any) -> Any:
    """The operation's part of ``data`` with snake_case names; all of it when that part has another name."""
    neutral = snake_keys(data)
    if not isinstance(data, Mapping) or operation is None:
        return neutral
    if operation is OperationId.LIST_PRODUCTS:
        renamed = {"products": "products", "products_total": "total"}
        return {renamed.get(name, name): value for name, value in neutral.items()}
    for name in filter(None, graphql_drafts.ROOTS[operation]):
        if not isinstance(neutral, Mapping):
            return None
        if _snake(name) not in neutral:
            return snake_keys(data)
        neutral = neutral[_snake(name)]
    return neutral


def snake_keys(value: Any) -> Any:
    """``value`` with every object key in snake_case."""
    if isinstance(value, dict):
        return {_snake(name): snake_keys(part) for name, part in value.items()}
    if isinstance(value, list):
        return [snake_keys(part) for part in sliced(value)]
    return value


def _asked_for(operation: OperationId | None, data: Any) -> Any:
    """``data``, or nothing of it when the operation's own field is null: a count alone is no listing."""
    if operation is None or not isinstance(data, Mapping):
        return data
    root = "products" if operation is OperationId.LIST_PRODUCTS else graphql_drafts.ROOTS[operation][0]
    return {} if root in data and data[root] is None else data


def _message(errors: Sequence[Any]) -> str:
    words = [str(error.get("message", error)) if isinstance(error, dict) else str(error) for error in errors]
    return "; ".join(dict.fromkeys(words))


def _extensions(errors: Sequence[Any]) -> list[Mapping[str, Any]]:
    found = (error.get("extensions") for error in errors if isinstance(error, dict))
    return [extensions for extensions in found if isinstance(extensions, dict)]


def _retry_after(answer: HttpAnswer, errors: Sequence[Any]) -> float | None:
    for extensions in _extensions(errors):
        if isinstance(extensions.get("retryAfter"), int | float):
            return retry_after_seconds(str(extensions["retryAfter"]))
    return retry_after_seconds(answer.headers.get("retry-after"), answer.headers.get("date"))


def _details(errors: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    pairs = [pair for extensions in _extensions(errors) for pair in field_details(extensions.get("details"))]
    return tuple((_snake(field), reason) for field, reason in pairs)


def _fault(result: GraphqlAnswer) -> str | None:
    places = [result.extensions, *_extensions(result.errors)]
    for place in places:
        fault = place.get("fault") if isinstance(place, dict) else None
        if fault:
            return str(fault.get("rule", fault)) if isinstance(fault, dict) else str(fault)
    return None
