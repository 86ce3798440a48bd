"""A lane's measurement as the few words that stand under a claim of the Protocols page. Pure."""

from collections.abc import Callable, Mapping

from app.operations.lesson import LaneLesson
from app.viewmodels.figures import NBSP, count, percent, seconds, size

NOT_YET = "not measured yet"


def measured(measure: str, lesson: LaneLesson | None) -> str:
    """The figure for one claim. KeyError for an unknown measure."""
    say = _WORDS[measure]
    if lesson is None:
        return NOT_YET
    return say(lesson) or (f"not measured: {lesson.problem}" if lesson.problem else NOT_YET)


def _trips(lesson: LaneLesson) -> str:
    if lesson.order is None:
        return ""
    return f"{count(lesson.order.round_trips, 'round trip')}, {size(lesson.order.bytes_up)} sent"


def _over_fetch(lesson: LaneLesson) -> str:
    if lesson.order is None:
        return ""
    return f"{percent(lesson.order.over_fetch)} not asked for, {size(lesson.order.bytes_down)} received"


def _latency(lesson: LaneLesson) -> str:
    figures = lesson.latency
    return "" if figures is None else f"p50 {seconds(figures.p50)}, p99 {seconds(figures.p99)}"


def _refusal(lesson: LaneLesson) -> str:
    refusal = lesson.refusal
    if refusal is None:
        return ""
    if not refusal.sent:
        return "refused by the client, nothing was sent"
    return f"sent, and refused by the server: {refusal.status}"


def _stream(lesson: LaneLesson) -> str:
    lag = lesson.lag
    if lag is None or lesson.message_bytes is None:
        return ""
    return f"lag p50 {seconds(lag.p50)}, p99 {seconds(lag.p99)}, {size(round(lesson.message_bytes))} an order"


def _cache(lesson: LaneLesson) -> str:
    cache = lesson.cache
    if cache is None:
        return ""
    if cache.again is None or cache.full is None:
        return f"{size(cache.full)} again, nothing saved"
    saved = cache.full - cache.again
    code = cache.status.partition(" ")[0]
    if saved <= 0:
        return f"{code}: {size(cache.again)} against {size(cache.full)}, nothing saved"
    return f"{code}: {size(cache.again)} instead of {size(cache.full)}, {size(saved)} saved"


def _written(lesson: LaneLesson) -> str:
    return "" if lesson.written is None else f"{lesson.written}{NBSP}characters"


_WORDS: Mapping[str, Callable[[LaneLesson], str]] = {
    "trips": _trips,
    "over-fetch": _over_fetch,
    "latency": _latency,
    "refusal": _refusal,
    "stream": _stream,
    "cache": _cache,
    "written": _written,
}
