"""Background traffic of the window: the chosen operation, through the window's own pipelines."""

import time
import uuid
from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from app.bootstrap.core import Core
from app.domain.cancel import CancelToken
from app.domain.errors import TrilaneError
from app.domain.lanes import Lane
from app.domain.operations import Question
from app.operations.load import BackgroundLoad


class Traffic(QObject):
    """Tells the load what to send. GUI thread; the calls themselves are jobs."""

    def __init__(
        self, core: Core, question: Callable[[], Question], token: Callable[[], str | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._core = core
        self._question = question
        self._token = token
        self._sent: tuple[Question, str | None] | None = None
        self._load = BackgroundLoad(self._call, submit=core.workers.submit, publish=core.bus.publish)

    def set_load(self, running: bool, rate: float, lanes: tuple[Lane, ...]) -> None:
        """Start, change or stop; ``rate`` is calls a second on each lane."""
        self.refresh()
        self._load.set_load(running, rate, lanes)

    @Slot()
    def refresh(self) -> None:
        """From the next call on, send what is chosen now. Jobs read this copy and no view-model."""
        self._sent = (self._question(), self._token())

    def _call(self, lane: Lane, cancel: CancelToken) -> None:
        """In a worker's thread."""
        sent, runner, asked = self._sent, self._core.lanes.runner(lane), time.monotonic()
        if sent is None or runner is None:
            return
        question, token = sent
        try:
            client = self._core.lanes.client(lane)
            draft = client.draft(question.operation, question.params, question.fields, token=token)
        except TrilaneError:  # the lane has no counterpart, or the form holds something half typed
            return
        runner.run(
            draft,
            question.operation,
            fields=tuple(question.fields),
            call_id=f"load-{uuid.uuid4().hex[:12]}",
            cancel=cancel,
            submitted_at=asked,
        )
