"""Turns values as typed into values as sent, by the operation's own specification. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.errors import InvalidInput
from app.domain.operations import OPERATIONS, Operation, OperationId, Parameter, ParameterKind
from app.domain.parameters import problem

_INT32 = 2_147_483_647
_LONGEST = 4000  # characters; Python refuses to convert longer numbers, and no form needs them


def typed_parameters(operation: OperationId, params: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that are to be sent, as str, int, float or ``[{"product_id", "quantity"}]``.

    Empty optional ones are left out. Raises InvalidInput naming the parameter.
    """
    specification = OPERATIONS[operation]
    known = {parameter.name for parameter in specification.parameters}
    for name in params:
        if name not in known:
            raise InvalidInput(name, f"{specification.title.lower()} has no such parameter")
    values: dict[str, Any] = {}
    for parameter in specification.parameters:
        text = params.get(parameter.name, "")
        if text.strip():
            values[parameter.name] = _typed(parameter, text)
        elif parameter.required:
            raise InvalidInput(parameter.name, problem(parameter, text))
    _check_together(values)
    return values


def wanted_fields(operation: Operation, fields: Sequence[str]) -> tuple[str, ...]:
    """``fields`` in the operation's own order; all of them when none is named. Raises InvalidInput."""
    for field in fields:
        if field not in operation.fields:
            raise InvalidInput("fields", f"{field!r} is no field of {operation.title.lower()}")
    return tuple(field for field in operation.fields if field in fields) or operation.fields


def _check_together(values: Mapping[str, Any]) -> None:
    low, high = values.get("price_min"), values.get("price_max")
    if low is not None and high is not None and low > high:
        raise InvalidInput("price_max", "must not be less than the lower price")


def _typed(parameter: Parameter, text: str) -> Any:
    why = problem(parameter, text) if len(text) <= _LONGEST else "is too long"
    if why:
        raise InvalidInput(parameter.name, why)
    match parameter.kind:
        case ParameterKind.INTEGER:
            return int(text)
        case ParameterKind.DECIMAL:
            return float(text)
        case ParameterKind.LINES:
            return [_line(part) for part in text.split(",")]
        case ParameterKind.CHOICE:
            return text.strip()
        case ParameterKind.TEXT:
            return text


def _line(text: str) -> dict[str, Any]:
    product_id, _, quantity = text.rpartition("x")
    count = int(quantity)
    if count > _INT32:
        raise InvalidInput("lines", f"a quantity must be at most {_INT32:,}".replace(",", " "))
    return {"product_id": product_id.strip(), "quantity": count}
