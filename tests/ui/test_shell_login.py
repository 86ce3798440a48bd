"""The session button and its popover: what a person reads and what goes out."""

from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.events import LoggedIn, LoginFailed, TokenTrick, TokenTried
from app.domain.lanes import Lane
from app.ui.panels.login import LoginPopover
from app.ui.panels.session_button import SessionButton
from tests.support.sample_panels import SampleShell, token

W = TypeVar("W", bound=QWidget)


def _popover(shell: SampleShell) -> LoginPopover:
    found = shell.window.findChild(LoginPopover)
    assert isinstance(found, LoginPopover)
    return found


def _session_button(shell: SampleShell) -> SessionButton:
    found = shell.window.findChild(SessionButton)
    assert isinstance(found, SessionButton)
    return found


def _part(shell: SampleShell, kind: type[W], name: str) -> W:
    found = _popover(shell).findChild(kind, name)
    assert isinstance(found, kind)
    return found


def _log_in(shell: SampleShell, lifetime: float = 85_268) -> None:
    shell.session.on_logged_in(LoggedIn(at=0, email="user@example.com", token=token(lifetime)))


def test_the_form_sends_email_password_and_life(shell: SampleShell, qtbot: QtBot) -> None:
    """A click on the session opens the form; Enter in the password asks for a token with the chosen life."""
    qtbot.mouseClick(_session_button(shell), Qt.MouseButton.LeftButton)
    assert _popover(shell).isVisible()
    assert _part(shell, QLineEdit, "login-email").text() == "user@example.com"
    life = _part(shell, QComboBox, "login-life")
    life.setCurrentIndex(life.findText("1 minute"))
    password = _part(shell, QLineEdit, "login-password")
    assert password.echoMode() is QLineEdit.EchoMode.Password
    qtbot.keyClicks(password, "password")
    qtbot.keyClick(password, Qt.Key.Key_Return)
    assert shell.log_in.calls == [("user@example.com", "password", 60)]
    assert not _part(shell, QPushButton, "login-submit").isEnabled()
    _popover(shell).close()


def test_a_custom_life_is_typed_in_seconds(shell: SampleShell, qtbot: QtBot) -> None:
    """Custom opens a field for seconds, and those are asked for."""
    shell.actions["session"].trigger()
    life, seconds = _part(shell, QComboBox, "login-life"), _part(shell, QSpinBox, "login-seconds")
    assert not seconds.isVisible()
    life.setCurrentIndex(life.findText("Custom"))
    assert seconds.isVisible()
    seconds.setValue(5)
    qtbot.mouseClick(_part(shell, QPushButton, "login-submit"), Qt.MouseButton.LeftButton)
    assert shell.log_in.calls == [("user@example.com", "", 5)]
    _popover(shell).close()


def test_a_refused_login_says_why_and_lets_one_try_again(shell: SampleShell) -> None:
    """The backend's words stand in the form, and the button works again."""
    shell.actions["session"].trigger()
    shell.session.log_in("user@example.com", "wrong", 60)
    shell.session.on_login_failed(LoginFailed(at=0, message="Email or password is wrong."))
    assert _part(shell, QLabel, "login-error").text() == "Email or password is wrong."
    assert _part(shell, QLabel, "login-error").isVisible()
    assert _part(shell, QPushButton, "login-submit").isEnabled()
    _popover(shell).close()


def test_a_token_is_shown_decoded_with_a_countdown(shell: SampleShell) -> None:
    """Header and claims are readable JSON, and the button counts down beside the name."""
    _log_in(shell)
    shell.actions["session"].trigger()
    boxes = {box.accessibleName(): box.toPlainText() for box in _popover(shell).findChildren(QPlainTextEdit)}
    assert '"alg": "HS256"' in boxes["Token header"]
    assert '"sub": "user@example.com"' in boxes["Token claims"]
    assert _session_button(shell).accessibleName().startswith("Session: user@example.com JWT 23:41:")
    assert _part(shell, QLabel, "token-left").text().startswith("23:41:")
    _popover(shell).close()


def test_copy_puts_the_token_on_the_clipboard(shell: SampleShell, qtbot: QtBot) -> None:
    """Copy token copies exactly the token."""
    _log_in(shell)
    shell.actions["session"].trigger()
    qtbot.mouseClick(_part(shell, QPushButton, "copy-token"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == shell.session.token
    _popover(shell).close()


def test_log_out_shows_the_form_again(shell: SampleShell, qtbot: QtBot) -> None:
    """After Log out there is no token, and the button offers to log in."""
    _log_in(shell)
    shell.actions["session"].trigger()
    qtbot.mouseClick(_part(shell, QPushButton, "log-out"), Qt.MouseButton.LeftButton)
    assert shell.session.token is None
    assert _part(shell, QPushButton, "login-submit").isVisible()
    assert _session_button(shell).accessibleName() == "Session: Log in"
    _popover(shell).close()


@pytest.mark.usefixtures("styled")
def test_token_that_expires_in_sight_leaves_a_form_of_its_own_height(
    shell: SampleShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the token ends while it is looked at, the form takes its place as high as if opened by hand."""
    shell.actions["session"].trigger()
    by_hand = _popover(shell).height()
    _popover(shell).close()
    _log_in(shell)
    shell.actions["session"].trigger()
    assert _popover(shell).height() > by_hand
    monkeypatch.setattr(shell.session, "_clock", lambda: float("inf"))
    shell.session.tick()
    assert _part(shell, QPushButton, "login-submit").isVisible()
    assert _popover(shell).height() == by_hand
    assert _part(shell, QLineEdit, "login-password").hasFocus()
    _popover(shell).close()


def test_each_lane_answers_a_tampered_token(shell: SampleShell, qtbot: QtBot) -> None:
    """The button sends the bad token, and each lane's own refusal is shown beside its name."""
    _log_in(shell)
    shell.actions["session"].trigger()
    qtbot.mouseClick(_part(shell, QPushButton, "try-tampered"), Qt.MouseButton.LeftButton)
    assert shell.try_token.calls == [(TokenTrick.TAMPERED,)]
    for lane, status in ((Lane.REST, "401 UNAUTHORIZED"), (Lane.GRPC, "16 UNAUTHENTICATED")):
        shell.session.on_token_tried(
            TokenTried(at=0, lane=lane, trick=TokenTrick.TAMPERED, status=status, message="bad signature")
        )
    assert _part(shell, QLabel, "refusal-rest").text() == "401 UNAUTHORIZED · bad signature"
    assert _part(shell, QLabel, "refusal-grpc").text() == "16 UNAUTHENTICATED · bad signature"
    assert _part(shell, QLabel, "refusal-graphql").text() == "…"
    _popover(shell).close()


@pytest.mark.usefixtures("styled")
def test_long_refusals_are_read_whole(shell: SampleShell, qtbot: QtBot) -> None:
    """Answers that need two lines each make the popover grow instead of being cut."""
    _log_in(shell)
    shell.actions["session"].trigger()
    qtbot.mouseClick(_part(shell, QPushButton, "try-tampered"), Qt.MouseButton.LeftButton)
    for lane in Lane:
        shell.session.on_token_tried(
            TokenTried(
                at=0,
                lane=lane,
                trick=TokenTrick.TAMPERED,
                status="200 OK · UNAUTHENTICATED",
                message="the token's signature does not match what the backend computed for it",
            )
        )
    answers = [_part(shell, QLabel, f"refusal-{lane}") for lane in Lane]
    qtbot.waitUntil(
        lambda: all(each.height() >= each.heightForWidth(each.width()) for each in answers), timeout=2000
    )
    _popover(shell).close()


def test_whoever_is_asked_gets_the_form_and_its_button_says_what_follows(shell: SampleShell) -> None:
    """The reason stands over the form, even for somebody whose token still looks good; it closes after."""
    _log_in(shell)
    shell.session.ask("REST asked for a valid token.", _Note([]))
    assert _popover(shell).isVisible()
    texts = [label.text() for label in _popover(shell).findChildren(QLabel) if label.isVisible()]
    assert "REST asked for a valid token." in texts
    assert _part(shell, QPushButton, "login-submit").text() == "&Log in and try again"
    _log_in(shell)
    assert not _popover(shell).isVisible()
    shell.actions["session"].trigger()
    assert _part(shell, QLabel, "token-left").isVisible()
    _popover(shell).close()


def test_what_needed_the_login_runs_after_it(shell: SampleShell) -> None:
    """A lane that asks for a login gets its turn once after the login, and never after a closed form."""
    runs: list[str] = []
    shell.session.ask("The lane refused.", _Note(runs))
    _log_in(shell)
    assert runs == ["ran"]
    _log_in(shell)
    assert runs == ["ran"]
    _popover(shell).close()
    shell.session.log_out()
    shell.session.ask("The lane refused.", _Note(runs))
    _popover(shell).close()
    _log_in(shell)
    assert runs == ["ran"]


class _Note:
    def __init__(self, runs: list[str]) -> None:
        self._runs = runs

    def __call__(self) -> None:
        self._runs.append("ran")


def test_a_login_that_was_asked_for_closes_itself(shell: SampleShell) -> None:
    """Opened by a lane, the form goes away with the login; opened by hand, it shows the token."""
    shell.session.ask("The lane refused.")
    assert _popover(shell).isVisible()
    _log_in(shell)
    assert not _popover(shell).isVisible()
    shell.session.log_out()
    shell.actions["session"].trigger()
    _log_in(shell)
    assert _popover(shell).isVisible()
    _popover(shell).close()


def test_a_failure_after_the_form_was_closed_is_shown(shell: SampleShell) -> None:
    """An answer that comes late opens the form again with the reason."""
    shell.actions["session"].trigger()
    shell.session.log_in("user@example.com", "wrong", 60)
    _popover(shell).close()
    shell.session.on_login_failed(LoginFailed(at=0, message="Email or password is wrong."))
    assert _popover(shell).isVisible()
    assert _part(shell, QLabel, "login-error").isVisible()
    _popover(shell).close()


def test_copied_is_said_for_a_moment(shell: SampleShell, qtbot: QtBot) -> None:
    """The button names what it does again after two seconds, and at once for another token."""
    shell.actions["session"].trigger()
    _log_in(shell)
    button = _part(shell, QPushButton, "copy-token")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "Copied"
    qtbot.waitUntil(lambda: button.text() == "&Copy token", timeout=4000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    _log_in(shell, 100)
    assert button.text() == "&Copy token"
    _popover(shell).close()
