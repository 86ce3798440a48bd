"""Parses, checks and runs GraphQL documents, for HTTP and WebSocket alike.

Checked documents are remembered: a client that repeats a query pays for parsing and validation once.
"""

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    execute,
    parse,
    validate,
)

from backends.graphql.context import RequestContext
from backends.graphql.errors import (
    BAD_USER_INPUT,
    INTERNAL,
    PARSE_FAILED,
    VALIDATION_FAILED,
    coded,
    present,
)
from backends.graphql.event_plan import event_plan
from backends.graphql.limits import MAX_DOCUMENT_BYTES, MAX_TOKENS, QueryLimits
from backends.json_words import refuse_constant, why_no_json

_LOG = logging.getLogger("trilane.graphql")
_REMEMBERED = 128
_REMEMBERED_CHARACTERS = 4096
_MAX_ERRORS = 20


class RequestRefused(Exception):
    """The document is not executed at all. ``errors`` are ready to be shown."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphqlRequest:
    """What a client sent, shape already checked."""

    query: str
    variables: Mapping[str, Any] | None = None
    operation_name: str | None = None


def read_request(payload: object) -> GraphqlRequest:
    """Check the shape of a decoded request. Raises RequestRefused saying which member is wrong."""
    if isinstance(payload, list):
        raise refusal("Batches are not supported: send one operation.")
    if not isinstance(payload, dict):
        raise refusal("The request must be a JSON object.")
    query, variables, name = (payload.get(key) for key in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not query.strip():
        raise refusal("query: a document is required.")
    if variables is not None and not isinstance(variables, dict):
        raise refusal("variables: must be an object.")
    if name is not None and not isinstance(name, str):
        raise refusal("operationName: must be a string.")
    return GraphqlRequest(query=query, variables=variables, operation_name=name or None)


def load_json(text: str | bytes, *, what: str = "The request") -> Any:
    """Decode strict JSON: NaN and Infinity, which Python would accept, are refused.

    Raises RequestRefused, which says why ``what`` is none.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        return _strict.decode(text)
    except (ValueError, RecursionError) as error:
        raise refusal(f"{what} {why_no_json(error)}.") from None


_strict = json.JSONDecoder(parse_constant=refuse_constant)  # json.loads would make one for each call


def refusal(message: str, code: str = BAD_USER_INPUT) -> RequestRefused:
    """A refusal with one error."""
    return RequestRefused([{"message": message, "extensions": {"code": code}}])


class Executor:
    """Runs requests against one schema. Thread-safe."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self._lock = threading.Lock()
        self._checked: OrderedDict[str, DocumentNode] = OrderedDict()

    def document(self, query: str) -> DocumentNode:
        """The parsed and validated document. Raises RequestRefused."""
        with self._lock:
            document = self._checked.get(query)
            if document is not None:
                self._checked.move_to_end(query)
                return document
        document = _parse(query)
        self._validate(document)
        if len(query) > _REMEMBERED_CHARACTERS:
            return document  # its tree is too large to keep hundreds of them
        with self._lock:
            self._checked[query] = document
            while len(self._checked) > _REMEMBERED:
                self._checked.popitem(last=False)
        return document

    def _validate(self, document: DocumentNode) -> None:
        errors = validate(self.schema, document, [QueryLimits]) or validate(
            self.schema, document, max_errors=_MAX_ERRORS
        )
        if errors:
            raise RequestRefused([present(_asked_wrongly(error), VALIDATION_FAILED) for error in errors])

    def run(
        self, document: DocumentNode, request: GraphqlRequest, context: RequestContext
    ) -> ExecutionResult:
        """Execute a query or mutation."""
        result = execute(
            self.schema,
            document,
            variable_values=dict(request.variables or {}),
            operation_name=request.operation_name,
            context_value=context,
            is_awaitable=_never,
        )
        assert isinstance(result, ExecutionResult)  # every resolver of queries and mutations is synchronous
        return result

    async def follow(
        self, document: DocumentNode, request: GraphqlRequest, context: RequestContext
    ) -> AsyncGenerator[list[ExecutionResult], None]:
        """Run a subscription: results by the batch, one for each event. RequestRefused if it cannot begin.

        This is graphql-core's `subscribe` without its iterator, which makes two tasks for each event and
        would cost more than everything else; closing this generator closes the source of the events, which
        gives them in batches.
        """
        given: dict[str, Any] = {
            "variable_values": dict(request.variables or {}),
            "operation_name": request.operation_name,
            "context_value": context,
        }
        source = await create_source_event_stream(self.schema, document, **given)
        if isinstance(source, ExecutionResult):
            raise RequestRefused([present(error) for error in source.errors or []])
        assert isinstance(source, AsyncGenerator)  # our subscription resolvers are generators
        plan = event_plan(self.schema, document)

        def answer(event: Any) -> ExecutionResult:
            if plan is not None:
                return ExecutionResult(plan(event))
            result = execute(self.schema, document, event, is_awaitable=_never, **given)
            assert isinstance(result, ExecutionResult)  # the fields of an event resolve synchronously
            return result

        async with aclosing(source) as batches:
            async for batch in batches:
                yield [answer(event) for event in batch]


def _never(_value: object) -> bool:
    """No resolver is a coroutine; graphql-core would look at each value several times to find out."""
    return False


def _asked_wrongly(error: GraphQLError) -> GraphQLError:
    """The error without its cause: a literal that Python cannot read is no failure of ours.

    A number of 5000 digits is one; repeating it in the message would help nobody.
    """
    if error.original_error is None:
        return error
    return GraphQLError(f"{error.message.partition(', found ')[0]}.", error.nodes)


def _parse(query: str) -> DocumentNode:
    if len(query.encode("utf-8", "surrogatepass")) > MAX_DOCUMENT_BYTES:
        raise refusal(f"The document is longer than {MAX_DOCUMENT_BYTES // 1024} KiB.", VALIDATION_FAILED)
    try:
        return parse(query, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        raise RequestRefused([present(error, PARSE_FAILED)]) from None
    except RecursionError:
        raise refusal("The document is nested too deeply.", PARSE_FAILED) from None


def select_operation(document: DocumentNode, name: str | None) -> OperationType:
    """Which kind of operation a request runs. Raises RequestRefused when the name does not settle it."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None:
        if len(operations) != 1:
            raise refusal("operationName: needed, the document has several operations or none.")
        return operations[0].operation
    for node in operations:
        if node.name is not None and node.name.value == name:
            return node.operation
    raise refusal(f'operationName: the document has no operation "{name}".')


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """The response body. Raises RequestRefused if nothing was executed, as when variables do not fit."""
    errors = [present(error) for error in result.errors or []]
    if result.data is None and errors and not any(error.path for error in result.errors or []):
        raise RequestRefused(errors)
    body: dict[str, Any] = {"errors": errors} if errors else {}
    body["data"] = result.data
    return body


def unexpected(error: BaseException) -> RequestRefused:
    """Log a failure of our own and say no more than that it happened."""
    _LOG.error("a GraphQL request failed", exc_info=error)
    hidden: GraphQLError = coded("Internal server error.", INTERNAL)
    return RequestRefused([present(hidden)])
