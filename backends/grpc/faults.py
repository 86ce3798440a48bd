"""The outermost interceptor: commits the faults of the gRPC lane.

Which fault fires is decided when the call arrives. A faulty call runs on a thread of its own, so that calls
that hang take no handler from healthy ones; a healthy call costs one look at an attribute.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import grpc

from backends.faults import FaultEngine, FaultKind, Injection
from backends.faults.rules import STREAM
from backends.faults.streams import LONGEST_HANG, STREAM_KINDS, StreamPlan
from backends.faults.wire import FAULT_KEY, REQUEST_ID_KEY, wire_name
from backends.grpc import tcp
from backends.grpc.errors import PUSHBACK_KEY
from backends.grpc.streams import StreamThreads
from backends.grpc.waiting import Waits

_PREFIX = "/products.ProductService/"
_OPERATIONS = {
    "GetProduct": "get-product",
    "ListProducts": "list-products",
    "CreateProduct": "create-product",
    "UpdateProduct": "patch-product",  # also what the program calls replacing
    "DeleteProduct": "delete-product",
    "GetOrder": "get-order",
    "CreateOrder": "create-order",
    "Login": "login",
    "Limited": "limited",
    "StreamOrders": STREAM,
}
# A client whose connection dies drops the messages that it has received and not yet handed out.
_SETTLE_SECONDS = 0.02
_SECONDS_TO_BREAK = 1.0  # how long a client may take to give up on bytes that are no HTTP/2
# Their callers may give up before the trailers come. Not the rest: a connection that was lost before anything
# came is told by just that.
_NAMED_EARLY = frozenset({None, FaultKind.HANG, FaultKind.DRIP})

Handler = Any  # grpc.RpcMethodHandler, whose stubs leave out what it is made of


class FaultInterceptor(grpc.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Wraps the handler of a call that is to fail. Runs on grpcio's own thread, handlers on theirs."""

    def __init__(self, faults: FaultEngine, threads: StreamThreads) -> None:
        self._faults = faults
        self._threads = threads
        self.waits = Waits()
        self.port = 0  # the server's, known once it is bound

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """The handler itself, or the same with an injected fault."""
        handler = continuation(handler_call_details)
        if "grpc" not in self._faults.active or handler is None:
            return handler
        operation = _OPERATIONS.get(handler_call_details.method.removeprefix(_PREFIX))
        if operation is None:
            return handler
        request_id = dict(handler_call_details.invocation_metadata or ()).get(REQUEST_ID_KEY, "")
        injection = self._faults.decide("grpc", operation, request_id=str(request_id))
        return handler if injection is None else self._faulty(handler, injection)

    def _faulty(self, handler: Handler, injection: Injection) -> Handler:
        call = FaultyCall(injection, self.waits, self.port)
        reader, writer = handler.request_deserializer, handler.response_serializer
        if handler.response_streaming:

            def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
                return call.stream(handler.unary_stream, request, context)

            stream.experimental_thread_pool = self._threads  # type: ignore[attr-defined]  # grpcio looks for it
            return grpc.unary_stream_rpc_method_handler(stream, reader, writer)

        def unary(request: Any, context: grpc.ServicerContext) -> Any:
            return call.unary(handler.unary_unary, request, context)

        def write(message: Any) -> bytes:
            return message if isinstance(message, bytes) else writer(message)

        unary.experimental_thread_pool = self._threads  # type: ignore[attr-defined]  # grpcio looks for it here
        return grpc.unary_unary_rpc_method_handler(unary, reader, write)


class FaultyCall:
    """One call with its injection. Used by the thread of the call."""

    def __init__(self, injection: Injection, waits: Waits, port: int) -> None:
        self._injection = injection
        self._waits = waits
        self._port = port
        self._named = (FAULT_KEY, wire_name(injection.rule))

    def unary(self, behaviour: Callable[..., Any], request: Any, context: grpc.ServicerContext) -> Any:
        """Answer a unary call, or not. Bytes are a message that is not to be encoded."""
        if self._injection.kind in _NAMED_EARLY:
            context.send_initial_metadata((self._named,))
        self._begin(context)
        if self._injection.kind is FaultKind.EMPTY:
            return b""
        self._fail(context)
        answer = behaviour(request, context)
        if self._injection.kind is FaultKind.DRIP:
            # The core writes to the socket, not we: the answer is held as long as the drip would take.
            self._wait(answer.ByteSize() / self._injection.bytes_per_second, context)
        return answer

    def stream(
        self, behaviour: Callable[..., Any], request: Any, context: grpc.ServicerContext
    ) -> Iterator[Any]:
        """Answer a streaming call, message by message."""
        context.send_initial_metadata((self._named,))
        self._begin(context)
        plan = StreamPlan(self._injection)
        if self._injection.kind is FaultKind.EMPTY:
            return
        if self._injection.kind not in STREAM_KINDS or plan.breaks(0):
            self._fail(context)
        for sent, message in enumerate(behaviour(request, context)):
            self._wait(plan.pause(sent, message.ByteSize()), context)
            yield message
            if plan.breaks(sent + 1):
                self._wait(_SETTLE_SECONDS, context)
                self._fail(context)

    def _begin(self, context: grpc.ServicerContext) -> None:
        context.set_trailing_metadata((self._named,))
        if self._injection.delay:
            self._wait(self._injection.delay, context)

    def _wait(self, seconds: float, context: grpc.ServicerContext) -> None:
        if seconds > 0 and not self._waits.wait(seconds, context):
            self._end(context, grpc.StatusCode.UNAVAILABLE, "interrupted while a fault held the call")

    def _fail(self, context: grpc.ServicerContext) -> None:
        """End the call in the way of its fault; return for kinds that let it go on."""
        injection = self._injection
        match injection.kind:
            case FaultKind.ERROR | FaultKind.ABORT:
                self._end(context, grpc.StatusCode[injection.code])
            case FaultKind.RATE_LIMIT:
                self._end(context, grpc.StatusCode.RESOURCE_EXHAUSTED)
            case FaultKind.HANG | FaultKind.STALL:
                self._wait(LONGEST_HANG, context)
                self._end(context, grpc.StatusCode.UNAVAILABLE)
            case FaultKind.RESET:
                self._cut(context)
            case FaultKind.TRUNCATE:
                tcp.write_raw(context.peer(), self._port, tcp.HALF_FRAME)
                self._cut(context)
            case FaultKind.MALFORMED:
                if tcp.write_raw(context.peer(), self._port, tcp.NO_FRAME):
                    self._waits.wait(_SECONDS_TO_BREAK, context)
                self._cut(context)

    def _cut(self, context: grpc.ServicerContext) -> NoReturn:
        # Where the connection cannot be reached, the status is the next best thing.
        if context.is_active():
            tcp.reset(context.peer(), self._port)
        self._end(context, grpc.StatusCode.UNAVAILABLE)

    def _end(self, context: grpc.ServicerContext, code: grpc.StatusCode, message: str = "") -> NoReturn:
        retry_after = self._injection.retry_after
        pushback = () if retry_after is None else ((PUSHBACK_KEY, str(round(retry_after * 1000))),)
        context.set_trailing_metadata((self._named, *pushback))
        context.abort(code, message or f"injected fault: {self._injection.rule}")
        raise AssertionError("abort returns never")
