"""Searches a LineDocument a slice at a time, so that megabytes do not hold the window up. No Qt."""

from app.viewmodels.json_lines import plain
from app.viewmodels.line_document import LineDocument

SLICE = 4_000  # lines in one turn


class LineSearch:
    """The lines that hold a needle, as far as they were searched. One thread."""

    def __init__(self, needle: str = "") -> None:
        self.needle = needle.casefold()
        self.matches: list[int] = []
        self._searched = 0

    def advance(self, document: LineDocument) -> None:
        """Search a slice more."""
        end = min(self._searched + SLICE, len(document.lines)) if self.needle else self._searched
        for index in range(self._searched, end):
            if self.needle in plain(document.lines[index]).casefold():
                self.matches.append(index)
        self._searched = end

    def done(self, document: LineDocument) -> bool:
        """Whether every line there is was searched."""
        return not self.needle or (document.complete and self._searched >= len(document.lines))

    def position(self, line: int, step: int) -> int | None:
        """Which match is after (1), before (-1) or not before (0) ``line``, round the ends; None without."""
        if not self.matches:
            return None
        if step < 0:
            before = [at for at, found in enumerate(self.matches) if found < line]
            return before[-1] if before else len(self.matches) - 1
        later = (at for at, found in enumerate(self.matches) if found > line or (step == 0 and found == line))
        return next(later, 0)

    def column(self, text: str) -> int:
        """Where the needle begins in a line's text."""
        return max(text.casefold().find(self.needle), 0)
