"""What the monkey can do, as data: a line for each deed, with all that is needed to do it again."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing done. ``at`` is seconds since the start; ``on`` names the widget for people only."""

    number: int
    at: float
    do: str  # "click", "drag", "type", "keys", "wheel", "resize", "faults", …
    how: Mapping[str, Any] = field(default_factory=dict)
    on: str = ""

    def line(self) -> str:
        """The deed as one line of JSON."""
        whole = {"n": self.number, "at": round(self.at, 3), "do": self.do, "on": self.on, **self.how}
        return json.dumps(whole, ensure_ascii=False)


def parse(line: str) -> Deed:
    """The deed that a line tells of. KeyError or JSONDecodeError for what is no such line."""
    whole = json.loads(line)
    return Deed(
        number=whole.pop("n"),
        at=whole.pop("at"),
        do=whole.pop("do"),
        on=whole.pop("on"),
        how=whole,
    )


def read(lines: Iterable[str]) -> Iterator[Deed]:
    """The deeds of a log; other lines are left out."""
    return (parse(line) for line in lines if line.startswith('{"n":'))


class DeedLog:
    """Writes each deed before it is done, so that the last line of a crash is its cause."""

    KEPT = 30

    def __init__(self, file: Path) -> None:
        self.file = file
        self._out = file.open("w", encoding="utf-8")
        self._last: list[str] = []

    def write(self, deed: Deed) -> None:
        """Keep a deed."""
        line = deed.line()
        self._out.write(line + "\n")
        self._out.flush()
        self._last = [*self._last[1 - self.KEPT :], line]

    @property
    def last(self) -> list[str]:
        """The newest lines, newest last."""
        return list(self._last)

    def close(self) -> None:
        """Close the file."""
        self._out.close()
