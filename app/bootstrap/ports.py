"""The plain callables that view-models are given: each starts a job and returns at once. No Qt in them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.events import Event, TokenTrick
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.operations.lane_access import LaneAccess
from app.operations.log_in import Credentials, bad_token, log_in, log_out, try_token
from app.runtime.workers import Workers


class LoginPorts:
    """Log in, log out, try a bad token: as jobs of the pool. GUI thread.

    Keeps the last credentials in memory, because only the server can issue the token that expires at once.
    """

    def __init__(self, lanes: LaneAccess[Any], workers: Workers, publish: Callable[[Event], None]) -> None:
        self._lanes = lanes
        self._workers = workers
        self._publish = publish
        self._credentials: Credentials | None = None
        self.token: Callable[[], str | None] = lambda: None  # the session's, once there is one

    def log_in(self, email: str, password: str, expires_in: int) -> None:
        """Answers with LoggedIn or LoginFailed."""
        credentials = self._credentials = Credentials(email=email, password=password)

        def job(cancel: CancelToken) -> None:
            log_in(self._lanes.clients, credentials, expires_in, publish=self._publish)

        self._workers.submit(job)

    def log_out(self, token: str) -> None:
        """Revokes the token; the credentials are forgotten."""
        self._credentials = None

        def job(cancel: CancelToken) -> None:
            log_out(self._lanes.clients, token)

        self._workers.submit(job)

    def try_token(self, trick: TokenTrick) -> None:
        """Answers with one TokenTried for each lane."""
        token, credentials = self.token(), self._credentials
        if token is None:
            return

        def job(cancel: CancelToken) -> None:
            clients = self._lanes.clients
            bad = bad_token(clients, trick, token, credentials, cancel)
            try_token(clients, trick, bad, publish=self._publish, cancel=cancel)

        self._workers.submit(job)


def draft_port(lanes: LaneAccess[Any], token: Callable[[], str | None]) -> Callable[..., Draft]:
    """Writes a lane's request with the token in force. Raises what LaneClient.draft() and client() raise."""

    def draft(lane: Lane, operation: OperationId, params: Mapping[str, str], fields: Sequence[str]) -> Draft:
        return lanes.client(lane).draft(operation, params, fields, token=token())

    return draft
