"""Commits the faults of the two HTTP lanes, between the server and the application.

It knows HTTP, and neither routes nor schemas: the lane says what a request asks for and how it refuses.
"""

from collections.abc import Callable, Iterable
from typing import Any

from backends.faults.broken import Drip, Ending, Hang, WholeAnswer, malformed, truncated
from backends.faults.engine import FaultEngine, Injection
from backends.faults.rules import STREAM, FaultKind
from backends.faults.streams import STREAM_KINDS
from backends.faults.wire import FAULT_HEADER, wire_name
from backends.http_server import WAIT, SocketTaken, WsgiApp

INJECTION = "trilane.injection"  # environ key of the injection, for applications that play their part in it

Environ = dict[str, Any]
Start = Callable[..., Any]
NameOf = Callable[[Environ], str | None]
Refuse = Callable[[Injection, Environ], WholeAnswer]


class FaultMiddleware:
    """Wraps one lane's application. Any worker thread; a healthy lane costs one look at an attribute."""

    def __init__(
        self, app: WsgiApp, faults: FaultEngine, lane: str, *, name_of: NameOf, refuse: Refuse
    ) -> None:
        """``name_of`` gives the operation of a request, None for what is never faulted."""
        self._app = app
        self._faults = faults
        self._lane = lane
        self._name_of = name_of
        self._refuse = refuse

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """Answer a request, or not. Raises SocketTaken when what follows is no HTTP answer."""
        if self._lane not in self._faults.active:
            return self._app(environ, start_response)
        operation = self._name_of(environ)
        if operation is None:
            return self._app(environ, start_response)
        injection = self._faults.decide(
            self._lane,
            operation,
            request_id=environ.get("HTTP_X_REQUEST_ID", ""),
            peer=f"{environ.get('REMOTE_ADDR', '')}:{environ.get('REMOTE_PORT', '')}",
        )
        if injection is None:
            return self._app(environ, start_response)
        environ[INJECTION] = injection
        return self._inject(injection, operation, environ, start_response)

    def _inject(
        self, injection: Injection, operation: str, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        if injection.delay and not environ[WAIT](injection.delay):
            raise SocketTaken(Ending())  # the server stops
        if operation == STREAM and injection.kind in STREAM_KINDS:
            return self._app(environ, start_response)  # the stream breaks by itself, in time
        named = (FAULT_HEADER, wire_name(injection.rule))
        match injection.kind:
            case FaultKind.ERROR | FaultKind.RATE_LIMIT if not injection.partial:
                answer = self._refuse(injection, environ)
                length = ("Content-Length", str(len(answer.body)))
                start_response(answer.status, [*answer.headers, named, length])
                return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body]
            case FaultKind.HANG:
                raise SocketTaken(Hang())
            case FaultKind.RESET:
                raise SocketTaken(Ending(reset=True))
            case FaultKind.EMPTY:
                raise SocketTaken(Ending())
            case FaultKind.TRUNCATE:
                raise SocketTaken(truncated(self._collect(environ, named)))
            case FaultKind.MALFORMED:
                raise SocketTaken(malformed(self._collect(environ, named)))
            case FaultKind.DRIP:
                raise SocketTaken(Drip(self._collect(environ, named), injection.bytes_per_second))
        return self._app(environ, _naming(start_response, named))

    def _collect(self, environ: Environ, named: tuple[str, str]) -> WholeAnswer:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            started.append((status, headers))

        parts = self._app(environ, start)
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = started[-1]
        return WholeAnswer(status, (*headers, named), body)


def _naming(start_response: Start, named: tuple[str, str]) -> Start:
    def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        return start_response(status, [*headers, named], *exc_info)

    return start
