"""Scenarios in the window: the section of the panel, and a real play that leaves everything as it was."""

from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.events import ScenarioProgress
from app.domain.lanes import Lane
from app.runtime.event_bus import EventBus
from app.ui.panels.outage_scenario import PAUSED, ScenarioSection
from app.viewmodels.outage import OutageModel, ScenarioChoice
from tests.ui.test_outage import Ports

SHORT = """\
title = "Short"
about = "Half a second of failures."
seed = 5
duration = 0.6

[settings]
failure_threshold = 2
max_retries = 0

[[step]]
at = 0
caption = "It fails."
faults = [{ kind = "error", rate = 1.0 }]
call = 3

[[step]]
at = 0.3
caption = "And opens."
force = "open"
"""


def progress(**changes: object) -> ScenarioProgress:
    known: dict[str, object] = {
        "at": 1.0, "name": "x", "step": 1, "steps": 3, "elapsed": 4.2, "duration": 30.0, "caption": "Now.",
        "running": True, "paused": False,
    }  # fmt: skip
    return ScenarioProgress(**(known | changes))  # type: ignore[arg-type]


@pytest.fixture
def section(qtbot: QtBot) -> ScenarioSection:
    bus = EventBus(lambda error: None)
    ports = Ports()
    model = OutageModel(bus, ports, ports, scenarios=ports)
    made = ScenarioSection(model, ports)
    made.ports, made.bus, made.model = ports, bus, model  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_chosen_scenario_says_what_it_is_about(section: ScenarioSection) -> None:
    """Titles, and the about text under them; a file that cannot be played says why and cannot be run."""
    titles = [section.chooser.itemText(index) for index in range(section.chooser.count())]
    assert titles == ["A brown-out", "Fails twice", "mine"]
    assert section.about.text() == "Ten seconds of failures."
    section.chooser.show_value("mine")
    assert section.about.text() == "mine.toml, line 3: at is missing"
    assert (section.about.property("role"), section.run.isEnabled()) == ("error", False)


def test_a_file_that_cannot_be_opened_says_why(section: ScenarioSection) -> None:
    """Line and reason stand where the about text was, in the colour of an error."""
    section.open_file("/x/y.toml")
    assert section.about.text() == "/x/y.toml, line 2: duration is missing"
    assert section.about.property("role") == "error"


def test_buttons_follow_the_play(section: ScenarioSection, qtbot: QtBot) -> None:
    """Run becomes Stop, Pause becomes Go on; the caption says what happens and what a pause holds."""
    ports, bus = section.ports, section.bus  # type: ignore[attr-defined]
    qtbot.mouseClick(section.run, Qt.MouseButton.LeftButton)
    bus.publish(progress())
    qtbot.waitUntil(lambda: section.run.text() == "Stop", timeout=1000)
    assert (section.caption.text(), section.place.text()) == ("Now.", "4 of 30 s, step 2 of 3")
    assert (section.pause.isEnabled(), section.step.isEnabled(), section.chooser.isEnabled()) == (
        True,
        False,
        False,
    )
    assert not section.about.isVisible()
    qtbot.mouseClick(section.pause, Qt.MouseButton.LeftButton)
    bus.publish(progress(paused=True))
    qtbot.waitUntil(section.step.isEnabled, timeout=1000)
    assert (section.pause.text(), section.place.text()) == ("Go on", "4 of 30 s, step 2 of 3, paused")
    assert section.caption.text().splitlines() == ["Now.", PAUSED]
    qtbot.mouseClick(section.step, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(section.run, Qt.MouseButton.LeftButton)
    assert ports.played == ["run brown-out", "pause", "step", "stop"]
    bus.publish(progress(running=False, caption="Over."))
    qtbot.waitUntil(lambda: section.run.text() == "Run", timeout=1000)
    assert section.caption.text() == "Over."
    assert section.about.isVisible()


def test_the_report_of_an_ended_scenario_can_be_saved(section: ScenarioSection, qtbot: QtBot) -> None:
    """The button waits for an end; the line below says where the file is, or why there is none."""
    assert not section.report.isEnabled()
    section.chooser.show_value("brown-out")
    qtbot.mouseClick(section.run, Qt.MouseButton.LeftButton)
    section._show_running(False, False)
    assert section.report.isEnabled()
    section.save_report("/tmp/report.json")
    assert section.caption.text() == "The report is in /tmp/report.json"
    section.save_report("/report.txt")
    assert section.caption.text() == "/report.txt: Permission denied"
    assert section.caption.property("role") == "error"


def test_the_closing_words_are_scrolled_into_view(section: ScenarioSection, qtbot: QtBot) -> None:
    """They stand at the bottom of a panel that is too low for them: whoever pressed Run must see them."""
    area = QScrollArea()
    qtbot.addWidget(area)
    area.setWidget(section)
    area.setWidgetResizable(True)
    area.resize(320, 150)
    area.show()
    area.activateWindow()
    section.run.setFocus()
    qtbot.waitUntil(section.run.hasFocus)
    bus = section.bus  # type: ignore[attr-defined]
    bus.publish(progress())
    qtbot.waitUntil(lambda: section.caption.isVisible() and not section._settle.isActive())
    qtbot.waitUntil(lambda: section.caption.visibleRegion().boundingRect() == section.caption.rect())
    bus.publish(progress(caption="A longer one, of the step after it. " * 4))
    qtbot.waitUntil(lambda: section.caption.text().startswith("A longer") and section.caption.isVisible())
    qtbot.waitUntil(lambda: section.caption.visibleRegion().boundingRect() == section.caption.rect())
    bus.publish(progress(running=False, caption="27 calls, 7 fresh answers, 9 rejected. " * 2))
    qtbot.waitUntil(lambda: section.run.text() == "Run" and section.caption.isVisible())
    qtbot.waitUntil(lambda: section.caption.visibleRegion().boundingRect() == section.caption.rect())
    area.takeWidget()  # the area would delete what the fixture closes


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_in_the_list_plays_what_is_chosen(section: ScenarioSection, qtbot: QtBot, key: Qt.Key) -> None:
    """Ctrl+E and Enter play a scenario; one that cannot be used stays where it is."""
    section.activateWindow()
    section.take_focus()
    qtbot.waitUntil(section.chooser.hasFocus)
    section.chooser.show_value("mine")
    qtbot.keyClick(section.chooser, key)
    section.chooser.show_value("brown-out")
    qtbot.keyClick(section.chooser, key)
    assert section.ports.played == ["run brown-out"]  # type: ignore[attr-defined]
    assert section.run.hasFocus()


def test_the_list_is_read_anew_by_the_key(section: ScenarioSection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file put into the folder a moment ago is there when Ctrl+E leads to the list."""
    ports = section.ports  # type: ignore[attr-defined]
    monkeypatch.setattr(ports, "choices", lambda: [ScenarioChoice(name="new", title="New")])
    section.take_focus()
    assert section.chooser.itemText(section.chooser.count() - 1) == "New"


def test_a_section_that_is_gone_is_left_alone(qtbot: QtBot) -> None:
    """Deleted between a turn of the play and the scrolling that follows it: nothing reaches it any more."""
    ports = Ports()
    model = OutageModel(EventBus(lambda error: None), ports, ports, scenarios=ports)
    section = ScenarioSection(model, ports)
    model.scenario_changed.emit(progress())
    settle = section.findChild(QTimer, "settle")
    assert settle is not None
    assert settle.isActive()
    with qtbot.captureExceptions() as caught:
        shiboken6.delete(section)
        QApplication.processEvents()
        model.scenario_changed.emit(progress(running=False))
    assert caught == []
    assert not shiboken6.isValid(settle)


def test_a_play_in_the_window_leaves_everything_as_it_was(
    desktop: Desktop, qtbot: QtBot, tmp_path: Path
) -> None:
    """Faults, settings, seed and traffic come back; forced breakers are released; the caption says so."""
    models = desktop.models
    models.outage.set_seed(77)
    models.outage.change(Lane.REST, delay_ms=5)
    models.outage.send()
    models.resilience.change(Lane.REST, "max_retries", 1)
    file = tmp_path / "short.toml"
    file.write_text(SHORT)
    told: list[ScenarioProgress] = []
    models.outage.scenario_changed.connect(told.append)
    desktop.actions["scenario"].trigger()
    section = desktop._scenario_section()
    assert section is not None
    assert section.chooser.hasFocus()
    section.open_file(str(file))
    desktop.actions["scenario-run"].trigger()
    qtbot.waitUntil(lambda: models.outage.playing, timeout=5000)
    assert not desktop.actions["load-toggle"].isEnabled()
    qtbot.waitUntil(lambda: models.outage.outage(Lane.GRPC).failure_rate == 1.0, timeout=5000)
    assert (models.outage.seed, models.resilience.settings(Lane.REST).failure_threshold) == (5, 2)
    qtbot.waitUntil(lambda: "What was set before is back." in section.caption.text(), timeout=10_000)
    qtbot.waitUntil(lambda: section.caption.text().startswith("9 calls"), timeout=5000)
    assert "before is back" in section.caption.text()
    assert "And opens." in {one.caption for one in told}
    engine = desktop.core.backends.faults.describe()
    assert engine["seed"] == models.outage.seed == 77
    assert {lane: [rule["kind"] for rule in rules] for lane, rules in engine["lanes"].items()} == {
        "rest": ["delay"], "graphql": [], "grpc": [],
    }  # fmt: skip
    assert models.outage.outage(Lane.GRPC).healthy
    assert models.outage.outage(Lane.REST).delay_ms == 5
    assert models.resilience.settings(Lane.REST).max_retries == 1
    assert models.resilience.settings(Lane.REST).failure_threshold == 5
    assert all(one.breaker.state.value == "closed" for one in desktop.core.pipelines.values())
    assert not models.outage.running


def test_a_stop_in_the_middle_puts_back_too_and_traffic_goes_on(
    desktop: Desktop, qtbot: QtBot, tmp_path: Path
) -> None:
    """Traffic that ran before is held while a scenario plays and runs again after its stop."""
    models = desktop.models
    models.outage.set_load(running=True, rate=20.0, lanes=[Lane.REST])
    qtbot.waitUntil(lambda: len(desktop.core.pipelines[Lane.REST].copies) > 0, timeout=5000)
    file = tmp_path / "long.toml"
    file.write_text("duration = 60\n[[step]]\nat = 0\nfaults = [{ kind = 'hang' }]\ncall = 2\n")
    scenarios = models.outage.scenarios
    assert scenarios is not None
    scenarios.open(str(file))
    scenarios.run(str(file))
    qtbot.waitUntil(lambda: models.outage.outage(Lane.REST).failure_rate == 1.0, timeout=5000)
    desktop.actions["scenario-stop"].trigger()
    qtbot.waitUntil(lambda: not models.outage.playing, timeout=5000)
    qtbot.waitUntil(lambda: models.outage.running, timeout=5000)
    assert (models.outage.rate, models.outage.load_lanes) == (20.0, (Lane.REST,))
    assert models.outage.outage(Lane.REST).healthy
    models.outage.toggle_load()
    assert not models.outage.running
