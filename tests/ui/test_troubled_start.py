"""A window over files that cannot be used: it opens, says what is wrong with which file, and changes none."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.events import BackendState
from app.domain.lanes import Lane
from app.infrastructure.paths import user_paths
from app.ui.widgets.labels import ElidedLabel
from backends.catalog.store import CatalogStore
from backends.serving import ServerSettings


@pytest.fixture
def desktops(qapp: QApplication) -> Iterator[list[Desktop]]:
    made: list[Desktop] = []
    yield made
    for desktop in made:
        assert desktop.close()


def start(qapp: QApplication, desktops: list[Desktop]) -> Desktop:
    """As a person starts it: on the files of the home."""
    desktop = Desktop(qapp, ServerSettings(data_dir=user_paths().data, set_aside=True), user_paths())
    desktops.append(desktop)
    desktop.window.show()
    return desktop


def notes(desktop: Desktop) -> str:
    return "\n".join(label.full_text for label in desktop.window.status_bar.findChildren(ElidedLabel))


def catalog() -> Path:
    user_paths().data.mkdir(parents=True)
    return user_paths().data / "catalog.sqlite3"


def test_two_troubles_are_both_told(qapp: QApplication, qtbot: QtBot, desktops: list[Desktop]) -> None:
    """Broken settings and another program's database: neither hides the other, both files are kept."""
    file = user_paths().settings_file
    file.parent.mkdir(parents=True)
    file.write_text("not = = toml")
    path = catalog()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE places (name)")
    other.close()
    foreign = path.read_bytes()
    desktop = start(qapp, desktops)
    qtbot.waitSignal(desktop.models.backends.all_ready, timeout=20_000).wait()
    qtbot.waitUntil(lambda: "is the database of another program" in notes(desktop), timeout=5000)
    assert "settings.toml.broken-1" in notes(desktop)
    assert (file.parent / "settings.toml.broken-1").read_text() == "not = = toml"
    (kept,) = path.parent.glob("catalog.sqlite3.unusable-*")
    assert kept.read_bytes() == foreign


def test_a_later_version_keeps_its_catalog(qapp: QApplication, qtbot: QtBot, desktops: list[Desktop]) -> None:
    """Every lane says why it did not start and can be tried again; the file is not set aside."""
    path = catalog()
    CatalogStore.in_file(path).close()
    with sqlite3.connect(path) as later:
        later.execute("PRAGMA user_version=99")
    later.close()
    before = path.read_bytes()
    desktop = start(qapp, desktops)
    statuses = desktop.models.backends
    for lane in Lane:
        qtbot.waitUntil(lambda lane=lane: statuses.status(lane).state is BackendState.FAILED, timeout=20_000)  # type: ignore[misc]
        assert "was written by a later version" in statuses.status(lane).message
        retry = desktop.window.findChild(QPushButton, f"retry-{lane.value}")
        assert retry is not None
        assert retry.isVisible()
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*unusable*"))


def test_settings_that_cannot_be_saved_are_told(qapp: QApplication, desktops: list[Desktop]) -> None:
    """A folder in the place of the file stands for a read-only home: the window says so and goes on."""
    user_paths().settings_file.mkdir(parents=True)
    desktop = start(qapp, desktops)
    desktop.models.appearance.set_mode("light")
    desktop.core.memory.flush()
    assert "The settings could not be saved (Is a directory)" in notes(desktop)
    assert user_paths().settings_file.is_dir()
