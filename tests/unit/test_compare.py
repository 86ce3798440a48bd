"""Differences that mean something, over-fetch, and the numbers of a lane."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Exchange, Outcome, Phases, Reply, WireRequest
from app.operations.compare import (
    DEFINITIONS,
    DifferenceKind,
    comparison_row,
    over_fetch,
    received_fields,
    selected,
    semantic_diff,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)

SAME: dict[str, tuple[Any, Any]] = {
    "camelCase": ({"userId": "7"}, {"user_id": "7"}),
    "camelCase inside lists": ({"items": [{"unitPrice": 1}]}, {"items": [{"unit_price": 1}]}),
    "missing against null": ({"a": None}, {}),
    "missing against 0": ({}, {"stock": 0}),
    "missing against empty text": ({}, {"category": ""}),
    "missing against empty list": ({}, {"items": []}),
    "missing against false": ({}, {"gone": False}),
    "null against 0": ({"stock": None}, {"stock": 0}),
    "int64 as text": ({"sequence": 12}, {"sequence": "12"}),
    "whole float": ({"price": 50}, {"price": 50.0}),
    "last digit of a float": ({"total": 1059.97}, {"total": 1059.9699999999998}),
}
OTHER: dict[str, tuple[Any, Any, str, DifferenceKind]] = {
    "value": ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b", DifferenceKind.CHANGED),
    "cents": ({"total": 1059.97}, {"total": 1059.98}, "total", DifferenceKind.CHANGED),
    "missing": ({"a": 1}, {}, "a", DifferenceKind.MISSING),
    "extra": ({}, {"a": 1}, "a", DifferenceKind.EXTRA),
    "true against 1": ({"a": True}, {"a": 1}, "a", DifferenceKind.CHANGED),
    "text against text": ({"a": "1"}, {"a": "01"}, "a", DifferenceKind.CHANGED),
    "fraction as text": ({"a": 1.5}, {"a": "1.5"}, "a", DifferenceKind.CHANGED),
    "null against a value": ({"a": None}, {"a": 3}, "a", DifferenceKind.CHANGED),
    "object against list": ({"a": {}}, {"a": [1]}, "a", DifferenceKind.CHANGED),
    "shorter list": ({"a": [1, 2]}, {"a": [1]}, "a[1]", DifferenceKind.MISSING),
    "longer list": ({"a": [1]}, {"a": [1, 2]}, "a[1]", DifferenceKind.EXTRA),
}


@pytest.mark.parametrize("name", SAME)
def test_spelling_is_no_difference(name: str) -> None:
    """What means the same is the same, in both directions."""
    base, other = SAME[name]
    assert semantic_diff(base, other) == ()
    assert semantic_diff(other, base) == ()


@pytest.mark.parametrize("name", OTHER)
def test_difference_is_found_where_it_is(name: str) -> None:
    """One difference is reported once, at its place, with its kind."""
    base, other, path, kind = OTHER[name]
    assert [(each.path, each.kind) for each in semantic_diff(base, other)] == [(path, kind)]


def test_entries_are_matched_by_id() -> None:
    """A new entry at the top is one difference, not one for every entry after it."""
    base = {"products": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]}
    other = {"products": [{"id": "3", "name": "c"}, *base["products"]]}
    (difference,) = semantic_diff(base, other)
    assert (difference.path, difference.kind) == ("products[0]", DifferenceKind.EXTRA)


def test_other_order_is_one_difference() -> None:
    """The same entries in another order differ in their order alone."""
    base = [{"id": "1"}, {"id": "2"}]
    (difference,) = semantic_diff(base, base[::-1])
    assert difference.kind is DifferenceKind.REORDERED


def test_only_what_was_asked_for_is_compared() -> None:
    """A field that one lane brings unasked is over-fetch, not a difference."""
    assert semantic_diff({"id": "1", "stock": 3}, {"id": "1"}, ["id"]) == ()


@given(JSON)
def test_everything_equals_itself(value: Any) -> None:
    """No value differs from itself."""
    assert semantic_diff(value, value) == ()


@given(JSON, JSON)
def test_difference_has_no_direction(base: Any, other: Any) -> None:
    """Both directions find the same number of differences."""
    assert len(semantic_diff(base, other)) == len(semantic_diff(other, base))


def test_over_fetch_counts_fields_and_bytes() -> None:
    """Unasked bytes are those that go away when only the wanted fields are kept."""
    value = {"id": "1", "name": "Mouse", "stock": 50}
    measured = over_fetch(value, ["name"])
    assert (measured.fields_wanted, measured.fields_received, measured.fields_extra) == (1, 3, 2)
    assert measured.extra_paths == {"id", "stock"}
    assert measured.bytes_total == len('{"id":"1","name":"Mouse","stock":50}')
    assert measured.bytes_extra == measured.bytes_total - len('{"name":"Mouse"}')
    assert measured.share == pytest.approx(measured.bytes_extra / measured.bytes_total)


def test_exact_answer_is_no_over_fetch() -> None:
    """An answer with exactly the wanted fields, nested ones in lists included, has a share of 0."""
    value = {
        "id": "1",
        "items": [{"quantity": 1, "product": {"name": "a"}}, {"quantity": 2, "product": None}],
    }
    measured = over_fetch(value, ["id", "items.quantity", "items.product.name"])
    assert measured.share == 0
    assert measured.extra_paths == frozenset()


def test_empty_list_of_wanted_things_is_no_over_fetch() -> None:
    """A list that holds nothing is what was asked for."""
    assert over_fetch({"products": []}, ["products.id"]).fields_extra == 0


def test_no_answer_has_no_share() -> None:
    """Without a value over-fetch is unknown, not 0."""
    assert over_fetch(None, ["id"]).share is None


def test_fields_are_dotted_and_counted_once() -> None:
    """Every entry of a list has the same paths."""
    assert received_fields({"items": [{"a": 1}, {"a": 2, "bC": 3}]}) == {"items.a", "items.b_c"}


def test_selection_keeps_nothing_else() -> None:
    """Selecting leaves the wanted paths in place and drops the rest."""
    value = {"id": "1", "items": [{"a": 1, "b": 2}], "z": 0}
    assert selected(value, ["items.b"]) == {"items": [{"b": 2}]}


def test_row_sums_the_exchanges_of_the_last_attempt() -> None:
    """Time and bytes are totals over round trips; an unknown part makes the total unknown."""
    request = WireRequest(start="GET /", target="")
    exchanges = tuple(
        Exchange(request=request, response=None, phases=Phases(last_byte=0.5), bytes_up=10, bytes_down=down)
        for down in (20, None)
    )
    result = CallResult(
        call_id="1",
        lane=Lane.REST,
        operation=OperationId.GET_PRODUCT,
        reply=Reply(outcome=Outcome.OK, value={"id": "1", "name": "a"}, exchanges=exchanges),
        fields=("id",),
    )
    row = comparison_row(result)
    assert (row.last_byte, row.bytes_up, row.bytes_down, row.round_trips) == (1.0, 20, None, 2)


def test_every_number_has_a_definition() -> None:
    """Each figure of a row that is not a name can be explained in a tooltip."""
    figures = set(comparison_row.__annotations__["return"].__slots__) - {"lane", "outcome", "status"}
    assert figures <= set(DEFINITIONS)


NAMES = st.sampled_from(["id", "userId", "user_id", "items", "name"])
PARTS = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
WANTED = st.lists(
    st.sampled_from(["id", "user_id", "items", "items.id", "items.name", "name.id"]), max_size=3
)


@given(base=PARTS, other=PARTS, wanted=WANTED)
def test_nothing_needs_a_copy_of_what_was_asked_for(base: object, other: object, wanted: list[str]) -> None:
    """Differences and sizes within the wanted fields are those of values that hold nothing else."""
    left, right = selected(base, wanted), selected(other, wanted)
    assert semantic_diff(base, other, wanted) == semantic_diff(left, right)
    measured = over_fetch(base, wanted)
    if base is not None:
        assert measured.bytes_total - measured.bytes_extra == over_fetch(left, ()).bytes_total
