"""Builds the WSGI application of the REST lane from the route tables. Imported inside `serve`, not before."""

import re
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

from flask import Flask, Response, request
from werkzeug.routing import BaseConverter

from backends.auth import Auth
from backends.catalog.service import CatalogService
from backends.http_flask import QuickFlask, with_headers
from backends.limits import RateLimiter
from backends.rest import problems
from backends.rest.admin import FaultAdmin, add_admin
from backends.rest.limited import limited_routes
from backends.rest.orders import order_routes
from backends.rest.products import product_routes
from backends.rest.reading import drop_unread_chunks, read_body, read_query
from backends.rest.routes import OperationNames, Route
from backends.rest.session import session_routes
from backends.rest.system import System, system_routes
from backends.shared import ServerSettings

_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_UNLESS_GIVEN = (("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),)


class FeedRoutes(Protocol):
    """The order stream, as far as this module needs to know it."""

    def routes(self) -> Sequence[Route]:
        """Its routes; a fixed path wins over ``/orders/<order_id>``."""


def build_app(
    service: CatalogService,
    auth: Auth,
    limiter: RateLimiter,
    settings: ServerSettings,
    feed: FeedRoutes | None = None,
    admin: FaultAdmin | None = None,
) -> Flask:
    """The application; ``app.extensions["trilane.operations"]`` names the operation of each request."""
    app = QuickFlask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    routes: list[Route] = [
        *session_routes(auth),
        *limited_routes(limiter),
        *product_routes(service),
        *order_routes(service),
    ]
    if feed is not None:
        routes += feed.routes()
    system = System(service, lambda: _describe(routes))
    routes += system_routes(system)
    _tell_fixed_paths_apart(app, routes)
    for route in routes:
        app.add_url_rule(route.rule, route.operation, _view(route, auth), methods=[route.method])
    _add_pages(app, system)
    if admin is not None:
        add_admin(app, admin)
    problems.install(app)
    served = with_headers(app.wsgi_app, _ALWAYS, _UNLESS_GIVEN)
    app.wsgi_app = drop_unread_chunks(served)  # type: ignore[assignment, method-assign]
    app.extensions["trilane.operations"] = OperationNames(routes)
    return app


def _describe(routes: Sequence[Route]) -> dict[str, Any]:
    from backends.rest.openapi import describe

    try:
        number = version("trilane")
    except PackageNotFoundError:  # run from a folder that was never installed
        number = "0"
    return describe(routes, number)


def _view(route: Route, auth: Auth) -> Callable[..., Response]:
    """Check the token, read query and body, call the handler: in this order."""

    def view(**given: Any) -> Response:
        if route.needs_token:
            auth.verify_header(request.headers.get("Authorization"))
        if route.query is not None:
            given["query"] = read_query(route.query)
        if route.body is not None:
            given["body"] = read_body(route.body)
        return route.handler(**given)

    return view


def _tell_fixed_paths_apart(app: Flask, routes: Sequence[Route]) -> None:
    """``/orders/stream`` is no order, for no method: else its PATCH would be 401 or 404 instead of 405."""
    fixed = {route.rule.rpartition("/")[2] for route in routes if "<" not in route.rule}
    words = "|".join(map(re.escape, sorted(fixed)))

    class Parameter(BaseConverter):
        regex = rf"(?!(?:{words})\Z)[^/]+"
        part_isolating = True

    app.url_map.converters["default"] = Parameter


def _add_pages(app: Flask, system: System) -> None:
    pages = {"/docs": "docs.html", "/docs/docs.js": "docs.js", "/docs/docs.css": "docs.css"}
    app.add_url_rule("/openapi.json", "openapi", system.openapi, methods=["GET"])
    for rule, name in pages.items():
        app.add_url_rule(rule, name, system.page, methods=["GET"], defaults={"name": name})
