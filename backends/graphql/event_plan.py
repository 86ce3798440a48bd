"""A subscription's selection, worked out once instead of at each event.

The usual document asks for plain fields of an order. What those amount to does not change from one event to
the next, and executing them anew costs ten times as much as reading them. Anything else (nested objects,
fragments, directives, arguments) has no plan and is executed as ever.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from graphene.utils.str_converters import to_snake_case
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
)

Plan = Callable[[Any], dict[str, Any]]  # from an event to the data of its answer


def event_plan(schema: GraphQLSchema, document: DocumentNode) -> Plan | None:
    """How each event of a validated document of one subscription is answered; None where that varies."""
    if len(document.definitions) != 1 or schema.subscription_type is None:
        return None
    operation = document.definitions[0]
    if not isinstance(operation, OperationDefinitionNode) or operation.directives:
        return None
    root = _plain(operation)
    if root is None or len(root) != 1 or root[0].directives:
        return None
    source = get_named_type(schema.subscription_type.fields[root[0].name.value].type)
    if not isinstance(source, GraphQLObjectType):
        return None
    names = _names(root[0], source)
    return None if names is None else _reader(_key(root[0]), names)


def _plain(node: OperationDefinitionNode | FieldNode) -> list[FieldNode] | None:
    """The fields selected by a node; None if there is anything but fields."""
    selected = node.selection_set.selections if node.selection_set is not None else ()
    fields = [each for each in selected if isinstance(each, FieldNode)]
    return fields if len(fields) == len(selected) else None


def _names(root: FieldNode, source: GraphQLObjectType) -> dict[str, str] | None:
    """Attribute by name in the answer, in its order; None where a field is more than an attribute."""
    found: dict[str, str] = {}
    for field in _plain(root) or ():
        known = source.fields.get(field.name.value)
        if (
            known is None
            or field.directives
            or field.arguments
            or not is_leaf_type(get_named_type(known.type))
        ):
            return None
        found[_key(field)] = to_snake_case(field.name.value)
    return found or None


def _reader(key: str, names: dict[str, str]) -> Plan:
    keys = tuple(names)
    if len(keys) == 1:
        one = attrgetter(*names.values())
        return lambda event: {key: {keys[0]: one(event)}}
    read = attrgetter(*names.values())
    return lambda event: {key: dict(zip(keys, read(event), strict=True))}


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias is not None else field.name.value
