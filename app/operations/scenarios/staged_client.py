"""A lane's client on a conductor's stage: it names each request and lets the conductor time it."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GrpcDraft
from app.domain.errors import AttemptFailed, Cancelled
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome, Reply
from app.operations.scenarios.conductor import Conductor, Wire

REQUEST_ID = "X-Request-Id"  # the servers tell it to whoever watches their faults


class StagedClient:
    """Sends through another client. Its calls are made by tasks of the conductor."""

    def __init__(self, inner: LaneClient, conductor: Conductor) -> None:
        self._inner = inner
        self._conductor = conductor
        self._ids = itertools.count(1)

    @property
    def lane(self) -> Lane:
        """Whose client this is."""
        return self._inner.lane

    def draft(
        self,
        operation: OperationId,
        params: Mapping[str, str],
        fields: Sequence[str],
        *,
        token: str | None = None,
    ) -> Draft:
        """As the client writes it, without a deadline of its own: that would be real time."""
        draft = self._inner.draft(operation, params, fields, token=token)
        return replace(draft, deadline=None) if isinstance(draft, GrpcDraft) else draft

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
        """``timeout`` is in scenario seconds; ids are the conductor's. Raises AttemptFailed, Cancelled."""
        name = f"{self.lane.value}-{next(self._ids)}"
        named = _named(draft, name)
        with self._conductor.wire(name, timeout, cancel) as wire:
            reply, failure = self._exchange(named, operation, wire, idempotency_key)
        if wire.doomed and not (cancel is not None and cancel.cancelled):
            # The server waits for longer than the caller: whatever came of it, it came too late.
            raise AttemptFailed(_too_late(wire, failure)) from failure
        if reply is not None:
            return reply
        assert failure is not None
        raise failure

    def log_in(
        self, email: str, password: str, expires_in: int | None, *, timeout: float | None = 5.0
    ) -> Reply:
        """Not timed: it happens before the play."""
        return self._inner.log_in(email, password, expires_in, timeout=timeout)

    def close(self) -> None:
        """Close the client."""
        self._inner.close()

    def _exchange(
        self, draft: Draft, operation: OperationId | None, wire: Wire, key: str | None
    ) -> tuple[Reply | None, AttemptFailed | Cancelled | None]:
        try:
            reply = self._inner.send(
                draft, operation, timeout=wire.real_timeout, cancel=wire.token, idempotency_key=key
            )
        except (AttemptFailed, Cancelled) as failure:
            return None, failure
        return reply, None


def _named(draft: Draft, request_id: str) -> Draft:
    if isinstance(draft, GrpcDraft):
        return replace(draft, metadata=(*draft.metadata, (REQUEST_ID.lower(), request_id)))
    return replace(draft, headers=(*draft.headers, (REQUEST_ID, request_id)))


def _too_late(wire: Wire, failure: Exception | None) -> Reply:
    if isinstance(failure, AttemptFailed) and failure.reply.outcome is Outcome.TIMEOUT:
        return failure.reply
    return Reply(outcome=Outcome.TIMEOUT, message=f"no answer within {wire.timeout or 0.0:g} s")
