"""The page a browser gets at /graphql: a small GraphiQL-like explorer that needs nothing from the network.

graphql-server's own GraphiQL page loads its scripts from a content delivery network; Trilane works offline.
"""

from functools import lru_cache
from html import escape
from pathlib import Path


@lru_cache(maxsize=4)
def explorer_page(socket_url: str) -> str:
    """The HTML page, read once; ``socket_url`` is where subscriptions are served."""
    page = explorer_part("explorer.html")
    return page.replace("{{socket_url}}", escape(socket_url))


@lru_cache(maxsize=4)
def explorer_part(name: str) -> str:
    """One of the page's files. They are apart so that its policy can forbid every inline script."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
