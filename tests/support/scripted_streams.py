"""Order streams that follow a script instead of a server."""

import itertools
from collections.abc import Iterable, Iterator

from app.clients.streams import CANCELLED, Batch
from app.domain.cancel import CancelToken
from app.domain.errors import AttemptFailed
from app.domain.lanes import Lane
from app.domain.results import Outcome, Reply
from app.domain.streams import OrdersRequest, StreamEnd, StreamMessage

OK = StreamEnd(outcome=Outcome.OK, status="200 OK", message="complete", trailers=(("last", "9"),))
LOST = StreamEnd(outcome=Outcome.RESET, status="200 OK", message="connection lost", injected="cut")

Step = list[int] | StreamEnd | None  # sequences, an end, or silence until a cancel


def message(sequence: int, *, dropped: int = 0, lag: float = 0.001) -> StreamMessage:
    """The message with that sequence."""
    order = {
        "id": f"order_{sequence - 1}",
        "user_id": "user_1" if sequence % 2 else "user_2",
        "total": 99.99 * sequence,
        "status": "processing",
        "sequence": sequence,
        "dropped": dropped,
    }
    published = 1_700_000_000.0 + sequence / 1000
    return StreamMessage(sequence, published + lag, published, dropped, order, f"raw {sequence}".encode())


class ScriptedStream:
    """Opens one script after the other; a reply in their place is a refusal. Any thread."""

    def __init__(self, lane: Lane, *scripts: Iterable[Step] | Reply, resumes: bool = False) -> None:
        self.lane = lane
        self.resumes = resumes
        self.asked_after: list[int | None] = []
        self._scripts: Iterator[Iterable[Step] | Reply] = iter(scripts)

    def open(
        self,
        request: OrdersRequest,
        *,
        timeout: float | None,
        deadline: float | None,
        cancel: CancelToken | None = None,
        after: int | None = None,
    ) -> "_Open":
        """The next script, or the refusal in its place."""
        self.asked_after.append(after)
        script = next(self._scripts)
        if isinstance(script, Reply):
            raise AttemptFailed(script)
        return _Open(iter(script), cancel or CancelToken())

    def close(self) -> None:
        """Nothing is open."""


class _Open:
    status = "200 OK"
    injected: str | None = None

    def __init__(self, steps: Iterator[Step], cancel: CancelToken) -> None:
        self._steps = steps
        self._cancel = cancel

    def read(self) -> Batch | StreamEnd:
        if self._cancel.cancelled:
            return CANCELLED
        step = next(self._steps)
        if step is None:
            self._cancel.wait(30)
            return CANCELLED
        return step if isinstance(step, StreamEnd) else [message(sequence) for sequence in step]

    def close(self) -> None:
        self._steps = itertools.repeat(CANCELLED)
