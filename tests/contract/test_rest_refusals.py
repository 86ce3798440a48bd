"""Bad input over REST: the answer of a good API, never a 500, never a changed row."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.rest_api import Api
from tests.support.servers import catalog_servers

pytestmark = pytest.mark.leaves_threads  # the server of this module; that it ends is tested elsewhere
PRODUCTS = "/api/v1/products"


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with catalog_servers("rest") as servers:
        yield Api(servers.addresses["rest"])


@pytest.fixture(scope="module")
def writer(api: Api) -> Api:
    return api.log_in()


def rows(api: Api) -> Any:
    return api.get(f"{PRODUCTS}?limit=100").body


BODIES: dict[str, tuple[bytes, str | None]] = {
    "empty": (b"", None),
    "no JSON": (b"{", None),
    "invalid UTF-8": (b'{"name": "\xff", "price": 1}', None),
    "UTF-16": ('{"name": "x", "price": 1}'.encode("utf-16"), None),
    "byte order mark": (b'\xef\xbb\xbf{"name": "x", "price": 1}', None),
    "NaN": (b'{"name": "x", "price": NaN}', None),
    "Infinity": (b'{"name": "x", "price": Infinity}', None),
    "-Infinity": (b'{"name": "x", "price": -Infinity}', None),
    "overflowing": (b'{"name": "x", "price": 1e999}', "price"),
    "endless integer": (b'{"name": "x", "price": 1' + b"0" * 5000 + b"}", "price"),
    "endless stock": (b'{"name": "x", "price": 1, "stock": 1' + b"0" * 5000 + b"}", "stock"),
    "deep": (b"[" * 200_000, None),
    "twice": (b'{"name": "x", "name": "y", "price": 1}', None),
    "array": (b"[]", "body"),
    "text": (b'"x"', "body"),
    "null": (b"null", "body"),
    "no name": (b'{"price": 1}', "name"),
    "no price": (b'{"name": "x"}', "price"),
    "name a number": (b'{"name": 5, "price": 1}', "name"),
    "name null": (b'{"name": null, "price": 1}', "name"),
    "name empty": (b'{"name": "", "price": 1}', "name"),
    "name blank": (b'{"name": "  ", "price": 1}', "name"),
    "name too long": (json.dumps({"name": "x" * 201, "price": 1}).encode(), "name"),
    "name NUL": (b'{"name": "a\\u0000b", "price": 1}', "name"),
    "name half a pair": (b'{"name": "\\ud800", "price": 1}', "name"),
    "price text": (b'{"name": "x", "price": "1"}', "price"),
    "price true": (b'{"name": "x", "price": true}', "price"),
    "price negative": (b'{"name": "x", "price": -0.01}', "price"),
    "stock text": (b'{"name": "x", "price": 1, "stock": "1"}', "stock"),
    "stock half": (b'{"name": "x", "price": 1, "stock": 1.5}', "stock"),
    "stock false": (b'{"name": "x", "price": 1, "stock": false}', "stock"),
    "stock null": (b'{"name": "x", "price": 1, "stock": null}', "stock"),
    "stock negative": (b'{"name": "x", "price": 1, "stock": -1}', "stock"),
    "stock 2^31": (b'{"name": "x", "price": 1, "stock": 2147483648}', "stock"),
    "category list": (b'{"name": "x", "price": 1, "category": []}', "category"),
    "unknown field": (b'{"name": "x", "price": 1, "colour": "red"}', "colour"),
    "own id": (b'{"id": "7", "name": "x", "price": 1}', "id"),
}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        (method, path, name)
        for method, path in (("POST", PRODUCTS), ("PUT", f"{PRODUCTS}/1"), ("PATCH", f"{PRODUCTS}/1"))
        for name in BODIES
        if method != "PATCH" or not name.startswith("no ") or name == "no JSON"  # a patch may leave all out
    ],
)
def test_a_bad_body_is_400_and_changes_nothing(writer: Api, method: str, path: str, name: str) -> None:
    """The answer names the field where there is one; the catalog is byte for byte as before."""
    body, field = BODIES[name]
    before = rows(writer)
    answer = writer.ask(method, path, body)
    assert answer.status == 400
    assert answer.json["error"] == "bad_request"
    assert answer.json["message"]
    if field is not None:
        assert field in [detail["field"] for detail in answer.json["details"]]
    assert rows(writer) == before


QUERIES = [
    *(
        "page=0",
        "page=-1",
        "page=2147483648",
        "page=" + "9" * 40,
        "page=abc",
        "page=",
        "page=1.0",
        "page=%2B1",
    ),
    *("page=%EF%BC%91", "page=1&page=2", "limit=0", "limit=101", "limit=1000000", "limit=1_0"),
    *("sort=prise", "sort=", "order=up", "price_min=nan", "price_min=inf", "price_max=-1", "price_max=1e400"),
    *("price_min=2&price_max=1", "price_min=0x10", "category=%ff", "category=%00", "category=" + "x" * 101),
    *("colour=red", "&".join(f"a{number}=1" for number in range(200)), "price_min=" + "1" * 5000),
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_bad_query_is_400(api: Api, query: str) -> None:
    """Duplicates, unknown names, wrong types and absurd values are refused, not corrected."""
    answer = api.get(f"{PRODUCTS}?{query}")
    assert answer.status == 400
    assert answer.json["error"] == "bad_request"


@pytest.mark.parametrize(
    "path", ["/1x", "/0", "/-1", "/01", "/%00", "/%ff", "/" + "9" * 500, "/1%2F2", "/99999", "/1/x"]
)
@pytest.mark.parametrize("room", ["products", "orders"])
def test_what_does_not_exist_is_404(api: Api, room: str, path: str) -> None:
    """Malformed and unused ids alike."""
    answer = api.get(f"/api/v1/{room}{path}")
    assert (answer.status, answer.json["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", PRODUCTS, {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", f"{PRODUCTS}/1", {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}),
        ("TRACE", "/healthz", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/auth/login", {"POST", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_405_and_says_what_is_allowed(
    api: Api, method: str, path: str, allowed: set[str]
) -> None:
    """As HTTP demands, with Allow."""
    answer = api.ask(method, path)
    assert (answer.status, answer.json["error"]) == (405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_another_content_type_is_415(writer: Api, kind: str) -> None:
    """JSON only, whatever the body looks like."""
    answer = writer.ask("POST", PRODUCTS, b'{"name": "x", "price": 1}', {"Content-Type": kind})
    assert (answer.status, answer.json["error"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
def test_a_compressed_body_is_415(writer: Api, coding: str) -> None:
    """The refusal names the coding and, as RFC 9110 wants it, the only one that is taken."""
    body = gzip.compress(b'{"name": "x", "price": 1}')
    answer = writer.ask("POST", PRODUCTS, body, {"Content-Encoding": coding})
    assert (answer.status, answer.json["error"]) == (415, "unsupported_media_type")
    assert coding in answer.json["message"]
    assert answer.headers["accept-encoding"] == "identity"


def test_identity_is_no_coding(writer: Api) -> None:
    """Superfluous, and harmless."""
    plain = {"Content-Encoding": "identity"}
    assert writer.ask("POST", PRODUCTS, b'{"name": "Plain", "price": 1}', plain).status == 201


def test_json_with_a_charset_is_json(writer: Api) -> None:
    """Many clients say it."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    assert writer.ask("POST", PRODUCTS, b'{"name": "Charset", "price": 1}', kind).status == 201


def test_a_ten_megabyte_body_is_413(writer: Api) -> None:
    """The refusal arrives even though the client was still sending."""
    answer = writer.ask("POST", PRODUCTS, b'{"name": "' + b"x" * 10_000_000 + b'"}')
    assert (answer.status, answer.json["error"]) == (413, "payload_too_large")


def request_head(api: Api, *lines: str, path: str = PRODUCTS) -> bytes:
    head = [f"POST {path} HTTP/1.1", f"Host: {api.authority}", f"Authorization: Bearer {api.token}"]
    return "\r\n".join([*head, "Content-Type: application/json", *lines, "", ""]).encode()


def test_a_chunked_body_is_read_and_limited(writer: Api) -> None:
    """Chunks are a body like any other, and a mebibyte of them is enough."""
    head = request_head(writer, "Transfer-Encoding: chunked", "Connection: close")
    body = b'{"name": "Chunks", "price": 1}'
    assert b" 201 " in writer.raw(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))[:40]
    block = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    assert b" 413 " in writer.raw(head + block * 5 + b"0\r\n\r\n")[:40]


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("Content-Length: -5", b"{}"),
        ("Content-Length: abc", b"{}"),
        ("Content-Length: 50", b"{}"),
        ("Transfer-Encoding: chunked", b"zz\r\n"),
        ("Transfer-Encoding: chunked", b"5\r\nab"),
    ],
)
def test_a_body_that_cannot_be_read_is_400(writer: Api, line: str, body: bytes) -> None:
    """Lengths that lie and chunks that are none are the client's fault, not ours."""
    assert b" 400 " in writer.raw(request_head(writer, line, "Connection: close") + body)[:40]


def test_an_unread_chunked_body_does_not_spoil_the_next_request(writer: Api) -> None:
    """After a 405 the connection goes on where the refused body ends."""
    first = request_head(writer, "Transfer-Encoding: chunked", path="/healthz") + b"3\r\nabc\r\n0\r\n\r\n"
    second = f"GET /healthz HTTP/1.1\r\nHost: {writer.authority}\r\nConnection: close\r\n\r\n".encode()
    received = writer.raw(first + second)
    assert received.startswith(b"HTTP/1.1 405 ")
    assert received.endswith(b'{"status":"ok"}')


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", PRODUCTS, {"name": "x", "price": 1}),
        ("PUT", f"{PRODUCTS}/1", {"name": "x", "price": 1}),
        ("PATCH", f"{PRODUCTS}/1", {"price": 1}),
        ("DELETE", f"{PRODUCTS}/60", None),
        ("POST", "/api/v1/orders", {"user_id": "user_123", "lines": [{"product_id": "1", "quantity": 1}]}),
        ("PATCH", "/api/v1/orders/1", {"status": "shipped"}),
        ("POST", "/auth/logout", None),
    ],
)
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic dXNlcjpwYXNz", "Bearer a.b.c"])
def test_a_write_without_a_good_token_is_401(
    api: Api, method: str, path: str, body: object, header: str | None
) -> None:
    """No token, no write, and the challenge says what is wanted."""
    before = rows(api)
    answer = api.ask(method, path, body, {} if header is None else {"Authorization": header})
    assert (answer.status, answer.json["error"]) == (401, "unauthorized")
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer")
    assert ("invalid_token" in challenge) == (header is not None)
    assert rows(api) == before


def test_a_token_is_asked_for_before_the_body_is_judged(api: Api) -> None:
    """Strangers learn nothing about the fields."""
    assert api.ask("POST", PRODUCTS, b"{").status == 401


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "\xe4"])
def test_a_malformed_idempotency_key_is_400(writer: Api, key: str) -> None:
    """A key that cannot be kept is refused, not ignored."""
    answer = writer.ask("POST", PRODUCTS, {"name": "x", "price": 1}, {"Idempotency-Key": key})
    assert answer.status == 400


def test_foreign_pages_are_kept_out(writer: Api) -> None:
    """A rebound host name is misdirected, a foreign Origin may not write; our own may."""
    assert writer.get(f"{PRODUCTS}/1", Host="evil.example").status == 421
    assert writer.get(f"{PRODUCTS}/1", Host="localhost:1").status == 200
    body = {"name": "Origin", "price": 1}
    for origin in ("http://evil.example", "null"):
        assert writer.ask("POST", PRODUCTS, body, {"Origin": origin}).status == 403
    assert writer.ask("POST", PRODUCTS, body, {"Origin": writer.url}).status == 201


def test_every_answer_carries_the_security_headers(api: Api) -> None:
    """Also the refusals; and nothing invites other origins."""
    for answer in (
        api.get(f"{PRODUCTS}/1"),
        api.get("/nothing"),
        api.get("/docs"),
        api.get(f"{PRODUCTS}?page=0"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_stream_is_no_order(writer: Api, method: str) -> None:
    """Its other methods are 405, and not what the path of an order would make of them."""
    answer = writer.ask(method, "/api/v1/orders/stream", {"status": "shipped"})
    assert answer.status == 405
    assert {word.strip() for word in answer.headers["allow"].split(",")} == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "query", ["live=yes", "live=1", "interval_ms=-1", "interval_ms=1.5", "count=2147483648"]
)
def test_a_stream_takes_what_is_described(api: Api, query: str) -> None:
    """Booleans are true or false, numbers are whole and within their bounds."""
    assert api.get(f"/api/v1/orders/stream?{query}").status == 400


def test_an_id_that_no_row_can_have_is_missing_or_malformed(writer: Api) -> None:
    """Nineteen digits are more than an id can have: nothing is found, and an order with it is refused."""
    longest = "9999999999999999999"
    assert writer.get(f"{PRODUCTS}/{longest}").status == 404
    body = {"user_id": "user_123", "lines": [{"product_id": longest, "quantity": 1}]}
    assert writer.ask("POST", "/api/v1/orders", body).status == 400
    body["lines"] = [{"product_id": longest[:18], "quantity": 1}]
    assert writer.ask("POST", "/api/v1/orders", body).status == 404
