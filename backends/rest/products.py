"""The routes of products. Each translates; the catalog decides."""

from collections.abc import Sequence

from flask import Response, request

from backends.catalog.service import CatalogService
from backends.rest import answers, shapes
from backends.rest.models import NewProduct, ProductChanges, ProductQuery
from backends.rest.routes import API, Documented, Route
from backends.rest.tags import if_match, tagged, written
from backends.rest.wording import ETAG, IDEMPOTENCY_KEY, IF_NONE_MATCH, KEY_REUSED, UNCHANGED, made

_PATH = f"{API}/products"
_ONE = f"{_PATH}/<product_id>"
_TAG = "products"
_FOUND = Documented(description="The product.", body=answers.Product, headers=ETAG)
_MISSING = Documented(description="No product has this id.", body=answers.Error)
_STALE = Documented(description="If-Match does not hold any more.", body=answers.Error)
_IF_MATCH = {"If-Match": "The entity tag that you have seen; 412 if the product has changed since."}


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
        return written(shapes.product(product), made_at=f"{_PATH}/{product.id}")

    def replace(self, product_id: str, body: NewProduct) -> Response:
        """All values anew."""
        product = self._service.replace_product(product_id, **body.model_dump(), only_if=if_match())
        return written(shapes.product(product))

    def change(self, product_id: str, body: ProductChanges) -> Response:
        """Some values anew."""
        changes = body.model_dump(exclude_unset=True)
        product = self._service.update_product(product_id, **changes, only_if=if_match())
        return written(shapes.product(product))

    def delete(self, product_id: str) -> Response:
        """Gone."""
        self._service.delete_product(product_id, only_if=if_match())
        return Response(status=204)


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
            request_headers=IF_NONE_MATCH,
            responses={
                200: Documented(description="A page.", body=answers.ProductPage, headers=ETAG),
                304: UNCHANGED,
            },
        ),
        Route(
            method="GET",
            rule=_ONE,
            operation="get-product",
            handler=handlers.get,
            summary="Get a product",
            tag=_TAG,
            request_headers=IF_NONE_MATCH,
            responses={200: _FOUND, 304: UNCHANGED, 404: _MISSING},
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
                201: made("Created.", answers.Product, "Where the product is."),
                409: KEY_REUSED,
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
