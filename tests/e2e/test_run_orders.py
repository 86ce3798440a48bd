"""``trilane run orders`` as a process."""

import json
import signal

from tests.e2e.conftest import Program, addresses_of


def test_the_default_feed_as_json_lines(program: Program) -> None:
    """A line for each message and one for each end; every lane brings the five orders in their order."""
    end = program.run("run", "orders", "--interval-ms", "5", "--json")
    assert (end.code, end.err) == (0, "")
    lines = [json.loads(line) for line in end.out.splitlines()]
    for lane in ("rest", "graphql", "grpc"):
        own = [line for line in lines if line["lane"] == lane]
        assert [line["order"]["id"] for line in own[:-1]] == [f"order_{number}" for number in range(5)]
        assert (own[-1]["state"], own[-1]["outcome"], own[-1]["received"]) == ("ended", "ok", 5)
    assert list(program.temporary.iterdir()) == []


def test_ctrl_c_ends_an_endless_feed_with_a_summary(program: Program) -> None:
    """The streams of running servers are cancelled, and the table counts what had come."""
    at = addresses_of(program.start("serve", "--ephemeral"))
    where = ("--rest", at["rest"], "--graphql-ws", at["graphql_ws"], "--grpc", at["grpc"])
    process = program.start("run", "orders", *where, "--count", "0", "--interval-ms", "2")
    assert process.stdout is not None
    for _ in range(20):
        assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    table = [line.split() for line in out.splitlines()[-3:]]
    assert [row[:2] for row in table] == [[lane, "cancelled"] for lane in ("REST", "GraphQL", "gRPC")]
    assert all(int(row[2]) > 0 for row in table)


def test_a_stream_that_breaks_is_told_by_the_exit_code(program: Program) -> None:
    """A server that is not there costs its lane, with a sentence that says why."""
    end = program.run("run", "orders", "--lanes", "graphql", "--graphql-ws", "http://127.0.0.1:9/graphql")
    assert end.code == 2
    assert "ws://" in end.err
