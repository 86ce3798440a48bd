"""What a resolver may use: the shared services, who asks, and small memories that last one request."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backends.shared import Opened

if TYPE_CHECKING:
    from backends.catalog.models import Page


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One GraphQL request. Used by the one thread that executes it."""

    opened: Opened
    authorization: str | None = None  # header, or member of the connection payload
    idempotency_key: str | None = None
    client: str = ""  # address, for the login limit
    totals: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def require_token(self) -> None:
        """Let writes through only with a valid token, unless the server was started with open writes."""
        if self.opened.settings.open_writes:
            return
        self.opened.auth.verify_header(self.authorization)

    def page(self, **arguments: Any) -> "Page":
        """List products and remember the total of these filters."""
        page = self.opened.service.list_products(**arguments)
        self.totals[_filters(arguments)] = page.total
        return page

    def total(self, **filters: Any) -> int:
        """How many products match, without asking twice when a page with the same filters was just read."""
        known = self.totals.get(_filters(filters))
        return known if known is not None else self.page(limit=1, **filters).total


def _filters(arguments: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(arguments.get(name) for name in ("category", "price_min", "price_max"))
