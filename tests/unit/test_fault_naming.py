"""How faults are named on the wire and remembered, and what the engine takes all at once."""

import os
import socket
import sys
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.faults import FaultEngine, FaultError, Injection
from backends.faults.rules import STREAM, FaultKind
from backends.faults.streams import StreamPlan
from backends.faults.wire import wire_name
from backends.grpc import tcp


@given(st.text(max_size=80))
def test_any_name_travels_in_ascii_and_comes_back(name: str) -> None:
    """Headers and metadata get printable ASCII that decodes to the name."""
    sent = wire_name(name)
    assert sent.isascii()
    assert sent.isprintable()
    assert unquote(sent) == name.strip()


def test_plain_names_are_sent_as_they_are() -> None:
    """A person who reads headers reads the rule."""
    assert wire_name("503 at 70 %") == "503 at 70 %"


def test_a_hundred_long_names_still_fit_into_a_header() -> None:
    """gRPC refuses long trailers, so the list of names is cut."""
    assert len(wire_name(", ".join(["delay" * 20] * 100))) == 1024


def test_recent_finds_a_request_and_forgets_the_oldest() -> None:
    """The last thousand faults are kept, in order, and can be asked for by request id."""
    engine = FaultEngine()
    engine.configure("rest", [{"kind": "reset"}])
    for number in range(1100):
        engine.decide("rest", "get-product", request_id=f"call-{number}", peer="127.0.0.1:5")
    kept = engine.recent()
    assert [fired.number for fired in kept] == list(range(101, 1101))
    assert [fired.request_id for fired in engine.recent("call-500")] == ["call-500"]
    assert engine.recent("call-3") == ()


def test_apply_is_all_or_nothing() -> None:
    """One wrong rule leaves every lane and the seed as they were."""
    engine = FaultEngine(4)
    engine.configure("rest", [{"kind": "hang"}])
    with pytest.raises(FaultError):
        engine.apply({"rest": [], "grpc": [{"kind": "nonsense"}]}, seed=9)
    assert engine.describe() == {"seed": 4, "lanes": {"rest": [{"kind": "hang"}], "graphql": [], "grpc": []}}
    assert engine.active == {"rest"}


@pytest.mark.parametrize(
    "rule", [{"kind": "stall"}, {"kind": "abort"}, {"kind": "delay", "per_message": True}]
)
def test_what_breaks_between_messages_needs_a_stream(rule: dict[str, Any]) -> None:
    """Such a rule never fires on a call, also not in place of another one."""
    engine = FaultEngine()
    engine.configure("rest", [rule, {"kind": "error"}])
    call, stream = engine.decide("rest", "get-product"), engine.decide("rest", STREAM)
    assert call is not None
    assert call.kind is FaultKind.ERROR
    assert call.message_delay is None
    assert stream is not None
    assert rule["kind"] in stream.rule


def test_replacing_is_patching_where_a_protocol_has_one_update() -> None:
    """Rules on replace-product are aimed at the operation that GraphQL and gRPC know; REST has both."""
    engine = FaultEngine()
    rule = {"kind": "error", "operation": "replace-product"}
    engine.apply({"rest": [rule], "graphql": [rule], "grpc": [rule]})
    assert [engine.decide(lane, "patch-product") is not None for lane in ("rest", "graphql", "grpc")] == [
        False,
        True,
        True,
    ]


def test_a_drip_holds_a_message_as_long_as_its_bytes_take() -> None:
    """Per-message delay and drip add up."""
    dripping = Injection(rule="", kind=FaultKind.DRIP, bytes_per_second=100.0, message_delay=float)
    assert StreamPlan(dripping).pause(3, 50) == pytest.approx(3.5)
    assert not StreamPlan(dripping).breaks(1_000_000)


@pytest.mark.parametrize("peer", ["ipv4:127.0.0.1:1", "ipv6:%5B::1%5D:1", "unix:/nowhere", "", "ipv4:x:y"])
def test_a_connection_that_is_not_ours_is_not_touched(peer: str) -> None:
    """A peer that no descriptor of this process belongs to is reported as not found."""
    assert tcp.reset(peer, 1) is False
    assert tcp.write_raw(peer, 1, b"x") is False


@pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
def test_a_connection_by_name_is_passed_over() -> None:
    """A window holds one to its display, under an abstract name; the search goes on behind it."""
    name = f"\0trilane-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as display, socket.socket(socket.AF_UNIX) as window:
        display.bind(name)
        display.listen()
        window.connect(name)
        assert tcp.reset("ipv4:127.0.0.1:1", 1) is False
