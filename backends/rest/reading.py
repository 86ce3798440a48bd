"""Reads a request: its query and its JSON body, into the models. Everything unusable becomes a Problem."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import request
from pydantic import BaseModel, ValidationError

from backends.http_guard import PLAIN, WsgiApp, foreign_coding
from backends.json_words import refuse_constant, why_no_json
from backends.rest.problems import Problem

BODY_MAX = 1024 * 1024
_LAST = {"Connection": "close"}  # of an answer after which nothing more can be read

_INTEGER = re.compile(r"-?[0-9]{1,30}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,5})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}

Model = TypeVar("Model", bound=BaseModel)


def read_query(model: type[Model]) -> Model:
    """The query string; each parameter once, in UTF-8, and none that is unknown."""
    raw = request.environ.get("QUERY_STRING", "")
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=100)
    except UnicodeDecodeError:
        raise Problem(400, "the query is not valid UTF-8") from None
    except ValueError:
        raise Problem(400, "the query has too many parameters") from None
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise Problem(400, f"{name[:50]} is given more than once", [(name[:50], "is given twice")])
        values[name] = _typed(model, name, value)
    return _validated(model, values)


def read_body(model: type[Model]) -> Model:
    """The JSON body as a model; refuses as `read_json` does, and with 400 what does not fit the model."""
    return _validated(model, read_json())


def read_json() -> Any:
    """The JSON body: 415 if of another type or compressed, 413 beyond BODY_MAX, 400 if it is no JSON."""
    if request.mimetype != "application/json":
        raise Problem(415, "the body must be application/json")
    coding = foreign_coding(request.headers.get("Content-Encoding"))
    if coding:
        why = f"the body must come as it is, without Content-Encoding: {coding}"
        raise Problem(415, why, headers={"Accept-Encoding": PLAIN})
    return _parsed(_data())


def drop_unread_chunks(app: WsgiApp) -> WsgiApp:
    """Wrap an application: what it leaves of a chunked body is read, for the connection's next request
    follows it.

    The server does this for bodies whose length it knows, and closes the connection after longer ones.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        parts = app(environ, start_response)
        if _is_chunked(environ):
            left = BODY_MAX
            with suppress(ValueError, OSError):  # broken chunks: nothing sensible follows anyway
                while left > 0 and (block := environ["wsgi.input"].read(min(left, 65_536))):
                    left -= len(block)
        return parts

    return answer


def _is_chunked(environ: Mapping[str, Any]) -> bool:
    return "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def _data() -> bytes:
    """The bytes of the body; what cannot be read to its end also ends the connection."""
    length = _declared_length()
    if length is not None and length > BODY_MAX:
        raise Problem(413, "a body may have 1 MiB at most", headers=_LAST)
    stream = request.environ["wsgi.input"]
    try:
        data: bytes = stream.read(BODY_MAX + 1 if length is None else length)
    except (ValueError, OSError):  # cheroot: broken chunks, a silent or vanished client
        raise Problem(400, "the body cannot be read", headers=_LAST) from None
    if len(data) > BODY_MAX:
        raise Problem(413, "a body may have 1 MiB at most", headers=_LAST)
    if length is not None and len(data) < length:
        raise Problem(400, "the body is shorter than its Content-Length", headers=_LAST)
    return data


def _declared_length() -> int | None:
    """What Content-Length says; None for a chunked body."""
    if _is_chunked(request.environ):
        return None
    said = request.headers.get("Content-Length") or "0"
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        raise Problem(400, "the Content-Length is not a number", headers=_LAST)
    return int(said)


def _parsed(data: bytes) -> Any:
    def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Problem(400, "a field is given more than once in the body")
        return found

    try:
        text = data.decode("utf-8")
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse_constant, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"the body {why_no_json(error)}") from None


def _integer(digits: str) -> int | float:
    # Longer ones only cost time: no field takes them.
    return int(digits) if len(digits) <= 30 else math.inf


def _typed(model: type[BaseModel], name: str, text: str) -> Any:
    """Text from a query as the type its field wants; left as text if it is none, for the model to refuse."""
    field = model.model_fields.get(name)
    kind = str(field.annotation) if field else ""
    if "int" in kind and _INTEGER.fullmatch(text):
        return int(text)
    if "float" in kind and _NUMBER.fullmatch(text):
        return float(text)
    if "bool" in kind and text in _BOOLEANS:
        return _BOOLEANS[text]
    return text


def _validated(model: type[Model], values: Any) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        details = [_detail(fault) for fault in error.errors(include_url=False, include_input=False)]
    message = "; ".join(f"{field}: {why}" for field, why in details[:5])
    raise Problem(400, message, details[:50])


def _detail(fault: Any) -> tuple[str, str]:
    field = ".".join(str(part)[:50] for part in fault["loc"]) or "body"
    message = str(fault["msg"]).removeprefix("Value error, ")
    for theirs in ("Input should ", "String should ", "List should "):
        message = message.replace(theirs, "must ")
    words = {
        "missing": "is required",
        "extra_forbidden": "is not known",
        "string_type": "must be text",
        "int_type": "must be a whole number",
        "int_from_float": "must be a whole number",
        "bool_type": "must be true or false",
        "float_type": "must be a number",
        "finite_number": "must be a finite number",
        "model_type": "must be a JSON object",
        "model_attributes_type": "must be a JSON object",
        "string_pattern_mismatch": "has characters that are not allowed, or is blank",
    }
    return field, words.get(fault["type"], message)
