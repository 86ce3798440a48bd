"""Runs calls off the GUI thread. Jobs hold no QObjects; results travel as events, never through a future."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.domain.slices import SLICES

Job = Callable[[CancelToken], None]

DEFAULT_SIZE = 32


class Handle:
    """One submitted job, good for cancelling it. Any thread."""

    __slots__ = ("_future", "_on_early_cancel", "token")

    def __init__(
        self, token: CancelToken, future: "Future[None]", on_early_cancel: Callable[["Handle"], None]
    ) -> None:
        self.token = token
        self._future = future
        self._on_early_cancel = on_early_cancel

    def cancel(self) -> None:
        """Ask the job to stop; its sockets are woken at once. Harmless when it has ended."""
        self.token.cancel()
        if self._future.cancel():  # it had not begun
            self._on_early_cancel(self)

    @property
    def done(self) -> bool:
        """Whether the job has ended or will never run."""
        return self._future.done()


class Workers:
    """One bounded pool for all calls. Made and stopped on the GUI thread; ``submit`` is for any thread.

    A job that raises is reported to ``on_error``; ``Cancelled`` is an ordinary end.
    """

    def __init__(self, on_error: Callable[[Exception], None], *, size: int = DEFAULT_SIZE) -> None:
        self._on_error = on_error
        self.size = size
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="calls")
        # A job cancelled while it waits still has to say so (its CallFinished ends a spinner somewhere), and
        # must not wait for a worker that hangs. These end at once, so one thread does.
        self._cancelled_pool = ThreadPoolExecutor(1, thread_name_prefix="calls-cancelled")
        self._lock = threading.Lock()
        self._active: dict[Future[None], CancelToken] = {}
        self._stopping = False

    def submit(self, job: Job) -> Handle:
        """Queue ``job``; it gets the token that the returned handle cancels. After stop() it never runs."""
        token = CancelToken()
        with self._lock:
            if self._stopping:
                return self._refused(token)
            future = self._pool.submit(self._run, job, token)
            self._active[future] = token
        future.add_done_callback(self._forget)
        return Handle(token, future, lambda handle: self._run_cancelled(job, handle.token))

    def warm(self, threads: int) -> None:
        """Start that many threads of the pool beforehand, from one of them.

        A submit that starts a thread waits until it runs: milliseconds while others compute.
        """
        started = threading.Event()

        def stay(_cancel: CancelToken) -> None:
            started.wait(1.0)

        def start(_cancel: CancelToken) -> None:
            for _ in range(min(threads, self.size) - 1):
                self.submit(stay)
            started.set()

        self.submit(start)

    @property
    def active(self) -> int:
        """Jobs queued or running."""
        return len(self._active)

    def cancel_all(self) -> None:
        """Cancel every job under way; the pool stays usable."""
        for token in self._tokens():
            token.cancel()

    def stop(self, timeout: float) -> bool:
        """Cancel everything, take no more, wait at most ``timeout`` seconds. True when no job is left."""
        deadline = time.monotonic() + timeout
        with self._lock:
            self._stopping = True
        self.cancel_all()
        for pool in (self._pool, self._cancelled_pool):
            pool.shutdown(wait=False, cancel_futures=True)
        # Only those that run: wait() never sees the end of a future that was cancelled in the queue.
        running = [future for future in self._futures() if not future.done()]
        left = wait(running, timeout=max(0.0, deadline - time.monotonic())).not_done
        if left:
            return False
        # All jobs have ended, so the threads only have to notice: this join is short.
        self._pool.shutdown(wait=True)
        self._cancelled_pool.shutdown(wait=True)
        return True

    def _tokens(self) -> list[CancelToken]:
        with self._lock:
            return list(self._active.values())

    def _futures(self) -> "list[Future[None]]":
        with self._lock:
            return list(self._active)

    def _run(self, job: Job, token: CancelToken) -> None:
        try:
            with SLICES.job(token):
                job(token)
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - boundary: the pool would swallow it, the crash report shows it
            self._on_error(error)

    def _run_cancelled(self, job: Job, token: CancelToken) -> None:
        with self._lock:
            if not self._stopping:
                self._cancelled_pool.submit(self._run, job, token)

    def _refused(self, token: CancelToken) -> Handle:
        token.cancel()
        future: Future[None] = Future()
        future.cancel()
        return Handle(token, future, lambda handle: None)

    def _forget(self, future: "Future[None]") -> None:
        with self._lock:
            self._active.pop(future, None)
