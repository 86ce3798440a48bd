"""Who may write: log-in with a password, signed tokens, log-out. One object serves all three servers.

AuthError
├── Unauthenticated   wrong password, or a token that proves nothing; says which
└── TooManyAttempts   the log-in limit is reached; says for how long
"""

import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from backends.catalog.errors import InvalidInput
from backends.limits import RateLimiter
from backends.passwords import NOBODYS_HASH, matches

ALGORITHM = "HS256"
DAY = 86_400
EXPIRES_MAX = 30 * DAY
_TOKEN_MAX = 4096
_EMAIL_MAX = 254
CLOCK_LEEWAY = 60  # seconds that a clock may be set back before the tokens of just now are too new
_GUESSES = 10  # wrong passwords a minute of one client for one account
_SPRAYED = 100  # and of one client for all accounts together
# One spelling for each token: base64 readers skip strange characters, and the last of the 43 that spell
# 32 bytes has two bits that say nothing.
_SHAPE = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{42}[AEIMQUYcgkosw048]", re.ASCII)

# Times are checked by `Auth.verify`, on the injected clock.
_OPTIONS: Any = {
    "require": ["sub", "iat", "exp", "jti"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
}


class AuthError(Exception):
    """A refused log-in or token; ``reason`` may be shown to the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unauthenticated(AuthError):
    """Nothing valid was shown."""


class TooManyAttempts(AuthError):
    """Log-in is barred for ``retry_after`` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many failed log-ins")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The answer to a log-in."""

    token: str
    expires_in: int  # seconds
    token_type: str = "Bearer"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. Times in seconds since the epoch."""

    sub: str
    iat: int
    exp: int
    jti: str
    nbf: int = 0  # we never set it; a token that carries it means it


class Users(Protocol):
    """Where accounts live."""

    def credentials(self, email: str) -> tuple[str, str] | None:
        """User id and password hash of an account that can log in."""


class Revocations(Protocol):
    """Where logged-out tokens are remembered until they expire by themselves."""

    def revoke(self, jti: str, expires_at: int) -> None:
        """Refuse this token from now on."""

    def is_revoked(self, jti: str) -> bool:
        """Whether it was logged out."""


class RevocationsInMemory:
    """Enough where no token outlives the process. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revoked: dict[str, int] = {}

    def revoke(self, jti: str, expires_at: int) -> None:
        """Refuse this token from now on."""
        with self._lock:
            self._revoked[jti] = expires_at

    def is_revoked(self, jti: str) -> bool:
        """Whether it was logged out."""
        with self._lock:
            return jti in self._revoked


class Auth:
    """Issues and checks tokens. Any thread."""

    def __init__(
        self,
        secret: bytes,
        users: Users,
        clock: Callable[[], float] = time.time,
        *,
        revocations: Revocations | None = None,
        attempts: RateLimiter | None = None,
        sprayed: RateLimiter | None = None,
    ) -> None:
        if len(secret) < 32:
            raise ValueError("secret must have at least 32 bytes")
        self._secret = secret
        self._users = users
        self._clock = clock
        self._revocations = revocations or RevocationsInMemory()
        self._attempts = attempts or RateLimiter(_GUESSES, 60.0)
        self._sprayed = sprayed or RateLimiter(_SPRAYED, 60.0)

    def login(self, email: str, password: str, *, expires_in: int = DAY, client: str = "") -> IssuedToken:
        """Exchange a password for a token. Failures are limited, successes are not.

        They are counted per client and account, known or not, so that no stranger locks others out; and per
        client, so that one password cannot be tried on everybody.
        """
        _check_login(email, password, expires_in)
        email = email.strip().lower()
        guards = ((self._sprayed, client), (self._attempts, f"{client} {email}"))
        for limiter, key in guards:
            verdict = limiter.hit(key)
            if not verdict.allowed:
                raise TooManyAttempts(verdict.retry_after)
        user_id, hashed = self._users.credentials(email) or ("", NOBODYS_HASH)
        if not matches(password, hashed) or not user_id:
            raise Unauthenticated("wrong email or password")
        for limiter, key in guards:
            limiter.forgive(key)
        return self._issue(user_id, expires_in)

    def verify(self, token: str) -> Claims:
        """The claims of a token that is genuine, unexpired and not logged out, or Unauthenticated.

        The times at which it begins have a leeway, for clocks are set; the one at which it ends has none.
        """
        claims = self._genuine(token)
        now = self._clock()
        if claims.exp <= now:
            raise Unauthenticated("the token has expired")
        if claims.iat > now + CLOCK_LEEWAY:
            raise Unauthenticated("the token was issued in the future")
        if claims.nbf > now + CLOCK_LEEWAY:
            raise Unauthenticated("the token is not valid yet")
        if self._revocations.is_revoked(claims.jti):
            raise Unauthenticated("the token was logged out")
        return claims

    def verify_header(self, header: str | None) -> Claims:
        """The same for an ``Authorization`` header or metadata value."""
        if not header:
            raise Unauthenticated("a token is needed: Authorization: Bearer <token>")
        return self.verify(bearer(header))

    def log_out(self, token: str) -> None:
        """Refuse this token from now on; Unauthenticated if it is not valid anyway."""
        claims = self.verify(token)
        self._revocations.revoke(claims.jti, claims.exp)

    def _issue(self, user_id: str, expires_in: int) -> IssuedToken:
        import jwt

        now = int(self._clock())
        claims = {"sub": user_id, "iat": now, "exp": now + expires_in, "jti": secrets.token_urlsafe(16)}
        return IssuedToken(jwt.encode(claims, self._secret, algorithm=ALGORITHM), expires_in)

    def _genuine(self, token: str) -> Claims:
        import jwt

        if len(token) > _TOKEN_MAX:
            raise Unauthenticated("the token is too long")
        try:
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                options=_OPTIONS,
            )
        except jwt.InvalidSignatureError as error:
            raise Unauthenticated("the token's signature does not match") from error
        except jwt.InvalidAlgorithmError as error:
            raise Unauthenticated("the token's algorithm is not allowed") from error
        except jwt.MissingRequiredClaimError as error:
            raise Unauthenticated(f"the token lacks the claim {error.claim}") from error
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            # ValueError: PyJWT lets some undecodable input (lone surrogates, huge numbers) through raw.
            raise Unauthenticated("the token is malformed") from error
        if not _SHAPE.fullmatch(token):
            raise Unauthenticated("the token is malformed")
        return _typed(payload)


def bearer(header: str) -> str:
    """The token in an ``Authorization`` header, or Unauthenticated."""
    scheme, _, token = header.strip(" \t").partition(" ")
    token = token.strip(" \t")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("the Authorization header must be: Bearer <token>")
    return token


def _check_login(email: object, password: object, expires_in: object) -> None:
    faults = []
    if not isinstance(email, str) or not 1 <= len(email) <= _EMAIL_MAX:
        faults.append(("email", f"must be text of 1 to {_EMAIL_MAX} characters"))
    if not isinstance(password, str) or not 1 <= len(password) <= 200:
        faults.append(("password", "must be text of 1 to 200 characters"))
    if isinstance(expires_in, bool) or not isinstance(expires_in, int) or not 1 <= expires_in <= EXPIRES_MAX:
        faults.append(("expires_in", f"must be a whole number of seconds between 1 and {EXPIRES_MAX}"))
    if faults:
        raise InvalidInput.of(faults)


def _typed(payload: dict[str, Any]) -> Claims:
    for name in ("sub", "jti"):
        if not isinstance(payload[name], str) or not payload[name]:
            raise Unauthenticated(f"the token's claim {name} must be text")
    nbf = payload.get("nbf", 0)
    for name, value in (("iat", payload["iat"]), ("exp", payload["exp"]), ("nbf", nbf)):
        if type(value) is not int:
            raise Unauthenticated(f"the token's claim {name} must be a whole number")
    if "aud" in payload:
        raise Unauthenticated("the token is meant for somebody else")
    return Claims(payload["sub"], payload["iat"], payload["exp"], payload["jti"], nbf)
