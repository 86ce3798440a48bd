"""The report's arithmetic, from events as the pipelines publish them."""

import json

import pytest

from app.domain.events import (
    AttemptFinished,
    AttemptStarted,
    BreakerTransitioned,
    CallFinished,
    CallRejected,
    CallStarted,
    ScenarioProgress,
)
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import AttemptRecord, CallResult, Outcome, Reply, Stale
from app.operations.scenarios.recording import Ended, Recording
from app.operations.scenarios.report import build_report, closing_words, longest_outage, peak, report_text
from tests.support.scenarios import script

REST = Lane.REST
SCRIPT = script("duration = 20\nlanes = ['rest']\n[[step]]\nat = 0\ncaption = 'A.'\n[[step]]\nat = 10\n")


def call(
    recording: Recording,
    number: int,
    at: float,
    *outcomes: Outcome,
    stale: bool = False,
    injected: str | None = None,
    late: bool = False,
) -> None:
    """A call with one attempt for each outcome, a tenth of a second each; REJECTED is never admitted."""
    call_id = f"c{number}"
    recording.take(CallStarted(at=at, call_id=call_id, lane=REST, operation=OperationId.GET_PRODUCT))
    records = []
    for index, outcome in enumerate(outcomes, 1):
        records.append(AttemptRecord(number=index, outcome=outcome, status="", duration=0.1))
        if outcome is Outcome.REJECTED:
            recording.take(CallRejected(at=at, call_id=call_id, lane=REST, attempt=index, retry_after=1.0))
            continue
        recording.take(AttemptStarted(at=at, call_id=call_id, lane=REST, attempt=index))
        at += 0.1
        recording.take(
            AttemptFinished(
                at=at, call_id=call_id, lane=REST, attempt=index, outcome=outcome, duration=0.1,
                injected=None if outcome is Outcome.OK else injected, late=late,
            )
        )  # fmt: skip
    result = CallResult(
        call_id=call_id,
        lane=REST,
        operation=OperationId.GET_PRODUCT,
        reply=Reply(outcome=Outcome.OK if stale else outcomes[-1]),
        attempts=tuple(records),
        stale=Stale(age=1.0, reason="x") if stale else None,
        error=outcomes[-1] if stale else None,
    )
    recording.take(CallFinished(at=at, call_id=call_id, lane=REST, result=result))


def mark(recording: Recording, step: int, at: float) -> None:
    recording.take(
        ScenarioProgress(
            at=at, name="test", step=step, steps=2, elapsed=at, duration=20.0, caption="A.", running=True
        )
    )


def test_the_report_counts_what_the_caller_saw() -> None:
    """Calls, attempts, amplification, reasons, faults, late results and rejections each say what they say."""
    recording = Recording()
    mark(recording, 0, 0.0)
    call(recording, 1, 1.0, Outcome.OK)
    call(recording, 2, 2.0, Outcome.UNAVAILABLE, Outcome.UNAVAILABLE, Outcome.OK, injected="503 at 70 %")
    call(recording, 3, 3.0, Outcome.TIMEOUT, stale=True)
    mark(recording, 1, 10.0)
    call(recording, 4, 11.0, Outcome.REJECTED)
    call(recording, 5, 12.0, Outcome.OK, late=True)
    recording.take(
        BreakerTransitioned(
            at=4.0, lane=REST, snapshot=None, before="closed", after="open", reason="3 in a row"
        )
    )
    recording.take(
        BreakerTransitioned(at=5.0, lane=REST, snapshot=None, before="open", after="open", reason="by hand")
    )
    report = build_report(SCRIPT, recording, dropped={REST: 2})
    rest = report["lanes"]["rest"]
    assert (rest["calls"], rest["attempts"], rest["retries"], rest["amplification"]) == (5, 6, 2, 1.2)
    assert rest["outcomes"] == {"ok": 3, "rejected by open circuit": 1, "stale copy: timeout": 1}
    assert (rest["fresh"], rest["stale_served"], rest["late_results"], rest["dropped"]) == (3, 1, 1, 2)
    assert (rest["rejected_calls"], rest["rejected_attempts"]) == (1, 1)
    assert rest["faults_injected"] == {"503 at 70 %": 2}
    assert rest["transitions"] == [{"at": 4.0, "from": "closed", "to": "open", "reason": "3 in a row"}]
    assert rest["longest_outage"] == {"seconds": 9.0, "from": 3.1, "to": 12.1}
    assert [step["lanes"]["rest"]["attempts"] for step in report["steps"]] == [5, 1]
    assert json.loads(json.dumps(report)) == report
    assert closing_words(report) == (
        "5 calls, 3 fresh answers, 1 stale copies, 1 rejected; the longest outage lasted 9.0 s."
    )


def test_a_pause_is_no_part_of_an_outage() -> None:
    """Held for a minute between a failure and the next answer: a second of outage, not sixty-one."""
    recording = Recording(origin=100.0)

    def progress(at: float, *, paused: bool) -> ScenarioProgress:
        return ScenarioProgress(
            at=at, name="test", step=0, steps=2, elapsed=2.5, duration=20.0, caption="", running=True,
            paused=paused,
        )  # fmt: skip

    call(recording, 1, 102.0, Outcome.UNAVAILABLE)
    recording.take(progress(102.5, paused=True))
    recording.take(
        BreakerTransitioned(at=130.0, lane=REST, snapshot=None, before="open", after="half_open", reason="")
    )
    recording.take(progress(162.5, paused=False))
    call(recording, 2, 163.0, Outcome.OK)
    report = build_report(SCRIPT, recording)["lanes"]["rest"]
    assert report["longest_outage"] == {"seconds": 1.0, "from": 2.1, "to": 3.1}
    assert report["transitions"][0]["at"] == 2.5


def test_the_text_has_a_line_for_each_figure() -> None:
    """Names at the left, one column a lane, and the times of the transitions."""
    recording = Recording()
    mark(recording, 0, 0.0)
    call(recording, 1, 1.0, Outcome.UNAVAILABLE, injected="503 at 70 %")
    text = report_text(build_report(SCRIPT, recording))
    lines = {" ".join(line.split()) for line in text.splitlines()}
    assert {"calls 1", "attempts per call 1.00", "503 at 70 % 1", "REST: 1 call, 0 fresh, 1 attempt"} <= lines


def test_a_report_of_nothing_is_a_report() -> None:
    """A scenario that was stopped before its first step has figures, all of them zero."""
    report = build_report(SCRIPT, Recording())
    assert (report["steps"], report["lanes"]["rest"]["amplification"]) == ([], 0.0)
    assert report_text(report).startswith("test (test, seed 42, 20 s)")


def test_only_the_scenarios_own_calls_are_counted() -> None:
    """A call that a person sends meanwhile is nobody's business."""
    recording = Recording(prefix="scenario")
    call(recording, 1, 1.0, Outcome.OK)
    assert build_report(SCRIPT, recording)["lanes"]["rest"]["calls"] == 0


@pytest.mark.parametrize(
    ("seen", "outage"),
    [
        ("", None),
        ("1+ 2+ 3+", None),
        ("1+ 2- 3- 4- 5+", (2.0, 5.0)),
        ("1- 2-", (1.0, 2.0)),
        ("1+ 2- 3+ 4- 6- 7+ 8-", (4.0, 7.0)),
        ("3- 1- 2+ 9+", (3.0, 9.0)),
    ],
)
def test_the_longest_outage_lasts_until_the_next_fresh_answer(
    seen: str, outage: tuple[float, float] | None
) -> None:
    """It begins with the first end without a fresh answer, in the order of the ends."""
    calls = [
        Ended(began=0.0, at=float(one[0]), reason="", fresh=one[1] == "+", stale=False, rejected=False)
        for one in seen.split()
    ]
    assert longest_outage(calls) == outage


def test_a_peak_counts_a_window_without_its_end() -> None:
    """Times a whole window apart do not meet in one; floating point does not change that."""
    assert peak([]) == 0
    assert peak([0.1, 0.2, 0.3]) == 1
    assert peak([5.0] * 50 + [5.05] * 7 + [5.1]) == 57
