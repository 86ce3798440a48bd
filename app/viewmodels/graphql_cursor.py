"""What may be typed at a place in an unfinished GraphQL document. Reads tokens, not a syntax tree."""

from dataclasses import field
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Lexer,
    Source,
    Token,
    TokenKind,
    get_named_type,
)

from app.domain.values import dataclass
from app.viewmodels.text_marks import Suggestion

_ROOTS = ("query", "mutation", "subscription")


@dataclass(slots=True)
class _State:
    """Where the tokens so far have led: the types of the open braces, and what was named last."""

    schema: GraphQLSchema
    types: list[Any] = field(default_factory=list)
    next_type: Any = None  # type of the field or root named last
    field_named: Any = None
    arguments: int = 0  # open parentheses
    in_variables: bool = False
    expects_type_condition: bool = False


def suggestions_at(schema: GraphQLSchema, text: str, cursor: int) -> tuple[int, tuple[Suggestion, ...]]:
    """Start of the word at ``cursor`` and what may stand there, those that begin with it."""
    start = cursor
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    prefix = text[start:cursor].lower()
    state = _State(schema=schema, next_type=schema.query_type)
    for token in _tokens(text[:start]):
        _step(state, token)
    found = [one for one in _choices(state) if one.name.lower().startswith(prefix)]
    return start, tuple(found)


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    lexer = Lexer(Source(text))
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF:
            found.append(token)
    except GraphQLError:  # an unfinished string: what stands before it is enough
        pass
    return found


def _step(state: _State, token: Token) -> None:
    match token.kind:
        case TokenKind.PAREN_L:
            state.arguments += 1
            state.in_variables = not state.types
        case TokenKind.PAREN_R:
            state.arguments = max(state.arguments - 1, 0)
            state.in_variables = False
        case TokenKind.BRACE_L if not state.arguments:
            state.types.append(state.next_type)
            state.next_type = state.field_named = None
        case TokenKind.BRACE_R if not state.arguments:
            _close(state)
        case TokenKind.SPREAD:
            state.expects_type_condition = True
        case TokenKind.NAME if not state.arguments:
            _name(state, token.value or "")


def _close(state: _State) -> None:
    if state.types:
        state.types.pop()
    if not state.types:
        state.next_type = state.schema.query_type


def _name(state: _State, name: str) -> None:
    if state.expects_type_condition:
        if name != "on":
            state.next_type = state.schema.type_map.get(name)
            state.expects_type_condition = False
        return
    if not state.types:
        if name in _ROOTS:
            state.next_type = getattr(state.schema, f"{name}_type")
        return
    fields = getattr(state.types[-1], "fields", None) or {}
    state.field_named = fields.get(name)
    if state.field_named is not None:
        state.next_type = get_named_type(state.field_named.type)


def _choices(state: _State) -> list[Suggestion]:
    if state.arguments:
        return [] if state.in_variables else _argument_choices(state.field_named)
    if not state.types:
        return [Suggestion(name=root) for root in _ROOTS if getattr(state.schema, f"{root}_type")]
    kind = state.types[-1]
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return []
    return [
        Suggestion(name=name, detail=str(one.type), description=one.description or "")
        for name, one in kind.fields.items()
    ]


def _argument_choices(named: Any) -> list[Suggestion]:
    arguments = getattr(named, "args", None) or {}
    return [
        Suggestion(name=name, detail=str(one.type), description=one.description or "")
        for name, one in arguments.items()
    ]
