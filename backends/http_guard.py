"""Keeps web pages of other sites away from a server on the loopback interface.

A page anywhere can make a browser send requests to 127.0.0.1, also through a name it points there (DNS
rebinding). Requests whose Host is no name of this machine, or whose Origin is another site, are refused.
A server that is bound to a public address on purpose is reached by names we cannot know: only Origin counts.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def refused_because(host_header: str, origin: str | None, bound_to: str) -> str | None:
    """Why a request must not be served, or None."""
    host = urlsplit(f"//{host_header}").hostname if host_header else None
    if bound_to in _LOOPBACK and host not in _LOOPBACK:
        return f"Host {host_header!r} is not this server."
    if origin is not None and not _same_site(origin, host_header):
        return f"Pages of {origin!r} may not use this server."
    return None


def _same_site(origin: str, host_header: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in {"http", "https"} and parts.netloc.lower() == host_header.lower()
    except ValueError:
        return False


def guard(app: WsgiApp, bound_to: str, refuse: Callable[[str], dict[str, Any]]) -> WsgiApp:
    """Wrap an application. ``refuse`` makes the lane's error body from the reason; the status is 403."""

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        reason = _check(environ, bound_to)
        if reason is None:
            return app(environ, start_response)
        body = json.dumps(refuse(reason)).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("403 Forbidden", headers)
        return [body]

    return guarded


def _check(environ: dict[str, Any], bound_to: str) -> str | None:
    try:
        return refused_because(environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN"), bound_to)
    except ValueError:  # urlsplit on a malformed Host
        return "The Host header is malformed."
