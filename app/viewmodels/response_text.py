"""What a lane's response tabs say: the words before a body, the body itself, and the raw exchange. No Qt."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from app.domain.results import AttemptRecord, CallResult, Exchange, Outcome
from app.viewmodels.asked import asked_predicate
from app.viewmodels.figures import age, countdown, seconds
from app.viewmodels.json_lines import Line, Span, Style, json_lines, text_line, wrapped
from app.viewmodels.lane_chips import seen_outcome, status_text, tone_of
from app.viewmodels.line_document import LineDocument

_TONE_STYLES = {"ok": Style.OK, "warning": Style.WARNING, "error": Style.ERROR, "": Style.MUTED}
_WHY_REJECTED = "The circuit opened to spare the server: see why, and until when, in the diagram (Ctrl+6)."
_NO_ATTEMPT = frozenset({Outcome.UNSUPPORTED, Outcome.CANCELLED})


def response_document(result: CallResult, value: Any, *, rejected_for: float | None = None) -> LineDocument:
    """Words about the call, then ``value`` with marks beside what was not asked for.

    ``value`` is the body to show; ``rejected_for`` the seconds that were left until the open circuit would
    let a probe through, as the refusal said.
    """
    several = len(result.reply.exchanges) > 1
    asked = asked_predicate(
        result.lane,
        result.operation,
        result.reply.outcome,
        result.fields,
        neutral=several or bool(result.stale),
    )

    def build(columns: int) -> Iterator[Line]:
        words = prelude(result, rejected_for=rejected_for, columns=columns)
        rows = [line for spans in words for line in wrapped(spans, columns)]
        body = iter(()) if value is None else json_lines(value, asked=asked, first_index=len(rows))
        return chain(rows, body)

    return LineDocument(build, wraps=any(True for _ in prelude(result)))


def prelude(
    result: CallResult, *, rejected_for: float | None = None, columns: int = 80
) -> Iterator[list[Span]]:
    """The story of a call that did not simply succeed: error, attempts, fallback."""
    if rejected_for is None and result.reply.outcome is Outcome.REJECTED:
        rejected_for = result.reply.retry_after
    failed = seen_outcome(result) not in (Outcome.OK, Outcome.PARTIAL)
    told = False
    headline = ""
    if failed:
        spans = _headline(result, rejected_for)
        headline = "".join(text for text, _ in spans)
        yield spans
        told = True
    if result.reply.outcome is Outcome.PARTIAL:
        yield [
            ("Partial data", Style.WARNING),
            (f" · {result.reply.message or 'some fields failed'}", Style.TEXT),
        ]
        told = True
    for field, why in result.reply.details if failed and not result.stale else ():
        if f"{field}: {why}" not in headline:  # a single detail is often the whole message already
            yield [(f"  {field}  ", Style.KEY), (why, Style.TEXT)]
    if len(result.attempts) > 1:
        yield from _attempt_list(result.attempts, rejected_for, columns)
        told = True
    if result.stale is not None:
        yield []
        yield [(f"Fallback served: stale copy, {age(result.stale.age)} old", Style.WARNING)]
    elif told and _shows_body(result):
        yield []
    elif result.reply.outcome is Outcome.REJECTED:
        yield []
        yield [(_WHY_REJECTED, Style.MUTED)]
    if not told and len(result.reply.exchanges) > 1:
        yield [(f"Put together from {len(result.reply.exchanges)} responses", Style.MUTED)]


def _shows_body(result: CallResult) -> bool:
    return any(exchange.response and exchange.response.text for exchange in result.reply.exchanges)


def _headline(result: CallResult, rejected_for: float | None) -> list[Span]:
    outcome = seen_outcome(result)
    style = _TONE_STYLES[tone_of(outcome)]
    if outcome is Outcome.REJECTED:
        return [("REJECTED", style), (f" by open circuit{_left(rejected_for)}", Style.TEXT)]
    if outcome is Outcome.CANCELLED:
        return [("Cancelled", style), (" before an answer came", Style.MUTED)]
    if outcome is Outcome.UNSUPPORTED:
        return [("No counterpart. ", Style.TEXT), (result.reply.message, Style.MUTED)]
    last = result.attempts[-1] if result.attempts else None
    injected = last.injected if last else result.reply.injected
    message = (last.message if last and last.message else result.reply.message) or outcome.value
    words: list[Span] = [(status_text(result), style)]
    if tone_of(outcome) != "error":  # the request's own fault: what was injected, a delay, is not the reason
        words.append((f" · {message}", Style.TEXT))
        if injected:
            words.append((f" (injected: {injected})", Style.MUTED))
    elif injected:
        words.append((f" · injected: {injected}", Style.TEXT))
    else:
        words += [(f" · {message}", Style.TEXT), (" (real, no fault was injected)", Style.MUTED)]
    return words


def _left(rejected_for: float | None) -> str:
    """In the past tense: the words stay as they are while the circuit moves on."""
    return "" if rejected_for is None else f"; {countdown(rejected_for)} were left"


def _attempt_list(
    attempts: Sequence[AttemptRecord], rejected_for: float | None, columns: int
) -> list[list[Span]]:
    """One line an attempt. Where one has no room for its words, all say the number of the status alone."""
    lines = [_attempt_spans(attempt, brief=False) for attempt in attempts]
    if any(sum(len(text) for text, _ in line) > columns for line in lines):
        lines = [_attempt_spans(attempt, brief=True) for attempt in attempts]
    if attempts[-1].outcome is Outcome.REJECTED:  # what was left is known of the last refusal only
        lines[-1].append((_left(rejected_for), Style.MUTED))
    return lines


def _attempt_spans(attempt: AttemptRecord, *, brief: bool) -> list[Span]:
    number: Span = (f"attempt {attempt.number}  ", Style.MUTED)
    if attempt.outcome is Outcome.REJECTED:
        return [number, ("rejected by open circuit", Style.MUTED)]
    style = Style.OK if attempt.outcome is Outcome.OK else Style.MUTED
    status = attempt.status or attempt.outcome.value
    if brief and status[:1].isdigit():
        status = status.split(" ")[0]
    wait = ""
    if attempt.wait_after is not None:
        reason = f" ({attempt.reason})" if attempt.reason and attempt.reason != "backoff" else ""
        wait = f"  wait {seconds(attempt.wait_after)}{reason}"
    return [number, (f"{seconds(attempt.duration)}  ", Style.MUTED), (status, style), (wait, Style.MUTED)]


def raw_document(result: CallResult) -> LineDocument:
    """Every exchange as received: status line, headers, body as it came."""
    exchanges = result.reply.exchanges

    def build(columns: int) -> Iterator[Line]:
        if not exchanges:
            yield text_line(("Nothing was received.", Style.MUTED))
        for number, exchange in enumerate(exchanges):
            if number:
                yield text_line(("", Style.TEXT))
            yield from _raw_exchange(exchange, columns)

    return LineDocument(build, wraps=True)


def _raw_exchange(exchange: Exchange, columns: int) -> Iterator[Line]:
    yield from wrapped([(f"▸ {exchange.request.start}", Style.MUTED)], columns)
    response = exchange.response
    if response is None:
        yield text_line(("no response", Style.ERROR))
        return
    yield from wrapped([(response.status, Style.KEYWORD)], columns)
    for name, value in response.headers:
        yield from wrapped([(f"{name}: ", Style.KEY), (value, Style.TEXT)], columns)
    if response.text or response.body:
        yield text_line(("", Style.TEXT))
        yield from _raw_body(response.text, response.body, columns)
    if response.trailers:
        yield text_line(("", Style.TEXT))
        yield text_line(("trailers", Style.MUTED))
        for name, value in response.trailers:
            yield from wrapped([(f"{name}: ", Style.KEY), (value, Style.TEXT)], columns)


def _raw_body(text: str, body: bytes, columns: int) -> Iterator[Line]:
    if not text:
        yield text_line((f"{len(body)} bytes, not text: {body[:64].hex(' ')}", Style.MUTED))
        return
    for row in text.splitlines():
        if len(row) <= columns:
            yield text_line((row, Style.TEXT))
            continue
        # A minified body is one line of megabytes: cut by slices, never by copying what is left each time.
        for start in range(0, len(row), columns):
            yield text_line((row[start : start + columns], Style.TEXT))


def note_document(*paragraphs: list[Span], indent: int = 0) -> LineDocument:
    """A few wrapped sentences, for a lane that has nothing to show yet."""

    def build(columns: int) -> Iterator[Line]:
        for spans in paragraphs:
            yield from wrapped(spans, columns, indent=indent)

    return LineDocument(build, wraps=True)
