"""The breaker's rules as one state machine in one thread: no lock, no clock, no foreign code.

CircuitBreaker owns one and calls it only under its lock, with the time as an argument. The numbers in the
comments are those of the rule table in docs/resilience.md. Every transition replaces the Epoch object, so a
result that comes back with an older epoch is recognised as stale. Times are kept as due times
(``opened_at + open_for <= now``): waiting exactly the announced ``retry_after`` is always enough, whatever
floats do.

Two attributes are read by the breaker without its lock. Each is replaced as a whole, only under the lock:

``calm``     the current epoch exactly while the circuit is closed, has no failure in a row, no window and no
             listener; else None. Admitting then changes nothing but ``held``; a success changes nothing.
``refusal``  a Standing exactly while it is open or forced open without listeners, else None.
"""

import itertools
from typing import Any

from app.resilience.breaker_settings import BreakerSettings
from app.resilience.delivery import Outbox, Subscription
from app.resilience.snapshot import BreakerChange, BreakerSnapshot, ChangeKind
from app.resilience.states import CircuitState, Epoch, Outcome, Permit
from app.resilience.windows import verdict

_CLOSED, _OPEN, _HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN
_FORCED_OPEN, _DISABLED = CircuitState.FORCED_OPEN, CircuitState.DISABLED

Refusal = tuple[CircuitState, float | None, int]  # state, seconds left or None, epoch
Standing = tuple[CircuitState, float | None, float, int]  # state, due time or None, seconds open, epoch


class Machine:
    """State, counters and transitions of one circuit. Not thread-safe; ``now`` never goes back inside."""

    __slots__ = (
        "_due_at",
        "_failures",
        "_latest",
        "_name",
        "_open_for",
        "_opened_at",
        "_read_refused",
        "_rejected",
        "_stale",
        "_successes",
        "_tally",
        "_trips",
        "calm",
        "epoch",
        "outbox",
        "refusal",
        "refused",
        "settings",
        "subscriptions",
    )

    def __init__(
        self, name: str, settings: BreakerSettings, subscriptions: tuple[Subscription, ...], owner: object
    ) -> None:
        self._name = name
        self.settings = settings
        self.subscriptions = subscriptions
        self.outbox = Outbox()
        self.epoch = Epoch(0, _CLOSED, owner)
        self._latest = float("-inf")  # newest time acted upon; a thread that was held up cannot go back
        self._opened_at = self._due_at = self._open_for = 0.0
        self._failures = self._successes = self._trips = self._rejected = self._stale = 0
        self._tally = settings.window.tally() if settings.window is not None else None
        self.refused = itertools.count()  # rejections without the lock; next() on it is atomic
        self._read_refused = 0  # how often it was moved on only by reading it
        self.calm: Epoch | None = None
        self.refusal: Standing | None = None
        self._note_weather()

    # --- calls ---------------------------------------------------------------------------------------

    def admit(self, now: float) -> Permit | Refusal:
        """Decide about one call: the permit, or the facts of its rejection."""
        now = self._not_before(now)
        if self._probe_overdue(now):
            self._trip(now, self._overdue_reason())  # rule 13
        state = self.epoch.state
        if state is _OPEN:
            if now < self._due_at:
                return self._reject(now, self._left(now))  # rule 6
            self._enter(_HALF_OPEN, now, f"{self._open_for:g} s passed")  # rules 7, 8
            state = _HALF_OPEN
        if state is _HALF_OPEN:
            settings, in_flight = self.settings, len(self.epoch.held)
            if in_flight >= settings.half_open_max_concurrent:
                return self._reject(now, None)  # rule 10
            if self._successes + in_flight >= settings.success_threshold:
                return self._reject(now, None)  # rule 10
            return self._give(now, probe=True)  # rule 9
        if state is _FORCED_OPEN:
            return self._reject(now, None)
        return self._give(now, probe=False)  # rules 1, 16

    def count(
        self, epoch: Epoch, key: object, acquired_at: float | None, outcome: Outcome, now: float
    ) -> bool:
        """Take the outcome of the admitted call ``key``. False when it is ignored: late, or again."""
        if key not in epoch.held:
            return False  # rule 15
        now = self._not_before(now)
        if self._probe_overdue(now):
            self._trip(now, self._overdue_reason())  # rule 13, before this record is looked at
        epoch.held.pop(key, None)
        if epoch is not self.epoch:
            self._stale += 1  # rule 14
            self._tell(ChangeKind.STALE, now, "result of an older epoch")
            return False
        if outcome is Outcome.IGNORED or epoch.state is _DISABLED:
            self._tell(ChangeKind.IGNORED, now)  # rules 5, 16
        elif epoch.state is _HALF_OPEN:
            self._count_probe(outcome, now)
        elif self._tally is not None:
            self._count_in_window(outcome, acquired_at, now)
        else:
            self._count_in_a_row(outcome, now)
        return True

    # --- by hand ---------------------------------------------------------------------------------------

    def command(self, state: CircuitState, now: float, reason: str) -> None:
        """Rule 16: go to ``state``, also when already there."""
        if state is _CLOSED:
            self._trips = 0
        self._enter(state, self._not_before(now), reason)

    def apply(self, settings: BreakerSettings, now: float) -> None:
        """Take new settings over; see CircuitBreaker.configure for what that changes at once."""
        now = self._not_before(now)
        old, self.settings = self.settings, settings
        if settings.window != old.window:
            self._tally = settings.window.tally() if settings.window is not None else None
            self._failures = 0
        if self.epoch.state is _OPEN:
            self._open_for = settings.open_for(self._trips - 1)
            self._due_at = self._opened_at + self._open_for
        self._note_weather()
        if self.epoch.state is _HALF_OPEN and self._successes >= settings.success_threshold:
            self._close(now, self._successes)
        else:
            self._tell(ChangeKind.CONFIGURED, now, "settings changed")

    def listen(self, subscriptions: tuple[Subscription, ...]) -> None:
        """Replace the audience of events to come."""
        self.subscriptions = subscriptions
        self._note_weather()

    # --- looking on: changes nothing (rule 17) ----------------------------------------------------------

    def visible_state(self, now: float) -> CircuitState:
        """What the next admit() would meet."""
        now = max(now, self._latest)
        state = self.epoch.state
        if state is _OPEN and now >= self._due_at:
            return _HALF_OPEN
        return _OPEN if self._probe_overdue(now) else state

    def picture(self, now: float) -> BreakerSnapshot:
        """Everything at one moment."""
        now = max(now, self._latest)
        settings, state = self.settings, self.visible_state(now)
        open_for, retry_after = self._open_for, None
        if state is _OPEN and self.epoch.state is _HALF_OPEN:
            retry_after = open_for = settings.open_for(self._trips)  # what acting on it now would bring
        elif state is _OPEN:
            retry_after = self._left(now)
        return BreakerSnapshot(
            state=state,
            epoch=self.epoch.number,
            consecutive_failures=self._failures,
            half_open_successes=self._successes,
            in_flight=0 if state is _DISABLED else len(self.epoch.held),
            retry_after=retry_after,
            open_for=open_for,
            trips=self._trips,
            rejected=self._rejections(),
            stale_results=self._stale,
            name=self._name,
            at=now,
            failure_threshold=settings.failure_threshold,
            success_threshold=settings.success_threshold,
            half_open_max_concurrent=settings.half_open_max_concurrent,
            timeout=settings.timeout,
            window=settings.window,
            window_counts=None if self._tally is None else self._tally.counts(now),
        )

    # --- counting ----------------------------------------------------------------------------------------

    def _count_probe(self, outcome: Outcome, now: float) -> None:
        if outcome is Outcome.FAILURE:
            self._trip(now, "a probe failed")  # rule 12
            return
        successes = self._successes + 1
        if successes >= self.settings.success_threshold:
            self._close(now, successes)  # rule 11
            return
        self._successes = successes
        self._tell(ChangeKind.SUCCESS, now)

    def _count_in_a_row(self, outcome: Outcome, now: float) -> None:
        self._failures = 0 if outcome is Outcome.SUCCESS else self._failures + 1  # rule 2
        if self._failures >= self.settings.failure_threshold:
            count = self._failures
            self._trip(now, f"{count} failure{'s' if count > 1 else ''} in a row")  # rule 3
            return
        self._note_weather()
        self._tell(ChangeKind(outcome.value), now)

    def _count_in_window(self, outcome: Outcome, acquired_at: float | None, now: float) -> None:
        window, tally = self.settings.window, self._tally
        assert window is not None
        assert tally is not None
        limit = window.slow_after
        slow = limit is not None and acquired_at is not None and now > acquired_at + limit  # strictly
        reason = verdict(window, tally.add(now, outcome is Outcome.FAILURE, slow))
        if reason is not None:
            self._trip(now, reason)  # rule 4
        else:
            self._tell(ChangeKind(outcome.value), now)

    def _give(self, now: float, *, probe: bool) -> Permit:
        permit = Permit(self.epoch, now, probe)
        self.epoch.held[permit] = None
        self._tell(ChangeKind.ADMITTED, now)
        return permit

    def _reject(self, now: float, retry_after: float | None) -> Refusal:
        self._rejected += 1
        self._tell(ChangeKind.REJECTED, now)
        return self.epoch.state, retry_after, self.epoch.number

    def _rejections(self) -> int:
        moved = next(self.refused)  # the only way to read it moves it on, so those moves are taken off again
        self._read_refused += 1
        return self._rejected + moved - self._read_refused + 1

    # --- transitions ---------------------------------------------------------------------------------------

    def _close(self, now: float, successes: int) -> None:
        self._trips = 0
        self._enter(_CLOSED, now, f"{successes} of {self.settings.success_threshold} probes succeeded")

    def _trip(self, now: float, reason: str) -> None:
        self._open_for = self.settings.open_for(self._trips)  # rules 3, 12
        self._opened_at = now
        self._due_at = now + self._open_for
        self._trips += 1
        self._enter(_OPEN, now, reason)

    def _enter(self, state: CircuitState, now: float, reason: str) -> None:
        """The only place where the state changes: next epoch, all counters cleared, listeners told.

        In this order, because Ctrl-C may come between any two lines: whatever is not done then, no call is
        decided without the lock, and no half-open circuit is left with all its successes.
        """
        before = self.epoch
        self.calm = self.refusal = None
        self._failures = self._successes = 0
        if self.settings.window is not None:
            self._tally = self.settings.window.tally()
        self.epoch = Epoch(before.number + 1, state, before.owner)
        self._note_weather()
        self._tell(ChangeKind.TRANSITION, now, reason, before.state)

    def _note_weather(self) -> None:
        epoch = self.epoch
        followed = any(each.calm for each in self.subscriptions)
        calm = epoch.state is _CLOSED and self._failures == 0 and self._tally is None and not followed
        self.calm = epoch if calm else None
        refuses = epoch.state in (_OPEN, _FORCED_OPEN) and not self.subscriptions
        due_at = self._due_at if epoch.state is _OPEN else None
        self.refusal = (epoch.state, due_at, self._open_for, epoch.number) if refuses else None

    def _left(self, now: float) -> float:
        return min(self._due_at - now, self._open_for)

    def _not_before(self, now: float) -> float:
        self._latest = max(self._latest, now)
        return self._latest

    def _probe_overdue(self, now: float) -> bool:
        epoch = self.epoch
        if epoch.state is not _HALF_OPEN or not epoch.held:
            return False  # an idle half-open circuit never expires
        oldest: Any = next(iter(epoch.held))
        return bool(oldest.acquired_at + self.settings.probe_limit <= now)

    def _overdue_reason(self) -> str:
        return f"no answer to a probe in {self.settings.probe_limit:g} s"

    def _tell(
        self, kind: ChangeKind, now: float, reason: str = "", before: CircuitState | None = None
    ) -> None:
        if not self.subscriptions:
            return
        after = self.epoch.state
        change = BreakerChange(
            kind=kind,
            at=now,
            before=after if before is None else before,
            after=after,
            reason=reason,
            snapshot=self.picture(now),
        )
        self.outbox.add(change, self.subscriptions)
