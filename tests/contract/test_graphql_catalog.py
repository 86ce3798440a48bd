"""The GraphQL lane as a client sees it: what can be read and written."""

from collections.abc import Iterator

import pytest

from backends.serving import ServerSettings
from tests.contract.graphql_client import Graphql
from tests.support.catalogs import counting_statements
from tests.support.servers import Running, catalog_servers


@pytest.fixture(scope="module")
def servers() -> Iterator[Running]:
    with catalog_servers("graphql") as running:
        yield running


@pytest.fixture
def client(servers: Running) -> Iterator[Graphql]:
    graphql = Graphql(servers.addresses["graphql"])
    yield graphql
    graphql.session.close()


def test_a_product_is_read_by_id(client: Graphql) -> None:
    """The first product is the laptop that everybody knows."""
    assert client.data("{ product(id: 1) { id name price stock } }") == {
        "product": {"id": "1", "name": "Laptop", "price": 999.99, "stock": 10}
    }


def test_one_query_gives_a_page_and_its_total(client: Graphql) -> None:
    """The neutral value of a listing, products and total, is one query with an alias."""
    data = client.data("{ products(limit: 2) { id name } total: productsTotal }")
    assert [product["id"] for product in data["products"]] == ["1", "2"]
    assert data["total"] > 2


def test_filters_combine_and_sorting_obeys(client: Graphql) -> None:
    """Category, price range, sort and order hold together."""
    category = client.data("{ product(id: 1) { category } }")["product"]["category"]
    found = client.data(
        'query($c: String) { products(category: $c, priceMin: 10, sort: "price", order: "desc", limit: 100)'
        " { price category } }",
        {"c": category},
    )["products"]
    prices = [product["price"] for product in found]
    assert {product["category"] for product in found} == {category}
    assert prices == sorted(prices, reverse=True)
    assert min(prices) >= 10


def test_an_order_brings_its_products_in_two_statements(client: Graphql, servers: Running) -> None:
    """However many items an order has, it costs the same number of SQL statements."""
    query = "{ order(id: 1) { userId items { quantity subtotal product { name } } } }"
    with counting_statements(servers.backends._shared.open().store) as statements:
        order = client.data(query)["order"]
    assert order["userId"] == "user_123"
    assert [(item["quantity"], item["product"]["name"]) for item in order["items"]] == [
        (1, "Laptop"),
        (2, "Mouse"),
    ]
    assert len([each for each in statements if each.lstrip().upper().startswith("SELECT")]) == 2


def test_a_product_lives_from_create_to_delete(client: Graphql) -> None:
    """Create, update and delete answer with graphene's payloads, and reads see each step."""
    headers = client.log_in()
    created = client.data(
        'mutation { createProduct(name: "Lamp", price: 12.5, stock: 3, category: "Home")'
        " { product { id name price stock category } } }",
        headers=headers,
    )["createProduct"]["product"]
    assert created | {"id": ""} == {"id": "", "name": "Lamp", "price": 12.5, "stock": 3, "category": "Home"}
    identity = {"id": created["id"]}
    update = "mutation($id: ID!) { updateProduct(id: $id, price: 10) { product { price stock } } }"
    changed = client.data(update, identity, headers)["updateProduct"]["product"]
    assert changed == {"price": 10, "stock": 3}
    delete = "mutation($id: ID!) { deleteProduct(id: $id) { ok id } }"
    assert client.data(delete, identity, headers)["deleteProduct"] == {"ok": True, "id": created["id"]}
    assert client.code("query($id: ID!) { product(id: $id) { id } }", identity) == (200, "NOT_FOUND")


def test_a_repeated_create_with_one_key_creates_once(client: Graphql) -> None:
    """The same Idempotency-Key gives the first product again; another payload under it is a conflict."""
    headers = client.log_in() | {"Idempotency-Key": "graphql-once"}
    create = "mutation($n: String!) { createProduct(name: $n, price: 1) { product { id } } }"
    first = client.data(create, {"n": "Once"}, headers)
    assert client.data(create, {"n": "Once"}, headers) == first
    assert client.code(create, {"n": "Other"}, headers) == (200, "CONFLICT")


def test_the_limited_field_refuses_the_sixth_call(client: Graphql) -> None:
    """Five calls a minute pass; the sixth says when to come again."""
    remaining = [client.data("{ limited { limit remaining } }")["limited"]["remaining"] for _ in range(5)]
    assert remaining == [4, 3, 2, 1, 0]
    error = client.post("{ limited { message } }").json()["errors"][0]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < error["extensions"]["retryAfter"] <= 60


def test_a_failing_field_leaves_its_neighbour(client: Graphql) -> None:
    """Root fields are nullable: one that is not found does not take the others' data away."""
    body = client.post('{ good: product(id: 1) { id } bad: product(id: "999999") { id } }').json()
    assert body["data"] == {"good": {"id": "1"}, "bad": None}
    assert [error["path"] for error in body["errors"]] == [["bad"]]


def test_open_writes_need_no_token() -> None:
    """A server started with open writes serves the usual tutorial's unprotected mutations."""
    with catalog_servers("graphql", settings=ServerSettings(ephemeral=True, open_writes=True)) as servers:
        client = Graphql(servers.addresses["graphql"])
        made = client.data('mutation { createProduct(name: "Lamp", price: 1) { product { name stock } } }')
        client.session.close()
    assert made["createProduct"]["product"] == {"name": "Lamp", "stock": 0}
