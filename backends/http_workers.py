"""The worker threads of an HTTP server: few at the start, more while there is more to do, up to a bound."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cheroot.workers import threadpool

FIRST_WORKERS = 4
MOST_WORKERS = 32  # that answer
_MOST_STAYING = MOST_WORKERS // 2  # with a connection whose next request has not come
_SPARE_WORKERS = 8
_MOST_THREADS = 256  # with those that stand in for workers that only wait
_JOIN_SECONDS = 0.02  # between two looks at who is silent during a stop

_NO_MORE: Any = vars(threadpool)["_SHUTDOWNREQUEST"]  # ends the worker that takes it from the queue


class WorkerPool(threadpool.ThreadPool):
    """cheroot's pool, except that it grows, replaces waiting workers, and hangs up on silent clients to stop.

    Connections of the server must know ``hang_up_if_silent``.
    """

    def __init__(self, server: Any) -> None:
        super().__init__(server, min=FIRST_WORKERS, max=MOST_WORKERS)
        self._lock = threading.Lock()
        self._stopped = False
        self._waiting = 0  # workers for which another one stands in
        self._given = 0  # connections in the queue and in the hands of workers
        self._staying = 0
        self._holding = threading.local()  # .one: whether this worker had a connection
        self.get = self._take

    def put(self, obj: Any) -> None:
        """Queue a connection; one more worker starts if all are busy. The accepting thread."""
        with self._lock:
            self._given += 1
        super().put(obj)
        self._start_one(min(self._given, self.max + self._waiting))

    def _take(self) -> Any:
        """The next connection for a worker, which has done with the one before."""
        if getattr(self._holding, "one", False):
            self._holding.one = False
            with self._lock:
                self._given -= 1
        pool: Any = self  # cheroot's stubs leave out what a subclass needs
        taken = pool._queue.get()
        self._holding.one = taken is not _NO_MORE
        return taken

    @contextmanager
    def staying(self) -> Iterator[bool]:
        """Whether a worker may wait for the next request on its connection: not while others want one."""
        pool: Any = self
        with self._lock:
            stays = self._staying < _MOST_STAYING and not self._stopped and pool._queue.empty()
            self._staying += stays
        try:
            yield stays
        finally:
            if stays:
                with self._lock:
                    self._staying -= 1

    def stand_in(self) -> None:
        """Start one more worker if few are idle, for one that is about to wait. Any worker."""
        if self.idle < _SPARE_WORKERS and self._start_one(_MOST_THREADS):
            with self._lock:
                self._waiting += 1

    def _start_one(self, most: int) -> bool:
        pool: Any = self
        with self._lock:
            if self._stopped or len(pool._threads) >= min(most, _MOST_THREADS):
                return False
            pool._threads.append(pool._spawn_worker())  # not grow(): it sleeps until the thread runs
        return True

    def stop(self, timeout: float = 5.0) -> None:
        """End all workers; those that answer a request get ``timeout`` seconds."""
        pool: Any = self
        deadline = time.monotonic() + timeout
        with self._lock:
            self._stopped = True
        workers = list(pool._threads)
        for _ in workers:
            pool._queue.put(_NO_MORE)
        while workers and (left := deadline - time.monotonic()) > 0:
            for worker in workers:
                if worker.conn is not None:
                    worker.conn.hang_up_if_silent()
            workers[0].join(min(left, _JOIN_SECONDS))
            workers = [worker for worker in workers if worker.is_alive()]
        super().stop(0)  # forget the threads; who still answers is cut off
