"""Temporary folders of killed processes go; those of living ones, of others and of strangers stay."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from app.cli.hosting import Hosting
from app.domain.cancel import CancelToken
from backends import temporary as module
from backends.serving import ServerSettings
from backends.temporary import PREFIX, OwnFolder, sweep

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files cannot be locked here")

LIVES = """
import sys
from backends.temporary import OwnFolder
folder = OwnFolder()
(folder.path / "below").mkdir()
(folder.path / "below" / "catalog").write_text("rows")
print(folder.path, flush=True)
sys.stdin.read()
"""


def living(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", LIVES],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(temporary: Path) -> None:
    """The lock tells one from the other, at any moment."""
    with living(temporary) as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().strip())
        try:
            assert (sweep(), path.exists()) == (0, True)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert (sweep(), path.exists()) == (1, False)
        assert list(temporary.iterdir()) == []


def test_an_end_without_a_kill_leaves_nothing_to_sweep(temporary: Path) -> None:
    """Nobody has to remove the folder: the interpreter's end does."""
    with living(temporary) as process:
        process.communicate()
    assert list(temporary.iterdir()) == []


def test_own_folders_are_left_alone_until_they_are_removed(temporary: Path) -> None:
    """Also by this process itself, and if its temporary files are in one of them."""
    with OwnFolder() as folder:
        assert sweep() == 0
        tempfile.tempdir = str(folder.path)
        with OwnFolder() as inner:
            assert inner.path.parent == folder.path
            (temporary / f"{PREFIX}left").mkdir(mode=0o700)
            (temporary / f"{PREFIX}left" / "owner.lock").touch(mode=0o600)
            assert sweep() == 1
        assert folder.path.exists()
    assert list(temporary.iterdir()) == []


def left(folder: Path, name: str, *, mode: int = 0o700, lock: int | None = 0o600) -> Path:
    made = folder / name
    made.mkdir()
    (made / "precious").write_text("x")
    if lock is not None:
        (made / "owner.lock").touch()
        (made / "owner.lock").chmod(lock)
    made.chmod(mode)
    return made


def test_what_is_not_ours_is_never_touched(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another name, no owner's file, open to others, a link, a file, another user."""
    kept = [
        left(temporary, "trilane-x"),
        left(temporary, f"{PREFIX}no-owner", lock=None),
        left(temporary, f"{PREFIX}open", mode=0o755),
        left(temporary, f"{PREFIX}open-lock", lock=0o666),
        left(temporary, "elsewhere"),
    ]
    (temporary / f"{PREFIX}link").symlink_to(kept[-1])
    (temporary / f"{PREFIX}file").touch()
    before = sorted(temporary.rglob("*"))
    assert sweep() == 0
    left(temporary, f"{PREFIX}mine")
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert sweep() == 0
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert sweep() == 1
    assert sorted(temporary.rglob("*")) == before


def test_links_in_a_folder_are_not_followed(temporary: Path, tmp_path: Path) -> None:
    """They go; what they lead to stays."""
    target = left(tmp_path, "target")
    folder = left(temporary, f"{PREFIX}mine")
    (folder / "link").symlink_to(target)
    assert sweep() == 1
    assert (target / "precious").exists()


def test_a_sweep_has_a_bound(temporary: Path) -> None:
    """A start after a thousand kills takes away some, and the next one some more."""
    for number in range(5):
        left(temporary, f"{PREFIX}{number}")
    assert [sweep(3), sweep(3), sweep(3)] == [3, 2, 0]


def test_without_locks_nothing_is_swept(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders come and go as everywhere else."""
    monkeypatch.setattr(module, "fcntl", None)
    left(temporary, f"{PREFIX}mine")
    with OwnFolder() as folder:
        assert folder.path.is_dir()
        assert sweep() == 0
    assert not folder.path.exists()


def test_servers_sweep_once_they_accept(temporary: Path) -> None:
    """A command that starts servers cleans up after killed ones, beside its work."""
    folder = left(temporary, f"{PREFIX}mine")
    with Hosting(ServerSettings(ephemeral=True)) as hosting:
        hosting.start(CancelToken())
        for thread in threading.enumerate():
            if thread.name == "sweep":
                thread.join(10)
        assert not folder.exists()
