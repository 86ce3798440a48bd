"""One login for three lanes: the token, what it says, and how long it still lives."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.errors import InvalidInput
from app.domain.events import LoggedIn, LoginFailed, TokenTrick, TokenTried
from app.domain.lanes import Lane
from app.domain.token import DecodedToken, decode_token
from app.viewmodels.memory import Memory, NoMemory

DEFAULT_EMAIL = "user@example.com"
LIFETIMES = {"1 minute": 60, "1 hour": 3600, "24 hours": 86_400}  # seconds, by what a person reads
DEFAULT_LIFE = 86_400  # seconds
LONGEST_LIFE = 30 * 86_400  # seconds; what the backends grant at most

LogIn = Callable[[str, str, int], None]  # email, password, seconds; returns at once, answers by event
TryToken = Callable[[TokenTrick], None]  # the same
LogOut = Callable[[str], None]  # token


class SessionModel(QObject):
    """Token, claims and countdown. GUI thread; ports return at once and answer on the bus.

    The clock ticks once a second, and only while a token lives.
    """

    session_changed = Signal()  # logged in, logged out or expired
    remaining_changed = Signal(str)  # "23:41:08"
    busy_changed = Signal(bool)
    failed = Signal(str)
    refusals_changed = Signal()
    login_wanted = Signal(str)  # why

    def __init__(
        self,
        *,
        log_in: LogIn,
        try_token: TryToken | None = None,
        log_out: LogOut | None = None,
        memory: Memory | None = None,
        clock: Callable[[], float] = time.time,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._log_in, self._try_token, self._log_out, self._clock = log_in, try_token, log_out, clock
        self._memory = memory or NoMemory()
        self._email = self._memory.recall("login.email", DEFAULT_EMAIL)
        self._lifetime = _seconds(self._memory.recall("login.token_life", str(DEFAULT_LIFE)))
        self._token: str | None = None
        self._decoded: DecodedToken | None = None
        self._busy = False
        self._error = ""
        self._refusals: dict[Lane, TokenTried] = {}
        self._then: Callable[[], object] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.tick)

    @property
    def email(self) -> str:
        """Who is, was or will be logged in."""
        return self._email

    @property
    def lifetime(self) -> int:
        """Seconds that the last token was asked for."""
        return self._lifetime

    @property
    def token(self) -> str | None:
        """The token to send, also an expired one: the refusal is worth seeing."""
        return self._token

    @property
    def decoded(self) -> DecodedToken | None:
        """Header and claims, unverified."""
        return self._decoded

    @property
    def valid(self) -> bool:
        """Whether there is a token whose time is not over. A backend may still refuse it."""
        return self._token is not None and not self.expired

    @property
    def wished(self) -> bool:
        """Whether something will be tried again after the next login."""
        return self._then is not None

    @property
    def busy(self) -> bool:
        """Whether a login is under way."""
        return self._busy

    @property
    def error(self) -> str:
        """Why the last login failed."""
        return self._error

    @property
    def can_try_tokens(self) -> bool:
        """Whether refusals can be shown."""
        return self._try_token is not None and self._token is not None

    @property
    def refusals(self) -> dict[Lane, TokenTried]:
        """Each lane's answer to the last bad token."""
        return dict(self._refusals)

    @property
    def remaining(self) -> float | None:
        """Seconds the token still lives, never negative; None without a token or without an expiry."""
        ends = self._decoded.expires_at if self._decoded else None
        return None if ends is None else max(0.0, ends - self._clock())

    @property
    def expired(self) -> bool:
        """Whether the token's time is over."""
        return self.remaining == 0

    @property
    def remaining_text(self) -> str:
        """Hours, minutes and seconds left; empty without a token."""
        left = self.remaining
        return "" if left is None else countdown(left)

    def log_in(self, email: str, password: str, lifetime: int) -> None:
        """Ask for a token that lives ``lifetime`` seconds. Does nothing while an answer is awaited."""
        if self._busy:
            return
        if not email.strip():
            self._fail("Enter an email address.")
            return
        if not 1 <= lifetime <= LONGEST_LIFE:
            self._fail("Token life must be between 1 second and 30 days.")
            return
        self._email, self._lifetime, self._error = email.strip(), lifetime, ""
        self._memory.keep("login.email", self._email)
        self._memory.keep("login.token_life", str(lifetime))
        self._set_busy(True)
        self._log_in(self._email, password, lifetime)

    @Slot()
    def log_out(self) -> None:
        """Forget the token and have it revoked."""
        token, self._token, self._decoded = self._token, None, None
        self._refusals.clear()
        self._timer.stop()
        if token is not None:
            if self._log_out is not None:
                self._log_out(token)
            self.session_changed.emit()

    def ask(self, reason: str, then: Callable[[], object] | None = None) -> None:
        """Have the login shown; ``then`` runs once after the next successful login."""
        self._then = then
        self.login_wanted.emit(reason)

    @Slot()
    def forget_wish(self) -> None:
        """The login was closed without an answer: nothing runs after a later one."""
        self._then = None

    def try_token(self, trick: TokenTrick) -> None:
        """Have a write that changes nothing sent with a bad token over each lane."""
        if self._try_token is not None and self._token is not None:
            self._refusals.clear()
            self.refusals_changed.emit()
            self._try_token(trick)

    @Slot(object)
    def on_logged_in(self, event: LoggedIn) -> None:
        """A token was issued."""
        self._set_busy(False)
        try:
            self._decoded = decode_token(event.token)
        except InvalidInput as error:
            self._fail(f"The backend issued a token that cannot be read: {error.why}.")
            return
        self._token, self._email, self._error = event.token, event.email, ""
        self._refusals.clear()
        if self.remaining:
            self._timer.start()
        then, self._then = self._then, None  # before anybody hears of it: a form that closes drops the wish
        self.session_changed.emit()
        if then is not None:
            then()

    @Slot(object)
    def on_login_failed(self, event: LoginFailed) -> None:
        """No token."""
        self._set_busy(False)
        self._fail(event.message)

    @Slot(object)
    def on_token_tried(self, event: TokenTried) -> None:
        """One lane answered a bad token."""
        self._refusals[event.lane] = event
        self.refusals_changed.emit()

    @Slot()
    def tick(self) -> None:
        """One second has passed."""
        self.remaining_changed.emit(self.remaining_text)
        if self.expired:
            self._timer.stop()
            self.session_changed.emit()

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)

    def _fail(self, why: str) -> None:
        self._error = why
        self.failed.emit(why)


def _seconds(text: str) -> int:
    usable = text.isdecimal() and 1 <= int(text) <= LONGEST_LIFE
    return int(text) if usable else DEFAULT_LIFE


def countdown(seconds: float) -> str:
    """``h:mm:ss`` with two digits each, so that the text keeps its width: 86400 → "24:00:00"."""
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
