"""Refusing settings that cannot work, always naming the field.

Every function returns the value in the type that the rest computes with, or raises ValueError whose text
starts with the field's name. Booleans are not numbers here: ``failure_threshold=True`` is a mistake.
"""

import math
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any


def whole(field: str, value: Any, *, minimum: int = 0) -> int:
    """Return ``value`` as an int of at least ``minimum``."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{field} must be a whole number, not {value!r}")
    if value < minimum:
        raise ValueError(f"{field} must be at least {minimum}, not {value!r}")
    return int(value)


def number(
    field: str, value: Any, *, minimum: float = 0.0, above: bool = False, infinite: bool = False
) -> float:
    """Return ``value`` as a float that is at least (``above``: more than) ``minimum``. Never NaN."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{field} must be a number, not {value!r}")
    try:
        result = float(value)
    except OverflowError:
        raise ValueError(f"{field} is too large") from None
    if math.isnan(result) or (math.isinf(result) and not (infinite and result > 0)):
        raise ValueError(f"{field} must be a finite number, not {value!r}")
    if result < minimum or (above and result == minimum):
        raise ValueError(f"{field} must be {'more than' if above else 'at least'} {minimum:g}, not {value!r}")
    return result


def fraction(field: str, value: Any) -> float:
    """Return ``value`` as a share above 0 and at most 1."""
    result = number(field, value, above=True)
    if result > 1.0:
        raise ValueError(f"{field} must be at most 1, not {value!r}")
    return result


def callable_(field: str, value: Any) -> Callable[..., Any]:
    """Return ``value`` when it can be called."""
    if not callable(value):
        raise ValueError(f"{field} must be callable, not {value!r}")
    result: Callable[..., Any] = value
    return result


def callables(field: str, values: Any) -> tuple[Callable[..., Any], ...]:
    """Return ``values`` as a tuple when each of them can be called."""
    if not isinstance(values, Iterable):
        raise ValueError(f"{field} must be a list of callables, not {values!r}")
    return tuple(callable_(field, each) for each in values)
