"""Results as an aligned table. Pure. Numbers mean what the window's comparison means by them."""

from collections.abc import Collection, Mapping, Sequence

from app.domain.operations import Operation, OperationId
from app.domain.results import CallResult
from app.operations.compare import comparison_row, over_fetch
from app.operations.differences import DifferenceKind
from app.operations.records import compared

_HEAD = (
    "lane",
    "status",
    "last byte",
    "total",
    "sent",
    "received",
    "trips",
    "retries",
    "not asked for",
    "fields",
)
_UNKNOWN = "unknown"
_SHOWN_DIFFERENCES = 5
_MAKE_SOMETHING = frozenset({OperationId.CREATE_PRODUCT, OperationId.CREATE_ORDER})
_WORDS = {
    DifferenceKind.MISSING: "is missing",
    DifferenceKind.EXTRA: "is there only here",
    DifferenceKind.REORDERED: "has another order",
}


def comparison_table(operation: Operation, params: Mapping[str, str], results: Sequence[CallResult]) -> str:
    """A heading, one line for each lane, and a sentence for whatever needs one."""
    shown = ", ".join(f"{name}={value}" for name, value in params.items())
    rows = [_row(result) for result in results]
    lines = [
        f"{operation.title} ({shown})" if shown else operation.title,
        *align([_HEAD, *rows], left={0, 1, len(_HEAD) - 1}),
    ]
    lines += [f"  {result.lane.label}: {result.reply.message}" for result in results if result.reply.message]
    differences = _differences(results)
    if differences and operation.id in _MAKE_SOMETHING:
        differences.append("  Each lane made one of its own, so ids differ.")
    return "\n".join([*lines, *differences])


def _differences(results: Sequence[CallResult]) -> list[str]:
    lines = []
    for result, found in compared(results):
        for one in found[:_SHOWN_DIFFERENCES]:
            says = _WORDS.get(one.kind) or f"is {one.other!r}, not {one.base!r}"
            lines.append(f"  {result.lane.label}: {one.path or 'the answer'} {says}")
        if len(found) > _SHOWN_DIFFERENCES:
            lines.append(f"  {result.lane.label}: {len(found) - _SHOWN_DIFFERENCES} more differences")
    return lines


def _row(result: CallResult) -> tuple[str, ...]:
    row, extra = comparison_row(result), over_fetch(result.reply.value, result.fields)
    return (
        row.lane.label,
        row.status or row.outcome.value,
        _time(row.last_byte),
        _time(result.total),
        _size(row.bytes_up),
        _size(row.bytes_down),
        str(row.round_trips),
        str(row.retries),
        "-" if extra.share is None else f"{extra.share:.0%}",
        f"{extra.fields_wanted} wanted, {extra.fields_received} received",
    )


def _time(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else f"{seconds * 1000:.1f} ms"


def _size(count: int | None) -> str:
    return _UNKNOWN if count is None else f"{count} B"


def align(rows: Sequence[Sequence[str]], *, left: Collection[int]) -> list[str]:
    """Lines with columns under one another; those in ``left`` begin there, the others end at the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return ("  " + "  ".join(cells)).rstrip()

    return [line(row) for row in rows]
