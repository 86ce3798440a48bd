"""Hashing of passwords with scrypt. A hash says its own parameters, so that they can be raised later."""

import base64
import hashlib
import hmac
import os

_N, _R, _P = 2**14, 8, 1
_LONGEST = 1024  # bytes; more is refused before any work

# Of "password", for the account that is public anyway, so that the first start computes nothing.
DEMO_HASH = "scrypt$16384$8$1$AYUddsvyZKZqg7lw4D2Ogg==$ic8DcO43aON+p6d9j0dMvZahhBvEVlBtvgEqDqLa3JY="
# Of no password: unknown users cost the same time as known ones.
NOBODYS_HASH = "scrypt$16384$8$1$Woeulg6eW41jbvqpIFra6w==$HSv+0lG5zPnx/VjHtA33N29UWkPGuGhXpyGqI/oSusg="


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """Hash with a random salt: ``scrypt$n$r$p$salt$digest``."""
    salt = os.urandom(16) if salt is None else salt
    digest = _scrypt(password.encode(), salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(digest)}"


def matches(password: str, hashed: str) -> bool:
    """Whether the password has this hash, in constant time."""
    given = password.encode("utf-8", "surrogatepass")
    if len(given) > _LONGEST:
        return False
    _, n, r, p, salt, digest = hashed.split("$")
    computed = _scrypt(given, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(computed, base64.b64decode(digest))


def _scrypt(password: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=64 * 1024 * 1024, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
