"""A running ``trilane serve`` to attack, whose log must stay empty, and how long to attack it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

ROOT = Path(__file__).resolve().parents[2]
CASES = int(os.environ.get("CASES", "1000"))  # generated cases for each target; a full run has 20000
SEED = int(os.environ.get("FUZZ_SEED", "1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Addresses of the three servers and a token for writes."""

    addresses: Mapping[str, str]
    token: str

    def assert_answers(self) -> None:
        """The servers still serve, all three, with the right data."""
        with grpc.insecure_channel(self.addresses["grpc"]) as channel:
            stub = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
            order = stub.GetOrder(pb.OrderRequest(id="1"), timeout=10)
        assert order.user_id == "user_123"
        assert [item.quantity for item in order.items] == [1, 2]


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """A fresh catalog of its own; afterwards nothing may have been logged or printed as an error."""
    log = tmp_path / "stderr.txt"
    command = [sys.executable, "-m", "app", "serve", "--ephemeral"]
    with log.open("w") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        addresses = json.loads(process.stdout.readline())
        with grpc.insecure_channel(addresses["grpc"]) as channel:
            stub = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
            login = pb.LoginRequest(email="user@example.com", password="password")
            found = Target(addresses=addresses, token=stub.Login(login).token)
        yield found
        found.assert_answers()
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert log.read_bytes().decode(errors="backslashreplace") == ""
