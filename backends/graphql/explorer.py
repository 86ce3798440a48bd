"""The page a browser gets at /graphql: an explorer of our own, which needs nothing from the network.

graphql-server's GraphiQL page loads its scripts from a content delivery network; Trilane works offline.
Scripts and style are files of their own, so that the page's policy can forbid every inline script.
"""

import re
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from flask import Response, request

_PAGES = Path(__file__).with_name("pages")
_KINDS = {".js": "text/javascript", ".css": "text/css"}
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*", re.IGNORECASE)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {socket}; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def parts() -> list[str]:
    """The names of the files that the page consists of, besides itself."""
    return sorted(file.name for file in _PAGES.iterdir() if file.suffix in _KINDS)


def explorer_page(socket_url: str) -> Response:
    """The page; ``socket_url`` is where subscriptions are served, and the only socket it may open."""
    page = _content("index.html").replace(b"{{socket_url}}", escape(socket_url).encode())
    response = _tagged(page, "text/html")
    response.headers["Content-Security-Policy"] = _POLICY.format(socket=_socket_source(socket_url))
    return response


def explorer_part(name: str) -> Response:
    """One of `parts`."""
    return _tagged(_content(name), _KINDS[Path(name).suffix])


@cache
def _content(name: str) -> bytes:
    return (_PAGES / name).read_bytes()


def _tagged(body: bytes, mimetype: str) -> Response:
    """Kept by the browser, which asks each time whether it is still the same: an update shows at once."""
    tag = sha256(body).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=headers)
    return Response(body, 200, headers, content_type=f"{mimetype}; charset=utf-8")


def _socket_source(socket_url: str) -> str:
    """The socket as the policy names it: by the host the browser asked for, which was checked before.

    A policy cannot name an IPv6 address; then the port alone is fixed. What is no plain name is not repeated.
    """
    port = urlsplit(socket_url).port
    try:
        name = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        name = ""
    return f"ws://{name if _NAME.fullmatch(name) else '*'}:{port}"
