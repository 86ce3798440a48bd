"""Settings survive people: broken files, wrong kinds, foreign keys, comments."""

import dataclasses
import stat
from pathlib import Path

import pytest

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
