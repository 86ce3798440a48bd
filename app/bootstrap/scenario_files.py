"""Where the window finds scenarios, and who checks their fault rules: the servers' own reader. No Qt."""

from collections.abc import Sequence

from app.domain.lanes import Lane
from app.infrastructure.paths import Paths
from app.operations.scenarios.catalog import Catalog, catalog_in
from app.operations.scenarios.script import Rule


def open_catalog(paths: Paths) -> Catalog:
    """The shipped scenarios, and the user's own."""
    return catalog_in(paths.data, check_rules)


def check_rules(lane: Lane, rules: Sequence[Rule]) -> None:
    """Raises ValueError naming the value that the server of ``lane`` would not take."""
    from backends.faults import parse_rules

    parse_rules(lane.value, rules)
