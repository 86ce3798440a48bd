"""The circuit breaker: stop calling what keeps failing, and find out carefully whether it works again.

This is the shell that makes the rules (machine.py) safe for threads. One lock guards every change. It is
never held over the protected call, a listener, the injected clock, the ``ignored`` predicate or a wait.

Why a success in calm weather takes no lock. ``machine.calm`` is the current epoch exactly while admitting
changes nothing but ``held`` and a success changes nothing at all; it is written only under the lock, and
reading one attribute is atomic, so that read is the moment at which the decision is made. Two locked
sections per call would cost more than everything else here together, and eight threads would queue for
them. ``machine.refusal`` is the same idea for rejections.
"""

import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from app.resilience import checks
from app.resilience.breaker_settings import BreakerSettings, Ignored
from app.resilience.clock import Clock
from app.resilience.delivery import Listener, Subscription
from app.resilience.machine import Machine, Refusal
from app.resilience.snapshot import BreakerSnapshot
from app.resilience.states import CircuitState, Epoch, Outcome, Permit, rejection
from app.resilience.windows import Window

P = ParamSpec("P")
T = TypeVar("T")

_SUCCESS = Outcome.SUCCESS
_SETTING_NAMES = {field.name for field in dataclasses.fields(BreakerSettings)}

_log = logging.getLogger(__name__)


class CircuitBreaker:
    """One circuit. Every method may be called from any thread, listeners included; none blocks for long.

    Times are seconds of ``clock``. Bad settings raise ValueError naming the field.
    """

    __slots__ = ("__weakref__", "_clock", "_identity", "_lock", "_machine", "name")

    def __init__(
        self,
        failure_threshold: int = 5,
        timeout: float = 60.0,
        success_threshold: int = 2,
        *,
        name: str = "",
        half_open_max_concurrent: int = 1,
        probe_timeout: float | None = None,
        open_backoff_factor: float = 1.0,
        open_timeout_max: float | None = None,
        window: Window | None = None,
        ignored: Ignored = (),
        clock: Clock = time.monotonic,
        listeners: Iterable[Listener] = (),
    ) -> None:
        settings = BreakerSettings(
            failure_threshold=failure_threshold,
            timeout=timeout,
            success_threshold=success_threshold,
            half_open_max_concurrent=half_open_max_concurrent,
            probe_timeout=probe_timeout,
            open_backoff_factor=open_backoff_factor,
            open_timeout_max=open_timeout_max,
            window=window,
            ignored=ignored,
        )
        if not isinstance(name, str):
            raise ValueError(f"name must be text, not {name!r}")
        self.name = name
        self._clock: Clock = checks.callable_("clock", clock)
        self._lock: Any = threading.Lock()
        self._identity = object()
        subscriptions = tuple(map(Subscription, checks.callables("listeners", listeners)))
        self._machine = Machine(name, settings, subscriptions, self._identity)

    # --- calls ---------------------------------------------------------------------------------------

    def call(self, func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``func`` if the circuit admits it. Raises CircuitOpenError, or what ``func`` raised itself."""
        machine = self._machine
        calm = machine.calm
        if calm is None:
            if machine.refusal is not None and (refused := self._refuse()) is not None:
                raise rejection(self.name, *refused)
            return self._call_guarded(func, *args, **kwargs)
        held = calm.held
        ticket = object()
        try:
            held[ticket] = None
            result = func(*args, **kwargs)
        except BaseException as error:
            self._settle(calm, ticket, None, self.outcome_of(error))
            raise
        if machine.calm is calm:
            del held[ticket]
        else:
            self._settle(calm, ticket, None, _SUCCESS)
        return result

    def acquire(self) -> Permit:
        """Ask to make one call. Give the permit to record() whatever happens. Raises CircuitOpenError."""
        machine = self._machine
        calm = machine.calm
        if calm is not None:
            permit = Permit(calm, None, False)
            calm.held[permit] = None
            return permit
        if machine.refusal is not None and (refused := self._refuse()) is not None:
            raise rejection(self.name, *refused)
        now = self._clock()
        with self._lock:
            answer = machine.admit(now)
        self._flush()
        if isinstance(answer, Permit):
            return answer
        raise rejection(self.name, *answer)  # never bound to a name here: that would be a cycle

    def record(self, permit: Permit, outcome: Outcome) -> bool:
        """Give a permit back with what came of it. False when that was ignored: late, or a second time."""
        epoch = permit._epoch
        if outcome is _SUCCESS and self._machine.calm is epoch:
            return epoch.held.pop(permit, self) is None
        if not isinstance(outcome, Outcome):
            raise ValueError(f"outcome must be SUCCESS, FAILURE or IGNORED, not {outcome!r}")
        if epoch.owner is not self._identity:
            raise ValueError("permit was given by another circuit breaker")
        return self._settle(epoch, permit, permit.acquired_at, outcome)

    def outcome_of(self, error: BaseException) -> Outcome:
        """What call() would record for an exception."""
        try:
            return self._machine.settings.outcome_of(error)
        except Exception:  # noqa: BLE001  boundary to a foreign predicate: the caller must get its own error
            _log.exception("the predicate 'ignored' failed; the call counts as a failure")
            return Outcome.FAILURE

    # --- looking on ----------------------------------------------------------------------------------

    @property
    def state(self) -> CircuitState:
        """What the next acquire() would meet. Changes nothing (rule 17)."""
        now = self._clock()
        with self._lock:
            return self._machine.visible_state(now)

    @property
    def epoch(self) -> int:
        """Number of transitions so far."""
        return self._machine.epoch.number

    def snapshot(self) -> BreakerSnapshot:
        """Everything at one moment. Changes nothing (rule 17)."""
        now = self._clock()
        with self._lock:
            return self._machine.picture(now)

    def subscribe(self, listener: Listener, *, calm: bool = True) -> Callable[[], None]:
        """Tell ``listener`` of every change from now on, in order, outside the lock. Returns the way out.

        It runs in the thread that caused the change, or in one that was already telling; what it raises is
        logged. ``calm=False``: not of admissions and successes that leave a closed circuit without failures
        as it was, which then cost what they cost without a listener.
        """
        machine = self._machine
        subscription = Subscription(checks.callable_("listener", listener), calm=calm)
        with self._lock:
            machine.listen((*machine.subscriptions, subscription))

        def unsubscribe() -> None:
            subscription.active = False
            with self._lock:
                machine.listen(tuple(each for each in machine.subscriptions if each is not subscription))

        return unsubscribe

    # --- by hand (rule 16); each is a transition, also from a state to itself ---------------------------

    def force_open(self) -> None:
        """Refuse every call until reset() or disable()."""
        self._command(CircuitState.FORCED_OPEN, "forced open by hand")

    def disable(self) -> None:
        """Admit every call and count nothing until reset() or force_open()."""
        self._command(CircuitState.DISABLED, "disabled by hand")

    def reset(self) -> None:
        """Close the circuit and forget its trips."""
        self._command(CircuitState.CLOSED, "reset by hand")

    def configure(self, **changes: Any) -> None:
        """Change settings of BreakerSettings while running: all of them, or on ValueError none.

        State, epoch and counters stay, with three consequences: an open period gets the length it would have
        under the new settings, a half-open circuit that already has enough successes closes, and a changed
        window starts empty.
        """
        unknown = sorted(set(changes) - _SETTING_NAMES)
        if unknown:
            raise ValueError(f"{unknown[0]} is no setting of a circuit breaker")
        while not self._try_to_configure(changes):
            pass  # another thread configured meanwhile: build on what it left
        self._flush()

    def _try_to_configure(self, changes: dict[str, Any]) -> bool:
        known = self._machine.settings
        settings = dataclasses.replace(known, **changes)  # outside the lock: the values are foreign objects
        now = self._clock()
        with self._lock:
            if self._machine.settings is not known:
                return False
            self._machine.apply(settings, now)
        return True

    # --- inside --------------------------------------------------------------------------------------

    def _call_guarded(self, func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        permit = self.acquire()
        try:
            result = func(*args, **kwargs)
        except BaseException as error:
            self.record(permit, self.outcome_of(error))
            raise
        self.record(permit, _SUCCESS)
        return result

    def _refuse(self) -> Refusal | None:
        """Rule 6 without the lock; None when the locked way must decide."""
        refusal = self._machine.refusal
        if refusal is None:
            return None
        state, due_at, open_for, epoch = refusal
        remainder = None
        if due_at is not None:
            # Read after the refusal: not due now means that it was not due then, when the circuit was open.
            remainder = due_at - self._clock()
            if remainder <= 0.0:
                return None
            if remainder > open_for:  # noqa: PLR1730  the clock stepped back; min() costs more than the rest
                remainder = open_for
        next(self._machine.refused)
        return state, remainder, epoch

    def _settle(self, epoch: Epoch, key: object, acquired_at: float | None, outcome: Outcome) -> bool:
        now = self._clock()
        with self._lock:
            counted = self._machine.count(epoch, key, acquired_at, outcome, now)
        self._flush()
        return counted

    def _command(self, state: CircuitState, reason: str) -> None:
        now = self._clock()
        with self._lock:
            self._machine.command(state, now, reason)
        self._flush()

    def _flush(self) -> None:
        outbox = self._machine.outbox
        if outbox:
            outbox.flush(self._lock)
