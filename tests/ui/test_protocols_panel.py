"""The Protocols page: claims before the measurement, figures after it, and a button that does both ends."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.clients.port import LaneClient
from app.clients.streams import OrderStream
from app.domain.errors import StartFailed
from app.domain.lanes import Lane
from app.operations.latencies import summarise
from app.operations.lesson import CacheCost, LaneLesson, LessonProgress, OrderCost, Refusal
from app.operations.lesson_text import load_lesson_text
from app.ui.panels.protocols import ProtocolsPanel
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource
from app.viewmodels.protocol_words import NOT_YET, measured
from app.viewmodels.protocols import LessonEnded, LessonProgressed, ProtocolsModel
from tests.support.lane_samples import FakeBus, FakeWorkers

NBSP = "\u00a0"
TIMES = summarise([0.001, 0.001, 0.004])
REST = LaneLesson(
    lane=Lane.REST,
    order=OrderCost(round_trips=3, bytes_up=394, bytes_down=1446, over_fetch=0.66),
    latency=TIMES,
    refusal=Refusal(status="400 BAD REQUEST", sent=True, message=""),
    cache=CacheCost(full=434, again=317, status="304 NOT MODIFIED"),
    lag=TIMES,
    message_bytes=214.4,
    written=20,
)
GRPC = LaneLesson(
    lane=Lane.GRPC,
    refusal=Refusal(status="", sent=False, message=""),
    cache=CacheCost(full=38, again=None),
    problem="streamed orders: no such feed",
)


@dataclass
class Page:
    """The page over a bus; jobs run when told."""

    model: ProtocolsModel
    panel: ProtocolsPanel
    bus: FakeBus
    workers: FakeWorkers

    def figure(self, measure: str, lane: Lane) -> str:
        """What stands under a claim."""
        return self.panel.figures[measure, lane].text().replace(NBSP, " ")


def no_client(lane: Lane) -> LaneClient:
    raise StartFailed(f"the {lane.label} server is not up yet")


def no_stream(lane: Lane) -> OrderStream:
    raise StartFailed(f"the {lane.label} server is not up yet")


@pytest.fixture
def page(qtbot: QtBot, themes: ThemeSource, styled: StyleKeeper) -> Iterator[Page]:
    """At the room that a window of 1280 x 800 gives it."""
    bus, workers = FakeBus(), FakeWorkers()
    model = ProtocolsModel(
        bus, client_for=no_client, stream_for=no_stream, submit=workers.submit, publish=bus.publish
    )
    panel = ProtocolsPanel(model, themes)
    qtbot.addWidget(panel)
    panel.resize(1280, 640)
    panel.show()
    qtbot.waitExposed(panel)
    yield Page(model, panel, bus, workers)
    panel.close()


def test_before_the_measurement_every_claim_says_so(page: Page) -> None:
    """Seven aspects, three lanes, no invented number."""
    assert len(page.panel.figures) == 21
    assert {figure.text() for figure in page.panel.figures.values()} == {NOT_YET}


def test_the_page_has_claims_and_advice_for_each_lane(page: Page) -> None:
    """Everything of the text is on the page."""
    shown = {label.text() for label in page.panel.findChildren(QLabel)}
    text = load_lesson_text()
    for lane in Lane:
        assert text.use[lane] in shown
        assert all(aspect.claims[lane] in shown for aspect in text.aspects)


def test_figures_stand_under_their_claims(page: Page) -> None:
    """Round trips, share, percentiles, bytes saved: with units, and what failed says why."""
    page.bus.publish(LessonEnded(at=0.0, lanes=(REST, GRPC), words="Measured."))
    assert page.figure("trips", Lane.REST) == "3 round trips, 394 B sent"
    assert page.figure("over-fetch", Lane.REST) == "66 % not asked for, 1 446 B received"
    assert page.figure("latency", Lane.REST) == "p50 1.0 ms, p99 4.0 ms"
    assert page.figure("refusal", Lane.REST) == "sent, and refused by the server: 400 BAD REQUEST"
    assert page.figure("refusal", Lane.GRPC) == "refused by the client, nothing was sent"
    assert page.figure("cache", Lane.REST) == "304: 317 B instead of 434 B, 117 B saved"
    assert page.figure("cache", Lane.GRPC) == "38 B again, nothing saved"
    assert page.figure("stream", Lane.REST) == "lag p50 1.0 ms, p99 4.0 ms, 214 B an order"
    assert page.figure("stream", Lane.GRPC) == "not measured: streamed orders: no such feed"
    assert page.figure("written", Lane.REST) == "20 characters"
    assert page.figure("trips", Lane.GRAPHQL) == NOT_YET


def test_the_button_measures_cancels_and_measures_again(page: Page, qtbot: QtBot) -> None:
    """Its text follows, progress is told, and a failed start is a sentence."""
    button = page.panel.measure
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "Cancel"
    page.bus.publish(
        LessonProgressed(at=0.0, progress=LessonProgress(done=3, total=15, what="REST: latency"))
    )
    assert (page.panel.state.text(), page.panel.meter.value()) == ("REST: latency", 3)
    handle = page.workers.handles[0]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert handle.token.cancelled
    page.workers.run()
    assert (button.text(), page.panel.state.text()) == ("Measure", "the REST server is not up yet")
    page.bus.publish(LessonEnded(at=0.0, lanes=(REST,), words="Measured."))
    assert button.text() == "Measure again"


def test_the_whole_page_fits_without_scrolling(page: Page) -> None:
    """At 1280 x 800, with every figure in place, nothing is below the edge."""
    lanes = tuple(
        LaneLesson(
            lane=lane,
            order=REST.order,
            latency=TIMES,
            refusal=REST.refusal,
            cache=REST.cache,
            lag=TIMES,
            message_bytes=214.0,
            written=132,
        )
        for lane in Lane
    )
    page.bus.publish(LessonEnded(at=0.0, lanes=lanes, words="Measured."))
    assert page.panel.verticalScrollBar().maximum() == 0


def test_each_aspect_of_the_text_has_a_measurement() -> None:
    """A measure that nobody knows would be noticed only when the page opens."""
    for aspect in load_lesson_text().aspects:
        assert measured(aspect.measure, None) == NOT_YET
        assert measured(aspect.measure, REST) != NOT_YET
