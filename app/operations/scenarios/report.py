"""The end of a scenario in numbers: as JSON values and as an aligned text. Pure.

Times are scenario seconds, rounded to a millisecond. For equal scripts, seeds and lanes a headless run gives
equal reports; nothing that the machine's speed could change is in it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.lanes import Lane
from app.operations.scenarios.recording import Ended, LaneRecord, Mark, Recording, Sent
from app.operations.scenarios.script import Script

PEAK_WINDOW = 0.1  # seconds

Report = dict[str, Any]


def build_report(
    script: Script,
    recording: Recording,
    *,
    dropped: Mapping[Lane, int] | None = None,
    injected: Mapping[Lane, Mapping[str, int]] | None = None,
    silent: Mapping[Lane, str] | None = None,
) -> Report:
    """The report as JSON values.

    ``injected``: faults as the servers counted them; those that an answer named otherwise (a reset leaves no
    room for a name). ``silent``: lanes that sent nothing, and why.
    """
    lanes = {}
    for lane in script.lanes:
        record = recording.lanes[lane]
        faults = record.faults if injected is None else injected.get(lane, {})
        lanes[lane.value] = _lane(record, faults, (dropped or {}).get(lane, 0))
        if silent and lane in silent:
            lanes[lane.value]["silent"] = silent[lane]
    return {
        "scenario": script.name,
        "title": script.title,
        "seed": script.seed,
        "duration": script.duration,
        "operation": script.operation.value,
        "lanes": lanes,
        "steps": _steps(script, recording),
    }


def longest_outage(calls: Sequence[Ended]) -> tuple[float, float] | None:
    """The longest run of time in which no call got a fresh answer, as (from, to). None without one.

    It begins when the first of these calls ended, and ends with the next fresh answer or, when none follows,
    with the last call. A stale copy is no fresh answer.
    """
    longest: tuple[float, float] | None = None
    began: float | None = None
    for call in sorted(calls, key=lambda each: each.at):
        if not call.fresh and began is None:
            began = call.at
        if began is None:
            continue
        if longest is None or call.at - began > longest[1] - longest[0]:
            longest = (began, call.at)
        if call.fresh:
            began = None
    return longest


def peak(times: Sequence[float], window: float = PEAK_WINDOW) -> int:
    """The most of these times that lie within one window, the end of the window excluded."""
    ordered, most, first = sorted(times), 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] >= window - 1e-9:
            first += 1
        most = max(most, last - first + 1)
    return most


def _lane(record: LaneRecord, faults: Mapping[str, int], dropped: int) -> Report:
    calls, attempts = len(record.ended), len(record.sent)
    outage = longest_outage(record.ended)
    return {
        "calls": calls,
        "attempts": attempts,
        "retries": sum(1 for one in record.sent if one.retry),
        "amplification": round(attempts / calls, 3) if calls else 0.0,
        "outcomes": dict(sorted(Counter(one.reason for one in record.ended).items())),
        "fresh": sum(one.fresh for one in record.ended),
        "stale_served": sum(one.stale for one in record.ended),
        "rejected_calls": sum(one.rejected for one in record.ended),
        "rejected_attempts": record.refused,
        "late_results": record.late,
        "dropped": dropped,
        "faults_injected": dict(sorted(faults.items())),
        "transitions": [
            {"at": _ms(one.at), "from": one.before, "to": one.after, "reason": one.reason}
            for one in record.transitions
        ],
        "streams": [
            {"at": _ms(one.at), "messages": one.messages, "reconnects": one.reconnects, "end": one.end}
            for one in record.streams
        ],
        "longest_outage": {
            "seconds": _ms(outage[1] - outage[0]) if outage else 0.0,
            "from": _ms(outage[0]) if outage else None,
            "to": _ms(outage[1]) if outage else None,
        },
    }


def _steps(script: Script, recording: Recording) -> list[Report]:
    marks: Sequence[Mark] = recording.marks
    ends = [*(mark.at for mark in marks[1:]), float("inf")][: len(marks)]
    return [
        {
            "at": _ms(mark.at),
            "caption": mark.caption,
            "lanes": {
                lane.value: _during(recording.lanes[lane], mark.at, end, last=end == ends[-1])
                for lane in script.lanes
            },
        }
        for mark, end in zip(marks, ends, strict=True)
    ]


def _during(record: LaneRecord, start: float, end: float, *, last: bool) -> Report:
    calls = [one for one in record.ended if start <= one.began < end]
    sent: list[Sent] = [one for one in record.sent if start <= one.at < end]
    retries = [one.at for one in sent if one.retry]
    return {
        "calls": len(calls),
        "fresh": sum(one.fresh for one in calls),
        "attempts": len(sent),
        "peak_per_100_ms": peak([one.at for one in sent]),
        "peak_retries_per_100_ms": peak(retries),
    }


def _ms(seconds: float) -> float:
    return round(seconds, 3) + 0.0  # no minus zero


def closing_words(report: Report) -> str:
    """The report in a sentence, all lanes together."""
    lanes: list[Report] = list(report["lanes"].values())

    def total(key: str) -> int:
        return sum(one[key] for one in lanes)

    parts = [f"{total('calls')} calls", f"{total('fresh')} fresh answers"]
    parts += [f"{total('stale_served')} stale copies"] if total("stale_served") else []
    parts += [f"{total('rejected_calls')} rejected"] if total("rejected_calls") else []
    longest = max((one["longest_outage"]["seconds"] for one in lanes), default=0.0)
    outage = f"; the longest outage lasted {longest:.1f} s" if longest >= 0.1 else ""
    return f"{', '.join(parts)}{outage}."


# --- as text ------------------------------------------------------------------------------------------

_ROWS = (
    ("calls", "calls"),
    ("attempts", "attempts"),
    ("retries", "retries"),
    ("attempts per call", "amplification"),
    ("fresh answers", "fresh"),
    ("stale copies served", "stale_served"),
    ("calls rejected", "rejected_calls"),
    ("attempts rejected", "rejected_attempts"),
    ("late results", "late_results"),
    ("calls dropped", "dropped"),
)


def report_text(report: Report) -> str:
    """The report for a terminal."""
    lanes: Mapping[str, Report] = report["lanes"]
    table = [("", *(Lane(name).label for name in lanes))]
    table += [(title, *(_figure(one[key]) for one in lanes.values())) for title, key in _ROWS]
    outages = [one["longest_outage"] for one in lanes.values()]
    table.append(("longest outage", *(f"{one['seconds']:g} s" for one in outages)))
    head = f"{report['title']} ({report['scenario']}, seed {report['seed']}, {report['duration']:g} s)"
    parts = [head, "", *_aligned(table)]
    parts += _counts("Outcomes", "outcomes", lanes)
    parts += _counts("Faults injected", "faults_injected", lanes)
    parts += _transitions(lanes)
    parts += _streams(lanes)
    parts += _step_table(report["steps"], list(lanes))
    silent = {Lane(name).label: one["silent"] for name, one in lanes.items() if "silent" in one}
    return "\n".join([*parts, *(f"{label} sent nothing: {why}" for label, why in silent.items())])


def _counts(title: str, key: str, lanes: Mapping[str, Report]) -> list[str]:
    names = sorted({name for one in lanes.values() for name in one[key]})
    if not names:
        return []
    rows = [(f"  {name}", *(_figure(one[key].get(name, 0)) for one in lanes.values())) for name in names]
    return ["", f"{title}", *_aligned(rows)]


def _transitions(lanes: Mapping[str, Report]) -> list[str]:
    rows = [
        (
            f"  {one['at']:g} s",
            Lane(name).label,
            _change_words(one),
            one["reason"],
        )
        for name, lane in lanes.items()
        for one in lane["transitions"]
    ]
    return ["", "Circuit breakers", *_aligned(rows, right=(0,))] if rows else []


def _streams(lanes: Mapping[str, Report]) -> list[str]:
    rows = [
        (
            f"  {one['at']:g} s",
            Lane(name).label,
            f"{_many(one['messages'], 'message')}, {_many(one['reconnects'], 'reconnect')}",
            f"ended: {one['end']}",
        )
        for name, lane in lanes.items()
        for one in lane["streams"]
    ]
    return ["", "Order streams", *_aligned(rows, right=(0,))] if rows else []


def _change_words(one: Report) -> str:
    return f"{one['from']} → {one['to']}".replace("_", "-")


def _step_table(steps: Sequence[Report], lanes: Sequence[str]) -> list[str]:
    rows = []
    for step in steps:
        rows.append((f"  {step['at']:g} s", step["caption"]))
        words = {Lane(lane).label: _during_words(step["lanes"][lane]) for lane in lanes}
        if len(words) > 1 and len(set(words.values())) == 1:
            words = {"each lane": next(iter(words.values()))}
        rows += [("", f"{label}: {said}") for label, said in words.items()]
    return ["", "Step by step", *_aligned(rows, right=(0,))] if rows else []


def _during_words(one: Report) -> str:
    if not one["calls"] and not one["attempts"]:
        return "nothing sent"
    words = f"{_many(one['calls'], 'call')}, {one['fresh']} fresh, {_many(one['attempts'], 'attempt')}"
    if one["peak_per_100_ms"] > 1:
        words += f", at most {one['peak_per_100_ms']} within 100 ms"
    if one["peak_retries_per_100_ms"] > 1:
        words += f", of retries {one['peak_retries_per_100_ms']}"
    return words


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _figure(value: float) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _aligned(rows: Sequence[Sequence[str]], right: Sequence[int] | None = None) -> list[str]:
    """Columns side by side; by default all but the first stand at the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rights = range(1, len(widths)) if right is None else right
    return [
        "  ".join(
            cell.rjust(width) if column in rights else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
