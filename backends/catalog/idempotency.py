"""Remembers the results of creates by their idempotency keys, in the transaction that created them."""

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from backends.catalog.errors import Conflict
from backends.catalog.schema import idempotency_keys

KEPT_SECONDS = 24 * 3600


def fingerprint(payload: object) -> str:
    """A short text that is equal for equal payloads."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def recall(connection: Connection, operation: str, key: str, payload: object, now: float) -> Any | None:
    """The first result under this key, None if the key is new; Conflict if it had another payload."""
    table = idempotency_keys
    row = connection.execute(
        select(table.c.fingerprint, table.c.result).where(
            table.c.operation == operation,
            table.c.key == key,
            table.c.created_at > int(now) - KEPT_SECONDS,
        )
    ).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint(payload):
        raise Conflict("this idempotency key was used with another request")
    return json.loads(row.result)


def remember(
    connection: Connection, operation: str, key: str, payload: object, result: object, now: float
) -> None:
    """Keep a result for a day; what is older goes."""
    table = idempotency_keys
    connection.execute(delete(table).where(table.c.created_at <= int(now) - KEPT_SECONDS))
    connection.execute(
        insert(table).values(
            operation=operation,
            key=key,
            fingerprint=fingerprint(payload),
            result=json.dumps(result),
            created_at=int(now),
        )
    )
