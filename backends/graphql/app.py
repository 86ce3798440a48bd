"""The Flask application of the GraphQL lane: one view, health, the schema as text, a way from the root."""

from functools import partial

from flask import Response, redirect
from graphql import print_schema
from werkzeug.exceptions import HTTPException

from backends.graphql.errors import BAD_USER_INPUT, INTERNAL, NOT_FOUND
from backends.graphql.execution import Executor, unexpected
from backends.graphql.explorer import explorer_part, parts
from backends.graphql.view import CatalogView
from backends.http_flask import QuickFlask, with_headers
from backends.http_server import MAX_BODY_BYTES
from backends.shared import Opened

_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_UNLESS_GIVEN = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)
_CODES = {404: NOT_FOUND}
_MESSAGES = {
    404: "Nothing is here: GraphQL is at /graphql.",
    405: "Use POST, or GET for a query.",
    413: f"A body may have {MAX_BODY_BYTES} bytes at most.",
}


def build_app(opened: Opened, executor: Executor, socket_url: str) -> QuickFlask:
    """Build the application around a shared executor."""
    app = QuickFlask("trilane-graphql")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    view = CatalogView.as_view("graphql", executor, opened, socket_url)
    app.add_url_rule("/graphql", view_func=view, methods=["GET", "POST"])
    schema_text = print_schema(executor.schema)
    app.add_url_rule("/schema.graphql", "schema", lambda: Response(schema_text, mimetype="text/plain"))
    for name in parts():
        app.add_url_rule(f"/explorer/{name}", name.replace(".", "-"), partial(explorer_part, name))
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})
    app.add_url_rule("/", "root", lambda: redirect("/graphql"))
    app.wsgi_app = with_headers(app.wsgi_app, _ALWAYS, _UNLESS_GIVEN)  # type: ignore[assignment, method-assign]
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _failed)
    return app


def _refused(error: HTTPException) -> tuple[dict[str, object], int, dict[str, str]]:
    status = error.code or 500
    code = _CODES.get(status, BAD_USER_INPUT if status < 500 else INTERNAL)
    body: dict[str, object] = {
        "errors": [{"message": _MESSAGES.get(status, f"{error.name}."), "extensions": {"code": code}}]
    }
    allowed = getattr(error, "valid_methods", None)  # of a method that is not possible here
    return body, status, {"Allow": ", ".join(allowed)} if allowed else {}


def _failed(error: Exception) -> tuple[dict[str, object], int]:
    return {"errors": unexpected(error).errors}, 500
