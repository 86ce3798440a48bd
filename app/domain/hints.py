"""What servers say about retrying, read from their own words. Malformed hints are never guessed at."""

import re
from datetime import UTC, datetime

_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_MILLISECONDS = re.compile(r"-?[0-9]+")


def retry_after_seconds(value: str | None, date: str | None = None) -> float | None:
    """Seconds asked for by ``Retry-After``: a number, or an HTTP date minus the response's own ``Date``.

    None when it is absent or malformed, and for a date without a usable ``Date``: the clocks of two machines
    cannot be compared. A date in the past is 0. Source: RFC 9110, 10.2.3.
    """
    text = (value or "").strip()
    if not text:
        return None
    if _SECONDS.fullmatch(text):
        seconds = float(text)
        return seconds if seconds < float("inf") else None
    then, now = _http_date(text), _http_date((date or "").strip())
    return None if then is None or now is None else max(0.0, (then - now).total_seconds())


def pushback_seconds(value: str | None) -> tuple[float | None, bool]:
    """Seconds of ``grpc-retry-pushback-ms``, and whether it forbids a retry (negative or malformed).

    Source: gRFC A6, "Pushback".
    """
    if value is None:
        return None, False
    text = value.strip()
    if not _MILLISECONDS.fullmatch(text) or len(text) > 18:
        return None, True
    milliseconds = int(text)
    return (None, True) if milliseconds < 0 else (milliseconds / 1000.0, False)


def _http_date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # drags sockets in, and few servers send dates

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
