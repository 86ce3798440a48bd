"""A seeded stretch of bad luck, as events: all the outage pictures can show, without a backend or clock."""

import random
from collections.abc import Iterator

from app.domain.events import (
    AttemptFinished,
    AttemptStarted,
    BreakerTransitioned,
    CallFinished,
    CallRejected,
    CallStarted,
    Event,
    FaultsChanged,
    LoadChanged,
    RetryReason,
    RetryScheduled,
    StaleServed,
    StopReason,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Reply, Stale


class Script:
    """Writes the events of calls whose times are given; ``events()`` returns them in time order."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._events: list[Event] = []
        self._calls = 0

    def call(
        self, at: float, *attempts: tuple[float, Outcome], waits: tuple[float, ...] = (), stale: bool = False
    ) -> float:
        """One call: attempts of (seconds, outcome) with waits between. REJECTED takes no time."""
        self._calls += 1
        call_id = f"{self.lane.value}-{self._calls}"
        head = {"call_id": call_id, "lane": self.lane}
        add = self._events.append
        add(CallStarted(at=at, operation=OperationId.GET_ORDER, **head))
        outcome = Outcome.OK
        for number, (seconds, outcome) in enumerate(attempts, 1):
            if outcome is Outcome.REJECTED:
                add(CallRejected(at=at, attempt=number, retry_after=3.0, **head))
            else:
                self.attempt(call_id, number, at, seconds, outcome)
                at += seconds
            if number <= len(waits):
                delay = waits[number - 1]
                add(
                    RetryScheduled(
                        at=at,
                        attempt=number,
                        delay=delay,
                        envelope=delay * 1.15 + 0.05,
                        reason=RetryReason.BACKOFF,
                        **head,
                    )
                )
                at += delay
        if stale:
            add(StaleServed(at=at, age=12.0, reason=outcome.value, **head))
        add(
            CallFinished(
                at=at, result=self._result(call_id, outcome, stale), stop=StopReason.ATTEMPTS, **head
            )
        )
        return at

    def attempt(
        self, call_id: str, number: int, at: float, seconds: float, outcome: Outcome, **more: bool
    ) -> None:
        """One attempt; ``probe`` and ``late`` as in the events."""
        head = {"call_id": call_id, "lane": self.lane, "attempt": number}
        good = outcome is Outcome.OK
        self._events.append(AttemptStarted(at=at, probe=more.get("probe", False), **head))
        self._events.append(
            AttemptFinished(
                at=at + seconds,
                outcome=outcome,
                duration=seconds,
                status="200 OK" if good else "503 Service Unavailable",
                injected=None if good else "error 503",
                late=more.get("late", False),
                **head,
            )
        )

    def finish(self, call_id: str, at: float, outcome: Outcome) -> None:
        """End a call that was written attempt by attempt."""
        result = self._result(call_id, outcome, False)
        self._events.append(CallFinished(at=at, call_id=call_id, lane=self.lane, result=result))

    def started(self, call_id: str, at: float, *, probe: bool = False) -> None:
        """An attempt that is still in flight."""
        self._events.append(
            CallStarted(at=at, call_id=call_id, lane=self.lane, operation=OperationId.GET_ORDER)
        )
        self._events.append(AttemptStarted(at=at, call_id=call_id, lane=self.lane, attempt=1, probe=probe))

    def transition(self, at: float, before: str, after: str, reason: str) -> None:
        """The circuit changed."""
        self._events.append(
            BreakerTransitioned(
                at=at, lane=self.lane, snapshot=None, before=before, after=after, reason=reason
            )
        )

    def faults(self, at: float, summary: str) -> None:
        """The outage changed."""
        self._events.append(FaultsChanged(at=at, lane=self.lane, summary=summary, settings={}))

    def events(self) -> list[Event]:
        """In time order."""
        return sorted(self._events, key=lambda event: event.at)

    def _result(self, call_id: str, outcome: Outcome, stale: bool) -> CallResult:
        return CallResult(
            call_id=call_id,
            lane=self.lane,
            operation=OperationId.GET_ORDER,
            reply=Reply(outcome=Outcome.OK if stale else outcome),
            stale=Stale(age=12.0, reason=outcome.value) if stale else None,
        )


def drawn_history(now: float) -> list[Event]:
    """The twelve seconds before ``now`` that the design's drawing shows, and a minute of calm before."""
    scripts = [_calm(now), _recovering(now), _broken(now)]
    events = [event for script in scripts for event in script.events()]
    events.append(LoadChanged(at=now - 40, running=True, rate=1.0, lanes=tuple(Lane)))
    return sorted(events, key=lambda event: event.at)


def _calm(now: float) -> Script:
    script = Script(Lane.REST)
    luck = random.Random(42)
    for second in range(60, 0, -1):
        script.call(now - second * 0.93 - 0.1, (luck.uniform(0.004, 0.11), Outcome.OK))
    return script


def _recovering(now: float) -> Script:
    script = Script(Lane.GRAPHQL)
    for second in range(50, 7, -1):
        script.call(now - second - 0.1, (0.06, Outcome.OK))
    bad = Outcome.UNAVAILABLE
    script.faults(now - 7.3, "503 at 100 %")
    script.call(now - 7.2, (0.06, bad), (0.06, bad), (0.08, bad), waits=(0.52, 1.02))
    script.attempt("graphql-slow", 1, now - 6.9, 2.7, Outcome.OK, late=True)
    script.finish("graphql-slow", now - 4.2, Outcome.OK)
    script.transition(now - 5.45, "closed", "open", "3 failures in a row")
    script.faults(now - 5.3, "")
    for at in (5.0, 4.4, 3.8):
        script.call(now - at, (0.0, Outcome.REJECTED))
    script.transition(now - 1.55, "open", "half_open", "ready to probe")
    script.attempt("graphql-probe", 1, now - 1.5, 0.1, Outcome.OK, probe=True)
    script.finish("graphql-probe", now - 1.4, Outcome.OK)
    script.call(now - 1.0, (0.0, Outcome.REJECTED))
    script.started("graphql-probe-2", now - 0.5, probe=True)
    return script


def _broken(now: float) -> Script:
    script = Script(Lane.GRPC)
    for second in range(50, 10, -1):
        script.call(now - second - 0.1, (0.05, Outcome.OK))
    bad = Outcome.UNAVAILABLE
    script.faults(now - 10.1, "UNAVAILABLE at 70 %")
    attempts = [(0.07, bad)] * 4
    script.call(now - 9.9, *attempts, waits=(0.48, 0.97, 1.90), stale=True)
    script.call(now - 5.0, (0.07, bad), (0.07, bad), waits=(0.6,), stale=True)
    script.transition(now - 4.2, "closed", "open", "5 failures in a row")
    for at in (3.9, 3.1, 2.3, 1.5, 0.8):
        script.call(now - at, (0.0, Outcome.REJECTED), stale=True)
    return script


def busy_history(now: float, attempts: int = 500, seconds: float = 60.0, seed: int = 7) -> Iterator[Event]:
    """``attempts`` attempts of all kinds, spread evenly over the lanes and the time."""
    luck = random.Random(seed)
    outcomes = [Outcome.OK, Outcome.OK, Outcome.OK, Outcome.UNAVAILABLE, Outcome.TIMEOUT]
    events: list[Event] = []
    for lane in Lane:
        script = Script(lane)
        script.faults(now - seconds * 0.7, "503 at 40 %, 250 ms")
        made, share = 0, attempts // len(Lane)
        while made < share:
            at = now - seconds + made * seconds / share
            count = min(share - made, luck.choice((1, 1, 2, 3)))
            tries = [(luck.uniform(0.005, 0.2), luck.choice(outcomes)) for _ in range(count)]
            waits = tuple(luck.uniform(0.05, 0.3) for _ in range(count - 1))
            script.call(at, *tries, waits=waits, stale=luck.random() < 0.1)
            made += count
            if luck.random() < 0.05:
                script.transition(at, "closed", "open", "5 failures in a row")
                script.call(at + 0.1, (0.0, Outcome.REJECTED), stale=True)
                script.transition(at + 0.2, "open", "half_open", "ready to probe")
        events += script.events()
    return iter(sorted(events, key=lambda event: event.at))
