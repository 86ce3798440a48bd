"""Health, description and documentation page: the routes about the server itself."""

import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, request

from backends.catalog.service import CatalogService
from backends.rest import answers, shapes
from backends.rest.routes import API, Documented, Route
from backends.rest.tags import tagged, tagged_body, unkept
from backends.rest.wording import ETAG, UNCHANGED

_PAGES = Path(__file__).parent / "pages"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class System:
    """Handlers about the server. Any thread."""

    def __init__(self, service: CatalogService, describe: Callable[[], dict[str, Any]]) -> None:
        self._service = service
        self._describe = describe
        self._lock = threading.Lock()
        self._description: bytes | None = None

    def health(self) -> Response:
        """Whether the database answers; the error handler says so if not."""
        self._service.get_products(["1"])
        return unkept({"status": "ok"})

    def root(self) -> Response:
        """Where a person or a program that knows nothing but the address can go on."""
        if request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html":
            answer = Response(status=302, headers={"Location": "/docs", "Cache-Control": "no-cache"})
        else:
            paths = {"name": "Trilane catalog", "docs": "/docs", "openapi": "/openapi.json", "api": API}
            answer = tagged(paths)
        answer.headers["Vary"] = "Accept"
        return answer

    def openapi(self) -> Response:
        """The description, built once."""
        with self._lock:
            if self._description is None:
                self._description = shapes.encode(self._describe())
        return tagged_body(self._description, "application/json")

    def page(self, name: str) -> Response:
        """A part of the documentation page, which needs nothing from anywhere else."""
        kinds = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
        response = tagged_body(_content(name), kinds[Path(name).suffix])
        response.headers["Content-Security-Policy"] = _PAGE_POLICY
        return response


@cache
def _content(name: str) -> bytes:
    return (_PAGES / name).read_bytes()


def system_routes(system: System) -> Sequence[Route]:
    """The described routes of this module; the pages are for people."""
    return (
        Route(
            method="GET",
            rule="/",
            operation="root",
            handler=system.root,
            summary="Where description, documentation page and catalog are",
            tag="system",
            responses={
                200: Documented(description="Paths on this server.", body=answers.Root, headers=ETAG),
                302: Documented(
                    description="To the page, for who wants HTML.", headers={"Location": "The page."}
                ),
                304: UNCHANGED,
            },
        ),
        Route(
            method="GET",
            rule="/healthz",
            operation="health",
            handler=system.health,
            summary="Whether the server can work",
            tag="system",
            responses={200: Documented(description="It can.", body=answers.Health)},
        ),
    )
