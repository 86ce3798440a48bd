"""The whole program in one process: a start that fails, notices, settings that could not be read."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.events import BackendState
from app.domain.lanes import Lane
from app.infrastructure.paths import user_paths
from app.ui.crash_box import CrashBox
from app.ui.widgets.labels import ElidedLabel
from backends.catalog.store import CatalogStore
from backends.serving import ServerSettings

Start = Callable[[ServerSettings], Desktop]
END_LIMIT = 3.0  # seconds that closing may take, whatever goes on


@pytest.fixture
def start(qapp: QApplication) -> Iterator[Start]:
    made: list[Desktop] = []

    def start_one(settings: ServerSettings) -> Desktop:
        desktop = Desktop(qapp, settings, user_paths())
        made.append(desktop)
        desktop.window.show()
        return desktop

    yield start_one
    for desktop in made:
        assert desktop.close()


@dataclass(frozen=True)
class Hang:
    """A port whose host name is not resolved the first time, before it is released."""

    port: int
    asked: threading.Event
    release: threading.Event


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hang]:
    with socket.create_server(("127.0.0.1", 0)) as passing:
        hang = Hang(passing.getsockname()[1], threading.Event(), threading.Event())
    resolve = socket.getaddrinfo

    def hang_once(host: object, service: object, *more: Any, **options: Any) -> Any:
        if service == hang.port and not hang.asked.is_set():
            hang.asked.set()
            hang.release.wait(60)
        return resolve(host, service, *more, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", hang_once)
    yield hang
    hang.release.set()


def texts(desktop: Desktop) -> str:
    """Every label a person can read in the window."""
    return "\n".join(label.text() for label in desktop.window.findChildren(QLabel) if label.isVisible())


def test_a_server_that_cannot_start_says_why_and_retry_brings_it_up(start: Start, qtbot: QtBot) -> None:
    """A taken port costs one lane; once it is free, one click on Retry is enough."""
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    desktop = start(ServerSettings(ephemeral=True, rest_port=port))
    backends = desktop.models.backends
    qtbot.waitUntil(lambda: backends.status(Lane.REST).state is BackendState.FAILED, timeout=20_000)
    qtbot.waitUntil(lambda: backends.status(Lane.GRPC).state is BackendState.UP, timeout=20_000)
    assert str(port) in backends.status(Lane.REST).message
    assert "REST failed" in texts(desktop)
    taken.close()
    retry = desktop.window.findChild(QPushButton, "retry-rest")
    assert retry is not None
    qtbot.mouseClick(retry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: backends.status(Lane.REST).state is BackendState.UP, timeout=20_000)
    assert backends.status(Lane.REST).address == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("setting", "lane"),
    [("graphql_port", Lane.GRAPHQL), ("graphql_ws_port", Lane.GRAPHQL), ("grpc_port", Lane.GRPC)],
)
def test_every_port_that_answers_nobody_is_named(
    start: Start, qtbot: QtBot, setting: str, lane: Lane
) -> None:
    """Its holder accepts nothing: the pill says which port, the other lanes come up, Retry works."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        port = silent.getsockname()[1]
        desktop = start(ServerSettings(ephemeral=True, **{setting: port}))
        backends = desktop.models.backends
        qtbot.waitUntil(lambda: backends.status(lane).state is BackendState.FAILED, timeout=20_000)
        for other in set(Lane) - {lane}:
            qtbot.waitUntil(lambda: backends.status(other).state is BackendState.UP, timeout=20_000)  # noqa: B023
        assert str(port) in backends.status(lane).message
    retry = desktop.window.findChild(QPushButton, f"retry-{lane}")
    assert retry is not None
    qtbot.mouseClick(retry, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: backends.status(lane).state is BackendState.UP, timeout=20_000)


def test_a_start_that_hangs_holds_up_neither_window_nor_end(
    qapp: QApplication, qtbot: QtBot, hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One host name is never resolved: the window works with the other lanes, and still closes in time."""
    monkeypatch.setattr("app.viewmodels.backends.SLOW_MS", 60_000)
    desktop = Desktop(qapp, ServerSettings(ephemeral=True, rest_port=hang.port), user_paths())
    desktop.window.show()
    models = desktop.models
    for lane in (Lane.GRAPHQL, Lane.GRPC):
        qtbot.waitUntil(lambda: models.backends.status(lane).state is BackendState.UP, timeout=20_000)  # noqa: B023
    assert hang.asked.wait(10)
    assert "REST starting" in texts(desktop)
    models.operation.request_send()
    qtbot.waitUntil(lambda: models.lanes[Lane.GRPC].result is not None, timeout=10_000)
    qtbot.waitUntil(lambda: models.lanes[Lane.GRAPHQL].result is not None, timeout=10_000)
    before = time.monotonic()
    assert not desktop.close()  # one thread is left, so the program would end without it
    assert time.monotonic() - before < END_LIMIT
    hang.release.set()
    assert desktop.core.servers.stop(grace=0, timeout=10) == ()


def test_a_start_that_hangs_can_be_begun_again(
    start: Start, qtbot: QtBot, hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first start of a lane waits for ever: one click on Retry, and the lane is up beside it."""
    monkeypatch.setattr("app.viewmodels.backends.SLOW_MS", 100)
    desktop = start(ServerSettings(ephemeral=True, rest_port=hang.port))
    retry = desktop.window.findChild(QPushButton, "retry-rest")
    assert retry is not None
    qtbot.waitUntil(hang.asked.is_set, timeout=20_000)
    qtbot.waitUntil(retry.isVisible, timeout=20_000)
    assert "REST slow to start" in texts(desktop)
    qtbot.mouseClick(retry, Qt.MouseButton.LeftButton)
    rest = desktop.models.backends.status
    qtbot.waitUntil(lambda: rest(Lane.REST).state is BackendState.UP, timeout=20_000)
    assert "REST up" in texts(desktop)
    assert not retry.isVisible()


def test_a_catalog_that_hangs_can_be_opened_again(
    start: Start, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database never answers the first one: Retry on a lane that waits brings up all that wait."""
    release, hung = threading.Event(), threading.Event()
    open_store = CatalogStore.ephemeral

    def hang_once(prepare: Callable[[CatalogStore], None]) -> CatalogStore:
        if not hung.is_set():
            hung.set()
            release.wait(60)
        return open_store(prepare)

    monkeypatch.setattr(CatalogStore, "ephemeral", hang_once)
    monkeypatch.setattr("app.viewmodels.backends.SLOW_MS", 100)
    desktop = start(ServerSettings(ephemeral=True))
    try:
        backends = desktop.models.backends
        qtbot.waitUntil(hung.is_set, timeout=20_000)
        for lane, waiting in ((Lane.GRPC, {Lane.GRPC, Lane.GRAPHQL}), (Lane.REST, {Lane.REST})):
            retry = desktop.window.findChild(QPushButton, f"retry-{lane}")
            assert retry is not None
            qtbot.waitUntil(retry.isVisible, timeout=20_000)
            qtbot.mouseClick(retry, Qt.MouseButton.LeftButton)
            for other in waiting:
                qtbot.waitUntil(lambda: backends.status(other).state is BackendState.UP, timeout=20_000)  # noqa: B023
    finally:
        release.set()


@pytest.mark.expected_log
def test_an_error_in_a_worker_is_told_and_can_be_read(start: Start, qtbot: QtBot) -> None:
    """The status bar says so at once, and the box shows the traceback without its secrets."""
    desktop = start(ServerSettings(ephemeral=True))

    def broken(cancel: object) -> None:
        raise ValueError("no such lane, password=hunter2")

    desktop.core.workers.submit(broken)
    qtbot.waitUntil(lambda: "Unexpected error: ValueError: no such lane" in texts(desktop), timeout=10_000)
    desktop.actions["crash-report"].trigger()
    box = desktop.window.findChild(CrashBox)
    assert box is not None
    shown = box.findChild(QPlainTextEdit)
    assert shown is not None
    assert "in broken" in shown.toPlainText()
    assert "hunter2" not in shown.toPlainText()
    box.close()


def test_settings_that_could_not_be_read_are_told(start: Start) -> None:
    """The window opens with defaults and names the file that was set aside."""
    file = user_paths().settings_file
    file.parent.mkdir(parents=True)
    file.write_text("not = = toml")
    desktop = start(ServerSettings(ephemeral=True))
    notes = [label.full_text for label in desktop.window.status_bar.findChildren(ElidedLabel)]
    assert any("settings.toml.broken-1" in note for note in notes)


def test_what_was_chosen_is_there_at_the_next_start(start: Start, qtbot: QtBot) -> None:
    """Operation, inputs and theme come back."""
    first = start(ServerSettings(ephemeral=True))
    first.models.operation.choose("get-product")
    first.models.operation.set_value("id", "2")
    first.models.appearance.set_mode("light")
    first.close()
    second = start(ServerSettings(ephemeral=True))
    assert second.models.operation.operation_id == "get-product"
    assert second.models.operation.values["id"] == "2"
    assert second.themes.theme.name == "light"


def test_a_damaged_catalog_is_set_aside_and_the_window_says_so(start: Start, qtbot: QtBot) -> None:
    """Three servers come up over a new catalog, and the status bar says where the old file is."""
    catalog = user_paths().data / "catalog.sqlite3"
    catalog.parent.mkdir(parents=True)
    catalog.write_bytes(b"once somebody's work" * 100)
    desktop = start(ServerSettings(data_dir=user_paths().data, set_aside=True))
    qtbot.waitSignal(desktop.models.backends.all_ready, timeout=20_000).wait()
    (kept,) = catalog.parent.glob("catalog.sqlite3.unusable-*")
    notes = [label.full_text for label in desktop.window.status_bar.findChildren(ElidedLabel)]
    assert any(note.startswith("A new catalog was started") and str(kept) in note for note in notes)
