"""The gRPC backend: threaded server, health, reflection, and an orderly end."""

import errno
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

from backends.addresses import bracketed, not_bound
from backends.grpc.faults import FaultInterceptor
from backends.grpc.guard import SERVICE, CallGuard
from backends.grpc.servicer import ProductServicer
from backends.grpc.streams import OrderStreams, StreamThreads
from backends.shared import Shared

MAX_MESSAGE_BYTES = 1024 * 1024
HANDLERS = 32  # threads for unary calls, started as needed
_FLUSH_SECONDS = 0.1  # for answers that are on their way
_OPTIONS = (
    ("grpc.so_reuseport", 0),  # with it, two servers would share a port instead of one failing
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", 16 * 1024),
)


class GrpcBackend:
    """Owns the server. `serve` blocks; `shutdown` is for any thread."""

    name = "grpc"

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._stop = threading.Event()
        self._grace = 1.0

    def serve(self, on_ready: Callable[[Mapping[str, str]], None]) -> None:
        """Bind, tell the address, serve until `shutdown`."""
        opened = self._shared.open(self.name)
        handlers = futures.ThreadPoolExecutor(HANDLERS, thread_name_prefix="grpc")
        threads = StreamThreads("grpc-stream")
        streams = OrderStreams(opened.feed, threads)
        healthy = health.HealthServicer()
        try:
            guard, faults = CallGuard(opened), FaultInterceptor(opened.faults, threads)
            servicer = ProductServicer(opened, streams)
            server = self._build([faults, guard], handlers, threads, servicer, healthy)
            port = faults.port = self._bind(server)
            server.start()
            try:
                on_ready({"grpc": f"{bracketed(opened.settings.host)}:{port}"})
                self._stop.wait()
            finally:
                healthy.enter_graceful_shutdown()
                faults.waits.stop()
                streams.stop()
                self._stop_server(server, guard)
        finally:
            handlers.shutdown()
            threads.shutdown()

    def _build(
        self,
        interceptors: list[grpc.ServerInterceptor],  # type: ignore[type-arg]  # generic in the stubs only
        handlers: futures.ThreadPoolExecutor,
        threads: StreamThreads,
        servicer: ProductServicer,
        healthy: health.HealthServicer,
    ) -> grpc.Server:
        server = grpc.server(handlers, interceptors=interceptors, options=_OPTIONS)
        pb_grpc.add_ProductServiceServicer_to_server(  # type: ignore[no-untyped-call]  # generated code
            servicer, server
        )
        health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
        for service in ("", SERVICE):
            healthy.set(service, health_pb2.HealthCheckResponse.SERVING)
        _add_reflection(server, threads)
        return server

    def _stop_server(self, server: grpc.Server, guard: CallGuard) -> None:
        # server.stop alone would wait its whole grace for a stream of health or reflection, and for a
        # client that is connected and says nothing.
        server.stop(self._grace)
        guard.in_flight.wait_for_none(self._grace)
        server.stop(min(self._grace, _FLUSH_SECONDS)).wait()

    def _bind(self, server: grpc.Server) -> int:
        settings = self._shared.settings
        address = f"{bracketed(settings.host)}:{settings.grpc_port}"
        _check_free(settings.host, settings.grpc_port)
        try:
            return server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(errno.EADDRNOTAVAIL, f"cannot listen on {address}: {error}") from error

    def shutdown(self, grace: float = 1.0) -> None:
        """End streams, give running calls ``grace`` seconds, stop."""
        self._grace = grace
        self._stop.set()


def _add_reflection(server: grpc.Server, threads: StreamThreads) -> None:
    """Reflection is a stream too: on the streams' threads it cannot use up the handlers of unary calls."""
    service = pb.DESCRIPTOR.services_by_name["ProductService"].full_name
    servicer = reflection.ReflectionServicer((service, health.SERVICE_NAME, reflection.SERVICE_NAME))
    answer = servicer.ServerReflectionInfo

    def reflect(requests: Any, context: grpc.ServicerContext) -> Any:
        return answer(requests, context)

    reflect.experimental_thread_pool = threads  # type: ignore[attr-defined]  # grpcio looks for it here
    servicer.ServerReflectionInfo = reflect  # type: ignore[method-assign, assignment]
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(servicer, server)


def _check_free(host: str, port: int) -> None:
    """Raise OSError naming the port if it is taken; gRPC itself would only say that binding failed."""
    if port == 0:
        return
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise not_bound(host, port, error) from error
