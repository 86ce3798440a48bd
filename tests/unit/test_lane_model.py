"""The view-models of lanes and calls against fake ports: what is sent, refused, cancelled, remembered."""

from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.drafts import Draft, RestDraft
from app.domain.errors import StartFailed
from app.domain.events import (
    AttemptStarted,
    BackendChanged,
    BackendState,
    CallFinished,
    RetryReason,
    RetryScheduled,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.viewmodels.calls import CallsModel, prepare_answer
from app.viewmodels.compare import BEST, UNKNOWN, CompareModel
from app.viewmodels.lane import PREPARE_HERE, LaneModel
from tests.support.lane_samples import (
    FIELDS,
    FakeBus,
    FakeRunner,
    FakeWorkers,
    draft_for,
    exchange,
    graphql_ok,
    grpc_ok,
    rejected_with_copy,
    rest_ok,
    result,
    unauthenticated,
    unavailable,
)

ORDER = OperationId.GET_ORDER


@dataclass
class Desk:
    """Everything around the three lanes."""

    bus: FakeBus
    workers: FakeWorkers
    lanes: dict[Lane, LaneModel]
    runners: dict[Lane, FakeRunner | None]
    calls: CallsModel
    compare: CompareModel

    def send(self, *lanes: Lane, number: str = "1") -> tuple[Lane, ...]:
        """Send the sample operation."""
        return self.calls.send(ORDER, {"id": number}, FIELDS, lanes or tuple(Lane))


@pytest.fixture
def desk(qapp: object) -> Desk:
    """Three lanes with runners that answer well."""
    bus, workers = FakeBus(), FakeWorkers()
    lanes = {lane: LaneModel(lane, bus) for lane in Lane}
    answers = {Lane.REST: rest_ok, Lane.GRAPHQL: graphql_ok, Lane.GRPC: grpc_ok}
    runners: dict[Lane, FakeRunner | None] = {lane: FakeRunner(bus, answers[lane]) for lane in Lane}
    calls = CallsModel(
        lanes,
        bus,
        draft_for=draft_for,
        runner_for=lambda lane: runners[lane],
        submit=workers.submit,
        publish=bus.publish,
    )
    compare = CompareModel(lanes, bus, submit=workers.submit, publish=bus.publish)
    return Desk(bus, workers, lanes, runners, calls, compare)


def chip_texts(model: LaneModel) -> list[str]:
    """Chips with plain spaces."""
    return [chip.text.replace("\u00a0", " ") for chip in model.chips]


def test_send_goes_to_the_chosen_lanes_only(desk: Desk) -> None:
    """Sending over two lanes leaves the third one idle."""
    assert desk.send(Lane.REST, Lane.GRPC) == (Lane.REST, Lane.GRPC)
    assert [desk.lanes[lane].in_flight for lane in Lane] == [True, False, True]


def test_result_arrives_as_an_event(desk: Desk) -> None:
    """A lane shows its answer when CallFinished comes, and is no longer in flight."""
    desk.send()
    desk.workers.run()
    rest = desk.lanes[Lane.REST]
    assert not rest.in_flight
    assert chip_texts(rest) == ["200 OK", "5.9 ms", "809 B", "3 round trips", "retries 0"]


def test_the_size_says_what_was_counted(desk: Desk) -> None:
    """Sockets are counted over HTTP; of gRPC only the message is seen, and the chip owns up to it."""
    desk.send()
    desk.workers.run()
    meanings = {lane: desk.lanes[lane].chips[2].meaning for lane in Lane}
    assert "counted at the socket" in meanings[Lane.REST]
    assert "counted at the socket" in meanings[Lane.GRAPHQL]
    assert "does not show HTTP/2 headers" in meanings[Lane.GRPC]


def test_busy_lane_refuses_a_second_send(desk: Desk, qtbot: object) -> None:
    """A lane that waits for its answer is not sent again, and says why."""
    refusals: list[tuple[Lane, str]] = []
    desk.calls.refused.connect(lambda lane, why: refusals.append((lane, why)))
    desk.send(Lane.REST)
    assert desk.send(Lane.REST) == ()
    assert refusals == [(Lane.REST, "still waiting for the last answer")]
    assert len(desk.workers.handles) == 1


def test_cancel_reaches_every_call_under_way(desk: Desk) -> None:
    """Cancel sets each token, and the lanes end as cancelled."""
    desk.send()
    desk.calls.cancel()
    desk.workers.run()
    assert {desk.lanes[lane].result.outcome for lane in Lane} == {Outcome.CANCELLED}  # type: ignore[union-attr]
    assert not desk.calls.in_flight


def test_in_flight_is_told_once_for_all_lanes(desk: Desk) -> None:
    """in_flight_changed says true at the first send and false after the last answer."""
    told: list[bool] = []
    desk.calls.in_flight_changed.connect(told.append)
    desk.send()
    desk.workers.run()
    assert told == [True, False]


def test_events_of_other_calls_do_not_touch_the_lane(desk: Desk) -> None:
    """An answer with another call id, such as background traffic's, leaves the lane waiting."""
    desk.send(Lane.REST)
    desk.bus.publish(CallFinished(at=0.0, call_id="other", lane=Lane.REST, result=rest_ok()))
    assert desk.lanes[Lane.REST].in_flight
    assert desk.lanes[Lane.REST].result is None


def test_lane_tells_the_attempt_and_the_wait(desk: Desk) -> None:
    """While a call retries, the chip says which attempt comes when."""
    desk.send(Lane.REST)
    model = desk.lanes[Lane.REST]
    call = {"at": 0.0, "call_id": model.call_id, "lane": Lane.REST}
    desk.bus.publish(
        RetryScheduled(**call, attempt=1, delay=1.04, envelope=1.1, reason=RetryReason.BACKOFF)  # type: ignore[arg-type]
    )
    assert chip_texts(model) == ["attempt 2 in 1.04 s"]
    desk.bus.publish(AttemptStarted(**call, attempt=2))  # type: ignore[arg-type]
    assert chip_texts(model) == ["attempt 2"]


def test_lane_without_a_server_says_so(desk: Desk) -> None:
    """A send over a lane whose server is not up names the reason in the lane."""
    desk.runners[Lane.GRPC] = None
    assert desk.send(Lane.GRPC) == ()
    assert desk.lanes[Lane.GRPC].problem == "the server is not up yet"


def test_lane_that_waits_for_its_server_shows_no_error(desk: Desk) -> None:
    """Before its server is up a lane has no request and no problem; only a send is told why not."""

    def not_up(*_asked: object) -> Draft:
        raise StartFailed("the REST server is not up yet")

    desk.runners[Lane.REST] = None
    desk.calls._draft_for = not_up
    desk.calls.prepare(ORDER, {"id": "1"}, FIELDS)
    assert desk.lanes[Lane.REST].problem == ""
    assert desk.send(Lane.REST) == ()
    assert desk.lanes[Lane.REST].problem == "the server is not up yet"


def test_a_server_that_did_not_start_says_why(desk: Desk) -> None:
    """The reason stays in the lane whatever else is tried, until the server comes up."""
    lane = desk.lanes[Lane.GRPC]
    why = "cannot listen on 127.0.0.1:50051: the port is already in use"
    desk.bus.publish(BackendChanged(at=0.0, lane=Lane.GRPC, state=BackendState.FAILED, message=why))
    lane.show_problem("the gRPC server is not up yet", unwritten=True)
    assert lane.problem == why
    desk.bus.publish(BackendChanged(at=1.0, lane=Lane.GRPC, state=BackendState.UP, address="127.0.0.1:1"))
    assert lane.problem == ""


def test_unsupported_operation_is_not_sent(desk: Desk) -> None:
    """A lane without a counterpart shows why and sends nothing."""
    sent = desk.calls.send(OperationId.REPLACE_PRODUCT, {"id": "1"}, FIELDS, tuple(Lane))
    assert sent == (Lane.REST, Lane.GRAPHQL)
    assert desk.lanes[Lane.GRPC].unsupported == "gRPC has no PUT here."
    assert chip_texts(desk.lanes[Lane.GRPC]) == ["no counterpart"]


def test_invalid_parameter_is_shown_and_not_sent(desk: Desk) -> None:
    """A parameter that the client refuses keeps the lane from sending."""
    assert desk.send(number="bad") == ()
    assert desk.lanes[Lane.REST].problem == "id: must be a number"


def test_edit_is_sent_and_can_be_reset(desk: Desk) -> None:
    """What a person typed goes out; reset brings the written request back."""
    desk.calls.prepare(ORDER, {"id": "1"}, FIELDS)
    model = desk.lanes[Lane.REST]
    draft = model.draft
    assert isinstance(draft, RestDraft)
    model.edit(replace(draft, method="HEAD"))
    assert model.edited
    desk.calls.send_drafts((Lane.REST,))
    desk.workers.run()
    runner = desk.runners[Lane.REST]
    assert runner is not None
    assert runner.drafts == [replace(draft, method="HEAD")]
    model.reset_draft()
    assert model.draft == draft
    assert not model.edited


def test_edit_of_another_part_survives_a_parameter_change(desk: Desk) -> None:
    """A header that was added stays when the id in the path changes."""
    desk.calls.prepare(ORDER, {"id": "1"}, FIELDS)
    model = desk.lanes[Lane.REST]
    assert isinstance(model.draft, RestDraft)
    model.edit(replace(model.draft, headers=(("X-Mine", "1"),)))
    desk.calls.prepare(ORDER, {"id": "2"}, FIELDS)
    assert isinstance(model.draft, RestDraft)
    assert model.draft.path == "/api/v1/orders/2"
    assert model.draft.headers == (("X-Mine", "1"),)
    assert not model.can_undo


def test_clashing_edit_can_be_brought_back(desk: Desk) -> None:
    """An edited path gives way to a new id, and undo brings it back."""
    desk.calls.prepare(ORDER, {"id": "1"}, FIELDS)
    model = desk.lanes[Lane.REST]
    assert isinstance(model.draft, RestDraft)
    mine = replace(model.draft, path="/api/v1/orders/9?mine")
    model.edit(mine)
    desk.calls.prepare(ORDER, {"id": "2"}, FIELDS)
    assert not model.edited
    assert model.can_undo
    model.undo_rewrite()
    assert model.draft == mine


def test_failed_start_is_told_in_the_lane(desk: Desk) -> None:
    """A server that did not come up shows its reason."""
    desk.bus.publish(
        BackendChanged(at=0.0, lane=Lane.REST, state=BackendState.FAILED, message="port 5001 is in use")
    )
    assert desk.lanes[Lane.REST].problem == "port 5001 is in use"


def test_large_answer_is_prepared_by_the_worker(desk: Desk) -> None:
    """The body of a large answer is parsed in the job, not on the GUI thread."""
    products = [{"id": str(number), "name": "x" * 200} for number in range(2_000)]
    one = exchange("GET /api/v1/products", {"data": products})
    answer = result(
        Lane.REST,
        Reply(outcome=Outcome.OK, status="200 OK", value={"products": products}, exchanges=(one,)),
        operation=OperationId.LIST_PRODUCTS,
        fields=("products.id",),
    )
    assert one.response is not None
    assert len(one.response.text) > PREPARE_HERE
    desk.runners[Lane.REST] = FakeRunner(desk.bus, lambda: answer)
    desk.send(Lane.REST)
    model = desk.lanes[Lane.REST]
    seen: list[object] = []
    model.result_changed.connect(lambda: seen.append(model.over_fetch))
    desk.workers.run()
    assert len(seen) == 2
    assert seen[0] is None
    assert model.over_fetch is not None
    assert model.over_fetch.share == pytest.approx(0.9, abs=0.1)


def large_answer(lane: Lane, call: str) -> CallResult:
    """One whose comparison is a worker's."""
    products = [{"id": str(number), "name": call, "text": "x" * 200} for number in range(2_000)]
    one = exchange("GET /api/v1/products", {"data": products})
    return replace(
        result(
            lane,
            Reply(outcome=Outcome.OK, status="200 OK", value={"products": products}, exchanges=(one,)),
            operation=OperationId.LIST_PRODUCTS,
            fields=("products.id",),
        ),
        call_id=call,
    )


def test_large_answers_are_compared_once(desk: Desk, qtbot: QtBot) -> None:
    """Telling an answer and its body again asks for no second comparison, and an outdated one is left out."""
    lanes = (Lane.REST, Lane.GRAPHQL)
    for lane in lanes:
        desk.lanes[lane].show_earlier(large_answer(lane, f"{lane}-1"))
        assert not desk.workers.handles, "its body is not read yet"
    for lane in lanes:
        desk.bus.publish(prepare_answer(large_answer(lane, f"{lane}-1")))
        desk.lanes[lane].result_changed.emit()
    assert len(desk.workers.handles) == 1
    desk.lanes[Lane.REST].show_earlier(large_answer(Lane.REST, "rest-2"))
    desk.workers.run()
    assert desk.lanes[Lane.GRAPHQL].differences is None
    desk.bus.publish(prepare_answer(large_answer(Lane.REST, "rest-2")))
    desk.workers.run()
    assert desk.lanes[Lane.GRAPHQL].differences == ()
    qtbot.waitUntil(lambda: desk.lanes[Lane.REST]._release.idle)


def test_runner_that_breaks_ends_the_call(desk: Desk) -> None:
    """A fault of the program ends the lane's wait and is still reported."""

    class Broken(FakeRunner):
        def run(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
            raise RuntimeError("boom")

    desk.runners[Lane.REST] = Broken(desk.bus, rest_ok)
    desk.send(Lane.REST)
    with pytest.raises(RuntimeError, match="boom"):
        desk.workers.run()
    ended = desk.lanes[Lane.REST].result
    assert ended is not None
    assert "boom" in ended.reply.message
    assert not desk.calls.in_flight


def test_stale_copy_does_not_pass_for_a_success(desk: Desk) -> None:
    """The status chip of a call served from the store is that of its failure."""
    desk.runners[Lane.GRPC] = FakeRunner(desk.bus, rejected_with_copy)
    desk.send(Lane.GRPC)
    desk.workers.run()
    chips = desk.lanes[Lane.GRPC].chips
    assert (chips[0].text, chips[0].tone) == ("rejected by open circuit", "error")
    assert chip_texts(desk.lanes[Lane.GRPC])[2] == "stale copy 12 s"


@pytest.mark.parametrize(
    ("answer", "tone"), [(rest_ok, "ok"), (unauthenticated, "warning"), (unavailable, "error")]
)
def test_tone_follows_the_outcome(desk: Desk, answer: object, tone: str) -> None:
    """Good is green, the caller's fault amber, the server's red."""
    desk.runners[Lane.REST] = FakeRunner(desk.bus, lambda: replace(answer(), lane=Lane.REST))  # type: ignore[operator]
    desk.send(Lane.REST)
    desk.workers.run()
    assert desk.lanes[Lane.REST].chips[0].tone == tone


def test_log_in_is_offered_after_a_refused_token(desk: Desk) -> None:
    """UNAUTHENTICATED offers to log in; taking it asks for this lane."""
    desk.runners[Lane.GRAPHQL] = FakeRunner(desk.bus, unauthenticated)
    desk.send(Lane.GRAPHQL)
    desk.workers.run()
    model = desk.lanes[Lane.GRAPHQL]
    asked: list[Lane] = []
    model.log_in_requested.connect(asked.append)
    assert model.offers_log_in
    model.log_in_and_retry()
    assert asked == [Lane.GRAPHQL]


def test_lanes_are_compared_with_the_base(desk: Desk) -> None:
    """REST as base: GraphQL says the same about what was asked for; the base lane compares with nothing."""
    desk.send()
    desk.workers.run()
    assert desk.lanes[Lane.GRAPHQL].differences == ()
    assert desk.lanes[Lane.REST].differences is None
    desk.compare.choose_base(Lane.GRPC)
    assert desk.lanes[Lane.REST].differences == ()
    assert desk.lanes[Lane.GRPC].differences is None


def test_lane_is_sent_once_its_server_is_up(desk: Desk) -> None:
    """A send refused for want of a server does not stand in the way of the next one."""
    runner, desk.runners[Lane.GRPC] = desk.runners[Lane.GRPC], None
    desk.send(Lane.GRPC)
    desk.runners[Lane.GRPC] = runner
    assert desk.calls.send_drafts((Lane.GRPC,)) == (Lane.GRPC,)
    assert desk.lanes[Lane.GRPC].problem == ""


def test_an_answer_is_outdated_until_the_next_send(desk: Desk) -> None:
    """Other parameters or another operation grey what is shown and name it, until the next send."""
    rest = desk.lanes[Lane.REST]
    desk.send()
    desk.workers.run()
    fresh = chip_texts(rest)
    desk.calls.prepare(ORDER, {"id": "2"}, FIELDS)
    assert rest.outdated
    assert chip_texts(rest) == ["before: Order with its products", *fresh]
    assert {chip.tone for chip in rest.chips[1:]} == {"muted"}
    cell = desk.compare.table.index(0, 1)
    assert (cell.data(UNKNOWN), cell.data(BEST)) == (True, False)
    assert "as it was sent before" in cell.data(Qt.ItemDataRole.ToolTipRole)
    desk.calls.prepare(ORDER, {"id": "1"}, FIELDS)
    assert (rest.outdated, chip_texts(rest)) == (False, fresh)
    desk.calls.refresh()  # a new token is no other request
    assert not rest.outdated
    desk.calls.prepare(OperationId.GET_PRODUCT, {"id": "1"}, ())
    assert rest.outdated
    desk.send(number="3")
    desk.workers.run()
    assert (rest.outdated, chip_texts(rest)) == (False, fresh)
