"""A growing list of display lines with folding. No Qt: the view asks it to advance for a few milliseconds."""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator

from app.viewmodels.json_lines import Line, LineKind, plain

Build = Callable[[int], Iterator[Line]]  # columns -> lines
Place = tuple[int, int]  # line index, column


class LineDocument:
    """Lines of one body, built as far as they were needed. One thread."""

    def __init__(
        self, build: Build, *, wraps: bool = False, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """``wraps`` says that the lines depend on the width, so that a resize lays them out again."""
        self._build = build
        self._clock = clock
        self.wraps = wraps
        self._folded: set[int] = set()
        self._ranges: list[tuple[int, int]] = []
        self._fold_rows: list[int] = []
        self._hidden: list[int] = [0]
        self.restart(80)

    def restart(self, columns: int) -> None:
        """Forget the lines and begin again at this width."""
        self.lines: list[Line] = []
        self.complete = False
        self._source = self._build(columns)
        self._folded.clear()
        self._arrange()

    def advance(self, seconds: float) -> bool:
        """Build lines for about ``seconds``. True when all are there."""
        deadline = self._clock() + seconds
        lines = self.lines
        while not self.complete:
            for _ in range(64):
                line = next(self._source, None)
                if line is None:
                    self.complete = True
                    break
                lines.append(line)
            if self._clock() >= deadline:
                break
        return self.complete

    def finish(self) -> None:
        """Build every line now."""
        while not self.advance(1.0):
            pass

    @property
    def rows(self) -> int:
        """Rows on the screen: lines less the folded ones."""
        return len(self.lines) - self._hidden[-1]

    def line_at(self, row: int) -> int:
        """Index of the line shown in ``row``."""
        return row + self._hidden[bisect_left(self._fold_rows, row)]

    def row_of(self, index: int) -> int:
        """Row of a line; a hidden line is where its fold is."""
        hidden = 0
        for start, end in self._ranges:
            if index <= start:
                break
            if index <= end:
                return start - hidden
            hidden += end - start
        return index - hidden

    def foldable(self, index: int) -> bool:
        """Whether the line opens a range whose end is known."""
        line = self.lines[index]
        return line.kind is LineKind.OPEN and line.end > index

    def is_folded(self, index: int) -> bool:
        """Whether the line's range is put away."""
        return index in self._folded

    def toggle(self, index: int) -> bool:
        """Fold or unfold a range; False when the line has none."""
        if not self.foldable(index):
            return False
        self._folded.symmetric_difference_update({index})
        self._arrange()
        return True

    def reveal(self, index: int) -> None:
        """Unfold every range that hides the line."""
        self._folded = {start for start in self._folded if not start < index <= self.lines[start].end}
        self._arrange()

    def fold_all(self) -> None:
        """Put away every range below the outermost."""
        self._folded = {
            index for index, line in enumerate(self.lines) if line.depth > 0 and self.foldable(index)
        }
        self._arrange()

    def unfold_all(self) -> None:
        """Show every line."""
        self._folded.clear()
        self._arrange()

    def text(self, first: int = 0, last: int | None = None) -> str:
        """Plain text of whole lines, folded ones included, long values in full."""
        return "\n".join(
            plain(line, full=True) for line in self.lines[first : None if last is None else last + 1]
        )

    def _arrange(self) -> None:
        self._ranges = []
        covered = -1
        for start in sorted(self._folded):
            if start > covered:
                covered = self.lines[start].end
                self._ranges.append((start, covered))
        self._fold_rows, self._hidden, hidden = [], [0], 0
        for start, end in self._ranges:
            self._fold_rows.append(start - hidden)
            hidden += end - start
            self._hidden.append(hidden)


def text_between(document: LineDocument, start: Place, end: Place) -> str:
    """What lies between two places, long values and folded lines in full; of one place its whole line."""
    lines = document.lines
    if not lines:
        return ""
    if start == end:
        return plain(lines[start[0]], full=True)
    if start[0] == end[0]:
        folded = document.is_folded(start[0])
        return plain(lines[start[0]], folded=folded)[start[1] : end[1]]
    first, last = plain(lines[start[0]], full=True)[start[1] :], plain(lines[end[0]])[: end[1]]
    middle = [plain(line, full=True) for line in lines[start[0] + 1 : end[0]]]
    return "\n".join([first, *middle, last])
