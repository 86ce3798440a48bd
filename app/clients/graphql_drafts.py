"""How GraphQL says each operation: a document whose selection is exactly the wanted fields. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any

from app.domain.drafts import GraphqlDraft
from app.domain.fields import field_tree
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import Headers

_LINE_WIDTH = 60  # characters; a selection of plain fields that fits stays on one line
_FILTERS = ("category", "price_min", "price_max")

_TYPES = {
    "id": "ID!",
    "name": "String",
    "price": "Float",
    "stock": "Int",
    "category": "String",
    "page": "Int",
    "limit": "Int",
    "price_min": "Float",
    "price_max": "Float",
    "sort": "String",
    "order": "String",
    "user_id": "String!",
    "lines": "[OrderLine!]!",
}
_REQUIRED = frozenset({"name", "price"})  # when creating; optional when changing

# Root field, and the field of a mutation's payload that holds the result.
ROOTS = {
    OperationId.GET_PRODUCT: ("product", ""),
    OperationId.GET_ORDER: ("order", ""),
    OperationId.LIMITED: ("limited", ""),
    OperationId.CREATE_PRODUCT: ("createProduct", "product"),
    OperationId.REPLACE_PRODUCT: ("updateProduct", "product"),
    OperationId.PATCH_PRODUCT: ("updateProduct", "product"),
    OperationId.DELETE_PRODUCT: ("deleteProduct", ""),
    OperationId.CREATE_ORDER: ("createOrder", "order"),
}

LOGIN = """mutation Login($email: String!, $password: String!, $expiresIn: Int) {
  login(email: $email, password: $password, expiresIn: $expiresIn) {
    token
    tokenType
    expiresIn
  }
}"""


def graphql_draft(
    operation: OperationId, values: Mapping[str, Any], fields: Sequence[str], token: str | None
) -> GraphqlDraft:
    """The document for ``operation``; ``values`` are typed parameters, ``fields`` dotted neutral paths."""
    values = dict(values)
    tree = field_tree(fields)
    if operation is OperationId.LIST_PRODUCTS:
        return _listing(values, tree, token)
    if operation is OperationId.REPLACE_PRODUCT:
        values = {**values, "stock": values.get("stock", 0), "category": values.get("category", "")}
    root, wrapper = ROOTS[operation]
    kind = "mutation" if OPERATIONS[operation].writes else "query"
    selection = {wrapper: tree} if wrapper else tree
    required = _REQUIRED if operation is OperationId.CREATE_PRODUCT else frozenset()
    title = root[0].upper() + root[1:]
    return _draft(
        kind, title, _block(root + _arguments(values), selection, top=True), values, token, required
    )


def login_draft(email: str, password: str, expires_in: int | None) -> GraphqlDraft:
    """The mutation that asks for a token."""
    variables: dict[str, Any] = {"email": email, "password": password}
    if expires_in is not None:
        variables["expiresIn"] = expires_in
    return GraphqlDraft(query=LOGIN, variables=json.dumps(variables, indent=2))


def camel(name: str) -> str:
    """``price_min`` as GraphQL spells it: ``priceMin``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """``priceMin`` as the neutral values spell it: ``price_min``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def _listing(values: dict[str, Any], tree: Mapping[str, Any], token: str | None) -> GraphqlDraft:
    lines: list[str] = []
    used: dict[str, Any] = {}
    if tree.get("products"):
        lines += _block("products" + _arguments(values), tree["products"], top=True)
        used.update(values)
    if "total" in tree:
        filters = {name: value for name, value in values.items() if name in _FILTERS}
        lines.append("productsTotal" + _arguments(filters))
        used.update(filters)
    return _draft("query", "Products", lines, used, token)


def _draft(
    kind: str,
    title: str,
    lines: Sequence[str],
    values: Mapping[str, Any],
    token: str | None,
    required: frozenset[str] = frozenset(),
) -> GraphqlDraft:
    declared = [f"${camel(name)}: {_TYPES[name]}{'!' if name in required else ''}" for name in values]
    head = f"{kind} {title}{_parenthesised(declared)}"
    body = indent("\n".join(lines), "  ")
    headers: Headers = (("Authorization", f"Bearer {token}"),) if token else ()
    variables = {camel(name): _camel_keys(value) for name, value in values.items()}
    return GraphqlDraft(
        query=f"{head} {{\n{body}\n}}",
        variables=json.dumps(variables, indent=2, ensure_ascii=False),
        headers=headers,
    )


def _camel_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [{camel(name): part for name, part in item.items()} for item in value]
    return value


def _arguments(values: Mapping[str, Any]) -> str:
    return _parenthesised([f"{camel(name)}: ${camel(name)}" for name in values])


def _parenthesised(parts: Sequence[str]) -> str:
    """``(a, b)``, nothing for nothing, and one part on each line when it would get long."""
    inline = ", ".join(parts)
    if len(inline) <= _LINE_WIDTH - 16:
        return f"({inline})" if parts else ""
    return "(\n" + "".join(f"  {part}\n" for part in parts) + ")"


def _block(head: str, tree: Mapping[str, Any], *, top: bool = False) -> list[str]:
    """``head { … }`` as lines: plain fields share lines, fields with a selection get their own."""
    plain = [camel(name) for name, below in tree.items() if not below]
    if len(plain) == len(tree) and not top:
        inline = f"{head} {{ {' '.join(plain)} }}"
        if len(inline) <= _LINE_WIDTH:
            return [inline]
    inner = _wrapped(plain)
    for name, below in tree.items():
        if below:
            inner += _block(camel(name), below)
    return [f"{head} {{", *(f"  {line}" for line in inner), "}"]


def _wrapped(names: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) < _LINE_WIDTH:
            lines[-1] += f" {name}"
        else:
            lines.append(name)
    return lines
