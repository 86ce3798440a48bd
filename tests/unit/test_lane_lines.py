"""Bodies as lines: structure, folding, marks, wrapping, and the story before a body."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Phases, Reply
from app.operations.compare import semantic_diff
from app.viewmodels.asked import neutral_path
from app.viewmodels.diff_text import diff_document
from app.viewmodels.figures import age, seconds, size
from app.viewmodels.json_lines import Style, json_lines, plain, wrapped
from app.viewmodels.lane_chips import result_chips
from app.viewmodels.line_document import LineDocument
from app.viewmodels.line_search import LineSearch
from app.viewmodels.response_text import raw_document, response_document
from app.viewmodels.timing import Phase, stretches, timing_rows
from tests.support.lane_samples import (
    ORDER,
    graphql_partial,
    grpc_ok,
    invalid,
    rejected_with_copy,
    rest_ok,
    unavailable,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def document(value: Any, **more: Any) -> LineDocument:
    """Every line of a value."""
    found = LineDocument(lambda _columns: json_lines(value, **more))
    found.finish()
    return found


def story(result: CallResult, *, columns: int = 60, **more: Any) -> str:
    """What the Response tab says, with plain spaces."""
    found = response_document(result, result.reply.value, **more)
    found.restart(columns)
    found.finish()
    return found.text().replace("\u00a0", " ")


@given(VALUES)
def test_lines_are_the_value(value: Any) -> None:
    """The lines read together are JSON for the same value, whatever was put on one line."""
    assert json.loads(document(value).text()) == value


@settings(max_examples=50)
@given(VALUES, st.data())
def test_rows_and_lines_agree_under_any_folding(value: Any, data: st.DataObject) -> None:
    """Each visible row's line knows its row, in whatever order ranges were folded."""
    found = document(value)
    foldable = [index for index in range(len(found.lines)) if found.foldable(index)]
    for index in data.draw(st.lists(st.sampled_from(foldable))) if foldable else []:
        found.toggle(index)
    shown = [found.line_at(row) for row in range(found.rows)]
    assert [found.row_of(index) for index in shown] == list(range(found.rows))
    assert shown == sorted(set(shown))
    found.unfold_all()
    assert found.rows == len(found.lines)


def test_small_objects_stay_on_one_line() -> None:
    """An object of a few short scalars takes one line, the outermost never."""
    assert document({"product": {"name": "Mouse"}}).text() == '{\n  "product": { "name": "Mouse" }\n}'


def test_folded_line_tells_how_much_is_inside() -> None:
    """A folded list says its number of items."""
    found = document([[1, 2, {"deep": list(range(40))}], 2])
    assert found.toggle(1)
    assert plain(found.lines[1], folded=True) == "  [ … ],  3 items"


def test_unwanted_leaves_are_marked() -> None:
    """Leaves whose path was not asked for carry the mark; the others do not."""
    found = document(ORDER, asked=lambda path: path in {"id", "items.product.name"})
    marked = {line.key for line in found.lines if line.extra}
    assert {"total", "status", "price", "stock"} <= marked
    assert "name" not in marked


def test_long_value_is_drawn_short_and_copied_whole() -> None:
    """A megabyte in one string is cut on the screen only."""
    found = document({"blob": "x" * 1_000_000})
    assert len(plain(found.lines[1])) < 3_000
    assert len(found.text()) > 1_000_000


def test_document_is_built_in_slices() -> None:
    """A large value is not laid out at once: the first slice ends after its time."""
    now = iter(range(1_000_000))
    found = LineDocument(lambda _columns: json_lines(list(range(10_000))), clock=lambda: float(next(now)))
    found.restart(80)
    assert not found.advance(1.0)
    assert 0 < len(found.lines) < 10_000


@given(st.text(alphabet="ab c", max_size=200), st.integers(min_value=12, max_value=60))
def test_wrapping_keeps_every_word(text: str, columns: int) -> None:
    """Wrapped lines fit the width and lose nothing but spaces."""
    rows = [plain(line) for line in wrapped([(text, Style.TEXT)], columns)]
    assert all(len(row) <= columns for row in rows)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")


def test_search_counts_lines_and_goes_round() -> None:
    """The search finds each line once and goes on at the beginning after the last."""
    found = document({"a": "needle", "b": "other", "c": "Needle"})
    search = LineSearch("NEEDLE")
    search.advance(found)
    assert search.matches == [1, 3]
    assert search.done(found)
    assert [search.position(3, 1), search.position(1, -1), search.position(1, 0)] == [0, 1, 0]


def test_failed_call_tells_its_attempts() -> None:
    """A failure says that it was injected, by which rule, and how long it waited between attempts."""
    text = story(unavailable(), columns=80)
    assert "503 Service Unavailable · injected: failure rate 70 %" in text
    assert "attempt 1  3.0 ms  503 Service Unavailable  wait 530 ms" in text
    assert "wait 1.04 s (Retry-After)" in text


def test_injected_delay_does_not_hide_why_a_request_was_refused() -> None:
    """A refusal that was only slowed down keeps its reason, with the rule behind it."""
    refused = invalid()
    slow = replace(refused, reply=replace(refused.reply, injected="delay 100 ms"), attempts=())
    text = story(slow, columns=200)
    assert f"{refused.reply.message} (injected: delay 100 ms)" in text


def test_real_failure_is_told_from_an_injected_one() -> None:
    """Without a rule the server's own words stand there, and that nothing was injected."""
    text = story(unavailable(injected=None))
    assert "The service is overloaded." in text
    assert "real, no fault was injected" in " ".join(text.split())


def test_stale_copy_is_told_with_its_age() -> None:
    """A served copy says how old it is, and the rejection how long the circuit would have stayed open."""
    text = story(rejected_with_copy(), rejected_for=4.1)
    assert "REJECTED by open circuit; 4.1 s were left" in text
    assert "attempt 3  rejected by open circuit; 4.1 s were left" in text
    assert "Fallback served: stale copy, 12 s old" in text
    assert '"total": 1059.97' in text


def test_a_refused_call_says_what_was_left_in_the_past_tense() -> None:
    """Minutes later the words are still true; the chip says the seconds in a wide and in a narrow lane."""
    refused = Reply(outcome=Outcome.REJECTED, retry_after=7.53)
    call = replace(rejected_with_copy(), reply=refused, stale=None, error=None)
    text = story(call)
    assert "REJECTED by open circuit; 7.5 s were left" in text
    assert text.count("were left") == 2  # the headline and the last attempt
    assert "see why, and until when, in the diagram (Ctrl+6)" in " ".join(text.split())
    chip = result_chips(call)[0]
    said = [words.replace("\u00a0", " ") for words in (chip.text, chip.short)]
    assert said == ["rejected by open circuit, 7.5 s", "rejected, 7.5 s"]


def test_narrow_lane_keeps_the_number_of_the_status() -> None:
    """Where an attempt's words have no room, its line still fits."""
    rows = story(unavailable(), columns=39).splitlines()
    assert "attempt 1  3.0 ms  503  wait 530 ms" in rows


@pytest.mark.parametrize(("columns", "form"), [(80, "14 UNAVAILABLE"), (36, "14")])
def test_attempts_of_one_list_are_told_in_one_form(columns: int, form: str) -> None:
    """The last attempt has no wait and so more room; its status is as short or long as those before it."""
    failed = rejected_with_copy()
    last = replace(failed.attempts[1], number=3, wait_after=None)
    rows = story(replace(failed, attempts=(*failed.attempts[:2], last)), columns=columns).splitlines()
    statuses = [row.split("ms  ")[1].split("  wait")[0] for row in rows if row.startswith("attempt")]
    assert statuses == [form] * 3


def test_partial_data_is_told_as_such() -> None:
    """GraphQL data with errors begins with the error."""
    assert story(graphql_partial()).startswith("Partial data · items: the stock service did not answer")


def test_validation_error_names_the_fields() -> None:
    """Each refused field stands on its own line with the reason."""
    assert "price  must be finite" in story(invalid())


def test_a_detail_that_is_the_message_is_said_once() -> None:
    """Servers repeat a single detail in the message; a person reads it once."""
    refused = invalid()
    why = "must be finite"
    only = replace(refused.reply, message=f"price: {why}", details=(("price", why),), exchanges=())
    assert story(replace(refused, reply=only, attempts=())).count(why) == 1


def test_raw_shows_every_exchange() -> None:
    """All three round trips of a REST order are there with status, headers and body."""
    found = raw_document(rest_ok())
    found.finish()
    text = found.text()
    assert text.count("200 OK") == 3
    assert "GET /api/v1/products/2" in text
    assert "ETag: " in text


def test_raw_body_of_one_line_is_cut_to_the_width() -> None:
    """A minified body wraps, and reads the same when put together."""
    found = raw_document(rest_ok())
    found.restart(30)
    found.finish()
    assert max(len(plain(line)) for line in found.lines) <= 30
    assert json.dumps(ORDER["items"][0]["product"], separators=(",", ":")) in found.text().replace("\n", "")


def test_unknown_phases_stay_unknown() -> None:
    """What gRPC cannot see is unknown, and so is the phase after it; a reused connection says so."""
    unseen = {
        one.phase: one for one in stretches(Phases(queued=0.1, first_byte=0.5, last_byte=0.6), reused=None)
    }
    assert unseen[Phase.CONNECT].duration is None
    assert unseen[Phase.FIRST_BYTE].duration is None
    assert unseen[Phase.LAST_BYTE].duration == pytest.approx(0.1)
    reused = {one.phase: one for one in stretches(Phases(queued=0.1, sent=0.3), reused=True)}
    assert reused[Phase.CONNECT].note == "reused"
    assert reused[Phase.SEND].duration == pytest.approx(0.2)


def test_timing_lists_attempts_waits_and_exchanges() -> None:
    """Earlier attempts and their waits come before the exchanges of the last attempt."""
    kinds = [row.kind for row in timing_rows(unavailable())]
    assert kinds == ["attempt", "wait", "attempt", "wait", "attempt", "wait", "exchange"]
    assert [row.kind for row in timing_rows(grpc_ok())] == ["exchange"]
    assert [row.kind for row in timing_rows(rejected_with_copy())][-1] == "rejected"


def test_diff_says_when_there_is_none() -> None:
    """Equal answers give a sentence, different ones the place and both values."""
    same = diff_document(Lane.GRPC, Lane.REST, ())
    same.finish()
    assert same.text().startswith("= No differences from REST")
    other = diff_document(Lane.GRPC, Lane.REST, semantic_diff({"total": 1}, {"total": 2}))
    other.finish()
    assert "total  changed\n- REST    1\n+ gRPC    2" in other.text()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (0.0004, "0.40 ms"),
        (0.0059, "5.9 ms"),
        (0.213, "213 ms"),
        (0.9999, "1.00 s"),
        (95, "95 s"),
    ],
)
def test_durations_read_well(value: float | None, text: str) -> None:
    """Three figures and a unit; nothing known is no zero."""
    assert seconds(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "unknown"), (1284, "1 284 B"), (52_300, "52.3 kB"), (999_600, "1.00 MB")]
)
def test_sizes_read_well(value: int | None, text: str) -> None:
    """Exact below ten thousand, then three figures."""
    assert size(value).replace("\u00a0", " ") == text


def test_ages_read_well() -> None:
    """Seconds, minutes, hours."""
    assert [age(value).replace("\u00a0", " ") for value in (12, 192, 7500)] == ["12 s", "3 m 12 s", "2 h 5 m"]


@pytest.mark.parametrize(
    ("lane", "path", "neutral"),
    [
        (Lane.REST, "data.name", "products.name"),
        (Lane.REST, "metadata.total", "total"),
        (Lane.REST, "links.self", "links.self"),
        (Lane.GRAPHQL, "data.products.name", "products.name"),
        (Lane.GRAPHQL, "data.productsTotal", "total"),
        (Lane.GRAPHQL, "errors.message", None),
        (Lane.GRPC, "products.name", "products.name"),
    ],
)
def test_wire_paths_have_neutral_names(lane: Lane, path: str, neutral: str | None) -> None:
    """What each lane calls a field of the list is brought to one name; errors are no fields."""
    assert neutral_path(lane, OperationId.LIST_PRODUCTS, path) == neutral


def test_mutation_payload_is_no_part_of_a_name() -> None:
    """The product inside createProduct's payload has the same field names as everywhere."""
    path = neutral_path(Lane.GRAPHQL, OperationId.CREATE_PRODUCT, "data.createProduct.product.stock")
    assert path == "stock"
