"""Logging in with the whole program: refused, asked, tried again, expired. Real servers, real clicks."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome
from app.ui.panels.login import LoginPopover
from app.ui.panels.response import ResponsePane

ANSWER = 20_000  # ms


def part(desktop: Desktop, name: str) -> QLineEdit | QPushButton | QLabel | QComboBox | QSpinBox:
    found = desktop.window.findChild(LoginPopover).findChild(object, name)
    assert found is not None
    return found


def outcomes(desktop: Desktop) -> list[Outcome | None]:
    lanes = desktop.models.lanes.values()
    return [None if lane.in_flight or lane.result is None else lane.result.outcome for lane in lanes]


def send(desktop: Desktop, qtbot: QtBot) -> list[Outcome | None]:
    """Press Send and wait for three answers."""
    with qtbot.waitSignal(desktop.models.calls.in_flight_changed, timeout=ANSWER):
        desktop.actions["send"].trigger()
    qtbot.waitUntil(lambda: not desktop.models.calls.in_flight, timeout=ANSWER)
    return outcomes(desktop)


def type_password(desktop: Desktop, qtbot: QtBot, password: str) -> None:
    field = part(desktop, "login-password")
    field.clear()
    qtbot.keyClicks(field, password)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_a_write_asks_for_a_login_and_goes_out_again_after_it(desktop: Desktop, qtbot: QtBot) -> None:
    """Three refusals, one form; a wrong password is told in it; the right one creates on every lane."""
    desktop.models.operation.choose(OperationId.CREATE_PRODUCT)
    assert send(desktop, qtbot) == [Outcome.UNAUTHENTICATED] * 3
    popover = desktop.window.findChild(LoginPopover)
    qtbot.waitUntil(popover.isVisible, timeout=ANSWER)
    type_password(desktop, qtbot, "wrong")
    qtbot.waitUntil(part(desktop, "login-error").isVisible, timeout=ANSWER)
    assert "password" in part(desktop, "login-error").text().lower()
    assert popover.isVisible()
    type_password(desktop, qtbot, "password")
    qtbot.waitUntil(lambda: outcomes(desktop) == [Outcome.OK] * 3, timeout=ANSWER)
    assert not popover.isVisible()
    assert desktop.models.session.remaining_text.startswith("23:59:")


def test_a_lane_that_refused_is_sent_again_by_its_own_button(desktop: Desktop, qtbot: QtBot) -> None:
    """Closed without a login the form leaves everything as it was; after a login one click sends the lane."""
    desktop.models.operation.choose(OperationId.CREATE_PRODUCT)
    send(desktop, qtbot)
    popover = desktop.window.findChild(LoginPopover)
    qtbot.waitUntil(popover.isVisible, timeout=ANSWER)
    popover.close()
    with qtbot.waitSignal(desktop.models.session.session_changed, timeout=ANSWER):
        desktop.models.session.log_in("user@example.com", "password", 3600)
    assert outcomes(desktop) == [Outcome.UNAUTHENTICATED] * 3
    again = {pane._model.lane: pane.log_in for pane in desktop.window.findChildren(ResponsePane)}
    qtbot.mouseClick(again[Lane.GRPC], Qt.MouseButton.LeftButton)
    refused = [Outcome.UNAUTHENTICATED] * 2
    qtbot.waitUntil(lambda: outcomes(desktop) == [*refused, Outcome.OK], timeout=ANSWER)
    assert not again[Lane.GRPC].isVisible()


def test_a_token_that_expires_in_use_is_told_and_replaced(desktop: Desktop, qtbot: QtBot) -> None:
    """After its second the button says so, the next write is refused, and the form says why."""
    desktop.models.operation.choose(OperationId.CREATE_PRODUCT)
    desktop.models.session.log_in("user@example.com", "password", 1)
    qtbot.waitUntil(lambda: desktop.models.session.token is not None, timeout=ANSWER)
    qtbot.waitUntil(lambda: desktop.models.session.expired, timeout=ANSWER)
    button = desktop.window.findChild(QPushButton, "session")
    qtbot.waitUntil(lambda: "JWT expired" in button.accessibleName(), timeout=ANSWER)
    assert send(desktop, qtbot) == [Outcome.UNAUTHENTICATED] * 3
    popover = desktop.window.findChild(LoginPopover)
    qtbot.waitUntil(popover.isVisible, timeout=ANSWER)
    assert any(label.text() == "The token has expired." for label in popover.findChildren(QLabel))
    life = part(desktop, "login-life")
    life.setCurrentIndex(life.findText("1 hour"))
    type_password(desktop, qtbot, "password")
    qtbot.waitUntil(lambda: outcomes(desktop) == [Outcome.OK] * 3, timeout=ANSWER)


@pytest.mark.parametrize("trick", ["try-tampered", "try-expired"])
def test_each_lane_refuses_a_bad_token_in_its_own_words(desktop: Desktop, qtbot: QtBot, trick: str) -> None:
    """One click shows three refusals, with the native status of each protocol."""
    desktop.models.operation.choose(OperationId.GET_ORDER)  # needs no token, and would let any pass
    with qtbot.waitSignal(desktop.models.session.session_changed, timeout=ANSWER):
        desktop.models.session.log_in("user@example.com", "password", 3600)
    desktop.actions["session"].trigger()
    qtbot.mouseClick(part(desktop, trick), Qt.MouseButton.LeftButton)
    labels = [part(desktop, f"refusal-{lane}") for lane in Lane]
    qtbot.waitUntil(lambda: all("UNAUTH" in label.text() for label in labels), timeout=ANSWER)
    assert labels[0].text().startswith("401 UNAUTHORIZED")
    assert labels[2].text().startswith("16 UNAUTHENTICATED")
    desktop.window.findChild(LoginPopover).close()
