"""How the explorer page is served: its files, their headers, and what its policy lets it reach."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask

from backends.faults import FaultEngine
from backends.graphql.explorer import explorer_page, parts
from tests.support.servers import Running, catalog_servers

pytestmark = pytest.mark.leaves_threads  # of the server's pool

VISIT = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPTS_BYTES = 120_000


@pytest.fixture(scope="module")
def servers() -> Iterator[Running]:
    with catalog_servers("graphql") as running:
        yield running


@pytest.fixture
def url(servers: Running) -> str:
    return servers.addresses["graphql"]


@pytest.fixture
def faults(servers: Running) -> Iterator[FaultEngine]:
    yield servers.backends.faults
    servers.backends.faults.clear()


def sources(policy: str, directive: str) -> list[str]:
    """What a content security policy allows for one directive."""
    return dict(part.split(maxsplit=1) for part in policy.split("; "))[directive].split()


def test_every_part_is_served_with_its_type_and_a_tag(url: str) -> None:
    """Each file comes with its type, may not be sniffed, and is not sent twice to who has it."""
    assert "main.js" in parts()
    for name in parts():
        answer = requests.get(url.replace("/graphql", f"/explorer/{name}"), timeout=10)
        kind = "text/javascript" if name.endswith(".js") else "text/css"
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-cache"
        again = requests.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=10)
        assert (again.status_code, again.content) == (304, b"")


def test_the_page_has_a_tag_too(url: str) -> None:
    """A page that the browser has already is not sent again."""
    first = requests.get(url, headers=VISIT, timeout=10)
    again = requests.get(url, headers=VISIT | {"If-None-Match": first.headers["ETag"]}, timeout=10)
    assert again.status_code == 304
    assert "frame-ancestors 'none'" in again.headers["Content-Security-Policy"]


def test_the_page_may_open_no_socket_but_its_own(servers: Running, url: str) -> None:
    """The policy names the one port that subscriptions come from, under the name the browser uses."""
    port = urlsplit(servers.addresses["graphql_ws"]).port
    for host in ("127.0.0.1", "localhost"):
        # Named, not looked up: a bare system need not know what localhost is.
        policy = requests.get(
            url, headers=VISIT | {"Host": f"{host}:{urlsplit(url).port}"}, timeout=10
        ).headers
        allowed = sources(policy["Content-Security-Policy"], "connect-src")
        assert allowed == ["'self'", f"ws://{host}:{port}"]


@pytest.mark.parametrize("host", ["a;script-src *", "[::1]", "a b", "*"])
def test_a_host_that_is_no_plain_name_is_not_repeated_in_the_policy(host: str) -> None:
    """What a client calls us adds nothing to the policy; where it cannot be spelled the port is fixed."""
    app = Flask(__name__)
    with app.test_request_context("/graphql", environ_overrides={"HTTP_HOST": host}):
        policy = explorer_page("ws://127.0.0.1:9/graphql").headers["Content-Security-Policy"]
    assert sources(policy, "connect-src") == ["'self'", "ws://*:9"]
    assert sources(policy, "script-src") == ["'self'"]


def test_the_policy_allows_no_inline_script_style_or_foreign_host(url: str) -> None:
    """Scripts and styles come from this server's files only."""
    answer = requests.get(url, headers=VISIT, timeout=10)
    policy = answer.headers["Content-Security-Policy"]
    assert sources(policy, "default-src") == ["'none'"]
    assert sources(policy, "script-src") == sources(policy, "style-src") == ["'self'"]
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", answer.text)
    assert not re.search(r"https?://", answer.text)


def test_no_script_turns_text_into_markup_or_code(url: str) -> None:
    """No part reads markup or code from a string, or loads from elsewhere; together they stay small."""
    total = 0
    for name in (name for name in parts() if name.endswith(".js")):
        text = requests.get(url.replace("/graphql", f"/explorer/{name}"), timeout=10).text
        total += len(text.encode())
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", text
        )
        assert not re.search(r"https?://", text)
    assert total < SCRIPTS_BYTES


@pytest.mark.parametrize("query", ["{ limited { limit } }", "mutation { deleteProduct(id: 1) { ok } }", "{"])
def test_a_link_shows_its_document_and_runs_nothing(url: str, query: str) -> None:
    """A browser that follows a link with a query gets the page, whatever the query and its variables are."""
    answer = requests.get(url, {"query": query, "variables": "{broken"}, headers=VISIT, timeout=10)
    assert answer.status_code == 200
    assert answer.text == requests.get(url, headers=VISIT, timeout=10).text


def test_an_outage_leaves_a_link_readable(url: str, faults: FaultEngine) -> None:
    """Faults are for operations: the page of a link with a query in it comes all the same."""
    faults.configure("graphql", [{"kind": "error", "code": "SERVICE_UNAVAILABLE", "rate": 1.0}])
    asked = {"query": "{ product(id: 1) { id } }"}
    assert requests.get(url, asked, headers=VISIT, timeout=10).headers["Content-Type"].startswith("text/html")
    assert requests.get(url, asked, timeout=10).headers["X-Trilane-Fault"]
