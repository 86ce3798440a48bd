"""Reads the text of the Protocols page from the resources. Knows nothing of measurements."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from app.domain.lanes import Lane
from app.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """One row of the comparison: a claim about each protocol, and the measurement that belongs to it."""

    title: str
    measure: str
    about: str  # what is measured, in a sentence
    claims: Mapping[Lane, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonText:
    """The whole page."""

    intro: str
    aspects: tuple[Aspect, ...]
    use: Mapping[Lane, str]


def load_lesson_text() -> LessonText:
    """Read ``protocols.toml``. KeyError when a part is missing."""
    page = tomllib.loads(files("resources").joinpath("protocols.toml").read_text(encoding="utf-8"))
    aspects = tuple(
        Aspect(
            title=row["title"],
            measure=row["measure"],
            about=row["about"],
            claims={lane: row[lane.value] for lane in Lane},
        )
        for row in page["aspect"]
    )
    return LessonText(
        intro=page["intro"], aspects=aspects, use={lane: page["use"][lane.value] for lane in Lane}
    )
