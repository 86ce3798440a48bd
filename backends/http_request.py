"""One HTTP request and its answer's head, as cheroot has them, with the common cases made quick.

What is unusual about a request takes cheroot's way, so that it is refused exactly as before.
"""

import re
import time
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from cheroot import server as cheroot_server

# A request line that means what it says: nothing to decode, no other server, no fragment.
_PLAIN_LINE = re.compile(
    rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) "
    rb"((/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@/-]*)(?:\?([A-Za-z0-9._~!$&'()*+,;=:@/?%-]*))?) HTTP/1\.1\r\n"
)
_BODILESS = frozenset({204, 205, 304})


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    """The time as the Date header says it; made once a second."""
    return formatdate(second, usegmt=True).encode()


class Request(cheroot_server.HTTPRequest):
    """Reads a request line at a glance, and lets the head of the answer leave with its body."""

    def read_request_line(self) -> bool:
        """Read the first line; False when the connection is to end."""
        line = self.conn.rfile.whole_line()
        plain = _PLAIN_LINE.fullmatch(line)
        if plain is None:
            return bool(super().read_request_line())  # type: ignore[no-untyped-call]
        self.conn.rfile.skip(len(line))
        self.rfile.bytes_read += len(line)  # of the limit for the whole head
        self.started_request = True
        self.method, self.uri, self.path, query = plain.groups()
        self.qs = query or b""
        self.authority = b""
        self.request_protocol, self.response_protocol = b"HTTP/1.1", "HTTP/1.1"
        return True

    def respond(self) -> None:
        """Run the application; nothing that belongs to the answer stays behind."""
        try:
            super().respond()
        finally:
            self.conn.wfile.flush()

    def send_headers(self) -> None:
        """Complete the head (RFC 9112, 6 and 9) and hold it for the first piece of the body."""
        headers: list[tuple[bytes, bytes]] = self.outheaders
        named = {name.lower() for name, _ in headers}
        self._decide_framing(int(self.status[:3]), named)
        self._decide_keeping(named)
        if not (self.close_connection or self.chunked_read):
            remaining = getattr(self.rfile, "remaining", 0)
            if remaining > 0:
                self.rfile.read(remaining)  # what the application left of the body: the next request follows
        if b"date" not in named:
            headers.append((b"Date", _date(int(time.time()))))
        if b"server" not in named:
            headers.append((b"Server", self.server.server_name.encode("latin-1")))
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        status: Any = self.status  # bytes, whatever the stubs say
        self.conn.wfile.hold(b"HTTP/1.1 %b\r\n%b\r\n" % (status, lines))

    def _decide_framing(self, status: int, named: set[bytes]) -> None:
        if status == 413:
            self.close_connection = True  # what is still to come of the body is no request
        elif b"content-length" not in named and status >= 200 and status not in _BODILESS:
            if self.response_protocol == "HTTP/1.1" and self.method != b"HEAD":
                self.chunked_write = True
                self.outheaders.append((b"Transfer-Encoding", b"chunked"))
            else:
                self.close_connection = True  # its end is the end of the body

    def _decide_keeping(self, named: set[bytes]) -> None:
        if not self.close_connection:
            self.close_connection = not self.server.can_add_keepalive_connection
        is_old = self.response_protocol != "HTTP/1.1"
        if b"connection" not in named and self.close_connection != is_old:
            self.outheaders.append((b"Connection", b"Keep-Alive" if is_old else b"close"))
        if (b"Connection", b"Keep-Alive") in self.outheaders:
            self.outheaders.append((b"Keep-Alive", b"timeout=%d" % self.server.timeout))
