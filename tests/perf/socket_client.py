"""One kept connection and one request over and over, at little cost: the server is what is measured."""

import re
import socket
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

Call = Callable[[], None]
_LENGTH = re.compile(rb"(?i)content-length: *(\d+)")


def http_call(url: str, body: bytes | None, cleanup: ExitStack) -> Call:
    """A GET, or a POST of JSON. A call raises AssertionError for anything but 200 with a length."""
    parts = urlsplit(url)
    where = (parts.hostname or "", parts.port or 80)
    kept: list[socket.socket] = []
    cleanup.callback(lambda: kept.pop().close() if kept else None)
    lines = [f"{'POST' if body else 'GET'} {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines.append("Accept: application/json")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    request = "\r\n".join([*lines, "", ""]).encode() + (body or b"")

    def call() -> None:
        if not kept:
            kept.append(socket.create_connection(where))
            kept[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock = kept[0]
        sock.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += _more(sock)
        head, _, rest = answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        assert b" 200 " in head[:16], head
        assert length is not None, head
        missing = int(length[1]) - len(rest)
        while missing > 0:
            missing -= len(_more(sock))
        if b"\r\nConnection: close" in head:  # as werkzeug's development server always says
            kept.pop().close()

    return call


def _more(sock: socket.socket) -> bytes:
    piece = sock.recv(65_536)
    assert piece, "the server closed the connection"
    return piece


def grpc_call(address: str, method: str, cleanup: ExitStack) -> Call:
    """A blocking unary call of product 1, message bytes only. Raises grpc.RpcError."""
    import grpc
    from products import products_pb2 as pb

    own = (("grpc.use_local_subchannel_pool", 1),)
    channel = cleanup.enter_context(grpc.insecure_channel(address, options=own))
    send = channel.unary_unary(method, None, None)
    message = pb.ProductRequest(id="1").SerializeToString()

    def call() -> None:
        assert send(message, timeout=5)

    return call
