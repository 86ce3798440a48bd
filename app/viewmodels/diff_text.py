"""The differences of one lane's answer from the base lane's, as lines to read. No Qt."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from app.domain.lanes import Lane
from app.operations.compare import Difference, DifferenceKind
from app.viewmodels.figures import count
from app.viewmodels.json_lines import Line, Span, Style, wrapped
from app.viewmodels.line_document import LineDocument

SHOWN = 500
LONGEST = 400  # characters of one value
_SAME = "Spelling (camelCase), absent defaults and numbers sent as text do not count."


def diff_document(lane: Lane, base: Lane | None, differences: Sequence[Difference] | None) -> LineDocument:
    """What the Diff tab says, with words for each case: base lane, nothing to compare, none, some."""
    paragraphs = _paragraphs(lane, base, differences)

    def build(columns: int) -> Iterator[Line]:
        for spans in paragraphs:
            yield from wrapped(spans, columns, indent=4)

    return LineDocument(build, wraps=True)


def _paragraphs(lane: Lane, base: Lane | None, differences: Sequence[Difference] | None) -> list[list[Span]]:
    if base is lane:
        return [[("This is the base lane: the others are compared with it.", Style.MUTED)]]
    if base is None or differences is None:
        name = f" with {base.label}" if base else ""
        return [[(f"Nothing to compare{name} yet: both lanes need an answer.", Style.MUTED)]]
    if not differences:
        return [
            [("= No differences", Style.OK), (f" from {base.label}", Style.TEXT)],
            [(_SAME, Style.MUTED)],
        ]
    found = [[(count(len(differences), "difference"), Style.WARNING), (f" from {base.label}", Style.TEXT)]]
    for one in differences[:SHOWN]:
        found += [[], [(one.path or "the whole answer", Style.KEY), (f"  {one.kind.value}", Style.MUTED)]]
        if one.kind is not DifferenceKind.EXTRA:
            found.append([(f"- {base.label:<8}", Style.ERROR), (_text(one.base), Style.TEXT)])
        if one.kind is not DifferenceKind.MISSING:
            found.append([(f"+ {lane.label:<8}", Style.OK), (_text(one.other), Style.TEXT)])
    if len(differences) > SHOWN:
        found += [[], [(f"and {len(differences) - SHOWN} more", Style.MUTED)]]
    return found


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
