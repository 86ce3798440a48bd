"""Takes one field out of an answer, as a failing resolver would: null in the data, an error at its path."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
)

from backends.faults import Injection
from backends.graphql.errors import fault_error
from backends.graphql.naming import Fragments, chosen_operation, fields_of, fragments_of

Path = tuple[str | int, ...]


def lose_a_field(
    schema: GraphQLSchema,
    document: DocumentNode,
    name: str | None,
    result: ExecutionResult,
    injection: Injection,
) -> ExecutionResult:
    """The result without one field that may be null: a nested one if there is, else the last at the root.

    Where nothing else may be null, the null climbs to the data itself, as GraphQL wants it.
    """
    chosen = chosen_operation(document, name)
    if chosen is None or not isinstance(result.data, dict):
        return result
    root = schema.get_root_type(chosen.operation)
    assert root is not None  # it was executed
    found = list(_nullable(root, chosen.selection_set, fragments_of(document), result.data))
    path = next((each for each in found if len(each) > 1), found[-1] if found else ())
    error = fault_error(injection, list(path) or None)
    return ExecutionResult(_without(result.data, path), [*(result.errors or ()), error])


def _nullable(
    kind: GraphQLObjectType, selections: SelectionSetNode | None, fragments: Fragments, data: dict[str, Any]
) -> Iterator[Path]:
    """Paths that hold a value and may hold null. Of a list its first item speaks for all."""
    for field in fields_of(selections, fragments):
        definition = kind.fields.get(field.name.value)
        key = field.alias.value if field.alias else field.name.value
        value = data.get(key)
        if definition is None or value is None:
            continue
        inner, prefix = (value[0], (key, 0)) if isinstance(value, list) and value else (value, (key,))
        named = get_named_type(definition.type)
        if isinstance(inner, dict) and isinstance(named, GraphQLObjectType):
            for path in _nullable(named, field.selection_set, fragments, inner):
                yield (*prefix, *path)
        if not isinstance(definition.type, GraphQLNonNull):
            yield (key,)


def _without(data: dict[str, Any], path: Path) -> dict[str, Any] | None:
    if not path:
        return None
    changed = deepcopy(data)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = None
    return changed
