"""The GraphQL lane: gql's requests transport, sending over the same instrumented connection as REST.

gql prints the parsed document anew for each call. Here it goes out as typed, comments and layout included:
what the window shows as sent is what was sent.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gql.transport.exceptions import TransportError, TransportProtocolError, TransportServerError
from gql.transport.requests import RequestsHTTPTransport
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    parse,
)

from app.clients import checks
from app.clients.graphql_decode import GraphqlAnswer, graphql_reply
from app.clients.graphql_drafts import graphql_draft, login_draft
from app.clients.outcomes import http_outcome, injected_rule
from app.clients.parameters import typed_parameters, wanted_fields
from app.clients.rest import completed
from app.clients.transport import HttpAnswer, HttpRequest, HttpTransport
from app.domain import sliced_json
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GraphqlDraft
from app.domain.errors import AttemptFailed, InvalidInput
from app.domain.hints import retry_after_seconds
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import Headers, Outcome, Reply

_KEPT_LENGTH = 16_384  # characters; what is longer is not worth the memory


def parsed(query: str) -> DocumentNode:
    """The document in ``query``; a short one is parsed once. Raises InvalidInput with line and column."""
    return _kept(query) if len(query) <= _KEPT_LENGTH else _parsed(query)


def _parsed(query: str) -> DocumentNode:
    try:
        return parse(query)
    except GraphQLError as error:
        where = error.locations[0] if error.locations else None
        place = f", line {where.line} column {where.column}" if where else ""
        raise InvalidInput("query", f"{error.message.rstrip('.')}{place}") from None
    except RecursionError:
        raise InvalidInput("query", "nested too deeply") from None


_kept = lru_cache(maxsize=128)(_parsed)


class WireTransport(RequestsHTTPTransport):
    """gql's transport with the instrumented session under it and the raw answer at hand."""

    def __init__(self, url: str) -> None:
        super().__init__(url=url)
        parts = urlsplit(url)
        self.http = HttpTransport(f"{parts.scheme}://{parts.netloc}")
        self.target = checks.http_target(parts.path or "/", ())

    def connect(self) -> None:
        """Nothing to do: connections are made when they are needed."""

    def close(self) -> None:
        """Close every kept connection."""
        self.http.close()

    def execute(
        self,
        document: DocumentNode,
        variable_values: dict[str, Any] | None = None,
        operation_name: str | None = None,
        timeout: int | None = None,
        extra_args: dict[str, Any] | None = None,
        upload_files: bool = False,
        *,
        headers: Headers = (),
        request: HttpRequest | None = None,
        deadline: float | None = None,
        cancel: CancelToken | None = None,
        on_answer: Callable[[HttpAnswer], None] | None = None,
    ) -> ExecutionResult:
        """Send ``document`` as it was typed. ``on_answer`` gets the raw answer before it is decoded.

        ``request`` is for who has written all of it before, with ``graphql_request()``.
        Raises AttemptFailed and Cancelled as the wire does, and gql's TransportError for a whole answer that
        is no GraphQL result.
        """
        if request is None:
            request = graphql_request(self.target, document, variable_values, headers, operation_name)
        answer = self.http.exchange(request, deadline=deadline, cancel=cancel)
        if on_answer is not None:
            on_answer(answer)
        return _result(answer)


class GraphqlClient:
    """Sends GraphQL drafts to one server. Thread-safe."""

    lane = Lane.GRAPHQL

    def __init__(self, url: str) -> None:
        """``url`` is ``http://host:port/graphql``; raises InvalidInput for anything else."""
        self._transport = WireTransport(url)

    def draft(
        self,
        operation: OperationId,
        params: Mapping[str, str],
        fields: Sequence[str] = (),
        *,
        token: str | None = None,
    ) -> Draft:
        """The document that selects ``fields`` (all of them when none is named). Raises InvalidInput."""
        wanted = wanted_fields(OPERATIONS[operation], fields)
        return graphql_draft(operation, typed_parameters(operation, params), wanted, token)

    def send(
        self,
        draft: Draft,
        operation: OperationId | None,
        *,
        timeout: float | None,
        cancel: CancelToken | None = None,
        idempotency_key: str | None = None,
        request_id: str | None = None,
    ) -> Reply:
        """Send the draft. Data beside errors is returned as PARTIAL. Raises AttemptFailed, Cancelled."""
        deadline = None if timeout is None else time.perf_counter() + timeout
        if cancel is not None:
            cancel.raise_if_cancelled()
        if not isinstance(draft, GraphqlDraft):
            raise InvalidInput("draft", "is not a GraphQL request")
        is_kept = operation is not None and len(draft.query) + len(draft.variables) <= _KEPT_LENGTH
        write = _kept_written if is_kept and not (idempotency_key or request_id) else _written
        written = checks.or_invalid(write, draft, self._transport.target, idempotency_key, request_id)
        answers: list[HttpAnswer] = []
        try:
            result = self._transport.execute(
                written.document,
                written.variables,
                request=written.request,
                deadline=deadline,
                cancel=cancel,
                on_answer=answers.append,
            )
        except TransportError as error:
            raise AttemptFailed(_not_graphql(answers[0], error)) from error
        parts = GraphqlAnswer(data=result.data, errors=_listed(result.errors), extensions=result.extensions)
        reply = graphql_reply(operation, answers[0], parts)
        if reply.outcome not in {Outcome.OK, Outcome.PARTIAL}:
            raise AttemptFailed(reply)
        return reply

    def log_in(
        self, email: str, password: str, expires_in: int | None, *, timeout: float | None = 5.0
    ) -> Reply:
        """Ask for a token. Raises AttemptFailed."""
        reply = self.send(login_draft(email, password, expires_in), None, timeout=timeout)
        value = reply.value.get("login") if isinstance(reply.value, dict) else None
        return Reply(outcome=reply.outcome, status=reply.status, value=value, exchanges=reply.exchanges)

    def close(self) -> None:
        """Close every kept connection."""
        self._transport.close()


class _Written(NamedTuple):
    document: DocumentNode
    variables: dict[str, Any]
    request: HttpRequest


def _written(
    draft: GraphqlDraft, target: str, idempotency_key: str | None, request_id: str | None
) -> _Written:
    """All that is to be known before sending. Raises InvalidInput."""
    document = parsed(draft.query)
    variables = checks.json_object("variables", draft.variables)
    headers = _checked_headers(draft, idempotency_key, request_id)
    return _Written(document, variables, graphql_request(target, document, variables, headers))


_kept_written = lru_cache(maxsize=64)(_written)


def _checked_headers(draft: GraphqlDraft, idempotency_key: str | None, request_id: str | None) -> Headers:
    headers = checks.http_headers(draft.headers)
    added: list[tuple[str, str]] = []
    if not checks.has_header(headers, "accept"):
        added.append(("Accept", "application/json"))
    if not checks.has_header(headers, "content-type"):
        added.append(("Content-Type", "application/json"))
    return completed((*added, *headers), None, idempotency_key, request_id)


def graphql_request(
    target: str,
    document: DocumentNode,
    variables: Mapping[str, Any] | None,
    headers: Headers = (),
    operation_name: str | None = None,
) -> HttpRequest:
    """The HTTP request that carries ``document`` as it was typed."""
    source = document.loc.source.body if document.loc else ""
    payload: dict[str, Any] = {"query": source}
    if operation_name:
        payload["operationName"] = operation_name
    if variables:
        payload["variables"] = variables
    body = json.dumps(payload).encode("ascii")
    return HttpRequest(
        method="POST", target=target, headers=completed(headers, body, None), body=body, text=source
    )


def _result(answer: HttpAnswer) -> ExecutionResult:
    try:
        body = sliced_json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and ("data" in body or "errors" in body):
        return ExecutionResult(body.get("data"), body.get("errors"), body.get("extensions"))
    if answer.status >= 400:
        raise TransportServerError(f"status {answer.status} without a GraphQL body", answer.status)
    raise TransportProtocolError("the body is not a GraphQL result")


def _listed(errors: Any) -> Sequence[Any]:
    if errors is None:
        return ()
    return errors if isinstance(errors, list) else (errors,)


def _not_graphql(answer: HttpAnswer, error: TransportError) -> Reply:
    response = answer.exchange.response
    outcome = http_outcome(answer.status)
    return Reply(
        outcome=Outcome.MALFORMED if outcome is Outcome.OK else outcome,
        status=response.status if response is not None else "",
        message=str(error),
        exchanges=(answer.exchange,),
        retry_after=retry_after_seconds(answer.headers.get("retry-after"), answer.headers.get("date")),
        injected=injected_rule(answer.headers),
    )
