"""The OpenAPI 3.1 description, built by flask-openapi3 from the same table and models that serve.

Imported on the first request for it: nothing of this is needed to answer any other.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from flask_openapi3.models.info import Info
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI
from pydantic import Field, create_model

from backends.catalog.validation import ID_PATTERN, KEY_PATTERN
from backends.rest import answers
from backends.rest.routes import Documented, Route

_TITLE = "Trilane catalog"
_PATH_ID: Any = Annotated[str, Field(pattern=ID_PATTERN)]
_BAD = Documented(description="Malformed or invalid; details say which field and why.", body=answers.Error)
_NO_TOKEN = Documented(
    description="No valid token; the message says what is wrong with it.",
    body=answers.Error,
    headers={"WWW-Authenticate": "Bearer."},
)
_FOREIGN = Documented(description="A page of another site may not ask here.", body=answers.Error)
_NOT_HERE = Documented(description="The Host header names another server.", body=answers.Error)
_TOO_LARGE = Documented(description="The body has more than 1 MiB.", body=answers.Error)
_WRONG_TYPE = Documented(
    description="The body is not application/json, or it is compressed.", body=answers.Error
)
_NOT_NOW = Documented(description="The database does not answer, or a fault is injected.", body=answers.Error)


def describe(routes: Sequence[Route], version: str) -> dict[str, Any]:
    """The description of these routes as JSON values."""
    api = OpenAPI(
        __name__,
        info=Info(title=_TITLE, version=version, description=_DESCRIPTION),
        security_schemes={"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        validation_error_status=400,
        validation_error_model=answers.Error,
        doc_ui=False,
    )
    for route in routes:
        _add(api, route)
    spec: dict[str, Any] = api.api_doc
    for route in routes:
        _complete(spec, route)
    return spec


_DESCRIPTION = (
    "A product catalog with orders. Writes need a token from /auth/login. Unknown fields and unknown query "
    "parameters are refused, numbers must be numbers. Errors are {error, message, details?}."
)


def all_responses(route: Route) -> dict[int, Documented]:
    """What a route can answer: its own statuses and those that follow from what it takes."""
    found: dict[int, Documented] = {}
    if route.query is not None or route.body is not None:
        found[400] = _BAD
    if route.needs_token:
        found[401] = _NO_TOKEN
    if route.body is not None:
        found |= {413: _TOO_LARGE, 415: _WRONG_TYPE}
    found |= {403: _FOREIGN, 421: _NOT_HERE, 503: _NOT_NOW}
    return dict(sorted((found | dict(route.responses)).items()))


def _add(api: OpenAPI, route: Route) -> None:
    responses = {str(status): answer.body for status, answer in all_responses(route).items()}
    register: Callable[..., Any] = getattr(api, route.method.lower())
    decorate = register(
        route.rule,
        summary=route.summary,
        description=route.description or None,
        tags=[Tag(name=route.tag)],
        operation_id=route.operation.replace("-", "_"),
        security=[{"token": []}] if route.needs_token else None,
        responses=responses,
        endpoint=route.operation,
    )
    decorate(_stub(route))


def _stub(route: Route) -> Callable[..., None]:
    """A function with the annotations from which flask-openapi3 reads what a route takes."""

    def stub(**_given: Any) -> None:
        raise NotImplementedError

    taken: dict[str, Any] = {}
    if "<" in route.rule:
        name = route.rule.partition("<")[2].partition(">")[0]
        fields: dict[str, Any] = {name: (_PATH_ID, ...)}
        taken["path"] = create_model(f"{name}_path", **fields)
    if route.query is not None:
        taken["query"] = route.query
    if route.body is not None:
        taken["body"] = route.body
    stub.__annotations__ = taken
    stub.__name__ = route.operation.replace("-", "_")
    return stub


def _complete(spec: dict[str, Any], route: Route) -> None:
    """Add what flask-openapi3 has no words for: headers of both directions, and what an answer means."""
    path = route.rule.replace("<", "{").replace(">", "}")
    operation = spec["paths"][path][route.method.lower()]
    known = all_responses(route)
    # flask-openapi3 adds a validation answer of its own to every route.
    operation["responses"] = {str(status): operation["responses"][str(status)] for status in known}
    for status, answer in known.items():
        said = operation["responses"][str(status)]
        said["description"] = answer.description
        if answer.media is not None:
            said["content"] = {answer.media: {}}  # JSON Schema has no words for a text of events
        if answer.headers:
            said["headers"] = {
                name: {"description": why, "required": True, "schema": _header_schema(name)}
                for name, why in answer.headers.items()
            }
    parameters = operation.setdefault("parameters", [])
    for name, why in route.request_headers.items():
        parameters.append({"name": name, "in": "header", "description": why, "schema": _header_schema(name)})
    for parameter in parameters:
        parameter["schema"] = _without_null(parameter["schema"])


def _header_schema(name: str) -> dict[str, Any]:
    if name.startswith("X-RateLimit") or name == "Retry-After":
        return {"type": "integer", "minimum": 0}
    if name == "Idempotency-Key":
        return {"type": "string", "pattern": KEY_PATTERN}
    if name == "Last-Event-ID":
        return {"type": "string", "pattern": "^[0-9]{0,18}$"}
    return {"type": "string"}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query cannot carry null: an optional parameter is simply absent."""
    kinds = schema.get("anyOf")
    if not kinds:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    (kind,) = (kind for kind in kinds if kind.get("type") != "null")
    return {**kind, **rest}
