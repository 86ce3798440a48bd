"""Unexpected errors are kept, counted and free of secrets; so is the log."""

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.infrastructure.crash_report import CrashReport, Report
from app.infrastructure.logs import start_logging, stop_logging
from app.infrastructure.redaction import redact

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln-_x"


@pytest.fixture
def crashes(tmp_path: Path) -> Iterator[CrashReport]:
    crashes = CrashReport(tmp_path / "state" / "crash.log")
    crashes.install()
    yield crashes
    crashes.uninstall()


@pytest.fixture
def reports(crashes: CrashReport) -> list[Report]:
    reports: list[Report] = []
    crashes.subscribe(reports.append)
    return reports


@pytest.mark.expected_log
def test_a_thread_that_dies_is_reported(crashes: CrashReport, reports: list[Report]) -> None:
    """The interpreter's hook for threads leads here, with the thread's name."""

    def die() -> None:
        raise ValueError("no such lane")

    thread = threading.Thread(target=die, name="stream")
    thread.start()
    thread.join()
    assert [(one.title, one.where) for one in reports] == [("ValueError: no such lane", "stream")]
    assert "in die" in reports[0].text


@pytest.mark.expected_log
def test_an_error_of_the_main_thread_is_reported(crashes: CrashReport, reports: list[Report]) -> None:
    """Qt slots that raise end in sys.excepthook."""
    error = ValueError("slot")
    sys.excepthook(ValueError, error, None)
    assert [one.where for one in reports] == ["the main thread"]


@pytest.mark.expected_log
def test_a_finalizer_that_raises_is_reported(crashes: CrashReport, reports: list[Report]) -> None:
    """What the interpreter can only print is kept as well."""

    class Broken:
        def __del__(self) -> None:
            raise ValueError("in del")

    one = Broken()
    del one
    assert [report.title for report in reports] == ["ValueError: in del"]


@pytest.mark.expected_log
def test_the_same_error_is_written_once_and_counted(
    crashes: CrashReport, reports: list[Report], tmp_path: Path
) -> None:
    """A timer that fails sixty times a second fills neither disk nor log."""
    for _ in range(3):
        crashes.report_text("stall", "the same stack", where="the window")
    assert [one.count for one in reports] == [1, 2, 3]
    assert (tmp_path / "state" / "crash.log").read_text().count("the same stack") == 1


@pytest.mark.expected_log
def test_a_report_has_no_secrets(crashes: CrashReport, reports: list[Report], tmp_path: Path) -> None:
    """Tokens and passwords stay out of title, text and file."""
    crashes.report(ValueError(f"Authorization: Bearer {TOKEN} password=hunter2"))
    kept = (tmp_path / "state" / "crash.log").read_text() + reports[0].title + reports[0].text
    assert TOKEN not in kept
    assert "hunter2" not in kept


def test_the_hooks_are_given_back() -> None:
    """After uninstall the interpreter is as it was."""
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    crashes = CrashReport()
    crashes.install()
    assert sys.excepthook != before[0]
    crashes.uninstall()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


@pytest.mark.parametrize(
    "secret",
    [
        f"Bearer {TOKEN}",
        TOKEN,
        "authorization: bearer abc.def",
        '{"email": "a@b.c", "password": "hunter2"}',
        "{'password':'hunter2'}",
        "password=hunter2&x=1",
        "postgresql://ann:hunter2@db/trilane",
    ],
)
def test_secrets_are_taken_out_and_the_rest_stays(secret: str) -> None:
    """A line stays readable around what was removed."""
    cleaned = redact(f"before {secret} after")
    for piece in (TOKEN, "hunter2", "abc.def"):
        assert piece not in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    assert "[redacted]" in cleaned


@pytest.mark.expected_log
def test_the_log_file_holds_no_secrets_even_in_tracebacks(tmp_path: Path) -> None:
    """Arguments and exception texts pass through the same cleaning."""
    handler = start_logging(tmp_path / "deep" / "trilane.log")
    try:
        try:
            raise ValueError(f"bad {TOKEN}")
        except ValueError:
            logging.getLogger("app.test").exception("sent %s", f"Bearer {TOKEN}")
    finally:
        stop_logging(handler)
    text = (tmp_path / "deep" / "trilane.log").read_text()
    assert TOKEN not in text
    assert "ValueError: bad [redacted]" in text


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """A read-only home silences the log and the program goes on."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    handler = start_logging(blocked / "trilane.log")
    logging.getLogger("app.test").info("into the void")
    stop_logging(handler)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_lets_the_log_be_closed() -> None:
    """What the log still holds cannot be written at the end either, and that ends nothing but the log."""
    handler = start_logging(Path("/dev/full"))
    logging.getLogger("app.test").info("into a full disk")
    stop_logging(handler)
    assert handler not in logging.getLogger().handlers
