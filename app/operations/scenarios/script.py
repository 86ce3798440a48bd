"""A scenario as data. Nothing here reads a file or plays anything; times are seconds from its beginning."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.domain.errors import InvalidInput
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.streams import OrdersRequest
from app.domain.values import dataclass
from app.resilience.settings import PipelineSettings

Rule = Mapping[str, Any]
Changes = Mapping[Lane, Mapping[str, Any]]  # names and values of PipelineSettings


class ScenarioError(InvalidInput):
    """A scenario cannot be used. ``file``, ``line`` (from 1; 0: no line) and ``why`` say what to mend."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}, line {line}" if line else file, why)
        self.file = file
        self.line = line


class Force(StrEnum):
    """What a step does to the circuit breakers by hand."""

    OPEN = "open"
    RESET = "reset"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Calls at a steady rate, on an exact schedule that does not wait for answers."""

    rate: float  # arrivals a second on each lane; 0 ends the load
    burst: int = 1  # calls sent at once per arrival
    calls: int | None = None  # the load ends after so many arrivals; None: it goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What changes at one moment. None and 0 leave things as they are."""

    at: float
    caption: str = ""
    clear: bool = False  # make every lane healthy first
    faults: Mapping[Lane, tuple[Rule, ...]] | None = None
    settings: Changes = field(default_factory=dict)
    force: Force | None = None
    load: Load | None = None
    call: int = 0  # calls to send now, on each lane
    stream: OrdersRequest | None = None  # orders to follow from now on, on each lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One scenario, checked."""

    name: str  # of the file, without its ending
    title: str
    about: str
    seed: int
    duration: float
    operation: OperationId
    params: Mapping[str, str]
    fields: tuple[str, ...]
    lanes: tuple[Lane, ...]
    settings: Mapping[Lane, PipelineSettings]
    steps: tuple[Step, ...]  # in the order of time
    file: Path | None = None
