"""A lane's order stream on a conductor's stage: each message comes at its own scenario time.

The demonstration feed sends at a known pace, so the client's side can announce when the next message is due;
several that arrive together are handed on one by one. A break is seen where the next message would have come.
"""

import itertools
from collections import deque
from dataclasses import replace

from app.clients.streams import Batch, OpenStream, OrderStream
from app.domain.cancel import CancelToken
from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest, StreamEnd, StreamMessage
from app.operations.scenarios.conductor import Conductor


class StagedStream:
    """Opens streams through another client. Used by tasks of the conductor."""

    def __init__(self, inner: OrderStream, conductor: Conductor) -> None:
        self._inner = inner
        self._conductor = conductor
        self._ids = itertools.count(1)

    @property
    def lane(self) -> Lane:
        """Whose client this is."""
        return self._inner.lane

    @property
    def resumes(self) -> bool:
        """Whether ``after`` goes on without gap or double."""
        return self._inner.resumes

    def open(
        self,
        request: OrdersRequest,
        *,
        timeout: float | None,
        deadline: float | None,
        cancel: CancelToken | None = None,
        after: int | None = None,
    ) -> OpenStream:
        """``timeout`` is in scenario seconds, and so is the interval of ``request``; no deadline."""
        name = f"stream-{self.lane.value}-{next(self._ids)}"
        interval = request.interval_ms / 1000.0
        real = replace(request, interval_ms=max(1, round(request.interval_ms / self._conductor.speed)))
        with self._conductor.wire(name, timeout, cancel) as wire:
            opened = self._inner.open(
                real, timeout=wire.real_timeout, deadline=None, cancel=cancel, after=after
            )
        return _StagedMessages(opened, self._conductor, name, interval)

    def close(self) -> None:
        """Close the client."""
        self._inner.close()


class _StagedMessages:
    """One open stream. Used by the task that opened it."""

    def __init__(self, inner: OpenStream, conductor: Conductor, name: str, interval: float) -> None:
        self._inner = inner
        self._conductor = conductor
        self._name = name
        self._interval = interval
        self._waiting: deque[StreamMessage] = deque()
        self._first = True

    @property
    def status(self) -> str:
        """How the server accepted it."""
        return self._inner.status

    @property
    def injected(self) -> str | None:
        """The fault rule that the server named."""
        return self._inner.injected

    def read(self) -> Batch | StreamEnd:
        """One message, an interval after the one before, or the end."""
        pause, self._first = (0.0 if self._first else self._interval), False
        if self._waiting:
            self._conductor.sleep(pause)
            return [self._waiting.popleft()]
        with self._conductor.wire(self._name, None, None):
            self._conductor.slowed(self._name, pause)
            batch = self._inner.read()
        if isinstance(batch, StreamEnd):
            return batch
        self._waiting.extend(batch)
        return [self._waiting.popleft()]

    def close(self) -> None:
        """Leave."""
        self._inner.close()
