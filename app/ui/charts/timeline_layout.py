"""Where things lie on the attempt timeline: time to pixels, lanes to heights, room for labels."""

from bisect import insort
from math import floor

from app.domain.lanes import Lane
from app.viewmodels.timeline_data import (
    AttemptBar,
    LaneView,
    RejectionMark,
    StaleMark,
    TransitionMark,
    WaitGap,
)
from app.viewmodels.timeline_words import Mark

SHORTEST_BAR = 5  # px: a 3 ms attempt must still be seen and hit
LEAST_ROW = 7  # px: thinner sub-rows cannot be told apart; further calls share them
MOST_SHARING = 4  # calls in one sub-row; more become a density picture
TALLEST_BAR = 26
WAIT_HEIGHT = 8
CAP_ROOM = 9  # px under the base line
FINEST_MARKS = 4  # px for each mark; closer than this becomes a density picture
COLUMN = 4  # px, a column of the density picture with its gap
REACH = 6  # px around a mark that still hit it


class TimeScale:
    """Seconds to whole pixels, cut to the grid so that neighbours keep their distance in motion.

    ``origin`` is the pixel number of x = 0 on the endless strip: a frame differs from the last when it does.
    """

    __slots__ = ("edge", "left", "origin", "per_second", "span", "width")

    def __init__(self, *, left: int, width: int, span: float, edge: float) -> None:
        self.left = left
        self.width = width
        self.span = span
        self.edge = edge  # time at the right edge
        self.per_second = width / span  # px
        self.origin = floor(edge * self.per_second) - width - left

    def x(self, at: float) -> int:
        """Pixel of a time; may lie outside."""
        return floor(at * self.per_second) - self.origin

    def time(self, x: float) -> float:
        """Time at a pixel."""
        return self.edge - self.span + (x - self.left) / self.per_second


class LaneBox:
    """One lane from top to bottom: words, numbers, bars on a base line, end caps under it.

    ``base`` is the line that bars stand on; ``bars`` the top of a single sub-row; ``rows_top`` the top of the
    room for several, which may use the line of the numbers too; ``numbers``: there is room for that line.
    """

    __slots__ = ("bars", "base", "height", "lane", "numbers", "rows_top", "text", "top")

    def __init__(self, *, lane: Lane, top: int, height: int, text: int) -> None:
        self.lane = lane
        self.top = top
        self.height = height
        self.text = text  # px, a line of small text
        self.base = top + height - CAP_ROOM
        self.numbers = height >= 2 * text + TALLEST_BAR
        self.bars = max(top + (2 if self.numbers else 1) * text, self.base - TALLEST_BAR)
        self.rows_top = top + text

    @property
    def most_rows(self) -> int:
        """How many sub-rows there is room for."""
        return max(1, (self.base - self.rows_top) // LEAST_ROW)

    def dense(self, view: LaneView, width: int) -> bool:
        """Whether single marks would cover one another."""
        return view.rows > MOST_SHARING * self.most_rows or view.marks * FINEST_MARKS > width

    def row(self, row: int, rows: int) -> tuple[int, int]:
        """Top and height of a sub-row; row 0 lies on the base line."""
        if rows == 1:
            return self.bars, self.base - self.bars
        pitch = min(float(TALLEST_BAR), (self.base - self.rows_top) / rows)
        bottom = self.base - floor(row * pitch)
        return bottom - floor(pitch) + 1, floor(pitch) - 1


class Frame:
    """One frame of one lane: what is drawn, and where. ``now`` ends what has not ended yet."""

    __slots__ = ("box", "dense", "now", "places", "rows", "scale", "view")

    def __init__(self, *, box: LaneBox, scale: TimeScale, view: LaneView, now: float) -> None:
        self.box = box
        self.scale = scale
        self.view = view
        self.now = now
        self.rows = min(view.rows, box.most_rows)
        self.dense = box.dense(view, scale.width)
        # Top and height for each row of the view: rows without a place of their own share one.
        self.places = [box.row(row % self.rows, self.rows) for row in range(view.rows)]

    def bar(self, bar: AttemptBar) -> tuple[int, int, int, int]:
        """x, y, width, height of an attempt."""
        scale = self.scale
        x = floor(bar.start * scale.per_second) - scale.origin
        end = floor((self.now if bar.end is None else bar.end) * scale.per_second) - scale.origin
        top, height = self.places[bar.call.row]
        return x, top, (end - x if end - x > SHORTEST_BAR else SHORTEST_BAR), height

    def hit(self, x: float, y: float) -> Mark | None:
        """The thing under the pointer; small marks win over bars, bars over waits, waits over bands."""
        if not self.box.top <= y < self.box.top + self.box.height:
            return None
        if self.dense:  # single attempts are not drawn, so they cannot be meant
            return self._hit_transition(x) if y < self.box.rows_top else self._hit_band(x)
        return self._hit_point(x, y) or self._hit_stretch(x, y)

    def _hit_point(self, x: float, y: float) -> Mark | None:
        points: list[tuple[float, Mark]] = []
        view, place = self.view, self.scale.x
        lower = y > self.box.base - 2
        marks: list[StaleMark | RejectionMark | TransitionMark] = []
        marks += view.stales if lower else [mark for mark in view.rejections if self._in_row(mark, y)]
        marks += view.transitions if y < self.box.rows_top else []
        for mark in marks:
            points.append((abs(place(mark.at) - x), mark))
        if lower:
            points += [(abs(place(call.end or 0.0) - x), call) for call in view.ends]
        distance, nearest = min(points, key=lambda point: point[0], default=(REACH + 1.0, None))
        return nearest if distance <= REACH else None

    def _in_row(self, mark: RejectionMark, y: float) -> bool:
        top, height = self.places[mark.call.row]
        return abs(y - top - height / 2) <= max(REACH, height / 2)

    def _hit_stretch(self, x: float, y: float) -> Mark | None:
        for bar in reversed(self.view.attempts):
            left, top, width, height = self.bar(bar)
            if left - 2 <= x <= left + width + 2 and top - 2 <= y <= top + height + 2:
                return bar
        for gap in reversed(self.view.waits):
            top, height = self.places[gap.call.row]
            inside = self.scale.x(gap.start) <= x <= self.scale.x(wait_extent(gap))
            if inside and top - self.box.text <= y <= top + height:
                return gap
        return self._hit_band(x)

    def _hit_transition(self, x: float) -> Mark | None:
        near = [mark for mark in self.view.transitions if abs(self.scale.x(mark.at) - x) <= REACH]
        return near[-1] if near else self._hit_band(x)

    def _hit_band(self, x: float) -> Mark | None:
        for band in self.view.bands:
            end = self.now if band.end is None else band.end
            if self.scale.x(band.start) <= x <= self.scale.x(end):
                return band
        return None


def wait_extent(gap: WaitGap) -> float:
    """The moment at which the wait could have ended at the latest."""
    return gap.start + max(gap.delay, gap.envelope)


class Room:
    """Free places on one line of text. A label that finds none is left out."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken: list[tuple[int, int]] = []

    def take(self, left: int, width: int, gap: int = 6) -> bool:
        """Reserve a stretch; False when something is there already."""
        right = left + width
        if any(left < end + gap and start < right + gap for start, end in self._taken):
            return False
        insort(self._taken, (left, right))
        return True

    def free_from(self, left: int, limit: int, *, wanted: int, gap: int = 6) -> tuple[int, int]:
        """The first free stretch from ``left`` that holds ``wanted`` px, else the widest: (left, width)."""
        widest = (left, 0)
        for start, end in [*self._taken, (limit + gap, limit + gap)]:
            if end + gap <= left:
                continue
            width = min(limit, start - gap) - left
            if width >= wanted:
                return left, width
            if width > widest[1]:
                widest = (left, width)
            left = max(left, end + gap)
        return widest


def tick_step(span: float, width: int) -> float:
    """Seconds between grid lines: 1, 2, 5, 10, 15, 30, 60 … at least 70 px apart."""
    for step in (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0):
        if step * width / span >= 70:
            return step
    return 300.0


def columns(frame: Frame, width: int) -> dict[int, list[int]]:
    """Counts for the density picture: column → [answered, failed, late, rejected]."""
    counts: dict[int, list[int]] = {}
    factor = frame.scale.per_second / width
    for bar in frame.view.attempts:
        # Anchored to the endless strip: columns must not regroup as they scroll.
        column = floor((bar.start if bar.end is None else bar.end) * factor)
        parts = counts.get(column)
        if parts is None:
            parts = counts[column] = [0, 0, 0, 0]
        parts[2 if bar.late else 1 if bar.failed else 0] += 1
    for mark in frame.view.rejections:
        counts.setdefault(floor(mark.at * factor), [0, 0, 0, 0])[3] += 1
    return counts


def column_words(frame: Frame, x: float) -> str:
    """What a column of the density picture stands for; empty where there is none."""
    parts = columns(frame, COLUMN).get(floor((x + frame.scale.origin) / COLUMN))
    if parts is None:
        return ""
    names = ("answered", "failed", "late", "rejected")
    told = ", ".join(f"{part} {name}" for part, name in zip(parts, names, strict=True) if part)
    milliseconds = COLUMN / frame.scale.per_second * 1000
    return f"{frame.box.lane.label} in {milliseconds:.0f} ms: {told}\nzoom in to see single attempts"
