"""Real time for a scenario in the window, and threads of its own: the shared workers would queue a herd."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from app.domain.cancel import CancelToken
from app.domain.lanes import Lane
from app.operations.scenarios.player import MOST_IN_FLIGHT

Job = Callable[[CancelToken], object]


class LiveStage:
    """Used by one player; a context that ends when all its calls have. ``wake`` from any thread."""

    def __init__(self, on_error: Callable[[Exception], None]) -> None:
        self._on_error = on_error
        self._token = CancelToken()
        self._awake = threading.Event()
        self._pool = ThreadPoolExecutor(MOST_IN_FLIGHT * len(Lane), thread_name_prefix="scenario")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._token.cancel()
        self._pool.shutdown(wait=True)

    def clock(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait so long, or until wake()."""
        self._awake.wait(max(0.0, seconds))
        self._awake.clear()

    def wake(self) -> None:
        """End a wait under way, or the next one: something was asked for."""
        self._awake.set()

    def start(self, job: Job) -> None:
        """Run a call beside the player."""
        self._pool.submit(self._run, job)

    def _run(self, job: Job) -> None:
        try:
            job(self._token)
        except Exception as error:  # noqa: BLE001  boundary: the pool would swallow it
            self._on_error(error)
