"""The routes of products. Each translates; the catalog decides."""

from collections.abc import Sequence

from flask import Response, request

from backends.catalog.service import CatalogService
from backends.rest import answers, shapes
from backends.rest.models import NewProduct, ProductChanges, ProductQuery
from backends.rest.routes import API, Documented, Route
from backends.rest.tags import if_match, tagged

_PATH = f"{API}/products"
_ONE = f"{_PATH}/<product_id>"
_TAG = "products"

_ETAG = {"ETag": "Names this very content."}
_FOUND = Documented(description="The product.", body=answers.Product, headers=_ETAG)
_UNCHANGED = Documented(description="You have it already.", headers=_ETAG)
_MISSING = Documented(description="No product has this id.", body=answers.Error)
_STALE = Documented(description="If-Match does not hold any more.", body=answers.Error)
_IF_NONE_MATCH = {"If-None-Match": "Entity tags you have; 304 if one of them is still good."}
_IF_MATCH = {"If-Match": "The entity tag that you have seen; 412 if the product has changed since."}
IDEMPOTENCY_KEY = {
    "Idempotency-Key": "1 to 200 visible ASCII characters. The same key with the same body gives the first "
    "answer again, with another body 409. Kept for a day."
}


class Products:
    """Handlers over the catalog. Any thread."""

    def __init__(self, service: CatalogService) -> None:
        self._service = service

    def list(self, query: ProductQuery) -> Response:
        """A page of products."""
        found = self._service.list_products(**query.model_dump())
        return tagged(shapes.page(found, query, _PATH))

    def get(self, product_id: str) -> Response:
        """One product."""
        return tagged(shapes.product(self._service.get_product(product_id)))

    def create(self, body: NewProduct) -> Response:
        """A new product."""
        key = request.headers.get("Idempotency-Key")
        product = self._service.create_product(**body.model_dump(), idempotency_key=key)
        response = tagged_write(shapes.product(product), 201)
        response.headers["Location"] = f"{_PATH}/{product.id}"
        return response

    def replace(self, product_id: str, body: NewProduct) -> Response:
        """All values anew."""
        product = self._service.replace_product(product_id, **body.model_dump(), only_if=if_match())
        return tagged_write(shapes.product(product))

    def change(self, product_id: str, body: ProductChanges) -> Response:
        """Some values anew."""
        changes = body.model_dump(exclude_unset=True)
        product = self._service.update_product(product_id, **changes, only_if=if_match())
        return tagged_write(shapes.product(product))

    def delete(self, product_id: str) -> Response:
        """Gone."""
        self._service.delete_product(product_id, only_if=if_match())
        return Response(status=204)


def tagged_write(content: object, status: int = 200) -> Response:
    """The answer to a write: the new state and its entity tag, not to be kept by anybody."""
    body = shapes.encode(content)
    headers = {"ETag": f'"{shapes.entity_tag(body)}"', "Cache-Control": "no-store"}
    return Response(body, status, headers, mimetype="application/json")


def product_routes(service: CatalogService) -> Sequence[Route]:
    """The table of this module."""
    handlers = Products(service)
    return (*_reads(handlers), *_whole_writes(handlers), *_other_writes(handlers))


def _reads(handlers: Products) -> Sequence[Route]:
    return (
        Route(
            method="GET",
            rule=_PATH,
            operation="list-products",
            handler=handlers.list,
            summary="List products",
            description="Texts are sorted by code point, ties by id; desc is the exact reverse.",
            tag=_TAG,
            query=ProductQuery,
            request_headers=_IF_NONE_MATCH,
            responses={
                200: Documented(description="A page.", body=answers.ProductPage, headers=_ETAG),
                304: _UNCHANGED,
            },
        ),
        Route(
            method="GET",
            rule=_ONE,
            operation="get-product",
            handler=handlers.get,
            summary="Get a product",
            tag=_TAG,
            request_headers=_IF_NONE_MATCH,
            responses={200: _FOUND, 304: _UNCHANGED, 404: _MISSING},
        ),
    )


def _whole_writes(handlers: Products) -> Sequence[Route]:
    return (
        Route(
            method="POST",
            rule=_PATH,
            operation="create-product",
            handler=handlers.create,
            summary="Create a product",
            tag=_TAG,
            body=NewProduct,
            needs_token=True,
            request_headers=IDEMPOTENCY_KEY,
            responses={
                201: Documented(
                    description="Created.",
                    body=answers.Product,
                    headers={"Location": "Where the product is.", **_ETAG},
                ),
                409: Documented(description="The key was used with another body.", body=answers.Error),
            },
        ),
        Route(
            method="PUT",
            rule=_ONE,
            operation="replace-product",
            handler=handlers.replace,
            summary="Replace a product",
            description="An absent stock becomes 0, an absent category becomes empty.",
            tag=_TAG,
            body=NewProduct,
            needs_token=True,
            request_headers=_IF_MATCH,
            responses={200: _FOUND, 404: _MISSING, 412: _STALE},
        ),
    )


def _other_writes(handlers: Products) -> Sequence[Route]:
    return (
        Route(
            method="PATCH",
            rule=_ONE,
            operation="patch-product",
            handler=handlers.change,
            summary="Change a product",
            tag=_TAG,
            body=ProductChanges,
            needs_token=True,
            request_headers=_IF_MATCH,
            responses={200: _FOUND, 404: _MISSING, 412: _STALE},
        ),
        Route(
            method="DELETE",
            rule=_ONE,
            operation="delete-product",
            handler=handlers.delete,
            summary="Delete a product",
            description="A product that is part of an order stays.",
            tag=_TAG,
            needs_token=True,
            request_headers=_IF_MATCH,
            responses={
                204: Documented(description="Deleted."),
                404: _MISSING,
                409: Documented(description="It is part of an order.", body=answers.Error),
                412: _STALE,
            },
        ),
    )
