"""The REST lane: requests over the instrumented connection. Order with products is 1 + N exchanges."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from app.clients import checks
from app.clients.parameters import typed_parameters
from app.clients.rest_decode import product_ids, rest_reply, with_products
from app.clients.rest_drafts import login_draft, rest_draft
from app.clients.transport import HttpRequest, HttpTransport
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft, RestDraft
from app.domain.errors import AttemptFailed, InvalidInput
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Headers, Outcome, Reply

USER_AGENT = "trilane"
_ORDERS = frozenset({OperationId.GET_ORDER, OperationId.CREATE_ORDER})
_KEPT_LENGTH = 16_384  # characters; a longer body is not worth the memory
_FIRST_ONLY = ("content-", "if-", "idempotency-key", "transfer-encoding", "expect", "range")


class RestClient:
    """Sends REST drafts to one server. Thread-safe."""

    lane = Lane.REST

    def __init__(self, base_url: str) -> None:
        """``base_url`` is ``http://host:port``; raises InvalidInput for anything else."""
        self._transport = HttpTransport(base_url)

    def draft(
        self,
        operation: OperationId,
        params: Mapping[str, str],
        fields: Sequence[str] = (),
        *,
        token: str | None = None,
    ) -> Draft:
        """The request for ``operation``. ``fields`` cannot be said in REST. Raises InvalidInput."""
        return rest_draft(operation, typed_parameters(operation, params), token)

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
        """Send the draft, then what it lists to follow. Raises AttemptFailed, Cancelled."""
        deadline = None if timeout is None else time.perf_counter() + timeout
        if cancel is not None:
            cancel.raise_if_cancelled()
        if not isinstance(draft, RestDraft):
            raise InvalidInput("draft", "is not a REST request")
        is_kept = operation is not None and len(draft.body) <= _KEPT_LENGTH
        write = _kept_request if is_kept and not (idempotency_key or request_id) else http_request
        request = checks.or_invalid(write, draft, idempotency_key, request_id)
        reply = self._exchange(request, operation, draft.path, deadline, cancel)
        if draft.follow and operation in _ORDERS:
            return self._follow(draft, reply, deadline, cancel, request_id)
        return reply

    def log_in(
        self, email: str, password: str, expires_in: int | None, *, timeout: float | None = 5.0
    ) -> Reply:
        """Ask for a token. Raises AttemptFailed."""
        return self.send(login_draft(email, password, expires_in), None, timeout=timeout)

    def close(self) -> None:
        """Close every kept connection."""
        self._transport.close()

    def _exchange(
        self,
        request: HttpRequest,
        operation: OperationId | None,
        path: str,
        deadline: float | None,
        cancel: CancelToken | None,
    ) -> Reply:
        answer = self._transport.exchange(request, deadline=deadline, cancel=cancel)
        reply = rest_reply(operation, path, answer)
        if reply.outcome is not Outcome.OK:
            raise AttemptFailed(reply)
        return reply

    def _follow(
        self,
        draft: RestDraft,
        first: Reply,
        deadline: float | None,
        cancel: CancelToken | None,
        request_id: str | None,
    ) -> Reply:
        """Fetch each product that the order names, one after the other on the kept connection."""
        exchanges = first.exchanges
        products: dict[str, Any] = {}
        for product_id in product_ids(first.value):
            request = checks.or_invalid(_follow_request, draft, product_id, request_id)
            try:
                reply = self._exchange(request, OperationId.GET_PRODUCT, request.target, deadline, cancel)
            except AttemptFailed as failed:
                raise AttemptFailed(
                    replace(failed.reply, exchanges=exchanges + failed.reply.exchanges)
                ) from failed
            exchanges += reply.exchanges
            products[product_id] = reply.value
        value = with_products(first.value, products) if products else first.value
        return replace(first, value=value, exchanges=exchanges)


def http_request(draft: RestDraft, idempotency_key: str | None, request_id: str | None = None) -> HttpRequest:
    """The draft as it goes on the wire. Raises InvalidInput for what HTTP cannot carry or broken JSON."""
    headers = checks.http_headers(draft.headers)
    body = checks.utf8("body", draft.body) if draft.body else None
    if body is not None and _is_json(headers):
        checks.json_text("body", draft.body)
    return HttpRequest(
        method=checks.http_method(draft.method),
        target=checks.http_target(draft.path, draft.query),
        headers=completed(headers, body, idempotency_key, request_id),
        body=body,
        text=draft.body,
    )


_kept_request = lru_cache(maxsize=64)(http_request)


def completed(
    headers: Headers, body: bytes | None, idempotency_key: str | None, request_id: str | None = None
) -> Headers:
    """The headers with what HTTP and the call need, unless a person typed it."""
    added: list[tuple[str, str]] = []
    if not checks.has_header(headers, "user-agent"):
        added.append(("User-Agent", USER_AGENT))
    if idempotency_key and not checks.has_header(headers, "idempotency-key"):
        added.append(("Idempotency-Key", idempotency_key))
    if request_id and not checks.has_header(headers, "x-request-id"):
        added.append(("X-Request-Id", request_id))
    framed = checks.has_header(headers, "content-length") or checks.has_header(headers, "transfer-encoding")
    if body is not None and not framed:
        added.append(("Content-Length", str(len(body))))
    return headers + tuple(added)


def _is_json(headers: Headers) -> bool:
    kinds = [value for name, value in headers if name.lower() == "content-type"]
    return not kinds or any("json" in kind.lower() for kind in kinds)


def _follow_request(draft: RestDraft, product_id: str, request_id: str | None) -> HttpRequest:
    method, _, path = draft.follow[0].partition(" ")
    headers = tuple(
        (name, value) for name, value in draft.headers if not name.lower().startswith(_FIRST_ONLY)
    )
    return HttpRequest(
        method=checks.http_method(method),
        target=checks.http_target(path.replace("{product_id}", quote(product_id, safe="")), ()),
        headers=completed(headers, None, None, request_id),
    )
