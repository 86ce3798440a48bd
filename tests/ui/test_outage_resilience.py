"""The resilience panel: every setting of the table, its meaning, its mistakes."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from app.domain.lanes import Lane
from app.resilience.setting_specs import SETTINGS, WindowKind
from app.resilience.settings import PipelineSettings
from app.ui.panels.resilience import ResiliencePanel
from app.ui.stylesheet import StyleKeeper
from app.viewmodels.resilience import ResilienceModel


class Port:
    """Takes settings."""

    def __init__(self) -> None:
        self.applied: list[tuple[Lane, PipelineSettings]] = []

    def apply_settings(self, lane: Lane, settings: PipelineSettings) -> None:
        self.applied.append((lane, settings))


@pytest.fixture
def port() -> Port:
    return Port()


@pytest.fixture
def model(qtbot: QtBot, port: Port) -> ResilienceModel:
    return ResilienceModel(port, {})


@pytest.fixture
def panel(qtbot: QtBot, model: ResilienceModel, styled: StyleKeeper) -> Iterator[ResiliencePanel]:
    made = ResiliencePanel(model)
    qtbot.addWidget(made)
    qtbot.addWidget(made.header)
    made.resize(300, 700)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def enter(qtbot: QtBot, panel: ResiliencePanel, name: str, text: str) -> None:
    """Type a number and leave with Return."""
    editor = panel.rows[name].editor
    assert isinstance(editor, QLineEdit)
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_every_setting_is_there_with_its_meaning(panel: ResiliencePanel) -> None:
    """No number of the table is left out, and each says in a sentence what it does."""
    assert list(panel.rows) == [spec.name for spec in SETTINGS]
    for spec in SETTINGS:
        row = panel.rows[spec.name]
        assert spec.meaning in row.note.text()
        assert row.editor.accessibleName() == spec.label


def test_a_typed_number_is_in_force_at_once(qtbot: QtBot, panel: ResiliencePanel, port: Port) -> None:
    """Return sends it to all lanes while they are tied."""
    enter(qtbot, panel, "failure_threshold", "3")
    assert [(lane, settings.failure_threshold) for lane, settings in port.applied] == [
        (lane, 3) for lane in Lane
    ]


def test_untied_lanes_keep_their_own_numbers(
    qtbot: QtBot, panel: ResiliencePanel, model: ResilienceModel, port: Port
) -> None:
    """With the switch off only the lane in front changes."""
    panel.together.click()
    panel.choose(Lane.GRPC)
    enter(qtbot, panel, "max_retries", "0")
    assert [lane for lane, _settings in port.applied] == [Lane.GRPC]
    panel.choose(Lane.REST)
    editor = panel.rows["max_retries"].editor
    assert isinstance(editor, QLineEdit)
    assert editor.text() == "3"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("max_retries", "-1", "Must be at least 0, not -1."),
        ("max_retries", "2.5", "'2.5' is not a whole number."),
        ("deadline", "soon", "'soon' is not a number."),
        ("open_timeout", "", "A number is needed here."),
    ],
)
def test_a_mistake_is_told_at_its_field(
    qtbot: QtBot, panel: ResiliencePanel, port: Port, name: str, text: str, reason: str
) -> None:
    """The reason takes the place of the meaning, what was typed stays, and nothing is sent."""
    editor = panel.rows[name].editor
    assert isinstance(editor, QLineEdit)
    editor.clear()
    enter(qtbot, panel, name, text)
    assert panel.rows[name].note.text() == reason
    assert editor.property("invalid") is True
    assert editor.text() == text
    assert port.applied == []
    enter(qtbot, panel, name, "7")
    assert panel.rows[name].error == ""
    assert len(port.applied) == 3


def test_an_empty_field_means_none_where_that_is_allowed(
    qtbot: QtBot, panel: ResiliencePanel, model: ResilienceModel
) -> None:
    """No deadline is a setting too, and the field says what empty means."""
    assert "Empty: no limit." in panel.rows["deadline"].note.text()
    editor = panel.rows["deadline"].editor
    assert isinstance(editor, QLineEdit)
    editor.clear()
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert model.settings(Lane.REST).deadline is None


def test_the_order_of_retry_and_breaker_can_be_switched(
    panel: ResiliencePanel, model: ResilienceModel
) -> None:
    """The lesson: the line that shows the order turns round with the switch."""
    assert "retry › breaker" in panel.order.text()
    switch = panel.rows["retry_inside_breaker"].editor
    assert isinstance(switch, QCheckBox)
    switch.click()
    assert "breaker › retry" in panel.order.text()
    assert model.settings(Lane.GRAPHQL).retry_inside_breaker


def test_only_settings_that_matter_are_shown(panel: ResiliencePanel, model: ResilienceModel) -> None:
    """Counting in a row needs a threshold, a window needs its size and rate."""
    assert panel.rows["failure_threshold"].isVisibleTo(panel)
    assert not panel.rows["window_size"].isVisibleTo(panel)
    model.change(Lane.REST, "window", WindowKind.COUNT)
    assert not panel.rows["failure_threshold"].isVisibleTo(panel)
    assert panel.rows["window_size"].isVisibleTo(panel)
    assert not panel.rows["window_seconds"].isVisibleTo(panel)


def test_defaults_puts_everything_back(qtbot: QtBot, panel: ResiliencePanel, model: ResilienceModel) -> None:
    """Numbers, switches and mistakes alike."""
    enter(qtbot, panel, "failure_threshold", "2")
    enter(qtbot, panel, "max_retries", "many")
    qtbot.mouseClick(panel.defaults, Qt.MouseButton.LeftButton)
    assert model.settings(Lane.REST) == PipelineSettings()
    assert panel.rows["max_retries"].error == ""
    editor = panel.rows["max_retries"].editor
    assert isinstance(editor, QLineEdit)
    assert editor.text() == "3"
