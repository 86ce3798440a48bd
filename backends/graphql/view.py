"""GraphQL over HTTP: graphql-server's Flask view with strict requests, codes and our own explorer page.

Status codes: 200 once anything was executed, errors or not; 400 for a request that never ran (bad JSON,
syntax, validation, variables); 405 for a mutation by GET; 413 and 415 for bodies. A missing or refused
token is an error of the field that needed it, so it is a 200 with extensions.code UNAUTHENTICATED.
"""

from typing import Any, cast

from flask import Request, Response, request
from graphql import ExecutionResult, OperationType
from graphql_server.flask.views import GraphQLView
from graphql_server.http import GraphQLHTTPResponse, GraphQLRequestData
from graphql_server.http.exceptions import HTTPException
from werkzeug.exceptions import ClientDisconnected

from backends.faults import Injection
from backends.faults.wsgi import INJECTION
from backends.graphql.context import RequestContext
from backends.graphql.execution import (
    Executor,
    GraphqlRequest,
    RequestRefused,
    body_of,
    load_json,
    read_request,
    refusal,
    select_operation,
    unexpected,
)
from backends.graphql.explorer import explorer_page
from backends.graphql.partial import lose_a_field
from backends.http_guard import PLAIN, foreign_coding
from backends.http_server import MAX_BODY_BYTES
from backends.shared import Opened

_JSON = "application/json"
_STRICT = "application/graphql-response+json"
_WATCHED = 100_000  # bytes; a longer body is held against the limit while it comes


class _Answered(HTTPException):
    """A refusal on its way out. The base view passes its own HTTPException through, and no other."""

    def __init__(self, refused: RequestRefused, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, str(refused))
        self.refused = refused
        self.status = status
        self.headers = headers or {}


class CatalogView(GraphQLView):
    """One request at a time per thread; the executor is shared."""

    init_every_request = False

    def __init__(self, executor: Executor, opened: Opened, socket_url: str) -> None:
        super().__init__(schema=executor.schema, graphql_ide="graphiql")
        self._executor = executor
        self._opened = opened
        self._socket_url = socket_url

    def dispatch_request(self) -> Response:
        """Answer one request; nothing but a GraphQL body leaves here."""
        try:
            # The object itself: what it stands for would be looked up at each of thirty uses.
            response: Response = self.run(request=request._get_current_object())  # type: ignore[attr-defined]
        except _Answered as answer:
            response = self._json({"errors": answer.refused.errors}, answer.status)
            response.headers.update(answer.headers)
        except RequestRefused as refused:
            response = self._json({"errors": refused.errors}, 400)
        except HTTPException as error:  # the base view's own: a method that is neither GET nor POST
            response = self._json({"errors": refusal(error.reason).errors}, error.status_code)
            if error.status_code == 405:
                response.headers["Allow"] = "GET, POST"
        response.headers.add("Vary", "Accept")
        return response

    def get_sub_response(self, request: Request) -> Any:
        """None: there is a response only when there is something to say."""

    def create_response(
        self, response_data: GraphQLHTTPResponse, sub_response: Any, is_strict: bool
    ) -> Response:
        """The answer to what was executed."""
        kind = _STRICT if is_strict else _JSON
        return Response(self.encode_json(response_data), 200, content_type=kind)

    # The base view fixes the context's type to None, whatever get_context returns.
    def get_context(self, request: Request, response: Response) -> dict[str, Any]:  # type: ignore[override]
        """Who asks, for the resolvers."""
        context = RequestContext(
            opened=self._opened,
            authorization=request.headers.get("Authorization"),
            idempotency_key=request.headers.get("Idempotency-Key"),
            client=request.remote_addr or "",
        )
        return {"ours": context}

    def parse_http_body(self, request: Any, context: Any) -> GraphQLRequestData:
        """Read the request strictly: one JSON object in UTF-8, or a query string."""
        if self.should_render_graphql_ide(request):  # whatever its query string says: a link is not run
            return GraphQLRequestData(None, None, None, None, None)
        try:
            asked = read_request(self._payload(request))
            strict = _STRICT in request.headers.get("accept", "")
        except RequestRefused as refused:
            raise _Answered(refused, 400) from None
        return GraphQLRequestData(
            query=asked.query,
            document=None,
            variables=dict(asked.variables) if asked.variables is not None else None,
            operation_name=asked.operation_name,
            extensions=None,
            protocol="http-strict" if strict else "http",
        )

    def _payload(self, adapter: Any) -> object:
        request: Request = adapter.request
        if adapter.method == "GET":
            values: dict[str, Any] = dict(adapter.query_params)
            if values.get("variables"):
                values["variables"] = load_json(values["variables"], what="variables:")
            return values
        if not _is_json(request):
            raise _Answered(refusal(f"Send Content-Type: {_JSON}, in UTF-8."), 415)
        coding = foreign_coding(request.headers.get("Content-Encoding"))
        if coding:
            why = f"Send the body as it is, without Content-Encoding: {coding}."
            raise _Answered(refusal(why), 415, {"Accept-Encoding": PLAIN})
        data = _body(request)
        if request.content_length is None and len(data) >= MAX_BODY_BYTES:
            # Flask cuts a chunked body off at the limit, where one with a length is refused.
            raise _Answered(refusal(f"A body may have {MAX_BODY_BYTES} bytes at most."), 413)
        return load_json(data)

    def execute_operation(  # type: ignore[override]
        self,
        request_adapter: Any,
        request_data: GraphQLRequestData,
        context: dict[str, Any],
        root_value: Any,
        allowed_operation_types: set[OperationType],
    ) -> ExecutionResult:
        """Run the operation with the shared executor, which remembers documents."""
        asked = GraphqlRequest(
            query=request_data.query or "",
            variables=request_data.variables,
            operation_name=request_data.operation_name,
        )
        try:
            document = self._executor.document(asked.query)
            self._check_kind(select_operation(document, asked.operation_name), allowed_operation_types)
            result = self._executor.run(document, asked, context["ours"])
            injection = _injection()
            if injection is None or not injection.partial:
                return result
            return lose_a_field(self._executor.schema, document, asked.operation_name, result, injection)
        except RequestRefused as refused:
            raise _Answered(refused, 400) from None
        except HTTPException:
            raise
        except Exception as error:  # noqa: BLE001  # a handler's boundary: nothing internal may leave
            raise _Answered(unexpected(error), 500) from None

    def process_result(
        self, request: Request, result: ExecutionResult, strict: bool = False
    ) -> GraphQLHTTPResponse:
        """The body, with coded errors. Raises RequestRefused if nothing was executed."""
        body, injection = body_of(result), _injection()
        if injection is not None:
            body["extensions"] = {"fault": injection.rule}
        return cast(GraphQLHTTPResponse, body)

    def _check_kind(self, kind: OperationType, allowed: set[OperationType]) -> None:
        if kind is OperationType.SUBSCRIPTION:
            raise refusal("Subscriptions are served over graphql-transport-ws, not over HTTP.")
        if kind not in allowed:
            raise _Answered(refusal("Mutations need POST."), 405, {"Allow": "POST"})

    def render_graphql_ide(self, request: Request, request_data: GraphQLRequestData) -> Response:
        """Our own page: it needs nothing from the network."""
        return explorer_page(self._socket_url)

    def _json(self, body: dict[str, Any], status: int) -> Response:
        strict = _STRICT in request.headers.get("Accept", "")
        return Response(self.encode_json(body), status, content_type=_STRICT if strict else _JSON)


def _is_json(request: Request) -> bool:
    if request.environ.get("CONTENT_TYPE") == _JSON:
        return True
    charset = request.mimetype_params.get("charset", "utf-8")
    return request.mimetype == _JSON and charset.lower() in {"utf-8", "utf8"}


def _body(request: Request) -> bytes:
    """The body. Raises werkzeug's refusals of what is too long, or ends before its length."""
    length = request.content_length
    if length is None or length >= _WATCHED:
        data = request.get_data(cache=False)
    else:
        try:
            data = request.environ["wsgi.input"].read(length)
        except (OSError, ValueError):
            raise ClientDisconnected from None
    if length is not None and len(data) < length:
        raise ClientDisconnected
    return data


def _injection() -> Injection | None:
    """The fault that is injected into the current request, if any."""
    found: Injection | None = request.environ.get(INJECTION)
    return found
