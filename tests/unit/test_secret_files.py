"""Secrets in files: whole or not there, for their owner only, and never deleted."""

import errno
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backends.secret_files import load_secret, store_secret
from backends.shared import ADMIN_SECRET, ServerSettings, Shared


@pytest.fixture(params=[True, False], ids=["links", "no links"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, also of a file system that knows no hard links."""
    if not request.param:

        def refuse(*_paths: object) -> None:
            raise OSError(errno.EPERM, "not permitted")

        monkeypatch.setattr("os.link", refuse)
    return tmp_path / "data"


def test_a_secret_stays_and_is_its_owners(folder: Path) -> None:
    """The second start reads what the first one made; nothing else lies beside it."""
    path = folder / "jwt.secret"
    assert load_secret(path) == load_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == ["jwt.secret"]
    with pytest.raises(FileExistsError):
        store_secret(path, b"another")


def test_a_damaged_secret_is_kept_beside_the_new_one(folder: Path) -> None:
    """Cut off or emptied by whomever: twice if need be, and not a byte is lost."""
    path = folder / "jwt.secret"
    folder.mkdir()
    for content in (b"cut", b""):
        path.write_bytes(content)
        assert len(load_secret(path)) == 32
    kept = {file.read_bytes() for file in folder.glob("jwt.secret.unusable-*")}
    assert kept == {b"cut", b""}


def test_an_admin_secret_that_was_edited_works_or_is_set_aside(tmp_path: Path) -> None:
    """An editor's line end is no part of it; what no header can carry is kept under another name."""
    file = tmp_path / ADMIN_SECRET
    file.write_text("x" * 40 + "\n")
    assert Shared(ServerSettings(data_dir=tmp_path)).admin_secret == "x" * 40
    file.write_text("ä" * 40)
    assert len(Shared(ServerSettings(data_dir=tmp_path)).admin_secret) == 64
    assert (tmp_path / f"{ADMIN_SECRET}.unusable-1").read_text() == "ä" * 40


def test_starts_at_the_same_moment_agree(tmp_path: Path) -> None:
    """Nobody works with a secret that another start has replaced, or reads one that is half written."""
    for number in range(20):
        with ThreadPoolExecutor(4) as pool:
            found = set(pool.map(load_secret, [tmp_path / str(number) / "jwt.secret"] * 4))
        assert len(found) == 1
