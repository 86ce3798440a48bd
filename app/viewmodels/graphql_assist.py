"""What a GraphQL schema can tell while a query is typed: errors, completions, a tree to browse. No Qt.

graphql-core is imported by the worker that loads the schema, not at start-up.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from app.domain.errors import InvalidInput
from app.domain.values import dataclass
from app.viewmodels.text_marks import Problem, Suggestion

if TYPE_CHECKING:
    from graphql import GraphQLError, GraphQLSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaNode:
    """A type with its fields, or a field without."""

    name: str
    type: str = ""
    description: str = ""
    children: tuple["SchemaNode", ...] = field(default=())


def introspection_query() -> str:
    """The document that asks a server for its schema."""
    from graphql import get_introspection_query

    return get_introspection_query()


class GraphqlAssist:
    """Answers about one schema. Immutable; any thread."""

    def __init__(self, schema: "GraphQLSchema") -> None:
        self.schema = schema

    @classmethod
    def from_introspection(cls, data: Mapping[str, Any]) -> "GraphqlAssist":
        """From the ``data`` of an introspection answer. InvalidInput when it is no schema."""
        from graphql import build_client_schema

        try:
            return cls(build_client_schema(data))  # type: ignore[arg-type]
        except (TypeError, ValueError, KeyError) as error:
            raise InvalidInput("schema", str(error)) from error

    def problems(self, text: str) -> tuple[Problem, ...]:
        """What the server would refuse in ``text``, in order; at most ten."""
        from graphql import GraphQLError, Source, parse, validate

        if not text.strip():
            return (Problem(start=0, length=0, message="The query is empty."),)
        try:
            document = parse(Source(text))
        except GraphQLError as error:
            return (_problem(text, error),)
        return tuple(_problem(text, error) for error in validate(self.schema, document, max_errors=10))

    def complete(self, text: str, cursor: int) -> tuple[int, tuple[Suggestion, ...]]:
        """Where the word at ``cursor`` starts, and what may stand there."""
        from app.viewmodels.graphql_cursor import suggestions_at

        return suggestions_at(self.schema, text, cursor)

    def tree(self) -> tuple[SchemaNode, ...]:
        """Root operations first, then the other types with their fields."""
        from graphql import GraphQLNamedType

        roots = [self.schema.query_type, self.schema.mutation_type, self.schema.subscription_type]
        named: list[GraphQLNamedType] = [root for root in roots if root is not None]
        rest = [
            kind
            for name, kind in sorted(self.schema.type_map.items())
            if kind not in named and not name.startswith("__") and getattr(kind, "fields", None)
        ]
        return tuple(_type_node(kind) for kind in [*named, *rest])


def _type_node(kind: Any) -> SchemaNode:
    fields = tuple(
        SchemaNode(
            name=name + _arguments(one),
            type=str(one.type),
            description=one.description or "",
        )
        for name, one in kind.fields.items()
    )
    return SchemaNode(name=kind.name, description=kind.description or "", children=fields)


def _arguments(one: Any) -> str:
    arguments = getattr(one, "args", None)
    return f"({', '.join(arguments)})" if arguments else ""


def _problem(text: str, error: "GraphQLError") -> Problem:
    start = min(error.positions or [0])
    line = error.locations[0].line if error.locations else 1
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] in "_$"):
        end += 1
    return Problem(start=start, length=max(end - start, 1), message=error.message, line=line)
