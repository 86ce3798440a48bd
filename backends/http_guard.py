"""Keeps web pages of other sites away from a server on the loopback interface.

A page that somebody visits can send requests to this machine. Its host name gives it away when the name was
rebound to our address (421); its Origin gives it away when it writes or opens a socket (403). A request that
names no host at all is no HTTP/1.1 (400).
"""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PLAIN = "identity"  # the only content coding of a body that is taken; Accept-Encoding of a refusal says so
Objection = tuple[int, str]  # HTTP status and reason

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY = frozenset({"", "0.0.0.0", "::"})  # bound to every address: the user wants strangers
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_WORDS = {400: "400 Bad Request", 403: "403 Forbidden", 421: "421 Misdirected Request"}


def objection(
    bound_to: str, host: str | None, origin: str | None, *, may_write: bool, any_port: bool = False
) -> Objection | None:
    """Why a request must not be served, or None. ``host`` and ``origin`` are the headers as sent.

    ``any_port`` is for a port that serves no pages itself: the page comes from another port of this host.
    """
    known = _LOOPBACK | {bound_to.lower()}
    if host and bound_to not in _ANY and _name(host) not in known:
        return 421, "this server answers only to its own address"
    if may_write and origin is not None and not _is_own(origin, host or "", any_port):
        return 403, "pages of other sites may not write here"
    return None


def foreign_coding(content_encoding: str | None) -> str:
    """The content coding that keeps a body from being read, as a client named it; empty without one."""
    said = (content_encoding or "").strip()
    return "" if said.lower() in {"", PLAIN} else said[:50]


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_own(origin: str, host: str, any_port: bool) -> bool:
    scheme, _, authority = origin.lower().partition("://")
    if scheme not in {"http", "https"}:
        return False
    return authority == host.lower() or (any_port and _name(authority) == _name(host) != "")


def guard(app: WsgiApp, bound_to: str, refuse: Callable[[int, str], dict[str, Any]]) -> WsgiApp:
    """Wrap an application. ``refuse`` makes the lane's error body from status and reason."""

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        writes = environ["REQUEST_METHOD"] not in _SAFE
        host = environ.get("HTTP_HOST")
        found = objection(bound_to, host, environ.get("HTTP_ORIGIN"), may_write=writes)
        if not host and environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
            found = 400, "an HTTP/1.1 request needs a Host header"
        if found is None:
            return app(environ, start_response)
        status, reason = found
        body = json.dumps(refuse(status, reason)).encode()
        start_response(
            _WORDS[status], [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        )
        return [body]

    return guarded
