"""The lane column as a person sees it: what stands in the chips, tabs and bodies, and what typing does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.drafts import GraphqlDraft, GrpcDraft, RestDraft
from app.domain.events import BackendChanged, BackendState
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult
from app.ui.panels.lane import LanePanel
from app.ui.panels.request_graphql import GraphqlRequest
from app.ui.panels.request_grpc import GrpcRequest
from app.ui.panels.request_rest import RestRequest
from app.ui.panels.response import DIFF, HEADERS, RAW, TIMING
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource
from app.ui.widgets.entry import entry_of
from app.viewmodels.compare import CompareModel
from app.viewmodels.lane import LaneModel
from app.viewmodels.schema import SchemaLoaded, SchemaModel
from tests.support.lane_samples import (
    ADDRESSES,
    DRAFTS,
    FakeBus,
    FakeWorkers,
    assist,
    graphql_ok,
    grpc_ok,
    rejected_with_copy,
    rest_ok,
    unauthenticated,
    unavailable,
)


@dataclass
class Bench:
    """Three lanes side by side, fed by hand."""

    bus: FakeBus
    models: dict[Lane, LaneModel]
    panels: dict[Lane, LanePanel]
    compare: CompareModel

    def finish(self, found: CallResult, *, rejected_for: float | None = None) -> LanePanel:
        """Send and answer at once."""
        self.models[found.lane].expect("call")
        self.bus.finish("call", found, rejected_for=rejected_for)
        return self.panels[found.lane]


def refuse() -> None:
    """There is no client here."""
    raise AssertionError("nothing may be sent")


@pytest.fixture
def bench(qtbot: QtBot, themes: ThemeSource, styled: StyleKeeper) -> Iterator[Bench]:
    """The lanes at the width they have in a small window, with their requests and a schema."""
    bus, workers = FakeBus(), FakeWorkers()
    schema = SchemaModel(bus, client=refuse, submit=workers.submit, publish=bus.publish)  # type: ignore[arg-type]
    models = {lane: LaneModel(lane, bus, schema=schema if lane is Lane.GRAPHQL else None) for lane in Lane}
    compare = CompareModel(models, bus, submit=workers.submit, publish=bus.publish)
    panels = {lane: LanePanel(model, themes) for lane, model in models.items()}
    for lane, panel in panels.items():
        qtbot.addWidget(panel)
        panel.resize(330, 560)
        panel.show()
        bus.up(lane)
        models[lane].show_draft(DRAFTS[lane], OperationId.GET_ORDER)
    bus.publish(SchemaLoaded(at=0.0, assist=assist()))
    yield Bench(bus, models, panels, compare)
    for panel in panels.values():
        panel.close()


def chips(panel: LanePanel) -> list[str]:
    """What the visible chips say."""
    return [text.replace("\u00a0", " ") for text in panel.header.chips.texts()]


def tabs(panel: LanePanel) -> list[str]:
    """The titles of the response tabs."""
    response = panel.response
    return [response.tabText(tab).replace("\u00a0", " ") for tab in range(response.count())]


def body(panel: LanePanel) -> str:
    """The rows of the Response tab that can be read now."""
    return panel.response.pretty.body.visible_text().replace("\u00a0", " ")


def rest(bench: Bench) -> RestRequest:
    """The REST editor."""
    found = bench.panels[Lane.REST].request
    assert isinstance(found, RestRequest)
    return found


def graphql(bench: Bench) -> GraphqlRequest:
    """The GraphQL editor."""
    found = bench.panels[Lane.GRAPHQL].request
    assert isinstance(found, GraphqlRequest)
    return found


def grpc(bench: Bench) -> GrpcRequest:
    """The gRPC editor."""
    found = bench.panels[Lane.GRPC].request
    assert isinstance(found, GrpcRequest)
    return found


def test_empty_lanes_tell_what_to_do_in_three_steps(bench: Bench) -> None:
    """Before the first send the lanes say, from left to right: compare, break it, see why; with the keys."""
    for panel, step, key in zip(
        bench.panels.values(),
        ("1  Compare", "2  Break it", "3  See why"),
        ("Ctrl+Enter", "Ctrl+4", "Ctrl+7"),
        strict=True,
    ):
        assert body(panel).startswith(step)
        assert key in body(panel)
        assert chips(panel) == ["not sent yet"]


def test_answer_is_read_in_chips_and_body(bench: Bench) -> None:
    """A good answer shows status, time, size, round trips and retries, and its body."""
    panel = bench.finish(rest_ok())
    assert chips(panel)[0] == "200 OK"
    assert "retries 0" in chips(panel)
    assert '"id": "1",' in body(panel)
    assert tabs(panel) == ["Response", "Raw", "Headers 5", "Timing", "Diff"]


def test_unwanted_fields_are_marked_beside_the_leaf(bench: Bench) -> None:
    """REST brings the status unasked and says so; what was asked for has no mark."""
    rows = body(bench.finish(rest_ok())).splitlines()
    assert '  "status": "processing",   ◂ not asked for' in rows
    assert '  "total": 1059.97,' in rows


def test_over_fetch_is_a_percentage_with_a_definition(bench: Bench) -> None:
    """The meter shows the share and its tool tip defines it with the numbers."""
    meter = bench.finish(rest_ok()).meter
    assert meter.number.text() == "66\u00a0%"
    assert "not asked for" in meter.toolTip()
    assert "4 fields wanted, 12 received" in meter.toolTip().replace("\u00a0", " ")
    assert bench.panels[Lane.GRPC].meter.number.text() == "–"


def test_every_page_of_an_outdated_answer_is_greyed(bench: Bench) -> None:
    """Headers and timing too: they belong to a request that is no longer the one above them."""
    model = bench.models[Lane.REST]
    model.take_inputs("one")
    panel = bench.finish(rest_ok())
    for tab in (RAW, HEADERS, TIMING, DIFF):
        panel.response.setCurrentIndex(tab)
    fresh = panel.response.timing.grab().toImage()
    assert panel.response.headers.tables[0].property("greyed") is None
    model.take_inputs("another")
    model.show_draft(replace(DRAFTS[Lane.REST], path="/api/v1/orders/2"), OperationId.GET_ORDER)
    assert panel.response.headers.tables[0].property("greyed") == "yes"
    assert panel.response.timing.grab().toImage() != fresh


def test_old_answer_is_greyed_while_a_new_one_is_awaited(bench: Bench) -> None:
    """On send the body turns muted and the chips say what happens; the answer brings the colours back."""
    panel = bench.finish(rest_ok())
    view = panel.response.pretty.body
    lively = view.grab().toImage()
    bench.models[Lane.REST].expect("again")
    assert chips(panel) == ["waiting for a worker"]
    assert view.grab().toImage() != lively
    bench.bus.finish("again", rest_ok())
    assert view.grab().toImage() == lively


def test_rejected_call_shows_the_stale_copy(bench: Bench) -> None:
    """A call refused by the open circuit tells its attempts, the time left and the age of the copy."""
    panel = bench.finish(rejected_with_copy(), rejected_for=4.1)
    assert chips(panel) == ["rejected by open circuit", "2.41 s", "stale copy 12 s", "retries 2"] or chips(
        panel
    ) == ["rejected", "2.41 s", "stale 12 s", "retries 2"]
    text = body(panel)
    assert "4.1 s were left" in text
    assert "Fallback served: stale copy, 12 s" in text


def test_failed_call_tells_what_was_injected(bench: Bench) -> None:
    """After retries the lane says which rule made the fault."""
    text = body(bench.finish(unavailable()))
    assert "injected:" in text
    assert "failure rate 70 %" in text
    assert "attempt 4" in text


def test_chips_stay_inside_a_narrow_lane(bench: Bench) -> None:
    """At 330 px no chip is outside the row, and the row is as high as ever."""
    for found in (rest_ok(), unavailable(), unauthenticated(Lane.REST)):
        panel = bench.finish(found)
        row = panel.header.chips
        shown = [chip for chip in row.findChildren(type(row._chips[0])) if chip.isVisible() and chip.width()]
        assert shown
        assert all(chip.geometry().right() <= row.width() for chip in shown)
        assert {chip.height() for chip in shown} == {row.height()}


def test_lanes_have_their_tabs_at_one_height(bench: Bench) -> None:
    """Request and response begin at the same height in every lane."""
    heights = {panel.response.mapTo(panel, QPoint(0, 0)).y() for panel in bench.panels.values()}
    assert len(heights) == 1


def test_refused_token_offers_to_log_in(bench: Bench, qtbot: QtBot) -> None:
    """UNAUTHENTICATED brings a button that asks to log in and send this lane again."""
    panel = bench.finish(unauthenticated())
    assert panel.response.log_in.isVisible()
    with qtbot.waitSignal(bench.models[Lane.GRAPHQL].log_in_requested) as asked:
        qtbot.mouseClick(panel.response.log_in, Qt.MouseButton.LeftButton)
    assert asked.args == [Lane.GRAPHQL]
    bench.finish(graphql_ok())
    assert not panel.response.log_in.isVisible()


def test_unsupported_lane_says_why(bench: Bench) -> None:
    """A lane without a counterpart shows the reason and has nothing to edit."""
    bench.models[Lane.GRPC].show_unsupported(OperationId.REPLACE_PRODUCT, "gRPC has no PUT.")
    panel = bench.panels[Lane.GRPC]
    assert "gRPC has no PUT." in body(panel)
    assert chips(panel) == ["no counterpart"]
    assert not panel.request.isEnabled()


def test_typed_path_is_what_will_be_sent(bench: Bench, qtbot: QtBot) -> None:
    """Typing in the path changes the draft, marks it edited, and reset brings the written one back."""
    path = rest(bench).path
    path.setFocus()
    path.selectAll()
    qtbot.keyClicks(path, "/api/v1/orders/7")
    model, panel = bench.models[Lane.REST], bench.panels[Lane.REST]
    assert isinstance(model.draft, RestDraft)
    assert model.draft.path == "/api/v1/orders/7"
    assert "/api/v1/orders/7" in rest(bench).preview.body.visible_text()
    reset = next(one for one in panel.findChildren(QPushButton) if one.text() == "reset")
    assert reset.isVisible()
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert path.text() == "/api/v1/orders/1"
    assert not reset.isVisible()


def test_added_header_is_sent(bench: Bench) -> None:
    """A name typed into the empty last row becomes a header, and a new empty row follows."""
    table = rest(bench).headers
    last = table.rowCount() - 1
    table.item(last, 0).setText("X-Mine")
    table.item(last, 1).setText("1")
    draft = bench.models[Lane.REST].draft
    assert isinstance(draft, RestDraft)
    assert draft.headers[-1] == ("X-Mine", "1")
    assert table.rowCount() == last + 2
    assert rest(bench).tabText(2) == "Headers\u00a03"


def test_broken_json_is_marked_before_sending(bench: Bench, qtbot: QtBot) -> None:
    """A message that is no JSON is underlined and explained on its line."""
    page = grpc(bench).message
    page.editor.setFocus()
    page.editor.selectAll()
    qtbot.keyClicks(page.editor, '{"id": }')
    assert page.editor.problems
    assert page.message.isVisible()
    assert page.message.full_text.startswith("line 1: JSON:")
    draft = bench.models[Lane.GRPC].draft
    assert isinstance(draft, GrpcDraft)
    assert draft.message == '{"id": }'


def test_unknown_field_is_marked_before_sending(bench: Bench, qtbot: QtBot) -> None:
    """A field that the schema does not have is underlined soon after it was typed."""
    page = graphql(bench).query
    page.editor.setPlainText('{ order(id: "1") { totl } }')
    qtbot.waitUntil(lambda: bool(page.editor.problems), timeout=2000)
    assert "Cannot query field 'totl'" in page.message.full_text
    draft = bench.models[Lane.GRAPHQL].draft
    assert isinstance(draft, GraphqlDraft)
    assert "totl" in draft.query


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Tab])
@pytest.mark.parametrize("to_the_list", [False, True])
def test_completion_offers_fields_of_the_type(
    bench: Bench, qtbot: QtBot, key: Qt.Key, to_the_list: bool
) -> None:
    """Typing the beginning of a field opens the list; Enter or Tab puts the whole name in.

    A window system sends the key to the open list, not to the editor.
    """
    request = graphql(bench)
    editor = request.query.editor
    request.window().activateWindow()
    editor.setFocus()
    qtbot.waitUntil(editor.hasFocus)
    editor.selectAll()
    qtbot.keyClicks(editor, "{ order(id: 1) { sta")
    qtbot.waitUntil(lambda: request.completion.offered == ["status"])
    qtbot.keyClick(request.completion.popup if to_the_list else editor, key)
    assert editor.toPlainText() == "{ order(id: 1) { status"
    assert request.completion.offered == []


def test_schema_can_be_browsed_and_searched(bench: Bench, qtbot: QtBot) -> None:
    """The schema tab lists types with fields; a word leaves those that match."""
    browser = graphql(bench).browser
    assert [browser.tree.topLevelItem(row).text(0) for row in range(4)] == [
        "Query",
        "Item",
        "Order",
        "Product",
    ]
    qtbot.keyClicks(browser.filter, "subtotal")
    shown = [row for row in range(4) if not browser.tree.topLevelItem(row).isHidden()]
    assert [browser.tree.topLevelItem(row).text(0) for row in shown] == ["Item"]


def test_deadline_stands_in_its_tab(bench: Bench) -> None:
    """The deadline is readable without opening its tab, and can be taken off."""
    request = grpc(bench)
    assert request.tabText(3) == "Deadline\u00a05\u00a0s"
    request.limited.setChecked(False)
    assert request.tabText(3) == "Deadline\u00a0none"
    draft = bench.models[Lane.GRPC].draft
    assert isinstance(draft, GrpcDraft)
    assert draft.deadline is None


def test_proto_is_at_hand(bench: Bench) -> None:
    """The Proto tab shows the service definition, read-only."""
    request = grpc(bench)
    request.setCurrentIndex(2)
    assert "rpc GetProduct" in request.proto.toPlainText()
    assert request.proto.isReadOnly()


def test_other_tabs_tell_the_same_answer(bench: Bench, qtbot: QtBot) -> None:
    """Raw has the status line, Trailers the status, Timing what is unknown, Diff that nothing differs."""
    bench.finish(rest_ok())
    panel = bench.finish(grpc_ok())
    response = panel.response
    response.setCurrentIndex(RAW)
    qtbot.waitUntil(lambda: "0 OK" in response.raw.body.visible_text())
    response.setCurrentIndex(HEADERS)
    assert response.tabText(HEADERS) == "Trailers\u00a02"
    assert response.headers.tables[0].pairs()[0] == ("grpc-status", "0")
    response.setCurrentIndex(TIMING)
    assert "connect unknown" in response.timing.accessibleDescription()
    response.setCurrentIndex(DIFF)
    qtbot.waitUntil(lambda: "No differences" in response.diff.body.visible_text())


def test_header_rows_can_be_copied(bench: Bench, qtbot: QtBot) -> None:
    """Ctrl+C on a header puts "name: value" on the clipboard."""
    panel = bench.finish(rest_ok())
    panel.response.setCurrentIndex(HEADERS)
    table = panel.response.headers.tables[0]
    table.selectRow(2)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == 'ETag: "9f3c1a"'


def test_address_and_name_are_read(bench: Bench) -> None:
    """The head of a lane has its name and address; every tab group has an accessible name."""
    for lane, panel in bench.panels.items():
        assert panel.header._address.full_text == ADDRESSES[lane].removeprefix("http://")
        assert panel.accessibleName() == f"{lane.label} lane"
        assert panel.request.accessibleName() == f"{lane.label} request"


def test_lane_that_differs_says_how(bench: Bench) -> None:
    """Where a protocol has no exact counterpart, the head of the lane has a word that explains."""
    model = bench.models[Lane.GRPC]
    model.show_draft(DRAFTS[Lane.GRPC], OperationId.REPLACE_PRODUCT, note="gRPC has no PUT.")
    word = bench.panels[Lane.GRPC].header._differs
    assert word.isVisible()
    assert (word.text(), word.toolTip()) == ("why it differs", "gRPC has no PUT.")
    assert (word.accessibleName(), word.accessibleDescription()) == (
        "Why gRPC differs here",
        "gRPC has no PUT.",
    )
    assert not bench.panels[Lane.REST].header._differs.isVisible()


@pytest.mark.parametrize(
    ("lane", "tab", "name"),
    [
        (Lane.REST, 0, "Path"),
        (Lane.REST, 1, "Query parameters"),
        (Lane.GRAPHQL, 0, "GraphQL query"),
        (Lane.GRAPHQL, 1, "GraphQL variables"),
        (Lane.GRPC, 0, "Message as JSON"),
    ],
)
def test_going_to_a_lane_is_ready_to_type(bench: Bench, lane: Lane, tab: int, name: str) -> None:
    """The keyboard lands in the editor of the tab in front, not on the tabs."""
    panel = bench.panels[lane]
    panel.request.setCurrentIndex(tab)
    entry = entry_of(panel)
    assert entry is not None
    assert name in entry.accessibleName()


def test_edits_do_not_move_a_lane(bench: Bench) -> None:
    """ "edited", "reset" and "undo rewrite" leave the header as high as those beside it."""
    model, panel = bench.models[Lane.REST], bench.panels[Lane.REST]
    plain = panel.header.sizeHint().height()
    draft = model.draft
    assert isinstance(draft, RestDraft)
    model.edit(replace(draft, body="{}"))
    assert panel.header._reset.isVisible()
    assert panel.header.sizeHint().height() == plain
    model.show_draft(replace(draft, body="[]"), OperationId.GET_PRODUCT)
    assert panel.header._undo.isVisible()
    assert panel.header.sizeHint().height() == plain


def test_a_reason_longer_than_the_lane_is_wrapped(bench: Bench) -> None:
    """Why a server did not start is read whole, over two lines, in a lane that stays as wide."""
    why = "cannot listen on 127.0.0.1:41873, because the port is already used by another program"
    panel = bench.panels[Lane.REST]
    bench.bus.publish(BackendChanged(at=0.0, lane=Lane.REST, state=BackendState.FAILED, message=why))
    QApplication.processEvents()
    assert panel.problem.text() == why
    assert panel.problem.height() >= 2 * panel.problem.fontMetrics().height()
    assert panel.problem.height() >= panel.problem.heightForWidth(panel.problem.width())
    assert panel.width() == 330


def test_a_focused_tab_is_marked(bench: Bench, qtbot: QtBot) -> None:
    """Whoever goes through the window with Tab sees that the tabs have the keyboard."""
    panel = bench.panels[Lane.REST]
    bar = panel.response.tabBar()
    panel.activateWindow()
    panel.setFocus()
    before, size = bar.grab().toImage(), bar.sizeHint()
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(bar.hasFocus, timeout=1000)
    assert bar.grab().toImage() != before
    assert bar.sizeHint() == size


def test_an_answer_to_another_request_is_grey(bench: Bench) -> None:
    """Once another operation is chosen, body, chips and meter are grey, and the first chip names theirs."""
    panel, model = bench.finish(rest_ok()), bench.models[Lane.REST]
    view = panel.response.pretty.body
    lively, meter = view.grab().toImage(), panel.meter.grab().toImage()
    draft = model.draft
    assert draft is not None
    model.show_draft(draft, OperationId.GET_PRODUCT)
    assert chips(panel)[0].startswith("before: Order")
    assert view.grab().toImage() != lively
    assert panel.meter.grab().toImage() != meter
    model.show_draft(draft, OperationId.GET_ORDER)
    assert chips(panel)[0].startswith("200")
    assert view.grab().toImage() == lively
    assert panel.meter.grab().toImage() == meter
