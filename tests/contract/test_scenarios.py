"""Scenarios over the real servers: equal seeds, equal reports, and what each shipped one promises to show."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from app.cli.scenario import perform
from app.cli.scenario_files import check_rules, open_catalog
from app.domain.lanes import Lane
from app.infrastructure.paths import user_paths
from app.operations.scenarios.reading import read_text
from backends.serving import ServerSettings

LANES = [lane.value for lane in Lane]


def play(
    name: str, *, seed: int | None = None, speed: float = 200.0, lanes: tuple[Lane, ...] = tuple(Lane)
) -> dict[str, Any]:
    """The report of a shipped scenario."""
    script = replace(open_catalog(user_paths()).find(name), lanes=lanes)
    script = script if seed is None else replace(script, seed=seed)
    return perform(script, ServerSettings(ephemeral=True, seed=1), speed=speed)


played = cache(play)


@pytest.mark.parametrize("name", ["unreliable", "brown-out"])
def test_equal_seeds_give_equal_reports_at_any_speed(name: str) -> None:
    """The whole report with all its times is the same at another speed, and not with another seed."""
    first, again, other = played(name), play(name, speed=80.0), play(name, seed=9)
    assert again == first
    assert other["lanes"] != first["lanes"]


def test_a_herd_of_fifty_keeps_its_order() -> None:
    """Calls of one moment are sent in the order of their numbers, so even a herd is reproducible."""
    again = play("thundering-herd", speed=900.0, lanes=(Lane.GRPC,))
    assert again["lanes"]["grpc"] == played("thundering-herd")["lanes"]["grpc"]


def test_unreliable_opens_at_three_in_a_row_and_probes_after_five_seconds() -> None:
    """Twenty calls a lane, 70 % failing, breaker 3 / 5 s / 2: every transition follows the rule."""
    report = played("unreliable")
    for lane in LANES:
        one = report["lanes"][lane]
        assert one["calls"] == 20
        assert one["attempts"] + one["rejected_calls"] == 20
        assert one["attempts"] == one["fresh"] + sum(one["faults_injected"].values())
        assert all("at 70 %" in rule for rule in one["faults_injected"])
        opened: float | None = None
        for change in one["transitions"]:
            if change["to"] == "open":
                opened = change["at"]
                assert change["reason"] in {"3 failures in a row", "a probe failed"}
            elif change["to"] == "half_open":
                assert opened is not None
                assert change["at"] == opened + 5.0
    changes = [change for lane in LANES for change in report["lanes"][lane]["transitions"]]
    assert {"open", "half_open", "closed"} <= {change["to"] for change in changes}


def test_flaky_twice_takes_three_attempts_and_half_a_second_and_one_more() -> None:
    """The caller gets its answer after waits of 0.5 s and 1 s with a tenth of jitter at most."""
    report = played("flaky-twice")
    for lane in LANES:
        one = report["lanes"][lane]
        assert (one["calls"], one["attempts"], one["outcomes"]) == (1, 3, {"ok": 1})
        assert one["faults_injected"] == {"fail next 2": 2}
        assert one["longest_outage"]["seconds"] == 0.0


def test_slow_dependency_serves_the_copy_after_exactly_two_seconds() -> None:
    """A ten-second answer is given up after two; the third timeout opens the circuit; copies are stale."""
    report = played("slow-dependency")
    for lane in LANES:
        one = report["lanes"][lane]
        assert one["faults_injected"] == {"delay 10000 ms": 3}
        assert one["outcomes"]["stale copy: timeout"] == 3
        assert one["stale_served"] == 3 + one["outcomes"]["stale copy: rejected by open circuit"]
        # Calls at 1, 3.5 and 6 s, each given up two seconds later.
        assert one["transitions"][0] == {
            "at": 8.0, "from": "closed", "to": "open", "reason": "3 failures in a row",
        }  # fmt: skip
        assert one["longest_outage"] == {"seconds": 14.5, "from": 3.0, "to": 17.5}
        assert one["transitions"][-1]["to"] == "closed"


def test_the_herd_spreads_with_jitter() -> None:
    """Fifty clients retry in one moment without jitter; with full jitter never half as many within 100 ms."""
    without, back, full, spread = (step["lanes"] for step in played("thundering-herd")["steps"])
    for lane in LANES:
        assert without[lane]["peak_retries_per_100_ms"] == back[lane]["peak_retries_per_100_ms"] == 50
        assert full[lane]["peak_retries_per_100_ms"] < 25
        assert spread[lane]["peak_retries_per_100_ms"] < 25
        assert full[lane]["calls"] == 50


def test_a_rate_limit_is_waited_for_or_given_up() -> None:
    """All calls of the first phase succeed after the wait that the server asks for; then three give up."""
    first, second = (step["lanes"] for step in played("rate-limited")["steps"])
    for lane in LANES:
        assert (first[lane]["fresh"], first[lane]["attempts"]) == (8, 11)
        assert (second[lane]["fresh"], second[lane]["attempts"]) == (5, 8)
        assert played("rate-limited")["lanes"][lane]["transitions"] == []


def test_late_results_leave_the_circuit_open() -> None:
    """Two good answers arrive at 4 s and change nothing; the probes at 9 s and 10 s close the circuit."""
    report = played("late-results")
    for lane in LANES:
        one = report["lanes"][lane]
        assert one["late_results"] == 2
        assert [(change["at"], change["to"]) for change in one["transitions"]] == [
            (2.0, "open"), (9.0, "half_open"), (10.0, "closed"),
        ]  # fmt: skip


def test_a_stream_that_breaks_resumes_where_the_protocol_can() -> None:
    """SSE has all eight orders after one reconnect; the others end with three, at the same moment."""
    report = played("reset-mid-stream")
    ends = {lane: report["lanes"][lane]["streams"] for lane in LANES}
    assert ends["rest"] == [{"at": 9.0, "messages": 8, "reconnects": 1, "end": "ok"}]
    assert ends["graphql"] == ends["grpc"]
    assert ends["grpc"] == [{"at": 3.0, "messages": 3, "reconnects": 0, "end": "connection lost"}]
    assert play("reset-mid-stream", speed=50.0) == report


ODD = """
duration = 6
lanes = ["rest", "graphql", "grpc"]

[settings]
attempt_timeout = 0.7
max_retries = 1
initial_delay = 0.2
fallback = false

[[step]]
at = 0
faults = [{ kind = "delay", ms = 300, spread_ms = 500, distribution = "lognormal", rate = 0.7 }]
load = { rate = 5.0 }

[[step]]
at = 2
faults = [{ kind = "hang", rate = 0.5 }, { kind = "empty", rate = 0.3 }]

[[step]]
at = 4
faults = [{ kind = "error", rate = 0.5, burst = 0.8 }]
load = { rate = 2.0, burst = 3 }
"""


def test_random_delays_hangs_and_lost_answers_are_reproducible_too() -> None:
    """Delays around the timeout are decided by what the server drew, not by which of two clocks was first."""
    script = read_text(ODD, check_rules, name="odd")
    settings = ServerSettings(ephemeral=True)
    first = perform(script, settings, speed=100.0)
    assert perform(script, settings, speed=30.0) == first
    assert {"timeout"} <= set(first["lanes"]["rest"]["outcomes"])
