"""Sends the chosen operation over the chosen lanes and cancels it. Holds no result: those come as events."""

import time
import uuid
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.errors import InvalidInput, StartFailed, UnsupportedOperation
from app.domain.events import CallFinished
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.operations.turn import Turn
from app.viewmodels.lane import (
    PREPARE_HERE,
    AnswerPrepared,
    LaneModel,
    body_size,
    measured,
    shown_value,
)
from app.viewmodels.ports import DraftFor, Handle, Publish, Runner, RunnerFor, Submit, Subscriber


class CallsModel(QObject):
    """Starts and cancels the calls of the three lanes. GUI thread."""

    in_flight_changed = Signal(bool)  # whether any lane waits for its answer
    sent = Signal(object)  # tuple[Lane, ...] that were really sent
    refused = Signal(object, str)  # Lane, why nothing was sent

    def __init__(
        self,
        lanes: Mapping[Lane, LaneModel],
        bus: Subscriber,
        *,
        draft_for: DraftFor,
        runner_for: RunnerFor,
        submit: Submit,
        publish: Publish,
        turn: Turn | None = None,
        parent: QObject | None = None,
    ) -> None:
        """``turn`` is shared with whatever else computes on large answers."""
        super().__init__(parent)
        self.lanes = lanes
        self._draft_for = draft_for
        self._runner_for = runner_for
        self._submit = submit
        self._publish = publish
        self._turn = turn or Turn()
        self._handles: dict[str, Handle] = {}
        self._inputs: tuple[OperationId, Mapping[str, str], tuple[str, ...]] | None = None
        bus.subscribe(CallFinished, self._finished)

    @property
    def in_flight(self) -> bool:
        """Whether any lane waits for its answer."""
        return bool(self._handles)

    def prepare(self, operation: OperationId, params: Mapping[str, str], fields: Sequence[str]) -> None:
        """Write every lane's request from the operation bar. Sends nothing."""
        self._inputs = (operation, dict(params), tuple(fields))
        for lane, model in self.lanes.items():
            model.take_inputs(self._inputs)
            try:
                draft = self._draft_for(lane, operation, params, fields)
            except UnsupportedOperation as error:
                model.show_unsupported(operation, error.why)
            except StartFailed:
                model.show_problem("", unwritten=True)  # the header tells how far it is; nothing is wrong yet
            except InvalidInput as error:
                model.show_problem(str(error), unwritten=True)
            else:
                model.show_draft(draft, operation, note=OPERATIONS[operation].limits.get(lane, ""))

    @Slot()
    def refresh(self) -> None:
        """Write the requests again from the same inputs: the token changed or a backend came up."""
        if self._inputs is not None:
            self.prepare(*self._inputs)

    def send(
        self, operation: OperationId, params: Mapping[str, str], fields: Sequence[str], lanes: Sequence[Lane]
    ) -> tuple[Lane, ...]:
        """Send over ``lanes``; returns those that were sent. A lane still in flight is refused."""
        self.prepare(operation, params, fields)
        return self.send_drafts(lanes)

    def send_drafts(self, lanes: Sequence[Lane]) -> tuple[Lane, ...]:
        """Send the requests as they stand in ``lanes``: after prepare(), or again after logging in."""
        before = self.in_flight
        sent = tuple(lane for lane in lanes if self._send_one(lane))
        if sent:
            self.sent.emit(sent)
        if self.in_flight != before:
            self.in_flight_changed.emit(self.in_flight)
        return sent

    @Slot()
    def cancel(self) -> None:
        """Cancel every call under way; each lane still gets its CallFinished."""
        for handle in list(self._handles.values()):
            handle.cancel()

    def _send_one(self, lane: Lane) -> bool:
        model = self.lanes[lane]
        why, runner = "", self._runner_for(lane)
        if model.in_flight:
            why = "still waiting for the last answer"
        elif runner is None and not model.unsupported:
            why = "the server is not up yet"
        elif model.draft is None or model.operation is None:
            why = model.unsupported or model.problem or "there is no request yet"
        elif model.unwritten:
            why = model.problem or "there is no request yet"
        if why or runner is None or model.draft is None or model.operation is None:
            if not model.unsupported and not model.in_flight:
                model.show_problem(why, unwritten=model.unwritten)
            self.refused.emit(lane, why)
            return False
        fields = self._inputs[2] if self._inputs else ()
        job = _Call(lane, runner, model.draft, model.operation, fields, self._publish)
        model.expect(job.call_id)
        self._handles[job.call_id] = self._submit(job)
        return True

    @Slot(object)
    def _finished(self, event: CallFinished) -> None:
        if self._handles.pop(event.call_id, None) is None:
            return
        if body_size(event.result) > PREPARE_HERE:
            self._submit(Preparation(event.result, self._publish, self._turn))
        if not self._handles:
            self.in_flight_changed.emit(False)


class _Call:
    """The job of one lane, run on a worker. Holds no QObject."""

    __slots__ = (
        "_draft",
        "_fields",
        "_lane",
        "_operation",
        "_publish",
        "_runner",
        "_submitted_at",
        "call_id",
    )

    def __init__(
        self,
        lane: Lane,
        runner: Runner,
        draft: Draft,
        operation: OperationId,
        fields: tuple[str, ...],
        publish: Publish,
    ) -> None:
        self._lane = lane
        self._submitted_at = time.monotonic()
        self.call_id = uuid.uuid4().hex[:12]
        self._runner = runner
        self._draft = draft
        self._operation = operation
        self._fields = fields
        self._publish = publish

    def __call__(self, cancel: CancelToken) -> None:
        try:
            self._runner.run(
                self._draft,
                self._operation,
                fields=self._fields,
                call_id=self.call_id,
                cancel=cancel,
                submitted_at=self._submitted_at,
            )
        except Exception as error:  # thread boundary: without an end the lane would wait for ever
            self._publish(self._broken(error))
            raise

    def _broken(self, error: Exception) -> CallFinished:
        reply = Reply(outcome=Outcome.INTERNAL, message=f"a fault of this program: {error!r}")
        result = CallResult(
            call_id=self.call_id, lane=self._lane, operation=self._operation, reply=reply, fields=self._fields
        )
        return CallFinished(at=time.monotonic(), call_id=self.call_id, lane=self._lane, result=result)


class Preparation:
    """The job for a large answer. Its call is over, so a person cannot cancel it. Holds no QObject."""

    __slots__ = ("_publish", "_result", "_turn")

    def __init__(self, result: CallResult, publish: Publish, turn: Turn) -> None:
        self._result = result
        self._publish = publish
        self._turn = turn

    def __call__(self, cancel: CancelToken) -> None:
        with self._turn.taken(cancel):
            prepared = prepare_answer(self._result)
        self._publish(prepared)


def prepare_answer(result: CallResult) -> AnswerPrepared:
    """Parse and measure a large body, away from the GUI thread."""
    return AnswerPrepared(
        at=time.monotonic(),
        call_id=result.call_id,
        lane=result.lane,
        value=shown_value(result),
        over_fetch=measured(result),
    )
