"""Products and orders over REST, over a real socket: what a tutorial client expects, and more."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

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


def test_a_product_has_the_five_fields_of_the_contract(api: Api) -> None:
    """Ids are text, prices and stocks numbers."""
    answer = api.get(f"{PRODUCTS}/1")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "id": "1",
        "name": "Laptop",
        "price": 999.99,
        "stock": 10,
        "category": "Computers",
    }


def test_a_listing_says_where_it_stands(api: Api) -> None:
    """Data, metadata and links, ten to a page."""
    answer = api.get(PRODUCTS).json
    assert [product["id"] for product in answer["data"]][:2] == ["1", "2"]
    assert answer["metadata"]["page"] == 1
    assert answer["metadata"]["limit"] == len(answer["data"]) == 10
    assert answer["metadata"]["total_pages"] == -(-answer["metadata"]["total"] // 10)
    assert answer["links"]["prev"] is None


def test_links_lead_through_all_pages_and_keep_filters_and_sorting(api: Api) -> None:
    """Whoever follows next sees every match once, in order, and prev leads back."""
    path: str | None = (
        f"{PRODUCTS}?category=Home+Office&price_min=40&price_max=400.5&sort=price&order=desc&limit=2"
    )
    seen, pages = [], []
    while path is not None:
        answer = api.get(path).json
        assert parse_qs(urlsplit(answer["links"]["self"]).query)["category"] == ["Home Office"]
        seen += answer["data"]
        pages.append(answer["links"])
        path = answer["links"]["next"]
    prices = [product["price"] for product in seen]
    assert len(seen) == answer["metadata"]["total"] > 4
    assert prices == sorted(prices, reverse=True)
    assert all(40 <= price <= 400.5 for price in prices)
    assert {product["category"] for product in seen} == {"Home Office"}
    assert [links["prev"] for links in pages[1:]] == [links["self"] for links in pages[:-1]]


def test_a_page_past_the_end_is_empty_and_links_back_to_the_last(api: Api) -> None:
    """Nobody is stranded behind the last page."""
    answer = api.get(f"{PRODUCTS}?page=1000&limit=50").json
    assert answer["data"] == []
    assert answer["links"]["next"] is None
    back = api.get(answer["links"]["prev"]).json
    assert back["metadata"]["page"] == back["metadata"]["total_pages"]
    assert back["data"]


def test_a_product_lives_from_post_to_delete(writer: Api) -> None:
    """Create, read where Location says, replace, change, delete: each answer is what is stored."""
    made = writer.ask("POST", PRODUCTS, {"name": "Lamp", "price": 12.5, "stock": 3, "category": "Light"})
    assert made.status == 201
    where = made.headers["location"]
    assert where == f"{PRODUCTS}/{made.json['id']}"
    assert writer.get(where).json == made.json
    replaced = writer.ask("PUT", where, {"name": "Lamp 2", "price": 13})
    assert (replaced.status, replaced.json["stock"], replaced.json["category"]) == (200, 0, "")
    changed = writer.ask("PATCH", where, {"stock": 7})
    assert (changed.status, changed.json["name"], changed.json["stock"]) == (200, "Lamp 2", 7)
    assert writer.get(where).json == changed.json
    gone = writer.ask("DELETE", where)
    assert (gone.status, gone.body) == (204, b"")
    assert writer.get(where).status == 404
    assert writer.ask("DELETE", where).status == 404


def test_an_empty_patch_changes_nothing(writer: Api) -> None:
    """No field given, no field changed."""
    before = writer.get(f"{PRODUCTS}/3").json
    assert writer.ask("PATCH", f"{PRODUCTS}/3", {}).json == before


def test_json_integers_may_have_a_fraction_of_zero(writer: Api) -> None:
    """JSON has one kind of number: 3.0 is an integer."""
    made = writer.ask("POST", PRODUCTS, b'{"name": "x", "price": 1, "stock": 3.0}')
    assert (made.status, made.json["stock"]) == (201, 3)


def test_a_tag_saves_the_second_transfer(api: Api) -> None:
    """If-None-Match with the tag of a read gives 304 without a body, with any other the body again."""
    for path in (PRODUCTS, f"{PRODUCTS}/1", "/api/v1/orders/1", "/openapi.json", "/docs"):
        first = api.get(path)
        again = api.get(path, If_None_Match=f'"other", W/{first.headers["etag"]}')
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert api.get(path, If_None_Match='"other"').body == first.body


def test_a_tag_guards_against_lost_updates(writer: Api) -> None:
    """If-Match lets the first of two writers through and stops the second."""
    path = f"{PRODUCTS}/4"
    tag = writer.get(path).headers["etag"]
    first = writer.ask("PATCH", path, {"stock": 1}, {"If-Match": tag})
    assert first.status == 200
    assert first.headers["etag"] == writer.get(path).headers["etag"] != tag
    for method, body in (("PATCH", {"stock": 2}), ("PUT", {"name": "x", "price": 1}), ("DELETE", None)):
        late = writer.ask(method, path, body, {"If-Match": tag})
        assert (late.status, late.json["error"]) == (412, "precondition_failed")
    assert writer.get(path).json["stock"] == 1
    assert writer.ask("PATCH", path, {"stock": 2}, {"If-Match": "*"}).status == 200


def test_an_idempotency_key_creates_once(writer: Api) -> None:
    """A repeated create gives the first answer; the key with another body is a conflict."""
    key = {"Idempotency-Key": "test-products-1"}
    body = {"name": "Once", "price": 5}
    first, second = (writer.ask("POST", PRODUCTS, body, key) for _ in range(2))
    assert (first.status, first.json) == (second.status, second.json)
    assert first.headers["location"] == second.headers["location"]
    other = writer.ask("POST", PRODUCTS, body | {"price": 6}, key)
    assert (other.status, other.json["error"]) == (409, "conflict")


def test_an_ordered_product_stays(writer: Api) -> None:
    """Deleting what an order holds is a conflict."""
    assert writer.ask("DELETE", f"{PRODUCTS}/1").status == 409
    assert writer.get(f"{PRODUCTS}/1").status == 200


def test_an_order_names_its_products(api: Api) -> None:
    """Over REST the products of an order are one request each away."""
    order = api.get("/api/v1/orders/1").json
    assert (order["user_id"], order["total"], order["status"]) == ("user_123", 1059.97, "processing")
    assert order["items"] == [
        {"product_id": "1", "quantity": 1, "subtotal": 999.99},
        {"product_id": "2", "quantity": 2, "subtotal": 59.98},
    ]


def test_an_order_can_be_placed_and_moved_on(writer: Api) -> None:
    """POST places at today's prices, PATCH sets the status."""
    wish = {"user_id": "user_125", "lines": [{"product_id": "2", "quantity": 3}]}
    placed = writer.ask("POST", "/api/v1/orders", wish)
    assert (placed.status, placed.json["total"], placed.json["status"]) == (201, 89.97, "processing")
    where = placed.headers["location"]
    assert writer.get(where).json == placed.json
    assert writer.ask("PATCH", where, {"status": "shipped"}).json == placed.json | {"status": "shipped"}


def test_an_order_of_unknown_things_says_which(writer: Api) -> None:
    """404 with the field: neither user nor product is guessed."""
    wish = {
        "user_id": "nobody",
        "lines": [{"product_id": "2", "quantity": 1}, {"product_id": "987654", "quantity": 1}],
    }
    refused = writer.ask("POST", "/api/v1/orders", wish)
    assert refused.status == 404
    assert [detail["field"] for detail in refused.json["details"]] == ["user_id", "lines.1.product_id"]


def test_head_is_get_without_the_body(api: Api) -> None:
    """Same headers, nothing else."""
    whole, head = api.get(f"{PRODUCTS}/1"), api.ask("HEAD", f"{PRODUCTS}/1")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    assert head.headers["content-length"] == whole.headers["content-length"]
