"""Where the command line finds scenarios, and who checks their fault rules: the servers' own reader.

The window has a file of the same kind; the rooms above it are not to be imported here, for they bring Qt.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.domain.lanes import Lane
from app.infrastructure.paths import Paths
from app.operations.scenarios.catalog import Catalog, catalog_in
from app.operations.scenarios.script import Rule

if TYPE_CHECKING:
    from backends.faults import Rule as FaultRule


def open_catalog(paths: Paths) -> Catalog:
    """The shipped scenarios, and the user's own."""
    return catalog_in(paths.data, check_rules)


def check_rules(lane: Lane, rules: Sequence[Rule]) -> "tuple[FaultRule, ...]":
    """The rules as the server of ``lane`` understands them. Raises ValueError naming the value."""
    from backends.faults import parse_rules

    return parse_rules(lane.value, rules)
