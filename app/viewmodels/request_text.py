"""A request as lines to read: what will go over the wire, in its order. No Qt."""

from collections.abc import Iterator
from urllib.parse import urlencode

from app.domain.drafts import RestDraft
from app.domain.results import Headers
from app.viewmodels.json_lines import Line, Span, Style, wrapped
from app.viewmodels.line_document import LineDocument

_LONGEST = 28  # characters of a credential that are worth a look


def rest_preview(draft: RestDraft) -> LineDocument:
    """Request line with its query, the requests that follow for each item (×N), headers."""
    query = f"?{urlencode(draft.query)}" if draft.query else ""
    paragraphs: list[list[Span]] = [[(draft.method, Style.MUTED), (f" {draft.path}{query}", Style.TEXT)]]
    for follow in draft.follow:
        method, _, path = follow.partition(" ")
        paragraphs.append([(method, Style.MUTED), (f" {path}", Style.TEXT), ("  ×N", Style.MUTED)])
    paragraphs += header_spans(draft.headers)

    def build(columns: int) -> Iterator[Line]:
        for spans in paragraphs:
            yield from wrapped(spans, columns, at_words=False)

    return LineDocument(build, wraps=True)


def header_spans(headers: Headers) -> list[list[Span]]:
    """One paragraph for each header; credentials are cut short."""
    return [[(f"{name}: ", Style.MUTED), (_short(name, value), Style.TEXT)] for name, value in headers]


def _short(name: str, value: str) -> str:
    long = name.lower() == "authorization" and len(value) > _LONGEST
    return f"{value[:14]}…" if long else value
