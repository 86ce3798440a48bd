"""Earlier results: kept within bounds, shown in their lane when asked."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.events import CallFinished
from app.domain.lanes import Lane
from app.domain.results import CallResult
from app.viewmodels.history import HistoryModel
from app.viewmodels.lane import PREPARE_HERE, LaneModel, body_size
from tests.support.lane_samples import FakeBus, FakeWorkers, exchange, rest_ok


class Past:
    """Two lanes and their history."""

    def __init__(self, *, kept: int = 3, kept_bytes: int = 10_000_000) -> None:
        self.bus, self.workers = FakeBus(), FakeWorkers()
        self.lane = LaneModel(Lane.REST, self.bus)
        self.history = HistoryModel(
            {Lane.REST: self.lane},
            self.bus,
            submit=self.workers.submit,
            publish=self.bus.publish,
            kept=kept,
            kept_bytes=kept_bytes,
        )

    def finish(self, call_id: str, *, value: object = "") -> CallResult:
        """A call of background traffic has ended."""
        good = rest_ok()
        reply = replace(good.reply, exchanges=(exchange("GET /x", value),))
        made = replace(good, call_id=call_id, reply=reply, started_at=1_700_000_000.0)
        self.bus.publish(CallFinished(at=1.0, call_id=call_id, lane=Lane.REST, result=made))
        return made


@pytest.fixture
def past(qapp: object) -> Past:
    return Past()


def test_a_call_that_no_lane_waited_for_can_be_shown(past: Past) -> None:
    """Its answer stands in the lane with the time at which it was made; a new call takes the mark away."""
    wanted = past.finish("load-1")
    past.finish("load-2")
    assert past.lane.result is None
    past.history.show_call("load-1")
    assert past.lane.result is wanted
    assert past.lane.chips[-1].text == f"of {past.lane.earlier}"
    assert len(past.lane.earlier) == 8
    past.lane.expect("next")
    assert past.lane.earlier == ""


def test_only_the_last_results_are_kept(past: Past, qtbot: QtBot) -> None:
    """The oldest goes first, and asking for it gets a sentence instead of an answer."""
    for number in range(5):
        past.finish(f"load-{number}")
    assert [past.history.result(f"load-{number}") is not None for number in range(5)] == [
        *(False, False),
        *(True, True, True),
    ]
    with qtbot.waitSignal(past.history.forgotten, timeout=500) as told:
        past.history.show_call("load-0")
    assert told.args == ["The answer of this call is no longer kept."]
    assert past.lane.result is None


def test_large_bodies_push_others_out(qapp: object) -> None:
    """The bodies kept stay within their limit, though the newest is always kept."""
    past = Past(kept_bytes=1000)
    past.finish("small")
    past.finish("large", value="x" * 1200)
    assert past.history.result("small") is None
    assert past.history.result("large") is not None


def test_a_lane_that_waits_is_not_disturbed(past: Past, qtbot: QtBot) -> None:
    """What is under way would be mixed up with what was."""
    past.finish("load-1")
    past.lane.expect("now")
    with qtbot.waitSignal(past.history.forgotten, timeout=500):
        past.history.show_call("load-1")
    assert past.lane.call_id == "now"


def test_a_large_answer_is_read_by_a_worker(past: Past) -> None:
    """The lane shows that it is being read, and its body once it was."""
    made = past.finish("load-1", value={"a": "x" * PREPARE_HERE})
    assert body_size(made) > PREPARE_HERE
    past.history.show_call("load-1")
    assert past.lane.preparing
    past.workers.run()
    assert not past.lane.preparing
