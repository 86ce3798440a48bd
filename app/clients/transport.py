"""One HTTP exchange for the REST and the GraphQL lane: a requests adapter over the instrumented connection.

Foreign exceptions end here. They are explained by what the wire saw, not by which library class was raised:
requests wraps one cause in several classes, and one class around several causes.
"""

import http.client
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict

from app.clients.outcomes import HttpHeaders, injected_rule
from app.clients.wire import Transfer, TransferStoppedError, WirePool, beginning, transferring
from app.domain.cancel import CancelToken
from app.domain.errors import AttemptFailed, Cancelled, InvalidInput
from app.domain.results import Exchange, Headers, Outcome, Phases, Reply, WireRequest, WireResponse
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


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole response. ``body`` is decoded (gzip and the like), the exchange keeps it as received."""

    status: int
    body: bytes
    headers: HttpHeaders
    exchange: Exchange


class WireAdapter(HTTPAdapter):
    """The requests adapter of one server. It cannot be led to another one, by redirect or by proxy.

    There is no session above it: environment, cookies, hooks and redirects are what a session adds, and what
    is sent here is what the draft says.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._pool = WirePool(host, port, maxsize=POOL_SIZE, block=False)

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
        self._adapter = WireAdapter(parts.hostname, parts.port or 80)

    def exchange(
        self, request: HttpRequest, *, deadline: float | None, cancel: CancelToken | None
    ) -> HttpAnswer:
        """One round trip, whatever the status. ``deadline`` is a perf_counter time.

        Raises AttemptFailed when no whole response came, Cancelled when the token was.
        """
        transfer = Transfer(deadline)
        received = _Received()
        try:
            with _cancellable(transfer, cancel), transferring(transfer):
                transfer.remaining()
                self._perform(request, received)
        except FOREIGN as error:
            if transfer.cancelled:
                raise Cancelled("cancelled by the caller") from error
            raise AttemptFailed(_failure(request, self.base_url, transfer, received, error)) from error
        return HttpAnswer(
            status=received.status,
            body=received.decoded(),
            headers=HttpHeaders(received.headers),
            exchange=_exchange(request, self.base_url, transfer, received),
        )

    def begin(self, request: HttpRequest, transfer: Transfer) -> "HttpBeginning":
        """Send ``request`` and read the head of its answer; the body is the caller's to read.

        The caller also cancels and releases ``transfer``. Raises AttemptFailed, Cancelled.
        """
        received = _Received()
        try:
            with beginning(transfer):
                transfer.remaining()
                raw = self._send(request)
        except FOREIGN as error:
            transfer.release()
            if transfer.cancelled:
                raise Cancelled("cancelled by the caller") from error
            raise AttemptFailed(_failure(request, self.base_url, transfer, received, error)) from error
        received.take_head(raw)
        return HttpBeginning(request, self.base_url, transfer, received, raw)

    def close(self) -> None:
        """Close every kept connection."""
        self._adapter.close()

    def _perform(self, request: HttpRequest, received: "_Received") -> None:
        raw = self._send(request)
        try:
            received.take_head(raw)
            received.body = raw.read(decode_content=False)
        except BaseException:
            raw.close()
            raise
        raw.release_conn()

    def _send(self, request: HttpRequest) -> Any:
        """The answer as urllib3 has it, read up to the end of its head."""
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = self.base_url + request.target
        prepared.body = request.body
        # Not requests' own dictionary: that one cannot hold a header twice.
        prepared.headers = HTTPHeaderDict(request.headers)  # type: ignore[assignment]
        return self._adapter.send(prepared, stream=True, verify=False).raw


class HttpBeginning:
    """An answer whose head is there. Used by one thread."""

    def __init__(
        self, request: HttpRequest, base_url: str, transfer: Transfer, received: "_Received", raw: Any
    ) -> None:
        self._request = request
        self._base_url = base_url
        self._transfer = transfer
        self._received = received
        self._raw = raw

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._received.status

    @property
    def status_line(self) -> str:
        """The status with its words: "200 OK"."""
        return self._received.status_line

    @property
    def headers(self) -> HttpHeaders:
        """The headers."""
        return HttpHeaders(self._received.headers)

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
            reply = _failure(self._request, self._base_url, self._transfer, received, error)
            raise AttemptFailed(reply) from error
        return HttpAnswer(
            status=received.status,
            body=received.decoded(),
            headers=self.headers,
            exchange=_exchange(self._request, self._base_url, self._transfer, received),
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._transfer.release()
        self._raw.close()


class _Received:
    """What has come in so far, so that a failure halfway can show it."""

    __slots__ = ("body", "headers", "reason", "status")

    def __init__(self) -> None:
        self.status = 0
        self.reason = ""
        self.headers: Headers = ()
        self.body = b""

    def take_head(self, raw: Any) -> None:
        self.status = raw.status
        self.reason = raw.reason or ""
        self.headers = tuple(raw.headers.items())

    @property
    def status_line(self) -> str:
        return f"{self.status} {self.reason}".rstrip() if self.status else ""

    def decoded(self) -> bytes:
        coding = next((value for name, value in self.headers if name.lower() == "content-encoding"), "")
        if coding.lower() not in {"gzip", "x-gzip", "deflate"}:
            return self.body
        try:
            return zlib.decompress(self.body, zlib.MAX_WBITS | 32)
        except zlib.error:
            return self.body


@contextmanager
def _cancellable(transfer: Transfer, cancel: CancelToken | None) -> Iterator[None]:
    if cancel is None:
        yield
        return
    forget = cancel.on_cancel(transfer.cancel)
    try:
        if transfer.cancelled:
            raise TransferStoppedError("cancelled before it was sent")
        yield
    finally:
        forget()


def _exchange(request: HttpRequest, base_url: str, transfer: Transfer, received: _Received) -> Exchange:
    start, headers = _as_sent(request, transfer.head)
    return Exchange(
        request=WireRequest(
            start=start,
            target=base_url + request.target,
            headers=headers,
            body=request.body or b"",
            text=request.text,
        ),
        response=_response(received) if received.status else None,
        phases=_phases(transfer),
        bytes_up=transfer.bytes_up,
        bytes_down=transfer.bytes_down,
        reused=transfer.reused,
    )


def _as_sent(request: HttpRequest, head: bytes) -> tuple[str, Headers]:
    """Start line and headers from the bytes that went out; from the request when none did."""
    if not head:
        return f"{request.method} {request.target}", request.headers
    lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines[1:] if line)
    return lines[0].removesuffix(" HTTP/1.1"), tuple((name, value) for name, _, value in pairs)


def _response(received: _Received) -> WireResponse:
    headers = HttpHeaders(received.headers)
    return WireResponse(
        status=received.status_line,
        headers=received.headers,
        body=received.body,
        written=received.decoded().decode("utf-8", "replace"),
        media_type=headers.get("content-type").partition(";")[0].strip(),
    )


def _phases(transfer: Transfer) -> Phases:
    def since(moment: float | None) -> float | None:
        return None if moment is None else moment - transfer.started

    return Phases(
        queued=since(transfer.queued),
        connected=since(transfer.connected),
        sent=since(transfer.sent),
        first_byte=since(transfer.first_byte),
        last_byte=since(transfer.last_byte),
    )


def _failure(
    request: HttpRequest, base_url: str, transfer: Transfer, received: _Received, error: Exception
) -> Reply:
    outcome, message = explain(transfer, error, base_url)
    headers = HttpHeaders(received.headers)
    return Reply(
        outcome=outcome,
        status=received.status_line,
        message=message,
        exchanges=(_exchange(request, base_url, transfer, received),),
        injected=injected_rule(headers),
    )


def explain(transfer: Transfer, error: Exception, base_url: str) -> tuple[Outcome, str]:
    """What happened, from the state of the wire. The order matters: the first that holds is the cause."""
    chain = tuple(_chain(error))
    system = next((link for link in chain if isinstance(link, OSError) and link.errno), None)
    words = os.strerror(system.errno) if system is not None and system.errno else str(chain[-1])
    if transfer.timed_out:
        waited = time.perf_counter() - transfer.started
        return Outcome.TIMEOUT, f"no whole answer within {waited:.2f} s"
    if transfer.queued is None or (isinstance(error, ValueError) and transfer.bytes_up == 0):
        return Outcome.INVALID, f"cannot be sent: {error}"
    if transfer.first_byte is None:
        return _without_answer(transfer, words, urlsplit(base_url).netloc, reset=system is not None)
    if system is not None:
        return Outcome.RESET, f"connection lost in the middle of the answer: {words}"
    if transfer.saw_end:
        return Outcome.RESET, f"the answer ended early, after {transfer.bytes_down} bytes"
    return Outcome.MALFORMED, f"not an HTTP answer: {words}"


def _without_answer(transfer: Transfer, words: str, address: str, *, reset: bool) -> tuple[Outcome, str]:
    if transfer.connected is None and not transfer.reused:
        return Outcome.REFUSED, f"cannot connect to {address}: {words}"
    if not transfer.complete:
        return Outcome.REFUSED, f"connection lost before the request was sent: {words}"
    how = "reset" if reset else "closed"
    return Outcome.RESET, f"the server {how} the connection without an answer"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies under it; the innermost comes last. urllib3 hides causes in ``args``."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        inner = next((arg for arg in link.args if isinstance(arg, BaseException)), None)
        reason = getattr(link, "reason", None)
        if inner is None and isinstance(reason, BaseException):
            inner = reason
        link = inner or link.__cause__ or link.__context__
