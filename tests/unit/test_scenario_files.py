"""Scenario files: what a good one says, and that a bad one is told by line and reason, whatever is in it."""

import itertools
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.cli.scenario_files import check_rules, open_catalog
from app.domain.errors import InvalidInput
from app.domain.lanes import Lane
from app.infrastructure.paths import user_paths
from app.operations.scenarios.reading import read_file, read_text
from app.operations.scenarios.script import Force, Load, ScenarioError
from app.resilience.backoff import Jitter
from app.resilience.setting_specs import WindowKind

GOOD = """\
title = "A title"
about = "What it teaches."
seed = 7
duration = 30
operation = "get-order"
fields = ["id", "total"]
lanes = ["grpc", "rest"]

[params]
id = 2

[settings]
failure_threshold = 3
deadline = "none"
window = "share of the last calls"

[settings.grpc]
failure_threshold = 4

[[step]]
at = 0
caption = "All is\\n well."
load = { rate = 2.0, burst = 3, calls = 10 }

[[step]]
at = 10.5
faults = [{ kind = "error", rate = 0.5 }]
settings = { jitter = "full", rest = { max_retries = 0 } }
force = "open"

[[step]]
at = 20
clear = true
call = 4
faults = { rest = [{ kind = "hang" }], graphql = [{ kind = "hang" }] }
force = "reset"
"""


def test_a_good_file_says_what_it_says() -> None:
    """Every key arrives in its type, for the lanes that play; a lane's own settings win over the common."""
    script = read_text(GOOD, check_rules, name="good")
    rest, grpc = Lane.REST, Lane.GRPC
    assert (script.name, script.title, script.seed, script.duration) == ("good", "A title", 7, 30.0)
    assert (script.operation, script.params, script.fields) == ("get-order", {"id": "2"}, ("id", "total"))
    assert script.lanes == (rest, grpc)
    assert script.settings[rest].failure_threshold == 3
    assert script.settings[grpc].failure_threshold == 4
    assert (script.settings[rest].deadline, script.settings[rest].window) == (None, WindowKind.COUNT)
    first, second, third = script.steps
    assert (first.caption, first.load) == ("All is well.", Load(rate=2.0, burst=3, calls=10))
    assert second.faults == dict.fromkeys((rest, grpc), ({"kind": "error", "rate": 0.5},))
    assert second.settings == {rest: {"jitter": Jitter.FULL, "max_retries": 0}, grpc: {"jitter": Jitter.FULL}}
    assert (second.force, third.force, third.clear, third.call) == (Force.OPEN, Force.RESET, True, 4)
    assert third.faults == {rest: ({"kind": "hang"},)}


HEAD = "title = 'x'\nduration = 10\n"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("title = 'x'\nduration = = 3\n", 2, "Invalid value"),
        ("title = 'x'\nduration = 10\n[[step]\nat = 0\n", 3, "Expected"),
        (HEAD + "[[step]]\nat = 0\nat = 1\n", 5, "overwrite"),
        ("title = 'x'\n[[step]]\nat = 0\n", 1, "duration is missing"),
        (HEAD + "colour = 'red'\n[[step]]\nat = 0\n", 3, "'colour' is no key of a scenario"),
        ("title = 3\nduration = 10\n[[step]]\nat = 0\n", 1, "title must be text"),
        (HEAD + "seed = -1\n[[step]]\nat = 0\n", 3, "seed must be a whole number"),
        ("duration = nan\n[[step]]\nat = 0\n", 1, "duration must be a number"),
        ("duration = 99999\n[[step]]\nat = 0\n", 1, "from 0.001 to 3600"),
        (HEAD + "operation = 'get-nothing'\n[[step]]\nat = 0\n", 3, "operation must be one of"),
        (HEAD + "lanes = ['soap']\n[[step]]\nat = 0\n", 3, "'soap' is no lane"),
        (HEAD + "lanes = []\n[[step]]\nat = 0\n", 3, "at least one lane"),
        (HEAD + "fields = ['colour']\n[[step]]\nat = 0\n", 3, "'colour' is none of"),
        (HEAD + "[params]\ncolour = 1\n[[step]]\nat = 0\n", 4, "has no 'colour'"),
        (HEAD + "operation = 'list-products'\n[params]\npage = 1\nlimit = 900\n[[step]]\n", 6, "limit"),
        (HEAD + "[settings]\nmax_retries = 2\nmax_retrys = 3\n[[step]]\n", 5, "'max_retrys' is no"),
        (HEAD + "[settings]\njitter = 'some'\n[[step]]\nat = 0\n", 4, "jitter must be one of"),
        (HEAD + "[settings]\nmax_retries = 2\n[settings.grpc]\nmax_retries = 2.5\n", 6, "max_retries"),
        (HEAD + "[settings]\ngrpc = { max_retries = 2.5 }\n", 4, "max_retries"),
        (HEAD, 1, "has no step"),
        (HEAD + "step = 3\n", 3, "[[step]]"),
        (HEAD + "[[step]]\ncaption = 'no time'\n", 3, "at is missing"),
        (HEAD + "[[step]]\nat = 0\n[[step]]\nat = 11\n", 6, "at must be a number from 0 to 10"),
        (HEAD + "[[step]]\nat = 5\n[[step]]\n# later\nat = 4\n", 7, "order of time"),
        (HEAD + "[[step]]\nat = 0\ncolour = 1\n", 5, "'colour' is no key of a step"),
        (HEAD + "[[step]]\nat = 0\nforce = 'ajar'\n", 5, "force must be one of open, reset, disable"),
        (HEAD + "[[step]]\nat = 0\ncall = 1.5\n", 5, "call must be a whole number"),
        (HEAD + "[[step]]\nat = 0\nclear = 1\n", 5, "clear must be true or false"),
        (HEAD + "[[step]]\nat = 0\nload = { calls = 3 }\n", 5, "rate is missing"),
        (HEAD + "[[step]]\nat = 0\nload = { rate = 1, size = 3 }\n", 5, "'size' is no key of a load"),
        (HEAD + "[[step]]\nat = 0\n[step.load]\nrate = 900\n", 5, "rate must be a number"),
        (HEAD + "[[step]]\nat = 0\nstream = { count = 0 }\n", 5, "count must be a whole number from 1"),
        (HEAD + "[[step]]\nat = 0\nstream = { pace = 2 }\n", 5, "'pace' is no key of a stream"),
        (HEAD + "[[step]]\nat = 0\nsettings = { budget = 3 }\n", 5, "budget must be true or false"),
        (HEAD + "[[step]]\nat = 0\nfaults = 'all'\n", 5, "faults must be a list"),
        (HEAD + "[[step]]\nat = 0\nfaults = { soap = [] }\n", 5, "'soap' is no lane"),
        (HEAD + "[[step]]\nat = 0\nfaults = [{ kind = 'eror' }]\n", 5, "rest[0].kind: must be one of error"),
        (HEAD + "[[step]]\nat = 0\nfaults = [{ kind = 'error', rate = 2 }]\n", 5, "rest[0].rate"),
        (HEAD + "[[step]]\nat = 0\nfaults = { rest = [{ kind = 'error', code = 'X' }] }\n", 5, "not a code"),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_by_line_and_reason(text: str, line: int, why: str) -> None:
    """The message names the file, the line on which the value stands, and what is wrong with it."""
    with pytest.raises(ScenarioError) as caught:
        read_text(text, check_rules, name="mine")
    assert (caught.value.line, why in caught.value.why) == (line, True), str(caught.value)
    assert str(caught.value).startswith(f"mine, line {line}: ")


def test_files_that_are_no_text_are_told_too(tmp_path: Path) -> None:
    """Missing, a folder, not UTF-8, too large: each is the scenario error and names the file."""
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"title = 'x'\nabout = 'caf\xe9'\n")
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * 1_000_001)
    for path, line, why in (
        (tmp_path / "none.toml", 0, "none.toml: cannot be read"),
        (tmp_path, 0, "cannot be read"),
        (latin, 2, "latin.toml, line 2: .*UTF-8"),
        (huge, 0, "huge.toml: is larger"),
    ):
        with pytest.raises(ScenarioError, match=why) as caught:
            read_file(path, check_rules)
        assert (caught.value.line, caught.value.file) == (line, str(path))


WORDS = (
    "title about seed duration operation params fields lanes settings step at caption faults load call clear"
    " force rate burst calls rest grpc kind max_retries deadline jitter window id ms"
)
words = st.sampled_from(WORDS.split())
values = st.recursive(
    st.one_of(
        st.integers(-(10**30), 10**30).map(str),
        st.floats().map(str),
        st.booleans().map(lambda flag: str(flag).lower()),
        st.sampled_from(["'error'", "'none'", "'rest'", "'get-product'", "1979-05-27", "''", "'full'"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.dictionaries(words, inner, max_size=3).map(
            lambda each: "{" + ", ".join(f"{key} = {value}" for key, value in each.items()) + "}"
        ),
    ),
    max_leaves=6,
)
lines = st.one_of(
    st.tuples(words, values).map(" = ".join),
    words.map(lambda word: f"[{word}]"),
    words.map(lambda word: f"[[{word}]]"),
    st.sampled_from(
        ["[settings.rest]", "[step.load]", "[step.faults]", "duration = 10", "[[step]]", "at = 0"]
    ),
)


@given(st.one_of(st.lists(lines, max_size=12).map("\n".join), st.text(max_size=60)))
@example("a = " + "[" * 5000)
@example("a = " + "9" * 5000)
@example("duration = 10\n[[step]]\nat = 1" + "0" * 4000)
@example("[a.b]\n[settings]\n[settings.rest.x]")
def test_whatever_is_in_a_file_it_is_a_script_or_the_scenario_error(text: str) -> None:
    """Nothing else ever comes out of the reader, and the line that is named exists."""
    try:
        script = read_text(text, check_rules, name="fuzz")
    except ScenarioError as error:
        assert 1 <= error.line <= max(1, len(text.splitlines())) + 1  # noqa: PT017
    else:
        assert all(0 <= step.at <= script.duration for step in script.steps)


def test_the_example_in_the_description_is_a_scenario() -> None:
    """What docs/scenarios.md shows can be played as it stands."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert len(read_text(example, check_rules, name="example").steps) == 3


def test_every_shipped_scenario_is_good_and_teaches() -> None:
    """Each has a title, an about and a caption for each step, one sentence or two, and ends in an hour."""
    entries = open_catalog(user_paths()).entries()
    names = {entry.name for entry in entries}
    assert names >= {
        "unreliable", "flaky-twice", "slow-dependency", "brown-out", "thundering-herd", "rate-limited",
        "late-results", "reset-mid-stream",
    }  # fmt: skip
    for entry in entries:
        assert entry.script is not None, entry.error
        assert entry.script.about
        assert all(step.caption.endswith(".") for step in entry.script.steps), entry.name
        assert len({step.caption for step in entry.script.steps}) == len(entry.script.steps)


def test_shipped_scenarios_come_in_the_order_in_which_they_teach() -> None:
    """A single failure first, a crowd of clients only after the outage that it meets."""
    names = [entry.name for entry in open_catalog(user_paths()).entries()]
    assert names[:5] == ["unreliable", "flaky-twice", "slow-dependency", "brown-out", "thundering-herd"]


def test_a_broken_file_of_ones_own_is_listed_and_hides_no_other() -> None:
    """The list holds all shipped ones and all of one's own; the broken one carries its error."""
    catalog = open_catalog(user_paths())
    shipped = [entry.name for entry in catalog.entries()]
    catalog.own_folder.mkdir(parents=True)
    (catalog.own_folder / "aa-broken.toml").write_text("title = 'x'\nduration = 'long'\n")
    (catalog.own_folder / "mine.toml").write_text("duration = 3\n[[step]]\nat = 0\n")
    (catalog.own_folder / "unreliable.toml").write_text("title = 'My own'\nduration = 3\n[[step]]\nat = 0\n")
    (catalog.own_folder / "notes.txt").write_text("none")
    entries = {entry.name: entry for entry in catalog.entries()}
    assert set(entries) == {*shipped, "aa-broken", "mine"}
    error = entries["aa-broken"].error
    assert error is not None
    assert (error.line, entries["aa-broken"].script) == (2, None)
    assert (entries["unreliable"].title, entries["unreliable"].own) == ("My own", True)
    assert catalog.find("unreliable").title == "My own"
    assert catalog.find(str(catalog.own_folder / "mine.toml")).name == "mine"


def test_a_name_that_is_unknown_is_told_with_those_that_are_known() -> None:
    """A slip of the pen is answered with the list."""
    with pytest.raises(InvalidInput, match=r"'unrelaible' is none of .*unreliable"):
        open_catalog(user_paths()).find("unrelaible")


def test_steps_of_one_moment_keep_their_order() -> None:
    """Equal times are allowed and stay as written."""
    text = HEAD + "".join(f"[[step]]\nat = 1\ncaption = '{name}'\n" for name in "abc")
    steps = read_text(text, check_rules, name="mine").steps
    assert [step.caption for step in steps] == ["a", "b", "c"]
    assert all(one.at <= two.at for one, two in itertools.pairwise(steps))
