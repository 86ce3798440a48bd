"""Fields of neutral values by dotted path, whatever the spelling of their names. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.domain.slices import sliced


def received_fields(value: Any) -> frozenset[str]:
    """Dotted paths of every leaf; the entries of a list share their paths."""
    return frozenset(_leaves(value, ""))


def selected(value: Any, fields: Sequence[str]) -> Any:
    """``value`` with nothing but the ``fields``; a field that is absent stays absent."""
    return pruned(value, field_tree(fields))


def field_tree(fields: Sequence[str]) -> dict[str, Any]:
    """Dotted paths as nested names; a leaf stands for everything below it."""
    tree: dict[str, Any] = {}
    for field in fields:
        node = tree
        for part in field.split("."):
            node = node.setdefault(part, {})
    return tree


def snake_keys(value: Mapping[str, Any], tree: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The object's own keys in snake_case; with a ``tree`` that has names, only those."""
    renamed = {snake(str(name)): part for name, part in value.items()}
    return {name: part for name, part in renamed.items() if name in tree} if tree else renamed


def snake(name: str) -> str:
    """A name in snake_case."""
    if name.islower():
        return name
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda match: "_" + match[0], name).lower()


def pruned(value: Any, tree: Mapping[str, Any]) -> Any:
    """``value`` with nothing but what the tree names; an empty tree stands for everything."""
    if not tree:
        return value
    if isinstance(value, Mapping):
        return {
            name: pruned(part, tree[snake(str(name))])
            for name, part in value.items()
            if snake(str(name)) in tree
        }
    if isinstance(value, list | tuple):
        return [pruned(part, tree) for part in value]
    return value


def _leaves(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            own = snake(str(name))
            yield from _leaves(part, f"{path}.{own}" if path else own)
    elif isinstance(value, list) and value:
        for part in sliced(value):
            yield from _leaves(part, path)
    elif path:
        yield path
