"""Log-in, tokens and log-out, on a clock of the test."""

import base64
import json
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest

from backends import passwords
from backends.auth import Auth, AuthError, TooManyAttempts, Unauthenticated
from backends.catalog.accounts import Accounts
from backends.catalog.errors import InvalidInput
from backends.limits import RateLimiter
from backends.passwords import DEMO_HASH, hash_password, matches
from backends.secret_files import load_secret
from tests.support.catalogs import sample_catalog

SECRET = b"s" * 32
EMAIL, PASSWORD = "user@example.com", "password"


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.5

    def __call__(self) -> float:
        return self.now


class OneUser:
    """The account of the demonstration."""

    def credentials(self, email: str) -> tuple[str, str] | None:
        return ("user_123", DEMO_HASH) if email == EMAIL else None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def auth(clock: Clock) -> Auth:
    return Auth(SECRET, OneUser(), clock, attempts=RateLimiter(3, 60, clock=clock))


def test_a_password_buys_a_token_that_says_whose_it_is(auth: Auth, clock: Clock) -> None:
    """Claims are sub, iat, exp and jti, in whole seconds, and nothing else."""
    issued = auth.login(EMAIL, PASSWORD)
    assert (issued.token_type, issued.expires_in) == ("Bearer", 86_400)
    claims = auth.verify(issued.token)
    assert (claims.sub, claims.iat, claims.exp) == ("user_123", int(clock.now), int(clock.now) + 86_400)
    assert jwt.get_unverified_header(issued.token)["alg"] == "HS256"
    assert auth.login(EMAIL, PASSWORD).token != issued.token


def test_an_email_is_compared_without_case(auth: Auth) -> None:
    """People capitalise."""
    assert auth.login(" User@Example.COM ", PASSWORD).token


def test_a_token_ends_to_the_second(auth: Auth, clock: Clock) -> None:
    """No leeway: at exp it is over."""
    clock.now = 1000.0
    issued = auth.login(EMAIL, PASSWORD, expires_in=2)
    clock.now = 1001.999
    auth.verify(issued.token)
    clock.now = 1002.0
    with pytest.raises(Unauthenticated, match="expired"):
        auth.verify(issued.token)


def test_wrong_passwords_and_unknown_users_look_alike(auth: Auth) -> None:
    """Nobody learns which emails exist."""
    reasons = set()
    for email, password in ((EMAIL, "Password"), ("nobody@example.com", PASSWORD)):
        with pytest.raises(Unauthenticated) as caught:
            auth.login(email, password)
        reasons.add(caught.value.reason)
    assert len(reasons) == 1


def test_an_unknown_user_costs_one_hash_too(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of an answer does not tell whether the account exists."""
    work: list[Any] = []
    real = passwords._scrypt

    def counted(password: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
        work.append((n, r, p))
        return real(password, salt, n, r, p)

    monkeypatch.setattr(passwords, "_scrypt", counted)
    for email in (EMAIL, "nobody@example.com"):
        with pytest.raises(Unauthenticated):
            auth.login(email, "wrong")
    assert len(work) == 2
    assert work[0] == work[1]


def test_failures_are_limited_per_email_and_client_and_successes_are_not(auth: Auth, clock: Clock) -> None:
    """The fourth wrong password in a minute is not even looked at, nor is a right one after it."""
    for _ in range(10):
        auth.login(EMAIL, PASSWORD, client="a")
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            auth.login(EMAIL, "wrong", client="a")
    with pytest.raises(TooManyAttempts) as caught:
        auth.login(EMAIL, PASSWORD, client="a")
    assert caught.value.retry_after == pytest.approx(60)
    assert auth.login(EMAIL, PASSWORD, client="b").token
    clock.now += 60
    assert auth.login(EMAIL, PASSWORD, client="a").token


@pytest.mark.parametrize(
    ("email", "password", "expires_in", "field"),
    [
        ("", PASSWORD, 60, "email"),
        ("x" * 255, PASSWORD, 60, "email"),
        (EMAIL, "", 60, "password"),
        (EMAIL, "x" * 201, 60, "password"),
        (EMAIL, PASSWORD, 0, "expires_in"),
        (EMAIL, PASSWORD, 30 * 86_400 + 1, "expires_in"),
        (EMAIL, PASSWORD, True, "expires_in"),
        (EMAIL, PASSWORD, 1.5, "expires_in"),
    ],
)
def test_a_malformed_log_in_is_invalid_input(
    auth: Auth, email: str, password: str, expires_in: Any, field: str
) -> None:
    """What cannot be right is told apart from what is wrong."""
    with pytest.raises(InvalidInput) as caught:
        auth.login(email, password, expires_in=expires_in)
    assert [name for name, _ in caught.value.details] == [field]


def test_odd_characters_in_credentials_are_just_wrong(auth: Auth) -> None:
    """Zero bytes and lone surrogates are no way in and no way to break it."""
    for email, password in (("\0", "\0"), ("\ud800", "\udfff"), (EMAIL, "\ud800")):
        with pytest.raises(AuthError):
            auth.login(email, password)


def part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(secret: bytes = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    """A token signed with this secret; a claim of ... is left out."""
    claims: dict[str, Any] = {"sub": "user_123", "iat": 1_700_000_000, "exp": 1_700_000_900, "jti": "j"}
    claims |= changes
    claims = {name: value for name, value in claims.items() if value is not ...}
    header, _, _ = jwt.encode({}, SECRET, algorithm="HS256").partition(".")
    body = f"{header if algorithm == 'HS256' else part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}"
    signature = jwt.get_algorithm_by_name("HS256").sign(body.encode(), secret)
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_a_token_that_is_forged_right_is_accepted(auth: Auth) -> None:
    """The forger of these tests can write a good token, so its bad ones fail for the reason they name."""
    assert auth.verify(forged()).sub == "user_123"


REFUSED: dict[str, tuple[Callable[[], str], str]] = {
    "empty": (lambda: "", "malformed"),
    "words": (lambda: "not a token", "malformed"),
    "dots": (lambda: "..", "malformed"),
    "foreign secret": (lambda: forged(b"f" * 32), "signature"),
    "cut": (lambda: forged()[:-5], "signature|malformed"),
    "cut payload": (lambda: ".".join(forged().split(".")[:2]), "malformed"),
    "other algorithm": (lambda: forged(algorithm="HS512"), "algorithm"),
    "alg none": (lambda: f"{part({'alg': 'none'})}.{forged().split('.')[1]}.", "algorithm"),
    "alg None": (lambda: f"{part({'alg': 'None'})}.{forged().split('.')[1]}.", "algorithm"),
    "alg number": (lambda: f"{part({'alg': 5})}.{forged().split('.')[1]}.", "algorithm|malformed"),
    "tampered": (lambda: forged().replace(forged().split(".")[1], part({"sub": "admin"})), "signature"),
    "huge": (lambda: "a" * 1_000_000, "too long"),
    "no sub": (lambda: forged(sub=...), "sub"),
    "no exp": (lambda: forged(exp=...), "exp"),
    "no iat": (lambda: forged(iat=...), "iat"),
    "no jti": (lambda: forged(jti=...), "jti"),
    "sub a number": (lambda: forged(sub=5), "sub|malformed"),
    "sub empty": (lambda: forged(sub=""), "sub"),
    "jti a list": (lambda: forged(jti=["j"]), "jti|malformed"),
    "exp text": (lambda: forged(exp="1700000900"), "exp"),
    "exp a fraction": (lambda: forged(exp=1_700_000_900.5), "exp"),
    "exp true": (lambda: forged(exp=True), "exp"),
    "from the future": (lambda: forged(iat=1_700_000_061), "future"),
    "too early": (lambda: forged(nbf=1_700_000_061), "not valid yet"),
    "expired": (lambda: forged(exp=1_700_000_000), "expired"),
    "surrogate": (lambda: "\ud800.\ud800.\ud800", "malformed"),
    "not ascii": (lambda: "é.é.é", "malformed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_token_is_refused_with_a_reason(auth: Auth, name: str) -> None:
    """Every kind of bad token is Unauthenticated, and says why."""
    make, reason = REFUSED[name]
    with pytest.raises(Unauthenticated, match=reason):
        auth.verify(make())


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_beginning_has_a_leeway_and_an_end_has_none(auth: Auth, clock: Clock, claim: str) -> None:
    """A clock may be a minute behind; a token has expired in the second that it names."""
    ahead: dict[str, Any] = {claim: 1_700_000_060}
    assert auth.verify(forged(**ahead)).sub == "user_123"
    clock.now = 1_700_000_899.9
    assert auth.verify(forged()).sub == "user_123"
    clock.now = 1_700_000_900.0
    with pytest.raises(Unauthenticated, match="expired"):
        auth.verify(forged())


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcg==", "token"])
def test_a_header_without_a_bearer_token_is_refused(auth: Auth, header: str | None) -> None:
    """The scheme counts."""
    with pytest.raises(Unauthenticated, match="Bearer"):
        auth.verify_header(header)


def test_the_scheme_is_compared_without_case(auth: Auth) -> None:
    """As HTTP has it."""
    assert auth.verify_header(f"bearer {forged()}").sub == "user_123"


def test_log_out_ends_this_token_only(auth: Auth) -> None:
    """Another session of the same user goes on."""
    first, second = auth.login(EMAIL, PASSWORD).token, auth.login(EMAIL, PASSWORD).token
    auth.log_out(first)
    with pytest.raises(Unauthenticated, match="logged out"):
        auth.verify(first)
    assert auth.verify(second)


def test_log_out_outlives_the_process_with_the_catalog(clock: Clock) -> None:
    """The secret is kept between starts, so the list of logged-out tokens must be too."""
    with sample_catalog() as service:
        accounts = Accounts(service.store, clock)
        token = Auth(SECRET, accounts, clock, revocations=accounts).login(EMAIL, PASSWORD).token
        Auth(SECRET, accounts, clock, revocations=accounts).log_out(token)
        later = Accounts(service.store, clock)
        with pytest.raises(Unauthenticated, match="logged out"):
            Auth(SECRET, later, clock, revocations=later).verify(token)


def test_only_accounts_with_a_password_can_log_in() -> None:
    """The other sample users have none."""
    with sample_catalog() as service:
        accounts = Accounts(service.store)
        assert accounts.credentials(EMAIL) is not None
        assert accounts.credentials("ada@example.com") is None


def test_the_demonstration_hash_is_that_of_the_documented_password() -> None:
    """The constant was not mistyped, and hashes of the same password differ by their salt."""
    assert matches(PASSWORD, DEMO_HASH)
    assert not matches("passwor", DEMO_HASH)
    assert not matches("x" * 2000, DEMO_HASH)
    hashed = hash_password("tr0ub4dor")
    assert matches("tr0ub4dor", hashed)
    assert hash_password("tr0ub4dor") != hashed


def test_the_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    """One secret per installation, in a file for its owner only; a cut-off file is made anew."""
    path = tmp_path / "deep" / "jwt.secret"
    secret = load_secret(path)
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert load_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"short")
    assert len(load_secret(path)) == 32


def test_a_short_secret_is_refused() -> None:
    """A guessable secret is a mistake in the settings."""
    with pytest.raises(ValueError, match="32"):
        Auth(b"short", OneUser())
