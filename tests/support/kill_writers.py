"""Writers that use the three lanes of a server at once until it is gone, and note what it acknowledged."""

import random
import threading
from collections.abc import Mapping
from typing import Any

from app.clients.port import LaneClient
from app.domain.errors import AttemptFailed
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from tests.support.kill_ledger import USER, Write

WRITERS = 2  # on each lane
PATIENCE = 10.0  # seconds that an answer may take


class Acknowledged:
    """Counts answers, so that a kill can come after so many. Any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def add(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def reach(self, count: int, seconds: float) -> bool:
        """Wait for so many answers."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, seconds)


def send(client: LaneClient, write: Write, token: str) -> dict[str, Any]:
    """Send a write and return its answer. Raises AttemptFailed."""
    fields = OPERATIONS[write.operation].fields
    draft = client.draft(write.operation, write.params, fields, token=token)
    reply = client.send(draft, write.operation, timeout=PATIENCE, idempotency_key=write.key)
    answer: dict[str, Any] = reply.value
    return answer


class Writer:
    """One writer: products of its own, so that its writes have an order, and orders of sample products."""

    def __init__(
        self,
        client: LaneClient,
        *,
        name: str,
        token: str,
        draw: random.Random,
        acknowledged: Acknowledged,
        killing: threading.Event,
    ) -> None:
        self.writes: list[Write] = []
        self.refused: list[str] = []  # answers that no killed server explains
        self._client = client
        self._name = name
        self._token = token
        self._draw = draw
        self._acknowledged = acknowledged
        self._killing = killing
        self._mine: list[str] = []
        self._thread = threading.Thread(target=self._run, name=f"writer-{name}")

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join(PATIENCE * 3)
        assert not self._thread.is_alive(), f"{self._name} hangs"

    def _run(self) -> None:
        while True:
            write = self._next()
            self.writes.append(write)
            try:
                write.answer = send(self._client, write, self._token)
            except AttemptFailed as failed:
                if not self._killing.is_set():
                    self.refused.append(f"{self._name} {write.operation}: {failed}")
                return
            self._follow(write)
            self._acknowledged.add()

    def _next(self) -> Write:
        kind = self._draw.random()
        number = len(self.writes)
        key = f"{self._name}-{number}" if self._draw.random() < 0.5 else None
        if kind < 0.2 and self._mine:
            params = {"id": self._draw.choice(self._mine), "price": f"{self._draw.randint(1, 9999) / 100}"}
            return Write(self._client.lane, OperationId.PATCH_PRODUCT, params)
        if kind < 0.35 and self._mine:
            return Write(self._client.lane, OperationId.DELETE_PRODUCT, {"id": self._draw.choice(self._mine)})
        if kind < 0.6:
            chosen = self._draw.sample(range(1, 30), self._draw.randint(1, 5))
            lines = ", ".join(f"{product}x{self._draw.randint(1, 99)}" for product in chosen)
            params = {"user_id": USER, "lines": lines}
            return Write(self._client.lane, OperationId.CREATE_ORDER, params, key)
        params = {
            "name": f"{self._name}-{number}",
            "price": f"{self._draw.randint(1, 99999) / 100}",
            "stock": str(self._draw.randint(1, 500)),
            "category": self._draw.choice(("Audio", "Kill", "Loss")),
        }
        return Write(self._client.lane, OperationId.CREATE_PRODUCT, params, key)

    def _follow(self, write: Write) -> None:
        if write.operation is OperationId.CREATE_PRODUCT and write.answer is not None:
            self._mine.append(write.answer["id"])
        elif write.operation is OperationId.DELETE_PRODUCT:
            self._mine.remove(write.params["id"])


def writers_of(
    clients: Mapping[Lane, LaneClient], *, round_name: str, token: str, killing: threading.Event
) -> tuple[list[Writer], Acknowledged]:
    """The writers of a round; equal names draw equal requests."""
    acknowledged = Acknowledged()
    made = [
        Writer(
            client,
            name=f"{round_name}-{lane.value}-{number}",
            token=token,
            draw=random.Random(f"{round_name}/{lane.value}/{number}"),
            acknowledged=acknowledged,
            killing=killing,
        )
        for lane, client in clients.items()
        for number in range(WRITERS)
    ]
    return made, acknowledged
