"""Results as an aligned table and as JSON. Pure. Numbers mean what the window's comparison means."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.operations import Operation
from app.domain.results import CallResult

_HEAD = ("lane", "status", "last byte", "total", "sent", "received", "trips", "retries", "fields")
_UNKNOWN = "unknown"


def comparison_table(operation: Operation, params: Mapping[str, str], results: Sequence[CallResult]) -> str:
    """A heading, one line for each lane, and a sentence for whatever needs one."""
    shown = ", ".join(f"{name}={value}" for name, value in params.items())
    rows = [_row(result) for result in results]
    lines = [f"{operation.title} ({shown})" if shown else operation.title, *_align([_HEAD, *rows])]
    lines += [f"  {result.lane.label}: {result.reply.message}" for result in results if result.reply.message]
    return "\n".join(lines)


def as_record(result: CallResult) -> dict[str, Any]:
    """One result with its units in the names; null is unknown."""
    return {
        "outcome": result.outcome.value,
        "status": result.reply.status,
        "message": result.reply.message,
        "last_byte_ms": _ms(result.wire_time),
        "total_ms": _ms(result.total),
        "bytes_up": result.bytes_up,
        "bytes_down": result.bytes_down,
        "round_trips": result.round_trips,
        "retries": result.retries,
        "fields_wanted": len(result.fields),
        "fields_received": len(received_fields(result.reply.value)),
        "value": result.reply.value,
    }


def received_fields(value: Any, prefix: str = "") -> frozenset[str]:
    """Dotted paths of every leaf in a neutral value; a list counts once for all of its entries."""
    if isinstance(value, Mapping):
        parts = [received_fields(one, f"{prefix}.{key}" if prefix else key) for key, one in value.items()]
        return frozenset().union(*parts)
    if isinstance(value, list):
        return frozenset().union(*(received_fields(one, prefix) for one in value))
    return frozenset({prefix} if prefix else ())


def _row(result: CallResult) -> tuple[str, ...]:
    return (
        result.lane.label,
        result.reply.status or result.outcome.value,
        _time(result.wire_time),
        _time(result.total),
        _size(result.bytes_up),
        _size(result.bytes_down),
        str(result.round_trips),
        str(result.retries),
        f"{len(result.fields)} wanted, {len(received_fields(result.reply.value))} received",
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def _time(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else f"{seconds * 1000:.1f} ms"


def _size(count: int | None) -> str:
    return _UNKNOWN if count is None else f"{count} B"


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    text_columns = {0, 1, len(widths) - 1}

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if column in text_columns else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return ("  " + "  ".join(cells)).rstrip()

    return [line(row) for row in rows]
