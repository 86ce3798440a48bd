"""Why a text is no JSON, in the same words on every lane. Knows no lane."""

import json
from typing import NoReturn


class ConstantRefused(ValueError):
    """NaN or an infinity, which Python's reader would take."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def refuse_constant(name: str) -> NoReturn:
    """What a reader of strict JSON is given as ``parse_constant``."""
    raise ConstantRefused(name)


def why_no_json(error: ValueError | RecursionError) -> str:
    """What is wrong, behind *the body* or *the request*, and where if the reader knows."""
    match error:
        case RecursionError():
            return "is nested too deeply"
        case UnicodeDecodeError():
            return "is not valid UTF-8"
        case ConstantRefused():
            return f"is not JSON: {error.name} is no value"
        case json.JSONDecodeError():
            return f"is not JSON: {error}"
    return "is not JSON"
