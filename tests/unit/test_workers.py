"""The pool of calls: cancelling reaches jobs wherever they are, and stopping is bounded."""

import threading
import time
from collections.abc import Iterator

import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.runtime.workers import Workers


@pytest.fixture
def errors() -> list[Exception]:
    return []


@pytest.fixture
def workers(errors: list[Exception]) -> Iterator[Workers]:
    workers = Workers(errors.append, size=2)
    yield workers
    workers.stop(5)


def test_cancel_wakes_a_waiting_job_at_once(workers: Workers) -> None:
    """A job that waits on its token ends within 50 ms of cancel()."""
    began, ended = threading.Event(), threading.Event()

    def job(token: CancelToken) -> None:
        began.set()
        token.wait(30)
        ended.set()

    handle = workers.submit(job)
    assert began.wait(5)
    asked = time.monotonic()
    handle.cancel()
    assert ended.wait(5)
    assert time.monotonic() - asked < 0.05


def test_a_job_cancelled_in_the_queue_still_runs_to_say_so(workers: Workers) -> None:
    """Its end is published even while every worker hangs."""
    release, told = threading.Event(), threading.Event()
    hung = [workers.submit(lambda token: _hang(release)) for _ in range(2)]
    queued = workers.submit(lambda token: told.set() if token.cancelled else None)
    queued.cancel()
    assert told.wait(5)
    assert queued.done
    assert not any(handle.done for handle in hung)
    release.set()


def _hang(release: threading.Event) -> None:
    release.wait(30)


def test_no_more_jobs_run_at_once_than_the_size(workers: Workers) -> None:
    """The pool is bounded: further jobs wait their turn."""
    lock, running, most = threading.Lock(), 0, 0
    done = threading.Semaphore(0)

    def job(token: CancelToken) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        token.wait(0.002)
        with lock:
            running -= 1
        done.release()

    for _ in range(20):
        workers.submit(job)
    assert all(done.acquire(timeout=5) for _ in range(20))
    assert most == 2


def test_an_exception_is_reported_and_cancelled_is_not(workers: Workers, errors: list[Exception]) -> None:
    """A job's error reaches the crash report; a withdrawn job is no error."""

    def broken(token: CancelToken) -> None:
        raise ValueError("no such lane")

    def withdrawn(token: CancelToken) -> None:
        raise Cancelled("by hand")

    for job in (broken, withdrawn):
        workers.submit(job)
    assert workers.stop(5)
    assert [str(error) for error in errors] == ["no such lane"]


def test_stop_cancels_the_running_drops_the_queued_and_joins(workers: Workers) -> None:
    """After stop() no job runs, no thread is left, and a new job is refused as cancelled."""
    began = threading.Semaphore(0)
    ran: list[str] = []

    def job(token: CancelToken) -> None:
        began.release()
        token.wait(30)

    for _ in range(2):
        workers.submit(job)
    queued = workers.submit(lambda token: ran.append("queued"))
    assert all(began.acquire(timeout=5) for _ in range(2))
    assert workers.stop(5)
    late = workers.submit(lambda token: ran.append("late"))
    assert ran == []
    assert queued.done
    assert late.done
    assert late.token.cancelled
    assert workers.active == 0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("calls")]


def test_stop_does_not_wait_for_a_job_that_ignores_its_token(workers: Workers) -> None:
    """The bound holds, and the answer says that a job is left."""
    release = threading.Event()
    workers.submit(lambda token: _hang(release))
    asked = time.monotonic()
    stopped = workers.stop(0.05)
    assert not stopped
    assert time.monotonic() - asked < 1
    release.set()


def test_warm_threads_are_there_before_a_job_needs_them(workers: Workers) -> None:
    """A later submit starts no thread: that would wait until it runs."""
    workers.warm(workers.size)
    deadline = time.monotonic() + 5
    while workers.active and time.monotonic() < deadline:
        time.sleep(0)
    before = threading.active_count()
    ended = threading.Event()
    workers.submit(lambda _cancel: ended.set())
    assert ended.wait(5)
    assert len(workers._pool._threads) == workers.size
    assert threading.active_count() == before
