"""Window layouts as Qt's own bytes behind a digest of them, and what happens to a file that was damaged.

QMainWindow.restoreState() trusts what it is given: a changed byte can end the process. So nothing reaches it
but what Qt wrote itself.
"""

import hashlib
import shutil
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

_SEAL = b"trilane-layout-1:"
_DIGEST = hashlib.sha256().digest_size


class SealedLayout:
    """Keeps layouts in a QSettings file. GUI thread."""

    def __init__(self, store: QSettings) -> None:
        self._store = store
        self._set_aside = False

    def write(self, key: str, layout: QByteArray) -> None:
        """Keep what Qt gave."""
        data = bytes(layout.data())
        self._store.setValue(key, QByteArray(_SEAL + hashlib.sha256(data).digest() + data))

    def read(self, key: str) -> QByteArray | None:
        """What was kept; None without it. A file with a damaged one is copied aside first."""
        value = self._store.value(key)
        if value is None:
            return None
        sealed = bytes(value.data()) if isinstance(value, QByteArray) else b""
        start = len(_SEAL) + _DIGEST
        digest, data = sealed[len(_SEAL) : start], sealed[start:]
        if sealed.startswith(_SEAL) and hashlib.sha256(data).digest() == digest:
            return QByteArray(data)
        self._keep_aside()
        return None

    def _keep_aside(self) -> None:
        """Once: what is written later is sound."""
        file = Path(self._store.fileName())
        if self._set_aside or not file.is_file():
            return
        self._set_aside = True
        number = 1
        while (aside := file.with_name(f"{file.name}.broken-{number}")).exists():
            number += 1
        try:
            shutil.copyfile(file, aside)
        except OSError:
            return  # a full or read-only disk: then nothing will be written over either
