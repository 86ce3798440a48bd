"""Native statuses in the common taxonomy, and messages as JSON."""

from typing import Any

import pytest
from google.protobuf import json_format
from products import products_pb2 as pb

from app.clients.messages import as_json
from app.clients.outcomes import (
    graphql_outcome,
    grpc_outcome,
    http_outcome,
)
from app.domain.results import Outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK),
        (204, Outcome.OK),
        (304, Outcome.OK),
        (302, Outcome.MALFORMED),
        (400, Outcome.INVALID),
        (401, Outcome.UNAUTHENTICATED),
        (403, Outcome.FORBIDDEN),
        (404, Outcome.NOT_FOUND),
        (409, Outcome.CONFLICT),
        (413, Outcome.INVALID),
        (418, Outcome.INVALID),
        (429, Outcome.RATE_LIMITED),
        (500, Outcome.INTERNAL),
        (501, Outcome.INTERNAL),
        (502, Outcome.UNAVAILABLE),
        (503, Outcome.UNAVAILABLE),
        (504, Outcome.UNAVAILABLE),
    ],
)
def test_http_status(status: int, outcome: Outcome) -> None:
    """Each status has its place in the taxonomy."""
    assert http_outcome(status) is outcome


def error(code: str | None) -> dict[str, Any]:
    return {"message": "m", "extensions": {"code": code}} if code else {"message": "m"}


@pytest.mark.parametrize(
    ("codes", "data", "status", "outcome"),
    [
        ((), {"a": 1}, 200, Outcome.OK),
        (("NOT_FOUND",), {"a": None}, 200, Outcome.NOT_FOUND),
        (("NOT_FOUND",), {"a": None, "b": 1}, 200, Outcome.PARTIAL),
        (("SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE"), {"a": None}, 200, Outcome.UNAVAILABLE),
        (("SERVICE_UNAVAILABLE", "NOT_FOUND"), None, 200, Outcome.NOT_FOUND),
        (("RATE_LIMITED",), None, 200, Outcome.RATE_LIMITED),
        ((None,), None, 200, Outcome.INVALID),
        ((None,), {"a": None}, 200, Outcome.INTERNAL),
        ((None,), None, 503, Outcome.UNAVAILABLE),
        (("UNHEARD_OF",), {"a": None}, 200, Outcome.INTERNAL),
        (("GRAPHQL_VALIDATION_FAILED",), None, 400, Outcome.INVALID),
    ],
)
def test_graphql_errors(codes: tuple[str | None, ...], data: Any, status: int, outcome: Outcome) -> None:
    """The codes of the errors decide, and data beside them is PARTIAL."""
    assert graphql_outcome([error(code) for code in codes], data, status) is outcome


@pytest.mark.parametrize(
    ("code", "details", "answered", "outcome"),
    [
        ("OK", "", True, Outcome.OK),
        ("UNAVAILABLE", "failed to connect to all addresses; last error: …", False, Outcome.REFUSED),
        ("UNAVAILABLE", "Stream removed (Socket closed)", False, Outcome.RESET),
        ("UNAVAILABLE", "injected outage", False, Outcome.UNAVAILABLE),
        ("UNAVAILABLE", "failed to connect to all addresses", True, Outcome.UNAVAILABLE),
        ("DEADLINE_EXCEEDED", "", False, Outcome.TIMEOUT),
        ("ALREADY_EXISTS", "", True, Outcome.CONFLICT),
        ("RESOURCE_EXHAUSTED", "", True, Outcome.RATE_LIMITED),
        ("RESOURCE_EXHAUSTED", "SERVER: Received message larger than max (2 vs. 1)", False, Outcome.INVALID),
        ("UNIMPLEMENTED", "", True, Outcome.INVALID),
        ("UNKNOWN", "", True, Outcome.INTERNAL),
    ],
)
def test_grpc_status(code: str, details: str, answered: bool, outcome: Outcome) -> None:
    """UNAVAILABLE is told apart by whether and how the connection failed."""
    assert grpc_outcome(code, details, answered=answered) is outcome


@pytest.mark.parametrize(
    "message",
    [
        pb.Product(),
        pb.Product(id="1", name="ü", price=0.1, stock=-5, category="c"),
        pb.Product(price=float("inf")),
        pb.Product(price=float("nan")),
        pb.Order(),
        pb.Order(
            id="1", sequence=2**60, items=[pb.OrderItem(quantity=1), pb.OrderItem(product=pb.Product())]
        ),
        pb.UpdateProductRequest(id="1"),
        pb.UpdateProductRequest(id="1", stock=0, name=""),
        pb.ProductList(products=[pb.Product(id="1"), pb.Product()], total=2),
        pb.LimitedRequest(),
    ],
    ids=lambda message: message.DESCRIPTOR.name,
)
def test_messages_read_as_json_format_reads_them(message: Any) -> None:
    """Our faster reading says exactly what protobuf's own says."""
    expected = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    assert as_json(message) == expected
