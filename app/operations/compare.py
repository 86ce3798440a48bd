"""What three answers to one operation have in common, what one of them brought unasked, and what each cost.

Pure functions over neutral values. DEFINITIONS says what each number means, for tooltips.
"""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from app.domain.fields import field_tree, received_fields, selected, snake
from app.domain.lanes import Lane
from app.domain.results import CallResult, Outcome
from app.domain.slices import sliced
from app.domain.values import dataclass
from app.operations.differences import Difference, DifferenceKind, semantic_diff

__all__ = [
    "DEFINITIONS",
    "ComparisonRow",
    "Difference",
    "DifferenceKind",
    "OverFetch",
    "comparison_row",
    "over_fetch",
    "received_fields",
    "selected",
    "semantic_diff",
]

DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "last_byte": "Time from handing the request to the client until the last byte of the last response "
        "arrived, summed over the round trips of the last attempt. Not the first byte, and without waits "
        "between attempts.",
        "bytes_up": "Bytes of the last attempt's requests. REST and GraphQL: counted at the socket, headers "
        "and body. gRPC: message and its 5-byte frame; the library does not show HTTP/2 headers.",
        "bytes_down": "Bytes of the last attempt's responses, counted as the bytes sent are. Unknown when"
        " gRPC refuses: its status comes in HTTP/2 headers alone.",
        "round_trips": "Requests that the last attempt needed one after the other.",
        "fields_wanted": "Fields ticked for this operation.",
        "fields_received": "Different fields in the answer; a field of a list counts once.",
        "fields_extra": "Fields in the answer that were not ticked.",
        "retries": "Attempts after the first.",
        "over_fetch": "Share of the answer that was not asked for: bytes of the fields that were not ticked, "
        "in the bytes of the whole answer, both as compact JSON so that the lanes can be compared.",
        "difference": "Places where an answer says something else than the base lane's. Spelling of names, "
        "1 against 1.0, whole numbers as text, and an absent field against its default are no differences.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverFetch:
    """What came without being asked for; see DEFINITIONS. ``share`` is None without an answer."""

    fields_received: int
    fields_wanted: int
    fields_extra: int
    bytes_total: int
    bytes_extra: int
    share: float | None  # 0 to 1
    extra_paths: frozenset[str]  # dotted neutral paths, to mark "not asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """What one lane's answer cost. None is unknown, not zero."""

    lane: Lane
    outcome: Outcome
    status: str
    last_byte: float | None  # seconds
    bytes_up: int | None
    bytes_down: int | None
    round_trips: int
    retries: int


def comparison_row(result: CallResult) -> ComparisonRow:
    """The row of one lane."""
    return ComparisonRow(
        lane=result.lane,
        outcome=result.outcome,
        status=result.reply.status,
        last_byte=result.wire_time,
        bytes_up=result.bytes_up,
        bytes_down=result.bytes_down,
        round_trips=result.round_trips,
        retries=result.retries,
    )


def over_fetch(value: Any, wanted: Sequence[str]) -> OverFetch:
    """Measure what ``value`` holds beyond the ``wanted`` dotted paths. Costs two passes over the value."""
    received = received_fields(value)
    extra = frozenset(path for path in received if _is_extra(path, wanted))
    total = _size(value) if value is not None else 0
    unasked = total - _asked_size(value, field_tree(wanted)) if value is not None else 0
    return OverFetch(
        fields_received=len(received),
        fields_wanted=len(wanted),
        fields_extra=len(extra),
        bytes_total=total,
        bytes_extra=unasked,
        share=unasked / total if total else None,
        extra_paths=extra,
    )


def _is_extra(path: str, wanted: Sequence[str]) -> bool:
    """Neither asked for, nor around or inside something that was."""
    return not any(
        field == path or field.startswith(f"{path}.") or path.startswith(f"{field}.") for field in wanted
    )


def _asked_size(value: Any, tree: Mapping[str, Any]) -> int:
    """_size() of what the tree names, without a copy of it: freeing one holds other threads up, too."""
    if not tree:
        return _size(value)
    if isinstance(value, Mapping):
        asked = [(str(name), part, tree[own]) for name, part in value.items() if (own := snake(name)) in tree]
        names = sum(_text_size(name) + 1 for name, _, _ in asked)
        return 2 + max(len(asked) - 1, 0) + names + sum(_asked_size(part, below) for _, part, below in asked)
    if isinstance(value, list | tuple):
        return 2 + max(len(value) - 1, 0) + sum(_asked_size(part, tree) for part in sliced(value))
    return _size(value)


def _size(value: Any) -> int:
    """Bytes of ``value`` as compact JSON.

    Lists are measured entry by entry: one dumps() over megabytes would hold every other thread up.
    """
    if isinstance(value, list | tuple):
        return 2 + max(len(value) - 1, 0) + sum(map(_size, sliced(value)))
    if isinstance(value, Mapping) and any(isinstance(part, list | tuple) for part in value.values()):
        names = sum(_text_size(str(name)) + 1 for name in value)
        return 2 + max(len(value) - 1, 0) + names + sum(map(_size, value.values()))
    return _text_size(value)


def _text_size(value: Any) -> int:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return len(text.encode("utf-8", "surrogatepass"))
