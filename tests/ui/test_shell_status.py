"""The status bar: pills, Retry, counters and key hints."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.events import BackendChanged, BackendState, CallFinished, CallStarted
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource
from app.viewmodels.backends import BackendsModel
from tests.support.sample_panels import SampleShell


def _pill(shell: SampleShell, lane: Lane) -> QLabel:
    found = shell.window.findChild(QLabel, f"pill-{lane}")
    assert isinstance(found, QLabel)
    return found


def test_pills_follow_the_backends_in_words(shell: SampleShell, qtbot: QtBot) -> None:
    """Each pill says its lane's state, and the last one to come up makes all ready."""
    assert _pill(shell, Lane.REST).text() == "REST starting"
    with qtbot.waitSignal(shell.backends.all_ready, timeout=1000):
        shell.bring_up()
    assert [_pill(shell, lane).text() for lane in Lane] == ["REST up", "GraphQL up", "gRPC degraded"]
    assert "UNAVAILABLE at 70 %" in _pill(shell, Lane.GRPC).accessibleName()


def test_a_failed_backend_says_why_and_is_started_again(shell: SampleShell, qtbot: QtBot) -> None:
    """Retry shows only at the pill of a server that failed, and starts that one."""
    shell.bring_up()
    button = shell.window.findChild(QPushButton, "retry-grpc")
    assert isinstance(button, QPushButton)
    assert not button.isVisible()
    shell.backends.on_backend_changed(
        BackendChanged(at=0, lane=Lane.GRPC, state=BackendState.FAILED, message="port 50051 is taken")
    )
    assert _pill(shell, Lane.GRPC).text() == "gRPC failed"
    assert "port 50051 is taken" in _pill(shell, Lane.GRPC).accessibleName()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert shell.retry.calls == [(Lane.GRPC,)]
    assert _pill(shell, Lane.GRPC).text() == "gRPC starting"
    assert not button.isVisible()


def test_a_start_that_takes_long_is_said_and_may_be_begun_again(shell: SampleShell, qtbot: QtBot) -> None:
    """A pill that only says starting is a riddle: after a while it says slow and offers Retry."""
    button = shell.window.findChild(QPushButton, "retry-rest")
    assert isinstance(button, QPushButton)
    waits(shell.backends, 1)
    shell.backends.on_backend_changed(BackendChanged(at=0, lane=Lane.REST, state=BackendState.STARTING))
    qtbot.waitUntil(lambda: _pill(shell, Lane.REST).text() == "REST slow to start")
    assert "Retry gives this start up" in _pill(shell, Lane.REST).accessibleName()
    waits(shell.backends, 60_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert shell.retry.calls == [(Lane.REST,)]
    assert _pill(shell, Lane.REST).text() == "REST starting"
    assert not button.isVisible()


def test_a_server_that_comes_up_late_is_slow_no_more(shell: SampleShell, qtbot: QtBot) -> None:
    """The pill of a slow start turns into that of any server that is up."""
    waits(shell.backends, 1)
    shell.backends.on_backend_changed(BackendChanged(at=0, lane=Lane.REST, state=BackendState.STARTING))
    qtbot.waitUntil(lambda: shell.backends.status(Lane.REST).slow)
    shell.bring_up()
    assert _pill(shell, Lane.REST).text() == "REST up"
    assert shell.backends.status(Lane.REST).tone == "ok"


def waits(model: BackendsModel, milliseconds: int) -> None:
    """Let the model call a start slow after so long."""
    for timer in model.findChildren(QTimer):
        timer.setInterval(milliseconds)


def test_counters_are_exact_after_a_burst(shell: SampleShell, qtbot: QtBot) -> None:
    """Two thousand calls in one go are all counted, though the text is drawn a few times only."""
    for number in range(2000):
        name = str(number)
        shell.backends.on_call_started(
            CallStarted(at=0, call_id=name, lane=Lane.REST, operation=OperationId.GET_PRODUCT)
        )
        if number >= 3:
            result = CallResult(
                call_id=name,
                lane=Lane.REST,
                operation=OperationId.GET_PRODUCT,
                reply=Reply(outcome=Outcome.OK),
            )
            shell.backends.on_call_finished(CallFinished(at=0, call_id=name, lane=Lane.REST, result=result))
    counts = shell.window.findChild(QLabel, "call-counts")
    assert isinstance(counts, QLabel)
    qtbot.waitUntil(lambda: counts.text() == "1 997 calls · 3 in flight", timeout=2000)


def test_key_hints_name_wired_actions(shell: SampleShell) -> None:
    """The hints at the right come from the actions table."""
    hints = shell.window.findChild(QLabel, "key-hints")
    assert isinstance(hints, QLabel)
    assert hints.text() == "Ctrl+Enter send · Ctrl+K palette · F1 shortcuts"


def test_retry_stands_in_the_line_and_looks_like_a_button(
    shell: SampleShell, styled: StyleKeeper, themes: ThemeSource
) -> None:
    """It has an edge, is in the middle of its pill's words, and makes the bar no higher."""
    shell.bring_up()
    QApplication.processEvents()
    before = shell.window.status_bar.height()
    shell.backends.on_backend_changed(
        BackendChanged(at=0, lane=Lane.GRPC, state=BackendState.FAILED, message="port 50051 is taken")
    )
    QApplication.processEvents()
    button, words = shell.window.findChild(QPushButton, "retry-grpc"), _pill(shell, Lane.GRPC)
    assert isinstance(button, QPushButton)
    assert abs(button.geometry().center().y() - words.geometry().center().y()) <= 1
    assert shell.window.status_bar.height() == before
    edge = button.grab().toImage().pixelColor(button.width() // 2, 0)
    assert edge == themes.theme["line"]
