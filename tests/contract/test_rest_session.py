"""Log-in, log-out and the limited endpoint over REST."""

import time
from collections.abc import Iterator

import jwt
import pytest

from tests.support.rest_api import CREDENTIALS, Api
from tests.support.servers import catalog_servers


@pytest.fixture
def api() -> Iterator[Api]:
    with catalog_servers("rest") as servers:
        yield Api(servers.addresses["rest"])


def test_a_log_in_gives_a_bearer_token_for_a_day(api: Api) -> None:
    """Token, type and life, never to be cached; the token says the same."""
    answer = api.ask("POST", "/auth/login", CREDENTIALS)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 86_400)
    claims = jwt.decode(answer.json["token"], options={"verify_signature": False})
    assert claims["sub"] == "user_123"
    assert claims["exp"] - claims["iat"] == 86_400


def test_a_token_can_live_for_seconds(api: Api) -> None:
    """So that its end can be watched."""
    answer = api.ask("POST", "/auth/login", CREDENTIALS | {"expires_in": 2})
    assert answer.json["expires_in"] == 2
    for wrong in (0, -1, "60", 1.5, True, 10**10):
        assert api.ask("POST", "/auth/login", CREDENTIALS | {"expires_in": wrong}).status == 400


def test_a_wrong_password_is_401_and_after_ten_429(api: Api) -> None:
    """Guessing is slowed down; the wait is said in body and header."""
    wrong = CREDENTIALS | {"password": "Password"}
    answers = [api.ask("POST", "/auth/login", wrong) for _ in range(11)]
    assert [answer.status for answer in answers] == [401] * 10 + [429]
    assert answers[0].headers["www-authenticate"].startswith("Bearer")
    assert answers[10].json["error"] == "too_many_requests"
    assert int(answers[10].headers["retry-after"]) == answers[10].json["retry_after"] > 0


def test_log_out_ends_the_token(api: Api) -> None:
    """The same token is refused afterwards, with the reason."""
    user = api.log_in()
    assert user.ask("POST", "/auth/logout").status == 204
    refused = user.ask("DELETE", "/api/v1/products/60")
    assert refused.status == 401
    assert "logged out" in refused.json["message"]


def test_the_limited_endpoint_counts_down_and_refuses_the_sixth(api: Api) -> None:
    """Five a minute, with the usual headers on every answer."""
    answers = [api.get("/api/v1/limited") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"5"}
    assert 0 < int(answers[5].headers["x-ratelimit-reset"]) - time.time() <= 61
    assert answers[0].json["remaining"] == 4
    assert 0 < answers[5].json["retry_after"] <= 60
    assert answers[5].headers["retry-after"] == str(answers[5].json["retry_after"])
