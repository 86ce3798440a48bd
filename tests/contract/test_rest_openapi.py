"""The description: valid OpenAPI 3.1, made of the models that validate, and a page that needs no network."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.rest_api import Api
from tests.support.servers import catalog_servers

pytestmark = pytest.mark.leaves_threads  # the server of this module; that it ends is tested elsewhere


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with catalog_servers("rest") as servers:
        yield Api(servers.addresses["rest"])


@pytest.fixture(scope="module")
def spec(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/openapi.json").json
    return found


def operations(spec: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in spec["paths"].items()
        for method, operation in item.items()
    }


def test_every_route_is_described(spec: dict[str, Any]) -> None:
    """The table that serves is the table that is described."""
    assert spec["openapi"].startswith("3.1")
    assert {
        ("POST", "/auth/login"),
        ("POST", "/auth/logout"),
        ("GET", "/api/v1/products"),
        ("POST", "/api/v1/products"),
        ("GET", "/api/v1/products/{product_id}"),
        ("PUT", "/api/v1/products/{product_id}"),
        ("PATCH", "/api/v1/products/{product_id}"),
        ("DELETE", "/api/v1/products/{product_id}"),
        ("GET", "/api/v1/orders/{order_id}"),
        ("POST", "/api/v1/orders"),
        ("PATCH", "/api/v1/orders/{order_id}"),
        ("GET", "/api/v1/orders/stream"),
        ("GET", "/api/v1/limited"),
        ("GET", "/healthz"),
        ("GET", "/"),
    } == operations(spec).keys()


def test_writes_are_described_as_needing_a_token(spec: dict[str, Any]) -> None:
    """Security and 401 go together."""
    for (method, path), operation in operations(spec).items():
        writes = method != "GET" and path != "/auth/login"
        assert bool(operation.get("security")) == writes
        assert ("401" in operation["responses"]) == (method != "GET")


def test_every_operation_says_that_foreign_pages_are_refused(spec: dict[str, Any], api: Api) -> None:
    """Reads are refused to a page of another site too, so 403 stands everywhere."""
    assert all("403" in operation["responses"] for operation in operations(spec).values())
    assert api.ask("GET", "/healthz", headers={"Origin": "http://elsewhere.example"}).status == 403


def test_limits_are_those_that_are_enforced(spec: dict[str, Any]) -> None:
    """Bounds, lengths and patterns stand in the description, taken from the validating models."""
    product = spec["components"]["schemas"]["NewProduct"]
    assert product["additionalProperties"] is False
    assert sorted(product["required"]) == ["name", "price"]
    assert product["properties"]["stock"]["maximum"] == 2**31 - 1
    assert product["properties"]["name"]["maxLength"] == 200
    changes = spec["components"]["schemas"]["ProductChanges"]
    assert "required" not in changes
    assert not any("default" in field for field in changes["properties"].values())
    query = {one["name"]: one for one in operations(spec)["GET", "/api/v1/products"]["parameters"]}
    assert query["limit"]["schema"]["maximum"] == 100
    assert query["price_min"]["schema"]["type"] == "number"
    assert query["sort"]["schema"]["enum"] == ["id", "name", "price", "stock", "category"]


def test_answers_are_described_by_their_status_and_nothing_else(spec: dict[str, Any]) -> None:
    """An error's details are optional, and a route without input has no 400."""
    assert spec["components"]["schemas"]["Error"]["required"] == ["error", "message"]
    found = operations(spec)
    assert set(found["GET", "/healthz"]["responses"]) == {"200", "403", "421", "503"}
    assert set(found["GET", "/api/v1/products/{product_id}"]["responses"]) == {
        "200",
        "304",
        "403",
        "404",
        "421",
        "503",
    }
    created = found["POST", "/api/v1/products"]["responses"]["201"]
    assert set(created["headers"]) == {"Location", "ETag"}


def test_references_lead_somewhere(spec: dict[str, Any], api: Api) -> None:
    """No $ref dangles."""
    names = set(re.findall(rb'"#/components/schemas/([^"]+)"', api.get("/openapi.json").body))
    assert names
    assert {name.decode() for name in names} <= spec["components"]["schemas"].keys()


def test_the_root_leads_to_page_and_description(api: Api) -> None:
    """Who knows the address alone finds the rest; a path that is nothing is still a 404."""
    answer = api.get("/")
    assert answer.status == 200
    for place in ("docs", "openapi"):
        assert api.get(answer.json[place]).status == 200
    assert api.get("/", If_None_Match=answer.headers["etag"]).status == 304
    assert api.get("/nothing").status == 404


def test_the_root_takes_a_browser_to_the_page(api: Api) -> None:
    """Who prefers HTML, as browsers say they do, is led to the page; a program gets the paths as JSON."""
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    led = api.get("/", Accept=browser)
    assert (led.status, led.headers["location"], led.headers["vary"]) == (302, "/docs", "Accept")
    for program in ("*/*", "application/json", "application/json, text/html;q=0.9"):
        assert api.get("/", Accept=program).status == 200


def test_the_page_needs_nothing_from_elsewhere(api: Api) -> None:
    """Page, script and style come from this server, and the policy forbids everything else."""
    page = api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    parts = re.findall(rb'(?:src|href)="(/[^"]+)"', page.body)
    assert {b"/docs/docs.js", b"/docs/docs.css", b"/openapi.json"} == set(parts)
    for part in parts:
        body = api.get(part.decode()).body
        assert body
        assert b"http://" not in body.replace(b"http://json-schema.org", b"")
        assert b"https://" not in body
    assert "script-src 'self'" in page.headers["content-security-policy"]
