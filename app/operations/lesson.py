"""Measures, on this machine, what the usual comparison of the three protocols claims. A few seconds; no Qt.

Everything is asked of the same servers with the same questions, one lane after the other.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from app.clients.port import LaneClient
from app.clients.streams import OrderStream
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GraphqlDraft, GrpcDraft, RestDraft
from app.domain.errors import AttemptFailed, TrilaneError
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.domain.streams import OrdersRequest, StreamEnd
from app.domain.values import dataclass
from app.operations.compare import over_fetch
from app.operations.latencies import LatencySummary, summarise
from app.operations.repeat import Repeat
from app.operations.repeat_results import RepeatPlan, RepeatProgress

CALLS = 200  # on each lane, for the latency
_WARM_UP = 30
_STREAM = OrdersRequest(count=60, interval_ms=5)
_TIMEOUT = 5.0  # seconds for each single call


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCost:
    """One order with its products, four fields wanted."""

    round_trips: int
    bytes_up: int | None
    bytes_down: int | None
    over_fetch: float | None  # share of the answer that was not asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What happened to a page number that is no number."""

    status: str  # native; empty when nothing was sent
    sent: bool
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheCost:
    """The same product asked for again."""

    full: int | None  # bytes of the answer
    again: int | None  # bytes when the client names its copy; None when the protocol has no such word
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLesson:
    """What one lane did. None was not measured."""

    lane: Lane
    order: OrderCost | None = None
    latency: LatencySummary | None = None
    refusal: Refusal | None = None
    cache: CacheCost | None = None
    lag: LatencySummary | None = None  # of streamed orders: arrival behind publication
    message_bytes: float | None = None  # per streamed order, as sent
    written: int | None = None  # characters of the order's request as a person writes it
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonProgress:
    """How far the measurement is."""

    done: int
    total: int
    what: str


class Lesson:
    """One measurement of the lanes. Used once, by one thread; ``cancel`` may come from any."""

    def __init__(
        self,
        clients: Mapping[Lane, LaneClient],
        streams: Mapping[Lane, OrderStream],
        *,
        cancel: CancelToken | None = None,
        on_progress: Callable[[LessonProgress], None] = lambda progress: None,
        calls: int = CALLS,
    ) -> None:
        self._clients = clients
        self._streams = streams
        self._cancel = cancel or CancelToken()
        self._on_progress = on_progress
        self._calls = calls
        self._done = 0
        self._total = len(clients) * len(_STEPS)

    def measure(self) -> tuple[LaneLesson, ...]:
        """Every lane; one that fails says why and keeps what it has. Raises Cancelled."""
        return tuple(self._lane(lane) for lane in self._clients)

    def _lane(self, lane: Lane) -> LaneLesson:
        lesson = LaneLesson(lane=lane)
        for what, step in _STEPS.items():
            self._cancel.raise_if_cancelled()
            words = f"{lane.label}: {what}"
            self._on_progress(LessonProgress(done=self._done, total=self._total, what=words))
            try:
                lesson = replace(lesson, **step(self, lane))
            except TrilaneError as error:
                self._cancel.raise_if_cancelled()
                lesson = replace(lesson, problem=f"{what}: {error}")
            self._done += 1
        return lesson

    def _send(self, lane: Lane, draft: Draft, operation: OperationId) -> Reply:
        return self._clients[lane].send(draft, operation, timeout=_TIMEOUT, cancel=self._cancel)

    def _order(self, lane: Lane) -> dict[str, Any]:
        operation = OPERATIONS[OperationId.GET_ORDER]
        fields = operation.default_fields
        draft = self._clients[lane].draft(operation.id, {"id": "1"}, fields)
        reply = self._send(lane, draft, operation.id)
        result = CallResult(call_id="lesson", lane=lane, operation=operation.id, reply=reply)
        cost = OrderCost(
            round_trips=result.round_trips,
            bytes_up=result.bytes_up,
            bytes_down=result.bytes_down,
            over_fetch=over_fetch(reply.value, fields).share,
        )
        return {"order": cost, "written": _written(draft)}

    def _latency(self, lane: Lane) -> dict[str, Any]:
        operation = OPERATIONS[OperationId.GET_PRODUCT]
        plan = RepeatPlan(
            operation=operation.id,
            params={"id": "1"},
            fields=operation.default_fields,
            lanes=(lane,),
            count=self._calls,
            warm_up=_WARM_UP,
        )

        def tell(progress: RepeatProgress) -> None:
            words = f"{lane.label}: {progress.done} of {progress.total} calls"
            self._on_progress(LessonProgress(done=self._done, total=self._total, what=words))

        run = Repeat(plan, self._clients, cancel=self._cancel, on_progress=tell).run()
        self._cancel.raise_if_cancelled()
        return {"latency": run.lanes[0].latency}

    def _refusal(self, lane: Lane) -> dict[str, Any]:
        draft = self._clients[lane].draft(OperationId.LIST_PRODUCTS, {"page": "1", "limit": "1"}, ())
        try:
            reply = self._send(lane, _mistyped(draft), OperationId.LIST_PRODUCTS)
        except AttemptFailed as failed:
            reply = failed.reply
        sent = bool(reply.exchanges)
        return {"refusal": Refusal(status=reply.status, sent=sent, message=reply.message)}

    def _cache(self, lane: Lane) -> dict[str, Any]:
        draft = self._clients[lane].draft(OperationId.GET_PRODUCT, {"id": "1"}, ())
        first = self._send(lane, draft, OperationId.GET_PRODUCT)
        full = first.exchanges[0].bytes_down
        tag = _header(first, "etag")
        if not isinstance(draft, RestDraft) or not tag:
            return {"cache": CacheCost(full=full, again=None)}
        named = replace(draft, headers=(*draft.headers, ("If-None-Match", tag)))
        again = self._send(lane, named, OperationId.GET_PRODUCT)
        cost = CacheCost(full=full, again=again.exchanges[0].bytes_down, status=again.status)
        return {"cache": cost}

    def _stream(self, lane: Lane) -> dict[str, Any]:
        source = self._streams.get(lane)
        if source is None:
            return {}
        # A feed of its own: who joins one that others follow is handed what it has published before.
        request = replace(_STREAM, user_id=f"lesson-{uuid.uuid4().hex[:12]}")
        opened = source.open(request, timeout=_TIMEOUT, deadline=2 * _TIMEOUT, cancel=self._cancel)
        lags: list[float] = []
        sizes: list[int] = []
        try:
            while not isinstance(batch := opened.read(), StreamEnd):
                lags += [max(0.0, message.arrived - message.published) for message in batch]
                sizes += [len(message.raw) for message in batch]
        finally:
            opened.close()
        self._cancel.raise_if_cancelled()
        if batch.outcome is not Outcome.OK:
            raise AttemptFailed(Reply(outcome=batch.outcome, status=batch.status, message=batch.message))
        return {"lag": summarise(lags), "message_bytes": sum(sizes) / len(sizes) if sizes else None}


_STEPS: Mapping[str, Callable[[Lesson, Lane], dict[str, Any]]] = {
    "one order with its products": Lesson._order,
    "latency": Lesson._latency,
    "a wrong type": Lesson._refusal,
    "the same product again": Lesson._cache,
    "streamed orders": Lesson._stream,
}


def _mistyped(draft: Draft) -> Draft:
    """The request with text where a page number belongs."""
    match draft:
        case RestDraft():
            return replace(draft, query=(("page", "many"),))
        case GraphqlDraft():
            return GraphqlDraft(query='{ products(page: "many") { id } }', headers=draft.headers)
        case GrpcDraft():
            return replace(draft, message='{"page": "many"}')


def _written(draft: Draft) -> int:
    match draft:
        case RestDraft():
            return len(f"{draft.method} {draft.path}")
        case GraphqlDraft():
            return len(draft.query) + len(draft.variables)
        case GrpcDraft():
            return len(draft.method) + len(draft.message)


def _header(reply: Reply, name: str) -> str:
    response = reply.exchanges[0].response
    headers = response.headers if response is not None else ()
    return next((value for key, value in headers if key.lower() == name), "")
