"""Where two answers say different things, and not merely in different spelling. Pure."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from app.domain.fields import field_tree, pruned, snake_keys
from app.domain.slices import sliced
from app.domain.values import dataclass

Tree = Mapping[str, Any]


class DifferenceKind(StrEnum):
    """How a place differs from the base."""

    MISSING = "missing"  # only the base has it
    EXTRA = "extra"  # only the other has it
    CHANGED = "changed"
    REORDERED = "reordered"  # a list with the same ids in another order


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where two answers say different things."""

    path: str  # "items[0].product.name"
    kind: DifferenceKind
    base: Any = None
    other: Any = None


def semantic_diff(base: Any, other: Any, fields: Sequence[str] | None = None) -> tuple[Difference, ...]:
    """Where ``other`` says something else than ``base``; both neutral values or raw JSON.

    With ``fields`` only what was asked for is compared. Entries of lists that all have different ids are
    matched by id, others by position.
    """
    return tuple(_differences("", base, other, field_tree(fields or ())))


# ``tree`` names what was asked for, everything when it is empty. Nothing is copied: freeing a copy of
# megabytes holds every other thread up.


def _differences(path: str, base: Any, other: Any, tree: Tree) -> Iterator[Difference]:
    if isinstance(base, Mapping) and isinstance(other, Mapping):
        yield from _object_differences(path, snake_keys(base, tree), snake_keys(other, tree), tree)
    elif isinstance(base, list | tuple) and isinstance(other, list | tuple):
        yield from _list_differences(path, base, other, tree)
    elif not _same(left := pruned(base, tree), right := pruned(other, tree)):
        yield Difference(path=path, kind=DifferenceKind.CHANGED, base=left, other=right)


def _object_differences(
    path: str, base: Mapping[str, Any], other: Mapping[str, Any], tree: Tree
) -> Iterator[Difference]:
    for name in (*base, *(name for name in other if name not in base)):
        inner, below = f"{path}.{name}" if path else name, tree.get(name, {})
        if name not in other:
            if not _is_default(left := pruned(base[name], below)):
                yield Difference(path=inner, kind=DifferenceKind.MISSING, base=left)
        elif name not in base:
            if not _is_default(right := pruned(other[name], below)):
                yield Difference(path=inner, kind=DifferenceKind.EXTRA, other=right)
        else:
            yield from _differences(inner, base[name], other[name], below)


def _list_differences(
    path: str, base: Sequence[Any], other: Sequence[Any], tree: Tree
) -> Iterator[Difference]:
    ids, other_ids = _ids(base, tree), _ids(other, tree)
    if ids is None or other_ids is None:
        yield from _by_position(path, base, other, tree)
        return
    for identity, index in sliced(ids.items()):
        if identity in other_ids:
            yield from _differences(f"{path}[{index}]", base[index], other[other_ids[identity]], tree)
        else:
            yield _missing(f"{path}[{index}]", base[index], tree)
    for identity, index in sliced(other_ids.items()):
        if identity not in ids:
            yield _extra(f"{path}[{index}]", other[index], tree)
    common = [identity for identity in ids if identity in other_ids]
    here = [identity for identity in other_ids if identity in ids]
    if common != here:
        yield Difference(path=path, kind=DifferenceKind.REORDERED, base=common, other=here)


def _by_position(path: str, base: Sequence[Any], other: Sequence[Any], tree: Tree) -> Iterator[Difference]:
    for index, (left, right) in enumerate(sliced(zip(base, other, strict=False))):
        yield from _differences(f"{path}[{index}]", left, right, tree)
    for index in range(len(other), len(base)):
        yield _missing(f"{path}[{index}]", base[index], tree)
    for index in range(len(base), len(other)):
        yield _extra(f"{path}[{index}]", other[index], tree)


def _missing(path: str, value: Any, tree: Tree) -> Difference:
    return Difference(path=path, kind=DifferenceKind.MISSING, base=pruned(value, tree))


def _extra(path: str, value: Any, tree: Tree) -> Difference:
    return Difference(path=path, kind=DifferenceKind.EXTRA, other=pruned(value, tree))


def _ids(entries: Sequence[Any], tree: Tree) -> dict[str, int] | None:
    """Index by id, when every entry is an object with an id of its own, which was asked for."""
    if tree and "id" not in tree:
        return None
    found: dict[str, int] = {}
    for index, entry in enumerate(sliced(entries)):
        identity = entry.get("id") if isinstance(entry, Mapping) else None
        if identity is None or str(identity) in found:
            return None
        found[str(identity)] = index
    return found


def _is_default(value: Any) -> bool:
    """What proto3 leaves out, and what JSON writes for nothing."""
    return value is None or value == "" or value is False or value in (0, [], {})


def _same(base: Any, other: Any) -> bool:
    if base is None or other is None:
        return _is_default(base) and _is_default(other)
    if isinstance(base, bool) or isinstance(other, bool):
        return base is other
    left, right = _number(base, other), _number(other, base)
    if left is not None and right is not None:
        if isinstance(left, int) and isinstance(right, int):
            return left == right
        return math.isclose(left, right, rel_tol=1e-12, abs_tol=0.0)
    return bool(base == other)


def _number(value: Any, beside: Any) -> int | float | None:
    """``value`` as a number; text counts only as a whole number beside a real one (int64 in JSON)."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and isinstance(beside, int | float) and re.fullmatch(r"-?\d{1,20}", value):
        return int(value)
    return None
