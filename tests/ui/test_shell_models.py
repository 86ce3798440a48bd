"""The shell's view-models without widgets: what they remember and when they tick."""

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.domain.events import LoggedIn
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.ui.fuzzy import fuzzy_score
from app.viewmodels.appearance import AppearanceModel, ThemeMode
from app.viewmodels.memory import NoMemory
from app.viewmodels.operation import OperationModel
from app.viewmodels.session import SessionModel, countdown
from tests.support.sample_panels import NoAnswer, token


class Kept(NoMemory):
    """A memory that keeps."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def recall(self, name: str, default: str) -> str:
        return self.values.get(name, default)

    def keep(self, name: str, value: str) -> None:
        self.values[name] = value


def test_operation_values_and_fields_come_back() -> None:
    """The next run opens with the last operation, its texts and its fields; each operation has its own."""
    memory = Kept()
    first = OperationModel(memory)
    first.choose("create-product")
    first.set_value("name", "Desk")
    first.set_fields((*first.fields, "category"))
    again = OperationModel(memory)
    assert again.operation_id is OperationId.CREATE_PRODUCT
    assert again.values["name"] == "Desk"
    assert again.fields == ("id", "name", "price", "stock", "category")
    again.choose("replace-product")
    assert again.values["name"] == "Keyboard"


@pytest.mark.parametrize("kept", ["no-such-operation", ""])
def test_an_unknown_kept_operation_gives_the_first_choice(kept: str) -> None:
    """A settings file of another version does no harm."""
    memory = Kept()
    memory.values["operation.last"] = kept
    assert OperationModel(memory).operation_id is OperationId.GET_ORDER


def test_kept_fields_that_no_longer_exist_are_left_out() -> None:
    """Unknown kept fields are dropped; when none is left, the defaults are wanted."""
    memory = Kept()
    memory.values["operation.get-order.@fields"] = "total colour"
    assert OperationModel(memory).fields == ("total",)
    memory.values["operation.get-order.@fields"] = "colour"
    assert OperationModel(memory).fields == OperationModel(NoMemory()).fields


def test_a_lane_says_why_it_differs() -> None:
    """The note of a lane is the operation's own explanation."""
    model = OperationModel(NoMemory())
    model.choose("get-order")
    assert "1 + N" in model.note(Lane.REST)
    assert model.note(Lane.GRPC) == ""
    assert model.supported(Lane.REST)


def test_the_clock_runs_only_while_a_token_lives(qtbot: QtBot) -> None:
    """No timer before a login, one during it, none after the expiry; the expiry is told once."""
    now = [1000.0]
    model = SessionModel(log_in=NoAnswer(), clock=lambda: now[0])
    timer = model.findChild(QTimer)
    assert isinstance(timer, QTimer)
    assert not timer.isActive()
    model.on_logged_in(LoggedIn(at=0, email="user@example.com", token=token(60, now=1000)))
    assert timer.isActive()
    now[0] = 1059.5
    with qtbot.waitSignal(model.remaining_changed, timeout=2000) as told:
        model.tick()
    assert told.args == ["00:00:00"]
    assert not model.expired
    now[0] = 1060.0
    with qtbot.waitSignal(model.session_changed, timeout=2000):
        model.tick()
    assert model.expired
    assert not timer.isActive()
    assert model.token is not None


def test_a_token_that_cannot_be_read_is_an_error(qtbot: QtBot) -> None:
    """Nonsense from a backend leaves nobody logged in and says so."""
    model = SessionModel(log_in=NoAnswer())
    with qtbot.waitSignal(model.failed, timeout=1000) as told:
        model.on_logged_in(LoggedIn(at=0, email="user@example.com", token="nonsense"))
    assert told.args is not None
    assert "cannot be read" in told.args[0]
    assert model.token is None


@pytest.mark.parametrize(
    ("email", "life"), [("  ", 60), ("user@example.com", 0), ("user@example.com", 10**9)]
)
def test_a_login_that_cannot_succeed_is_not_sent(qtbot: QtBot, email: str, life: int) -> None:
    """An empty email or an impossible life is said at once; nothing goes out."""
    port = NoAnswer()
    model = SessionModel(log_in=port)
    with qtbot.waitSignal(model.failed, timeout=1000):
        model.log_in(email, "password", life)
    assert port.calls == []
    assert not model.busy


def test_the_last_email_and_life_are_remembered_and_never_the_password() -> None:
    """The form opens as it was left; no password is kept anywhere."""
    memory = Kept()
    SessionModel(log_in=NoAnswer(), memory=memory).log_in("me@example.com", "my-pass-phrase", 5)
    again = SessionModel(log_in=NoAnswer(), memory=memory)
    assert (again.email, again.lifetime) == ("me@example.com", 5)
    assert "my-pass-phrase" not in str(memory.values)


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00:00"), (59.9, "00:00:59"), (86_400, "24:00:00")])
def test_countdown_keeps_its_width(seconds: float, text: str) -> None:
    """Always eight characters within a hundred hours."""
    assert countdown(seconds) == text


def test_the_system_decides_until_somebody_chooses(qtbot: QtBot) -> None:
    """A change of the desktop counts in System mode only, and the choice is remembered."""
    memory = Kept()
    model = AppearanceModel(memory, system_dark=False)
    with qtbot.waitSignal(model.theme_name_changed, timeout=1000) as told:
        model.set_system_dark(True)
    assert told.args == ["dark"]
    model.set_mode("light")
    with qtbot.assertNotEmitted(model.theme_name_changed):
        model.set_system_dark(False)
        model.set_system_dark(True)
    again = AppearanceModel(memory, system_dark=True)
    assert (again.mode, again.theme_name) == (ThemeMode.LIGHT, "light")


def test_body_size_stays_within_reason() -> None:
    """Sizes outside 7 to 24 points are brought inside; 0 gives the size back to the system."""
    model = AppearanceModel(NoMemory(), system_dark=True)
    model.set_body_points(99)
    assert model.body_points == 24
    model.set_body_points(1)
    assert model.body_points == 7
    model.set_body_points(0)
    assert model.body_points == 0


def test_fuzzy_prefers_starts_and_runs() -> None:
    """Word starts beat scattered letters, and letters out of order do not fit."""
    scores = {text: fuzzy_score("sen", text) for text in ("Send", "Scenarios", "Choose operation")}
    assert scores["Choose operation"] is not None
    assert scores["Send"] is not None
    assert scores["Scenarios"] is not None
    assert scores["Send"] > scores["Scenarios"] > scores["Choose operation"]
    assert fuzzy_score("dns", "Send") is None
