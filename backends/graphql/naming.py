"""Which operation a GraphQL request asks for, so that faults can aim at it: the first root field decides."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from backends.graphql.execution import Executor, RequestRefused, load_json, read_request
from backends.http_server import MAX_BODY_BYTES

PATH = "/graphql"
Fragments = Mapping[str, FragmentDefinitionNode]

_OPERATIONS = {
    "product": "get-product",
    "products": "list-products",
    "productsTotal": "list-products",
    "order": "get-order",
    "limited": "limited",
    "createProduct": "create-product",
    "updateProduct": "patch-product",  # also what the program calls replacing
    "deleteProduct": "delete-product",
    "createOrder": "create-order",
    "login": "login",
    "orders": "stream-orders",
}


def chosen_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """The definition that a request runs; None when its name does not settle it."""
    found = [
        node
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
        and (name is None or (node.name is not None and node.name.value == name))
    ]
    return found[0] if len(found) == 1 else None


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments by name."""
    return {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }


def fields_of(selections: SelectionSetNode | None, fragments: Fragments) -> Iterator[FieldNode]:
    """The fields of one level, in order, those of fragments included. For checked documents: no cycles."""
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from fields_of(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from fields_of(fragments[node.name.value].selection_set, fragments)


def operation_name(document: DocumentNode, name: str | None) -> str | None:
    """The operation of a checked document; None for introspection and what cannot run."""
    chosen = chosen_operation(document, name)
    if chosen is None:
        return None
    roots = (field.name.value for field in fields_of(chosen.selection_set, fragments_of(document)))
    return next((_OPERATIONS[root] for root in roots if root in _OPERATIONS), None)


class HttpNames:
    """Names HTTP requests before they reach the view. Reads the body and puts it back."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def of(self, environ: dict[str, Any]) -> str | None:
        """The operation; None for pages and for requests that the view will refuse."""
        if environ.get("PATH_INFO") != PATH or _is_visit(environ):
            return None
        try:
            request = read_request(_payload(environ))
            document = self._executor.document(request.query)
        except RequestRefused:
            return None
        chosen = chosen_operation(document, request.operation_name)
        if chosen is None or chosen.operation is OperationType.SUBSCRIPTION:
            return None
        return operation_name(document, request.operation_name)


def _is_visit(environ: dict[str, Any]) -> bool:
    """Whether a browser asks for the explorer page, which shows the query of its address and runs nothing."""
    return environ.get("REQUEST_METHOD") == "GET" and "text/html" in environ.get("HTTP_ACCEPT", "")


def _payload(environ: dict[str, Any]) -> Any:
    if environ.get("REQUEST_METHOD") != "POST":
        query = parse_qs(environ.get("QUERY_STRING", ""))
        return {name: query[name][0] for name in ("query", "operationName") if name in query}
    try:
        length = int(environ.get("CONTENT_LENGTH") or MAX_BODY_BYTES + 1)
        if length > MAX_BODY_BYTES and environ.get("CONTENT_LENGTH"):
            return None
        body = environ["wsgi.input"].read(length)
    except (ValueError, OSError):  # cheroot: broken chunks, a silent or vanished client
        return None
    environ["wsgi.input"] = BytesIO(body)
    return load_json(body)
