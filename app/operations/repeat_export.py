"""A measured run as CSV, one row for each call, and as JSON, figures with their units in the names. Pure."""

import csv
import io
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.operations.latencies import LatencySummary, bucket_start, histogram
from app.operations.repeat_results import LaneRun, RepeatRun

_COLUMNS = ("lane", "start_s", "total_ms", "first_byte_ms", "failed")


def as_csv(run: RepeatRun) -> str:
    """One row for each call of every lane; an unknown first byte is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for lane in run.lanes:
        calls = zip(lane.starts, lane.totals, lane.first_bytes, lane.failures, strict=True)
        for start, total, first, failed in calls:
            known = "" if math.isnan(first) else f"{first * 1000:.4f}"
            writer.writerow((lane.lane.value, f"{start:.6f}", f"{total * 1000:.4f}", known, int(failed)))
    return text.getvalue()


def as_record(run: RepeatRun) -> dict[str, Any]:
    """The run as JSON values; null is unknown."""
    plan = run.plan
    return {
        "operation": plan.operation.value,
        "params": dict(plan.params),
        "fields": list(plan.fields),
        "count": plan.count,
        "concurrency": plan.concurrency,
        "warm_up": plan.warm_up,
        "lanes_together": plan.together,
        "resilience": plan.resilient,
        "started_at": datetime.fromtimestamp(run.started_at, UTC).isoformat(timespec="milliseconds"),
        "cancelled": run.cancelled,
        "addresses": {lane.value: address for lane, address in run.addresses.items()},
        "skipped": {lane.value: why for lane, why in run.skipped.items()},
        "lanes": {each.lane.value: _lane_record(each) for each in run.lanes},
    }


def as_json(run: RepeatRun) -> str:
    """The record as text."""
    return json.dumps(as_record(run), indent=2, ensure_ascii=False)


def _lane_record(lane: LaneRun) -> dict[str, Any]:
    return {
        "calls": lane.calls,
        "failed": lane.failed,
        "errors": dict(lane.errors),
        "duration_s": round(lane.duration, 6),
        "rate_per_s": round(lane.rate, 3),
        "latency_ms": _summary_record(lane.latency),
        "first_byte_ms": _summary_record(lane.first_byte),
        "bytes_up": lane.bytes_up,
        "bytes_down": lane.bytes_down,
        "round_trips_without_bytes_up": lane.unseen_up,
        "round_trips_without_bytes_down": lane.unseen_down,
        "attempts_per_call": _rounded(lane.per_call(lane.attempts)),
        "round_trips_per_call": _rounded(lane.per_call(lane.round_trips)),
        "histogram": [
            {"from_ms": _ms(bucket_start(bucket)), "to_ms": _ms(bucket_start(bucket + 1)), "calls": calls}
            for bucket, calls in histogram(lane.answered).items()
        ],
        "per_second": _per_second(lane),
    }


def _per_second(lane: LaneRun) -> list[dict[str, Any]]:
    """What began in each second: calls, failures, and the slowest answer."""
    seconds: dict[int, list[tuple[float, int]]] = {}
    for start, total, failed in zip(lane.starts, lane.totals, lane.failures, strict=True):
        seconds.setdefault(int(start), []).append((total, failed))
    return [
        {
            "second": second,
            "calls": len(calls),
            "failed": sum(failed for _, failed in calls),
            "max_ms": _ms(_slowest(calls)),
        }
        for second, calls in sorted(seconds.items())
    ]


def _slowest(calls: Sequence[tuple[float, int]]) -> float | None:
    return max((total for total, failed in calls if not failed), default=None)


def _summary_record(summary: LatencySummary | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    names = ("minimum", "p50", "p90", "p95", "p99", "maximum", "mean")
    return {name: _ms(getattr(summary, name)) for name in names}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 4)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
