"""Conditional requests: entity tags on reads, If-None-Match, If-Match."""

from flask import Response, request

from backends.catalog.errors import Stale
from backends.catalog.models import Product
from backends.catalog.service import Precondition
from backends.rest import shapes


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


def if_match() -> Precondition | None:
    """A check of the stored product against If-Match, or None if the client set no condition."""
    if "HTTP_IF_MATCH" not in request.environ:
        return None
    wanted = request.if_match

    def check(product: Product) -> None:
        if not wanted.contains(shapes.entity_tag(shapes.encode(shapes.product(product)))):
            raise Stale("the product has changed since you read it")

    return check
