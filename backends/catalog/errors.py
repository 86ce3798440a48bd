"""Refusals of the catalog, in the catalog's words. Each server says how its protocol spells them.

CatalogError
├── InvalidInput   a value that can never be accepted; details name each field
├── NotFound       no row has this id
└── Conflict       the request contradicts what is stored
    └── Stale      the row is not the one the caller last saw
"""

from collections.abc import Iterable


class CatalogError(Exception):
    """A request that was refused; nothing was changed."""

    code = "error"

    def __init__(self, message: str, details: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)  # (field, why)


class InvalidInput(CatalogError):
    """At least one value is unusable."""

    code = "invalid_input"

    @classmethod
    def of(cls, details: Iterable[tuple[str, str]]) -> "InvalidInput":
        """Say all faults of a request at once."""
        found = tuple(details)
        return cls("; ".join(f"{field}: {why}" for field, why in found), found)


class NotFound(CatalogError):
    """Nothing is stored under this id."""

    code = "not_found"


class Conflict(CatalogError):
    """The request is well formed but contradicts what is stored."""

    code = "conflict"


class Stale(Conflict):
    """A precondition of the caller does not hold any more."""

    code = "precondition_failed"
