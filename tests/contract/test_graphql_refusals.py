"""What the GraphQL lane refuses, and how it says so."""

import gzip
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from graphql import get_introspection_query

from tests.contract.graphql_client import Graphql
from tests.support.servers import Running, catalog_servers

CREATE = (
    "mutation($n: String!, $p: Float!, $s: Int)"
    " { createProduct(name: $n, price: $p, stock: $s) { product { id } } }"
)


@pytest.fixture(scope="module")
def servers() -> Iterator[Running]:
    with catalog_servers("graphql") as running:
        yield running


@pytest.fixture
def client(servers: Running) -> Iterator[Graphql]:
    graphql = Graphql(servers.addresses["graphql"])
    yield graphql
    graphql.session.close()


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("{", 400, "GRAPHQL_PARSE_FAILED"),
        ("{" * 2000, 400, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ product(id: 1) { nothing } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ products(page: 99999999999) { id } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        (f"{{ products(page: {'9' * 5000}) {{ id }} }}", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ products(page: 0) { id } }", 200, "BAD_USER_INPUT"),
        ("{ products(limit: 1000000) { id } }", 200, "BAD_USER_INPUT"),
        ("{ products(limit: 0) { id } }", 200, "BAD_USER_INPUT"),
        ('{ products(sort: "colour") { id } }', 200, "BAD_USER_INPUT"),
        ("{ products(priceMin: 1e999) { id } }", 200, "BAD_USER_INPUT"),
        ("{ products(priceMin: 9, priceMax: 1) { id } }", 200, "BAD_USER_INPUT"),
        ('{ product(id: "") { id } }', 200, "NOT_FOUND"),
        ("subscription { orders { id } }", 400, "BAD_USER_INPUT"),
        ("query A { limited { limit } } query B { limited { limit } }", 400, "BAD_USER_INPUT"),
    ],
)
def test_bad_documents_get_a_code(client: Graphql, query: str, status: int, code: str) -> None:
    """What never ran is a 400; a field that refused its arguments is a 200 with an error."""
    assert client.code(query) == (status, code)


@pytest.mark.parametrize(
    "variables",
    [
        {"n": "x", "p": "1"},
        {"n": "x", "p": None},
        {"n": "x", "p": True},
        {"n": 5, "p": 1},
        {"n": "x", "p": 1, "s": 2**31},
        {"n": "x", "p": 1, "s": 1.5},
        {"p": 1},
        {"n": "x", "p": -1},
        {"n": "x", "p": 1e300},
        {"n": "", "p": 1},
        {"n": "x" * 201, "p": 1},
        {"n": "a\u0000b", "p": 1},
        {"n": "x", "p": 1, "s": -1},
    ],
)
def test_bad_values_change_nothing(client: Graphql, variables: dict[str, object]) -> None:
    """Wrong types and impossible values are BAD_USER_INPUT, and no row appears."""
    before = client.data("{ productsTotal }")
    status, code = client.code(CREATE, variables, client.log_in())
    assert (status in {200, 400}, code) == (True, "BAD_USER_INPUT")
    assert client.data("{ productsTotal }") == before


def test_details_name_the_argument_as_graphql_spells_it(client: Graphql) -> None:
    """A refused argument is named in camelCase."""
    error = client.post("{ products(priceMin: -1) { id } }").json()["errors"][0]
    assert error["extensions"]["details"][0]["field"] == "priceMin"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"query": x}', "is not JSON: Expecting value: line 1 column 11 (char 10)"),
        (b'{"query":\n "x"', "is not JSON: Expecting ',' delimiter: line 2 column 5 (char 14)"),
        (b'{"x": NaN}', "is not JSON: NaN is no value"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_broken_json_is_told_in_the_same_words_as_over_rest(body: bytes, said: str) -> None:
    """What is wrong, and where."""
    headers = {"Content-Type": "application/json"}
    with catalog_servers("rest", "graphql") as both:
        over_graphql = requests.post(both.addresses["graphql"], body, headers=headers, timeout=10)
        over_rest = requests.post(f"{both.addresses['rest']}/auth/login", body, headers=headers, timeout=10)
    assert over_graphql.json()["errors"][0]["message"] == f"The request {said}."
    assert over_rest.json()["message"] == f"the body {said}"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_not_json_are_refused(client: Graphql, number: str) -> None:
    """Python's JSON extensions are no JSON."""
    body = json.dumps({"query": CREATE, "variables": {"n": "x", "p": 0}}).replace(": 0}", f": {number}}}")
    response = requests.post(client.url, body, headers={"Content-Type": "application/json"}, timeout=10)
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'[{"query": "{ limited { limit } }"}]', "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"query": 1}', "application/json", 400),
        (b'{"query": "{ limited { limit } }", "variables": []}', "application/json", 400),
        (b'{"query": "{ limited { limit } }", "operationName": 1}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"query=1", "application/x-www-form-urlencoded", 415),
        (b'{"query": "' + b"x" * 10_000_000 + b'"}', "application/json", 413),
        (b'{"query": "{ a' + b" " * 20_000 + b'}"}', "application/json", 400),
    ],
)
def test_bad_bodies_get_the_right_status(
    client: Graphql, body: bytes, content_type: str, status: int
) -> None:
    """Each kind of unusable body has its status, and the answer is a GraphQL body with a code."""
    response = requests.post(client.url, body, headers={"Content-Type": content_type}, timeout=10)
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"]


def test_a_compressed_body_is_415(client: Graphql) -> None:
    """The refusal names the coding and the only one that is taken."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    body = gzip.compress(b'{"query": "{ limited { limit } }"}')
    response = requests.post(client.url, body, headers=headers, timeout=10)
    assert response.status_code == 415
    assert response.headers["Accept-Encoding"] == "identity"
    assert "gzip" in response.json()["errors"][0]["message"]


def test_an_endless_body_is_cut_off(client: Graphql) -> None:
    """A chunked body has no length to judge by: it is refused once it is too long."""
    blocks = (b" " * 10_000 for _ in range(150))
    response = requests.post(client.url, blocks, headers={"Content-Type": "application/json"}, timeout=10)
    assert response.status_code == 413


@pytest.mark.parametrize("length", [b"100", b"1000000"])
def test_a_body_that_ends_early_is_400(client: Graphql, length: bytes) -> None:
    """Fewer bytes than were announced are no request, however valid they look."""
    parts = urlsplit(client.url)
    host = parts.netloc.encode()
    head = (
        b"POST /graphql HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nContent-Length: %b\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as sock:
        sock.sendall(head % (host, length) + b'{"query": "{ limited { limit } }"}')
        sock.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"BAD_USER_INPUT" in answer


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8"])
def test_json_is_read_in_the_codings_that_json_has(client: Graphql, coding: str, kind: str) -> None:
    """Which one it is can be seen from the first bytes."""
    body = '{"query": "{ product(id: 1) { name } }"}'.encode(coding)
    answer = requests.post(client.url, body, headers={"Content-Type": kind}, timeout=10)
    assert answer.json() == {"data": {"product": {"name": "Laptop"}}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_refused(client: Graphql, method: str) -> None:
    """GraphQL over HTTP knows GET and POST, and a refusal names them."""
    refused = requests.request(method, client.url, timeout=10)
    assert refused.status_code == 405
    assert {"GET", "POST"} <= set(refused.headers["Allow"].split(", "))


def test_another_path_says_where_graphql_is(client: Graphql) -> None:
    """A wrong path is not found, which is another code than an input that is wrong."""
    refused = requests.post(f"{client.url}/v1", json={"query": "{ __typename }"}, timeout=10)
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["extensions"]["code"]) == (404, "NOT_FOUND")
    assert "/graphql" in error["message"]


def test_a_lone_surrogate_is_no_server_error(client: Graphql) -> None:
    """JSON can spell text that no database can hold: it is invalid, not there, or no way in."""
    for query in (
        "query($v: String) { products(category: $v) { id } }",
        'mutation($v: String!) { login(email: $v, password: "x") { token } }',
        'mutation($v: String!) { login(email: "user@example.com", password: $v) { token } }',
        "query($v: ID!) { product(id: $v) { id } }",
    ):
        response = client.session.post(
            client.url,
            f'{{"query": {json.dumps(query)}, "variables": {{"v": "\\ud800"}}}}',
            headers={"Content-Type": "application/json"},
            timeout=10,
        )
        code = response.json()["errors"][0]["extensions"]["code"]
        assert code in {"BAD_USER_INPUT", "NOT_FOUND", "UNAUTHENTICATED"}


def test_a_mutation_by_get_is_refused(client: Graphql) -> None:
    """GET serves queries only, so that a link cannot write."""
    read = requests.get(client.url, {"query": "{ product(id: 1) { id } }"}, timeout=10)
    assert read.json() == {"data": {"product": {"id": "1"}}}
    write = requests.get(client.url, {"query": "mutation { deleteProduct(id: 1) { ok } }"}, timeout=10)
    assert (write.status_code, write.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "query",
    [
        "{ " + "".join(f"a{i}: product(id: {i}) {{ id }} " for i in range(51)) + "}",
        "{ product(id: 1) { " + "".join(f"a{i}: name " for i in range(51)) + "} }",
        "{ order(id: 1) { "
        + "... { " * 1
        + "id"
        + " }" * 1
        + " "
        + "items { product { id } } " * 400
        + "} }",
        "query { ...a } fragment a on Query { ...b ...b } fragment b on Query { ...c ...c }"
        " fragment c on Query { ...d ...d } fragment d on Query { "
        + "".join(f"x{i}: product(id: 1) {{ id }} " for i in range(10))
        + "}",
        "{ __schema { types " + "{ fields { type " * 4 + "{ name }" + " } }" * 4 + " } }",
    ],
)
def test_documents_that_cost_too_much_are_refused(client: Graphql, query: str) -> None:
    """Aliases, breadth, fragments that multiply, and introspection in circles have limits."""
    assert client.code(query) == (400, "GRAPHQL_VALIDATION_FAILED")


def test_introspection_of_tools_passes(client: Graphql) -> None:
    """The introspection query that every tool sends is not too deep."""
    schema = client.data(get_introspection_query())["__schema"]
    assert schema["subscriptionType"]["name"] == "Subscription"


def _token(**changes: object) -> str:
    claims = {"sub": "user_123", "iat": 1_700_000_000, "exp": 4_000_000_000, "jti": "x"} | changes
    return jwt.encode(claims, "another secret of at least 32 bytes!", algorithm="HS256")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "Bearer x",
        f"Bearer {_token()}",
        "Bearer " + jwt.encode({"sub": "user_123", "exp": 4_000_000_000}, None, algorithm="none"),
    ],
)
def test_writes_need_a_genuine_token(client: Graphql, header: str | None) -> None:
    """Missing, malformed, foreign and unsigned tokens are UNAUTHENTICATED."""
    headers = {} if header is None else {"Authorization": header}
    assert client.code("mutation { deleteProduct(id: 1) { ok } }", headers=headers) == (
        200,
        "UNAUTHENTICATED",
    )


def test_a_wrong_password_is_refused(client: Graphql) -> None:
    """A log-in that fails is UNAUTHENTICATED, not a server error."""
    document = 'mutation { login(email: "user@example.com", password: "no") { token } }'
    assert client.code(document) == (200, "UNAUTHENTICATED")


def test_guessing_passwords_is_slowed_down(client: Graphql) -> None:
    """After ten failures for one address the next is RATE_LIMITED, also when they share a request."""
    guess = 'login(email: "nobody@example.com", password: "no") { token }'
    document = "mutation { " + " ".join(f"g{i}: {guess}" for i in range(11)) + " }"
    codes = [error["extensions"]["code"] for error in client.post(document).json()["errors"]]
    assert codes == ["UNAUTHENTICATED"] * 10 + ["RATE_LIMITED"]


def test_pages_of_other_sites_stay_out(client: Graphql) -> None:
    """A foreign Host is 421, a write of a foreign Origin is 403."""
    body = {"query": "{ limited { limit } }"}
    rebound = requests.post(client.url, json=body, headers={"Host": "evil.example"}, timeout=10)
    foreign = requests.post(client.url, json=body, headers={"Origin": "http://evil.example"}, timeout=10)
    assert (rebound.status_code, foreign.status_code) == (421, 403)


def test_a_failure_inside_says_nothing_about_it(
    client: Graphql, servers: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected exception is logged here and is INTERNAL_SERVER_ERROR without its text there."""

    def broken(product_id: str) -> None:
        raise RuntimeError("secret path /etc")

    monkeypatch.setattr(servers.backends._shared.open().service, "get_product", broken)
    response = client.post("{ product(id: 1) { id } }")
    assert "secret" not in response.text
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" in caplog.text
    caplog.clear()


def test_a_browser_gets_a_page_that_loads_nothing(client: Graphql) -> None:
    """The explorer refers to no other host, so it works offline."""
    root = client.url.removesuffix("/graphql")
    response = requests.get(root, headers={"Accept": "text/html"}, timeout=10)
    assert response.url == client.url
    assert response.headers["Content-Type"].startswith("text/html")
    assert "https://" not in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
