"""A lane on the test's clock: each send takes a told time and brings a told answer. For repeats."""

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import Any

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GraphqlDraft, GrpcDraft, RestDraft
from app.domain.errors import AttemptFailed, UnsupportedOperation
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import Exchange, Outcome, Phases, Reply, WireRequest
from app.operations.repeat import Repeat
from app.operations.repeat_results import RepeatPlan, RepeatRun
from tests.support.clock import FakeClock

REQUEST = WireRequest(start="", target="")
DOWN = Reply(outcome=Outcome.UNAVAILABLE, status="503 SERVICE UNAVAILABLE")
_DRAFTS: Mapping[Lane, Draft] = {
    Lane.REST: RestDraft(method="GET", path="/api/v1/products/1"),
    Lane.GRAPHQL: GraphqlDraft(query="{ product { id } }"),
    Lane.GRPC: GrpcDraft(method="products.ProductService/GetProduct"),
}


def answer(last: float, *, first: float | None = None, up: int | None = 100, down: int | None = 300) -> Reply:
    """A good answer of one exchange whose last byte came after ``last`` seconds."""
    exchange = Exchange(
        request=REQUEST,
        response=None,
        phases=Phases(first_byte=first, last_byte=last),
        bytes_up=up,
        bytes_down=down,
    )
    return Reply(outcome=Outcome.OK, status="200 OK", exchanges=(exchange,))


class ClockedClient:
    """Answers in turn from ``script``; the clock moves on by each answer's time. Any thread."""

    def __init__(self, lane: Lane, clock: FakeClock, *script: Reply, decoding: float = 0.0) -> None:
        self.lane = lane
        self._clock = clock
        self._script = cycle(script or (answer(0.001),))
        self._decoding = decoding
        self._lock = threading.Lock()
        self.drafted = 0
        self.token = ""  # what a login gives; nobody is known without one
        self.logins: list[tuple[str, str]] = []
        self.seen: list[str] = []  # the tokens and requests that came here, as text
        self.keys: list[str | None] = []
        self.before_send: Callable[[int], None] = lambda number: None
        self.refuses = ""
        self.closed = False

    def draft(
        self,
        operation: OperationId,
        params: Mapping[str, str],
        fields: Sequence[str],
        *,
        token: str | None = None,
    ) -> Draft:
        """The same draft; remembers being asked."""
        self.drafted += 1
        self.seen.append(f"token {token}")
        if self.refuses:
            raise UnsupportedOperation(self.lane, self.refuses)
        draft = _DRAFTS[self.lane]
        if isinstance(draft, RestDraft) and OPERATIONS[operation].writes:
            return RestDraft(method="POST", path=draft.path)
        return draft

    def send(
        self,
        draft: Draft,
        operation: OperationId | None,
        *,
        timeout: float | None,
        cancel: CancelToken | None = None,
        idempotency_key: str | None = None,
    ) -> Reply:
        """The next answer of the script, after its time."""
        with self._lock:
            self.seen.append(repr(draft))
            self.keys.append(idempotency_key)
            number = len(self.keys)
            reply = next(self._script)
        self.before_send(number)
        if cancel is not None:
            cancel.raise_if_cancelled()
        known = [one.phases.last_byte for one in reply.exchanges if one.phases.last_byte is not None]
        self._clock.advance(sum(known) + self._decoding)
        if reply.outcome not in (Outcome.OK, Outcome.PARTIAL):
            raise AttemptFailed(reply)
        return reply

    def log_in(
        self, email: str, password: str, expires_in: int | None, *, timeout: float | None = 5.0
    ) -> Reply:
        """The told token, or a refusal."""
        self.logins.append((email, password))
        if not self.token:
            raise AttemptFailed(Reply(outcome=Outcome.UNAUTHENTICATED, message="wrong password"))
        return Reply(outcome=Outcome.OK, value={"token": self.token})

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def plan(**changed: Any) -> RepeatPlan:
    """Ten calls of *get product* over REST, without warm-up."""
    usual: dict[str, Any] = {
        "operation": OperationId.GET_PRODUCT,
        "lanes": (Lane.REST,),
        "count": 10,
        "warm_up": 0,
    }
    return RepeatPlan(**(usual | changed))


def measured(clock: FakeClock, *script: Reply, **changed: Any) -> RepeatRun:
    """The run of a plan over clocked clients that all follow the script."""
    wanted = plan(**changed)
    clients = {lane: ClockedClient(lane, clock, *script) for lane in wanted.lanes}
    return Repeat(wanted, clients, clock=clock, wall=lambda: 1.79e9).run()
