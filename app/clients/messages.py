"""Protobuf messages as JSON values, by the generated descriptors. Pure.

Says what json_format.MessageToDict says (names as in the proto, unset fields shown), several times faster:
the descriptor of a type is read once, not with each message. What this project's proto does not use (maps,
bytes, enums, 32-bit floats, well-known types) is left to json_format.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from app.domain.slices import sliced

_Reader = Callable[[Any], Any]
_PLAIN = frozenset(
    {
        FieldDescriptor.CPPTYPE_STRING,
        FieldDescriptor.CPPTYPE_BOOL,
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_UINT32,
    }
)
_LONG = frozenset({FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64})


def as_json(message: Message, wanted: frozenset[str] | None = None) -> dict[str, Any]:
    """The message in the JSON mapping of proto3; fields with presence only when they are set.

    ``wanted`` names the fields of the message that are asked for; None: all of them.
    """
    plan = _plan(message.DESCRIPTOR, wanted)
    if plan is not None:
        return _read(message, plan)
    value = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return value if wanted is None else {name: part for name, part in value.items() if name in wanted}


def _read(message: Any, plan: "_Plan") -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, presence, repeated, read in plan:
        if presence and not message.HasField(name):
            continue
        part = getattr(message, name)
        if read is not None:
            part = [read(each) for each in sliced(part)] if repeated else read(part)
        elif repeated:
            part = list(part)
        value[name] = part
    return value


_Plan = tuple[tuple[str, bool, bool, _Reader | None], ...]


@lru_cache(maxsize=128)
def _plan(descriptor: Descriptor, wanted: frozenset[str] | None = None) -> _Plan | None:
    """How to read each field, in the order of the proto; None when json_format has to."""
    steps = []
    for field in descriptor.fields:
        if not _is_known(field):
            return None
        if wanted is None or field.name in wanted:
            steps.append((field.name, field.has_presence, field.is_repeated, _reader(field)))
    return tuple(steps)


def _is_known(field: FieldDescriptor) -> bool:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        nested = field.message_type
        if nested is None:
            return False
        special = nested.GetOptions().map_entry or nested.full_name.startswith("google.protobuf.")
        return not special and _plan(nested) is not None
    is_bytes = field.type == FieldDescriptor.TYPE_BYTES
    known = field.cpp_type in _PLAIN | _LONG or field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE
    return known and not is_bytes


def _reader(field: FieldDescriptor) -> _Reader | None:
    """What turns the field's value into JSON; None when it is JSON already."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        plan = _plan(field.message_type) if field.message_type is not None else None
        assert plan is not None  # _is_known looked
        return lambda message: _read(message, plan)
    if field.cpp_type in _LONG:
        return str  # JSON's numbers are doubles, so 64-bit integers travel as text
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return _double
    return None


def _double(value: float) -> Any:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
