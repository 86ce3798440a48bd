"""Sockets that misbehave on purpose. They live on a stream loop, so that a hang holds no worker thread.

Each is given the raw socket of an HTTP request before a single byte of an answer was sent.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from backends.faults.streams import LONGEST_HANG
from backends.stream_loop import CutOff, Write

_DRIP_SECONDS = 0.05  # between two drops

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    """What the application would have sent."""

    status: str  # "200 OK"
    headers: Headers
    body: bytes


class _Unstoppable:
    """A stream without a proper ending: the loop cancels it when the server stops."""

    def stop(self) -> None:
        """Nothing to say to the client."""


class Hang(_Unstoppable):
    """Says nothing until the client leaves, the server stops, or ten minutes have passed."""

    async def run(self, write: Write) -> None:
        """Wait."""
        await asyncio.sleep(LONGEST_HANG)


class Ending(_Unstoppable):
    """Sends a few bytes, or none, and is gone: with FIN, or with RST."""

    def __init__(self, data: bytes = b"", *, reset: bool = False) -> None:
        self._data = data
        self._reset = reset

    async def run(self, write: Write) -> None:
        """Raise what ends the socket."""
        raise CutOff(self._data, reset=self._reset)


class Drip(_Unstoppable):
    """Sends the head at once and the body a few bytes at a time."""

    def __init__(self, answer: WholeAnswer, bytes_per_second: float) -> None:
        self._answer = answer
        self._rate = bytes_per_second

    async def run(self, write: Write) -> None:
        """Write to the end, at the wanted pace whatever the writes cost."""
        body = self._answer.body
        await write(_head(self._answer, ("Content-Length", str(len(body)))))
        loop = asyncio.get_running_loop()
        started, size = loop.time(), max(1, round(self._rate * _DRIP_SECONDS))
        for begin in range(0, len(body), size):
            due = started + (begin + len(body[begin : begin + size])) / self._rate
            await asyncio.sleep(due - loop.time())
            await write(body[begin : begin + size])


def truncated(answer: WholeAnswer) -> Ending:
    """Half of the body that Content-Length promises; without a body, half of the status line."""
    if not answer.body:
        line = _status_line(answer.status)
        return Ending(line[: len(line) // 2])
    head = _head(answer, ("Content-Length", str(len(answer.body))))
    return Ending(head + answer.body[: len(answer.body) // 2])


def malformed(answer: WholeAnswer) -> Ending:
    """A chunked body whose second chunk has a size that is no number."""
    chunked = WholeAnswer(answer.status if answer.body else "200 OK", answer.headers, answer.body)
    half = answer.body[: len(answer.body) // 2]
    first = b"%x\r\n%s\r\n" % (len(half), half) if half else b""
    return Ending(_head(chunked, ("Transfer-Encoding", "chunked")) + first + BROKEN_CHUNK)


BROKEN_CHUNK = b"zz\r\nno chunk has this size\r\n"


def _status_line(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\n".encode("latin-1")


def _head(answer: WholeAnswer, framing: tuple[str, str]) -> bytes:
    ours = {"content-length", "transfer-encoding", "connection"}
    kept = [pair for pair in answer.headers if pair[0].lower() not in ours]
    lines = [f"{name}: {value}\r\n" for name, value in (*kept, framing, ("Connection", "close"))]
    return _status_line(answer.status) + "".join(lines).encode("latin-1") + b"\r\n"
