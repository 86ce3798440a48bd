"""Reads request messages, and refuses the numbers that protobuf would cut to 32 bits without a word.

A sender whose field is wider than ours would otherwise change a row to a number that nobody sent.
"""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from backends.catalog.errors import InvalidInput
from backends.grpc.errors import Failure, explain

_UNREADABLE = Failure(code=grpc.StatusCode.INVALID_ARGUMENT, message="the request message cannot be decoded")
_NEGATIVE = 2**64  # a negative int32 travels as its 64-bit complement
_LIMIT = 2**31


def reader(parse: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """A deserializer that gives a Failure instead of raising: grpcio would answer that with INTERNAL."""

    def read(data: bytes) -> Any:
        try:
            message = parse(data)
        except Exception:  # noqa: BLE001  # protobuf raises DecodeError or ValueError, by implementation
            return _UNREADABLE
        cut = cut_fields(message, data)
        if not cut:
            return message
        return explain(InvalidInput.of([(name, "does not fit into 32 bits") for name in cut]), "")

    return read


def cut_fields(message: Message, data: bytes) -> list[str]:
    """The int32 fields whose value in ``data`` is not the one in ``message``, which was read from it."""
    if message.SerializeToString() == data:
        return []  # what would be sent is what was sent: nearly every call ends here
    return list(_too_wide(message.DESCRIPTOR, data))


def _too_wide(descriptor: Any, data: bytes) -> Iterator[str]:
    """Walk a message that protobuf has accepted, so that its shape needs no checks."""
    at = depth = 0
    while at < len(data):
        tag, at = _varint(data, at)
        known: FieldDescriptor | None = None if depth else descriptor.fields_by_number.get(tag >> 3)
        match tag & 7:
            case 0:  # varint
                value, at = _varint(data, at)
                if known is not None and known.type == FieldDescriptor.TYPE_INT32 and not _fits(value):
                    yield known.name
            case 1:  # eight bytes
                at += 8
            case 2:  # bytes, text or a message
                size, at = _varint(data, at)
                if known is not None and known.type == FieldDescriptor.TYPE_MESSAGE:
                    for name in _too_wide(known.message_type, data[at : at + size]):
                        yield f"{known.name}.{name}"
                at += size
            case 3:  # an unknown group, whose numbers are not ours
                depth += 1
            case 4:
                depth -= 1
            case _:  # four bytes
                at += 4


def _fits(value: int) -> bool:
    return value < _LIMIT or value >= _NEGATIVE - _LIMIT


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value & (_NEGATIVE - 1), at
