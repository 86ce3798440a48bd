"""Addresses of servers that a person types, checked before anything is sent. Pure."""

from urllib.parse import SplitResult, urlsplit

from app.domain.errors import InvalidInput
from app.domain.lanes import Lane

EXAMPLES = {
    Lane.REST: "http://127.0.0.1:8000",
    Lane.GRAPHQL: "http://127.0.0.1:8001/graphql",
    Lane.GRPC: "127.0.0.1:50051",
}


def address_problem(lane: Lane, text: str) -> str:
    """Why ``text`` cannot be an address of this lane's server; empty when it can, and for empty text."""
    text = text.strip()
    if not text:
        return ""
    if any(letter.isspace() for letter in text):
        return "must not contain spaces"
    return _target_problem(text) if lane is Lane.GRPC else _url_problem(lane, text)


def checked_address(lane: Lane, text: str) -> str:
    """``text`` without what does not matter. InvalidInput says what is wrong."""
    why = address_problem(lane, text)
    if why:
        raise InvalidInput(f"address of {lane.label}", why)
    text = text.strip()
    return text.rstrip("/") if lane is Lane.REST else text


def _url_problem(lane: Lane, text: str) -> str:
    example = EXAMPLES[lane]
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return f"the port must be a number from 1 to 65535, such as {example}"
    bare = parts.path in ("", "/")
    found = {
        f"must begin with http://, such as {example}": "://" not in text,
        "must begin with http://; encrypted servers are not supported": parts.scheme != "http",
        f"names no host, such as {example}": not parts.hostname,
        "the port must be a number from 1 to 65535": port == 0,
        f"must be host, port and path and nothing else, such as {example}": _has_more(parts),
        f"must end after host and port, such as {example}": lane is Lane.REST and not bare,
        f"needs its path, such as {example}": lane is Lane.GRAPHQL and bare,
    }
    return next((why for why, wrong in found.items() if wrong), "")


def _has_more(parts: SplitResult) -> bool:
    return bool(parts.query or parts.fragment or parts.username)


def _target_problem(text: str) -> str:
    example = EXAMPLES[Lane.GRPC]
    if "://" in text:
        return f"is host and port without http://, such as {example}"
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        return f"must be host:port, such as {example}"
    if "/" in text:
        return f"must end after the port, such as {example}"
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65_535):
        return f"the port must be a number from 1 to 65535, such as {example}"
    return ""
