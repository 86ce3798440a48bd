"""How long to wait before the next attempt. Pure arithmetic; chance comes in as an argument.

With n = 0 before the first retry and ``E = min(max_delay, initial_delay * backoff_factor ** n)``:

NONE          E
PROPORTIONAL  E * (1 + 0.1 u)     the classic default; may exceed max_delay by a tenth
FULL          u E
EQUAL         E / 2 + u E / 2
DECORRELATED  min(max_delay, initial_delay + u (3 previous - initial_delay)), previous = the last delay drawn

FULL, EQUAL and DECORRELATED are those of the AWS Architecture Blog, "Exponential Backoff And Jitter".
"""

import random as _random
from enum import StrEnum
from typing import Any

from app.resilience import checks
from app.resilience.clock import Random


class Jitter(StrEnum):
    """How chance spreads the waits of many clients."""

    NONE = "none"
    PROPORTIONAL = "proportional"
    FULL = "full"
    EQUAL = "equal"
    DECORRELATED = "decorrelated"


def backoff_delay(
    retry: int,
    *,
    initial_delay: float = 1.0,
    backoff_factor: float = 2.0,
    max_delay: float = 60.0,
    jitter: Jitter = Jitter.PROPORTIONAL,
    previous: float | None = None,
    random: Random = _random.random,
) -> float:
    """Seconds to wait before retry number ``retry`` (0 is the first). Raises ValueError naming the field."""
    base = _exponential(retry, initial_delay, backoff_factor, max_delay)
    match as_jitter(jitter):
        case Jitter.NONE:
            return base
        case Jitter.PROPORTIONAL:
            return base * (1.0 + 0.1 * random())
        case Jitter.FULL:
            return base * random()
        case Jitter.EQUAL:
            return base / 2.0 + random() * base / 2.0
        case Jitter.DECORRELATED:
            last = _previous(previous, initial_delay)
            return min(float(max_delay), initial_delay + random() * (3.0 * last - initial_delay))


def backoff_envelope(
    retry: int,
    *,
    initial_delay: float = 1.0,
    backoff_factor: float = 2.0,
    max_delay: float = 60.0,
    jitter: Jitter = Jitter.PROPORTIONAL,
    previous: float | None = None,
) -> float:
    """The longest that backoff_delay() can return for the same arguments, in seconds."""
    base = _exponential(retry, initial_delay, backoff_factor, max_delay)
    match as_jitter(jitter):
        case Jitter.PROPORTIONAL:
            return base * 1.1
        case Jitter.DECORRELATED:
            last = _previous(previous, initial_delay)
            return min(float(max_delay), max(float(initial_delay), 3.0 * last))
        case _:
            return base


def check_backoff(initial_delay: Any, backoff_factor: Any, max_delay: Any, jitter: Any) -> None:
    """Raise ValueError naming the first of these that cannot be used."""
    checks.number("initial_delay", initial_delay)
    checks.number("backoff_factor", backoff_factor, above=True)
    checks.number("max_delay", max_delay)
    as_jitter(jitter)


def as_jitter(value: Any) -> Jitter:
    """The jitter of that name. Raises ValueError naming the field."""
    try:
        return Jitter(value)
    except ValueError:
        raise ValueError(f"jitter must be one of {', '.join(Jitter)}, not {value!r}") from None


def _exponential(retry: int, initial_delay: float, backoff_factor: float, max_delay: float) -> float:
    checks.whole("retry", retry)
    check_backoff(initial_delay, backoff_factor, max_delay, Jitter.NONE)
    initial, factor, longest = float(initial_delay), float(backoff_factor), float(max_delay)
    if initial == 0.0:
        return 0.0
    # Beyond 2 ** 62 the power of every float but 1 has long become 0 or infinite; ints can be larger still.
    exponent = min(retry, 2**62)
    try:
        return min(longest, initial * factor**exponent)
    except OverflowError:
        return longest


def _previous(previous: float | None, initial_delay: float) -> float:
    return float(initial_delay) if previous is None else checks.number("previous", previous)
