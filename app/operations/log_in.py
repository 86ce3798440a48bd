"""Logging in once for all lanes, logging out, and showing how each lane refuses a bad token. No Qt."""

import time
from collections.abc import Callable, Mapping

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import RestDraft
from app.domain.errors import AttemptFailed, TrilaneError
from app.domain.events import Event, LoggedIn, LoginFailed, TokenTrick, TokenTried
from app.domain.lanes import Lane
from app.domain.operations import OperationId, Question
from app.domain.results import Outcome, Reply
from app.domain.token import decode_token, tampered_token
from app.domain.values import dataclass

Publish = Callable[[Event], None]
Clients = Mapping[Lane, LaneClient]

# Answers about the road, not about the password: another lane may still know.
ROAD = frozenset(
    {
        Outcome.REFUSED,
        Outcome.RESET,
        Outcome.TIMEOUT,
        Outcome.UNAVAILABLE,
        Outcome.MALFORMED,
        Outcome.INTERNAL,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a person typed. Kept in memory only; its repr does not show the password."""

    email: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(email={self.email!r})"


# What a bad token is tried with: every lane asks for a token here (reading needs none and would let any token
# pass), and nothing changes even where a lane does let it pass, for there never is such a product.
TRIAL = Question(operation=OperationId.DELETE_PRODUCT, params={"id": "0"}, fields=("id",))


def request_token(clients: Clients, credentials: Credentials, expires_in: int | None) -> tuple[Lane, str]:
    """Ask the first lane that answers for a token of ``expires_in`` seconds.

    A broken road leads on to the next lane, a refusal does not. Raises AttemptFailed, or TrilaneError when no
    lane is up.
    """
    failure: TrilaneError = TrilaneError("no server is up yet")
    for lane, client in clients.items():
        try:
            reply = client.log_in(credentials.email, credentials.password, expires_in)
        except AttemptFailed as error:
            failure = error
            if error.reply.outcome not in ROAD:
                break
        else:
            return lane, str(reply.value["token"])
    raise failure


def log_in(
    clients: Clients, credentials: Credentials, expires_in: int | None, *, publish: Publish
) -> str | None:
    """Log in and publish LoggedIn or LoginFailed. Returns the token, None without one."""
    try:
        lane, token = request_token(clients, credentials, expires_in)
    except TrilaneError as error:
        publish(LoginFailed(at=time.monotonic(), message=explain(error)))
        return None
    publish(LoggedIn(at=time.monotonic(), email=credentials.email, token=token, lane=lane))
    return token


def log_out(clients: Clients, token: str, *, timeout: float = 2.0) -> bool:
    """Have ``token`` revoked. False when the server could not be asked: then it lives on until it expires."""
    client = clients.get(Lane.REST)
    if client is None:
        return False
    draft = RestDraft(
        method="POST", path="/auth/logout", headers=(("Authorization", f"Bearer {token}"),), body=""
    )
    try:
        client.send(draft, None, timeout=timeout)
    except TrilaneError:
        return False
    return True


def bad_token(
    clients: Clients, trick: TokenTrick, token: str, credentials: Credentials | None, cancel: CancelToken
) -> str:
    """A token that must be refused: ``token`` with another user in it, or a real one that has just expired.

    The second takes about two seconds, for no one but the server can sign it. Raises TrilaneError.
    """
    if trick is TokenTrick.TAMPERED:
        return tampered_token(token)
    if credentials is None:
        raise TrilaneError("log in first: an expired token has to be issued by the server")
    _, short = request_token(clients, credentials, 1)
    ends = decode_token(short).expires_at or 0.0
    cancel.wait(max(0.0, ends - time.time()) + 1.0)
    cancel.raise_if_cancelled()
    return short


def try_token(
    clients: Clients,
    trick: TokenTrick,
    bad: str,
    *,
    publish: Publish,
    cancel: CancelToken,
) -> None:
    """Send TRIAL with the bad token over every lane and publish each lane's answer."""
    for lane, client in clients.items():
        cancel.raise_if_cancelled()
        try:
            draft = client.draft(TRIAL.operation, TRIAL.params, TRIAL.fields, token=bad)
            reply = client.send(draft, TRIAL.operation, timeout=5.0, cancel=cancel)
        except AttemptFailed as error:
            reply = error.reply
        except TrilaneError as error:
            reply = Reply(outcome=Outcome.UNSUPPORTED, message=str(error))
        publish(
            TokenTried(
                at=time.monotonic(),
                lane=lane,
                trick=trick,
                status=reply.status or reply.outcome.value,
                message=reply.message,
                refused=reply.outcome is Outcome.UNAUTHENTICATED,
                judged=reply.outcome not in ROAD,
            )
        )


def explain(error: TrilaneError) -> str:
    """Why a login failed, in the server's words where it gave any."""
    if isinstance(error, AttemptFailed):
        reply = error.reply
        if reply.retry_after is not None:
            return f"{reply.message or 'Too many attempts'} (try again in {reply.retry_after:.0f} s)"
        return reply.message or reply.status or reply.outcome.value
    return str(error)
