"""The lesson measured on live servers: each claim of the Protocols page meets its number."""

from collections.abc import Mapping

import pytest

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.domain.lanes import Lane
from app.operations.lesson import LaneLesson, Lesson, LessonProgress
from app.operations.stream_access import StreamAccess
from tests.support.live_lanes import LiveLanes

Lessons = Mapping[Lane, LaneLesson]


@pytest.fixture(scope="module")
def lessons(live: LiveLanes, clients: Mapping[Lane, LaneClient]) -> Lessons:
    """One measurement, with few calls."""
    access = StreamAccess()
    for lane in Lane:
        access.connect(lane, live.addresses)
    try:
        streams = {lane: access.stream(lane) for lane in Lane}
        return {each.lane: each for each in Lesson(clients, streams, calls=30).measure()}
    finally:
        access.close()


def test_every_lane_is_measured_in_full(lessons: Lessons) -> None:
    """No step failed and none is missing."""
    for lesson in lessons.values():
        assert lesson.problem == ""
        parts = (lesson.order, lesson.latency, lesson.refusal, lesson.cache, lesson.lag, lesson.written)
        assert None not in parts


def test_rest_under_fetches_and_graphql_does_not_over_fetch(lessons: Lessons) -> None:
    """One order with two products: three round trips against one, and nothing unasked only in GraphQL."""
    orders = {lane: lesson.order for lane, lesson in lessons.items()}
    assert {lane: order.round_trips for lane, order in orders.items() if order} == {
        Lane.REST: 3,
        Lane.GRAPHQL: 1,
        Lane.GRPC: 1,
    }
    shares = {lane: order.over_fetch for lane, order in orders.items() if order}
    assert shares[Lane.GRAPHQL] == 0
    assert (shares[Lane.REST] or 0) > 0.3
    assert (shares[Lane.GRPC] or 0) > 0.3


def test_a_wrong_type_is_refused_where_the_contract_is_known(lessons: Lessons) -> None:
    """gRPC's client cannot even write it; the others send it and the server refuses."""
    refusals = {lane: lesson.refusal for lane, lesson in lessons.items()}
    assert {lane: one.sent for lane, one in refusals.items() if one} == {
        Lane.REST: True,
        Lane.GRAPHQL: True,
        Lane.GRPC: False,
    }
    assert [one.status[:3] for lane, one in refusals.items() if one and lane is not Lane.GRPC] == [
        "400",
        "400",
    ]


def test_only_rest_saves_bytes_by_naming_its_copy(lessons: Lessons) -> None:
    """304 is smaller than 200; the others have no word for it."""
    rest = lessons[Lane.REST].cache
    assert rest is not None
    assert rest.full is not None
    assert rest.again is not None
    assert rest.status.startswith("304")
    assert rest.again < rest.full
    assert [
        lesson.cache.again for lane, lesson in lessons.items() if lesson.cache and lane is not Lane.REST
    ] == [
        None,
        None,
    ]


def test_streamed_orders_arrive_soon_after_they_were_published(lessons: Lessons) -> None:
    """All of the feed's orders are timed, and gRPC's are the smallest."""
    sizes = {lane: lesson.message_bytes for lane, lesson in lessons.items()}
    for lesson in lessons.values():
        assert lesson.lag is not None
        assert lesson.lag.count == 60
        assert lesson.lag.p50 < 0.25
    assert sizes[Lane.GRPC] == min(size for size in sizes.values() if size is not None)


def test_a_cancelled_lesson_stops_where_it_is(clients: Mapping[Lane, LaneClient]) -> None:
    """Cancelled is raised within the first lane, and nothing further is begun."""
    cancel = CancelToken()
    told: list[str] = []

    def stop(progress: LessonProgress) -> None:
        told.append(progress.what)
        cancel.cancel()

    with pytest.raises(Cancelled):
        Lesson(clients, {}, cancel=cancel, on_progress=stop).measure()
    assert told == ["REST: one order with its products"]
