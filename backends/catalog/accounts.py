"""Accounts and logged-out tokens in the catalog's database, for backends.auth. Holds no password."""

import time
from collections.abc import Callable

from sqlalchemy import bindparam, delete, insert, select

from backends.catalog.schema import revoked_tokens, users
from backends.catalog.store import CatalogStore

_CREDENTIALS = select(users.c.id, users.c.password_hash).where(
    users.c.email == bindparam("wanted"), users.c.password_hash.is_not(None)
)
_REVOKED = select(revoked_tokens.c.jti).where(revoked_tokens.c.jti == bindparam("wanted"))


class Accounts:
    """Implements both Users and Revocations of backends.auth. Any thread."""

    def __init__(self, store: CatalogStore, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def credentials(self, email: str) -> tuple[str, str] | None:
        """User id and password hash of an account that can log in."""
        if not email.isprintable():
            return None  # JSON can spell lone surrogates, which a database cannot be asked for
        row = self._store.points.first(_CREDENTIALS, {"wanted": email})
        return None if row is None else (row[0], row[1])

    def revoke(self, jti: str, expires_at: int) -> None:
        """Refuse this token from now on; tokens that expired meanwhile are forgotten."""
        with self._store.writing() as connection:
            table = revoked_tokens
            connection.execute(
                delete(table).where((table.c.expires_at < int(self._clock())) | (table.c.jti == jti))
            )
            connection.execute(insert(table).values(jti=jti, expires_at=expires_at))

    def is_revoked(self, jti: str) -> bool:
        """Whether it was logged out."""
        return self._store.points.first(_REVOKED, {"wanted": jti}) is not None
