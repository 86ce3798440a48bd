"""Which leaves of a wire body were wanted: wire paths brought to the neutral names of the fields."""

import re
from collections.abc import Callable, Collection

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome

# These mutations answer with a payload that holds the product or order: data.createProduct.product.id
_WRAPPED = frozenset(
    {
        OperationId.CREATE_PRODUCT,
        OperationId.REPLACE_PRODUCT,
        OperationId.PATCH_PRODUCT,
        OperationId.CREATE_ORDER,
    }
)
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def snake(name: str) -> str:
    """camelCase to snake_case."""
    return _HUMP.sub(r"_\1", name).lower()


def neutral_path(lane: Lane, operation: OperationId, path: str) -> str | None:
    """The neutral dotted path of a wire path without list indices; None for what is no data at all."""
    parts = [snake(part) for part in path.split(".")]
    if lane is Lane.GRAPHQL:
        if parts[0] != "data" or len(parts) < 2:
            return None
        if operation is OperationId.LIST_PRODUCTS:
            return "total" if parts[1] == "products_total" else ".".join(parts[1:])
        depth = 3 if operation in _WRAPPED else 2
        return ".".join(parts[depth:]) or None
    if lane is Lane.REST and operation is OperationId.LIST_PRODUCTS:
        if parts[0] == "data":
            return ".".join(["products", *parts[1:]])
        if parts == ["metadata", "total"]:
            return "total"
    return ".".join(parts)


def _wanted(name: str, wanted: Collection[str]) -> bool:
    """Asked for itself, or around or inside something that was (an empty list of items)."""
    if name in wanted:
        return True
    return any(one.startswith(f"{name}.") or name.startswith(f"{one}.") for one in wanted)


def asked_predicate(
    lane: Lane, operation: OperationId, outcome: Outcome, fields: Collection[str], *, neutral: bool = False
) -> Callable[[str], bool] | None:
    """Tell wanted leaves of a good answer from the rest. None where the question makes no sense.

    ``neutral`` says that the paths are neutral already, as in an answer put together from several responses.
    """
    if outcome not in (Outcome.OK, Outcome.PARTIAL) or not fields:
        return None
    wanted = frozenset(fields)
    known: dict[str, bool] = {}

    def asked(path: str) -> bool:
        found = known.get(path)
        if found is None:
            name = path if neutral else neutral_path(lane, operation, path)
            found = known[path] = name is None or _wanted(name, wanted)
        return found

    return asked
