"""One lane's column: the request as it will be sent, the call under way, and what the last call brought.

It sends nothing itself: CallsModel starts calls, and everything that comes back arrives as events of the bus.
An operation or parameter change rewrites the request. Edits are carried over where they touch other parts;
where both changed the same part the request is rewritten, and undo_rewrite() brings the edits back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.domain import sliced_json
from app.domain.drafts import Draft
from app.domain.events import (
    AttemptStarted,
    BackendChanged,
    BackendState,
    CallEvent,
    CallFinished,
    CallRejected,
    CallStarted,
    RetryScheduled,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome
from app.domain.values import dataclass
from app.operations.compare import Difference, OverFetch, over_fetch
from app.viewmodels.draft_edits import carry_over
from app.viewmodels.figures import seconds, size
from app.viewmodels.json_lines import Style
from app.viewmodels.lane_chips import ChipText, result_chips, seen_outcome
from app.viewmodels.line_document import LineDocument
from app.viewmodels.outdated import outdated_chips
from app.viewmodels.ports import Subscriber
from app.viewmodels.release import SlowRelease
from app.viewmodels.response_text import note_document, raw_document, response_document
from app.viewmodels.schema import SchemaModel

PREPARE_HERE = 200_000  # characters: larger bodies are prepared by a worker and arrive as AnswerPrepared


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPrepared(CallEvent):
    """A large body was parsed and measured off the GUI thread. Shared: must not be changed."""

    value: Any
    over_fetch: OverFetch | None


class LaneModel(QObject):
    """State of one lane's column. GUI thread."""

    address_changed = Signal()
    draft_changed = Signal()  # the request was replaced, not typed
    edited_changed = Signal()
    activity_changed = Signal()  # a call began, moved on or ended
    result_changed = Signal()  # a new result, its parsed body, or none any more
    differences_changed = Signal()
    log_in_requested = Signal(object)  # Lane: log in, then send this lane again

    def __init__(
        self,
        lane: Lane,
        bus: Subscriber,
        *,
        schema: SchemaModel | None = None,
        parent: QObject | None = None,
    ) -> None:
        """``schema`` is given to the GraphQL lane."""
        super().__init__(parent)
        self.lane = lane
        self.schema = schema
        self.address = ""
        self.backend_state = BackendState.STARTING
        self.operation: OperationId | None = None
        self.note = ""  # where this lane differs for the operation
        self.unsupported = ""  # why it cannot be said in this protocol
        self._problem = ""
        self._not_started = ""  # why there is no server; says more than that nothing can be sent without one
        self.unwritten = False  # the problem is the request's: the draft is not what was asked for
        self._draft: Draft | None = None
        self._original: Draft | None = None
        self._overwritten: Draft | None = None
        self._inputs: object = None  # what the operation bar says, and what it said for the answer shown
        self._answered: object = None
        self.call_id = ""
        self.in_flight = False
        self.activity = ""
        self.result: CallResult | None = None
        self.over_fetch: OverFetch | None = None  # None without a good answer
        self.base_lane: Lane | None = None
        self.differences: Sequence[Difference] | None = None
        self._body: Any = None
        self._release = SlowRelease(self)
        self.preparing = False  # a large body is being parsed by a worker
        self.rejected_for: float | None = None
        self.earlier = ""  # when the call that is shown was made, if it is not the last one
        bus.subscribe(CallEvent, self._follow)
        bus.subscribe(BackendChanged, self._follow_backend)

    @property
    def problem(self) -> str:
        """Why the request could not be written or sent."""
        return self._not_started or self._problem

    # -- request -------------------------------------------------------------------------------------

    @property
    def draft(self) -> Draft | None:
        """The request as it will be sent."""
        return self._draft

    @property
    def edited(self) -> bool:
        """Whether a person changed the request."""
        return self._draft != self._original

    @property
    def can_undo(self) -> bool:
        """Whether a rewrite put edits aside that can come back."""
        return self._overwritten is not None

    def take_inputs(self, inputs: object) -> None:
        """What the next request follows from; told before the request itself."""
        self._inputs = inputs

    def show_draft(self, draft: Draft, operation: OperationId, *, note: str = "") -> None:
        """Take the request that the operation bar describes, keeping edits where they do not clash."""
        changed = operation is not self.operation
        self.operation, self.note, self.unsupported, self._problem = operation, note, "", ""
        self.unwritten = False
        before, edits = self._original, self._draft
        if draft == before and not changed:
            self.draft_changed.emit()
            return
        self._original = draft
        carried = carry_over(edits, before, draft) if edits and before and not changed else None
        if edits is not None and edits != before and carried is None:
            self._overwritten = edits
        self._draft = carried or draft
        self.draft_changed.emit()
        self.edited_changed.emit()

    def show_unsupported(self, operation: OperationId, why: str) -> None:
        """The protocol has no counterpart; there is nothing to send."""
        self.operation, self.note, self.unsupported, self._problem = operation, "", why, ""
        self.unwritten = False
        self._draft = self._original = self._overwritten = None
        self.draft_changed.emit()
        self.edited_changed.emit()

    def show_problem(self, why: str, *, unwritten: bool = False) -> None:
        """Say why nothing is sent. ``unwritten``: the request could not be written; the last one stays."""
        self._problem = why
        self.unwritten = unwritten
        self.draft_changed.emit()

    @Slot(object)
    def edit(self, draft: Draft) -> None:
        """A person typed."""
        before = self.edited, self.can_undo
        self._draft = draft
        self._overwritten = None
        if before != (self.edited, self.can_undo):
            self.edited_changed.emit()

    @Slot()
    def reset_draft(self) -> None:
        """Throw the edits away."""
        self._draft = self._original
        self.draft_changed.emit()
        self.edited_changed.emit()

    @Slot()
    def undo_rewrite(self) -> None:
        """Bring back the edits that the last rewrite put aside."""
        if self._overwritten is not None:
            self._draft, self._overwritten = self._overwritten, None
            self.draft_changed.emit()
            self.edited_changed.emit()

    # -- call ----------------------------------------------------------------------------------------

    def expect(self, call_id: str) -> None:
        """A call of this lane was submitted; its events follow."""
        self.call_id, self.in_flight, self._problem = call_id, True, ""
        self.rejected_for, self.earlier = None, ""
        self._answered = self._inputs
        self.activity = "waiting for a worker"
        self.activity_changed.emit()

    @Slot()
    def log_in_and_retry(self) -> None:
        """The person wants to log in and send this lane again."""
        self.log_in_requested.emit(self.lane)

    @Slot(object)
    def _follow(self, event: CallEvent) -> None:
        if event.call_id != self.call_id or event.lane is not self.lane:
            return
        match event:
            case CallStarted():
                self._move("sending")
            case AttemptStarted(attempt=number, probe=probe):
                self._move("probing" if probe else "sending" if number == 1 else f"attempt {number}")
            case RetryScheduled(attempt=number, delay=delay):
                self._move(f"attempt {number + 1} in {seconds(delay)}")
            case CallRejected(retry_after=left):
                self.rejected_for = left
            case CallFinished(result=result):
                self._finish(result)
            case AnswerPrepared(value=value, over_fetch=found):
                self._body, self.over_fetch, self.preparing = value, found, False
                self.result_changed.emit()

    def _move(self, activity: str) -> None:
        self.activity = activity
        self.activity_changed.emit()

    def show_earlier(self, result: CallResult) -> None:
        """Show the answer of a call that was made before, or by background traffic."""
        self.call_id, self.rejected_for = result.call_id, None
        self._answered = self._inputs
        self.earlier = datetime.fromtimestamp(result.started_at).strftime("%H:%M:%S")
        self._finish(result)

    def _finish(self, result: CallResult) -> None:
        if self.result is not None and body_size(self.result) > PREPARE_HERE:
            self._release.let_go(self._body)
        self.in_flight, self.activity, self.result = False, "", result
        self._body, self.over_fetch = None, None
        self.preparing = body_size(result) > PREPARE_HERE
        if not self.preparing:
            self._body, self.over_fetch = shown_value(result), measured(result)
        self.activity_changed.emit()
        self.result_changed.emit()

    @Slot(object)
    def _follow_backend(self, event: BackendChanged) -> None:
        if event.lane is self.lane:
            self.backend_state = event.state
            self.address = event.address or self.address
            self._problem = ""
            self._not_started = event.message if event.state is BackendState.FAILED else ""
            self.address_changed.emit()

    # -- response ------------------------------------------------------------------------------------

    @property
    def chips(self) -> Sequence[ChipText]:
        """The chips as they stand."""
        if self.in_flight:
            return (ChipText(text=self.activity, tone="accent", meaning="The call is under way."),)
        if self.unsupported:
            return (ChipText(text="no counterpart", meaning=self.unsupported),)
        if self.result is None:
            return ()
        made = f"Made at {self.earlier}; send again for a new answer."
        earlier = ChipText(text=f"of {self.earlier}", short=self.earlier, tone="accent", meaning=made)
        chips = (*result_chips(self.result), *((earlier,) if self.earlier else ()))
        return outdated_chips(chips, self.result.operation) if self.outdated else chips

    @property
    def outdated(self) -> bool:
        """Whether the operation or its parameters have changed since the answer that is shown."""
        if self.result is None or self.operation is None or self.in_flight:
            return False
        return self.result.operation is not self.operation or self._answered != self._inputs

    @property
    def offers_log_in(self) -> bool:
        """Whether the last answer was a refusal for want of a valid token."""
        return self.result is not None and seen_outcome(self.result) is Outcome.UNAUTHENTICATED

    def response_document(self) -> LineDocument | None:
        """Lines of the Response tab; None before the first answer."""
        if self.result is None:
            return None
        if self.preparing:
            return note_document([(f"Reading {size(body_size(self.result))} …", Style.MUTED)])
        return response_document(self.result, self._body, rejected_for=self.rejected_for)

    def show_differences(self, base: Lane, differences: Sequence[Difference] | None) -> None:
        """Take the comparison of this lane's answer with the base lane's; None while one is missing."""
        if base is self.base_lane and differences is self.differences:
            return
        self.base_lane, self.differences = base, differences
        self.differences_changed.emit()

    def raw_document(self) -> LineDocument | None:
        """Lines of the Raw tab; None before the first answer."""
        return None if self.result is None else raw_document(self.result)


def body_size(result: CallResult) -> int:
    """Characters of all bodies of the answer."""
    responses = (exchange.response for exchange in result.reply.exchanges)
    return sum(len(response.text) for response in responses if response)


def measured(result: CallResult) -> OverFetch | None:
    """The over-fetch of a good answer; None for a failure and where no fields were chosen."""
    good = result.reply.outcome in (Outcome.OK, Outcome.PARTIAL) and result.reply.value is not None
    return over_fetch(result.reply.value, result.fields) if good and result.fields else None


def shown_value(result: CallResult) -> Any:
    """The body to show: as on the wire for one response, put together for several or a stored copy."""
    exchanges = result.reply.exchanges
    if result.stale is not None or len(exchanges) != 1:
        return result.reply.value
    response = exchanges[0].response
    if response is None or not response.text:
        return result.reply.value
    try:
        return sliced_json.loads(response.text)
    except ValueError:
        return response.text if len(response.text) < PREPARE_HERE else result.reply.value
