"""A pipeline whose service answers as told, on a fake clock."""

from typing import Any

from app.domain.errors import AttemptFailed
from app.domain.events import (
    Event,
)
from app.domain.lanes import Lane
from app.domain.results import Outcome as Seen
from app.domain.results import Reply
from app.resilience import (
    Attempt,
    Jitter,
    Pipeline,
    PipelineSettings,
)
from tests.support.clock import FakeClock

OK = Reply(outcome=Seen.OK, status="200 OK")


def bad(outcome: Seen = Seen.UNAVAILABLE, **more: Any) -> AttemptFailed:
    return AttemptFailed(Reply(outcome=outcome, **more))


class Script:
    """Answers one attempt after the other; the last answer repeats."""

    def __init__(self, clock: FakeClock, *answers: Reply | BaseException, takes: float = 0.0) -> None:
        self.clock, self.answers, self.takes = clock, list(answers), takes
        self.attempts: list[Attempt] = []

    def __call__(self, attempt: Attempt) -> Reply:
        self.attempts.append(attempt)
        self.clock.advance(self.takes)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Reply):
            return answer
        raise answer


class Rig:
    """A pipeline on the fake clock, without jitter, and the events it published."""

    def __init__(
        self, clock: FakeClock, *, lane: Lane = Lane.REST, more: Any = None, **settings: Any
    ) -> None:
        self.clock = clock
        self.events: list[Event] = []
        self.pipeline = Pipeline(
            PipelineSettings(**({"jitter": Jitter.NONE} | settings)),
            lane=lane,
            publish=self.events.append,
            clock=clock,
            **({"sleep": clock.sleep} | (more or {})),
        )

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]
