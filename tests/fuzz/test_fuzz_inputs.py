"""hypothesis against what a person may hand to the program: scenarios, settings, layouts, command lines.

Each target begins with something valid and damages it: bytes, characters, values, nesting, size. Random texts
and bytes come between. What must hold is the same everywhere: no exception but ours, and that a sentence.
"""

import itertools
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from click.testing import CliRunner
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QSettings
from pytestqt.qtbot import QtBot

from app.bootstrap import desktop
from app.bootstrap.opening import Opening
from app.cli import commands
from app.cli.scenario_files import check_rules
from app.domain.operations import OPERATIONS
from app.domain.parameters import problems
from app.infrastructure.settings import Settings, SettingsStore
from app.operations.scenarios.reading import read_file
from app.operations.scenarios.script import ScenarioError, Script
from app.ui.theme import ThemeSource, load_theme
from tests.fuzz.conftest import CASES, ROOT, SEED
from tests.support.sample_panels import SampleShell

SHIPPED = sorted((ROOT / "resources" / "scenarios").glob("*.toml"))
SETTINGS = """
[appearance]
theme = "dark"  # mine
reduced_motion = true
body_points = 12
[login]
email = "me@example.com"
token_life = 60
[calls]
workers = 8
[remembered]
"operation" = "get-product"
[later]
unknown = [1, 2]
"""

Attack = Callable[[Callable[..., None]], Callable[..., None]]


def attack(**strategies: st.SearchStrategy[Any]) -> Attack:
    """As many cases as were asked for, from the seed that was asked for, one after the other."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        checks = settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        return seed(SEED)(checks(given(**strategies)(test)))

    return decorate


# --- what is generated --------------------------------------------------------------------------------------

odd_text = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        ["", "\0", "\ufeff", "\u202eabc", "é" * 300, "\ud7ff", "a" * 100_000, "%s{}$", "../..", "1e999"]
    ),
)
odd_value = st.one_of(
    st.none().map(lambda _: []),
    st.booleans(),
    st.integers(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.lists(st.integers() | st.text(st.characters(exclude_categories=["Cs", "Cc"])), max_size=4),
    st.dictionaries(
        st.sampled_from(["rest", "grpc", "rate", "kind", "x"]), st.integers() | st.booleans(), max_size=3
    ),
    st.dates(),
)
deep = st.integers(1, 3000).flatmap(
    lambda depth: st.sampled_from(
        [
            "a = " + "[" * depth,
            "a = " + "[" * depth + "]" * depth,
            "a = " + "{b = " * depth,
            "[" + "a." * depth + "a]",
        ]
    )
)
raw = st.one_of(
    st.binary(max_size=400),
    odd_text.map(lambda text: text.encode("utf-8", "surrogatepass")),
    deep.map(str.encode),
    st.integers(0, 20_000).map(lambda digits: f"seed = 1{'0' * digits}".encode()),
    st.integers(1, 1_200_000).map(lambda size: b"# " + b"x" * size),
)


@st.composite
def damaged_bytes(draw: st.DrawFn, text: str) -> bytes:
    """``text`` with pieces cut out, doubled, flipped or replaced."""
    data = bytearray(text.encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 30))
        match draw(st.sampled_from(["cut", "double", "flip", "put", "end"])):
            case "cut":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length]
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "put":
                data[at:at] = draw(
                    st.binary(max_size=6) | st.sampled_from([b"\0", b"\n", b'"""', b"[[", b"=", b"\xff"])
                )
            case _:
                del data[at:]
    return bytes(data)


@st.composite
def changed_toml(draw: st.DrawFn, text: str) -> bytes:
    """``text`` as TOML with some of its values replaced, removed or renamed, and still TOML."""
    document = tomllib.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        table: Any = document
        while True:
            key = draw(st.sampled_from(sorted(table))) if isinstance(table, dict) and table else None
            below = None if key is None else table[key]
            if isinstance(below, list) and below and isinstance(below[0], dict):
                below = draw(st.sampled_from(below))
            if not isinstance(below, dict) or not below or draw(st.booleans()):
                break
            table = below
        match draw(st.sampled_from(["value", "value", "remove", "add"])):
            case "value" if key is not None:
                table[key] = draw(odd_value)
            case "remove" if key is not None:
                del table[key]
            case _:
                name = draw(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8))
                table[name] = draw(odd_value)
    return tomlkit.dumps(document).encode()


scenario_bytes = st.sampled_from([file.read_text() for file in SHIPPED]).flatmap(
    lambda text: st.one_of(damaged_bytes(text), changed_toml(text), raw, st.just(text.encode()))
)
settings_bytes = st.one_of(damaged_bytes(SETTINGS), changed_toml(SETTINGS), raw, st.just(SETTINGS.encode()))


# --- scenarios ----------------------------------------------------------------------------------------------


@pytest.mark.fuzz
@pytest.mark.timeout(0)
def test_a_scenario_file_is_read_or_refused_with_its_line(tmp_path: Path) -> None:
    """A script, or a ScenarioError that names the file, a line that is in it, and why."""
    file = tmp_path / "mine.toml"
    found = {"read": 0, "refused": 0}

    @attack(data=scenario_bytes)
    def check(data: bytes) -> None:
        file.write_bytes(data)
        refusal: ScenarioError | None = None
        try:
            script = read_file(file, check_rules)
        except ScenarioError as error:
            found["refused"] += 1
            refusal = error
        else:
            found["read"] += 1
            assert isinstance(script, Script)
            assert script.steps
        if refusal is not None:
            assert str(file) in str(refusal)
            assert 1 <= refusal.line <= data.count(b"\n") + 1 or data.count(b"\r"), refusal
            assert refusal.why.strip()
        assert file.read_bytes() == data

    check()
    print(f"scenarios: {found}")


# --- settings -----------------------------------------------------------------------------------------------


@pytest.mark.fuzz
@pytest.mark.timeout(0)
def test_a_settings_file_is_used_or_set_aside_and_what_is_in_force_comes_back(tmp_path: Path) -> None:
    """No damage stops the start, none is lost or silent, and what was saved is read again."""
    numbers = itertools.count()
    found = {"used": 0, "set aside": 0, "with problems": 0}

    @attack(data=settings_bytes)
    def check(data: bytes) -> None:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        file = folder / "settings.toml"
        file.write_bytes(data)
        store = SettingsStore(file)
        loaded = store.load()
        assert isinstance(loaded, Settings)
        aside = list(folder.glob("settings.toml.broken-*"))
        if file.exists():
            found["used"] += 1
            assert file.read_bytes() == data
        else:
            found["set aside"] += 1
            assert [one.read_bytes() for one in aside] == [data]
            assert "kept as" in store.problems[0]
            assert loaded == Settings()
        found["with problems"] += bool(store.problems)
        store.save(loaded)
        again = SettingsStore(file)
        assert again.load() == loaded
        for one in folder.iterdir():
            one.unlink()
        folder.rmdir()

    check()
    print(f"settings: {found}")


# --- layouts ------------------------------------------------------------------------------------------------


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """``data`` with bytes changed or the end cut off, or something else."""

    def change(changes: list[tuple[int, int]]) -> bytes:
        changed = bytearray(data)
        for at, value in changes:
            changed[at] = value
        return bytes(changed)

    flips = st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), min_size=1, max_size=6)
    cuts = st.integers(0, len(data)).map(lambda cut: data[:cut])
    return st.one_of(flips.map(change), cuts, st.binary(max_size=200))


@pytest.mark.fuzz
@pytest.mark.timeout(0)
def test_a_persisted_layout_leaves_a_window_that_can_be_used(tmp_path: Path, qtbot: QtBot) -> None:
    """Whatever the bytes are: an arrangement is in force, with its docks, in a window with a size."""
    file = tmp_path / "layout.ini"
    store = QSettings(str(file), QSettings.Format.IniFormat)
    shell = SampleShell(store, ThemeSource(load_theme("dark")))
    qtbot.addWidget(shell.window)
    shell.window.resize(1280, 800)
    workspaces = shell.window.workspaces
    ids = [each.id for each in workspaces.choices]
    workspaces.restore()
    workspaces.save()
    geometry = bytes(store.value("window/geometry").data())
    sound = bytes(store.value(f"workspace/{ids[0]}/state").data())

    @attack(
        geometry=damaged(geometry) | st.just(None) | st.just(geometry),
        state=damaged(sound) | st.just(sound),
        current=st.sampled_from([*ids, "", "no-such"]) | odd_text | st.integers(-(2**31), 2**31 - 1),
    )
    def check(geometry: bytes | None, state: bytes, current: Any) -> None:
        store.setValue("window/geometry", "text" if geometry is None else QByteArray(geometry))
        store.setValue("workspace/current", current)
        for each in ids:
            store.setValue(f"workspace/{each}/state", QByteArray(state))
        workspaces._current = ""
        workspaces.restore()
        assert workspaces.current is not None
        assert shell.window.width() > 0
        assert shell.window.height() > 0
        shown = {name for name, dock in shell.window.docks.items() if not dock.isHidden()}
        if state != sound:
            assert shown == workspaces.current.panels & set(shell.window.docks)

    check()
    workspaces.save()
    shell.session.log_out()
    shell.window.close()


@pytest.mark.fuzz
@pytest.mark.timeout(0)
def test_a_layout_file_of_any_bytes_can_be_opened(tmp_path: Path) -> None:
    """The file's own form may be damaged too: every value is one of ours or ignored."""
    file = tmp_path / "layout.ini"

    @attack(
        data=damaged_bytes("[window]\ngeometry=@ByteArray(\\x1\\xd9\\0\\0)\n[workspace]\ncurrent=call\n")
        | raw
    )
    def check(data: bytes) -> None:
        file.write_bytes(data)
        store = QSettings(str(file), QSettings.Format.IniFormat)
        value = store.value("window/geometry")
        assert value is None or isinstance(value, QByteArray | str | list | bytes), type(value)
        str(store.value("workspace/current", ""))

    check()


# --- command lines ------------------------------------------------------------------------------------------

option = st.sampled_from(
    [
        "--operation",
        "--param",
        "--fields",
        "--lanes",
        "--rest",
        "--graphql",
        "--grpc",
        "--seed",
        "--workspace",
    ]
)
word = st.one_of(
    odd_text.filter(lambda text: len(text) < 1000),
    st.sampled_from([one.value for one in OPERATIONS]),
    st.sampled_from(
        [
            "compare",
            "stream",
            "id=7",
            "id=",
            "=",
            "limit=0",
            "name=x",
            "price=nan",
            "lines=1:2",
            "id,name",
            "rest,grpc",
            "rest",
        ]
    ),
    st.sampled_from(
        ["http://[::1", "http://h:99999", "http://127.0.0.1:1", "[::1]:5", "h:p", "127.0.0.1:50051", "-1"]
    ),
    st.tuples(st.sampled_from(["id", "limit", "name", "price", "user_id", "lines"]), odd_text).map("=".join),
)


sensible = st.one_of(
    st.tuples(st.just("--operation"), st.sampled_from([one.value for one in OPERATIONS])),
    st.tuples(st.just("--lanes"), st.sampled_from(["rest", "grpc,rest", "rest, graphql"])),
    st.tuples(
        st.just("--param"), st.integers().map("id={}".format) | st.text(max_size=5).map("id={}".format)
    ),
    st.tuples(st.just("--fields"), st.sampled_from(["id", "name,id", "price"])),
    st.tuples(st.just("--workspace"), st.sampled_from(["compare", "stream"])),
    st.tuples(st.just("--seed"), st.integers(0, 2**40).map(str)),
)


@pytest.mark.fuzz
@pytest.mark.timeout(0)
def test_a_command_line_is_understood_or_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Either the command would begin, or it ends with code 2 and says what is wrong. Nothing starts."""
    opened: list[Opening] = []

    def open_window(settings: object, opening: Opening) -> int:
        opened.append(opening)
        return 0

    monkeypatch.setattr("app.cli.run.attended", lambda job, code=None: True)
    monkeypatch.setattr(commands, "has_display", lambda environ: True)
    monkeypatch.setattr(desktop, "open_window", open_window)
    runner = CliRunner()
    codes: dict[int, int] = {}

    @attack(
        pairs=st.lists(sensible | sensible | sensible | st.tuples(option, word), max_size=4),
        command=st.sampled_from([("run", "compare"), ("run", "repeat"), ()]),
    )
    def check(pairs: list[tuple[str, str]], command: tuple[str, ...]) -> None:
        opened.clear()
        end = runner.invoke(commands.cli, [*command, *itertools.chain(*pairs)])
        codes[end.exit_code] = codes.get(end.exit_code, 0) + 1
        assert end.exception is None or isinstance(end.exception, SystemExit), end.exception
        assert end.exit_code in (0, 2)
        assert end.exit_code == 0 or "Error: " in end.output
        assert "Traceback" not in end.output
        assert len(opened) == (end.exit_code == 0 and not command)
        if opened and opened[0].operation is not None and opened[0].params is not None:  # else the form's own
            assert not problems(OPERATIONS[opened[0].operation], dict(opened[0].params))

    check()
    print(f"command lines: {codes}")
