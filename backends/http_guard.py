"""Keeps web pages of other sites away from a server on the loopback interface.

A page that somebody visits can send requests to this machine. Its host name gives it away when the name was
rebound to our address (421); its Origin, or what the browser says of it in Sec-Fetch-Site, when it does more
than link to us (403). A request that names no host at all is no HTTP/1.1 (400).
"""

import ipaddress
import json
import re
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PLAIN = "identity"  # the only content coding of a body that is taken; Accept-Encoding of a refusal says so
Objection = tuple[int, str]  # HTTP status and reason

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY = frozenset({"", "0.0.0.0", "::"})  # bound to every address
_SAFE = frozenset({"GET", "HEAD"})
_ELSEWHERE = frozenset({"cross-site", "same-site"})  # another port of this machine is the same site
_WORDS = {400: "400 Bad Request", 403: "403 Forbidden", 421: "421 Misdirected Request"}
# One host and perhaps a port (RFC 9110, 7.2). A list of them would be read by its first, or by its last.
_AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%[\w.~-]+)?\]|[\w.~-]+)(?::[0-9]*)?", re.ASCII)
_UNCLEAR = 400, "the Host header must be one host, perhaps with a port"
_MISDIRECTED = 421, "this server answers only to its own address"
_FOREIGN = 403, "pages of other sites may not ask here"


def objection(
    bound_to: str, host: str | None, origin: str | None, *, page_port: int | None = None
) -> Objection | None:
    """Why a request must not be served, or None. ``host`` and ``origin`` are the headers as sent.

    ``page_port`` is for a port that serves no pages itself: its pages come from there.
    """
    if host is not None and not _AUTHORITY.fullmatch(host):
        return _UNCLEAR
    if host is not None and not _is_named(bound_to.lower(), _name(host)):
        return _MISDIRECTED
    if origin is not None and not _is_own(origin, host or "", page_port):
        return _FOREIGN
    return None


def _is_named(bound_to: str, name: str) -> bool:
    """Whether a client that means us would call us that.

    A rebound name is one of the public DNS: it has a dot, and is no address. Bound to every address, we may
    have names that we cannot know, as in a network of containers.
    """
    if name in _LOOPBACK or name == bound_to:
        return True
    if bound_to not in _ANY:
        return False
    return bool(name) and ("." not in name or _is_address(name) or name in _own_names())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> tuple[str, str]:
    name = socket.gethostname().lower()
    return name, f"{name}.local"


def _objection_to_fetch(environ: dict[str, Any]) -> Objection | None:
    """Browsers say where a request comes from also when they send no Origin: a link may lead here, but no
    page of elsewhere may embed or load what is here."""
    if environ.get("HTTP_SEC_FETCH_SITE") not in _ELSEWHERE:
        return None
    is_visit = environ.get("HTTP_SEC_FETCH_MODE") == "navigate" and (
        environ.get("HTTP_SEC_FETCH_DEST") == "document"
    )
    return None if is_visit and environ["REQUEST_METHOD"] in _SAFE else _FOREIGN


def foreign_coding(content_encoding: str | None) -> str:
    """The content coding that keeps a body from being read, as a client named it; empty without one."""
    said = (content_encoding or "").strip()
    return "" if said.lower() in {"", PLAIN} else said[:50]


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_own(origin: str, host: str, page_port: int | None) -> bool:
    scheme, _, authority = origin.lower().partition("://")
    if scheme not in {"http", "https"}:
        return False
    if page_port is None:
        return authority == host.lower()
    return authority.rpartition(":")[2] == str(page_port) and _name(authority) == _name(host) != ""


def guard(app: WsgiApp, bound_to: str, refuse: Callable[[int, str], dict[str, Any]]) -> WsgiApp:
    """Wrap an application. ``refuse`` makes the lane's error body from status and reason."""

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST")
        found = objection(bound_to, host, environ.get("HTTP_ORIGIN")) or _objection_to_fetch(environ)
        if host is None and environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
            found = 400, "an HTTP/1.1 request needs a Host header"
        if found is None:
            return app(environ, start_response)
        status, reason = found
        body = json.dumps(refuse(status, reason)).encode()
        start_response(
            _WORDS[status],
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("X-Content-Type-Options", "nosniff"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
            ],
        )
        return [body]

    return guarded
