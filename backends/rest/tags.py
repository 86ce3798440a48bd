"""What goes out and how long it is good: entity tags, If-None-Match, If-Match, answers not to be kept."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Response, request

from backends.catalog.errors import Stale
from backends.catalog.models import Product
from backends.catalog.service import Precondition
from backends.rest import shapes

_NONE: Mapping[str, str] = MappingProxyType({})


def tagged(content: object) -> Response:
    """A JSON answer with its entity tag, or 304 if the client has it already."""
    body = shapes.encode(content)
    return tagged_body(body, "application/json")


def tagged_body(body: bytes, mimetype: str) -> Response:
    """The same for a body of any type."""
    tag = shapes.entity_tag(body)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    # Read raw first: parsing the header costs more than most requests do otherwise.
    if "HTTP_IF_NONE_MATCH" in request.environ and request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=headers)
    return Response(body, 200, headers, mimetype=mimetype)


def unkept(content: object, headers: Mapping[str, str] = _NONE) -> Response:
    """A JSON answer that belongs to its moment: nobody may keep it."""
    headers = {**headers, "Cache-Control": "no-store"}
    return Response(shapes.encode(content), 200, headers, mimetype="application/json")


def written(content: object, *, made_at: str | None = None) -> Response:
    """The answer to a write: the new state and its entity tag, not to be kept by anybody.

    ``made_at`` is the path of what did not exist before.
    """
    body = shapes.encode(content)
    headers = {"ETag": f'"{shapes.entity_tag(body)}"', "Cache-Control": "no-store"}
    if made_at is not None:
        headers["Location"] = made_at
    return Response(body, 200 if made_at is None else 201, headers, mimetype="application/json")


def if_match() -> Precondition | None:
    """A check of the stored product against If-Match, or None if the client set no condition."""
    if "HTTP_IF_MATCH" not in request.environ:
        return None
    wanted = request.if_match

    def check(product: Product) -> None:
        if not wanted.contains(shapes.entity_tag(shapes.encode(shapes.product(product)))):
            raise Stale("the product has changed since you read it")

    return check
