"""``trilane serve`` as other programs see it."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import grpc
import pytest
from products import products_pb2, products_pb2_grpc

from tests.e2e.conftest import ROOT, Program, addresses_of, stop


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def post(url: str, body: Any) -> Any:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_three_accept_once_the_line_is_printed_and_a_signal_ends_them(
    program: Program, number: signal.Signals
) -> None:
    """One JSON line, three servers behind it, an end within a second with code 0 and nothing left on disk."""
    process = program.start("serve", "--ephemeral")
    addresses = addresses_of(process)
    assert list(addresses)[:4] == ["rest", "graphql", "graphql_ws", "grpc"]
    assert get(f"{addresses['rest']}/api/v1/products/1")["name"] == "Laptop"
    answer = post(addresses["graphql"], {"query": '{product(id: "2") {name}}'})
    assert answer == {"data": {"product": {"name": "Mouse"}}}
    with grpc.insecure_channel(addresses["grpc"]) as channel:
        stub: Any = products_pb2_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        assert stub.GetProduct(products_pb2.ProductRequest(id="1"), timeout=5).price == 999.99
    seconds, end = stop(process, number)
    assert (end.code, end.out, end.err) == (0, "", "")
    assert seconds < 1
    assert list(program.temporary.iterdir()) == []
    assert [one for one in program.home.rglob("*") if one.is_file()] == []


def test_the_catalog_of_the_user_folder_outlives_the_process(program: Program) -> None:
    """Without --ephemeral what was written is there at the next start."""
    for expected in (["Laptop", "Mouse"], ["Laptop", "Mouse"]):
        process = program.start("serve")
        rows = get(f"{addresses_of(process)['rest']}/api/v1/products?limit=2")["data"]
        assert [row["name"] for row in rows] == expected
        assert stop(process, signal.SIGTERM)[1].code == 0
    assert any(program.home.rglob("*"))


@pytest.mark.parametrize("option", ["--rest-port", "--graphql-port", "--graphql-ws-port", "--grpc-port"])
def test_a_taken_port_is_named(program: Program, option: str) -> None:
    """The message says which port and the code is 2; the other servers do not linger."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        end = program.run("serve", "--ephemeral", option, str(port))
    assert end.code == 2
    assert end.out == ""
    assert f"cannot listen on 127.0.0.1:{port}: the port is already in use; name another one" in end.err
    assert "Errno" not in end.err
    assert "Traceback" not in end.err


def test_a_fixed_port_is_used(program: Program) -> None:
    """The address printed is the one that was asked for."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = program.start("serve", "--ephemeral", "--grpc-port", str(port))
    assert addresses_of(process)["grpc"] == f"127.0.0.1:{port}"
    stop(process, signal.SIGTERM)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--rest-port", "70000"), "--rest-port"),
        (("--rest-port", "http"), "--rest-port"),
        (("--rest-port", "9100", "--graphql-port", "9100"), "9100 is given to --rest-port, too"),
        (("--graphql-ws-port", "9100", "--grpc-port", "9100"), "9100 is given to --graphql-ws-port, too"),
        (("--products", "-1"), "--products"),
        (("--host", "not a host"), "not a host"),
        (("--database-url", "nonsense"), "nonsense"),
        (("--database-url", "sqlite:////dev/null/all.db"), "all.db"),
        (("--frobnicate",), "--frobnicate"),
    ],
)
def test_bad_options_are_refused_with_a_sentence(
    program: Program, arguments: tuple[str, ...], named: str
) -> None:
    """Code 2, what is wrong by its name, no traceback, nothing on stdout."""
    end = program.run("serve", *arguments)
    assert end.code == 2
    assert end.out == ""
    assert named in end.err
    assert "Traceback" not in end.err


@pytest.mark.parametrize("host", ["nonsense.invalid", "198.51.100.7", "::1:zz", "a" * 70 + ".invalid", ""])
def test_a_host_that_nobody_can_listen_on_is_one_sentence(program: Program, host: str) -> None:
    """Neither a warning about strangers nor a log of gRPC's core comes before it."""
    end = program.run("serve", "--ephemeral", "--host", host)
    assert (end.code, end.out) == (2, "")
    assert end.err.startswith(f"Error: --host {host}")
    assert end.err.count("\n") == 1


def test_a_database_that_cannot_be_used_is_told_by_its_scheme(program: Program) -> None:
    """In our own words, without a lane's name: the database is shared. The password stays out of it."""
    end = program.run("serve", "--database-url", "foo://me:secret@there/x")
    assert (end.code, end.out) == (2, "")
    assert end.err.startswith("Error: the URL scheme foo:// cannot be used")
    assert "sqlalchemy" not in end.err.lower()
    assert "secret" not in end.err


def test_listening_beyond_this_machine_warns(program: Program) -> None:
    """--host 0.0.0.0 works and says loudly what it means."""
    process = program.start("serve", "--ephemeral", "--host", "0.0.0.0")
    addresses_of(process)
    end = stop(process, signal.SIGTERM)[1]
    assert end.code == 0
    assert "Warning: listening on 0.0.0.0" in end.err


def test_products_makes_a_catalog_of_that_size(program: Program) -> None:
    """--products 500 is what the list says."""
    process = program.start("serve", "--ephemeral", "--products", "500")
    page = get(f"{addresses_of(process)['rest']}/api/v1/products?limit=1")
    assert page["metadata"]["total"] == 500
    stop(process, signal.SIGTERM)


def test_writes_need_a_token_unless_opened(program: Program) -> None:
    """--open-writes gives the unprotected GraphQL of the usual tutorial, and only then."""
    query = {"query": 'mutation {createProduct(name: "Pen", price: 1.5, stock: 3) {product {name}}}'}
    for options, codes in (((), ["UNAUTHENTICATED"]), (("--open-writes",), [])):
        process = program.start("serve", "--ephemeral", *options)
        url = addresses_of(process)["graphql"]
        try:
            answer = post(url, query)
        except urllib.error.HTTPError as error:
            answer = json.load(error)
        assert [error["extensions"]["code"] for error in answer.get("errors", ())] == codes
        stop(process, signal.SIGTERM)


def test_a_damaged_catalog_stops_the_start_unless_it_may_be_set_aside(program: Program) -> None:
    """Code 2, the file and the way on; with --set-aside it serves and says where the file is kept."""
    catalog = program.home / "data" / "catalog.sqlite3"
    catalog.parent.mkdir(parents=True)
    catalog.write_bytes(b"once somebody's work" * 100)
    end = program.run("serve")
    assert (end.code, end.out) == (2, "")
    assert str(catalog) in end.err
    assert "--set-aside" in end.err
    process = program.start("serve", "--set-aside")
    assert get(f"{addresses_of(process)['rest']}/api/v1/products/1")["name"] == "Laptop"
    end = stop(process, signal.SIGTERM)[1]
    (kept,) = catalog.parent.glob("catalog.sqlite3.unusable-*")
    assert str(kept) in end.err
    assert kept.read_bytes() == b"once somebody's work" * 100


def test_a_home_that_cannot_be_written_is_named(program: Program) -> None:
    """Code 2, the folder and what else can be done; a temporary catalog needs no home."""
    (program.home.parent / "file").write_text("")
    nowhere = {"TRILANE_HOME": str(program.home.parent / "file" / "home")}
    end = program.run("serve", **nowhere)
    assert (end.code, end.out) == (2, "")
    assert nowhere["TRILANE_HOME"] in end.err
    assert "--ephemeral" in end.err


def test_what_strangers_send_is_not_written_to_the_terminal(program: Program) -> None:
    """gRPC's core would print the text of a GOAWAY as it came, control characters included."""
    process = program.start("serve", "--ephemeral")
    host, _, port = addresses_of(process)["grpc"].rpartition(":")
    text = b"\x1b[2J hello"
    goaway = (8 + len(text)).to_bytes(3, "big")
    goaway += b"\x07\x00" + bytes(4) + bytes(4) + (77).to_bytes(4, "big") + text
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + goaway)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass
    assert stop(process, signal.SIGTERM)[1].err == ""


WAITING = """
import os, signal, sys, threading, time
sys.path.insert(0, sys.argv[1])
from app.cli.attended import attended
for turn in range(400):
    def job(cancel):
        threading.Timer(turn * 0.00001, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return cancel.wait(20)
    assert attended(job)
"""


def test_a_signal_at_any_moment_of_the_wait_ends_it() -> None:
    """Hundreds of signals that hit the wait at its various steps: none is lost, and none locks it up."""
    done = subprocess.run([sys.executable, "-c", WAITING, str(ROOT)], timeout=50, check=False)
    assert done.returncode == 0


def test_an_ipv6_address_stands_in_brackets(program: Program) -> None:
    """Every address that is printed can be used as it stands."""
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    process = program.start("serve", "--ephemeral", "--host", "::1")
    at = addresses_of(process)
    assert at["rest"].startswith("http://[::1]:")
    assert at["graphql"].startswith("http://[::1]:")
    assert at["graphql_ws"].startswith("ws://[::1]:")
    assert at["grpc"].startswith("[::1]:")
    assert get(f"{at['rest']}/api/v1/products/1")["name"] == "Laptop"
    assert stop(process, signal.SIGTERM)[1].err == ""


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
