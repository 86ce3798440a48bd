"""Streams in the whole program: the action that starts them, a placed order, and the end of the window."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.ui.panels.orders import OrdersPanel


@pytest.fixture
def desktop(desktop: Desktop, qtbot: QtBot) -> Desktop:
    """In the arrangement for streams."""
    desktop.window.workspaces.switch("stream")
    qtbot.waitUntil(lambda: desktop.window.findChild(OrdersPanel) is not None)
    return desktop


def test_an_order_placed_in_the_window_arrives_on_all_live_lanes(desktop: Desktop, qtbot: QtBot) -> None:
    """Sent over three lanes, three orders come back over each of the three streams."""
    models = desktop.models
    models.orders.change_request(user_id="user_123", count=None, live=True)
    desktop.actions["stream-start"].trigger()
    lanes = models.orders.lanes
    qtbot.waitUntil(lambda: [lanes[lane].words for lane in Lane] == ["open"] * 3, timeout=10_000)
    with qtbot.waitSignal(models.session.session_changed, timeout=10_000):
        models.session.log_in("user@example.com", "password", 3600)
    models.operation.choose(OperationId.CREATE_ORDER)
    models.operation.set_value("user_id", "user_123")
    models.operation.set_value("lines", "1x1")
    models.operation.request_send()
    qtbot.waitUntil(lambda: all(lanes[lane].received >= 3 for lane in Lane), timeout=10_000)
    models.orders.show_rows()
    table = models.orders.table
    rows = [table.row(number) for number in range(table.rowCount())]
    seen = {
        lane: [row.message.order["id"] for row in rows if row and row.message and row.lane is lane][:3]
        for lane in Lane
    }
    assert len(set(seen[Lane.REST])) == 3
    assert seen[Lane.REST] == seen[Lane.GRAPHQL] == seen[Lane.GRPC]


def test_the_stream_workspace_fits_the_smallest_window(desktop: Desktop, qtbot: QtBot) -> None:
    """At 1280 x 800 the panel shows its rows and its detail, and Space in the table holds the view."""
    panel = desktop.window.findChild(OrdersPanel)
    assert panel is not None
    assert panel.minimumSizeHint().width() <= 1280 - 24
    assert panel.table.viewport().height() >= 4 * 22
    panel.table.setFocus()
    qtbot.waitUntil(panel.table.hasFocus)
    qtbot.keyClick(panel.table, Qt.Key.Key_Space)
    assert desktop.models.orders.paused
    assert desktop.window.width() == 1280


def test_closing_the_window_ends_running_streams(desktop: Desktop, qtbot: QtBot) -> None:
    """With endless streams on every lane the program ends as fast as without; nothing is left behind."""
    models = desktop.models
    models.orders.change_request(count=None, interval_ms=1)
    models.orders.start()
    qtbot.waitUntil(lambda: all(lane.received > 10 for lane in models.orders.lanes.values()), timeout=10_000)
    assert desktop.close()
