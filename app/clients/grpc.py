"""The gRPC lane: generic calls over one channel, so that the raw message bytes are at hand.

What grpc does not tell stays None: connect, send and first-byte times, and the bytes of HTTP/2 headers. Bytes
are the message and its 5-byte frame.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import grpc

from app.clients import checks
from app.clients.grpc_calls import READ_IN_CALLER, Finished, Roads, UnaryMethod, pairs
from app.clients.grpc_drafts import Method, decoded, encoded, grpc_draft, login_draft, unary_method
from app.clients.outcomes import HttpHeaders, field_details, grpc_outcome, injected_rule
from app.clients.parameters import typed_parameters, wanted_fields
from app.domain import sliced_json
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, GrpcDraft
from app.domain.errors import AttemptFailed, InvalidInput
from app.domain.hints import pushback_seconds
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import (
    Exchange,
    Outcome,
    Phases,
    Reply,
    UnwrittenText,
    WireRequest,
    WireResponse,
)
from app.domain.values import dataclass

_SMALL = 4_000  # bytes of a message whose text is written when somebody looks at it: in the window's thread
_REQUEST_ID = "x-request-id"
_FRAME = 5  # bytes before each message: compressed flag and length
_LONGEST = 10 * 365 * 86400.0  # seconds; grpc's clock arithmetic overflows far beyond
CHANNEL_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.enable_retries", 0),  # retries are ours, so that they can be drawn
    ("grpc.initial_reconnect_backoff_ms", 50),  # a restarted server is found again at once
    ("grpc.max_reconnect_backoff_ms", 300),
    ("grpc.min_reconnect_backoff_ms", 2000),  # in truth the time limit of one attempt to connect
    ("grpc.use_local_subchannel_pool", 1),  # connections belong to this client and end with it
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.primary_user_agent", "trilane"),
    READ_IN_CALLER,
)


class GrpcClient:
    """Sends gRPC drafts to one server. Thread-safe."""

    lane = Lane.GRPC

    def __init__(self, target: str) -> None:
        """``target`` is ``host:port``. Connects when first used."""
        self.target = target
        self._roads = Roads(
            grpc.insecure_channel(target, options=CHANNEL_OPTIONS),
            grpc.insecure_channel(target, options=CHANNEL_OPTIONS),
        )
        self._methods: dict[str, UnaryMethod] = {}
        self._last: _Ready | None = None

    def draft(
        self,
        operation: OperationId,
        params: Mapping[str, str],
        fields: Sequence[str] = (),
        *,
        token: str | None = None,
    ) -> Draft:
        """The call for ``operation``. ``fields`` cannot be said in this proto: a message is sent whole.

        Raises InvalidInput, UnsupportedOperation.
        """
        wanted_fields(OPERATIONS[operation], fields)
        return grpc_draft(operation, typed_parameters(operation, params), token)

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
        """Make the call; the nearer of ``timeout`` and the draft's deadline holds.

        Raises AttemptFailed, Cancelled.
        """
        if cancel is not None:
            cancel.raise_if_cancelled()
        if not isinstance(draft, GrpcDraft):
            raise InvalidInput("draft", "is not a gRPC call")
        ready = self._prepared(draft, idempotency_key)
        if request_id is not None:
            ready = ready.named(request_id)  # not kept: each attempt has another
        try:
            ended = ready.invoke(
                ready.request.body,
                timeout=_nearer(draft.deadline, timeout),
                metadata=ready.metadata,
                cancel=cancel,
            )
        except ValueError as error:  # grpc's word for a channel that was closed
            raise AttemptFailed(Reply(outcome=Outcome.REFUSED, message=str(error))) from error
        reply = _reply(operation, ready.method, ready.request, ended)
        if reply.outcome is not Outcome.OK:
            raise AttemptFailed(reply)
        return reply

    def log_in(
        self, email: str, password: str, expires_in: int | None, *, timeout: float | None = 5.0
    ) -> Reply:
        """Ask for a token. Raises AttemptFailed."""
        return self.send(login_draft(email, password, expires_in), None, timeout=timeout)

    def close(self) -> None:
        """Close the channel; calls under way end as cancelled."""
        self._roads.small.close()
        self._roads.large.close()

    def _prepared(self, draft: GrpcDraft, idempotency_key: str | None) -> "_Ready":
        """The draft checked and encoded. The last one is kept: repeated calls send the same draft."""
        kept = self._last
        if kept is not None and kept.draft is draft and kept.key == idempotency_key:
            return kept
        method = checks.or_invalid(unary_method, draft.method)
        body = checks.or_invalid(encoded, method, draft.message)
        metadata = checks.or_invalid(_metadata, draft, idempotency_key)
        checks.or_invalid(_checked, draft.deadline)
        headers = pairs(metadata)
        request = WireRequest(
            start=method.path, target=self.target, headers=headers, body=body, text=draft.message
        )
        ready = _Ready(draft, idempotency_key, method, self._method(method.path), metadata, request)
        self._last = ready
        return ready

    def _method(self, path: str) -> UnaryMethod:
        found = self._methods.get(path)
        if found is None:
            found = self._methods.setdefault(path, UnaryMethod(self._roads, path))
        return found


@dataclass(frozen=True, slots=True)
class _Ready:
    """A draft that can be sent."""

    draft: GrpcDraft
    key: str | None
    method: Method
    invoke: UnaryMethod
    metadata: tuple[tuple[str, str | bytes], ...]
    request: WireRequest

    def named(self, request_id: str) -> "_Ready":
        """The same call with a request id, unless a person typed one."""
        if any(key == _REQUEST_ID for key, _ in self.metadata):
            return self
        pair = (_REQUEST_ID, request_id)
        request = replace(self.request, headers=(*self.request.headers, pair))
        return replace(self, metadata=(*self.metadata, pair), request=request)


def _metadata(draft: GrpcDraft, idempotency_key: str | None) -> tuple[tuple[str, str | bytes], ...]:
    pairs = checks.grpc_metadata(draft.metadata)
    if idempotency_key and not any(key == "idempotency-key" for key, _ in pairs):
        pairs += checks.grpc_metadata((("idempotency-key", idempotency_key),))
    return pairs


def _checked(deadline: float | None) -> None:
    if deadline is not None and not (math.isfinite(deadline) and deadline > 0):
        raise InvalidInput("deadline", "must be a number of seconds greater than 0")


def _nearer(deadline: float | None, timeout: float | None) -> float | None:
    if deadline is None or (timeout is not None and timeout < deadline):
        deadline = timeout
    if deadline is None:
        return None
    return 0.0 if deadline < 0.0 else _LONGEST if deadline > _LONGEST else deadline


def _reply(operation: OperationId | None, method: Method, request: WireRequest, ended: Finished) -> Reply:
    outcome = grpc_outcome(ended.code, ended.details, answered=ended.answered)
    message = ended.details
    value: dict[str, Any] | None = None
    if outcome is Outcome.OK:
        try:
            value = decoded(method, ended.message or b"", operation)
        except ValueError as error:
            outcome, message = Outcome.MALFORMED, f"not the message of this method: {error}"
    exchange = _exchange(method, request, ended, outcome)
    if outcome is Outcome.OK and not (ended.trailers or ended.headers):  # nearly every call: nothing to read
        return Reply(
            outcome=outcome, status=ended.status, value=value, message=message, exchanges=(exchange,)
        )
    trailers = HttpHeaders(ended.trailers)
    retry_after, refused = pushback_seconds(trailers.get("grpc-retry-pushback-ms") or None)
    return Reply(
        outcome=outcome,
        status=ended.status,
        value=value,
        message=message,
        exchanges=(exchange,),
        retry_after=retry_after,
        pushback_refused=refused,
        injected=injected_rule(trailers) or injected_rule(HttpHeaders(ended.headers)),
        details=_violations(trailers.get("x-error-details")),
    )


def _exchange(method: Method, request: WireRequest, ended: Finished, outcome: Outcome) -> Exchange:
    received = ended.message
    body = received or b""
    return Exchange(
        request=request,
        response=WireResponse(
            status=ended.status,
            headers=ended.headers,
            trailers=ended.trailers,
            body=body,
            written=_text(method, body) if outcome is Outcome.OK else "",
            media_type="application/grpc",
        ),
        phases=Phases(last_byte=ended.elapsed),
        bytes_up=0 if outcome is Outcome.REFUSED else len(request.body) + _FRAME,
        bytes_down=_received(received, outcome),
    )


def _text(method: Method, body: bytes) -> str | UnwrittenText:
    write = partial(_as_text, method, body)
    return UnwrittenText(write) if len(body) <= _SMALL else write()


def _as_text(method: Method, body: bytes) -> str:
    return sliced_json.dumps(decoded(method, body))


def _received(message: bytes | None, outcome: Outcome) -> int | None:
    """A status without a message travels in HTTP/2 headers, which cannot be seen; without a connection
    nothing came."""
    if message is None:
        return 0 if outcome is Outcome.REFUSED else None
    return len(message) + _FRAME


def _violations(text: str) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    try:
        return field_details(json.loads(text))
    except ValueError:
        return ()
