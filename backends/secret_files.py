"""Secrets of an installation: files that only their owner can read."""

import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

_SHORTEST = 32  # bytes


def _random() -> bytes:
    return secrets.token_bytes(_SHORTEST)


def load_secret(path: Path, make: Callable[[], bytes] = _random, *, text: bool = False) -> bytes:
    """The secret in a file, made on first use. One that cannot be a secret of ours is set aside, not deleted.

    ``text``: it has to be ASCII, and the line end that an editor adds is no part of it. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        secret = make()
        try:
            store_secret(path, secret)
            return secret
        except FileExistsError:
            known = path.read_bytes()
        if text:
            known = known.strip()
        if len(known) >= _SHORTEST and (known.isascii() or not text):
            path.chmod(0o600)
            return known
        _set_aside(path)


def store_secret(path: Path, secret: bytes) -> None:
    """Write a new file, whole or not at all. Raises FileExistsError if there is one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # for its owner only
    written = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
        _give_name(written, path)
    finally:
        written.unlink(missing_ok=True)


def _give_name(written: Path, path: Path) -> None:
    try:
        os.link(written, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the moment between look and rename remains
        if path.exists():
            raise FileExistsError(path) from None
        written.replace(path)


def _set_aside(path: Path) -> None:
    number = 1
    while (aside := path.with_name(f"{path.name}.unusable-{number}")).exists():
        number += 1
    path.rename(aside)
