"""The promise of the product in the whole window: real servers, real calls, the mouse and a key."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.lanes import Lane
from app.ui.diagram.breaker_diagram import BreakerDiagram
from app.ui.panels.outage import OutagePanel
from tests.ui.test_outage import drag


def test_dragging_to_100_percent_opens_the_circuit_and_clearing_lets_it_close(
    desktop: Desktop, qtbot: QtBot
) -> None:
    """Hands-free traffic, the slider dragged to its end, *clear*: open, half-open, closed, on gRPC alone."""
    panel = desktop.window.findChild(OutagePanel)
    diagram = desktop.window.findChild(BreakerDiagram)
    assert isinstance(panel, OutagePanel)
    assert isinstance(diagram, BreakerDiagram)

    def says(lane: Lane) -> str:
        return diagram.mirror_text().splitlines()[list(Lane).index(lane)]

    desktop.models.resilience.change(Lane.GRPC, "open_timeout", 0.5)
    desktop.models.outage.set_load(rate=20.0)
    desktop.actions["load-toggle"].trigger()
    qtbot.waitUntil(lambda: desktop.models.outage.running, timeout=5000)
    drag(qtbot, panel.lanes[Lane.GRPC].rate, 100)
    qtbot.waitUntil(lambda: "gRPC circuit open" in says(Lane.GRPC), timeout=10_000)
    assert "REST circuit closed" in says(Lane.REST)
    assert "GraphQL circuit closed" in says(Lane.GRAPHQL)

    qtbot.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "gRPC circuit closed" in says(Lane.GRPC), timeout=10_000)

    def ways() -> list[tuple[str, str]]:
        moves = desktop.models.breakers.transitions(Lane.GRPC)  # newest first
        return [(move.before.value, move.after.value) for move in moves]

    # The diagram reads the breaker itself; the list comes by events, a moment later.
    qtbot.waitUntil(lambda: ways()[:2] == [("half_open", "closed"), ("open", "half_open")], timeout=5000)
    assert ways()[-1] == ("closed", "open")
    desktop.actions["load-toggle"].trigger()
    qtbot.waitUntil(lambda: not desktop.models.outage.running, timeout=5000)
