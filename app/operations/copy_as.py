"""A lane's request as a command for a POSIX shell. Pure.

The token never goes along: what is copied ends up in chats and tickets. Its place is ``$TOKEN``.
"""

import json
import shlex
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from app.domain.drafts import Draft, GraphqlDraft, GrpcDraft, RestDraft

TOKEN = "TOKEN"
_GAP = " \\\n  "


def command(draft: Draft, address: str) -> str:
    """``draft`` for the server at ``address`` (URL, or host:port for gRPC), as curl or grpcurl."""
    match draft:
        case RestDraft():
            return rest_command(draft, address)
        case GraphqlDraft():
            return graphql_command(draft, address)
        case GrpcDraft():
            return grpc_command(draft, address)


def needs_token(text: str) -> bool:
    """Whether the command refers to the token."""
    return f"${TOKEN}" in text


def rest_command(draft: RestDraft, address: str) -> str:
    """curl, and a comment for each further request that the operation takes."""
    query = urlencode(draft.query)
    url = address.rstrip("/") + draft.path + (f"?{query}" if query else "")
    method = draft.method.upper()
    parts = ["curl -sS -i", shlex.quote(url)]
    if method == "HEAD":
        parts[0] = "curl -sS -I"
    elif method != "GET":
        parts.insert(1, f"-X {shlex.quote(method)}")
    parts += _headers(draft.headers)
    if draft.body:
        if not any(name.lower() == "content-type" for name, _ in draft.headers):
            parts.append("-H 'Content-Type: application/json'")
        parts.append(f"--data-raw {shlex.quote(draft.body)}")
    lines = [_GAP.join(parts)]
    lines += [f"# then for each product of the order: {follow}" for follow in draft.follow]
    return "\n".join(lines)


def graphql_command(draft: GraphqlDraft, address: str) -> str:
    """curl with the document and its variables as one JSON body."""
    payload = {"query": draft.query, "variables": _variables(draft.variables)}
    parts = ["curl -sS", shlex.quote(address), "-H 'Content-Type: application/json'"]
    parts += _headers(header for header in draft.headers if header[0].lower() != "content-type")
    parts.append(f"--data-raw {shlex.quote(json.dumps(payload, ensure_ascii=False))}")
    return _GAP.join(parts)


def grpc_command(draft: GrpcDraft, address: str) -> str:
    """grpcurl, which finds the message types by reflection."""
    parts = ["grpcurl -plaintext"]
    if draft.deadline is not None:
        parts.append(f"-max-time {draft.deadline:g}")
    parts += _headers(draft.metadata)
    parts.append(f"-d {shlex.quote(draft.message)}")
    parts.append(f"{shlex.quote(address)} {shlex.quote(draft.method.lstrip('/'))}")
    return _GAP.join(parts)


def _headers(headers: Iterable[tuple[str, str]]) -> list[str]:
    return [f"-H {_header(name, value)}" for name, value in headers]


def _header(name: str, value: str) -> str:
    scheme, _, secret = value.partition(" ")
    if name.lower() == "authorization" and name.isalpha():
        return f'"{name}: {scheme} ${TOKEN}"' if secret and scheme.isalpha() else f'"{name}: ${TOKEN}"'
    return shlex.quote(f"{name}: {value}")


def _variables(text: str) -> Mapping[str, object] | str:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return text  # as typed: the server says what is wrong with it
    return value if isinstance(value, dict) else text
