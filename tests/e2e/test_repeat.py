"""``trilane run repeat`` as a process: figures as table, JSON and CSV, servers elsewhere, bad input."""

import json
import signal

import pytest

from tests.e2e.conftest import Program, addresses_of, stop


def test_repeat_prints_figures_for_people(program: Program) -> None:
    """A line for each lane with units, what was done, and what the embedding costs."""
    end = program.run("run", "repeat", "--operation", "get-product", "--count", "30", "--warm-up", "3")
    assert (end.code, end.err) == (0, "")
    lines = end.out.splitlines()
    assert "30 calls on each lane" in lines[0]
    assert "without retries" in lines[0]
    assert [line.split()[0] for line in lines[2:5]] == ["REST", "GraphQL", "gRPC"]
    assert all(" ms " in line and "/s " in line and line.split()[1] == "30" for line in lines[2:5])
    assert "interpreter lock" in lines[5]
    assert list(program.temporary.iterdir()) == []


def test_repeat_measures_servers_of_another_process(program: Program) -> None:
    """With addresses it starts none of its own; each write is a write of its own; JSON and CSV agree."""
    process = program.start("serve", "--ephemeral")
    at = addresses_of(process)
    where = ("--rest", at["rest"], "--graphql", at["graphql"], "--grpc", at["grpc"])
    common = ("run", "repeat", *where, "--warm-up", "0", "--count", "12")
    made = program.run(
        *common, "--operation", "create-product", "--param", "name=Pen", "--concurrency", "3", "--json"
    )
    assert made.code == 0, made.err
    told = json.loads(made.out)
    assert {lane: one["calls"] for lane, one in told["lanes"].items()} == {
        "rest": 12,
        "graphql": 12,
        "grpc": 12,
    }
    assert told["addresses"]["grpc"] == at["grpc"]
    assert all(one["latency_ms"]["p50"] > 0 for one in told["lanes"].values())
    rows = program.run(*common, "--lanes", "grpc,rest", "--together", "--csv")
    assert rows.code == 0, rows.err
    lines = rows.out.splitlines()
    assert lines[0] == "lane,start_s,total_ms,first_byte_ms,failed"
    assert len(lines) == 25
    assert stop(process, signal.SIGTERM)[1].code == 0


def test_servers_of_two_programs_each_get_their_own_token(program: Program) -> None:
    """Each signs with a secret of its own and would refuse the other's: none is sent one."""
    one, other = program.start("serve", "--ephemeral"), program.start("serve", "--ephemeral")
    where = ("--rest", addresses_of(one)["rest"], "--grpc", addresses_of(other)["grpc"])
    common = (*where, "--operation", "create-product", "--param", "name=Pen", "--param", "price=1")
    end = program.run("run", "repeat", *common, "--warm-up", "0", "--count", "3", "--json")
    assert end.code == 0, end.out + end.err
    assert {lane: told["errors"] for lane, told in json.loads(end.out)["lanes"].items()} == {
        "rest": {},
        "graphql": {},
        "grpc": {},
    }
    assert program.run("run", "compare", *common).code == 0
    assert stop(one, signal.SIGTERM)[1].code == 0
    assert stop(other, signal.SIGTERM)[1].code == 0


def test_a_failed_call_ends_with_code_1_and_its_reason(program: Program) -> None:
    """A script can tell that not every call was answered."""
    common = ("run", "repeat", "--operation", "get-product", "--param", "id=none", "--count", "5")
    end = program.run(*common, "--lanes", "rest,grpc")
    assert end.code == 1
    assert "5 × not found (404" in end.out
    assert "gRPC: bytes received unknown in 5 round trips" in end.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--count", "0"), "--count"),
        (("--concurrency", "65"), "--concurrency"),
        (("--rest", "127.0.0.1:1", "--lanes", "rest"), "begin with http://"),
        (("--grpc", "http://127.0.0.1:1", "--lanes", "grpc"), "without http://"),
        (("--lanes", "soap"), "soap"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(
    program: Program, arguments: tuple[str, ...], named: str
) -> None:
    """Code 2, the thing by its name, no traceback, nothing on stdout."""
    end = program.run("run", "repeat", *arguments)
    assert (end.code, end.out) == (2, "")
    assert named in end.err
    assert "Traceback" not in end.err
