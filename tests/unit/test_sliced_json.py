"""Large JSON in pieces: the same values and refusals as json.loads, while other threads get their turn."""

import gc
import json
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sliced_json import dumps, loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=60,
)
CATALOG = {"products": [{"id": str(n), "name": f"Product, {n}", "price": n / 7} for n in range(60_000)]}
KEYS = {f"key {n}": {"value": n, "list": [1, 2]} for n in range(60_000)}


@given(value=VALUES, indent=st.sampled_from([None, 0, 3]), piece=st.integers(4, 40))
def test_any_value_comes_out_as_it_went_in(value: object, indent: int | None, piece: int) -> None:
    """However small the pieces, wherever they are cut."""
    text = json.dumps(value, indent=indent)
    assert loads(text, small=0, piece=piece) == value
    assert loads(text.encode(), small=0, piece=piece) == value


@given(value=VALUES)
def test_a_value_is_written_as_json_writes_it(value: object) -> None:
    """The text is that of json.dumps without escapes for letters."""
    assert dumps(value) == json.dumps(value, ensure_ascii=False)


@given(value=VALUES, place=st.integers(0, 400), letter=st.sampled_from('",:[]{}x1 \\'))
def test_what_is_no_json_is_refused_alike(value: object, place: int, letter: str) -> None:
    """A text with one letter changed is refused by both or means the same to both."""
    text = json.dumps(value)
    at = place % len(text)
    broken = text[:at] + letter + text[at + 1 :]
    try:
        wanted = json.loads(broken)
    except ValueError:
        with pytest.raises(ValueError, match=r"line \d+ column \d+"):
            loads(broken, small=0, piece=7)
    else:
        assert loads(broken, small=0, piece=7) == wanted


@pytest.mark.parametrize("text", ["[1, 2", '{"a": 1', '{"a" 1}', "[1 2]", "nul", "", "[1],", '"abc', "[-]"])
def test_a_text_that_breaks_off_is_refused(text: str) -> None:
    """With a place, like any other broken JSON."""
    with pytest.raises(json.JSONDecodeError):
        loads(text, small=-1, piece=4)


def test_numbers_that_a_cut_would_shorten_stay_whole() -> None:
    """A cut behind 12 of 1234 is noticed."""
    text = "[" + ",".join(["1234567"] * 50) + "]"
    for piece in range(4, 20):
        assert loads(text, small=0, piece=piece) == [1234567] * 50


@pytest.mark.parametrize("value", [CATALOG, {"numbers": list(range(600_000))}, {"a": "x" * 4_000_000}, KEYS])
def test_no_step_keeps_the_interpreter_to_itself(value: object) -> None:
    """Between two lines of Python, where a waiting thread may get its turn, little time passes.

    In processor time of this thread, so that a busy machine says the same as an idle one.
    """
    text = json.dumps(value)
    started = time.thread_time()
    json.loads(text)
    at_once = time.thread_time() - started
    steps = [time.thread_time()]

    def note(*_about: object) -> Callable[..., object]:
        steps.append(time.thread_time())
        return note

    before = sys.gettrace()
    gc.disable()  # as the program does, which collects between events
    sys.settrace(note)
    try:
        found = loads(text)
    finally:
        sys.settrace(before)
        gc.enable()
    assert found == value
    assert max(after - before for before, after in pairwise(steps)) < max(at_once / 4, 0.02)
