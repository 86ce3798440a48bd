"""The window that a command line asks for."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.bootstrap.opening import Opening, begin_with
from app.bootstrap.panels import workspaces
from app.cli.options import WORKSPACES
from app.domain.operations import OperationId
from app.infrastructure.paths import user_paths
from backends.serving import ServerSettings


@pytest.fixture
def desktop(qapp: QApplication, qtbot: QtBot) -> Iterator[Desktop]:
    """The whole program, not yet shown."""
    made = Desktop(qapp, ServerSettings(ephemeral=True), user_paths())
    yield made
    made.close()


def test_it_opens_with_what_was_asked_for(desktop: Desktop) -> None:
    """Operation, value, wanted fields and arrangement are in force before the window is seen."""
    opening = Opening(
        operation=OperationId.GET_PRODUCT, params={"id": "7"}, fields=("id", "name"), workspace="compare"
    )
    begin_with(opening, desktop.models.operation, desktop.window.workspaces)
    assert desktop.models.operation.operation_id is OperationId.GET_PRODUCT
    fields = desktop.window.findChildren(QLineEdit, "parameter-id")
    assert "7" in [field.text() for field in fields]  # those of the operation before are still to be deleted
    assert desktop.models.operation.values == {"id": "7"}
    assert desktop.models.operation.fields == ("id", "name")
    current = desktop.window.workspaces.current
    assert current is not None
    assert current.id == "compare"


def test_without_a_wish_nothing_changes(desktop: Desktop) -> None:
    """The window is as it was left."""
    before = (desktop.models.operation.operation_id, desktop.window.workspaces.current)
    begin_with(Opening(), desktop.models.operation, desktop.window.workspaces)
    assert (desktop.models.operation.operation_id, desktop.window.workspaces.current) == before


def test_the_command_line_knows_every_arrangement() -> None:
    """It lists them by itself, because the window's list would need Qt."""
    assert tuple(each.id for each in workspaces()) == WORKSPACES
