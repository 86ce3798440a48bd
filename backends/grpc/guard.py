"""The interceptor around every method: token on writes, readable requests, errors as statuses.

It wraps a method's handler once and remembers it, so that a call pays for nothing but the checks.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import grpc

from backends.auth import Unauthenticated
from backends.grpc.errors import Failure, explain
from backends.grpc.reading import reader
from backends.shared import Opened

SERVICE = "products.ProductService"
WRITES = frozenset({"CreateProduct", "UpdateProduct", "DeleteProduct", "CreateOrder"})

_LATE = Failure(code=grpc.StatusCode.CANCELLED, message="the caller gave up before the call began")


class InFlight:
    """Counts the calls whose handlers run, so that a stop waits for them and for nothing else."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0

    def __enter__(self) -> None:
        with self._changed:
            self._running += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def wait_for_none(self, timeout: float) -> None:
        """Return when no handler runs, or after ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._running == 0, timeout)


class CallGuard(grpc.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """Innermost interceptor. Any handler thread."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self.in_flight = InFlight()
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "grpc.RpcMethodHandler[Any, Any] | None"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return the guarded handler of the method, or None for an unknown one."""
        path = handler_call_details.method
        known = self._wrapped.get(path)
        if known is not None:
            return known
        handler = continuation(handler_call_details)
        service, _, method = path.strip("/").partition("/")
        if handler is None or service != SERVICE:
            return handler
        self._wrapped[path] = self._wrap(handler, method)
        return self._wrapped[path]

    def _wrap(self, handler: Any, method: str) -> "grpc.RpcMethodHandler[Any, Any]":
        read, write = reader(handler.request_deserializer), handler.response_serializer
        if handler.response_streaming:
            stream = self._streaming(handler.unary_stream, method)
            return grpc.unary_stream_rpc_method_handler(stream, read, write)
        return grpc.unary_unary_rpc_method_handler(self._unary(handler.unary_unary, method), read, write)

    def _unary(self, behaviour: Callable[..., Any], method: str) -> Callable[..., Any]:
        def guarded(request: Any, context: grpc.ServicerContext) -> Any:
            if isinstance(request, Failure):  # it could not be read
                end(context, request)
            if not _is_awaited(context):
                end(context, _LATE)  # a write would surprise who gave up on it
            try:
                with self.in_flight:
                    self._check_token(method, context)
                    return behaviour(request, context)
            except Exception as error:  # noqa: BLE001  # a handler's boundary: nothing internal may leave
                failure = explain(error, method)
            end(context, failure)

        return guarded

    def _streaming(self, behaviour: Callable[..., Any], method: str) -> Callable[..., Any]:
        def guarded(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            if isinstance(request, Failure):  # it could not be read
                end(context, request)
            try:
                with self.in_flight:
                    yield from behaviour(request, context)
                return
            except Exception as error:  # noqa: BLE001  # a handler's boundary: nothing internal may leave
                failure = explain(error, method)
            end(context, failure)

        pool = getattr(behaviour, "experimental_thread_pool", None)
        if pool is not None:
            guarded.experimental_thread_pool = pool  # type: ignore[attr-defined]  # grpcio looks for it here
        return guarded

    def _check_token(self, method: str, context: grpc.ServicerContext) -> None:
        if method in WRITES and not self._opened.settings.open_writes:
            given = [value for name, value in context.invocation_metadata() if name == "authorization"]
            if len(given) > 1:  # which of them would count is anybody's guess
                raise Unauthenticated("authorization is given more than once")
            self._opened.auth.verify_header(str(given[0]) if given else None)


def _is_awaited(context: grpc.ServicerContext) -> bool:
    """Whether the caller still waits. The clock is asked too: the core may be late to notice a deadline."""
    left = context.time_remaining()
    return context.is_active() and (left is None or left > 0)


def metadata_value(context: grpc.ServicerContext, key: str) -> str | None:
    """The first value of a metadata key, or None."""
    for name, value in context.invocation_metadata():
        if name == key and isinstance(value, str):
            return value
    return None


def end(context: grpc.ServicerContext, failure: Failure) -> NoReturn:
    """End the call with a status."""
    if failure.trailers:
        context.set_trailing_metadata((*(context.trailing_metadata() or ()), *failure.trailers))
    context.abort(failure.code, failure.message)
    raise AssertionError("abort returns never")
