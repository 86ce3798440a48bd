"""What servers say about retrying, in headers and trailers, well formed or not."""

import pytest

from app.domain.errors import AttemptFailed
from app.domain.results import Outcome, Reply
from app.resilience import Hint, hint_of, pushback_seconds, retry_after_seconds

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("Sun, 06 Nov 1994 08:50:07 GMT", 30.0),
        ("Sunday, 06-Nov-94 08:50:07 GMT", 30.0),
        ("Sun Nov  6 08:50:07 1994", 30.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("Sun, 06 Nov 1994 09:49:38 +0100", 1.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_against_the_servers_own(value: str, seconds: float) -> None:
    """All three date forms of RFC 9110 are measured against Date; one in the past means now."""
    assert retry_after_seconds(value, DATE) == seconds


@pytest.mark.parametrize(
    "value", [None, "", "soon", "-1", "nan", "inf", "1e3", "1_0", "٣", "5 s", "Sun, 99 Nov 1994", "9" * 400]
)
def test_a_malformed_retry_after_is_no_hint(value: str | None) -> None:
    """What is neither a number of seconds nor a date is ignored."""
    assert retry_after_seconds(value, DATE) is None


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_date_without_the_servers_date_is_no_hint(date: str | None) -> None:
    """Our clock is not the server's, so a date alone cannot be turned into seconds."""
    assert retry_after_seconds("Sun, 06 Nov 1994 08:50:07 GMT", date) is None


@pytest.mark.parametrize(
    ("value", "seconds", "refused"),
    [
        (None, None, False),
        ("0", 0.0, False),
        ("1500", 1.5, False),
        ("-1", None, True),
        ("", None, True),
        ("soon", None, True),
        ("1.5", None, True),
        ("9" * 30, None, True),
    ],
)
def test_pushback_is_milliseconds_or_forbids_the_retry(
    value: str | None, seconds: float | None, refused: bool
) -> None:
    """A whole number of milliseconds is a wait; negative or malformed means: do not retry."""
    assert pushback_seconds(value) == (seconds, refused)


def test_the_hint_of_an_error_is_what_its_reply_says() -> None:
    """Retry-After is a least wait, on gRPC an exact one; other errors carry none."""
    asked = AttemptFailed(Reply(outcome=Outcome.UNAVAILABLE, retry_after=3.0))
    refused = AttemptFailed(Reply(outcome=Outcome.UNAVAILABLE, pushback_refused=True))
    assert hint_of(asked) == Hint(3.0, exact=False)
    assert hint_of(asked, exact=True) == Hint(3.0, exact=True)
    assert hint_of(refused) == Hint(refused=True)
    assert hint_of(OSError()) == Hint()
