"""Typed values out of a TOML table, each refusal with the line where the value stands."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.domain.lanes import Lane
from app.resilience.setting_specs import SETTINGS
from app.resilience.settings import PipelineSettings

LineOf = Callable[[str], int]

_LONGEST_TEXT = 2000
NONE = "none"  # TOML has no null


class Wrong(Exception):
    """A value cannot be used; the reader turns it into a ScenarioError."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


class Table:
    """One table of the file. Every getter raises Wrong."""

    def __init__(self, raw: Mapping[str, Any], line_of: LineOf) -> None:
        self.raw = raw
        self._line_of = line_of

    def wrong(self, key: str, why: str) -> Wrong:
        """A refusal at the line of ``key``."""
        return Wrong(self._line_of(key), why)

    def only(self, known: frozenset[str], what: str) -> None:
        """Refuse a key that means nothing: a slip of the pen must not be ignored."""
        for key in self.raw:
            if key not in known:
                raise self.wrong(key, f"{key!r} is no key of {what}; it has {', '.join(sorted(known))}")

    def text(self, key: str, default: str) -> str:
        """A text."""
        value = self.raw.get(key, default)
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
            raise self.wrong(key, f"{key} must be text of at most {_LONGEST_TEXT} characters")
        return " ".join(value.split())

    def texts(self, key: str, default: Sequence[str]) -> tuple[str, ...]:
        """A list of texts."""
        value = self.raw.get(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise self.wrong(key, f"{key} must be a list of texts")
        return tuple(value)

    def scalar(self, key: str) -> str:
        """A text or number, as text."""
        value = self.raw[key]
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.wrong(key, f"{key} must be a text or a number")
        return str(value)

    def flag(self, key: str) -> bool:
        """True or false; absent is false."""
        value = self.raw.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{key} must be true or false")
        return value

    def choice(self, key: str, known: Sequence[str], default: str) -> str:
        """One of some words."""
        value = self.raw.get(key, default)
        if not isinstance(value, str) or value not in known:
            raise self.wrong(key, f"{key} must be one of {', '.join(known)}, not {_short(value)}")
        return str(value)

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number."""
        value = self.raw.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, f"{key} must be a whole number from {low} to {high}, not {_short(value)}")
        return value

    def number(self, key: str, default: float, low: float, high: float, *, required: bool = False) -> float:
        """A finite number."""
        if required and key not in self.raw:
            raise self.wrong(key, f"{key} is missing")
        value = self.raw.get(key, default)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not low <= value <= high:  # which no nan is
            raise self.wrong(key, f"{key} must be a number from {low:g} to {high:g}, not {_short(value)}")
        return float(value)

    def table(self, key: str, line_of: LineOf | None = None) -> "Table":
        """A table inside; absent is an empty one."""
        value = self.raw.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"{key} must be a table")
        return Table(value, line_of or (lambda _: self._line_of(key)))


def setting_changes(
    table: Table, key: str, line_of: Callable[[str, str], int], lanes: Sequence[Lane]
) -> Mapping[Lane, Mapping[str, Any]]:
    """Settings for all lanes, and per lane in tables of the lane's name; the lane's own win."""
    found = table.table(key, lambda name: line_of(key, name))
    common = {name: value for name, value in found.raw.items() if name not in list(Lane)}
    shared = _checked(Table(common, lambda name: line_of(key, name)))
    return {lane: {**shared, **_checked(_of_lane(found, key, lane, line_of))} for lane in lanes}


def _of_lane(found: Table, key: str, lane: Lane, line_of: Callable[[str, str], int]) -> Table:
    return found.table(lane, lambda name: line_of(f"{key}.{lane.value}", name))


def _checked(table: Table) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in table.raw.items():
        if name not in _SPECS:
            raise table.wrong(name, f"{name!r} is no setting; they are {', '.join(_SPECS)}")
        values[name] = None if value == NONE and _SPECS[name].none_means else value
        try:
            PipelineSettings(**{name: values[name]})
        except (ValueError, TypeError, OverflowError) as error:
            raise table.wrong(name, str(error)) from error
    return values


def settings_from(
    table: Table, key: str, line_of: Callable[[str, str], int], lanes: Sequence[Lane]
) -> Mapping[Lane, PipelineSettings]:
    """Whole settings for each lane, from the defaults: a person's own must not change a scenario."""
    changes = setting_changes(table, key, line_of, lanes)
    return {lane: PipelineSettings(**changes[lane]) for lane in lanes}


_SPECS = {spec.name: spec for spec in SETTINGS}


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number with thousands of digits
        return "that"
    return text if len(text) <= 60 else f"{text[:57]}..."
