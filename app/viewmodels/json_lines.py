"""A JSON value as display lines, produced lazily so that megabytes can be shown as they are laid out.

Knows nothing of Qt and of operations: which leaves were not asked for is told by a predicate.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any

from app.domain.values import dataclass

INLINE_WIDTH = 38  # characters: small containers of scalars stay on one line below this
LONGEST_VALUE = 2_000  # characters drawn of one string; copying gives all of it
NOT_ASKED = "◂ not asked for"
UNASKED = "◂ unasked"  # the same in a narrow lane


class Style(StrEnum):
    """What a piece of text is; the view maps it to a theme token."""

    KEY = "code_key"
    STRING = "code_string"
    NUMBER = "code_number"
    KEYWORD = "code_keyword"
    TEXT = "text"
    MUTED = "muted"
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


Span = tuple[str, Style]


class LineKind(Enum):
    """How a line takes part in the structure."""

    LEAF = 0
    INLINE = 1
    OPEN = 2
    CLOSE = 3
    TEXT = 4


@dataclass(slots=True)
class Line:
    """One display line. ``end`` of an OPEN line is the index of its CLOSE line, -1 until that is known."""

    kind: LineKind
    depth: int = 0
    key: str | None = None
    value: Any = None  # a leaf, the container of an INLINE or OPEN line, or the spans of a TEXT line
    comma: bool = False
    extra: bool = False  # came without being asked for
    end: int = -1


Asked = Callable[[str], bool]


@dataclass(slots=True)
class _Frame:
    children: Iterator[tuple[str | None, Any]]
    path: str
    left: int
    line: Line


def json_lines(value: Any, *, asked: Asked | None = None, first_index: int = 0) -> Iterator[Line]:
    """Yield the lines of ``value``. ``asked`` gets dotted paths without list indices ("items.price").

    ``first_index`` is the index the first line will have in its document; fold ends are counted from there.
    """
    index = first_index
    stack: list[_Frame] = []
    pending: tuple[str | None, Any, str, bool] | None = (None, value, "", False)
    while pending is not None or stack:
        if pending is None:
            frame = stack[-1]
            if frame.left == 0:
                stack.pop()
                frame.line.end = index
                close = Line(LineKind.CLOSE, frame.line.depth, None, frame.line.value, frame.line.comma)
                index += 1
                yield close
                continue
            frame.left -= 1
            key, child = next(frame.children)
            pending = (key, child, _join(frame.path, key), frame.left > 0)
        key, current, path, comma = pending
        pending = None
        line = _line(key, current, path, comma=comma, depth=len(stack), asked=asked)
        index += 1
        if line.kind is LineKind.OPEN:
            stack.append(_Frame(_children(current), path, len(current), line))
        yield line


def _join(path: str, key: str | None) -> str:
    if key is None:
        return path
    return f"{path}.{key}" if path else key


def _children(value: Any) -> Iterator[tuple[str | None, Any]]:
    if isinstance(value, Mapping):
        return iter((str(key), child) for key, child in value.items())
    return iter((None, child) for child in value)


def _line(key: str | None, value: Any, path: str, *, comma: bool, depth: int, asked: Asked | None) -> Line:
    if not _is_container(value):
        extra = asked is not None and not asked(path)
        return Line(LineKind.LEAF, depth, key, value, comma, extra)
    if not value or (depth > 0 and _fits_inline(key, value, path, depth, asked)):
        return Line(LineKind.INLINE, depth, key, value, comma)
    return Line(LineKind.OPEN, depth, key, value, comma)


def _is_container(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple))


def _fits_inline(key: str | None, value: Any, path: str, depth: int, asked: Asked | None) -> bool:
    if len(value) > 8:
        return False
    room = INLINE_WIDTH - 2 * depth - (len(key) + 4 if key else 0) - 4
    for child_key, child in _children(value):
        if _is_container(child) or (asked is not None and not asked(_join(path, child_key))):
            return False
        room -= len(child_key or "") + len(child if isinstance(child, str) else str(child)) + 6
        if room < 0:
            return False
    return True


def text_line(*spans: Span) -> Line:
    """A line of plain words."""
    return Line(LineKind.TEXT, value=spans)


def wrapped(spans: Sequence[Span], columns: int, *, indent: int = 2, at_words: bool = True) -> Iterator[Line]:
    """Break words into lines of at most ``columns`` characters, at spaces where there are some.

    Continuation lines hang by ``indent``. One long word, such as a minified body, is cut hard.
    """
    columns = max(columns, 12)
    row: list[Span] = []
    used = 0
    for text, style in spans:
        rest = text
        while rest:
            room = columns - used
            if len(rest) <= room:
                row.append((rest, style))
                used += len(rest)
                break
            space = rest.rfind(" ", 1, room + 1) if at_words else -1
            cut = space if space > 0 else (0 if at_words and used > indent else room)
            if cut:
                row.append((rest[:cut], style))
            yield Line(LineKind.TEXT, value=tuple(row))
            rest = rest[cut:].lstrip(" ") if space > 0 else rest[cut:]
            row = [(" " * indent, Style.TEXT)]
            used = indent
    yield Line(LineKind.TEXT, value=tuple(row))


def spans(line: Line, *, folded: bool = False, full: bool = False) -> list[Span]:
    """The coloured pieces of a line. ``folded`` shows an OPEN line with its content put away."""
    if line.kind is LineKind.TEXT:
        return list(line.value)
    found: list[Span] = []
    if line.depth:
        found.append(("  " * line.depth, Style.TEXT))
    if line.key is not None:
        found += [(_quoted(line.key), Style.KEY), (": ", Style.TEXT)]
    comma = "," if line.comma else ""
    opening, closing = "{}" if isinstance(line.value, Mapping) else "[]"
    match line.kind:
        case LineKind.LEAF:
            found.append(_leaf(line.value, full=full))
            if comma:
                found.append((comma, Style.TEXT))
        case LineKind.INLINE:
            found += _inline(line.value, opening, closing + comma)
        case LineKind.CLOSE:
            found.append((closing + comma, Style.TEXT))
        case LineKind.OPEN if folded:
            found += [
                (f"{opening} … {closing}{comma}", Style.TEXT),
                (f"  {count_label(line.value)}", Style.MUTED),
            ]
        case _:
            found.append((opening, Style.TEXT))
    return found


def plain(line: Line, *, folded: bool = False, full: bool = False) -> str:
    """The text of a line without colours."""
    return "".join(text for text, _ in spans(line, folded=folded, full=full))


def count_label(value: Any) -> str:
    """How much is inside a folded container: "12 items", "1 key"."""
    word = "key" if isinstance(value, Mapping) else "item"
    return f"{len(value)} {word}{'' if len(value) == 1 else 's'}"


def _inline(value: Any, opening: str, closing: str) -> list[Span]:
    if not value:
        return [(opening + closing, Style.TEXT)]
    found: list[Span] = [(opening + " ", Style.TEXT)]
    for position, (key, child) in enumerate(_children(value)):
        if position:
            found.append((", ", Style.TEXT))
        if key is not None:
            found += [(_quoted(key), Style.KEY), (": ", Style.TEXT)]
        found.append(_leaf(child, full=True))
    found.append((" " + closing, Style.TEXT))
    return found


def _leaf(value: Any, *, full: bool) -> Span:
    if isinstance(value, str):
        if not full and len(value) > LONGEST_VALUE:
            return (
                f"{_quoted(value[:LONGEST_VALUE])} … {len(value) - LONGEST_VALUE} more characters",
                Style.STRING,
            )
        return _quoted(value), Style.STRING
    if value is None or isinstance(value, bool):
        return json.dumps(value), Style.KEYWORD
    return json.dumps(value, default=str), Style.NUMBER


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
