"""What the Repeat panel calls a run: on which servers it was made is a part of its name."""

from collections.abc import Mapping

import pytest

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.operations.repeat_results import RepeatPlan, RepeatRun
from app.viewmodels.repeat_words import (
    against,
    choice_title,
    list_title,
    run_notes,
    run_title,
    servers_of,
    short_title,
)

HERE = {
    Lane.REST: "http://127.0.0.1:8000",
    Lane.GRAPHQL: "http://localhost:8001/graphql",
    Lane.GRPC: "[::1]:50051",
}
THERE = {lane: address.replace("127.0.0.1", "10.0.0.7") for lane, address in HERE.items()}


def run_at(addresses: Mapping[Lane, str]) -> RepeatRun:
    """A run that was ended before its first call."""
    plan = RepeatPlan(operation=OperationId.GET_PRODUCT)
    return RepeatRun(plan=plan, started_at=0.0, lanes=(), addresses=addresses)


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        ({}, "embedded"),
        (HERE, "own process"),
        ({Lane.REST: HERE[Lane.REST]}, "partly embedded, partly own process"),
        (THERE, "servers at 10.0.0.7 and localhost and ::1"),
        (dict.fromkeys(Lane, "orders.example:80"), "servers at orders.example"),
    ],
)
def test_a_run_says_whose_servers_it_asked(addresses: Mapping[Lane, str], words: str) -> None:
    """Embedded, a process of their own on this machine, or the names of the machines: in title and choice."""
    run = run_at(addresses)
    assert servers_of(run) == words
    assert f" · {words} · " in run_title(1, run)
    assert f"run 1, {words}, " in short_title(1, run)
    assert words in list_title(1, run)
    assert words in choice_title(1, run)


def test_addresses_stand_in_the_notes() -> None:
    """Two processes on one machine can be told apart by their addresses."""
    (note,) = run_notes(run_at(HERE))
    assert note.startswith("Servers elsewhere: REST http://127.0.0.1:8000, GraphQL ")
    assert note.endswith(", gRPC [::1]:50051")
    assert run_notes(run_at({})) == []


def test_a_comparison_of_different_servers_says_so() -> None:
    """Two runs on the same servers are compared without a word, others with one."""
    assert "same servers" not in against(1, run_at(HERE), run_at(HERE))
    assert "did not ask the same servers" in against(1, run_at({}), run_at(HERE))
