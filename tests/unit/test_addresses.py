"""Why an address cannot be listened on, in words that say what to do."""

import errno
import os

import pytest

from backends.addresses import not_bound


@pytest.mark.parametrize(
    ("number", "host", "said"),
    [
        (errno.EADDRINUSE, "127.0.0.1", "127.0.0.1:80: the port is already in use; name another one"),
        (errno.EACCES, "127.0.0.1", "this user may not take the port; name one above 1023"),
        (errno.EADDRNOTAVAIL, "::1", f"[::1]:80: {os.strerror(errno.EADDRNOTAVAIL)}"),
    ],
)
def test_a_port_that_cannot_be_had_says_why_and_what_to_do(number: int, host: str, said: str) -> None:
    """The number stays for whoever decides by it; the text has no number."""
    told = not_bound(host, 80, OSError(number, os.strerror(number)))
    assert told.errno == number
    assert said in str(told.strerror)
    assert "rrno" not in str(told.strerror)
