"""The timeline in words and numbers: tooltips, the text beside a bar, the JSON that is copied. No Qt."""

from collections.abc import Callable
from typing import Any

from app.domain.lanes import Lane
from app.viewmodels.timeline_data import (
    AttemptBar,
    CallRecord,
    FaultBand,
    LoadBand,
    RejectionMark,
    StaleMark,
    TransitionMark,
    WaitGap,
)
from app.viewmodels.timeline_store import TimelineStore

Mark = AttemptBar | WaitGap | RejectionMark | StaleMark | TransitionMark | FaultBand | CallRecord
Clock = Callable[[float], str]  # monotonic seconds → wall clock, "12:01:04.118"


def duration(seconds: float) -> str:
    """``3.1 ms``, ``1.02 s``, ``3 m 12 s``, ``2 h 5 m``: about three significant figures."""
    if seconds < 0.0999995:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest} s"
    return f"{minutes // 60} h {minutes % 60} m"


def wait_text(seconds: float) -> str:
    """The number over a wait: always seconds with two decimals, as waits are compared with one another."""
    return f"{seconds:.2f} s" if seconds < 99.995 else f"{seconds:.0f} s"


def tooltip(mark: Mark, clock: Clock) -> str:
    """Everything known about one thing on the timeline, one fact a line."""
    match mark:
        case AttemptBar():
            text = _attempt_tip(mark, clock)
        case WaitGap():
            text = _wait_tip(mark, clock)
        case RejectionMark():
            left = "a probe is in flight"
            if mark.retry_after is not None:
                left = f"{duration(mark.retry_after)} left"
            who = f"{_who(mark.call)} · attempt {mark.attempt} rejected by the open circuit"
            text = _lines(who, left, f"at {clock(mark.at)}")
        case StaleMark():
            who = f"{_who(mark.call)} · stale copy served, {duration(mark.age)} old"
            text = _lines(who, f"because: {mark.reason}", f"at {clock(mark.at)}")
        case TransitionMark():
            edge = f"{mark.lane.label} circuit: {mark.before} → {mark.after}"
            text = _lines(edge, mark.reason, f"at {clock(mark.at)}")
        case FaultBand():
            end = "still in force" if mark.end is None else f"for {duration(mark.end - mark.start)}"
            what = f"{mark.lane.label} injected fault: {mark.summary}"
            text = _lines(what, f"since {clock(mark.start)}, {end}")
        case CallRecord():
            text = _call_tip(mark, clock)
    return text


def _attempt_tip(bar: AttemptBar, clock: Clock) -> str:
    probe = " (probe)" if bar.probe else ""
    if bar.end is None:
        state = "in flight"
    else:
        state = f"{bar.status or bar.outcome} in {duration(bar.end - bar.start)}"
    return _lines(
        f"{_who(bar.call)} · attempt {bar.number}{probe}",
        state,
        bar.message,
        f"injected by rule: {bar.injected}" if bar.injected else "",
        "late: the circuit had moved on, its result was ignored" if bar.late else "",
        f"began {clock(bar.start)}",
        f"call {bar.call.call_id}" + (f" ended: {bar.call.cap}" if bar.call.cap else ""),
    )


def _wait_tip(gap: WaitGap, clock: Clock) -> str:
    cut = gap.end - gap.start < gap.delay - 0.001
    return _lines(
        f"{_who(gap.call)} · wait after attempt {gap.attempt}",
        f"{duration(gap.delay)}, at the longest {duration(gap.envelope)}",
        f"from: {gap.reason}",
        f"cut short after {duration(gap.end - gap.start)}" if cut else "",
        f"began {clock(gap.start)}",
    )


def _call_tip(call: CallRecord, clock: Clock) -> str:
    took = "" if call.end is None else f"{call.cap} after {duration(call.end - call.start)}"
    return _lines(_who(call), took, call.stop, f"began {clock(call.start)}", f"call {call.call_id}")


def _who(call: CallRecord) -> str:
    return f"{call.lane.label} {call.operation}".rstrip()


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def export(store: TimelineStore, first: float, last: float, clock: Clock) -> dict[str, Any]:
    """The history between two times as JSON values. Times in seconds since ``first``, unknown is null."""

    def since(at: float | None) -> float | None:
        return None if at is None else round(at - first, 6)

    return {
        "format": "trilane-timeline",
        "version": 1,
        "begins": clock(first),
        "seconds": round(last - first, 6),
        "lanes": {lane.value: _export_lane(store, lane, first, last, since) for lane in Lane},
        "load": [_export_load(band, since) for band in store.loads(first, last)],
    }


Since = Callable[[float | None], float | None]


def _export_lane(store: TimelineStore, lane: Lane, first: float, last: float, since: Since) -> dict[str, Any]:
    view = store.view(lane, first, last)
    return {
        "attempts": [_export_attempt(bar, since) for bar in view.attempts],
        "waits": [
            {
                "call": gap.call.call_id,
                "after_attempt": gap.attempt,
                "at": since(gap.start),
                "delay": gap.delay,
                "envelope": gap.envelope,
                "reason": gap.reason,
            }
            for gap in view.waits
        ],
        "rejections": [
            {
                "call": mark.call.call_id,
                "attempt": mark.attempt,
                "at": since(mark.at),
                "retry_after": mark.retry_after,
            }
            for mark in view.rejections
        ],
        "stale_copies": [
            {"call": mark.call.call_id, "at": since(mark.at), "age": mark.age, "reason": mark.reason}
            for mark in view.stales
        ],
        "calls": [_export_call(call, since) for call in view.ends],
        "transitions": [
            {"at": since(mark.at), "from": mark.before, "to": mark.after, "reason": mark.reason}
            for mark in view.transitions
        ],
        "faults": [
            {"from": since(band.start), "to": since(band.end), "summary": band.summary} for band in view.bands
        ],
    }


def _export_attempt(bar: AttemptBar, since: Since) -> dict[str, Any]:
    return {
        "call": bar.call.call_id,
        "operation": bar.call.operation,
        "attempt": bar.number,
        "from": since(bar.start),
        "to": since(bar.end),
        "outcome": None if bar.outcome is None else bar.outcome.value,
        "status": bar.status,
        "message": bar.message,
        "probe": bar.probe,
        "late": bar.late,
        "injected": bar.injected,
    }


def _export_call(call: CallRecord, since: Since) -> dict[str, Any]:
    return {
        "call": call.call_id,
        "operation": call.operation,
        "from": since(call.start),
        "to": since(call.end),
        "ended": None if call.cap is None else call.cap.value,
        "stop": call.stop,
    }


def _export_load(band: LoadBand, since: Since) -> dict[str, Any]:
    return {
        "from": since(band.start),
        "to": since(band.end),
        "rate": band.rate,
        "lanes": [lane.value for lane in band.lanes],
    }
