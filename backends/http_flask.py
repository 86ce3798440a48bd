"""Flask, with what it finds out anew for each request remembered, and headers that every answer has.

Host and path are looked at by Flask itself the first time they come; how it looks depends on nothing else.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from flask import Flask, Request
from werkzeug.routing import MapAdapter, Rule

from backends.http_server import WsgiApp

_F = TypeVar("_F", bound=Callable[..., Any])
_MOST_REMEMBERED = 256  # of each kind; hosts and paths are the clients' to invent
Header = tuple[str, str]
_Match = tuple[Rule, Mapping[str, Any]]


class QuickFlask(Flask):
    """A Flask application whose handlers are all synchronous. Any worker thread."""

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self._adapters: dict[str | None, tuple[MapAdapter, str]] = {}
        self._matches: dict[tuple[str, str], _Match] = {}

    def ensure_sync(self, func: _F) -> _F:
        """The function as it is: Flask asks for each one and each request whether it is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the view of a request. Raises SecurityError for a host that is no name."""
        if request is None or "HTTP_UPGRADE" in request.environ or not request.environ.get("PATH_INFO"):
            return super().create_url_adapter(request)
        said = request.environ.get("HTTP_HOST")
        known = self._adapters.get(said)
        if known is None:
            adapter = super().create_url_adapter(request)
            if adapter is None:
                return None
            known = _remembered(self._adapters, said, (adapter, request.host))
        first, request.host = known
        return _Adapter(first, request, self._matches)


class _Adapter(MapAdapter):
    """Finds the view of one request, like ``first`` did for its own."""

    def __init__(self, first: MapAdapter, request: Request, matches: dict[tuple[str, str], _Match]) -> None:
        super().__init__(
            first.map,
            first.server_name,
            first.script_name,
            first.subdomain,
            first.url_scheme,
            request.path,
            request.method,
            request.query_string.decode("utf-8", "replace"),
        )
        self._matches = matches

    def match(self, *given: Any, **named: Any) -> Any:
        """Rule and arguments. Raises NotFound, MethodNotAllowed, RequestRedirect, each time anew."""
        if given or named != {"return_rule": True}:
            return super().match(*given, **named)
        asked = self.default_method, self.path_info
        rule, values = self._matches.get(asked) or _remembered(
            self._matches, asked, super().match(return_rule=True)
        )
        return rule, dict(values)


_K = TypeVar("_K")
_V = TypeVar("_V")


def _remembered(memory: dict[_K, _V], key: _K, value: _V) -> _V:
    if len(memory) >= _MOST_REMEMBERED:
        memory.clear()
    memory[key] = value
    return value


def with_headers(app: WsgiApp, always: Sequence[Header], unless_given: Sequence[Header]) -> WsgiApp:
    """Wrap an application: every answer has the headers of ``always``, and of the others those it lacks."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[Header], *failure: Any) -> Any:
            names = {name.lower() for name, _ in headers}
            added = [header for header in unless_given if header[0].lower() not in names]
            return start_response(status, [*headers, *added, *always], *failure)

        return app(environ, start)

    return answer
