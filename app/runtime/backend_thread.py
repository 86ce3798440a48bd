"""Runs the embedded servers, one QThread each, and says as events how they fare. Knows none by name."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from PySide6.QtCore import QObject, QThread

from app.domain.errors import start_reason
from app.domain.events import BackendChanged, BackendState, Event
from app.domain.lanes import Lane

_log = logging.getLogger(__name__)
TURN_LIMIT = 1.0  # seconds that a start may hold up the next one
OnReady = Callable[[Mapping[str, str]], None]
Publish = Callable[[Event], None]


class Servable(Protocol):
    """What this room needs of a server."""

    def serve(self, on_ready: OnReady) -> None:
        """Serve in the calling thread until shutdown; call ``on_ready`` with the addresses once accepting."""

    def shutdown(self, grace: float = 1.0) -> None:
        """Stop from any thread, also before serve; ``grace`` in seconds."""


class _GivenUp(Exception):
    """Raised into a server that comes up after all, when another start has taken its place."""


class BackendThread(QThread):
    """One life of one server: start, serve, stop. Made on the GUI thread; a retry is a new object.

    It begins when ``after`` is set, or TURN_LIMIT later.
    """

    def __init__(
        self,
        lane: Lane,
        make: Callable[[], Servable],
        publish: Publish,
        *,
        after: threading.Event | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(lane.value)
        self._lane = lane
        self._make = make
        self._publish = publish
        self._after = after
        self.settled = threading.Event()  # up, failed, or asked to stop
        self._server: Servable | None = None
        self._asked_to_stop = False
        self._turning = threading.Lock()  # between coming up and being given up
        self._up = False
        self._given_up = False

    def run(self) -> None:
        """Serve until stopped. Publishes each change of state; nothing is raised out of the thread."""
        threading.current_thread().name = f"server-{self._lane.value}"  # for the log
        if self._after is not None:
            self._after.wait(TURN_LIMIT)
        try:
            if not self._asked_to_stop:
                self._server = self._make()
            if self._server is not None and not self._asked_to_stop:
                self._server.serve(self._ready)
        except Exception as error:  # noqa: BLE001 - boundary: the reason belongs on the lane's pill, whatever it is
            if not self._given_up:
                self._fail(error)
        else:
            if not self._given_up:
                self._tell(BackendState.STOPPED)
        finally:
            self.settled.set()

    def give_up(self) -> bool:
        """From now on it says nothing, and ends should it come up. False, and nothing done, if it is up."""
        with self._turning:
            self._given_up = not self._up
        return self._given_up

    def stop(self, grace: float) -> None:
        """Ask the server to end within ``grace`` seconds; returns at once or when the server has let go."""
        self._asked_to_stop = True
        self.settled.set()
        if self._server is not None:
            self._server.shutdown(grace)

    def _ready(self, addresses: Mapping[str, str]) -> None:
        with self._turning:
            if self._given_up:
                raise _GivenUp(self._lane.value)
            self._up = True
        self._tell(BackendState.UP, address=addresses[self._lane.value], addresses=addresses)
        self.settled.set()

    def _fail(self, error: Exception) -> None:
        _log.info("the %s server failed: %s", self._lane.value, error, exc_info=error)
        self._tell(BackendState.FAILED, message=start_reason(error))

    def _tell(
        self,
        state: BackendState,
        *,
        address: str = "",
        message: str = "",
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self._publish(
            BackendChanged(
                at=time.monotonic(),
                lane=self._lane,
                state=state,
                address=address,
                message=message,
                addresses=addresses or {},
            )
        )


class BackendThreads(QObject):
    """The current thread of each lane: starts, starts again, stops. GUI thread."""

    def __init__(
        self, makers: Mapping[Lane, Callable[[], Servable]], publish: Publish, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._makers = makers
        self._publish = publish
        self._threads: dict[Lane, BackendThread] = {}
        self._given_up: list[tuple[Lane, BackendThread]] = []  # starts that hang, or hung

    def start(self) -> None:
        """Start every server, each in its own thread; returns at once.

        One after the other: three threads that import at the same time, and the window's own, take the
        interpreter from one another thousands of times, and the last is ready a tenth of a second later.
        """
        before = None
        for lane in self._makers:
            before = self._begin(lane, after=before)

    def retry(self, lane: Lane) -> None:
        """Start a lane's server unless it is up. A thread that ended is replaced, never started twice.

        A start that has come to nothing so far is given up: it may hang for ever, and no thread can be ended.
        """
        old = self._threads.get(lane)
        if old is not None:
            if old.isFinished():
                old.deleteLater()
            elif old.give_up():
                self._given_up.append((lane, old))
            else:
                return
        self._begin(lane)

    def _begin(self, lane: Lane, *, after: threading.Event | None = None) -> threading.Event:
        thread = BackendThread(lane, self._makers[lane], self._publish, after=after, parent=self)
        self._threads[lane] = thread
        self._publish(BackendChanged(at=time.monotonic(), lane=lane, state=BackendState.STARTING))
        thread.start()
        return thread.settled

    def stop(self, *, grace: float, timeout: float) -> tuple[Lane, ...]:
        """Stop all at the same time, wait ``timeout`` seconds at most. Returns the lanes still running."""
        deadline = time.monotonic() + timeout
        lives = [*self._threads.items(), *self._given_up]
        for _, thread in reversed(
            lives
        ):  # the later ones wait for the earlier: told first, they do not begin
            thread.stop(grace)
        left = []
        for lane, thread in lives:
            if not thread.wait(max(1, int((deadline - time.monotonic()) * 1000))):
                left.append(lane)
        return tuple(dict.fromkeys(left))
