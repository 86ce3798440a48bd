"""A run in files: nothing is lost, unknown stays unknown, units stand in the names."""

import csv
import io
import json

import pytest

from app.domain.lanes import Lane
from app.operations.repeat_export import as_csv, as_json, as_record
from tests.support.clock import FakeClock
from tests.support.repeats import DOWN, answer, measured


def test_csv_has_a_row_for_each_call(clock: FakeClock) -> None:
    """Lane by lane, in order of the starts; an unknown first byte is empty, a failure is 1."""
    run = measured(clock, answer(0.002, first=0.001), DOWN, lanes=(Lane.REST, Lane.GRPC), count=3)
    rows = list(csv.DictReader(io.StringIO(as_csv(run))))
    assert [row["lane"] for row in rows] == ["rest"] * 3 + ["grpc"] * 3
    assert [row["failed"] for row in rows[:3]] == ["0", "1", "0"]
    assert float(rows[0]["total_ms"]) == pytest.approx(2.0)
    assert float(rows[0]["first_byte_ms"]) == pytest.approx(1.0)
    assert rows[1]["first_byte_ms"] == ""


def test_json_says_what_was_asked_and_what_came(clock: FakeClock) -> None:
    """Plan, figures, histogram and seconds; the calls add up in each of them."""
    run = measured(clock, *[answer(0.3)] * 3, DOWN, count=8)
    told = json.loads(as_json(run))
    lane = told["lanes"]["rest"]
    assert (told["operation"], told["count"], told["resilience"]) == ("get-product", 8, False)
    assert told["started_at"].startswith("2026-")
    assert lane["latency_ms"]["p50"] == pytest.approx(300)
    assert lane["errors"] == {"unavailable (503 SERVICE UNAVAILABLE)": 2}
    assert sum(bucket["calls"] for bucket in lane["histogram"]) == 6
    assert sum(second["calls"] for second in lane["per_second"]) == 8
    assert sum(second["failed"] for second in lane["per_second"]) == 2
    assert all(bucket["from_ms"] <= 300.0001 < bucket["to_ms"] for bucket in lane["histogram"])


def test_what_is_unknown_is_null(clock: FakeClock) -> None:
    """A lane without an answer has no latency, and unseen bytes are not zero."""
    lane = as_record(measured(clock, DOWN))["lanes"]["rest"]
    assert lane["latency_ms"] is None
    unseen = as_record(measured(clock, answer(0.001, up=None)))["lanes"]["rest"]
    assert unseen["bytes_up"] is None
    partly = as_record(measured(clock, answer(0.001), answer(0.001, down=None)))["lanes"]["rest"]
    assert (partly["bytes_down"], partly["round_trips_without_bytes_down"]) == (1500, 5)
