"""A subscription's plan: the same answers as graphql-core's execution, and none where they could differ."""

import pytest
from graphql import GraphQLSchema, execute, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from backends.graphql.event_plan import event_plan
from backends.graphql.schema import build_schema
from backends.orders import OrderMessage

FIELDS = ("id", "userId", "total", "status", "createdAt", "sequence", "publishedAt", "dropped")
SCHEMA: GraphQLSchema = build_schema()
MESSAGE = OrderMessage(
    sequence=7,
    published_at="2026-01-01T00:00:00.000001Z",
    id="order_6",
    user_id="user_ü",
    total=699.93,
    status="processing",
    created_at="2026-01-01T00:00:00.000Z",
    dropped=3,
)


@given(st.lists(st.tuples(st.sampled_from(FIELDS), st.booleans()), min_size=1, max_size=12), st.booleans())
def test_a_plan_answers_as_an_execution_does(chosen: list[tuple[str, bool]], renamed: bool) -> None:
    """Any choice of plain fields, with aliases and doubles, gives the same data in the same order."""
    fields = " ".join(f"my_{name}: {name}" if aliased else name for name, aliased in chosen)
    document = parse(f"subscription {{ {'feed: ' if renamed else ''}orders(count: 1) {{ {fields} }} }}")
    assert not validate(SCHEMA, document)
    plan = event_plan(SCHEMA, document)
    assert plan is not None
    expected = execute(SCHEMA, document, MESSAGE)
    assert list(plan(MESSAGE).items()) == list((expected.data or {}).items())  # type: ignore[union-attr]
    (ours,), (theirs,) = plan(MESSAGE).values(), (expected.data or {}).values()  # type: ignore[union-attr]
    assert list(ours.items()) == list(theirs.items())


@pytest.mark.parametrize(
    "document",
    [
        "subscription { orders { __typename id } }",
        "subscription { orders { id items { quantity } } }",
        "subscription { orders { ...part } } fragment part on Order { id }",
        "subscription { orders { ... on Order { id } } }",
        "subscription($yes: Boolean!) { orders { id @include(if: $yes) } }",
        "subscription($yes: Boolean!) { orders @include(if: $yes) { id } }",
        "subscription one { orders { id } } subscription two { orders { id } }",
    ],
)
def test_what_may_vary_has_no_plan(document: str) -> None:
    """Nested objects, fragments, directives and several operations are executed event by event."""
    assert event_plan(SCHEMA, parse(document)) is None
