"""What every lane's client can do. Use cases know this protocol and none of the adapters behind it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Reply


class LaneClient(Protocol):
    """One protocol's way of sending operations. Thread-safe: many calls at once."""

    @property
    def lane(self) -> Lane:
        """Whose client this is."""

    def draft(
        self,
        operation: OperationId,
        params: Mapping[str, str],
        fields: Sequence[str],
        *,
        token: str | None = None,
    ) -> Draft:
        """Say ``operation`` in this protocol's words, ready to be edited. Sends nothing.

        ``params`` are values as typed, ``fields`` dotted neutral paths. Raises InvalidInput naming the field,
        or UnsupportedOperation saying why.
        """

    def send(
        self,
        draft: Draft,
        operation: OperationId | None,
        *,
        timeout: float | None,
        cancel: CancelToken | None = None,
        idempotency_key: str | None = None,
        request_id: str | None = None,
    ) -> Reply:
        """Send ``draft`` once and wait at most ``timeout`` seconds for all of it.

        Returns the reply for OK and PARTIAL; raises AttemptFailed with the reply for everything else (a draft
        that cannot be sent is Outcome.INVALID), and Cancelled when the token was. ``request_id`` goes along
        as ``X-Request-Id``, unless the draft has one.
        """

    def log_in(
        self, email: str, password: str, expires_in: int | None, *, timeout: float | None = 5.0
    ) -> Reply:
        """Ask for a token of ``expires_in`` seconds (None: the server's choice).

        The reply's value is ``{"token", "token_type", "expires_in"}``. Raises AttemptFailed.
        """

    def close(self) -> None:
        """Let go of every connection. Idempotent."""
