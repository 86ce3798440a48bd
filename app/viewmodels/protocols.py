"""The Protocols page: the usual claims, and this machine's measurements beside them. QtCore only."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from app.clients.port import LaneClient
from app.clients.streams import OrderStream
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, TrilaneError
from app.domain.events import Event
from app.domain.lanes import Lane
from app.domain.values import dataclass
from app.operations.lesson import CALLS, LaneLesson, Lesson, LessonProgress
from app.operations.lesson_text import Aspect, LessonText, load_lesson_text
from app.viewmodels.ports import Handle, Publish, Submit, Subscriber
from app.viewmodels.protocol_words import measured

ClientFor = Callable[[Lane], LaneClient]  # raises StartFailed while the server is not up; any thread
StreamFor = Callable[[Lane], OrderStream]  # the same


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonProgressed(Event):
    """A measurement is under way."""

    progress: LessonProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonEnded(Event):
    """A measurement is over; empty ``lanes`` when it was cancelled or could not begin."""

    lanes: tuple[LaneLesson, ...] = ()
    words: str = ""


class ProtocolsModel(QObject):
    """Text, measurements and the one button. GUI thread."""

    running_changed = Signal(bool)
    progressed = Signal(object)  # LessonProgress
    measured_changed = Signal()

    def __init__(
        self,
        bus: Subscriber,
        *,
        client_for: ClientFor,
        stream_for: StreamFor,
        submit: Submit,
        publish: Publish,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._client_for, self._stream_for = client_for, stream_for
        self._submit = submit
        self._publish = publish
        self._handle: Handle | None = None
        self._lanes: dict[Lane, LaneLesson] = {}
        self.words = f"Nothing measured yet; it takes a few seconds and {3 * CALLS} calls."
        self.text: LessonText = load_lesson_text()
        bus.subscribe(LessonProgressed, self._take_progress)
        bus.subscribe(LessonEnded, self._take_end)

    @property
    def running(self) -> bool:
        """Whether a measurement is under way."""
        return self._handle is not None

    @property
    def has_measured(self) -> bool:
        """Whether there is anything beside the claims."""
        return bool(self._lanes)

    def measured(self, aspect: Aspect, lane: Lane) -> str:
        """What stands under a claim."""
        return measured(aspect.measure, self._lanes.get(lane))

    @Slot()
    def start(self) -> None:
        """Measure, unless a measurement is under way."""
        if not self.running:
            self._handle = self._submit(_Job(self._client_for, self._stream_for, self._publish))
            self.running_changed.emit(True)

    @Slot()
    def cancel(self) -> None:
        """End the measurement; what was there before stays."""
        if self._handle is not None:
            self._handle.cancel()

    @Slot(object)
    def _take_progress(self, event: LessonProgressed) -> None:
        if self.running:
            self.progressed.emit(event.progress)

    @Slot(object)
    def _take_end(self, event: LessonEnded) -> None:
        self._handle = None
        self.words = event.words
        if event.lanes:
            self._lanes = {lesson.lane: lesson for lesson in event.lanes}
        self.measured_changed.emit()
        self.running_changed.emit(False)


class _Job:
    """One measurement on a worker. Holds no QObject."""

    def __init__(self, client_for: ClientFor, stream_for: StreamFor, publish: Publish) -> None:
        self._client_for, self._stream_for, self._publish = client_for, stream_for, publish

    def __call__(self, cancel: CancelToken) -> None:
        try:
            lesson = Lesson(
                {lane: self._client_for(lane) for lane in Lane},
                {lane: self._stream_for(lane) for lane in Lane},
                cancel=cancel,
                on_progress=self._tell,
            )
            lanes = lesson.measure()
        except Cancelled:
            self._end(words="Cancelled.")
        except TrilaneError as error:
            self._end(words=str(error))
        except Exception as error:  # thread boundary: without an end the page would wait for ever
            self._end(words=f"a fault of this program: {error!r}")
            raise
        else:
            self._end(lanes, f"Measured at {time.strftime('%H:%M:%S')}, {CALLS} calls on each lane.")

    def _tell(self, progress: LessonProgress) -> None:
        self._publish(LessonProgressed(at=time.monotonic(), progress=progress))

    def _end(self, lanes: tuple[LaneLesson, ...] = (), words: str = "") -> None:
        self._publish(LessonEnded(at=time.monotonic(), lanes=lanes, words=words))
