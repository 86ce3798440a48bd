"""JSON of megabytes without holding every other thread up. Pure; any thread.

``json.loads`` is one call into C that keeps the interpreter lock for as long as it takes: 120 ms for 5 MB,
in which no window answers. Here the outer containers are walked in Python and only pieces of a few
kilobytes go to the same C scanner, so that a waiting thread gets its turn several times a millisecond. The
value is the same; a large text takes up to twice as long, a small one goes to ``json.loads`` as it is.
"""

import json
import re
from collections.abc import Callable
from json import decoder
from typing import Any

from app.domain.slices import SLICES, sliced

SMALL = 200_000  # characters: 5 ms of parsing
PIECE = 16_384  # characters given to the scanner at once: a third of a millisecond

_skip = re.compile(r"[ \t\n\r]*").match
# The scanner behind json.loads; the standard library exports both without typing them.
_scan: Callable[[str, int], tuple[Any, int]] = getattr(json.JSONDecoder(), "scan_once")  # noqa: B009
_string: Callable[[str, int, bool], tuple[str, int]] = getattr(decoder, "scanstring")  # noqa: B009
_encode = json.JSONEncoder(ensure_ascii=False).encode


def loads(text: str | bytes, *, small: int = SMALL, piece: int = PIECE) -> Any:
    """The value of ``text``. Raises JSONDecodeError and RecursionError as json.loads does."""
    if len(text) <= small:
        return json.loads(text)
    SLICES.between()
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    return _Reader(text, piece).read()


def dumps(value: Any) -> str:
    """``value`` as JSON text, non-ASCII as it is; lists of objects entry by entry."""
    if isinstance(value, dict) and any(isinstance(part, list) for part in value.values()):
        return "{" + ", ".join(f"{_encode(str(name))}: {dumps(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return "[" + ", ".join(map(dumps, sliced(value))) + "]"
    return _encode(value)


class _Runs:
    """How entries of one container may be read many at a time: ``endings`` to try, none once none helps."""

    __slots__ = ("closing", "endings", "opening")

    def __init__(self, opening: str, closing: str) -> None:
        self.opening, self.closing = opening, closing
        self.endings = ["},", "],", ","]


class _Reader:
    """Reads one text. ``_base`` is where the piece that was cut out last begins."""

    __slots__ = ("_base", "_piece", "_size", "_text")

    def __init__(self, text: str, size: int) -> None:
        self._text = text
        self._size = size
        self._base = 0
        self._piece = text[:size]

    def read(self) -> Any:
        """The one value of the text."""
        value, end = self._value(self._after_space(0))
        end = self._after_space(end)
        if end != len(self._text):
            raise self._error("Extra data", end)
        return value

    def _value(self, at: int) -> tuple[Any, int]:
        first = self._text[at : at + 1]
        if first not in ("[", "{", '"'):
            try:
                return _scan(self._text, at)  # a number, or a word such as true
            except StopIteration:
                raise self._error("Expecting value", at) from None
        found = self._scanned(at)
        if found is None and self._base != at:
            self._cut(at)
            found = self._scanned(at)
        if found is not None:
            return found
        match first:
            case "[":
                return self._array(at + 1)
            case "{":
                return self._object(at + 1)
        return _string(self._text, at + 1, True)

    def _scanned(self, at: int) -> tuple[Any, int] | None:
        """The container or string that begins at ``at``, if all of it is within the piece."""
        offset = at - self._base
        if not 0 <= offset < len(self._piece):
            return None
        try:
            value, end = _scan(self._piece, offset)
        except (StopIteration, ValueError):
            return None
        return value, self._base + end

    def _array(self, at: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        at = self._after_space(at)
        if self._text[at : at + 1] == "]":
            return values, at + 1
        runs = _Runs("[", "]")
        while True:
            run = self._run(at, runs)
            if run:
                values += run[0]
                at = self._after_space(run[1] + 1)
            value, at = self._value(at)
            values.append(value)
            at = self._after_space(at)
            match self._text[at : at + 1]:
                case ",":
                    at = self._after_space(at + 1)
                case "]":
                    return values, at + 1
                case _:
                    raise self._error("Expecting ',' delimiter", at)

    def _object(self, at: int) -> tuple[dict[str, Any], int]:
        values: dict[str, Any] = {}
        at = self._after_space(at)
        if self._text[at : at + 1] == "}":
            return values, at + 1
        runs = _Runs("{", "}")
        while True:
            run = self._run(at, runs)
            if run:
                values.update(run[0])
                at = self._after_space(run[1] + 1)
            if self._text[at : at + 1] != '"':
                raise self._error("Expecting property name enclosed in double quotes", at)
            name, at = _string(self._text, at + 1, True)
            at = self._after_space(at)
            if self._text[at : at + 1] != ":":
                raise self._error("Expecting ':' delimiter", at)
            values[name], at = self._value(self._after_space(at + 1))
            at = self._after_space(at)
            match self._text[at : at + 1]:
                case ",":
                    at = self._after_space(at + 1)
                case "}":
                    return values, at + 1
                case _:
                    raise self._error("Expecting ',' delimiter", at)

    def _run(self, at: int, runs: "_Runs") -> tuple[Any, int] | None:
        """Whole entries from ``at`` up to a comma near the end of a piece, and where that comma is.

        A cut at a comma that stands within an entry leaves something open and gives None.
        """
        if not runs.endings:
            return None
        self._cut(at)
        for ending in tuple(runs.endings):
            cut = self._piece.rfind(ending) + len(ending) - 1
            if cut < len(ending):
                continue
            entries = runs.opening + self._piece[:cut] + runs.closing
            try:
                values, end = _scan(entries, 0)
            except (StopIteration, ValueError):
                end = 0
            if end == len(entries):
                runs.endings = [ending]
                return values, at + cut
        runs.endings = []
        return None

    def _cut(self, at: int) -> None:
        SLICES.between()
        self._base = at
        self._piece = self._text[at : at + self._size]

    def _after_space(self, at: int) -> int:
        found = _skip(self._text, at)
        return found.end() if found else at

    def _error(self, words: str, at: int) -> json.JSONDecodeError:
        return json.JSONDecodeError(words, self._text, at)
