"""Believable answers of the three lanes, and ports that need no server, for tests and pictures."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql import build_schema

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GraphqlDraft, GrpcDraft, RestDraft
from app.domain.errors import InvalidInput, UnsupportedOperation
from app.domain.events import (
    BackendChanged,
    BackendState,
    CallFinished,
    CallRejected,
    CallStarted,
    Event,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import (
    AttemptRecord,
    CallResult,
    Exchange,
    Headers,
    Outcome,
    Phases,
    Reply,
    Stale,
    WireRequest,
    WireResponse,
)
from app.viewmodels.graphql_assist import GraphqlAssist

FIELDS = ("id", "total", "items.quantity", "items.product.name")
ADDRESSES = {
    Lane.REST: "http://127.0.0.1:41873",
    Lane.GRAPHQL: "http://127.0.0.1:38011/graphql",
    Lane.GRPC: "127.0.0.1:50051",
}
LAPTOP = {"id": "1", "name": "Laptop", "price": 999.99, "stock": 10, "category": "Computers"}
MOUSE = {"id": "2", "name": "Mouse", "price": 29.99, "stock": 50, "category": "Accessories"}
ORDER = {
    "id": "1",
    "user_id": "user_123",
    "total": 1059.97,
    "status": "processing",
    "created_at": "2025-01-01T12:00:00Z",
    "items": [
        {"quantity": 1, "subtotal": 999.99, "product": LAPTOP},
        {"quantity": 2, "subtotal": 59.98, "product": MOUSE},
    ],
}
SLIM_ORDER = {
    "id": "1",
    "total": 1059.97,
    "items": [
        {"quantity": 1, "product": {"name": "Laptop"}},
        {"quantity": 2, "product": {"name": "Mouse"}},
    ],
}
HTTP_HEADERS: Headers = (
    ("Content-Type", "application/json"),
    ("Content-Length", "428"),
    ("ETag", '"9f3c1a"'),
    ("Date", "Wed, 01 Jan 2025 12:00:00 GMT"),
    ("Server", "trilane"),
)
TOKEN = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.c2lnbmF0dXJl"
DRAFTS: Mapping[Lane, Draft] = {
    Lane.REST: RestDraft(
        method="GET",
        path="/api/v1/orders/1",
        headers=(("Accept", "application/json"), ("Authorization", TOKEN)),
        follow=("GET /api/v1/products/{product_id}",),
    ),
    Lane.GRAPHQL: GraphqlDraft(
        query="query Order($id: String!) {\n  order(id: $id) {\n    id\n    total\n    items {\n"
        "      quantity\n      product { name }\n    }\n  }\n}",
        variables='{\n  "id": "1"\n}',
        headers=(("Authorization", TOKEN),),
    ),
    Lane.GRPC: GrpcDraft(
        method="products.ProductService/GetOrder",
        message='{\n  "id": "1"\n}',
        metadata=(("authorization", TOKEN),),
    ),
}
SDL = """
type Query {
  "One product by id."
  product(id: String!): Product
  "One order with its items."
  order(id: String!): Order
}
type Product { id: String! name: String! price: Float! stock: Int! category: String! }
type Item { quantity: Int! subtotal: Float! product: Product! }
type Order { id: String! userId: String! total: Float! status: String! items: [Item!]! }
"""


def assist() -> GraphqlAssist:
    """The sample schema."""
    return GraphqlAssist(build_schema(SDL))


def exchange(
    start: str,
    value: Any,
    *,
    status: str = "200 OK",
    last_byte: float = 0.002,
    headers: Headers = HTTP_HEADERS,
    trailers: Headers = (),
    size: int | None = None,
    connected: float | None = 0.0006,
) -> Exchange:
    """One round trip with believable times."""
    text = "" if value is None else json.dumps(value, separators=(",", ":"))
    return Exchange(
        request=WireRequest(start=start, target="http://127.0.0.1:41873"),
        response=WireResponse(
            status=status, headers=headers, trailers=trailers, body=text.encode(), written=text
        ),
        phases=Phases(
            queued=0.0001,
            connected=connected,
            sent=0.0008,
            first_byte=last_byte * 0.85,
            last_byte=last_byte,
        ),
        bytes_up=182,
        bytes_down=len(text) + 160 if size is None else size,
        reused=connected is None,
    )


def result(lane: Lane, reply: Reply, **more: Any) -> CallResult:
    """A call of the sample operation; one attempt unless ``attempts`` says more."""
    attempt = AttemptRecord(number=1, outcome=reply.outcome, status=reply.status, duration=0.003)
    settings: dict[str, Any] = {
        "call_id": "call",
        "lane": lane,
        "operation": OperationId.GET_ORDER,
        "attempts": (attempt,),
        "total": 0.0059,
        "fields": FIELDS,
    }
    return CallResult(reply=reply, **{**settings, **more})


def rest_ok() -> CallResult:
    """REST needs three round trips and brings more than was asked for."""
    bare = {**ORDER, "items": [{"product_id": "1", "quantity": 1}, {"product_id": "2", "quantity": 2}]}
    exchanges = (
        exchange("GET /api/v1/orders/1", bare),
        exchange("GET /api/v1/products/1", LAPTOP, last_byte=0.0018, connected=None),
        exchange("GET /api/v1/products/2", MOUSE, last_byte=0.0017, connected=None),
    )
    return result(Lane.REST, Reply(outcome=Outcome.OK, status="200 OK", value=ORDER, exchanges=exchanges))


def graphql_ok() -> CallResult:
    """GraphQL brings exactly what was asked for."""
    one = exchange("POST /graphql", {"data": {"order": SLIM_ORDER}}, last_byte=0.0031)
    reply = Reply(outcome=Outcome.OK, status="200 OK", value=SLIM_ORDER, exchanges=(one,))
    return result(Lane.GRAPHQL, reply, total=0.0031)


def graphql_partial() -> CallResult:
    """Data with an error for one field."""
    value = {**SLIM_ORDER, "items": None}
    body = {
        "data": {"order": value},
        "errors": [
            {
                "message": "items: the stock service did not answer",
                "path": ["order", "items"],
                "extensions": {"code": "SERVICE_UNAVAILABLE"},
            }
        ],
    }
    reply = Reply(
        outcome=Outcome.PARTIAL,
        status="200 OK",
        value=value,
        message="items: the stock service did not answer",
        exchanges=(exchange("POST /graphql", body),),
    )
    return result(Lane.GRAPHQL, reply)


def grpc_ok() -> CallResult:
    """gRPC brings the whole message in one trip; its connection cannot be seen."""
    one = exchange(
        "/products.ProductService/GetOrder",
        ORDER,
        status="0 OK",
        headers=(("content-type", "application/grpc"),),
        trailers=(("grpc-status", "0"), ("grpc-message", "")),
        last_byte=0.0014,
    )
    unseen = Phases(queued=0.0001, first_byte=0.0012, last_byte=0.0014)
    one = Exchange(request=one.request, response=one.response, phases=unseen, bytes_up=8, bytes_down=212)
    reply = Reply(outcome=Outcome.OK, status="0 OK", value=ORDER, exchanges=(one,))
    return result(Lane.GRPC, reply, total=0.0016)


def unavailable(*, injected: str | None = "failure rate 70 %") -> CallResult:
    """503 after three retries."""
    attempts = tuple(
        AttemptRecord(
            number=number,
            outcome=Outcome.UNAVAILABLE,
            status="503 Service Unavailable",
            duration=0.003,
            wait_after=wait,
            reason="backoff" if number != 2 else "Retry-After",
            injected=injected,
        )
        for number, wait in ((1, 0.53), (2, 1.04), (3, 2.1), (4, None))
    )
    body = {"error": "unavailable", "message": "The service is overloaded."}
    reply = Reply(
        outcome=Outcome.UNAVAILABLE,
        status="503 Service Unavailable",
        message="The service is overloaded.",
        injected=injected,
        exchanges=(exchange("GET /api/v1/orders/1", body, status="503 Service Unavailable"),),
    )
    return result(Lane.REST, reply, attempts=attempts, total=3.68)


def rejected_with_copy() -> CallResult:
    """Two failures, then the open circuit, then the stored copy."""
    attempts = (
        AttemptRecord(
            number=1,
            outcome=Outcome.UNAVAILABLE,
            status="14 UNAVAILABLE",
            duration=0.0031,
            wait_after=0.53,
            injected="failure rate 70 %",
        ),
        AttemptRecord(
            number=2,
            outcome=Outcome.UNAVAILABLE,
            status="14 UNAVAILABLE",
            duration=0.0028,
            wait_after=1.04,
            injected="failure rate 70 %",
        ),
        AttemptRecord(number=3, outcome=Outcome.REJECTED, status="", duration=0.0),
    )
    reply = Reply(outcome=Outcome.OK, status="0 OK", value=SLIM_ORDER)
    return result(
        Lane.GRPC,
        reply,
        attempts=attempts,
        total=2.41,
        stale=Stale(age=12.0, reason="circuit open"),
        error=Outcome.REJECTED,
    )


def unauthenticated(lane: Lane = Lane.GRAPHQL) -> CallResult:
    """The token is missing."""
    body = {
        "errors": [{"message": "a token is needed", "extensions": {"code": "UNAUTHENTICATED"}}],
        "data": None,
    }
    reply = Reply(
        outcome=Outcome.UNAUTHENTICATED,
        status="401 Unauthorized" if lane is Lane.REST else "200 UNAUTHENTICATED",
        message="a token is needed",
        exchanges=(exchange("POST /graphql", body),),
    )
    return result(lane, reply)


def invalid() -> CallResult:
    """The server names the fields that are wrong."""
    body = {
        "error": "invalid_input",
        "message": "2 fields are invalid",
        "details": [
            {"field": "price", "message": "must be finite"},
            {"field": "stock", "message": "must be 0 or more"},
        ],
    }
    reply = Reply(
        outcome=Outcome.INVALID,
        status="400 Bad Request",
        message="2 fields are invalid",
        details=(("price", "must be finite"), ("stock", "must be 0 or more")),
        exchanges=(exchange("POST /api/v1/products", body, status="400 Bad Request"),),
    )
    return result(Lane.REST, reply, operation=OperationId.CREATE_PRODUCT)


class FakeBus:
    """Delivers at once, on the thread that publishes."""

    def __init__(self) -> None:
        self._slots: list[tuple[type[Event], Callable[[Any], None]]] = []

    def subscribe(self, event_type: type[Any], slot: Callable[[Any], None]) -> Callable[[], None]:
        """Remember the slot."""
        entry = (event_type, slot)
        self._slots.append(entry)
        return lambda: self._slots.remove(entry)

    def publish(self, event: Event) -> None:
        """Call every slot of the type."""
        for event_type, slot in list(self._slots):
            if isinstance(event, event_type):
                slot(event)

    def up(self, lane: Lane) -> None:
        """The lane's server is there."""
        self.publish(BackendChanged(at=0.0, lane=lane, state=BackendState.UP, address=ADDRESSES[lane]))

    def finish(self, call_id: str, found: CallResult, *, rejected_for: float | None = None) -> None:
        """The events of a call that ends with ``found``."""
        self.publish(CallStarted(at=0.0, call_id=call_id, lane=found.lane, operation=found.operation))
        if rejected_for is not None:
            self.publish(
                CallRejected(at=0.0, call_id=call_id, lane=found.lane, attempt=3, retry_after=rejected_for)
            )
        self.publish(CallFinished(at=0.0, call_id=call_id, lane=found.lane, result=found))


class FakeHandle:
    """Remembers that it was cancelled."""

    def __init__(self, job: Callable[[CancelToken], None]) -> None:
        self.job = job
        self.token = CancelToken()

    def cancel(self) -> None:
        """Set the token."""
        self.token.cancel()


class FakeWorkers:
    """Keeps jobs until run() is called."""

    def __init__(self) -> None:
        self.handles: list[FakeHandle] = []

    def submit(self, job: Callable[[CancelToken], None]) -> FakeHandle:
        """Keep the job."""
        handle = FakeHandle(job)
        self.handles.append(handle)
        return handle

    def run(self) -> None:
        """Run what waits, in order."""
        while self.handles:
            handle = self.handles.pop(0)
            handle.job(handle.token)


class FakeRunner:
    """Ends every call with ``answer``."""

    def __init__(self, bus: FakeBus, answer: Callable[[], CallResult]) -> None:
        self._bus = bus
        self.answer = answer
        self.drafts: list[Draft] = []

    def run(
        self,
        draft: Draft,
        operation: OperationId,
        *,
        fields: tuple[str, ...],
        call_id: str,
        cancel: CancelToken,
        submitted_at: float,
    ) -> CallResult:
        """Publish as CallRunner does."""
        self.drafts.append(draft)
        found = replace(self.answer(), call_id=call_id)
        if cancel.cancelled:
            found = replace(found, reply=Reply(outcome=Outcome.CANCELLED), attempts=())
        self._bus.publish(
            CallStarted(at=time.monotonic(), call_id=call_id, lane=found.lane, operation=operation)
        )
        self._bus.publish(CallFinished(at=time.monotonic(), call_id=call_id, lane=found.lane, result=found))
        return found


def draft_for(lane: Lane, operation: OperationId, params: Mapping[str, str], fields: Sequence[str]) -> Draft:
    """Sample drafts; "bad" ids are refused, and gRPC knows no replacing."""
    if operation is OperationId.REPLACE_PRODUCT and lane is Lane.GRPC:
        raise UnsupportedOperation(lane, "gRPC has no PUT here.")
    if params.get("id") == "bad":
        raise InvalidInput("id", "must be a number")
    draft = DRAFTS[lane]
    number = params.get("id", "1")
    match draft:
        case RestDraft():
            return replace(draft, path=f"/api/v1/orders/{number}")
        case GraphqlDraft():
            return replace(draft, variables=json.dumps({"id": number}))
    return replace(draft, message=json.dumps({"id": number}))
