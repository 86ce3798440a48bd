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
from app.viewmodels.timeline_store import TimelineStore
from app.viewmodels.timeline_tally import Columns, Part
from app.viewmodels.timeline_words import Mark

SHORTEST_BAR = 5  # px: a 3 ms attempt must still be seen and hit
LEAST_ROW = 7  # px: thinner sub-rows cannot be told apart; further calls share them
MOST_SHARING = 4  # calls in one sub-row; more become a density picture
TALLEST_BAR = 26
WAIT_HEIGHT = 8
CAP_ROOM = 9  # px under the base line
FINEST_MARKS = 4  # px for each mark; closer than this becomes a density picture
COLUMN = 4  # px, a column of the density picture with its gap
VIEW_REACH = 40  # px by which a thing may reach into the view from outside, with its least width or its label
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

    def row(self, row: int, rows: int) -> tuple[int, int]:
        """Top and height of a sub-row; row 0 lies on the base line."""
        if rows == 1:
            return self.bars, self.base - self.bars
        pitch = min(float(TALLEST_BAR), (self.base - self.rows_top) / rows)
        bottom = self.base - floor(row * pitch)
        return bottom - floor(pitch) + 1, floor(pitch) - 1


class Frame:
    """One frame of one lane: what is drawn, and where. ``now`` ends what has not ended yet.

    ``columns`` are the counts of the density picture; None where single attempts are drawn.
    """

    __slots__ = ("box", "columns", "now", "places", "rows", "scale", "view")

    def __init__(
        self, *, box: LaneBox, scale: TimeScale, view: LaneView, now: float, columns: Columns | None = None
    ) -> None:
        self.box = box
        self.scale = scale
        self.view = view
        self.now = now
        self.columns = columns
        rows = view.rows
        self.rows = min(rows, box.most_rows)
        # Top and height for each row of the view: rows without a place of their own share one.
        self.places = [box.row(row % self.rows, self.rows) for row in range(rows)]

    @property
    def dense(self) -> bool:
        """Whether this is the density picture."""
        return self.columns is not None

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


def frame_of(store: TimelineStore, box: LaneBox, scale: TimeScale, now: float) -> Frame:
    """The frame of a lane: single attempts, or counts where they would cover one another.

    Costs as much as there are pixels: attempts are looked at only when there is room for each of them.
    """
    first, last = scale.time(scale.left - VIEW_REACH), scale.edge
    if store.crowd(box.lane, first, last) * FINEST_MARKS <= scale.width:
        view = store.view(box.lane, first, last)
        if view.rows <= MOST_SHARING * box.most_rows:
            return Frame(box=box, scale=scale, view=view, now=now)
    counts = store.columns(box.lane, first, last, scale.per_second / COLUMN)
    view = store.outline(box.lane, first, last)
    return Frame(box=box, scale=scale, view=view, now=now, columns=counts)


def column_words(frame: Frame, x: float) -> str:
    """What a column of the density picture stands for; empty where there is none."""
    parts = (frame.columns or {}).get(floor((x + frame.scale.origin) / COLUMN))
    if parts is None:
        return ""
    told = ", ".join(f"{count} {part.name.lower()}" for part, count in zip(Part, parts, strict=True) if count)
    milliseconds = COLUMN / frame.scale.per_second * 1000
    return f"{frame.box.lane.label} in {milliseconds:.0f} ms: {told}\nzoom in to see single attempts"
