"""Where scenarios are found, and who checks their fault rules: the servers' own reader. No Qt."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.lanes import Lane
from app.infrastructure.paths import Paths
from app.operations.scenarios.catalog import Catalog
from app.operations.scenarios.script import Rule

if TYPE_CHECKING:
    from backends.faults import Rule as FaultRule


def open_catalog(paths: Paths) -> Catalog:
    """The shipped scenarios, and those in the folder ``scenarios`` of the user's data."""
    shipped = Path(str(files("resources").joinpath("scenarios")))
    return Catalog(shipped, paths.data / "scenarios", check_rules)


def check_rules(lane: Lane, rules: Sequence[Rule]) -> "tuple[FaultRule, ...]":
    """The rules as the server of ``lane`` understands them. Raises ValueError naming the value."""
    from backends.faults import parse_rules

    return parse_rules(lane.value, rules)
