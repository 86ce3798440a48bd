"""A request as a command: every word arrives as it was written, and the token stays here."""

import json
import shlex
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.drafts import GraphqlDraft, GrpcDraft, RestDraft
from app.operations.copy_as import command, needs_token

SECRET = "eyJhbGciOi.SECRET.signature"
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)


def words(text: str) -> list[str]:
    """The words as a shell would take them, comments left out."""
    return shlex.split(text.replace("\\\n", " "), comments=True)


def after(found: list[str], flag: str) -> list[str]:
    """What follows each ``flag``."""
    return [word for before, word in pairwise(found) if before == flag]


def test_a_rest_request_is_a_curl_command() -> None:
    """Method, address with its query, headers and body are there; the token's place is $TOKEN."""
    draft = RestDraft(
        method="POST",
        path="/api/v1/products",
        query=(("dry run", "yes&no"),),
        headers=(("Authorization", f"Bearer {SECRET}"), ("X-Note", "it's")),
        body='{"name": "O\'Neill $HOME `x`"}',
    )
    text = command(draft, "http://127.0.0.1:5000")
    found = words(text)
    assert found[:4] == ["curl", "-sS", "-i", "-X"]
    assert "http://127.0.0.1:5000/api/v1/products?dry+run=yes%26no" in found
    assert after(found, "-H") == [
        "Authorization: Bearer $TOKEN",
        "X-Note: it's",
        "Content-Type: application/json",
    ]
    assert after(found, "--data-raw") == [draft.body]
    assert SECRET not in text
    assert needs_token(text)


def test_further_requests_of_an_order_are_comments() -> None:
    """The command runs as it stands: what must be done for each product is only told."""
    draft = RestDraft(method="GET", path="/api/v1/orders/1", follow=("GET /api/v1/products/{product_id}",))
    text = command(draft, "http://127.0.0.1:5000")
    assert words(text) == ["curl", "-sS", "-i", "http://127.0.0.1:5000/api/v1/orders/1"]
    assert text.endswith("# then for each product of the order: GET /api/v1/products/{product_id}")
    assert not needs_token(text)


def test_a_graphql_document_is_one_json_body() -> None:
    """Document and variables are sent as a person wrote them."""
    draft = GraphqlDraft(
        query="query Q($id: ID!) {\n  order(id: $id) { id }\n}",
        variables='{"id": "1"}',
        headers=(("Authorization", f"Bearer {SECRET}"),),
    )
    text = command(draft, "http://127.0.0.1:8000/graphql")
    (body,) = after(words(text), "--data-raw")
    assert json.loads(body) == {"query": draft.query, "variables": {"id": "1"}}
    assert after(words(text), "-H") == ["Content-Type: application/json", "Authorization: Bearer $TOKEN"]
    assert SECRET not in text


def test_a_grpc_call_is_a_grpcurl_command() -> None:
    """Deadline, metadata, message, address and method stand where grpcurl wants them."""
    draft = GrpcDraft(
        method="products.ProductService/GetProduct",
        message='{"id": "1"}',
        metadata=(("authorization", f"Bearer {SECRET}"),),
        deadline=2.5,
    )
    assert words(command(draft, "127.0.0.1:50051")) == [
        *("grpcurl", "-plaintext", "-max-time", "2.5", "-H", "authorization: Bearer $TOKEN"),
        *("-d", '{"id": "1"}', "127.0.0.1:50051", "products.ProductService/GetProduct"),
    ]


@given(body=TEXT, header=TEXT)
def test_no_text_breaks_out_of_its_word(body: str, header: str) -> None:
    """Quotes, dollars and semicolons in a request never become part of the command."""
    draft = RestDraft(method="PUT", path="/x", headers=(("X-Note", header), ("Content-Type", "a")), body=body)
    found = words(command(draft, "http://127.0.0.1:1"))
    assert after(found, "-H")[0] == f"X-Note: {header}"
    assert after(found, "--data-raw") == ([body] if body else [])
