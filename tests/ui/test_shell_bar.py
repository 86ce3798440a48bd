"""The operation bar: choosing, typing, ticking and sending, as a person does it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.operations import OPERATIONS, OperationId
from app.ui.panels.field_picker import FieldPicker
from tests.support.sample_panels import SampleShell


def _line(shell: SampleShell, name: str) -> QLineEdit:
    found = [each for each in shell.window.findChildren(QLineEdit, f"parameter-{name}") if each.isVisible()]
    assert len(found) == 1
    return found[0]


def _button(shell: SampleShell, name: str) -> QPushButton:
    found = shell.window.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def _bubble(shell: SampleShell) -> str:
    found = shell.window.findChild(QLabel, "parameter-error")
    return found.text() if isinstance(found, QLabel) and found.isVisible() else ""


def test_choosing_an_operation_shows_its_parameters(shell: SampleShell) -> None:
    """The fields in the bar are those of the operation chosen in the list, with its defaults."""
    combo = shell.window.findChild(QComboBox, "operation")
    assert isinstance(combo, QComboBox)
    combo.setCurrentIndex(combo.findText("Create product"))
    assert shell.operation.operation_id is OperationId.CREATE_PRODUCT
    assert _line(shell, "name").text() == "Keyboard"
    assert _line(shell, "price").text() == "49.90"


def test_typing_changes_what_is_sent(shell: SampleShell, qtbot: QtBot) -> None:
    """What is typed into a field is in the parameters at once."""
    field = _line(shell, "id")
    field.selectAll()
    qtbot.keyClicks(field, "42")
    assert shell.operation.params == {"id": "42"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("limit", "many", "limit must be a whole number"),
        ("limit", "0", "limit must be between 1 and 100"),
        ("price_min", "NaN", "price from must be a finite number"),
        ("price_min", "-1", "price from must be 0 or more"),
    ],
)
def test_a_bad_value_says_why_under_its_field(
    shell: SampleShell, qtbot: QtBot, name: str, text: str, message: str
) -> None:
    """A value that cannot be sent stays as typed, and the reason stands under the field."""
    shell.operation.choose("list-products")
    field = _line(shell, name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    assert field.text() == text
    assert _bubble(shell) == message
    assert field.accessibleDescription() in message
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(field, "5")
    assert _bubble(shell) == ""


def test_ctrl_enter_sends_from_inside_a_field(shell: SampleShell, qtbot: QtBot) -> None:
    """Ctrl+Enter sends wherever the keyboard is."""
    field = _line(shell, "id")
    field.setFocus()
    with qtbot.waitSignal(shell.operation.send_requested, timeout=1000):
        qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_send_with_a_bad_value_goes_to_the_field_instead(shell: SampleShell, qtbot: QtBot) -> None:
    """Nothing is sent while a value cannot be; the field gets the keyboard and says why."""
    shell.operation.set_value("id", "")
    with qtbot.assertNotEmitted(shell.operation.send_requested):
        qtbot.mouseClick(_button(shell, "send"), Qt.MouseButton.LeftButton)
    assert _line(shell, "id").hasFocus()
    assert _bubble(shell) == "id must not be empty"


def test_send_becomes_cancel_in_flight_and_keeps_its_width(shell: SampleShell, qtbot: QtBot) -> None:
    """While a call is in flight the button reads Cancel and cancels, and no neighbour has moved."""
    button, repeat = _button(shell, "send"), _button(shell, "repeat")
    before = (button.width(), repeat.pos())
    shell.operation.set_busy(True)
    assert button.text().startswith("Cancel")
    assert (button.width(), repeat.pos()) == before
    with qtbot.waitSignal(shell.operation.cancel_requested, timeout=1000):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(shell.operation.cancel_requested, timeout=1000):
        qtbot.keyClick(shell.window, Qt.Key.Key_Escape)
    shell.operation.set_busy(False)
    assert button.text().startswith("Send")


def test_repeat_and_copy_run_what_was_wired(shell: SampleShell, qtbot: QtBot) -> None:
    """The two secondary buttons trigger their actions."""
    qtbot.mouseClick(_button(shell, "repeat"), Qt.MouseButton.LeftButton)
    assert len(shell.repeated.calls) == 1
    menu = _button(shell, "copy-as").menu()
    assert [action.text().replace("&", "") for action in menu.actions()] == [
        "cURL, REST",
        "cURL, GraphQL",
        "grpcurl, gRPC",
    ]


def test_ticking_fields_changes_what_is_wanted(shell: SampleShell, qtbot: QtBot) -> None:
    """The tick boxes are the wanted fields, in the operation's order; none at all is an error."""
    picker = shell.window.findChild(FieldPicker)
    assert isinstance(picker, FieldPicker)
    shell.operation.choose("get-product")
    qtbot.mouseClick(picker, Qt.MouseButton.LeftButton)
    boxes = {box.accessibleName(): box for box in picker.findChildren(QCheckBox)}
    assert set(boxes) == set(OPERATIONS[OperationId.GET_PRODUCT].fields)
    boxes["category"].click()
    assert shell.operation.fields == ("id", "name", "price", "category")
    assert picker.accessibleName() == "Wanted fields: id, name, price, category"
    for path in shell.operation.fields:
        boxes[path].click()
    assert shell.operation.errors == {"fields": "choose at least one field"}
    shell.operation.want_default()
    assert boxes["price"].isChecked()
    assert not boxes["category"].isChecked()


def _middle(shell: SampleShell, widget: QWidget) -> int:
    return widget.mapTo(shell.window, widget.rect().center()).y()


def test_many_parameters_take_a_second_row_and_none_is_cut(shell: SampleShell, qtbot: QtBot) -> None:
    """At 1280 pixels the seven list parameters stand in a row of their own, all inside the window."""
    shell.operation.choose("list-products")
    form, send = shell.window.operation_bar.form, _button(shell, "send")
    qtbot.waitUntil(lambda: _middle(shell, form) > _middle(shell, send) + 20, timeout=1000)
    for field in form.fields.values():
        assert field.mapTo(shell.window, field.rect().topRight()).x() < shell.window.width()
        assert field.editor.width() >= field.editor.minimumSizeHint().width()
    shell.operation.choose("get-order")
    qtbot.waitUntil(lambda: abs(_middle(shell, form) - _middle(shell, send)) <= 3, timeout=1000)
