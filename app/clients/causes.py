"""Why no whole answer came: told by the state of the wire, not by the classes that libraries raise. Pure."""

import os
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from app.clients.wire import Transfer
from app.domain.results import Outcome


def explain(transfer: Transfer, error: Exception, base_url: str) -> tuple[Outcome, str]:
    """What happened, from the state of the wire. The order matters: the first that holds is the cause."""
    chain = tuple(_chain(error))
    system = next((link for link in chain if isinstance(link, OSError) and link.errno), None)
    words = os.strerror(system.errno) if system is not None and system.errno else str(chain[-1])
    if transfer.timed_out:
        waited = time.perf_counter() - transfer.started
        return Outcome.TIMEOUT, f"no whole answer within {waited:.2f} s"
    if transfer.queued is None or (isinstance(error, ValueError) and transfer.bytes_up == 0):
        return Outcome.INVALID, f"cannot be sent: {error}"
    if transfer.first_byte is None:
        return _without_answer(transfer, words, urlsplit(base_url).netloc, reset=system is not None)
    if system is not None:
        return Outcome.RESET, f"connection lost in the middle of the answer: {words}"
    if transfer.saw_end:
        return Outcome.RESET, f"the answer ended early, after {transfer.bytes_down} bytes"
    return Outcome.MALFORMED, f"not an HTTP answer: {words}"


def _without_answer(transfer: Transfer, words: str, address: str, *, reset: bool) -> tuple[Outcome, str]:
    if transfer.connected is None and not transfer.reused:
        return Outcome.REFUSED, f"cannot connect to {address}: {words}"
    if not transfer.complete:
        return Outcome.REFUSED, f"connection lost before the request was sent: {words}"
    how = "reset" if reset else "closed"
    return Outcome.RESET, f"the server {how} the connection without an answer"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies under it; the innermost comes last. urllib3 hides causes in ``args``."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        inner = next((arg for arg in link.args if isinstance(arg, BaseException)), None)
        reason = getattr(link, "reason", None)
        if inner is None and isinstance(reason, BaseException):
            inner = reason
        link = inner or link.__cause__ or link.__context__
