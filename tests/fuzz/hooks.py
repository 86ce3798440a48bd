"""What schemathesis cannot read from the two schemas, and the check that GraphQL needs instead of its own.

Loaded by schemathesis (SCHEMATHESIS_HOOKS), not by pytest.
"""

import json
import re
from typing import Any

import schemathesis

STREAM = "/api/v1/orders/stream"
# Everything that a GraphQL client may be told, whatever it sends. INTERNAL_SERVER_ERROR is not among them.
TOLD = frozenset(
    {
        "BAD_USER_INPUT",
        "CONFLICT",
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "NOT_FOUND",
        "RATE_LIMITED",
        "UNAUTHENTICATED",
    }
)


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any = None) -> None:
    """Keep the rules that OpenAPI has no words for, in every phase."""
    query = case.query if isinstance(case.query, dict) else {}
    _order_prices(query)
    if case.path == STREAM:
        _shorten(case, query)


def _order_prices(query: dict[str, Any]) -> None:
    low, high = _number(query.get("price_min")), _number(query.get("price_max"))
    if low is not None and high is not None and low > high:
        query["price_min"], query["price_max"] = query["price_max"], query["price_min"]


def _shorten(case: Any, query: dict[str, Any]) -> None:
    """A stream of a valid request may last for hours, and a live one for ever. Invalid values stay."""
    if _is_within(query.get("interval_ms", 0), 0, 3_600_000):
        query["interval_ms"] = 1
    if _is_within(query.get("count", 0), -(2**31) + 1, 2**31 - 1):
        query["count"] = 5
    if query.get("live", False) is True or query.get("live") == "true":
        query["live"] = "false"
    case.query = query


def _is_within(value: Any, lowest: int, highest: int) -> bool:
    return re.fullmatch("-?[0-9]+", str(value)) is not None and lowest <= int(value) <= highest


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


@schemathesis.check
def graphql_errors_are_told(_context: Any, response: Any, case: Any) -> None:
    """Arbitrary arguments may be refused, but only in the words that are documented, and never with a 5xx.

    schemathesis takes every entry of ``errors`` for a failure, also "no product has this id": its own checks
    of that (not_a_server_error, positive_data_acceptance) are left out for GraphQL, and this one stands in.
    """
    if not case.operation.label.startswith(("Query.", "Mutation.", "Subscription.")):
        return
    assert response.status_code in {200, 400}, response.status_code
    payload = json.loads(response.content)
    assert set(payload) <= {"data", "errors"}, sorted(payload)
    for error in payload.get("errors", ()):
        code = error.get("extensions", {}).get("code")
        assert code in TOLD, error
        assert error["message"], error
        if code == "BAD_USER_INPUT" and error.get("path"):
            assert error["extensions"].get("details"), error  # which argument, and why
