"""Regular expressions that colour what people type: JSON, GraphQL and proto. Small texts only."""

import re
from functools import cache

from app.viewmodels.json_lines import Style

Rule = tuple[re.Pattern[str], Style]

_JSON = (
    (r'"(?:[^"\\]|\\.)*"(?=\s*:)', Style.KEY),
    (r'"(?:[^"\\]|\\.)*"?(?!\s*:)', Style.STRING),
    (r"-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b", Style.NUMBER),
    (r"\b(?:true|false|null)\b", Style.KEYWORD),
)
_GRAPHQL = (
    (r"\b(?:query|mutation|subscription|fragment|on|true|false|null)\b", Style.KEYWORD),
    (r"\$\w+", Style.NUMBER),
    (r":\s*\[?[A-Z]\w*[!\]]*", Style.KEYWORD),
    (r"\b\d+(?:\.\d+)?\b", Style.NUMBER),
    (r'"(?:[^"\\]|\\.)*"?', Style.STRING),
    (r"#.*$", Style.MUTED),
)
_PROTO = (
    (
        r"\b(?:syntax|package|service|rpc|returns|stream|message|repeated|optional|enum|import|option)\b",
        Style.KEYWORD,
    ),
    (r"\b(?:string|double|float|int32|int64|uint32|uint64|bool|bytes)\b", Style.STRING),
    (r"=\s*\d+", Style.NUMBER),
    (r'"[^"]*"', Style.STRING),
    (r"//.*$", Style.MUTED),
)
_LANGUAGES = {"json": _JSON, "graphql": _GRAPHQL, "proto": _PROTO, "text": ()}


@cache
def rules(language: str) -> tuple[Rule, ...]:
    """Compiled rules; a later rule wins where two match."""
    return tuple((re.compile(pattern), style) for pattern, style in _LANGUAGES[language])
