"""Validation rules that keep one document from costing too much. They run before all other rules.

Fragments are counted where they are spread, by memoised sums, so a document of a few hundred bytes that
expands to millions of fields is refused without being expanded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationRule,
)

from backends.graphql.errors import VALIDATION_FAILED, coded

MAX_DOCUMENT_BYTES = 16 * 1024
MAX_TOKENS = 4_000
MAX_DEPTH = 12
MAX_ALIASES = 50
MAX_ROOT_FIELDS = 50
MAX_FIELDS = 1_000
MAX_INTROSPECTION_LISTS = 3  # fields, interfaces … inside one another; tools need 2 or 3

_INTROSPECTION_LISTS = frozenset({"fields", "interfaces", "possibleTypes", "inputFields"})


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a selection adds up to, fragments included."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    lists: int = 0  # nesting of introspection lists

    def beside(self, other: "_Cost") -> "_Cost":
        """Both selected at the same level."""
        return _Cost(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.fields + other.fields,
            max(self.lists, other.lists),
        )


class _Meter:
    """Measures one document. A cyclic fragment counts nothing: another rule refuses it."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._known: dict[str, _Cost] = {}
        self._open: set[str] = set()

    def cost(self, selections: SelectionSetNode | None) -> _Cost:
        """Sum up a selection set."""
        total = _Cost()
        for node in selections.selections if selections else ():
            total = total.beside(self._node(node))
        return total

    def _node(self, node: Any) -> _Cost:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        if isinstance(node, InlineFragmentNode):
            return self.cost(node.selection_set)
        inner = self.cost(node.selection_set)
        name = node.name.value
        lists = inner.lists + (name in _INTROSPECTION_LISTS)
        # The introspection a tool sends is deeper than any useful query: it has its own limit.
        depth = 1 if name.startswith("__") else inner.depth + 1
        return _Cost(depth, inner.aliases + (node.alias is not None), inner.fields + 1, lists)

    def _fragment(self, name: str) -> _Cost:
        if name in self._known:
            return self._known[name]
        definition = self._fragments.get(name)
        if definition is None or name in self._open:
            return _Cost()
        self._open.add(name)
        cost = self.cost(definition.selection_set)
        self._open.discard(name)
        self._known[name] = cost
        return cost

    def root_fields(self, selections: SelectionSetNode | None) -> Iterator[FieldNode]:
        """Fields that run at the top, wherever they are written. Stops early in hostile documents."""
        pending = list(selections.selections) if selections else []
        seen: set[str] = set()
        while pending:
            node = pending.pop()
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                pending.extend(node.selection_set.selections)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                if fragment := self._fragments.get(node.name.value):
                    pending.extend(fragment.selection_set.selections)


class QueryLimits(ValidationRule):
    """Refuses operations that are too deep, too wide or too often aliased."""

    def enter_document(self, document: DocumentNode, *_: Any) -> None:
        """Check each operation of the document."""
        meter = _Meter(document)
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                for error in _excesses(meter, definition):
                    self.report_error(error)


def _excesses(meter: _Meter, operation: OperationDefinitionNode) -> Iterator[GraphQLError]:
    cost = meter.cost(operation.selection_set)
    roots = sum(1 for _ in meter.root_fields(operation.selection_set))
    for what, value, limit in (
        ("deep", cost.depth, MAX_DEPTH),
        ("often aliased", cost.aliases, MAX_ALIASES),
        ("wide: fields", cost.fields, MAX_FIELDS),
        ("wide: root fields", roots, MAX_ROOT_FIELDS),
        ("deep: introspection lists", cost.lists, MAX_INTROSPECTION_LISTS),
    ):
        if value > limit:
            yield coded(f"The operation is too {what} {value}, the limit is {limit}.", VALIDATION_FAILED)
