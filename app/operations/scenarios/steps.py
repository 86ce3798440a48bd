"""Reads the ``[[step]]`` tables of a scenario. Raises Wrong; see reading.py."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.operations.scenarios.locate import Lines
from app.operations.scenarios.script import Changes, Force, Load, Rule, Step
from app.operations.scenarios.values import Table, Wrong, setting_changes

MOST_STEPS = 1000
MOST_CALLS = 1000  # at once on one lane
MOST_MESSAGES = 1_000_000  # of one stream
FASTEST = 200.0  # arrivals a second on one lane

_KEYS = frozenset({"at", "caption", "faults", "settings", "load", "call", "clear", "force", "stream"})
_LOAD_KEYS = frozenset({"rate", "calls", "burst"})
_STREAM_KEYS = frozenset({"count", "interval_ms", "user_id"})


class StepReader:
    """Reads all steps of one file and checks them against one another."""

    def __init__(
        self,
        lines: Lines,
        check: Callable[[Lane, Sequence[Rule]], object],
        lanes: tuple[Lane, ...],
        duration: float,
    ) -> None:
        self._lines = lines
        self._check = check
        self._lanes = lanes
        self._duration = duration

    def read(self, top: Table) -> tuple[Step, ...]:
        """The steps in the order of time, which must be that of the file."""
        raw = top.raw.get("step", [])
        if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
            raise top.wrong("step", "steps are written as tables: [[step]]")
        if not raw:
            raise top.wrong("step", "has no step: at least one [[step]] is needed")
        if len(raw) > MOST_STEPS:
            raise top.wrong("step", f"has more than {MOST_STEPS} steps")
        steps = tuple(self._step(index, each) for index, each in enumerate(raw))
        for index, (before, after) in enumerate(pairwise(steps), 1):
            if after.at < before.at:
                why = f"at = {after.at:g} comes after a step at {before.at:g}: steps stand in order of time"
                raise Wrong(self._lines.step(index, "at"), why)
        return steps

    def _step(self, index: int, raw: Mapping[str, Any]) -> Step:
        table = Table(raw, lambda key: self._lines.step(index, key))
        table.only(_KEYS, "a step")
        force = table.choice("force", list(Force), "") if "force" in raw else ""
        return Step(
            at=table.number("at", 0.0, 0.0, self._duration, required=True),
            caption=table.text("caption", ""),
            clear=table.flag("clear"),
            faults=self._faults(table) if "faults" in raw else None,
            settings=self._changes(index, table),
            force=Force(force) if force else None,
            load=self._load(table) if "load" in raw else None,
            call=table.whole("call", 0, 0, MOST_CALLS),
            stream=self._stream(table) if "stream" in raw else None,
        )

    def _changes(self, index: int, table: Table) -> Changes:
        if "settings" not in table.raw:
            return {}
        return setting_changes(
            table, "settings", lambda key, _: self._lines.step(index, key.partition(".")[0]), self._lanes
        )

    def _load(self, table: Table) -> Load:
        load = table.table("load")
        load.only(_LOAD_KEYS, "a load")
        return Load(
            rate=load.number("rate", 0.0, 0.0, FASTEST, required=True),
            burst=load.whole("burst", 1, 1, MOST_CALLS),
            calls=load.whole("calls", 1, 1, 1_000_000) if "calls" in load.raw else None,
        )

    def _stream(self, table: Table) -> OrdersRequest:
        stream = table.table("stream")
        stream.only(_STREAM_KEYS, "a stream")
        return OrdersRequest(
            count=stream.whole("count", 5, 1, MOST_MESSAGES),
            interval_ms=stream.whole("interval_ms", 1000, 1, 3_600_000),
            user_id=stream.text("user_id", ""),
        )

    def _faults(self, table: Table) -> Mapping[Lane, tuple[Rule, ...]]:
        raw = table.raw["faults"]
        if isinstance(raw, list):
            faults = {lane: tuple(raw) for lane in self._lanes}
        elif isinstance(raw, dict):
            faults = self._per_lane(table, raw)
        else:
            raise table.wrong(
                "faults", "faults must be a list of rules, or a table with a list for each lane"
            )
        for lane, rules in faults.items():
            try:
                self._check(lane, rules)
            except (ValueError, TypeError, OverflowError) as error:
                raise table.wrong("faults", f"faults: {error}") from error
        return faults

    def _per_lane(self, table: Table, raw: Mapping[str, Any]) -> dict[Lane, tuple[Rule, ...]]:
        faults: dict[Lane, tuple[Rule, ...]] = {}
        for name, rules in raw.items():
            if name not in list(Lane):
                raise table.wrong("faults", f"faults: {name!r} is no lane; they are {', '.join(Lane)}")
            if not isinstance(rules, list):
                raise table.wrong("faults", f"faults: {name} must be a list of rules")
            if name in self._lanes:
                faults[Lane(name)] = tuple(rules)
        return faults
