"""When a request can be read without waiting for its client, and who is told of a wait."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from backends.http_sockets import LONGEST_HEAD, SocketReader

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Pair = tuple[SocketReader, socket.socket]


@pytest.fixture
def waits() -> list[str]:
    """Grows with each wait for the client."""
    return []


@pytest.fixture
def pair(waits: list[str]) -> Iterator[Pair]:
    """A reader, and the socket of its client."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.settimeout(0.1)
        yield SocketReader(ours, lambda: waits.append("wait")), theirs


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("begin", [b"", b"\r\n"])
def test_a_head_has_come_with_its_last_byte(pair: Pair, size: int, begin: bytes) -> None:
    """Not before, however it is cut into pieces, and again for the next one."""
    reader, client = pair
    head = begin + WHOLE
    for _ in range(2):
        for at in range(0, len(head), size):
            assert not reader.head_has_come()
            client.sendall(head[at : at + size])
            assert reader.comes_within(0)
        assert reader.head_has_come()
        assert b"".join(reader.readline() for _ in range(head.count(b"\n"))) == head


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n",
        b"GET /\n",
        b"GET / HTTP/1.1\n",
        b"GET / HTTP/1.1\r\nHost: x\n",
        b"\r\n\r\n",
        b"x" * (LONGEST_HEAD + 1024),
    ],
)
def test_what_is_no_head_need_not_be_waited_for(pair: Pair, sent: bytes) -> None:
    """It is refused as soon as it is seen, not when its client gives up."""
    reader, client = pair
    client.setblocking(False)
    left = sent
    while left:
        left = left[client.send(left) :]
        assert reader.comes_within(0)
    while reader.comes_within(0):
        pass
    assert reader.head_has_come()


def test_a_client_that_goes_is_not_waited_for(pair: Pair) -> None:
    """The end of the stream can be read at once, also behind half a head."""
    reader, client = pair
    client.sendall(WHOLE[:9])
    client.shutdown(socket.SHUT_WR)
    assert reader.comes_within(0)
    assert reader.comes_within(0)
    assert reader.head_has_come()
    assert reader.readline() == WHOLE[:9]


def test_a_wait_for_a_body_is_told(pair: Pair, waits: list[str]) -> None:
    """What is there is read without it."""
    reader, client = pair
    client.sendall(b"abc")
    assert reader.read(3) == b"abc"
    assert not waits
    with pytest.raises(TimeoutError):
        reader.read(1)
    assert waits == ["wait"]
