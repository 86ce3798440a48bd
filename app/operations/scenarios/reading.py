"""Reads a scenario file: TOML into a checked Script. Every way to fail is a ScenarioError with its line."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, Operation, OperationId
from app.domain.parameters import problems
from app.operations.scenarios.locate import Lines
from app.operations.scenarios.script import Rule, ScenarioError, Script
from app.operations.scenarios.steps import StepReader
from app.operations.scenarios.values import Table, Wrong, settings_from

LARGEST = 1_000_000  # bytes
LONGEST = 3600.0  # seconds

# Raises ValueError, with ``where`` ("rest[0].rate") if it can, for rules that the lane's server would refuse.
CheckRules = Callable[[Lane, Sequence[Rule]], object]

_KEYS = frozenset(
    {"title", "about", "seed", "duration", "operation", "params", "fields", "lanes", "settings", "step"}
)
_PLACE = re.compile(r"\s*\((?:at line (\d+), column (\d+)|at end of document)\)$")


def read_file(path: Path, check: CheckRules) -> Script:
    """The scenario in a file. Raises ScenarioError, also for one that cannot be opened."""
    try:
        if path.stat().st_size > LARGEST:
            raise ScenarioError(str(path), 0, f"is larger than {LARGEST} bytes")
        raw = path.read_bytes()
    except OSError as error:
        raise ScenarioError(str(path), 0, f"cannot be read: {error.strerror or error}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ScenarioError(str(path), line, "is not text in UTF-8") from error
    return read_text(text, check, name=path.stem, file=path)


def read_text(text: str, check: CheckRules, *, name: str, file: Path | None = None) -> Script:
    """The scenario in a text. Raises ScenarioError."""
    shown, lines = str(file or name), Lines(text)
    table = _parse(text, shown)
    try:
        return _script(Table(table, lines.top), lines, check, name, file)
    except Wrong as wrong:
        raise ScenarioError(shown, wrong.line, wrong.why) from wrong


def _parse(text: str, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ScenarioError(shown, 1, "is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, and what int() says of a number with thousands of digits
        why = str(error)
        place = _PLACE.search(why)
        line = int(place[1]) if place and place[1] else max(1, text.count("\n") + (not text.endswith("\n")))
        column = f" (column {place[2]})" if place and place[2] else ""
        raise ScenarioError(shown, line if place else 1, _PLACE.sub("", why) + column) from error


def _script(table: Table, lines: Lines, check: CheckRules, name: str, file: Path | None) -> Script:
    table.only(_KEYS, "a scenario")
    lanes = _lanes(table)
    operation = OPERATIONS[OperationId(table.choice("operation", list(OperationId), "get-product"))]
    params, fields = _params(table, lines, operation), _fields(table, operation)
    settings = settings_from(table, "settings", lines.within, lanes)
    duration = table.number("duration", 0.0, 0.001, LONGEST, required=True)
    steps = StepReader(lines, check, lanes, duration).read(table)
    return Script(
        name=name,
        title=table.text("title", name),
        about=table.text("about", ""),
        seed=table.whole("seed", 42, 0, 2_147_483_647),
        duration=duration,
        operation=operation.id,
        params=params,
        fields=fields,
        lanes=lanes,
        settings=settings,
        steps=steps,
        file=file,
    )


def _lanes(table: Table) -> tuple[Lane, ...]:
    names = table.texts("lanes", tuple(Lane))
    for each in names:
        if each not in list(Lane):
            raise table.wrong("lanes", f"{each!r} is no lane; they are {', '.join(Lane)}")
    if not names:
        raise table.wrong("lanes", "must name at least one lane")
    return tuple(lane for lane in Lane if lane in names)


def _params(table: Table, lines: Lines, operation: Operation) -> Mapping[str, str]:
    given = table.table("params", lambda key: lines.within("params", key))
    params = {one.name: one.default for one in operation.parameters if one.default}
    known = [one.name for one in operation.parameters]
    for key in given.raw:
        if key not in known:
            raise given.wrong(
                key, f"{operation.id.value} has no {key!r}; it has {', '.join(known) or 'none'}"
            )
        params[key] = given.scalar(key)
    params = {key: value for key, value in params.items() if value.strip()}
    for key, why in problems(operation, params).items():
        raise given.wrong(key, f"{key}: {why}")
    return params


def _fields(table: Table, operation: Operation) -> tuple[str, ...]:
    fields = table.texts("fields", operation.default_fields)
    for each in fields:
        if each not in operation.fields:
            raise table.wrong("fields", f"{each!r} is none of {', '.join(operation.fields)}")
    return fields
