"""Breaks the TCP connection of a gRPC call: the only place that reaches under grpcio, which owns sockets.

The socket is found among this process's file descriptors by its two addresses, and touched only through a
duplicate: were the number reused meanwhile, the duplicate's addresses would not match. Works where open
descriptors can be listed (Linux, macOS); a true RST is Linux only, elsewhere the connection is shut down.
An HTTP/2 connection carries many calls: all that are open on it break together, as in a real failure.
"""

import contextlib
import ctypes
import ipaddress
import os
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

_DIRECTORIES = (Path("/proc/self/fd"), Path("/dev/fd"))
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_UNSPECIFIED = bytes(16)  # a sockaddr of family AF_UNSPEC: "connect" to it means disconnect

# HTTP/2 DATA of 64 bytes, cut off in the middle of a gRPC message that claims to be longer than the frame.
HALF_FRAME = b"\x00\x00\x40\x00\x00\x00\x00\x00\x01" + b"\x00\x00\x00\x40\x00" + bytes(27)
NO_FRAME = b"these bytes are no HTTP/2 frame\r\n\r\n"

Address = tuple[str, int]


def write_raw(peer: str, port: int, data: bytes) -> bool:
    """Write bytes between grpcio's own. ``peer`` as the context names it, ``port`` the server's.

    False when the connection cannot be found, as where descriptors cannot be listed.
    """
    with _accepted(peer, port) as connection:
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.send(data)
        return connection is not None


def reset(peer: str, port: int) -> bool:
    """End the connection at once. False when it cannot be found."""
    with _accepted(peer, port) as connection:
        if connection is not None:
            _disconnect(connection)
        return connection is not None


@contextlib.contextmanager
def _accepted(peer: str, port: int) -> Iterator[socket.socket | None]:
    found = _find(_address(peer), port)
    try:
        yield found
    finally:
        if found is not None:
            found.close()


def _find(client: Address | None, port: int) -> socket.socket | None:
    for number in _descriptors() if client is not None else ():
        duplicate = _duplicate(number)
        if duplicate is None:
            continue
        try:
            ends = _plain(duplicate.getpeername()), duplicate.getsockname()[1]
        except OSError:  # not connected
            ends = None
        if ends == (client, port):
            return duplicate
        duplicate.close()
    return None


def _descriptors() -> list[int]:
    directory = next((each for each in _DIRECTORIES if each.is_dir()), None)
    return (
        [] if directory is None else [int(each.name) for each in directory.iterdir() if each.name.isdigit()]
    )


def _duplicate(number: int) -> socket.socket | None:
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return None
        copy = os.dup(number)
    except OSError:  # closed meanwhile
        return None
    try:
        found = socket.socket(fileno=copy)
    except OSError:  # something else has the number now
        os.close(copy)
        return None
    if found.family in _INTERNET:
        return found
    found.close()  # such as the window's to its display, whose address is a name
    return None


def _address(peer: str) -> Address | None:
    """``ipv4:127.0.0.1:5`` or ``ipv6:%5B::1%5D:5`` as host and port."""
    host, _, port = unquote(peer.partition(":")[2]).rpartition(":")
    return _plain((host.strip("[]"), int(port))) if port.isdigit() else None


def _plain(name: tuple[str, int, *tuple[int, ...]]) -> Address:
    address = ipaddress.ip_address(name[0].partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address), name[1]


def _disconnect(connection: socket.socket) -> None:
    # Closing the duplicate would do nothing: the core's own descriptor keeps the connection.
    if sys.platform == "linux":
        ctypes.CDLL(None).connect(connection.fileno(), _UNSPECIFIED, len(_UNSPECIFIED))
        return
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
