"""A real disk without room under `trilane serve`: a small memory file system, filled and emptied again."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.clients.port import LaneClient
from app.domain.errors import AttemptFailed
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome
from tests.support.kill_ledger import Write
from tests.support.kill_rounds import look_into, serving_in
from tests.support.kill_writers import send
from tests.support.live_lanes import EMAIL, PASSWORD

pytestmark = pytest.mark.kill


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with three megabytes of room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not a byte of room meanwhile."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        step = 65536
        while step:
            try:
                file.write(b"x" * step)
            except OSError:
                step //= 2
    yield
    filler.unlink()


def write(client: LaneClient, token: str, name: str) -> tuple[Outcome, str]:
    params = {"name": name, "price": "1", "category": "Disk"}
    try:
        send(client, Write(client.lane, OperationId.CREATE_PRODUCT, params), token)
    except AttemptFailed as failed:
        return failed.reply.outcome, failed.reply.message.lower()
    return Outcome.OK, ""


def test_a_full_disk_is_said_on_every_lane_and_over_when_there_is_room(disk: Path) -> None:
    """503, SERVICE_UNAVAILABLE and UNAVAILABLE with the reason; reads go on; nothing acknowledged is lost."""
    acknowledged = set()
    with serving_in(disk) as (process, clients):
        token = str(clients[Lane.REST].log_in(EMAIL, PASSWORD, None).value["token"])
        with filled(disk):
            for lane, client in clients.items():
                for number in range(2000):  # pages that are begun still have room
                    outcome, message = write(client, token, name := f"{lane} {number} " + "x" * 150)
                    if outcome is not Outcome.OK:
                        break
                    acknowledged.add(name)
                assert outcome is Outcome.UNAVAILABLE
                assert "cannot be written: the disk is full" in message
                look = Write(lane, OperationId.GET_PRODUCT, {"id": "1"})
                assert send(client, look, token)["name"] == "Laptop"
        for lane, client in clients.items():
            assert write(client, token, f"room again {lane}")[0] is Outcome.OK
            acknowledged.add(f"room again {lane}")
        process.terminate()
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(10) == 0
        assert "Traceback" not in said
    found, wrong = look_into(disk / "data" / "catalog.sqlite3")
    assert wrong == []
    assert {row["name"] for row in found.products.values() if row["category"] == "Disk"} == acknowledged


def test_a_start_on_a_full_disk_says_so_and_works_later(disk: Path, tmp_path: Path) -> None:
    """One sentence with the folder or file and code 2; with room the next start needs no help."""
    with filled(disk):
        with pytest.raises(AssertionError) as caught, serving_in(disk):
            pass
        assert "Error:" in str(caught.value)
        assert str(disk) in str(caught.value)
        assert "No space left" in str(caught.value) or "the disk is full" in str(caught.value)
        assert "Traceback" not in str(caught.value)
    with serving_in(disk) as (_, clients):
        assert clients[Lane.REST].log_in(EMAIL, PASSWORD, None).outcome is Outcome.OK


def test_a_kill_on_a_full_disk_costs_nothing(disk: Path) -> None:
    """The file opens, whole, although its log had no room to grow."""
    with serving_in(disk) as (process, clients):
        token = str(clients[Lane.REST].log_in(EMAIL, PASSWORD, None).value["token"])
        with filled(disk):
            while write(clients[Lane.REST], token, f"{os.getpid()} " + "y" * 150)[0] is Outcome.OK:
                pass
            process.kill()
            process.wait(10)
    _, wrong = look_into(disk / "data" / "catalog.sqlite3")
    assert wrong == []
