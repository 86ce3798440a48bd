"""What a route is: one table drives the server, the description and the names that faults are aimed at."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response
from pydantic import BaseModel

API = "/api/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """One possible answer: its body, if any, and the headers it always carries."""

    description: str
    body: type[BaseModel] | None = None  # of a JSON answer
    media: str | None = None  # of an answer that is text of another type
    headers: Mapping[str, str] = field(default_factory=dict)  # name: what it says


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path. ``handler`` gets path parameters, ``query`` and ``body`` by name."""

    method: str
    rule: str  # as Flask writes it
    operation: str  # the name of the operation, also on the command line and in scenarios
    handler: Callable[..., Response]
    summary: str
    tag: str
    responses: Mapping[int, Documented]
    description: str = ""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    needs_token: bool = False
    request_headers: Mapping[str, str] = field(default_factory=dict)  # name: what it does


class OperationNames:
    """Which operation a method and a path belong to: for middleware that runs before any routing."""

    def __init__(self, routes: Sequence[Route]) -> None:
        fixed_first = sorted(routes, key=lambda route: "<" in route.rule)
        self._patterns = [
            (route.method, re.compile(re.sub(r"<[^>]+>", "[^/]+", route.rule)), route.operation)
            for route in fixed_first
        ]

    def of(self, environ: Mapping[str, Any]) -> str | None:
        """The operation of a WSGI request, or None for an unknown path."""
        method = environ.get("REQUEST_METHOD", "GET")
        path = environ.get("PATH_INFO", "")
        for wanted, pattern, operation in self._patterns:
            if wanted == ("GET" if method == "HEAD" else method) and pattern.fullmatch(path):
                return operation
        return None
