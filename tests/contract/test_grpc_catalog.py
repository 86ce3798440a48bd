"""The gRPC lane as a client sees it: what can be read, written and refused."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

from backends.grpc.server import HANDLERS
from backends.serving import ServerSettings
from tests.support.orders import until
from tests.support.servers import Running, catalog_servers

Stub = Any  # the generated stub is untyped


@pytest.fixture(scope="module")
def servers() -> Iterator[Running]:
    with catalog_servers("grpc") as running:
        yield running


@pytest.fixture
def channel(servers: Running) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(servers.addresses["grpc"]) as channel:
        yield channel


@pytest.fixture
def stub(channel: grpc.Channel) -> Stub:
    return pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]


def bytewise(channel: grpc.Channel, method: str) -> Any:
    call: Any = channel.unary_unary
    return call(f"/products.ProductService/{method}")


def varint(number: int) -> bytes:
    """A number as protobuf writes it, of any width."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low]) if not rest else bytes([low | 0x80]) + varint(rest)


def log_in(stub: Stub) -> tuple[tuple[str, str], ...]:
    answer = stub.Login(pb.LoginRequest(email="user@example.com", password="password"))
    return (("authorization", f"{answer.token_type} {answer.token}"),)


def refusal(call: Callable[[], Any]) -> Any:  # an RpcError that is a Call, which no type says
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def code(call: Callable[[], Any]) -> Any:
    return refusal(call).code()


def test_products_are_read_one_by_one_and_in_pages(stub: Stub) -> None:
    """Zero and empty fields of a listing mean that they were not set."""
    assert stub.GetProduct(pb.ProductRequest(id="1")).name == "Laptop"
    page = stub.ListProducts(pb.ListProductsRequest())
    assert [product.id for product in page.products] == [str(number) for number in range(1, 11)]
    dear = stub.ListProducts(pb.ListProductsRequest(price_min=500, sort="price", order="desc", limit=100))
    prices = [product.price for product in dear.products]
    assert prices == sorted(prices, reverse=True)
    assert min(prices) >= 500
    assert dear.total == len(prices) < page.total


def test_an_order_brings_its_products(stub: Stub) -> None:
    """Order 1 is one laptop and two mice."""
    order = stub.GetOrder(pb.OrderRequest(id="1"))
    assert [(item.quantity, item.product.name) for item in order.items] == [(1, "Laptop"), (2, "Mouse")]
    assert order.total == 1059.97


def test_a_product_lives_from_create_to_delete(stub: Stub) -> None:
    """An update changes the fields that are present, also to their zero value."""
    token = log_in(stub)
    made = stub.CreateProduct(pb.CreateProductRequest(name="Lamp", price=12.5, stock=3), metadata=token)
    changed = stub.UpdateProduct(pb.UpdateProductRequest(id=made.id, stock=0), metadata=token)
    assert (changed.name, changed.price, changed.stock) == ("Lamp", 12.5, 0)
    assert stub.DeleteProduct(pb.ProductRequest(id=made.id), metadata=token).id == made.id
    assert code(lambda: stub.GetProduct(pb.ProductRequest(id=made.id))) is grpc.StatusCode.NOT_FOUND


def test_a_price_that_is_left_out_is_zero(stub: Stub) -> None:
    """The original message has no presence for it, as the README says; an update does know it."""
    token = log_in(stub)
    made = stub.CreateProduct(pb.CreateProductRequest(name="Free", stock=1), metadata=token)
    assert not pb.CreateProductRequest.DESCRIPTOR.fields_by_name["price"].has_presence
    assert stub.GetProduct(pb.ProductRequest(id=made.id)).price == 0
    dear = stub.UpdateProduct(pb.UpdateProductRequest(id=made.id, price=2), metadata=token)
    assert (
        stub.UpdateProduct(pb.UpdateProductRequest(id=made.id, stock=3), metadata=token).price == dear.price
    )


def test_a_repeated_create_with_one_key_creates_once(stub: Stub) -> None:
    """The same idempotency-key gives the first product again; another payload is ALREADY_EXISTS."""
    metadata = (*log_in(stub), ("idempotency-key", "grpc-once"))
    first = stub.CreateProduct(pb.CreateProductRequest(name="Once", price=1), metadata=metadata)
    assert stub.CreateProduct(pb.CreateProductRequest(name="Once", price=1), metadata=metadata) == first
    other = pb.CreateProductRequest(name="Other", price=1)
    assert code(lambda: stub.CreateProduct(other, metadata=metadata)) is grpc.StatusCode.ALREADY_EXISTS


@pytest.mark.parametrize(
    "request_",
    [
        pb.ListProductsRequest(page=-1),
        pb.ListProductsRequest(limit=-1),
        pb.ListProductsRequest(limit=1_000_000),
        pb.ListProductsRequest(sort="colour"),
        pb.ListProductsRequest(order="up"),
        pb.ListProductsRequest(price_min=-1),
        pb.ListProductsRequest(price_min=float("nan")),
        pb.ListProductsRequest(price_max=float("inf")),
        pb.ListProductsRequest(price_min=2, price_max=1),
    ],
)
def test_impossible_listings_are_invalid(stub: Stub, request_: pb.ListProductsRequest) -> None:
    """They are INVALID_ARGUMENT, and the trailers name the field."""
    error = refusal(lambda: stub.ListProducts(request_))
    trailers = dict(error.trailing_metadata())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert json.loads(trailers["x-error-details"])[0]["field"] in {
        *("page", "limit", "sort", "order", "price_min", "price_max")
    }


@pytest.mark.parametrize(
    "request_",
    [
        pb.CreateProductRequest(name="", price=1),
        pb.CreateProductRequest(name="x" * 201, price=1),
        pb.CreateProductRequest(name="a\x00b", price=1),
        pb.CreateProductRequest(name="x", price=-1),
        pb.CreateProductRequest(name="x", price=float("nan")),
        pb.CreateProductRequest(name="x", price=float("-inf")),
        pb.CreateProductRequest(name="x", price=1, stock=-1),
    ],
)
def test_impossible_products_change_nothing(stub: Stub, request_: pb.CreateProductRequest) -> None:
    """They are INVALID_ARGUMENT and no row appears."""
    token = log_in(stub)
    before = stub.ListProducts(pb.ListProductsRequest()).total
    refused = code(lambda: stub.CreateProduct(request_, metadata=token))
    assert refused is grpc.StatusCode.INVALID_ARGUMENT
    assert stub.ListProducts(pb.ListProductsRequest()).total == before


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"\x0a\x02\xff\xfe", grpc.StatusCode.INVALID_ARGUMENT),  # a string that is no UTF-8
        (b"\x0a\x7f", grpc.StatusCode.INVALID_ARGUMENT),  # longer than the message
        (b"", grpc.StatusCode.NOT_FOUND),  # an empty id
        (b"\x0a\x80\x80\x80\x01" + b"1" * 2_097_152, grpc.StatusCode.RESOURCE_EXHAUSTED),  # 2 MiB
    ],
)
def test_bytes_that_are_no_request_are_refused(
    channel: grpc.Channel, message: bytes, expected: grpc.StatusCode
) -> None:
    """An undecodable or oversized message has its status, and nothing is logged as our failure."""
    call = bytewise(channel, "GetProduct")
    assert code(lambda: call(message)) is expected


@pytest.mark.parametrize("stock", [2**31, 2**32 - 1, 2**32 + 5, 2**63, 2**64 - 2**31 - 1])
def test_an_int32_that_overflows_is_refused(channel: grpc.Channel, stub: Stub, stock: int) -> None:
    """Protobuf would cut the number to 32 bits and store another one than was sent; nothing is stored."""
    before = stub.ListProducts(pb.ListProductsRequest(limit=1)).total
    message = pb.CreateProductRequest(name="x", price=1).SerializeToString() + b"\x18" + varint(stock)
    call = bytewise(channel, "CreateProduct")
    refused = refusal(lambda: call(message, metadata=log_in(stub)))
    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.details() == "stock: does not fit into 32 bits"
    assert stub.ListProducts(pb.ListProductsRequest(limit=1)).total == before


def test_an_int32_that_overflows_inside_a_message_is_named(channel: grpc.Channel, stub: Stub) -> None:
    """A line of an order has its quantity checked as well."""
    line = b"\x0a\x011" + b"\x10" + varint(2**32 + 1)
    message = b"\x0a\x01u" + b"\x12" + varint(len(line)) + line
    call = bytewise(channel, "CreateOrder")
    refused = refusal(lambda: call(message, metadata=log_in(stub)))
    assert refused.details() == "lines.quantity: does not fit into 32 bits"


def test_unusual_spellings_of_a_good_message_pass(channel: grpc.Channel, stub: Stub) -> None:
    """Defaults sent in full, unknown fields and groups, a field given twice: all of them are protobuf."""
    unusual = (
        b"\x0a\x012" + b"\x0a\x011" + b"\x9b\x06\x08\xff\xff\xff\xff\xff\x01\x9c\x06" + b"\x98\x06\x80\x00"
    )
    found = pb.Product.FromString(bytewise(channel, "GetProduct")(unusual))
    assert found.name == "Laptop"
    negative = pb.ListProductsRequest(page=-1).SerializeToString() + b"\x10\x00"
    said = refusal(lambda: bytewise(channel, "ListProducts")(negative)).details()
    assert said == "page: must be between 1 and 2147483647"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic dXNlcjpwYXNz"])
def test_writes_need_a_genuine_token(stub: Stub, header: str | None) -> None:
    """All four writes are UNAUTHENTICATED without one."""
    metadata = () if header is None else (("authorization", header),)
    for call, request in (
        (stub.CreateProduct, pb.CreateProductRequest(name="x", price=1)),
        (stub.UpdateProduct, pb.UpdateProductRequest(id="1")),
        (stub.DeleteProduct, pb.ProductRequest(id="1")),
        (stub.CreateOrder, pb.CreateOrderRequest(user_id="user_123")),
    ):
        assert code(partial(call, request, metadata=metadata)) is grpc.StatusCode.UNAUTHENTICATED


def test_guessing_passwords_is_slowed_down(stub: Stub) -> None:
    """After ten failures for one address the next is RESOURCE_EXHAUSTED with a pushback."""
    guess = partial(stub.Login, pb.LoginRequest(email="nobody@example.com", password="no"))
    assert {code(guess) for _ in range(10)} == {grpc.StatusCode.UNAUTHENTICATED}
    error = refusal(guess)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert int(dict(error.trailing_metadata())["grpc-retry-pushback-ms"]) > 0


def test_the_sixth_limited_call_gets_a_pushback(stub: Stub) -> None:
    """RESOURCE_EXHAUSTED says in milliseconds when to come again."""
    assert [stub.Limited(pb.LimitedRequest()).remaining for _ in range(5)] == [4, 3, 2, 1, 0]
    error = refusal(lambda: stub.Limited(pb.LimitedRequest()))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    trailers = dict(error.trailing_metadata())
    assert 0 < int(trailers["grpc-retry-pushback-ms"]) <= 60_000


def test_a_failure_inside_says_nothing_about_it(
    stub: Stub, servers: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected exception is logged here and is INTERNAL without its text there."""

    def broken(product_id: str) -> None:
        raise RuntimeError("secret path /etc")

    monkeypatch.setattr(servers.backends._shared.open().service, "get_product", broken)
    error = refusal(lambda: stub.GetProduct(pb.ProductRequest(id="1")))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(error)
    assert "secret" in caplog.text
    caplog.clear()


def test_a_call_whose_deadline_passed_in_the_queue_does_nothing(
    stub: Stub, servers: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that waited for a handler until its caller gave up is not carried out."""
    token, release, entered = log_in(stub), threading.Event(), threading.Semaphore(0)
    before = stub.ListProducts(pb.ListProductsRequest()).total
    service = servers.backends._shared.open().service
    read = service.get_product

    def slow(product_id: str) -> Any:
        entered.release()
        release.wait(10)
        return read(product_id)

    with monkeypatch.context() as patched:
        patched.setattr(service, "get_product", slow)
        waiting = [stub.GetProduct.future(pb.ProductRequest(id="1")) for _ in range(HANDLERS)]
        for _ in waiting:
            assert entered.acquire(timeout=10)
        late = pb.CreateProductRequest(name="Late", price=1)
        expected = grpc.StatusCode.DEADLINE_EXCEEDED
        assert code(lambda: stub.CreateProduct(late, metadata=token, timeout=0.05)) is expected
        # The server reckons from when the call arrived: its deadline is a little later than the caller's.
        gone = time.time()
        assert until(lambda: time.time() > gone + 0.2, 5)
        release.set()
        assert {call.result().name for call in waiting} == {"Laptop"}
    assert stub.ListProducts(pb.ListProductsRequest()).total == before


def test_health_and_reflection_answer(channel: grpc.Channel) -> None:
    """Tools find the service by reflection, and a load balancer its health."""
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", "products.ProductService"):
        answer = health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
    wish = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    (answer,) = reflection.ServerReflectionInfo(wish)
    names = {service.name for service in answer.list_services_response.service}
    assert {"products.ProductService", "grpc.health.v1.Health"} <= names


def test_open_writes_need_no_token() -> None:
    """A server started with open writes serves the usual tutorial's client."""
    with catalog_servers("grpc", settings=ServerSettings(ephemeral=True, open_writes=True)) as servers:
        with grpc.insecure_channel(servers.addresses["grpc"]) as channel:
            stub = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
            made = stub.CreateProduct(pb.CreateProductRequest(name="Lamp", price=1, stock=2))
        assert (made.name, made.stock) == ("Lamp", 2)


def test_a_taken_port_is_named() -> None:
    """Binding fails with an OSError that says which port, and a second attempt can succeed."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        settings = ServerSettings(ephemeral=True, grpc_port=port)
        with (
            pytest.raises(OSError, match=f"127.0.0.1:{port}.*in use"),
            catalog_servers("grpc", settings=settings),
        ):
            pass
