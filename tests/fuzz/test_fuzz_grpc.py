"""gRPC under attack: generated and malformed messages, and bytes that are no HTTP/2 at all.

Every call must end with a status that a good server gives, and after each round the server still answers.
"""

import random
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from products import products_pb2 as pb

from tests.fuzz.conftest import CASES, SEED, Target

SERVICE = pb.DESCRIPTOR.services_by_name["ProductService"]
UNARY = [method for method in SERVICE.methods if not method.server_streaming]
# What a caller may be told about a message of its own making. INTERNAL and UNKNOWN are not among them.
TOLD = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
LARGEST = 1024 * 1024

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(0)]


@pytest.fixture
def channel(target: Target) -> Iterator[grpc.Channel]:
    options = [("grpc.max_send_message_length", 64 * LARGEST)]
    with grpc.insecure_channel(target.addresses["grpc"], options=options) as opened:
        yield opened


def status_of(channel: grpc.Channel, path: str, message: bytes, token: str | None) -> grpc.StatusCode:
    """Send raw bytes as the message of a unary call."""
    call = channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
    metadata = [("authorization", f"Bearer {token}")] if token else []
    try:
        call(message, metadata=metadata, timeout=10)
    except grpc.RpcError as error:
        return error.code()  # type: ignore[no-any-return]
    return grpc.StatusCode.OK


def path_of(method: Any) -> str:
    return f"/{SERVICE.full_name}/{method.name}"


def attack(target: Target, channel: grpc.Channel, make: Callable[[random.Random, Any], bytes]) -> None:
    """As many messages as wanted over all unary methods, two of three with a token."""
    draw = random.Random(SEED)
    seen: Counter[grpc.StatusCode] = Counter()
    for number in range(CASES):
        method = draw.choice(UNARY)
        message = make(draw, method)
        code = status_of(channel, path_of(method), message, target.token if number % 3 else None)
        assert code in TOLD, (method.name, code, message[:200])
        seen[code] += 1
    target.assert_answers()
    assert len(seen) > 1  # an attack that always ends the same way is none
    print(", ".join(f"{code.name} {count}" for code, count in seen.most_common()))


def test_messages_of_any_values(target: Target, channel: grpc.Channel) -> None:
    """Well-formed messages with every kind of value in every field are done or refused by name."""
    attack(target, channel, lambda draw, method: generated(draw, method.input_type))


def test_messages_with_unknown_fields(target: Target, channel: grpc.Channel) -> None:
    """Fields that the server does not know are ignored; known numbers of a wrong type make no difference."""

    def make(draw: random.Random, method: Any) -> bytes:
        return generated(draw, method.input_type) + b"".join(
            any_field(draw) for _ in range(draw.randint(1, 5))
        )

    attack(target, channel, make)


def test_messages_that_are_damaged(target: Target, channel: grpc.Channel) -> None:
    """Random bytes, cut messages and flipped bits are INVALID_ARGUMENT or, by chance, a message."""

    def make(draw: random.Random, method: Any) -> bytes:
        match draw.randrange(3):
            case 0:
                return draw.randbytes(draw.randint(0, 300))
            case 1:
                whole = generated(draw, method.input_type)
                return whole[: draw.randint(0, len(whole))]
        damaged = bytearray(generated(draw, method.input_type) or b"\x00")
        for _ in range(draw.randint(1, 8)):
            damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        return bytes(damaged)

    attack(target, channel, make)


def test_messages_that_are_too_large(target: Target, channel: grpc.Channel) -> None:
    """More than a mebibyte is RESOURCE_EXHAUSTED on every method; the connection goes on."""
    for method in UNARY:
        for size in (LARGEST + 1, 8 * LARGEST, 32 * LARGEST):
            code = status_of(channel, path_of(method), b"\x0a" + varint(size) + bytes(size), target.token)
            assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    target.assert_answers()


def test_unknown_methods_and_services(target: Target, channel: grpc.Channel) -> None:
    """A path that nobody serves is UNIMPLEMENTED, whatever it is."""
    draw = random.Random(SEED)
    for _ in range(max(50, CASES // 20)):
        name = "".join(draw.choice("aZ9._-/%~") for _ in range(draw.randint(1, 60)))
        code = status_of(channel, f"/{name}", draw.randbytes(8), None)
        assert code is grpc.StatusCode.UNIMPLEMENTED
    target.assert_answers()


def test_streams_of_any_wishes(target: Target, channel: grpc.Channel) -> None:
    """A stream is refused by name or begins; leaving it early costs nothing."""
    draw = random.Random(SEED)
    method = SERVICE.methods_by_name["StreamOrders"]
    call = channel.unary_stream(path_of(method), request_serializer=bytes, response_deserializer=bytes)
    for _ in range(max(50, CASES // 20)):
        stream = call(generated(draw, method.input_type), timeout=0.2)
        if draw.random() < 0.3:
            assert end_of(stream) in TOLD | {grpc.StatusCode.DEADLINE_EXCEEDED}  # live orders come seldom
        stream.cancel()
    target.assert_answers()


def end_of(stream: Any) -> grpc.StatusCode:
    """OK once there is a message, else why there is none."""
    try:
        next(stream, None)
    except grpc.RpcError as error:
        return error.code()  # type: ignore[no-any-return]
    return grpc.StatusCode.OK


def test_reflection_of_anything(target: Target, channel: grpc.Channel) -> None:
    """Reflection answers questions about symbols that do not exist with an error in the answer."""
    draw = random.Random(SEED)
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    for _ in range(max(50, CASES // 20)):
        text = "".join(draw.choice("aZ._é\x00 ") for _ in range(draw.randint(0, 40)))
        request = draw.choice(
            [
                reflection_pb2.ServerReflectionRequest(file_by_filename=text),
                reflection_pb2.ServerReflectionRequest(file_containing_symbol=text),
                reflection_pb2.ServerReflectionRequest(all_extension_numbers_of_type=text),
                reflection_pb2.ServerReflectionRequest(list_services=text),
            ]
        )
        for answer in stub.ServerReflectionInfo(iter([request]), timeout=10):
            assert answer.WhichOneof("message_response") is not None
    target.assert_answers()


def test_bytes_that_are_no_protocol(target: Target) -> None:
    """Random bytes, broken frames and half-open connections are dropped, and others are served meanwhile."""
    draw = random.Random(SEED)
    host, _, port = target.addresses["grpc"].rpartition(":")
    with ExitStack() as open_ones:
        for number in range(CASES):
            client = socket.create_connection((host, int(port)), timeout=5)
            if number % 50 == 0:
                open_ones.enter_context(closing(client))  # says half a thing and stays
            client.sendall(wire_noise(draw))
            if number % 50:
                client.close()
            if number % 500 == 0:
                target.assert_answers()
        target.assert_answers()


def generated(draw: random.Random, kind: Descriptor) -> bytes:
    """A serialised message: each field absent, or with a value of its type from all over the range."""
    return b"".join(field_of(draw, field) for field in kind.fields for _ in range(times(draw, field)))


def times(draw: random.Random, field: FieldDescriptor) -> int:
    return draw.choice((0, 1, 1, 2, 120)) if field.is_repeated else draw.choice((0, 1, 1, 1))


def field_of(draw: random.Random, field: FieldDescriptor) -> bytes:
    tag = field.number << 3
    match field.type:
        case FieldDescriptor.TYPE_DOUBLE:
            return varint(tag | 1) + struct.pack("<d", draw.choice(DOUBLES)(draw))
        case FieldDescriptor.TYPE_STRING:
            return delimited(field.number, draw.choice(TEXTS)(draw))
        case FieldDescriptor.TYPE_MESSAGE:
            return delimited(field.number, generated(draw, field.message_type))
    return varint(tag) + varint(draw.choice(INTEGERS)(draw) & (2**64 - 1))


def any_field(draw: random.Random) -> bytes:
    """A field of a random number and wire type."""
    number = draw.choice((draw.randint(1, 15), draw.randint(16, 2**29 - 1)))
    match draw.randrange(4):
        case 0:
            return varint(number << 3) + varint(draw.getrandbits(64))
        case 1:
            return varint(number << 3 | 1) + draw.randbytes(8)
        case 2:
            return delimited(number, draw.randbytes(draw.randint(0, 40)))
    return varint(number << 3 | 5) + draw.randbytes(4)


def wire_noise(draw: random.Random) -> bytes:
    """What a hostile or confused client might begin with."""
    match draw.randrange(5):
        case 0:
            return draw.randbytes(draw.randint(1, 200))
        case 1:
            return b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        case 2:
            return PREFACE + draw.randbytes(draw.randint(0, 200))
        case 3:
            return PREFACE[: draw.randint(1, len(PREFACE))]
    frames = b"".join(
        struct.pack(">I", draw.randint(0, 64))[1:]
        + bytes([draw.randrange(12), draw.randrange(256)])
        + struct.pack(">I", draw.getrandbits(31))
        + draw.randbytes(draw.randint(0, 64))
        for _ in range(draw.randint(1, 6))
    )
    return PREFACE + SETTINGS + frames


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def delimited(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


Draw = random.Random
DOUBLES: tuple[Callable[[Draw], float], ...] = (
    lambda _: 0.0,
    lambda _: -0.0,
    lambda _: float("nan"),
    lambda draw: draw.choice((float("inf"), float("-inf"), 1e308, 5e-324)),
    lambda draw: draw.uniform(-10, 2000),
    lambda draw: struct.unpack("<d", draw.randbytes(8))[0],
)
INTEGERS: tuple[Callable[[Draw], int], ...] = (
    lambda draw: draw.choice((0, 1, -1, 2**31 - 1, -(2**31), 2**31, 2**63 - 1)),
    lambda draw: draw.randint(0, 100),
    lambda draw: draw.getrandbits(64),
)
TEXTS: tuple[Callable[[Draw], bytes], ...] = (
    lambda _: b"",
    lambda draw: str(draw.randint(0, 80)).encode(),
    lambda draw: draw.choice(
        (b"price", b"desc", b"user_123", b"user@example.com", b"Audio", b"\x00", b"'; --")
    ),
    lambda draw: "".join(chr(draw.randint(1, 0xD7FF)) for _ in range(draw.randint(1, 250))).encode(),
    lambda draw: draw.randbytes(draw.randint(1, 20)),  # seldom UTF-8
)
