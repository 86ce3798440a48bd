"""Completion and error marks for GraphQL while it is typed."""

import pytest

from app.domain.lanes import Lane
from app.viewmodels.graphql_assist import GraphqlAssist
from app.viewmodels.text_marks import json_problem
from tests.support.lane_samples import DRAFTS, assist


@pytest.fixture(scope="module")
def schema() -> GraphqlAssist:
    """The sample schema."""
    return assist()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{ ", ["product", "order"]),
        ("{ or", ["order"]),
        ("{ order(id: 1) { items { product { na", ["name"]),
        ("{ order(id: 1) { items { quantity } st", ["status"]),
        ("{ mine: order(id: 1) { tot", ["total"]),
        ("{ order(i", ["id"]),
        ("query A($id: String!) { order(id: $id) { id } pro", ["product"]),
        ("q", ["query"]),
        ("{ order(id: 1) { ... on Order { user", ["userId"]),
        ("{ nothing { ", []),
    ],
)
def test_completion_knows_the_type_at_the_caret(schema: GraphqlAssist, text: str, names: list[str]) -> None:
    """What may stand at the end of an unfinished document, those that begin with the word there."""
    start, found = schema.complete(text, len(text))
    assert [one.name for one in found] == names
    assert text[start:].isalnum() or start == len(text)


def test_sample_query_has_no_problem(schema: GraphqlAssist) -> None:
    """The query that is sent is fine."""
    assert schema.problems(DRAFTS[Lane.GRAPHQL].query) == ()  # type: ignore[union-attr]


def test_unknown_field_is_marked_where_it_stands(schema: GraphqlAssist) -> None:
    """The mark covers the field's name and says what is wrong."""
    text = '{ order(id: "1") { id totl } }'
    (problem,) = schema.problems(text)
    assert text[problem.start : problem.start + problem.length] == "totl"
    assert "Cannot query field 'totl'" in problem.message


def test_syntax_error_is_marked_at_its_line(schema: GraphqlAssist) -> None:
    """An unfinished document says on which line it stops making sense."""
    (problem,) = schema.problems("{\n  order(\n")
    assert problem.line == 2
    assert "Syntax Error" in problem.message


def test_schema_tree_begins_with_the_queries(schema: GraphqlAssist) -> None:
    """Root fields with arguments, types and descriptions come first."""
    root = schema.tree()[0]
    assert root.name == "Query"
    assert [(one.name, one.type) for one in root.children] == [
        ("product(id)", "Product"),
        ("order(id)", "Order"),
    ]
    assert root.children[1].description == "One order with its items."


def test_introspection_gives_the_same_schema(schema: GraphqlAssist) -> None:
    """A schema read from a server's answer knows the same fields."""
    from graphql import introspection_from_schema

    again = GraphqlAssist.from_introspection(introspection_from_schema(schema.schema))
    assert again.tree() == schema.tree()


def test_json_problem_is_where_the_text_stops_being_json() -> None:
    """Line and place of the first error; none for an empty text."""
    problem = json_problem('{\n  "id": 1,,\n}')
    assert problem is not None
    assert problem.line == 2
    assert json_problem("  ") is None
