"""A client that knows only the usual tutorial's four-method proto works unchanged."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc  # type: ignore[import-untyped]

from backends.serving import ServerSettings
from tests.support.servers import catalog_servers

ORIGINAL = """
syntax = "proto3";
package products;
service ProductService {
  rpc GetProduct (ProductRequest) returns (Product);
  rpc ListProducts (ListProductsRequest) returns (ProductList);
  rpc CreateProduct (CreateProductRequest) returns (Product);
  rpc StreamOrders (StreamOrdersRequest) returns (stream Order);
}
message Product { string id = 1; string name = 2; double price = 3; int32 stock = 4; }
message ProductRequest { string id = 1; }
message ListProductsRequest { int32 page = 1; int32 limit = 2; double price_min = 3; double price_max = 4; }
message ProductList { repeated Product products = 1; int32 total = 2; }
message CreateProductRequest { string name = 1; double price = 2; int32 stock = 3; }
message Order { string id = 1; string user_id = 2; double total = 3; string status = 4; }
message StreamOrdersRequest { string user_id = 1; }
"""


class TutorialClient:
    """Messages and calls from the original file, in a descriptor pool apart from ours."""

    def __init__(self, channel: grpc.Channel, folder: Path) -> None:
        (folder / "products.proto").write_text(ORIGINAL)
        target = folder / "original.bin"
        include = str(resources.files("grpc_tools") / "_proto")
        arguments = ["protoc", f"-I{folder}", f"-I{include}", f"--descriptor_set_out={target}"]
        assert protoc.main([*arguments, str(folder / "products.proto")]) == 0
        pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes()).file:
            pool.Add(file)
        self._service = pool.FindServiceByName("products.ProductService")
        self._channel = channel

    def call(self, method: str, **fields: Any) -> Any:
        """Call a method with these request fields."""
        found = self._service.FindMethodByName(method)
        request = message_factory.GetMessageClass(found.input_type)(**fields)
        answer = message_factory.GetMessageClass(found.output_type)
        start = self._channel.unary_stream if found.server_streaming else self._channel.unary_unary
        stub: Any = start(
            f"/products.ProductService/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=answer.FromString,
        )
        return stub(request)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TutorialClient]:
    settings = ServerSettings(ephemeral=True, open_writes=True)
    with (
        catalog_servers("grpc", settings=settings) as servers,
        grpc.insecure_channel(servers.addresses["grpc"]) as channel,
    ):
        yield TutorialClient(channel, tmp_path)


def test_the_four_methods_work(client: TutorialClient) -> None:
    """Get, list, create and the default stream of five orders, one a second."""
    laptop = client.call("GetProduct", id="1")
    assert (laptop.id, laptop.name, laptop.price, laptop.stock) == ("1", "Laptop", 999.99, 10)
    page = client.call("ListProducts", page=1, limit=2, price_min=1, price_max=2000)
    assert [product.name for product in page.products] == ["Laptop", "Mouse"]
    made = client.call("CreateProduct", name="Lamp", price=9.5, stock=4)
    assert client.call("GetProduct", id=made.id).name == "Lamp"
    orders = list(client.call("StreamOrders", user_id="user_7"))
    assert [order.id for order in orders] == [f"order_{i}" for i in range(5)]
    assert [order.total for order in orders] == [99.99, 199.98, 299.97, 399.96, 499.95]
    assert {(order.user_id, order.status) for order in orders} == {("user_7", "processing")}
