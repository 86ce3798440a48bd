"""Heads read and written at a glance say what the libraries would have said, or are left to them."""

import http.client
import io
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict
from urllib3.connection import HTTPConnection

from app.clients.http_head import END, host_field, read_head, write_head

NAMES = st.text("!#$%&'*+-.^_`|~" + string.ascii_letters + string.digits, min_size=1, max_size=12)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
USUAL = st.sampled_from(["Content-Length: 2", "Content-Type: application/json", "Connection: keep-alive"])
GAPS = st.sampled_from(["", " ", " \t "])
FIELDS = st.builds("{}:{}{}".format, NAMES, GAPS, VALUES.map(lambda text: text.replace("\x7f", "")))
ODD = st.text(st.characters(max_codepoint=255), max_size=20)
LINES = st.lists(FIELDS, max_size=4) | st.lists(FIELDS | USUAL | ODD, max_size=6)
STATUSES = st.sampled_from(
    ["200 OK", "404 Not  Found ", "500", "200 ", "99 X", "100 Continue", "304 Not Modified"]
)
AGENT = ("User-Agent", "trilane")


class Recorder:
    """A socket that keeps what is sent, or gives what was to come."""

    def __init__(self, coming: bytes = b"") -> None:
        self.sent = b""
        self._coming = coming

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def settimeout(self, _seconds: float | None) -> None:
        """Nothing waits here."""

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._coming)


@given(status=STATUSES, lines=LINES, end=st.sampled_from(["\r\n", "\n"]))
def test_an_answer_reads_as_in_the_standard_library(status: str, lines: list[str], end: str) -> None:
    """Whatever head is taken, status, reason, fields and length are those that http.client finds."""
    head = end.join([f"HTTP/1.1 {status}", "Content-Length: 2", *lines]).encode("latin-1")
    found = read_head(head)
    if found is None:
        return
    theirs: Any = http.client.HTTPResponse(Recorder(head + END + b"{}"))  # type: ignore[arg-type]
    theirs.begin()
    usual, length = found
    assert (usual.status, usual.reason, length) == (theirs.status, theirs.reason, theirs.length)
    assert list(usual.fields) == theirs.msg.items()
    assert not theirs.will_close


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2",
        b"HTTP/1.1 100 Continue\r\nContent-Length: 0",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: one\r\n two",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX : one",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: \x00",
        b"HTTP/1.1 200 OK\nContent-Length: 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + b"\r\n".join(b"X%d: y" % n for n in range(100)),
    ],
)
def test_an_unusual_answer_is_left_to_the_library(head: bytes) -> None:
    """Anything that needs more than a glance is not taken."""
    assert read_head(head) is None


def test_a_usual_answer_is_taken() -> None:
    """Status, reason, fields and length."""
    found = read_head(b"HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nX-Y:  z ")
    assert found is not None
    assert found[0].status_line == "404 Not Found"
    assert found[0].fields == (("Content-Length", "12"), ("X-Y", "z "))
    assert found[0].headers.get("x-y") == "z "
    assert found[1] == 12


@given(
    method=st.sampled_from(["GET", "POST", "PURGE", "DELETE", "get"]),
    fields=st.lists(st.tuples(NAMES, VALUES.map(lambda text: text.replace("\x7f", ""))), max_size=4),
    body=st.none() | st.binary(max_size=5),
    host=st.sampled_from(["127.0.0.1", "localhost", "LocalHost.", "::1"]),
    port=st.sampled_from([80, 8080]),
)
def test_a_request_is_written_as_urllib3_does(
    method: str, fields: list[tuple[str, str]], body: bytes | None, host: str, port: int
) -> None:
    """Whatever request is taken, its head is byte for byte the one that urllib3 sends."""
    length = () if body is None else (("Content-Length", str(len(body))),)
    head = write_head(method, "/x?y=%20", host_field(host, port), (*fields, AGENT, *length), body)
    if head is None:
        return
    connection = HTTPConnection(host.lower(), port)
    connection.sock = wire = Recorder()
    headers: Any = HTTPHeaderDict((*fields, AGENT, *length))
    connection.request(method, "/x?y=%20", body=body, headers=headers)
    assert head + (body or b"") == wire.sent


@pytest.mark.parametrize(
    ("method", "target", "host", "fields", "body"),
    [
        ("HEAD", "/", "h", (AGENT,), None),
        ("POST", "/", "h", (AGENT,), None),
        ("GET", "/", "", (AGENT,), None),
        ("GET", "/", "h", (), None),
        ("GET", "/ HTTP/1.1\r\nX: y", "h", (AGENT,), None),
        ("GET", "/", "h", (AGENT, ("X", "y\r\nZ: z")), None),
        ("GET", "/", "h", (AGENT, ("X", "€")), None),
        ("GET", "/", "h", (AGENT, ("X", "1"), ("x", "2")), None),
        ("GET", "/", "h", (AGENT, ("Host", "other")), None),
        ("GET", "/", "h", (AGENT, ("Content-Length", "1")), None),
        ("POST", "/", "h", (AGENT,), b"1"),
        ("POST", "/", "h", (AGENT, ("Content-Length", "2")), b"1"),
        ("POST", "/", "h", (AGENT, ("Transfer-Encoding", "chunked")), b"1"),
    ],
)
def test_an_unusual_request_is_left_to_the_library(
    method: str, target: str, host: str, fields: tuple[tuple[str, str], ...], body: bytes | None
) -> None:
    """What a person typed about framing, and what could end a line, is not written at a glance."""
    assert write_head(method, target, host, fields, body) is None


def test_a_name_beyond_ascii_is_not_written_as_it_is() -> None:
    """Such a host, and an address with a zone, has no quick head."""
    assert host_field("münchen.example", 80) == ""
    assert host_field("fe80::1%eth0", 80) == ""
