"""Looks at an edited request before it is sent, so that what cannot be sent is explained. Pure.

Only what the protocol itself cannot carry is refused; everything else is the server's to judge.
"""

import json
import re
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote, urlencode

from app.domain.errors import AttemptFailed, InvalidInput
from app.domain.results import Headers, Outcome, Reply

_P = ParamSpec("_P")
_T = TypeVar("_T")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_VALUE = re.compile(r"[\x00\r\n]")
_PATH_SAFE = "/%:@!$&'()*+,;=~-._?"


def or_invalid(build: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """What ``build`` returns; its InvalidInput becomes an attempt that failed before anything was sent."""
    try:
        return build(*args, **kwargs)
    except InvalidInput as error:
        reply = Reply(outcome=Outcome.INVALID, message=str(error), details=((error.where, error.why),))
        raise AttemptFailed(reply) from error


def http_method(text: str) -> str:
    """Any method that HTTP can carry, as typed. Raises InvalidInput."""
    if not _TOKEN.fullmatch(text):
        raise InvalidInput("method", f"{text!r} is not an HTTP method")
    return text


def http_target(path: str, query: Headers) -> str:
    """Path and query as they go on the wire; what is not ASCII is percent-encoded. Raises InvalidInput."""
    if not path.startswith("/"):
        raise InvalidInput("path", "must begin with /")
    if path.startswith("//"):
        raise InvalidInput("path", "must not begin with //: that names another server")
    if _CONTROL.search(path):
        raise InvalidInput("path", "must not contain control characters")
    try:
        target = quote(path, safe=_PATH_SAFE)
        if query:
            target += ("&" if "?" in target else "?") + urlencode(query)
    except UnicodeEncodeError:
        raise InvalidInput("path", "contains half a character (a lone surrogate)") from None
    return target


def http_headers(headers: Headers) -> Headers:
    """The headers as typed, twice the same name included. Raises InvalidInput."""
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise InvalidInput("headers", f"{name!r} is not a header name")
        if _BAD_VALUE.search(value):
            raise InvalidInput("headers", f"the value of {name} must not contain line breaks")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise InvalidInput("headers", f"the value of {name} cannot be written in a header") from None
    return headers


def grpc_metadata(metadata: Headers) -> tuple[tuple[str, str | bytes], ...]:
    """Metadata as grpc takes it: keys in lower case, ``-bin`` values as bytes. Raises InvalidInput."""
    pairs: list[tuple[str, str | bytes]] = []
    for name, value in metadata:
        key = name.lower()
        if not re.fullmatch(r"[0-9a-z_.\-]+", key):
            raise InvalidInput("metadata", f"{name!r} is not a metadata key")
        if key.startswith("grpc-"):
            raise InvalidInput("metadata", f"{name} is reserved: keys with grpc- belong to the protocol")
        if key.endswith("-bin"):
            pairs.append((key, value.encode("utf-8", "surrogatepass")))
        elif re.fullmatch(r"[\x20-\x7e]*", value):
            pairs.append((key, value))
        else:
            raise InvalidInput("metadata", f"the value of {name} must be printable ASCII")
    return tuple(pairs)


def json_text(where: str, text: str) -> Any:
    """The value of ``text``. Raises InvalidInput with line and column."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            where, f"not JSON: {error.msg}, line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise InvalidInput(where, "nested too deeply") from None
    except ValueError as error:  # a number with more digits than Python converts
        raise InvalidInput(where, str(error)) from None


def json_object(where: str, text: str) -> dict[str, Any]:
    """The object in ``text``; empty text is an empty one. Raises InvalidInput."""
    value = json_text(where, text) if text.strip() else {}
    if not isinstance(value, dict):
        raise InvalidInput(where, "must be a JSON object")
    return value


def utf8(where: str, text: str) -> bytes:
    """``text`` in UTF-8. Raises InvalidInput for a lone surrogate."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput(where, "contains half a character (a lone surrogate)") from None


def has_header(headers: Headers, name: str) -> bool:
    """Whether ``name`` (lower case) is among them."""
    return any(key.lower() == name for key, _ in headers)
