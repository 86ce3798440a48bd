"""What an editor marks and offers in a text that is being typed. No Qt."""

import json

from app.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that the server would refuse: ``start`` and ``length`` in characters of the text."""

    start: int
    length: int
    message: str
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One completion."""

    name: str
    detail: str = ""  # its type
    description: str = ""


def json_problem(text: str, *, what: str = "JSON") -> Problem | None:
    """Where a text stops being JSON; None when it is fine or empty."""
    if not text.strip():
        return None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        start = min(error.pos, max(len(text) - 1, 0))
        return Problem(start=start, length=1, message=f"{what}: {error.msg}", line=error.lineno)
    return None
