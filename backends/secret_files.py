"""Secrets of an installation: files that only their owner can read."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

_SHORTEST = 32  # bytes


def _random() -> bytes:
    return secrets.token_bytes(_SHORTEST)


def load_secret(path: Path, make: Callable[[], bytes] = _random) -> bytes:
    """The secret in a file, made on first use."""
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = make()
    try:
        store_secret(path, secret)
    except FileExistsError:
        known = path.read_bytes()
        if len(known) >= _SHORTEST:
            path.chmod(0o600)
            return known
        path.unlink()  # cut off while it was written: nobody has ever used it
        return load_secret(path, make)
    return secret


def store_secret(path: Path, secret: bytes) -> None:
    """Write a new file. Raises FileExistsError if there is one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
