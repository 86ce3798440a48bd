"""What a frame of the timeline and a record cost: pixels and one event, never what is kept. No clock."""

import random
from functools import partial
from math import floor
from typing import Any

from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.domain.events import (
    AttemptFinished,
    AttemptStarted,
    CallFinished,
    CallRejected,
    CallStarted,
    Event,
    RetryReason,
    RetryScheduled,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.ui.charts.timeline_density import DensityPicture
from app.ui.charts.timeline_glyphs import Glyphs
from app.ui.charts.timeline_layout import COLUMN, Frame, LaneBox, TimeScale, column_words, frame_of
from app.ui.theme import load_theme
from app.viewmodels.timeline_store import TimelineStore
from app.viewmodels.timeline_tally import Columns, Part, Tally
from tests.support.operations import operations

REST = Lane.REST
SPAN = 12.0


def call(number: int, at: float) -> list[Event]:
    """A call of one attempt that ends at once, as background traffic makes them."""
    name, outcome = f"call-{number}", Outcome.OK if number % 2 else Outcome.UNAVAILABLE
    reply = Reply(outcome=outcome)
    result = CallResult(call_id=name, lane=REST, operation=OperationId.GET_PRODUCT, reply=reply)
    head: dict[str, Any] = {"call_id": name, "lane": REST}
    return [
        CallStarted(at=at, operation=OperationId.GET_PRODUCT, **head),
        AttemptStarted(at=at, attempt=1, **head),
        AttemptFinished(at=at, attempt=1, outcome=outcome, duration=0.0, status="", **head),
        CallFinished(at=at, result=result, **head),
    ]


def busy(count: int, *, seconds: float = SPAN, end: float = 1000.0) -> TimelineStore:
    """A store after ``count`` calls, evenly over ``seconds``."""
    store = TimelineStore(5000)
    for number in range(count):
        for event in call(number, end - seconds * (count - number) / count):
            store.record(event)
    return store


def counts(frame: Frame) -> Columns:
    """Of a frame that shows counts."""
    assert frame.columns is not None
    return frame.columns


def frame(store: TimelineStore, *, span: float = SPAN, edge: float = 1000.0) -> Frame:
    scale = TimeScale(left=60, width=1200, span=span, edge=edge)
    return frame_of(store, LaneBox(lane=REST, top=0, height=70, text=15), scale, edge)


def test_a_crowded_frame_costs_the_same_however_many_attempts_it_stands_for() -> None:
    """Four times as many attempts in the same columns take no step more."""
    few, many = busy(1240), busy(4960)
    assert frame(few).dense
    assert frame(many).dense
    assert sum(map(sum, counts(frame(many)).values())) == 4 * sum(map(sum, counts(frame(few)).values()))
    steps = operations(lambda: frame(few))
    assert operations(lambda: frame(many)) <= steps * 1.05


def test_a_frame_of_single_attempts_costs_nothing_for_those_before_it() -> None:
    """What lies out of view is not looked at."""
    stores = [busy(count, seconds=SPAN * count / 100) for count in (200, 4000)]
    assert not any(frame(store).dense for store in stores)
    few, many = (operations(partial(frame, store)) for store in stores)
    assert many <= few * 1.05


def test_recording_costs_the_same_however_much_is_kept() -> None:
    """The thousandth call of a record takes no more steps than the first, also when old ones are dropped."""
    store = busy(600)
    first = max(_steps_of_a_call(store, number) for number in range(50))
    store = busy(5000)
    assert max(_steps_of_a_call(store, number) for number in range(700)) <= first + 150  # a block is dropped


def _steps_of_a_call(store: TimelineStore, number: int) -> int:
    events = call(100_000 + number, 1000.0 + number)
    return operations(lambda: [store.record(event) for event in events])


def test_columns_count_what_one_by_one_would() -> None:
    """At any zoom the counts are those of the attempts themselves, also out of order and after dropping."""
    luck = random.Random(7)
    store = TimelineStore(400)
    for number in range(900):
        at = number * 0.01 + luck.uniform(-0.05, 0.05)
        late = number % 11 == 0
        outcome = luck.choice((Outcome.OK, Outcome.TIMEOUT))
        store.record(
            AttemptFinished(
                at=at, call_id="c", lane=REST, attempt=1, outcome=outcome, duration=0.0, status="", late=late
            )
        )
        if number % 3 == 0:
            store.record(CallRejected(at=at, call_id="c", lane=REST, attempt=1, retry_after=None))
    kept = store.view(REST, 0.0, 20.0)
    for per_second in (0.7, 13.0, 301.3):
        wanted: dict[int, list[int]] = {}
        for bar in kept.attempts:
            part = Part.LATE if bar.late else Part.FAILED if bar.failed else Part.ANSWERED
            wanted.setdefault(floor((bar.end or 0.0) * per_second), [0, 0, 0, 0])[part] += 1
        for mark in kept.rejections:
            wanted.setdefault(floor(mark.at * per_second), [0, 0, 0, 0])[Part.REJECTED] += 1
        assert store.columns(REST, 0.0, 20.0, per_second) == wanted


def test_columns_do_not_count_beyond_the_edge() -> None:
    """A held picture shows what had happened then, also in its last column."""
    tally = Tally()
    for at in (0.2, 0.9, 1.1, 1.4):
        tally.add(Part.ANSWERED, at)
    assert tally.columns(0.5, 1.2, 1.0) == {0: [2, 0, 0, 0], 1: [1, 0, 0, 0]}


def test_columns_keep_their_borders_while_scrolling() -> None:
    """A later frame of the same zoom counts the same columns."""
    store = busy(3000)
    whole = counts(frame(store))
    later = counts(frame(store, edge=1003.217))
    common = whole.keys() & later.keys()
    assert len(common) > 200
    assert all(whole[column] == later[column] for column in sorted(common)[1:])


def test_the_picture_makes_only_columns_anew_that_changed(qapp: QApplication) -> None:
    """A later frame of the same traffic costs a fraction of the first."""
    store, picture = busy(4800), DensityPicture(Glyphs(load_theme("dark"), QFont(), 1.0))
    painter = QPainter(image := QImage(1260, 80, QImage.Format.Format_RGB32))
    first = operations(lambda: picture.paint(painter, frame(store)))
    before = frame(store, edge=1000.1)
    assert operations(lambda: picture.paint(painter, before)) < first / 2
    painter.end()
    assert image.width()


def test_what_is_under_way_counts_where_it_began() -> None:
    """The density picture shows attempts in flight, and the pointer tells them."""
    store = busy(3000)
    store.record(AttemptStarted(at=995.0, call_id="slow", lane=REST, attempt=1))
    with_it, scale = frame(store), frame(store).scale
    column = floor(995.0 * scale.per_second / COLUMN)
    before = busy(3000).columns(REST, 990.0, 1000.0, scale.per_second / COLUMN)[column]
    assert counts(with_it)[column][Part.ANSWERED] == before[Part.ANSWERED] + 1
    assert "answered" in column_words(with_it, scale.x(995.0))


def test_waits_alone_make_a_crowd() -> None:
    """A thousand calls that only wait are not walked through for a frame either."""
    store = TimelineStore(5000)
    for number in range(1000):
        store.record(
            RetryScheduled(
                at=900.0 + number * 0.01,
                call_id=f"call-{number}",
                lane=REST,
                attempt=1,
                delay=90.0,
                envelope=90.0,
                reason=RetryReason.BACKOFF,
            )
        )
    assert store.crowd(REST, 988.0, 1000.0) == 1000
    assert frame(store).dense
    assert frame(store).view.waits == []
    assert store.crowd(REST, 1001.0, 1002.0) == 0
