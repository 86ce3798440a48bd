"""``trilane run compare``, ``tour`` and the window, each as a process."""

import contextlib
import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Program, addresses_of, stop

PNG = b"\x89PNG\r\n\x1a\n"


def test_compare_tells_what_each_lane_cost_as_json(program: Program) -> None:
    """The order takes REST three round trips and the others one, and all three say the same."""
    end = program.run("run", "compare", "--operation", "get-order", "--param", "id=1", "--json")
    assert (end.code, end.err) == (0, "")
    told = json.loads(end.out)
    lanes = told["lanes"]
    assert {lane: one["round_trips"] for lane, one in lanes.items()} == {"rest": 3, "graphql": 1, "grpc": 1}
    assert {one["value"]["total"] for one in lanes.values()} == {1059.97}
    assert all(one["last_byte_ms"] > 0 and one["bytes_down"] > 0 for one in lanes.values())
    assert told["differences"] == {"graphql": [], "grpc": []}
    assert list(program.temporary.iterdir()) == []


def test_compare_prints_a_table_for_people(program: Program) -> None:
    """One line for each chosen lane, in the order of the screen, and the numbers have units."""
    end = program.run("run", "compare", "--operation", "get-product", "--lanes", "grpc,rest")
    assert end.code == 0
    lines = end.out.splitlines()
    assert lines[0] == "Get product (id=1)"
    assert [line.split()[0] for line in lines[2:]] == ["REST", "gRPC"]
    assert all(" ms " in line and " B " in line for line in lines[2:])


def test_compare_uses_running_servers(program: Program) -> None:
    """With addresses of running servers it starts none of its own, and a write lands there."""
    process = program.start("serve", "--ephemeral")
    at = addresses_of(process)
    where = ("--rest", at["rest"], "--graphql", at["graphql"], "--grpc", at["grpc"])
    made = program.run(
        "run", "compare", *where, "--operation", "create-product", "--param", "name=Pen", "--json"
    )
    assert made.code == 0, made.err
    ids = [one["value"]["id"] for one in json.loads(made.out)["lanes"].values()]
    seen = program.run(
        "run", "compare", *where, "--operation", "get-product", "--param", f"id={ids[0]}", "--json"
    )
    assert [one["value"]["name"] for one in json.loads(seen.out)["lanes"].values()] == ["Pen"] * 3
    assert stop(process, signal.SIGTERM)[1].code == 0


def test_an_answer_that_is_an_error_ends_with_code_1(program: Program) -> None:
    """A script can tell "all answered" from "one did not"."""
    end = program.run("run", "compare", "--operation", "get-product", "--param", "id=none", "--lanes", "rest")
    assert end.code == 1
    assert "404" in end.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--operation", "frobnicate"), "frobnicate"),
        (("--param", "id"), "NAME=VALUE"),
        (("--param", "colour=red"), "colour"),
        (("--operation", "list-products", "--param", "limit=0"), "limit"),
        (("--fields", "id,colour"), "colour"),
        (("--lanes", "rest,soap"), "soap"),
        (("--rest", "ftp://x"), "http://"),
        (("--rest", "http://127.0.0.1:1", "--lanes", "rest"), "refused"),
        (("--password", "wrong"), "password"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    program: Program, arguments: tuple[str, ...], named: str
) -> None:
    """Code 2, the thing by its name, no traceback, nothing on stdout."""
    end = program.run("run", "compare", *arguments)
    assert (end.code, end.out) == (2, "")
    assert named in end.err
    assert "Traceback" not in end.err


def test_without_a_display_the_program_takes_the_tour(program: Program) -> None:
    """It logs in, asks everything over three lanes, draws the window and ends with 0."""
    picture = program.temporary / "window.png"
    end = program.run("tour", "--picture", str(picture))
    assert (end.code, end.err) == (0, "")
    assert "Logged in as user@example.com" in end.out
    assert end.out.count("gRPC ") >= 9
    assert picture.read_bytes().startswith(PNG)
    picture.unlink()
    assert list(program.temporary.iterdir()) == []


def test_a_signal_closes_the_window(program: Program) -> None:
    """SIGTERM ends the program with its servers, politely and soon, and nothing stays behind."""
    process = program.start("--ephemeral", QT_QPA_PLATFORM="offscreen")
    log = program.home / "state" / "trilane.log"
    wait_for_log(process, log, "server listening")
    seconds, end = stop(process, signal.SIGTERM)
    assert (end.code, end.out, end.err) == (0, "", "")
    assert seconds < 3
    assert list(program.temporary.iterdir()) == []


def test_the_window_takes_fixed_ports(program: Program) -> None:
    """Another program can be pointed at the window's servers: they listen where they were told to."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = program.start("--ephemeral", "--graphql-ws-port", str(port), QT_QPA_PLATFORM="offscreen")
    wait_for_log(process, program.home / "state" / "trilane.log", f"listening on 127.0.0.1:{port}")
    assert stop(process, signal.SIGTERM)[1].code == 0


def wait_for_log(process: "subprocess.Popen[str]", log: Path, text: str) -> None:
    """Wait until the window's log tells that a server is up."""
    for _ in range(400):
        if log.exists() and text in log.read_text():
            return
        assert process.poll() is None
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"{text!r} did not appear in the log")


def test_version_names_what_it_stands_on(program: Program) -> None:
    """Enough for a bug report."""
    end = program.run("version")
    assert end.code == 0
    assert end.out.startswith("trilane ")
    assert "PySide6" in end.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--operation", "frobnicate"), "frobnicate"),
        (("--param", "id=7"), "belongs to an --operation"),
        (("--operation", "get-product", "--param", "colour=red"), "colour"),
        (("--operation", "list-products", "--param", "limit=0"), "limit"),
        (("--operation", "get-product", "--fields", "colour"), "colour"),
        (("--workspace", "attic"), "attic"),
        (("--param", "id=7", "serve"), "--param belongs behind the command"),
    ],
)
def test_a_window_that_cannot_be_opened_as_asked_is_refused(
    program: Program, arguments: tuple[str, ...], named: str
) -> None:
    """Code 2 and a sentence, before Qt is started."""
    end = program.run(*arguments, QT_QPA_PLATFORM="offscreen")
    assert (end.code, end.out) == (2, "")
    assert named in end.err
    assert "Traceback" not in end.err


def test_what_the_window_would_refuse_is_refused_without_a_display(program: Program) -> None:
    """No tour is taken instead of an error: a script would not notice."""
    end = program.run("--operation", "get-product", "--param", "colour=red")
    assert (end.code, end.out) == (2, "")
    assert "colour" in end.err


def test_a_command_whose_output_nobody_reads_ends_quietly(program: Program) -> None:
    """As after ``| head -1``: no traceback, and the code of a program that SIGPIPE ended."""
    process = program.start("run", "orders", "--interval-ms", "5", "--count", "0")
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(20) == 141


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("run", "compare"), 130),
        (("run", "repeat", "--count", "100000"), 130),
        (("run", "orders", "--count", "0"), 130),
        (("run", "unreliable"), 130),
        (("tour",), 130),
        (("serve", "--ephemeral"), 0),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else None,
)
def test_a_command_that_is_starting_can_be_interrupted(
    program: Program, arguments: tuple[str, ...], code: int
) -> None:
    """The code says by what; nothing is printed, and no temporary file stays."""
    process = program.start(*arguments)
    while not any(program.temporary.iterdir()):
        assert process.poll() is None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
    _, end = stop(process, signal.SIGINT)
    assert (end.code, end.out) == (code, "")
    assert "Traceback" not in end.err
    assert list(program.temporary.iterdir()) == []
