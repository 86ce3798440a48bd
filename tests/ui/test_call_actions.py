"""What the window does with requests and answers: copied, exported, shown again, told apart. Real servers."""

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.events import FaultsChanged
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.ui.diagram.breaker_diagram import BreakerDiagram
from app.ui.widgets.labels import ElidedLabel
from app.viewmodels.outage_rules import FailureKind

ANSWER = 20_000  # ms


@pytest.fixture
def desktop(desktop: Desktop, qtbot: QtBot) -> Desktop:
    """With one answer on each lane."""
    desktop.models.operation.choose(OperationId.GET_ORDER)
    send(desktop, qtbot)
    return desktop


def send(desktop: Desktop, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desktop.models.calls.in_flight_changed, timeout=ANSWER):
        desktop.actions["send"].trigger()
    qtbot.waitUntil(lambda: not desktop.models.calls.in_flight, timeout=ANSWER)


def note(desktop: Desktop) -> str:
    return " ".join(label.full_text for label in desktop.window.status_bar.findChildren(ElidedLabel))


@pytest.mark.parametrize("lane", list(Lane))
def test_copy_as_puts_a_command_without_the_token_on_the_clipboard(
    desktop: Desktop, qtbot: QtBot, lane: Lane
) -> None:
    """The address is the running server's, the token stays here, and the status bar says so."""
    with qtbot.waitSignal(desktop.models.session.session_changed, timeout=ANSWER):
        desktop.models.session.log_in("user@example.com", "password", 3600)
    desktop.actions[f"copy-{lane}"].trigger()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("grpcurl" if lane is Lane.GRPC else "curl")
    assert desktop.models.lanes[lane].address in text
    assert "$TOKEN" in text
    token = desktop.models.session.token
    assert token is not None
    assert token not in text
    assert "The token stayed here" in note(desktop)


def test_the_comparison_is_exported_as_json(desktop: Desktop, tmp_path: Path) -> None:
    """Costs and values of the three answers are in the file; a folder that is not there is told."""
    desktop._calls.export_to(str(tmp_path / "comparison.json"))
    record = json.loads((tmp_path / "comparison.json").read_text())
    assert record["operation"] == "get-order"
    assert set(record["lanes"]) == {"rest", "graphql", "grpc"}
    assert record["lanes"]["rest"]["round_trips"] > 1
    assert record["differences"] == {"graphql": [], "grpc": []}
    desktop._calls.export_to(str(tmp_path / "nowhere" / "comparison.json"))
    assert "was not saved" in note(desktop)


def test_a_bar_of_the_timeline_shows_its_call_again(desktop: Desktop, qtbot: QtBot) -> None:
    """The first answer comes back into its lane with the time of its call, until the next one is sent."""
    lane = desktop.models.lanes[Lane.REST]
    first = lane.result
    assert first is not None
    send(desktop, qtbot)
    assert lane.result is not first
    desktop.models.timeline.call_selected.emit(first.call_id)
    assert lane.result is first
    assert lane.chips[-1].text == f"of {lane.earlier}"
    send(desktop, qtbot)
    assert lane.earlier == ""
    desktop.models.timeline.call_selected.emit("of another time")
    assert "no longer kept" in note(desktop)


def test_a_reset_is_told_as_injected_and_an_outage_is_announced_once(desktop: Desktop, qtbot: QtBot) -> None:
    """No answer can name a reset, yet the lane does; the bus hears of one change once."""
    heard: list[FaultsChanged] = []
    publish = desktop.core.bus.publish
    desktop.core.bus.publish = lambda event: (heard.append(event), publish(event))  # type: ignore[method-assign]
    desktop.models.outage._bus.publish = desktop.core.bus.publish
    desktop.models.resilience.change(Lane.GRAPHQL, "max_retries", 0)
    desktop.models.outage.change(Lane.GRAPHQL, failure_rate=1.0, kind=FailureKind.RESET)
    desktop.models.outage.send()
    assert [event.lane for event in heard if isinstance(event, FaultsChanged)] == [Lane.GRAPHQL]
    send(desktop, qtbot)
    result = desktop.models.lanes[Lane.GRAPHQL].result
    assert result is not None
    assert result.attempts[-1].injected is not None
    document = desktop.models.lanes[Lane.GRAPHQL].response_document()
    assert document is not None
    document.finish()
    assert "injected:" in document.text()
    assert "real" not in document.text().splitlines()[0]


def test_reduced_motion_reaches_the_diagram_while_it_runs(desktop: Desktop, qtbot: QtBot) -> None:
    """The tick in the settings takes effect at once."""
    qtbot.waitUntil(lambda: desktop.window.findChild(BreakerDiagram) is not None, timeout=ANSWER)
    canvas = desktop.window.findChild(BreakerDiagram).canvas
    desktop.models.appearance.set_reduced_motion(True)
    assert canvas._reduced_motion()
