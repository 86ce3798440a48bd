"""The page a browser gets at /graphql: a small GraphiQL-like explorer that needs nothing from the network.

graphql-server's own GraphiQL page loads its scripts from a content delivery network; Trilane works offline.
"""

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def explorer_page() -> str:
    """The HTML page, read once."""
    return Path(__file__).with_name("explorer.html").read_text(encoding="utf-8")
