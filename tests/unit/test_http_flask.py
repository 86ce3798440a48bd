"""Flask with a memory answers as Flask without one."""

from typing import Any

import pytest
from flask import Flask, Response, request

from backends import http_flask
from backends.http_flask import QuickFlask, with_headers

ASKED = [
    ("GET", "/things/1"),
    ("GET", "/things/1?a=b"),
    ("GET", "/things/2"),
    ("HEAD", "/things/1"),
    ("OPTIONS", "/things/1"),
    ("POST", "/things/1"),
    ("GET", "//things/1"),
    ("GET", "/things//1"),
    ("GET", "/things/%C3%A9"),
    ("GET", "/things/%FF"),
    ("GET", "/things/a%2Fb"),
    ("GET", "/folder"),
    ("GET", "/folder/"),
    ("GET", "/nothing"),
    ("GET", ""),
]
HOSTS = ["localhost", "localhost:8080", "LOCALHOST", "[::1]:8080", "a b", "..", "münchen"]


def made(kind: Any) -> Flask:
    app: Flask = kind("probe") if kind is QuickFlask else kind("probe", static_folder=None)

    def thing(name: str) -> dict[str, object]:
        return {"name": name, "query": request.args.to_dict(), "host": request.host}

    app.add_url_rule("/things/<name>", view_func=thing)
    app.add_url_rule("/folder/", "folder", lambda: "here")
    return app


def told(app: Flask, method: str, path: str, host: str) -> tuple[int, list[tuple[str, str]], bytes]:
    environ = {"HTTP_HOST": host}
    answer = app.test_client(use_cookies=False).open(path, method=method, environ_overrides=environ)
    return answer.status_code, sorted(answer.headers), answer.data


@pytest.mark.parametrize("host", HOSTS)
def test_answers_are_flasks_own(host: str) -> None:
    """Status, headers and body are equal the first time, and from memory."""
    plain, quick = made(Flask), made(QuickFlask)
    for method, path in ASKED:
        expected = told(plain, method, path, host)
        assert [told(quick, method, path, host) for _ in range(2)] == [expected, expected]


def test_a_view_may_change_its_arguments() -> None:
    """What one request does to its arguments is not seen by the next."""
    app = QuickFlask("probe")

    def greedy(**given: str) -> str:
        assert request.view_args is not None
        request.view_args["more"] = "x"
        return ",".join(given)

    app.add_url_rule("/<name>", view_func=greedy)
    assert [app.test_client().get("/one").text for _ in range(2)] == ["name", "name"]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths and hosts that clients invent do not pile up."""
    monkeypatch.setattr(http_flask, "_MOST_REMEMBERED", 4)
    app = made(QuickFlask)
    for number in range(20):
        told(app, "GET", f"/things/{number}", f"host{number}")
    assert len(vars(app)["_matches"]) <= 4
    assert len(vars(app)["_adapters"]) <= 4


def test_answers_get_the_headers_that_all_have() -> None:
    """Those of ``always`` are added; those of ``unless_given`` where the answer has none of that name."""
    app = Flask("probe", static_folder=None)
    app.add_url_rule("/own", "own", lambda: Response("", headers={"cache-control": "private"}))
    app.add_url_rule("/none", "none", lambda: Response(""))
    always, unless_given = [("X-One", "1")], [("Cache-Control", "no-store")]
    app.wsgi_app = with_headers(app.wsgi_app, always, unless_given)  # type: ignore[assignment, method-assign]
    said = {path: app.test_client().get(path).headers for path in ("/own", "/none", "/lost")}
    assert [each.getlist("X-One") for each in said.values()] == [["1"]] * 3
    assert [each.getlist("Cache-Control") for each in said.values()] == [
        ["private"],
        ["no-store"],
        ["no-store"],
    ]
