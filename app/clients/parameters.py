"""Turns values as typed into values as sent, by the operation's own specification. Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from app.domain.errors import InvalidInput
from app.domain.operations import OPERATIONS, Operation, OperationId, Parameter, ParameterKind

_LINE = re.compile(r"\s*(\S+?)\s*[x×*]\s*(\d{1,10})\s*")
_N = TypeVar("_N", int, float)
_INT32 = 2_147_483_647


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
            raise InvalidInput(parameter.name, "is required")
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
    match parameter.kind:
        case ParameterKind.TEXT:
            return text
        case ParameterKind.INTEGER:
            return _within(parameter, _integer(parameter.name, text))
        case ParameterKind.DECIMAL:
            return _within(parameter, _decimal(parameter.name, text))
        case ParameterKind.CHOICE:
            if text not in parameter.choices:
                offered = ", ".join(choice for choice in parameter.choices if choice)
                raise InvalidInput(parameter.name, f"must be one of {offered}")
            return text
        case ParameterKind.LINES:
            return _lines(parameter.name, text)


def _integer(name: str, text: str) -> int:
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text):
        raise InvalidInput(name, "must be a whole number")
    return int(text)


def _decimal(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InvalidInput(name, "must be a number") from None
    if not math.isfinite(value):
        raise InvalidInput(name, "must be a finite number")
    return value


def _within(parameter: Parameter, value: _N) -> _N:
    if parameter.minimum is not None and value < parameter.minimum:
        raise InvalidInput(parameter.name, f"must be at least {parameter.minimum:g}")
    if parameter.maximum is not None and value > parameter.maximum:
        raise InvalidInput(parameter.name, f"must be at most {parameter.maximum:,.0f}")
    return value


def _lines(name: str, text: str) -> list[dict[str, Any]]:
    lines = []
    for part in text.split(","):
        match = _LINE.fullmatch(part)
        if match is None:
            raise InvalidInput(name, f"{part.strip()!r} is not 'product id x quantity'")
        quantity = int(match[2])
        if not 1 <= quantity <= _INT32:
            raise InvalidInput(name, "a quantity must be at least 1")
        lines.append({"product_id": match[1], "quantity": quantity})
    return lines
