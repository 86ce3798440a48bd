"""What is wrong with a typed parameter, in words a form can show. Pure; the backends check again."""

import math
import re

from app.domain.operations import Operation, Parameter, ParameterKind

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_LINE = re.compile(r"\s*[^\s,x]+\s*x\s*[1-9]\d*\s*", re.ASCII)


def problem(parameter: Parameter, text: str) -> str:
    """Why ``text`` cannot be sent, as one sentence without the field's name; empty when it can."""
    text = text.strip()
    if not text:
        return "must not be empty" if parameter.required else ""
    match parameter.kind:
        case ParameterKind.INTEGER:
            whole = _INTEGER.fullmatch(text)
            return _range_problem(parameter, int(text)) if whole else "must be a whole number"
        case ParameterKind.DECIMAL:
            return _decimal_problem(parameter, text)
        case ParameterKind.CHOICE:
            listed = ", ".join(choice for choice in parameter.choices if choice)
            return "" if text in parameter.choices else f"must be one of {listed}"
        case ParameterKind.LINES:
            fits = all(_LINE.fullmatch(line) for line in text.split(","))
            return "" if fits else "must be product id x quantity, separated by commas: 1x1, 2x2"
    return ""


def problems(operation: Operation, values: dict[str, str]) -> dict[str, str]:
    """Problems by parameter name; empty when everything can be sent."""
    found = {each.name: problem(each, values.get(each.name, "")) for each in operation.parameters}
    return {name: why for name, why in found.items() if why}


def _decimal_problem(parameter: Parameter, text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        return "must be a number, such as 49.90"
    if not math.isfinite(value):
        return "must be a finite number"
    return _range_problem(parameter, value)


def _range_problem(parameter: Parameter, value: float) -> str:
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None and not low <= value <= high:
        return f"must be between {low:,.0f} and {high:,.0f}".replace(",", " ")
    if low is not None and value < low:
        return f"must be {low:g} or more"
    if high is not None and value > high:
        return f"must be at most {high:,.0f}".replace(",", " ")
    return ""
