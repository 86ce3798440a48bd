"""Fields of neutral values by dotted path, whatever the spelling of their names. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def received_fields(value: Any) -> frozenset[str]:
    """Dotted paths of every leaf; the entries of a list share their paths."""
    return frozenset(_leaves(snake_case(value), ""))


def selected(value: Any, fields: Sequence[str]) -> Any:
    """``value`` with nothing but the ``fields``; a field that is absent stays absent."""
    tree: dict[str, Any] = {}
    for field in fields:
        node = tree
        for part in field.split("."):
            node = node.setdefault(part, {})
    return _pruned(value, tree)


def snake_case(value: Any) -> Any:
    """``value`` with every object key in snake_case; the same object when there is nothing to do."""
    if isinstance(value, Mapping):
        return {_snake(str(name)): snake_case(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [snake_case(part) for part in value]
    return value


def snake_keys(value: Mapping[str, Any]) -> dict[str, Any]:
    """The object's own keys in snake_case."""
    return {_snake(str(name)): part for name, part in value.items()}


def _snake(name: str) -> str:
    if name.islower():
        return name
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda match: "_" + match[0], name).lower()


def _pruned(value: Any, tree: Mapping[str, Any]) -> Any:
    if not tree:
        return value
    if isinstance(value, Mapping):
        return {
            name: _pruned(part, tree[_snake(str(name))])
            for name, part in value.items()
            if _snake(str(name)) in tree
        }
    if isinstance(value, list | tuple):
        return [_pruned(part, tree) for part in value]
    return value


def _leaves(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for part in value:
            yield from _leaves(part, path)
    elif path:
        yield path
