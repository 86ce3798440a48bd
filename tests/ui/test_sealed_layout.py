"""Layouts that were damaged on the disk."""

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from app.ui.sealed_layout import SealedLayout


def _store(folder: Path) -> QSettings:
    return QSettings(str(folder / "layout.ini"), QSettings.Format.IniFormat)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    """Byte for byte, also from another start of the program; without it there is None and no file aside."""
    layout = QByteArray(bytes(range(256)))
    store = _store(tmp_path)
    SealedLayout(store).write("workspace/call/state", layout)
    store.sync()
    again = SealedLayout(_store(tmp_path))
    assert again.read("workspace/call/state") == layout
    assert again.read("workspace/other/state") is None
    assert [file.name for file in tmp_path.iterdir()] == ["layout.ini"]


def test_a_changed_byte_never_reaches_qt_and_the_file_is_kept(tmp_path: Path) -> None:
    """restoreState() ended the process at one; what Qt did not write so is ignored and copied aside once."""
    store = _store(tmp_path)
    layouts = SealedLayout(store)
    layouts.write("a", QByteArray(b"layout"))
    sound = bytes(store.value("a").data())
    store.setValue("text", "text")
    store.setValue("bare", QByteArray(b"layout"))
    for at in range(len(sound)):
        store.setValue(f"changed-{at}", QByteArray(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :]))
        store.setValue(f"cut-{at}", QByteArray(sound[:at]))
    store.sync()
    before = (tmp_path / "layout.ini").read_bytes()
    damaged = ["text", "bare", *(f"{how}-{at}" for how in ("changed", "cut") for at in range(len(sound)))]
    assert [layouts.read(key) for key in damaged] == [None] * len(damaged)
    (aside,) = tmp_path.glob("layout.ini.broken-*")
    assert aside.read_bytes() == before
