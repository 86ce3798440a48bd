"""Heads of HTTP messages, written and read at a glance. Pure.

Only what is said in the usual way is taken, and None means: go the long way through the libraries, which know
every oddity of HTTP and refuse what they refuse. Their general parser costs more than a small call otherwise.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from app.clients.outcomes import HttpHeaders
from app.domain.results import Headers

END = b"\r\n\r\n"
LONGEST_BODY = 64 * 1024  # bytes; longer ones are read by the library, piece by piece
_MOST_FIELDS = 100  # the standard library's limit

_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_VALUE = r"[\t -~\x80-\xff]*"
_REQUEST = re.compile(rf"{_NAME} /[!-~]* HTTP/1\.1\r\n(?:{_NAME}: {_VALUE}\r\n)+\r\n")
_ANSWER = re.compile(rf"HTTP/1\.1 ([2-5][0-9]{{2}})( [ -~]*)?((?:\r\n{_NAME}:{_VALUE})*)")
_FIELD = re.compile(r"\r\n([^:]+):[ \t]*([^\r]*)")
_LENGTH = re.compile(r"[0-9]{1,5}")

_BODILESS = frozenset({204, 205, 304})
_WITHOUT_BODY = frozenset({"GET", "DELETE", "OPTIONS"})  # others say Content-Length: 0
_OTHER_ANSWERS = frozenset({"HEAD", "CONNECT"})  # their answers have no body, whatever their length says
_TYPED = frozenset({"accept-encoding", "connection", "expect", "host", "transfer-encoding", "upgrade"})


class Head(NamedTuple):
    """Status line and fields of an answer."""

    status: int
    reason: str
    fields: Headers  # as they came
    headers: HttpHeaders

    @property
    def status_line(self) -> str:
        """The status with its words: "200 OK"."""
        return f"{self.status} {self.reason}".rstrip()


def host_field(host: str, port: int) -> str:
    """What the Host field says of a server; empty for a name that cannot be written as it is."""
    if not host.isascii() or "%" in host:
        return ""
    name = f"[{host}]" if ":" in host else host.lower().rstrip(".")
    return name if port == 80 else f"{name}:{port}"


def write_head(method: str, target: str, host: str, fields: Headers, body: bytes | None) -> bytes | None:
    """The head of a request as urllib3 writes it; None unless everything about it is usual."""
    names = {name.lower(): value for name, value in fields}
    if not host or len(names) < len(fields) or not _TYPED.isdisjoint(names) or "user-agent" not in names:
        return None
    if method in _OTHER_ANSWERS or (body is None and method not in _WITHOUT_BODY):
        return None
    if names.get("content-length") != (None if body is None else str(len(body))):
        return None
    lines = "".join([f"{name}: {value}\r\n" for name, value in fields])
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n{lines}\r\n"
    has_its_lines = head.count("\n") == len(fields) + 4  # no value begins another one
    return head.encode("latin-1") if has_its_lines and _REQUEST.fullmatch(head) else None


@lru_cache(
    maxsize=32
)  # but for its Date, which changes once a second, a server says the same again and again
def read_head(head: bytes) -> tuple[Head, int] | None:
    """The head of an answer, up to its empty line, and the length of the body; None unless it is usual."""
    plain = _ANSWER.fullmatch(head.decode("latin-1"))
    if plain is None:
        return None
    status, reason, lines = plain.groups()
    fields = tuple(_FIELD.findall(lines))
    headers = HttpHeaders(fields)
    length = headers.get("content-length")
    if (
        len(headers) < len(fields)  # two of a name
        or len(fields) > _MOST_FIELDS
        or not _LENGTH.fullmatch(length)
        or int(length) > LONGEST_BODY
        or int(status) in _BODILESS
        or headers.get("transfer-encoding")
        or headers.get("connection").lower() not in {"", "keep-alive"}
    ):
        return None
    return Head(int(status), (reason or "").strip(), fields, headers), int(length)
