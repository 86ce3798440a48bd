"""Reading a JSON Web Token without checking it: the backends verify, a person looks."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from app.domain.errors import InvalidInput
from app.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class DecodedToken:
    """Header and claims as they stand in the token. Nothing here was verified."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def expires_at(self) -> float | None:
        """Seconds since the epoch, or None without a usable ``exp``."""
        value = self.claims.get("exp")
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def decode_token(token: str) -> DecodedToken:
    """Split and decode. Raises InvalidInput for anything that is not header.claims.signature in JSON."""
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidInput("token", f"has {len(parts)} parts instead of 3")
    return DecodedToken(_part("header", parts[0]), _part("claims", parts[1]))


def tampered_token(token: str) -> str:
    """The same token with another ``sub``: well formed, but its signature no longer fits."""
    header, claims, signature = token.split(".")
    changed = {**_part("claims", claims), "sub": "admin@example.com"}
    packed = (
        base64.urlsafe_b64encode(json.dumps(changed, separators=(",", ":")).encode()).decode().rstrip("=")
    )
    return ".".join((header, packed, signature))


def _part(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("token", f"the {name} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise InvalidInput("token", f"the {name} is no JSON object")
    return value
