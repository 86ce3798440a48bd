"""Settings survive people: broken files, wrong kinds, foreign keys, comments."""

import dataclasses
import logging
import stat
from pathlib import Path

import pytest

from app.domain.errors import InvalidInput
from app.infrastructure.logs import start_logging, stop_logging
from app.infrastructure.memory import SettingsMemory
from app.infrastructure.paths import user_paths
from app.infrastructure.settings import AppearanceSettings, Settings, SettingsStore, ThemeChoice


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def write(file: Path, text: str) -> SettingsStore:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return SettingsStore(file)


def test_without_a_file_the_defaults_are_in_force(file: Path) -> None:
    """A first start has nothing to complain about and writes nothing by itself."""
    store = SettingsStore(file)
    assert store.load() == Settings()
    assert store.problems == ()
    assert not file.exists()


def test_what_is_saved_is_what_is_loaded(file: Path) -> None:
    """Every kind of value comes back as the kind it was: no 'false', no None."""
    settings = Settings(
        appearance=AppearanceSettings(theme=ThemeChoice.DARK, reduced_motion=True, body_points=12),
        remembered={"operation.last": "get-order", "with space and = sign": "ä\n\"'"},
    )
    SettingsStore(file).save(settings)
    assert SettingsStore(file).load() == settings


def test_only_what_differs_from_the_defaults_is_written(file: Path) -> None:
    """A later version may change a default that nobody chose."""
    SettingsStore(file).save(Settings(appearance=AppearanceSettings(theme=ThemeChoice.LIGHT)))
    assert file.read_text(encoding="utf-8") == '[appearance]\ntheme = "light"\n'


def test_comments_and_unknown_keys_stay(file: Path) -> None:
    """Saving touches the changed value and not a character beside it."""
    text = (
        "# mine\nfuture = 1\n\n[appearance]\n"
        'theme = "dark"  # easy on the eyes\nzoom = 2\n\n[plugin]\na = [1, 2]\n'
    )
    store = write(file, text)
    settings = store.load()
    store.save(dataclasses.replace(settings, calls=dataclasses.replace(settings.calls, workers=8)))
    assert file.read_text(encoding="utf-8") == text + "\n[calls]\nworkers = 8\n"


def test_a_broken_file_is_set_aside_and_named(file: Path) -> None:
    """Nothing a person wrote is deleted, not even by the second broken file."""
    for number in (1, 2):
        store = write(file, f"not = = toml {number}")
        assert store.load() == Settings()
        assert f"settings.toml.broken-{number}" in store.problems[0]
        assert not file.exists()
    kept = sorted(file.parent.iterdir())
    assert [one.read_text() for one in kept] == ["not = = toml 1", "not = = toml 2"]


def test_bytes_that_are_no_text_are_set_aside_too(file: Path) -> None:
    """A file in another encoding is broken, not fatal."""
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff\xfe\x00")
    store = SettingsStore(file)
    assert store.load() == Settings()
    assert "broken-1" in store.problems[0]


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("[appearance]\ntheme = 'pink'", "appearance.theme is 'pink'"),
        ("[appearance]\nreduced_motion = 'no'", "appearance.reduced_motion is 'no'"),
        ("[calls]\nworkers = true", "calls.workers is True"),
        ("[calls]\nworkers = 0", "calls.workers is 0"),
        ("[calls]\nworkers = 1.5", "calls.workers is 1.5"),
        ("[login]\nemail = 7", "login.email is 7"),
        ("calls = 3", "calls has to be a table"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_and_its_default_taken(file: Path, line: str, where: str) -> None:
    """One bad value costs that value only."""
    store = write(file, line)
    assert store.load() == Settings()
    assert len(store.problems) == 1
    assert where in store.problems[0]


def test_saving_replaces_the_file_in_one_step(file: Path) -> None:
    """No half-written file and no temporary one is left beside it."""
    store = write(file, "x = 1\n")
    before = file.stat().st_ino
    store.save(Settings(remembered={"a": "b"}))
    assert file.stat().st_ino != before
    assert [one.name for one in file.parent.iterdir()] == ["settings.toml"]


def test_memory_keeps_settings_as_typed_values_and_the_rest_as_text(file: Path) -> None:
    """A view-model's "yes" is true in the file, and what has no setting lands under remembered."""
    memory = SettingsMemory(SettingsStore(file))
    memory.keep("appearance.reduced_motion", "yes")
    memory.keep("appearance.body_points", "12")
    memory.keep("appearance.theme", "pink")
    memory.keep("operation.last", "get-order")
    memory.flush()
    settings = SettingsStore(file).load()
    assert settings.appearance == AppearanceSettings(reduced_motion=True, body_points=12)
    assert settings.remembered == {"operation.last": "get-order"}
    again = SettingsMemory(SettingsStore(file))
    assert again.recall("appearance.reduced_motion", "no") == "yes"
    assert again.recall("appearance.theme", "dark") == "system"
    assert again.recall("operation.last", "") == "get-order"
    assert again.recall("never.kept", "default") == "default"


def test_memory_survives_a_folder_it_cannot_write(tmp_path: Path) -> None:
    """A read-only disk costs the memory, not the program."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    memory = SettingsMemory(SettingsStore(blocked / "settings.toml"))
    memory.keep("a", "b")
    memory.flush()
    assert memory.recall("a", "") == "b"


def test_one_variable_moves_every_folder(tmp_path: Path) -> None:
    """TRILANE_HOME keeps a test, or a stick, away from the user's own folders."""
    paths = user_paths({"TRILANE_HOME": str(tmp_path)})
    for one in (paths.settings_file, paths.data, paths.log_file, paths.crash_file, paths.geometry_file):
        assert one.is_relative_to(tmp_path)


def test_the_settings_file_is_the_users_alone(file: Path) -> None:
    """It may hold an email address."""
    SettingsStore(file).save(Settings(remembered={"a": "b"}))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["[appearance\ntheme = dark", "x = " + "[" * 5000, "x = " + "9" * 5000])
def test_saving_never_writes_over_a_file_that_was_damaged_meanwhile(file: Path, text: str) -> None:
    """What somebody typed while the program ran is set aside, and the settings are saved beside it."""
    store = SettingsStore(file)
    settings = store.load()
    write(file, text)
    store.save(dataclasses.replace(settings, appearance=AppearanceSettings(theme=ThemeChoice.DARK)))
    assert store.load().appearance.theme is ThemeChoice.DARK
    (kept,) = file.parent.glob("settings.toml.broken-*")
    assert kept.read_text(encoding="utf-8") == text


def test_a_file_that_cannot_be_parsed_in_any_way_is_set_aside_at_the_start(file: Path) -> None:
    """Brackets without end and a number of five thousand digits are no reason to fail."""
    for number, text in enumerate(("x = " + "[" * 5000, "x = " + "9" * 5000), start=1):
        store = write(file, text)
        assert store.load() == Settings()
        assert f"settings.toml.broken-{number}" in store.problems[0]


def test_a_settings_file_that_cannot_be_read_is_not_replaced(file: Path) -> None:
    """A folder of that name stands for every unreadable file: saving says so and changes nothing."""
    file.mkdir(parents=True)
    memory = SettingsMemory(SettingsStore(file))
    told: list[str] = []
    memory.tell_problems(told.append)
    memory.keep("operation.last", "get-order")
    memory.flush()
    memory.flush()
    assert file.is_dir()
    assert told == ["The settings could not be saved (Is a directory)"]
    assert "could not be read" in memory.problems[0]


def test_what_could_not_be_saved_is_saved_when_there_is_room_again(file: Path) -> None:
    """The change is not forgotten, and a second trouble is told anew."""
    memory = SettingsMemory(SettingsStore(file))
    told: list[str] = []
    memory.tell_problems(told.append)
    memory.keep("operation.last", "get-order")
    file.parent.parent.mkdir(exist_ok=True)
    file.parent.touch()
    memory.flush()
    file.parent.unlink()
    memory.flush()
    assert SettingsMemory(SettingsStore(file)).recall("operation.last", "") == "get-order"
    assert len(told) == 1


def test_a_linked_settings_file_is_written_through_the_link(file: Path, tmp_path: Path) -> None:
    """Whoever keeps settings elsewhere finds them there."""
    real = tmp_path / "elsewhere.toml"
    real.write_text("", encoding="utf-8")
    file.parent.mkdir(parents=True)
    file.symlink_to(real)
    SettingsStore(file).save(Settings(appearance=AppearanceSettings(theme=ThemeChoice.LIGHT)))
    assert file.is_symlink()
    assert 'theme = "light"' in real.read_text(encoding="utf-8")


def test_without_a_home_a_sentence_names_the_way_on() -> None:
    """No folder called ~ is made in the current one."""
    with pytest.raises(InvalidInput, match="TRILANE_HOME: no home folder is known as ~nobody-here"):
        user_paths({"TRILANE_HOME": "~nobody-here/trilane"})


def test_a_log_that_cannot_be_written_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A full or read-only disk silences the log; the terminal does not fill with its tracebacks."""
    (tmp_path / "trilane.log").mkdir()
    handler = start_logging(tmp_path / "trilane.log")
    logging.getLogger("trilane.test").info("nobody reads this")
    stop_logging(handler)
    assert capfd.readouterr().err == ""
