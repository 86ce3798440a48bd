"""The outage panel's settings as fault rules, and back. No Qt."""

from dataclasses import replace

import pytest

from app.domain.lanes import Lane
from app.viewmodels.outage_rules import (
    ERRORS,
    PRESETS,
    Distribution,
    FailureKind,
    LaneOutage,
    StreamFault,
    from_rules,
    kinds,
    rules,
    summary,
)
from backends.faults.rules import parse_rules

EVERYTHING = LaneOutage(
    failure_rate=0.7,
    delay_ms=250,
    distribution=Distribution.NORMAL,
    spread_ms=50,
    burst=0.5,
    rate_limit=5,
    window_s=2.0,
    retry_after_s=3.0,
    operation="get-order",
    stream=StreamFault.ABORT,
    stream_after=3,
)


def test_healthy_means_no_rule() -> None:
    """Nothing set, nothing injected, nothing to say."""
    for lane in Lane:
        assert rules(lane, LaneOutage()) == ()
        assert summary(lane, LaneOutage()) == ""


@pytest.mark.parametrize("lane", list(Lane))
def test_the_engine_takes_every_outage_the_panel_can_make(lane: Lane) -> None:
    """Each kind of failure, each error and each spread is a rule that the backends accept."""
    for kind in kinds(lane):
        for error in ERRORS[lane]:
            outage = replace(EVERYTHING, kind=kind, error=error)
            assert len(parse_rules(lane.value, rules(lane, outage, fail_next=2))) == 5
    for spread in Distribution:
        parse_rules(lane.value, rules(lane, replace(EVERYTHING, distribution=spread)))


@pytest.mark.parametrize("lane", list(Lane))
def test_rules_read_back_give_the_same_outage(lane: Lane) -> None:
    """What one panel sends another one shows."""
    for kind in kinds(lane):
        outage = replace(EVERYTHING, kind=kind, drip_bytes=64 if kind is FailureKind.DRIP else 256)
        if kind in (FailureKind.ERROR, FailureKind.PARTIAL):
            outage = replace(outage, error=ERRORS[lane][1])
        assert from_rules(lane, rules(lane, outage)) == outage


@pytest.mark.parametrize("lane", list(Lane))
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (StreamFault.STALL, "stream stall after 3"),
        (StreamFault.ABORT, "stream abort after 3"),
        (StreamFault.RESET, "stream reset after 3"),
        (StreamFault.DELAY, "stream delay 40 ms a message"),
    ],
)
def test_every_fault_of_a_stream_is_for_its_messages_only(lane: Lane, fault: StreamFault, words: str) -> None:
    """The backends take it, it reads back beside the faults of calls, and the summary names it."""
    outage = LaneOutage(failure_rate=0.2, kind=FailureKind.RESET, delay_ms=9, stream=fault)
    if fault is StreamFault.DELAY:
        outage = replace(outage, stream_delay_ms=40)
    else:
        outage = replace(outage, stream_after=3)
    made = parse_rules(lane.value, rules(lane, outage))
    assert [rule.operation for rule in made] == [None, None, "stream-orders"]
    assert from_rules(lane, rules(lane, outage)) == outage
    assert summary(lane, outage).endswith(words)


def test_a_rest_error_is_a_status_and_a_grpc_error_a_code() -> None:
    """Each protocol is told its error in its own words."""
    outage = LaneOutage(failure_rate=1.0)
    assert rules(Lane.REST, outage)[0]["status"] == 503
    assert rules(Lane.GRPC, outage)[0]["code"] == "UNAVAILABLE"
    partial = replace(outage, kind=FailureKind.PARTIAL)
    assert rules(Lane.GRAPHQL, partial)[0] == {
        "kind": "error",
        "rate": 1.0,
        "partial": True,
        "code": "SERVICE_UNAVAILABLE",
    }


def test_the_summary_uses_the_words_of_the_drawing() -> None:
    """Error, rate and delay in one short line."""
    assert summary(Lane.REST, LaneOutage(failure_rate=0.7, delay_ms=250)) == "503 at 70 %, 250 ms"
    reset = LaneOutage(failure_rate=0.3, kind=FailureKind.RESET)
    assert summary(Lane.GRPC, reset) == "connection reset at 30 %"


def test_every_preset_is_accepted_on_every_lane() -> None:
    """A preset is never an error; only the first one is healthy."""
    for index, preset in enumerate(PRESETS):
        for lane in Lane:
            parse_rules(lane.value, rules(lane, preset.outage))
        assert preset.outage.healthy == (index == 0)


def test_fail_next_comes_before_everything_else() -> None:
    """The one-shot rule is asked first, so that it fires on the very next requests."""
    made = rules(Lane.REST, EVERYTHING, fail_next=3)
    assert made[0]["kind"] == "fail_next"
    assert made[0]["count"] == 3


def test_each_kind_says_what_the_caller_sees() -> None:
    """An empty gRPC answer is a success there and only there; a lost field can be the whole answer."""
    assert "counts as a success" in FailureKind.EMPTY.hint(Lane.GRPC)
    assert "success" not in FailureKind.EMPTY.hint(Lane.REST)
    assert "the whole answer is null" in FailureKind.PARTIAL.hint(Lane.GRAPHQL)
    assert all(kind.hint(lane).endswith(".") for lane in Lane for kind in kinds(lane))
