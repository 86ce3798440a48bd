"""Giving up on a function that takes too long, from any thread, without signals.

The function runs in a thread of its own. After the timeout nobody waits for it any more, but it cannot be
killed: it runs on to its end and what it brings is dropped. Clients that can do better (a socket that can be
shut down) get the timeout as an argument instead and need none of this.
"""

import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from app.resilience import checks

T = TypeVar("T")

_LONGEST = threading.TIMEOUT_MAX


class AttemptTimeoutError(TimeoutError):
    """The time allowed for one attempt is over. ``seconds`` says how long that was."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s")
        self.seconds = seconds


def call_with_timeout(func: Callable[[], T], seconds: float) -> T:
    """Return what ``func`` returns, raise what it raises, or AttemptTimeoutError after ``seconds`` (> 0)."""
    checks.number("seconds", seconds, above=True)
    box: list[tuple[bool, Any]] = []
    done = threading.Event()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            box.append((True, context.run(func)))
        except BaseException as error:  # noqa: BLE001  carried over to the thread that asked
            box.append((False, error))
        done.set()

    # A daemon: a function that never returns must not keep the program from ending.
    threading.Thread(target=run, name="trilane-timeout", daemon=True).start()
    if not done.wait(min(seconds, _LONGEST)):
        raise AttemptTimeoutError(seconds)
    succeeded, value = box.pop()
    if succeeded:
        result: T = value
        return result
    try:
        raise value
    finally:
        del value  # the traceback holds this frame: no cycle through it
