"""What the live servers do not do: very large messages, wrong messages, statuses of every kind."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from products import products_pb2 as pb

from app.clients.grpc import GrpcClient
from app.clients.streams_grpc import GrpcOrderStream
from app.domain.cancel import CancelToken
from app.domain.drafts import GrpcDraft
from app.domain.errors import AttemptFailed, Cancelled
from app.domain.operations import OperationId
from app.domain.results import Outcome, Reply
from app.domain.streams import OrdersRequest
from tests.support.gated_road import GatedRoad
from tests.support.raw_server import full_backlog

LIST = GrpcDraft(method="products.ProductService/ListProducts")
Handler = Callable[[bytes, Any], bytes]


@contextmanager
def answering(handler: Handler) -> Iterator[GrpcClient]:
    """A client of a server that answers every method with ``handler``'s bytes."""
    method = grpc.unary_unary_rpc_method_handler(handler)

    class Everything(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in grpc-stubs, not in grpc
        def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
            return method

    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers((Everything(),))
        client = GrpcClient(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
        server.start()
        try:
            yield client
        finally:
            client.close()
            server.stop(0).wait()


def failure(client: GrpcClient, draft: GrpcDraft = LIST) -> Reply:
    with pytest.raises(AttemptFailed) as caught:
        client.send(draft, OperationId.LIST_PRODUCTS, timeout=5)
    return caught.value.reply


def test_large_message_is_received() -> None:
    """A message beyond grpc's default limit of 4 MB arrives, counted with its frame."""
    body = pb.ProductList(products=[pb.Product(name="x" * 100)] * 60_000).SerializeToString()
    with answering(lambda _request, _context: body) as client:
        reply = client.send(LIST, OperationId.LIST_PRODUCTS, timeout=10)
    assert len(reply.value["products"]) == 60_000
    assert reply.exchanges[0].bytes_down == len(body) + 5


@pytest.mark.parametrize("count", [1, 1000])
def test_the_text_of_a_message_shows_all_of_it(count: int) -> None:
    """Small or large, a response reads as JSON of the whole message, the same however often it is read."""
    body = pb.ProductList(products=[pb.Product(name="Zoë")] * count, total=count).SerializeToString()
    with answering(lambda _request, _context: body) as client:
        response = client.send(LIST, OperationId.LIST_PRODUCTS, timeout=5).exchanges[0].response
    assert response is not None
    shown = json.loads(response.text)
    assert (len(shown["products"]), shown["products"][0]["name"], shown["total"]) == (count, "Zoë", count)
    assert "Zoë" in response.text
    assert response.text is response.text


def test_wrong_message_is_malformed() -> None:
    """Bytes that are not the method's message are MALFORMED, with the bytes kept."""
    with answering(lambda _request, _context: b"\x0a\xff") as client:
        reply = failure(client)
    assert reply.outcome is Outcome.MALFORMED
    assert reply.exchanges[0].response is not None
    assert reply.exchanges[0].response.body == b"\x0a\xff"


def test_status_metadata_and_hints_are_kept() -> None:
    """Number, name, message, headers, trailers, pushback, fault and details all reach the reply."""

    def refuse(_request: bytes, context: Any) -> bytes:
        context.send_initial_metadata((("x-head", "1"),))
        context.set_trailing_metadata(
            (
                ("grpc-retry-pushback-ms", "250"),
                ("x-trilane-fault", "error 70 %"),
                ("x-error-details", '[{"field": "page", "message": "too far"}]'),
            )
        )
        context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed, says the server")
        raise AssertionError

    with answering(refuse) as client:
        reply = failure(client)
    assert (reply.outcome, reply.status) == (Outcome.UNAVAILABLE, "14 UNAVAILABLE")
    assert reply.message == "Socket closed, says the server"
    assert (reply.retry_after, reply.injected) == (0.25, "error 70 %")
    assert reply.details == (("page", "too far"),)
    response = reply.exchanges[0].response
    assert response is not None
    assert ("x-head", "1") in response.headers


def test_bytes_of_a_bare_status_are_unknown() -> None:
    """A refusal comes in HTTP/2 headers, which nobody sees; where nothing listens, nothing came."""
    with answering(lambda _request, context: context.abort(grpc.StatusCode.NOT_FOUND, "no")) as client:
        assert failure(client).exchanges[0].bytes_down is None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        client = GrpcClient(f"127.0.0.1:{free.getsockname()[1]}")
        reply = failure(client)
        client.close()
    assert (reply.outcome, reply.exchanges[0].bytes_down) == (Outcome.REFUSED, 0)


def test_connection_that_breaks_after_the_headers_is_lost() -> None:
    """Headers that arrived do not turn a broken connection into a status of the server's."""
    stop = threading.Event()

    def begin(_request: bytes, context: Any) -> bytes:
        context.send_initial_metadata((("x-head", "1"),))
        sent.set()
        stop.wait(5)
        return b""

    sent = threading.Event()
    with answering(begin) as direct:
        host, _, port = direct.target.rpartition(":")
        road = GatedRoad((host, int(port)))
        client = GrpcClient(road.address)

        def cut() -> None:
            sent.wait(5)
            road.cut()

        cutter = threading.Thread(target=cut)
        cutter.start()
        assert failure(client).outcome is Outcome.RESET
        cutter.join()
        stop.set()
        client.close()
        road.close()


def test_metadata_is_sent_as_typed() -> None:
    """Repeated keys arrive, and the idempotency key unless one was typed."""
    seen: list[tuple[str, Any]] = []

    def keep(_request: bytes, context: Any) -> bytes:
        seen.extend((key, value) for key, value in context.invocation_metadata())
        return b""

    draft = GrpcDraft(method=LIST.method, metadata=(("X-Twice", "1"), ("x-twice", "2")))
    with answering(keep) as client:
        client.send(draft, OperationId.LIST_PRODUCTS, timeout=5, idempotency_key="k")
    assert [value for key, value in seen if key == "x-twice"] == ["1", "2"]
    assert ("idempotency-key", "k") in seen


def test_drafted_deadline_holds() -> None:
    """The nearer of the draft's deadline and the caller's ends the call."""
    release = threading.Event()

    def wait(_request: bytes, _context: Any) -> bytes:
        release.wait(5)
        return b""

    with answering(wait) as client:
        draft = GrpcDraft(method=LIST.method, deadline=0.1)
        assert failure(client, draft).outcome is Outcome.TIMEOUT
        release.set()


def test_cancel_stops_the_work_in_the_server() -> None:
    """A cancelled call is Cancelled here and inactive there."""
    started, ended = threading.Event(), threading.Event()

    def work(_request: bytes, context: Any) -> bytes:
        context.add_callback(ended.set)
        started.set()
        ended.wait(5)
        return b""

    cancel = CancelToken()

    def cancel_when_started() -> None:
        started.wait(5)
        cancel.cancel()

    with answering(work) as client:
        canceller = threading.Thread(target=cancel_when_started)
        canceller.start()
        with pytest.raises(Cancelled):
            client.send(LIST, OperationId.LIST_PRODUCTS, timeout=5, cancel=cancel)
        canceller.join()
        assert ended.wait(2)


def test_the_grpcio_of_today_lends_its_blocking_call() -> None:
    """Calls take the quick way: a release that is built otherwise is noticed here and not by its slowness."""
    with answering(lambda request, context: b"") as client:
        assert client._method(LIST.method)._block is not None


def test_a_grpcio_without_the_private_part_is_used_by_its_public_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where grpcio has no such blocking call, calls succeed, fail and are cancelled as before."""
    monkeypatch.delattr("grpc._channel._UnaryUnaryMultiCallable._blocking")
    started, release, cancel = threading.Event(), threading.Event(), CancelToken()

    def answer(request: bytes, context: Any) -> bytes:
        if pb.ListProductsRequest.FromString(request).page == 1:
            context.abort(grpc.StatusCode.NOT_FOUND, "no")
        if pb.ListProductsRequest.FromString(request).page == 2:
            started.set()
            release.wait(5)
        return pb.ProductList(total=3).SerializeToString()

    def cancel_when_started() -> None:
        started.wait(5)
        cancel.cancel()

    def page(number: int) -> GrpcDraft:
        return GrpcDraft(method=LIST.method, message=f'{{"page": {number}}}')

    with answering(answer) as client:
        assert client.send(LIST, OperationId.LIST_PRODUCTS, timeout=5).value["total"] == 3
        assert failure(client, page(1)).outcome is Outcome.NOT_FOUND
        canceller = threading.Thread(target=cancel_when_started)
        canceller.start()
        with pytest.raises(Cancelled):
            client.send(page(2), OperationId.LIST_PRODUCTS, timeout=5, cancel=cancel)
        canceller.join()
        release.set()
        assert client._method("/products.ProductService/ListProducts")._block is None


def test_cancel_ends_a_call_that_is_connecting() -> None:
    """A call whose connection nobody answers ends when it is cancelled, within 50 ms."""
    cancel = CancelToken()
    at: list[float] = []

    def cancel_soon() -> None:
        at.append(time.perf_counter() + 0.1)
        cancel.wait(0.1)
        cancel.cancel()

    with socket.socket() as listener, full_backlog(listener) as port:
        client = GrpcClient(f"127.0.0.1:{port}")
        canceller = threading.Thread(target=cancel_soon)
        canceller.start()
        with pytest.raises(Cancelled):
            client.send(LIST, OperationId.LIST_PRODUCTS, timeout=5, cancel=cancel)
        ended = time.perf_counter()
        canceller.join()
        client.close()
    assert ended - at[0] < 0.05


def test_closed_client_refuses() -> None:
    """A call after close() fails as REFUSED, not with a foreign exception."""
    client = GrpcClient("127.0.0.1:9")
    client.close()
    client.close()
    assert failure(client).outcome is Outcome.REFUSED


def test_a_server_that_cancels_is_not_taken_for_the_caller() -> None:
    """CANCELLED from a server that stops fails the attempt with its status: only our own is a cancel."""

    class Stopping(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in grpc-stubs, not in grpc
        def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
            return grpc.unary_stream_rpc_method_handler(
                lambda _request, context: context.abort(grpc.StatusCode.CANCELLED, "stopping")
            )

    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        server.add_generic_rpc_handlers((Stopping(),))
        stream = GrpcOrderStream(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
        server.start()
        try:
            with pytest.raises(AttemptFailed) as caught:
                stream.open(OrdersRequest(), timeout=5, deadline=None)
        finally:
            stream.close()
            server.stop(0).wait()
    assert (caught.value.reply.status, caught.value.reply.message) == ("1 CANCELLED", "stopping")
