"""How each lane says an operation, and what is refused before anything is sent."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from graphql import parse

from app.clients.graphql import GraphqlClient, parsed
from app.clients.grpc import GrpcClient
from app.clients.port import LaneClient
from app.clients.rest import RestClient
from app.domain.drafts import Draft, GraphqlDraft, GrpcDraft, RestDraft
from app.domain.errors import AttemptFailed, InvalidInput, UnsupportedOperation
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, Operation, OperationId
from app.domain.results import Outcome

NOWHERE = "127.0.0.1:9"  # nothing is sent in these tests


def client_of(lane: Lane) -> LaneClient:
    match lane:
        case Lane.REST:
            return RestClient(f"http://{NOWHERE}")
        case Lane.GRAPHQL:
            return GraphqlClient(f"http://{NOWHERE}/graphql")
        case Lane.GRPC:
            return GrpcClient(NOWHERE)


@pytest.fixture(params=list(Lane), ids=str)
def client(request: pytest.FixtureRequest) -> Any:
    opened = client_of(request.param)
    yield opened
    opened.close()


def defaults(operation: Operation) -> dict[str, str]:
    return {each.name: each.default for each in operation.parameters}


def graphql(operation: OperationId, params: dict[str, str], fields: tuple[str, ...] = ()) -> GraphqlDraft:
    draft = client_of(Lane.GRAPHQL).draft(operation, params, fields)
    assert isinstance(draft, GraphqlDraft)
    return draft


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda each: each.id.value)
def test_every_operation_can_be_said(client: LaneClient, operation: Operation) -> None:
    """Each lane has words for each operation as the form starts it, and carries the token."""
    draft = client.draft(operation.id, defaults(operation), operation.default_fields, token="T")
    headers = draft.metadata if isinstance(draft, GrpcDraft) else draft.headers
    assert ("authorization", "Bearer T") in [(name.lower(), value) for name, value in headers]


def test_order_selection_reads_well() -> None:
    """Nested fields get lines of their own, short selections stay on one line."""
    fields = ("id", "total", "items.quantity", "items.product.name")
    assert graphql(OperationId.GET_ORDER, {"id": "1"}, fields).query == (
        "query Order($id: ID!) {\n"
        "  order(id: $id) {\n"
        "    id total\n"
        "    items {\n"
        "      quantity\n"
        "      product { name }\n"
        "    }\n"
        "  }\n"
        "}"
    )


def test_long_argument_lists_are_broken() -> None:
    """A mutation with many arguments has one on each line and no line beyond 60 characters."""
    query = graphql(OperationId.REPLACE_PRODUCT, {"id": "1", "name": "a", "price": "1"}).query
    assert max(len(line) for line in query.splitlines()) <= 60


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda each: each.id.value)
def test_every_document_is_graphql(operation: Operation) -> None:
    """Each drafted document parses, and declares exactly the variables that it is sent with."""
    for fields in (operation.fields, operation.default_fields, operation.fields[-1:]):
        draft = graphql(operation.id, defaults(operation), fields)
        (definition,) = parse(draft.query).definitions
        declared = [each.variable.name.value for each in definition.variable_definitions]  # type: ignore[attr-defined]
        assert sorted(declared) == sorted(json.loads(draft.variables))


def test_listing_without_a_total_asks_for_none() -> None:
    """Only the wanted root fields are asked for, with only the variables they use."""
    params = {"limit": "5", "category": "x"}
    assert "productsTotal" not in graphql(OperationId.LIST_PRODUCTS, params, ("products.id",)).query
    total = graphql(OperationId.LIST_PRODUCTS, params, ("total",))
    assert json.loads(total.variables) == {"category": "x"}


def test_rest_says_that_an_order_needs_more_requests() -> None:
    """The 1 + N of an order is visible before it is sent."""
    draft = client_of(Lane.REST).draft(OperationId.GET_ORDER, {"id": "1"}, ())
    assert isinstance(draft, RestDraft)
    assert (draft.path, draft.follow) == ("/api/v1/orders/1", ("GET /api/v1/products/{product_id}",))


def test_id_stays_one_segment_of_the_path() -> None:
    """An id with slashes and spaces cannot reach another resource."""
    draft = client_of(Lane.REST).draft(OperationId.GET_PRODUCT, {"id": "../orders/1 ?"}, ())
    assert isinstance(draft, RestDraft)
    assert draft.path == "/api/v1/products/..%2Forders%2F1%20%3F"


def test_empty_parameters_are_not_sent(client: LaneClient) -> None:
    """What was left empty is absent, so that a change leaves it as it is."""
    draft = client.draft(OperationId.PATCH_PRODUCT, {"id": "1", "name": "", "stock": "4"}, ())
    text = {RestDraft: "body", GraphqlDraft: "variables", GrpcDraft: "message"}[type(draft)]
    assert "name" not in json.loads(getattr(draft, text))


def test_order_lines_are_read() -> None:
    """Lines as a person writes them become product ids and quantities."""
    draft = client_of(Lane.REST).draft(OperationId.CREATE_ORDER, {"user_id": "u", "lines": "1x1, 22 x 3"}, ())
    assert isinstance(draft, RestDraft)
    assert json.loads(draft.body)["lines"] == [
        {"product_id": "1", "quantity": 1},
        {"product_id": "22", "quantity": 3},
    ]


PRODUCT = {"name": "a", "price": "1"}


@pytest.mark.parametrize(
    ("operation", "params", "where"),
    [
        (OperationId.GET_PRODUCT, {}, "id"),
        (OperationId.GET_PRODUCT, {"id": " "}, "id"),
        (OperationId.GET_PRODUCT, {"id": "1", "colour": "red"}, "colour"),
        (OperationId.LIST_PRODUCTS, {"limit": "101"}, "limit"),
        (OperationId.LIST_PRODUCTS, {"page": "0"}, "page"),
        (OperationId.LIST_PRODUCTS, {"page": "1.5"}, "page"),
        (OperationId.LIST_PRODUCTS, {"page": "9" * 5000}, "page"),
        (OperationId.LIST_PRODUCTS, {"sort": "colour"}, "sort"),
        (OperationId.LIST_PRODUCTS, {"price_min": "9", "price_max": "1"}, "price_max"),
        (OperationId.CREATE_PRODUCT, {**PRODUCT, "price": "nan"}, "price"),
        (OperationId.CREATE_PRODUCT, {**PRODUCT, "price": "cheap"}, "price"),
        (OperationId.CREATE_PRODUCT, {**PRODUCT, "stock": "-1"}, "stock"),
        (OperationId.CREATE_ORDER, {"user_id": "u", "lines": "1 of 2"}, "lines"),
        (OperationId.CREATE_ORDER, {"user_id": "u", "lines": "1x99999999999"}, "lines"),
    ],
)
def test_unusable_parameter_is_named(
    client: LaneClient, operation: OperationId, params: dict[str, str], where: str
) -> None:
    """A draft is refused with the name of the parameter that cannot be used."""
    with pytest.raises(InvalidInput) as caught:
        client.draft(operation, params, ())
    assert caught.value.where == where


def test_lane_without_a_counterpart_says_why() -> None:
    """gRPC cannot ask for prices up to 0: its 0 means no bound."""
    with pytest.raises(UnsupportedOperation, match="no upper bound"):
        client_of(Lane.GRPC).draft(OperationId.LIST_PRODUCTS, {"price_max": "0"}, ())


REST = RestDraft(method="POST", path="/x", body="{}")
GRAPHQL = GraphqlDraft(query="{ a }")
GRPC = GrpcDraft(method="products.ProductService/GetProduct")

UNSENDABLE: dict[str, tuple[Draft, str]] = {
    "rest: broken JSON": (replace(REST, body="{"), "body"),
    "rest: half a character": (replace(REST, body='"\ud800"'), "body"),
    "rest: line break in a header": (replace(REST, headers=(("X-A", "1\r\nX-B: 2"),)), "headers"),
    "rest: header name": (replace(REST, headers=(("X A", "1"),)), "headers"),
    "rest: no header name": (replace(REST, headers=(("", "1"),)), "headers"),
    "rest: header beyond latin-1": (replace(REST, headers=(("X-A", "日本"),)), "headers"),
    "rest: method": (replace(REST, method="GET /"), "method"),
    "rest: no method": (replace(REST, method=""), "method"),
    "rest: relative path": (replace(REST, path="x"), "path"),
    "rest: other server": (replace(REST, path="//example.com/x"), "path"),
    "rest: line break in the path": (replace(REST, path="/x HTTP/1.1\r\nX-A: 1"), "path"),
    "graphql: syntax": (replace(GRAPHQL, query="{ a "), "query"),
    "graphql: nothing": (replace(GRAPHQL, query=""), "query"),
    "graphql: variables": (replace(GRAPHQL, variables="{]"), "variables"),
    "graphql: variables of another kind": (replace(GRAPHQL, variables="[1]"), "variables"),
    "graphql: header": (replace(GRAPHQL, headers=(("X-A", "\n"),)), "headers"),
    "grpc: broken JSON": (replace(GRPC, message="{"), "message"),
    "grpc: unknown field": (replace(GRPC, message='{"colour": 1}'), "message"),
    "grpc: wrong type": (replace(GRPC, message='{"id": [1]}'), "message"),
    "grpc: unknown method": (replace(GRPC, method="products.ProductService/Fly"), "method"),
    "grpc: unknown service": (replace(GRPC, method="a.B/C"), "method"),
    "grpc: stream": (replace(GRPC, method="products.ProductService/StreamOrders"), "method"),
    "grpc: metadata key": (replace(GRPC, metadata=(("a b", "1"),)), "metadata"),
    "grpc: reserved key": (replace(GRPC, metadata=(("grpc-timeout", "1"),)), "metadata"),
    "grpc: metadata value": (replace(GRPC, metadata=(("a", "é"),)), "metadata"),
    "grpc: deadline": (replace(GRPC, deadline=-1.0), "deadline"),
    "grpc: endless deadline": (replace(GRPC, deadline=float("inf")), "deadline"),
}


@pytest.mark.parametrize("name", UNSENDABLE)
def test_unsendable_draft_is_explained(name: str) -> None:
    """What the protocol cannot carry fails as INVALID before anything is sent, and says where."""
    draft, where = UNSENDABLE[name]
    client = client_of(Lane(name.partition(":")[0]))
    with pytest.raises(AttemptFailed) as caught:
        client.send(draft, None, timeout=1)
    client.close()
    reply = caught.value.reply
    assert reply.outcome is Outcome.INVALID
    assert reply.exchanges == ()
    assert [place for place, _ in reply.details] == [where]


def test_body_that_is_not_json_goes_out_as_typed() -> None:
    """JSON is checked only where the headers promise it: then the attempt gets as far as the network."""
    client = client_of(Lane.REST)
    draft = replace(REST, headers=(("Content-Type", "text/plain"),), body="{")
    with pytest.raises(AttemptFailed) as caught:
        client.send(draft, None, timeout=1)
    assert caught.value.reply.outcome is Outcome.REFUSED


@pytest.mark.parametrize("query", ["{ a", "{ a } }", '{ a(b: "c) }'])
def test_a_syntax_error_reads_as_one_sentence(query: str) -> None:
    """The parser's full stop gives way to the place."""
    with pytest.raises(InvalidInput) as caught:
        parsed(query)
    assert re.search(r"Syntax Error: .*[^.], line 1 column \d+$", str(caught.value))
