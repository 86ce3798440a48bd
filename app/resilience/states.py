"""The breaker's vocabulary: states, outcomes, permits, and the rejection. No behaviour of its own."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial


class CircuitState(StrEnum):
    """Where a circuit breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"  # by hand; never times out
    DISABLED = "disabled"  # by hand; admits everything, counts nothing


class Outcome(StrEnum):
    """What one admitted call means to the breaker. Not the same question as whether to retry it."""

    SUCCESS = "success"
    FAILURE = "failure"
    IGNORED = "ignored"  # neutral: only gives the permit back


class Epoch:
    """The stretch between two transitions. Its state never changes; a transition makes a new one.

    ``held`` keeps the permits given and not yet recorded, oldest first. Keys are compared by identity, so
    one insertion or removal is atomic; in HALF_OPEN both happen only under the breaker's lock.
    """

    __slots__ = ("held", "number", "owner", "state")

    def __init__(self, number: int, state: CircuitState, owner: object) -> None:
        self.number = number
        self.state = state
        self.owner = owner  # identity of the breaker, not the breaker: no reference cycle
        self.held: dict[object, None] = {}


class Permit:
    """The right to make one call, given by acquire() and given back by record(). Any thread may return it."""

    __slots__ = ("_epoch", "acquired_at", "probe")

    def __init__(self, epoch: Epoch, acquired_at: float | None, probe: bool) -> None:
        self._epoch = epoch
        self.acquired_at = acquired_at  # breaker's clock; None where nothing depends on it
        self.probe = probe  # admitted in HALF_OPEN

    @property
    def epoch(self) -> int:
        """Number of the epoch that admitted it."""
        return self._epoch.number

    def __repr__(self) -> str:
        return f"<Permit epoch={self._epoch.number}{' probe' if self.probe else ''}>"


class CircuitOpenError(Exception):
    """The breaker refused a call. A new object for each rejection; the call was not made.

    Everything is kept in ``args``, so that ``rejection`` can make one without running Python code: a
    circuit is open when there is least time to lose.
    """

    args: tuple[str, CircuitState, float | None, int]

    def __init__(self, name: str, state: CircuitState, retry_after: float | None, epoch: int) -> None:
        super().__init__(name, state, retry_after, epoch)

    @property
    def name(self) -> str:
        """Name of the circuit."""
        return self.args[0]

    @property
    def state(self) -> CircuitState:
        """OPEN, HALF_OPEN (no probe free) or FORCED_OPEN."""
        return self.args[1]

    @property
    def retry_after(self) -> float | None:
        """Seconds until a probe may go; None when nobody can know."""
        return self.args[2]

    @property
    def epoch(self) -> int:
        """Number of the epoch that refused."""
        return self.args[3]

    def __str__(self) -> str:
        circuit = f"circuit {self.name!r}" if self.name else "circuit"
        words = str(self.state.value).replace("_", "-")
        if self.retry_after is None:
            return f"{circuit} is {words}"
        return f"{circuit} is {words}, {self.retry_after:.3g} s left"


# CircuitOpenError(name, state, retry_after, epoch), at a third of the price.
rejection: Callable[..., CircuitOpenError] = partial(CircuitOpenError.__new__, CircuitOpenError)
