"""Finds the line of a TOML file where something stands, for error messages. A guess, never an error.

tomllib tells where it could not read on, but not where it has read a value.
"""

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?")


class Lines:
    """The lines of one file. Lines count from 1; what is not found is said to be where its table begins."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._headers: list[tuple[int, bool, str]] = []  # line, array of tables, name
        for number, line in enumerate(self._lines, 1):
            if found := _HEADER.match(line):
                self._headers.append((number, found[1] == "[[", found[2].replace(" ", "")))

    def top(self, key: str) -> int:
        """A key before the first table, or the table of that name."""
        end = self._headers[0][0] if self._headers else len(self._lines) + 1
        return self._key(1, end, key) or self._table(key) or 1

    def within(self, table: str, key: str) -> int:
        """A key of a top-level table, written as a table or as a value."""
        start = self._table(table)
        outer, dot, inner = table.rpartition(".")
        if not start and dot:
            return self.within(outer, inner)
        return (start and self._key(start + 1, self._end(start), key)) or start or self.top(table)

    def step(self, index: int, key: str = "") -> int:
        """The ``index``-th (from 0) ``[[step]]``, or a key of it."""
        starts = [line for line, is_array, name in self._headers if is_array and name == "step"]
        if index >= len(starts):
            return self.top("step")  # written as one array
        start = starts[index]
        end = starts[index + 1] if index + 1 < len(starts) else len(self._lines) + 1
        return (key and self._step_key(start, end, key)) or start

    def _step_key(self, start: int, end: int, key: str) -> int:
        for line, _, name in self._headers:
            if start < line < end and (name == f"step.{key}" or name.startswith(f"step.{key}.")):
                return line
        return self._key(start + 1, end, key)

    def _table(self, name: str) -> int:
        for line, _, each in self._headers:
            if each == name or each.startswith(f"{name}."):
                return line
        return 0

    def _end(self, start: int) -> int:
        later = [line for line, _, _ in self._headers if line > start]
        return later[0] if later else len(self._lines) + 1

    def _key(self, start: int, end: int, key: str) -> int:
        sign = re.compile(rf"""^\s*["']?{re.escape(key)}["']?\s*[=.]""")
        for number in range(start, min(end, len(self._lines) + 1)):
            if sign.match(self._lines[number - 1]):
                return number
        return 0
