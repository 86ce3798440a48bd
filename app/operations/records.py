"""Results as JSON records, with the unit of each number in its name; null is unknown. Pure."""

from collections.abc import Sequence
from typing import Any

from app.domain.results import CallResult, Outcome
from app.operations.compare import comparison_row, over_fetch
from app.operations.differences import Difference, semantic_diff


def comparison_record(results: Sequence[CallResult]) -> dict[str, Any]:
    """Answers on several lanes and what they say differently."""
    operations = dict.fromkeys(result.operation.value for result in results)
    return {
        "operation": " / ".join(operations),  # one, unless a lane still shows an earlier answer
        "fields": list(results[0].fields) if results else [],
        "lanes": {result.lane.value: as_record(result) for result in results},
        "differences": difference_records(results),
    }


def as_record(result: CallResult) -> dict[str, Any]:
    """One result with its units in the names; null is unknown."""
    row, extra = comparison_row(result), over_fetch(result.reply.value, result.fields)
    return {
        "outcome": row.outcome.value,
        "status": row.status,
        "message": result.reply.message,
        "last_byte_ms": _ms(row.last_byte),
        "total_ms": _ms(result.total),
        "bytes_up": row.bytes_up,
        "bytes_down": row.bytes_down,
        "round_trips": row.round_trips,
        "retries": row.retries,
        "fields_wanted": extra.fields_wanted,
        "fields_received": extra.fields_received,
        "over_fetch": extra.share,
        "value": result.reply.value,
    }


def difference_records(results: Sequence[CallResult]) -> dict[str, list[dict[str, Any]]]:
    """What each lane's answer says differently from the first lane's, in the wanted fields."""
    return {
        result.lane.value: [
            {"path": one.path, "kind": one.kind.value, "base": one.base, "other": one.other} for one in found
        ]
        for result, found in compared(results)
    }


def compared(results: Sequence[CallResult]) -> list[tuple[CallResult, tuple[Difference, ...]]]:
    """Each further good answer with its differences from the first good one."""
    good = [result for result in results if result.outcome is Outcome.OK]
    return [
        (other, semantic_diff(good[0].reply.value, other.reply.value, other.fields)) for other in good[1:]
    ]


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
