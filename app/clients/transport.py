"""One HTTP exchange for the REST and the GraphQL lane: a requests adapter over the instrumented connection.

Foreign exceptions end here. They are explained by what the wire saw, not by which library class was raised:
requests wraps one cause in several classes, and one class around several causes.
"""

import http.client
import zlib
from collections.abc import Iterator
from dataclasses import field, replace
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict

from app.clients.causes import explain
from app.clients.http_head import Head, host_field, write_head
from app.clients.outcomes import HttpHeaders, injected_rule
from app.clients.wire import Beginning, Transfer, Transferring, TransferStoppedError
from app.clients.wire_connection import QuickAnswer, WirePool
from app.domain.cancel import CancelToken
from app.domain.errors import AttemptFailed, Cancelled, InvalidInput
from app.domain.results import Exchange, Headers, Phases, Reply, WireRequest, WireResponse
from app.domain.values import dataclass

POOL_SIZE = 256  # kept connections; more calls than that at once work too, but connect anew
FOREIGN = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,  # http.client's word for a header or URL that it will not send
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request to be sent as it stands; ``target`` is path and query, already percent-encoded."""

    method: str
    target: str
    headers: Headers
    body: bytes | None = None
    text: str = ""  # readable form of the body
    # What it becomes for a server, by base URL: who sends one object often pays for that once. Any thread.
    forms: dict[str, "Prepared"] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole response. ``body`` is decoded (gzip and the like), the exchange keeps it as received."""

    status: int
    body: bytes
    headers: HttpHeaders
    exchange: Exchange


class Prepared(requests.PreparedRequest):
    """A request for one server. Once made it is only read, by any thread."""

    method: str
    body: bytes | None
    head: bytes | None  # as it goes on the wire, when that is known: the request is a usual one
    typed: WireRequest
    usual: WireRequest | None  # with ``head``

    def __init__(self, request: HttpRequest, base_url: str, host: str) -> None:
        super().__init__()
        self.method = request.method
        self.url = base_url + request.target
        self.body = request.body
        # Not requests' own dictionary: that one cannot hold a header twice.
        self.headers = HTTPHeaderDict(request.headers)  # type: ignore[assignment]
        self.head = write_head(request.method, request.target, host, request.headers, request.body)
        self.typed = WireRequest(
            start=f"{request.method} {request.target}",
            target=self.url,
            headers=request.headers,
            body=request.body or b"",
            text=request.text,
        )
        self.usual = None if self.head is None else _with_head(self.typed, self.head)

    def as_sent(self, head: bytes) -> WireRequest:
        """The request with the head that went out; as typed when none did."""
        if self.usual is not None and head == self.head:
            return self.usual
        return _with_head(self.typed, head) if head else self.typed


class WireAdapter(HTTPAdapter):
    """The requests adapter of one server. It cannot be led to another one, by redirect or by proxy.

    There is no session above it: environment, cookies, hooks and redirects are what a session adds, and what
    is sent here is what the draft says.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._pool = WirePool(host, port, maxsize=POOL_SIZE, block=False)

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, *given: Any, **named: Any
    ) -> requests.Response:
        """Send, and read up to the end of the head; the body is to be read from ``raw``.

        A usual request goes the short way, unless its answer is a ``stream``, to be read while it comes.
        """
        if stream or not isinstance(request, Prepared) or request.head is None:
            return super().send(request, True, *given, **named)
        return self.build_response(request, self._pool.ask(request.method, request.head, request.body))

    def get_connection_with_tls_context(self, *_args: Any, **_kwargs: Any) -> WirePool:
        """The one pool."""
        return self._pool

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """What came, and no more: the headers are read where they came in, and cookies are not kept."""
        response = requests.Response()
        response.raw = resp
        return response

    def close(self) -> None:
        """Close every kept connection."""
        self._pool.close()
        super().close()


class HttpTransport:
    """Sends requests to one server and measures them. Thread-safe."""

    def __init__(self, base_url: str) -> None:
        """``base_url`` is ``http://host:port``; raises InvalidInput for anything else."""
        parts = urlsplit(base_url)
        if parts.scheme != "http" or not parts.hostname:
            raise InvalidInput("address", f"{base_url!r} is not an http:// address")
        self.base_url = f"http://{parts.netloc}"
        self._host = host_field(parts.hostname, parts.port or 80)
        self._adapter = WireAdapter(parts.hostname, parts.port or 80)

    def exchange(
        self, request: HttpRequest, *, deadline: float | None, cancel: CancelToken | None
    ) -> HttpAnswer:
        """One round trip, whatever the status. ``deadline`` is a perf_counter time.

        Raises AttemptFailed when no whole response came, Cancelled when the token was.
        """
        transfer = Transfer(deadline)
        received = _Received(self._prepared(request))
        forget = None if cancel is None else cancel.on_cancel(transfer.cancel)
        try:
            with Transferring(transfer):
                if transfer.cancelled:
                    raise TransferStoppedError("cancelled before it was sent")
                transfer.remaining()
                self._perform(received)
        except FOREIGN as error:
            if transfer.cancelled:
                raise Cancelled("cancelled by the caller") from error
            raise AttemptFailed(_failure(self.base_url, transfer, received, error)) from error
        finally:
            if forget is not None:
                forget()
        return _answer(transfer, received)

    def begin(self, request: HttpRequest, transfer: Transfer) -> "HttpBeginning":
        """Send ``request`` and read the head of its answer; the body is the caller's to read.

        The caller also cancels and releases ``transfer``. Raises AttemptFailed, Cancelled.
        """
        received = _Received(self._prepared(request))
        try:
            with Beginning(transfer):
                transfer.remaining()
                raw = self._adapter.send(received.request, stream=True, verify=False).raw
        except FOREIGN as error:
            transfer.release()
            if transfer.cancelled:
                raise Cancelled("cancelled by the caller") from error
            raise AttemptFailed(_failure(self.base_url, transfer, received, error)) from error
        received.take_head(raw)
        return HttpBeginning(self.base_url, transfer, received, raw)

    def close(self) -> None:
        """Close every kept connection."""
        self._adapter.close()

    def _prepared(self, request: HttpRequest) -> Prepared:
        form = request.forms.get(self.base_url)
        if form is None:
            form = request.forms[self.base_url] = Prepared(request, self.base_url, self._host)
        return form

    def _perform(self, received: "_Received") -> None:
        raw = self._adapter.send(received.request, verify=False).raw
        try:
            received.take_head(raw)
            received.body = raw.read(decode_content=False)
        except BaseException:
            raw.close()
            raise
        raw.release_conn()


class HttpBeginning:
    """An answer whose head is there. Used by one thread."""

    def __init__(self, base_url: str, transfer: Transfer, received: "_Received", raw: Any) -> None:
        self._base_url = base_url
        self._transfer = transfer
        self._received = received
        self._raw = raw

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._received.head.status

    @property
    def status_line(self) -> str:
        """The status with its words: "200 OK"."""
        return self._received.head.status_line

    @property
    def headers(self) -> HttpHeaders:
        """The headers."""
        return self._received.head.headers

    def chunks(self) -> Iterator[bytes]:
        """The body as the server wrote it, piece by piece. Raises FOREIGN."""
        if self._raw.chunked:
            yield from self._raw.read_chunked()
            return
        while piece := self._raw.read1(65_536):
            yield piece

    def whole(self) -> HttpAnswer:
        """Read the rest. Raises AttemptFailed when it does not come, Cancelled."""
        received = self._received
        try:
            received.body = self._raw.read(decode_content=False)
        except FOREIGN as error:
            if self._transfer.cancelled:
                raise Cancelled("cancelled by the caller") from error
            raise AttemptFailed(_failure(self._base_url, self._transfer, received, error)) from error
        return _answer(self._transfer, received)

    def close(self) -> None:
        """Let go of the connection."""
        self._transfer.release()
        self._raw.close()


_NO_HEAD = Head(0, "", (), HttpHeaders(()))


class _Received:
    """What has come in so far, so that a failure halfway can show it."""

    __slots__ = ("body", "head", "request")

    def __init__(self, request: Prepared) -> None:
        self.request = request
        self.head = _NO_HEAD
        self.body = b""

    def take_head(self, raw: Any) -> None:
        if isinstance(raw, QuickAnswer):
            self.head = raw.head
            return
        fields = tuple(raw.headers.items())
        self.head = Head(raw.status, raw.reason or "", fields, HttpHeaders(fields))

    def decoded(self) -> bytes:
        if self.head.headers.get("content-encoding").lower() not in {"gzip", "x-gzip", "deflate"}:
            return self.body
        try:
            return zlib.decompress(self.body, zlib.MAX_WBITS | 32)
        except zlib.error:
            return self.body


def _answer(transfer: Transfer, received: _Received) -> HttpAnswer:
    body = received.decoded()
    return HttpAnswer(
        status=received.head.status,
        body=body,
        headers=received.head.headers,
        exchange=_exchange(transfer, received, body),
    )


def _exchange(transfer: Transfer, received: _Received, body: bytes) -> Exchange:
    return Exchange(
        request=received.request.as_sent(transfer.head),
        response=_response(received, body) if received.head.status else None,
        phases=_phases(transfer),
        bytes_up=transfer.bytes_up,
        bytes_down=transfer.bytes_down,
        reused=transfer.reused,
    )


def _with_head(typed: WireRequest, head: bytes) -> WireRequest:
    lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines[1:] if line)
    headers = tuple((name, value) for name, _, value in pairs)
    return replace(typed, start=lines[0].removesuffix(" HTTP/1.1"), headers=headers)


def _response(received: _Received, body: bytes) -> WireResponse:
    head = received.head
    return WireResponse(
        status=head.status_line,
        headers=head.fields,
        body=received.body,
        written=body.decode("utf-8", "replace"),
        media_type=head.headers.get("content-type").partition(";")[0].strip(),
    )


def _phases(transfer: Transfer) -> Phases:
    start, connected, first, last = (
        transfer.started,
        transfer.connected,
        transfer.first_byte,
        transfer.last_byte,
    )
    return Phases(
        queued=None if transfer.queued is None else transfer.queued - start,
        connected=None if connected is None else connected - start,
        sent=None if transfer.sent is None else transfer.sent - start,
        first_byte=None if first is None else first - start,
        last_byte=None if last is None else last - start,
    )


def _failure(base_url: str, transfer: Transfer, received: _Received, error: Exception) -> Reply:
    outcome, message = explain(transfer, error, base_url)
    head = received.head
    return Reply(
        outcome=outcome,
        status=head.status_line if head.status else "",
        message=message,
        exchanges=(_exchange(transfer, received, received.decoded()),),
        injected=injected_rule(head.headers),
    )
