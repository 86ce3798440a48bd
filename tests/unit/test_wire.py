"""The instrumented connection against a server that misbehaves to order."""

import errno
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.clients.rest import RestClient, _kept_request
from app.clients.wire import Transfer, Transferring, WireSocket
from app.clients.wire_connection import WireConnection
from app.domain.cancel import CancelToken
from app.domain.drafts import RestDraft
from app.domain.errors import AttemptFailed, Cancelled
from app.domain.operations import OperationId
from app.domain.results import Headers, Outcome, Reply
from tests.support.raw_server import Behaviour, Peer, RawServer, answering, full_backlog

CANCEL_LIMIT = 0.05  # seconds from cancel() to Cancelled
GET = RestDraft(method="GET", path="/x")


@contextmanager
def serving(
    behaviour: Behaviour, *, receive_buffer: int | None = None
) -> Iterator[tuple[RawServer, RestClient]]:
    with RawServer(behaviour, receive_buffer=receive_buffer) as server:
        client = RestClient(server.address)
        try:
            yield server, client
        finally:
            client.close()


def send(client: RestClient, draft: RestDraft = GET, timeout: float | None = 5.0) -> Reply:
    return client.send(draft, None, timeout=timeout)


def failure(client: RestClient, draft: RestDraft = GET, timeout: float | None = 5.0) -> Reply:
    with pytest.raises(AttemptFailed) as caught:
        send(client, draft, timeout)
    return caught.value.reply


def test_bytes_are_those_that_crossed_the_socket() -> None:
    """Both counts are the bytes the server read and wrote, headers and body."""
    seen: dict[str, int] = {}

    def echo(peer: Peer) -> None:
        seen["up"] = len(peer.read_request())
        seen["down"] = len(peer.answer(b'{"a": 1}'))

    with serving(echo) as (_, client):
        exchange = send(client, RestDraft(method="POST", path="/x", body='{"b": 2}')).exchanges[0]
    assert (exchange.bytes_up, exchange.bytes_down) == (seen["up"], seen["down"])


def test_request_is_shown_as_sent() -> None:
    """Start line and headers are those on the wire, the ones added by the library included."""
    requests: list[bytes] = []

    def keep(peer: Peer) -> None:
        requests.append(peer.read_request())
        peer.answer()

    with serving(keep) as (_, client):
        request = send(client).exchanges[0].request
    lines = [request.start + " HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    assert requests[0] == "\r\n".join([*lines, "", ""]).encode()


def test_phases_follow_one_another() -> None:
    """On a new connection each phase ends no earlier than the one before."""
    with serving(answering) as (_, client):
        phases = send(client).exchanges[0].phases
    ends = [phases.queued, phases.connected, phases.sent, phases.first_byte, phases.last_byte]
    known = [end for end in ends if end is not None]
    assert len(known) == 5
    assert known == sorted(known)


def test_kept_connection_has_no_connect_phase() -> None:
    """The second exchange reuses the connection and says so."""
    with serving(answering) as (server, client):
        first, second = (send(client).exchanges[0] for _ in range(2))
        assert (first.reused, second.reused) == (False, True)
        assert second.phases.connected is None
        assert server.connections == 1


def test_typed_request_goes_out_as_typed() -> None:
    """Odd methods and a header typed twice reach the server unchanged."""
    requests: list[bytes] = []

    def keep(peer: Peer) -> None:
        requests.append(peer.read_request())
        peer.answer()

    headers: Headers = (("X-Twice", "one"), ("X-Twice", "two"))
    with serving(keep) as (_, client):
        send(
            client, RestDraft(method="pUrGe", path="/é?a=1", query=(("b", "2"), ("b", "3")), headers=headers)
        )
    assert requests[0].startswith(b"pUrGe /%C3%A9?a=1&b=2&b=3 HTTP/1.1\r\n")
    assert requests[0].count(b"X-Twice: ") == 2


def test_wrong_length_does_not_spoil_the_pool() -> None:
    """After a request whose length a person typed the connection is not used again."""

    def lenient(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.answer()
        peer.stop.wait(2)

    with serving(lenient) as (server, client):
        send(client, RestDraft(method="POST", path="/x", headers=(("Content-Length", "1"),), body="[1, 2]"))
        send(client)
        assert server.connections == 2


def test_connection_closed_while_idle_is_replaced() -> None:
    """A server that closes a kept connection between two calls causes no failure."""
    closed = threading.Event()

    def once(peer: Peer) -> None:
        peer.read_request()
        peer.answer()
        peer.sock.close()
        closed.set()

    with serving(once) as (server, client):
        send(client)
        assert closed.wait(2)
        assert send(client).exchanges[0].reused is False
        assert server.connections == 2


def test_connection_reset_before_the_first_byte_is_replaced() -> None:
    """A kept connection that dies between the look and the write is replaced: nothing had been sent."""
    connected, first = threading.Event(), threading.Event()

    def reset_first(peer: Peer) -> None:
        if not first.is_set():
            first.set()
            connected.wait(2)  # a reset that comes sooner is a failure to connect
            peer.reset()
            return
        answering(peer)

    with RawServer(reset_first) as server:
        port = int(server.address.rpartition(":")[2])
        connection = WireConnection("127.0.0.1", port)
        transfer = Transfer()
        with Transferring(transfer):
            connection.connect()
            connected.set()
            assert connection.sock is not None
            assert first.wait(2)
            _until(lambda: _is_dead(connection))
            connection.request("GET", "/x")
            assert connection.getresponse().status == 200
            connection.close()
        assert transfer.reused is False


def test_connection_idle_for_long_is_given_up() -> None:
    """A connection that was idle longer than servers keep one is not trusted with a request."""
    with RawServer(answering) as server:
        connection = WireConnection("127.0.0.1", int(server.address.rpartition(":")[2]))
        for idle_since, reused in ((None, False), (time.perf_counter(), True), (-1e6, False)):
            transfer = Transfer()
            with Transferring(transfer):
                if connection.sock is not None and idle_since is not None:
                    connection.sock.idle_since = idle_since
                connection.request("GET", "/x")
                assert connection.getresponse().data == b"{}"
            assert transfer.reused is reused
        connection.close()


@pytest.mark.parametrize("kept", [False, True])
def test_request_without_answer_is_a_lost_connection(kept: bool) -> None:
    """A whole request that is answered by closing is RESET, on a new and on a kept connection alike."""

    def silent(peer: Peer) -> None:
        if kept:
            peer.read_request()
            peer.answer()
        peer.read_request()

    with serving(silent) as (_, client):
        if kept:
            send(client)
        reply = failure(client)
        assert reply.outcome is Outcome.RESET
        assert reply.exchanges[0].reused is kept


def test_reset_after_the_request_is_a_lost_connection() -> None:
    """RST instead of an answer is RESET."""

    def rst(peer: Peer) -> None:
        peer.read_request()
        peer.reset()

    with serving(rst) as (_, client):
        assert failure(client).outcome is Outcome.RESET


def test_reset_in_the_middle_of_the_request_is_refused() -> None:
    """A request that did not go out whole reached nobody: REFUSED, which may be retried."""

    def rst(peer: Peer) -> None:
        peer.sock.recv(1000)
        peer.reset()

    body = '"' + "x" * 20_000_000 + '"'
    with serving(rst, receive_buffer=4096) as (_, client):
        assert failure(client, RestDraft(method="POST", path="/x", body=body)).outcome is Outcome.REFUSED


def test_nobody_listening_is_refused() -> None:
    """A port without a server is REFUSED, with no bytes on the wire."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = RestClient(f"http://127.0.0.1:{taken.getsockname()[1]}")
        reply = failure(client)
        client.close()
    assert reply.outcome is Outcome.REFUSED
    assert reply.exchanges[0].bytes_up == 0


BROKEN = {
    "short body": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", Outcome.RESET),
    "short chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", Outcome.RESET),
    "short head": (b"HTTP/1.1 200 OK\r\nContent-", Outcome.RESET),
    "bad chunk size": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        Outcome.MALFORMED,
    ),
    "no HTTP": (b"220 mail.example.com ESMTP\r\n\r\n", Outcome.MALFORMED),
    "no JSON": (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n{", Outcome.MALFORMED),
    "empty body": (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", Outcome.MALFORMED),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_answer_is_told_by_what_broke(name: str) -> None:
    """Cut short is RESET, not what was promised is MALFORMED; the next call works."""
    raw, outcome = BROKEN[name]
    broken = [True]

    def once(peer: Peer) -> None:
        while peer.read_request():
            if not broken:
                peer.answer()
                continue
            broken.clear()
            peer.sock.sendall(raw)
            return

    with serving(once) as (_, client):
        assert failure(client).outcome is outcome
        assert send(client).outcome is Outcome.OK


def test_deadline_holds_for_the_whole_exchange() -> None:
    """A body that drips for ever, each byte in time, ends at the deadline of the whole."""

    def drip(peer: Peer) -> None:
        peer.read_request()
        peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not peer.stop.wait(0.01):
            peer.sock.sendall(b"x")

    with serving(drip) as (_, client):
        started = time.perf_counter()
        reply = failure(client, timeout=0.2)
        assert time.perf_counter() - started == pytest.approx(0.2, abs=0.1)
    assert reply.outcome is Outcome.TIMEOUT
    assert reply.exchanges[0].phases.first_byte is not None


def test_deadline_holds_while_sending() -> None:
    """A server that does not read cannot hold the caller longer than the deadline."""

    def deaf(peer: Peer) -> None:
        peer.stop.wait(5)

    with serving(deaf, receive_buffer=4096) as (_, client):
        body = '"' + "x" * 20_000_000 + '"'
        reply = failure(client, RestDraft(method="POST", path="/x", body=body), timeout=0.2)
    assert reply.outcome is Outcome.TIMEOUT


def _cancel_when(client: RestClient, draft: RestDraft, moment: Callable[[], bool]) -> float:
    """Cancel a call from another thread once ``moment`` has come; seconds until it ended."""
    cancel = CancelToken()
    cancelled_at: list[float] = []

    def watch() -> None:
        _until(moment)
        cancelled_at.append(time.perf_counter())
        cancel.cancel()

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(Cancelled):
        client.send(draft, None, timeout=10, cancel=cancel)
    ended = time.perf_counter()
    watcher.join()
    return ended - cancelled_at[0]


@pytest.mark.parametrize("moment", ["sending", "waiting", "reading"])
def test_cancel_ends_a_blocked_call(moment: str) -> None:
    """Cancel from another thread ends a blocked send, wait or read, and the client works afterwards."""
    reached = threading.Event()
    blocking = [True]

    def stuck(peer: Peer) -> None:
        if not blocking:
            answering(peer)
            return
        blocking.clear()
        if moment != "sending":
            peer.read_request()
        if moment == "reading":
            peer.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
        reached.set()
        peer.stop.wait(5)

    body = '"' + "x" * 20_000_000 + '"' if moment == "sending" else "1"
    draft = RestDraft(method="POST", path="/x", body=body)
    with serving(stuck, receive_buffer=4096 if moment == "sending" else None) as (_, client):
        assert _cancel_when(client, draft, reached.is_set) < CANCEL_LIMIT
        assert send(client).outcome is Outcome.OK


def test_cancel_ends_a_call_that_is_connecting() -> None:
    """A connection attempt that nobody answers ends when it is cancelled."""
    with socket.socket() as listener, full_backlog(listener) as port:
        client = RestClient(f"http://127.0.0.1:{port}")
        started = time.perf_counter()
        assert _cancel_when(client, GET, lambda: time.perf_counter() - started > 0.05) < CANCEL_LIMIT
        client.close()


def test_deadline_holds_while_connecting() -> None:
    """A connection attempt that nobody answers is TIMEOUT at the deadline."""
    with socket.socket() as listener, full_backlog(listener) as port:
        client = RestClient(f"http://127.0.0.1:{port}")
        assert failure(client, timeout=0.1).outcome is Outcome.TIMEOUT
        client.close()


def test_call_cancelled_before_it_began_sends_nothing() -> None:
    """A token that is set already makes no connection."""
    cancel = CancelToken()
    cancel.cancel()
    with serving(answering) as (server, client):
        with pytest.raises(Cancelled):
            client.send(GET, None, timeout=1, cancel=cancel)
        assert server.connections == 0


def test_late_cancel_does_not_touch_the_next_call() -> None:
    """Cancelling a finished call leaves the kept connection alone."""
    cancel = CancelToken()
    with serving(answering) as (_, client):
        client.send(GET, None, timeout=1, cancel=cancel)
        cancel.cancel()
        assert send(client).exchanges[0].reused is True


def test_redirects_are_answers() -> None:
    """A redirect is not followed, not even to the same server."""

    def redirect(peer: Peer) -> None:
        peer.read_request()
        peer.answer(status="302 Found", headers=("Location: /elsewhere",))

    with serving(redirect) as (server, client):
        assert failure(client).status == "302 Found"
        assert server.connections == 1


def test_nothing_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies of the environment and cookies of earlier answers are not used."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    requests: list[bytes] = []

    def keep(peer: Peer) -> None:
        while request := peer.read_request():
            requests.append(request)
            peer.answer(headers=("Set-Cookie: a=1",))

    with serving(keep) as (_, client):
        send(client)
        send(client)
    assert b"ookie" not in requests[1]


def test_compressed_body_is_read_and_counted_as_received() -> None:
    """gzip is decoded for the value; the raw body and the counts are those of the wire."""
    packed = gzip.compress(b'{"a": 1}')

    def gzipped(peer: Peer) -> None:
        peer.read_request()
        peer.answer(packed, headers=("Content-Encoding: gzip",))

    with serving(gzipped) as (_, client):
        reply = send(client)
    assert reply.value == {"a": 1}
    assert reply.exchanges[0].response is not None
    assert reply.exchanges[0].response.body == packed


def test_answer_that_is_not_meant_to_be_json_is_fine() -> None:
    """A page of HTML is an answer without a neutral value, and its text can be read."""

    def page(peer: Peer) -> None:
        peer.read_request()
        peer.answer(b"<p>", headers=("Content-Type: text/html",))

    with serving(page) as (_, client):
        reply = send(client)
    assert (reply.outcome, reply.value) == (Outcome.OK, None)
    assert reply.exchanges[0].response is not None
    assert reply.exchanges[0].response.text == "<p>"


PIECES = {
    "head in two": (b"HTTP/1.1 200 OK\r\nContent-", b"Length: 3\r\n\r\n[1]"),
    "body apart": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"[1]"),
    "body in two": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[", b"1]"),
    "two heads": (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n", b"[1\r\n1\r\n]\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("name", PIECES)
def test_answer_in_pieces_is_the_same_answer(name: str) -> None:
    """Wherever the packets end, the body is whole, every byte is counted, and the connection is kept."""

    def answer(peer: Peer) -> None:
        while peer.read_request():
            for piece in PIECES[name]:
                peer.sock.sendall(piece)
                peer.stop.wait(0.01)  # else they would leave in one packet

    with serving(answer) as (server, client):
        for _ in range(2):
            reply = send(client)
            assert reply.value == [1]
            assert reply.exchanges[0].bytes_down == len(b"".join(PIECES[name]))
        assert server.connections == 1


def test_bytes_behind_an_answer_are_no_answer() -> None:
    """What a server sends unasked is not taken for the answer to the next request."""

    def talkative(peer: Peer) -> None:
        peer.read_request()
        peer.sock.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2"
        )
        peer.read_request()

    with serving(talkative) as (server, client):
        assert send(client).value == 1
        assert send(client).value == 1
        assert server.connections == 2


def test_connection_that_the_server_closes_is_not_kept() -> None:
    """After Connection: close the next call connects anew, without a failure."""

    def last(peer: Peer) -> None:
        peer.read_request()
        peer.answer(headers=("Connection: close",))
        peer.stop.wait(2)

    with serving(last) as (server, client):
        assert [send(client).exchanges[0].reused for _ in range(2)] == [False, False]
        assert server.connections == 2


def test_refusal_that_comes_before_all_was_sent_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers and closes its ear in the middle of a body has answered."""
    whole = WireSocket.sendall

    def half(sock: WireSocket, data: bytes, flags: int = 0) -> None:
        whole(sock, data[: data.find(b"\r\n\r\n") + 5], flags)
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    def refuse(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.answer(status="413 Content Too Large")

    monkeypatch.setattr(WireSocket, "sendall", half)
    with serving(refuse) as (_, client):
        reply = failure(client, RestDraft(method="POST", path="/x", body="[1, 2, 3]"))
    assert reply.status == "413 Content Too Large"


def test_one_draft_goes_to_two_servers() -> None:
    """What is kept of a request names the server that it was made for."""
    hosts: list[bytes] = []

    def keep(peer: Peer) -> None:
        while request := peer.read_request():
            hosts.append(request.split(b"\r\n")[1])
            peer.answer()

    with serving(keep) as (one, first), serving(keep) as (other, second):
        for client in (first, second, first):
            client.send(GET, OperationId.GET_PRODUCT, timeout=5)
        expected = [f"Host: {server.address[7:]}".encode() for server in (one, other, one)]
    assert hosts == expected


def test_keys_and_ids_belong_to_one_call() -> None:
    """A draft that is sent again does not bring the key of the call before, nor its request id."""
    requests: list[bytes] = []

    def keep(peer: Peer) -> None:
        while request := peer.read_request():
            requests.append(request)
            peer.answer()

    with serving(keep) as (_, client):
        for key, number in (("k1", "r1"), (None, None), ("k2", "r2")):
            client.send(GET, OperationId.GET_PRODUCT, timeout=5, idempotency_key=key, request_id=number)
    assert [(b"k1" in each, b"k2" in each, b"r1" in each, b"r2" in each) for each in requests] == [
        (True, False, True, False),
        (False, False, False, False),
        (False, True, False, True),
    ]


def test_passwords_are_not_kept() -> None:
    """A log-in is written anew each time."""
    before = _kept_request.cache_info().currsize
    with serving(answering) as (_, client):
        client.log_in("someone@example.com", "secret", None)
    assert _kept_request.cache_info().currsize == before


def test_large_answer_arrives_whole() -> None:
    """Five megabytes are read, decoded and counted to the byte."""
    body = json.dumps(["x" * 100] * 50_000).encode()

    def large(peer: Peer) -> None:
        peer.read_request()
        peer.answer(body)

    with serving(large) as (_, client):
        reply = send(client)
    assert len(reply.value) == 50_000
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
    assert reply.exchanges[0].bytes_down == len(head) + len(body)


def test_many_threads_share_one_client() -> None:
    """Sixteen threads get each their own answer, and the counts stay with their exchange."""

    def echo(peer: Peer) -> None:
        while request := peer.read_request():
            number = request.split(b" ")[1].rpartition(b"/")[2]
            peer.answer(number)

    wrong: list[object] = []

    def work(client: RestClient, number: int) -> None:
        for _ in range(20):
            reply = send(client, RestDraft(method="GET", path=f"/{number}"))
            exchange = reply.exchanges[0]
            response = exchange.response
            head = len(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
            if reply.value != number or response is None or exchange.bytes_down != head + 3:
                wrong.append((number, reply))

    with serving(echo) as (_, client):
        threads = [threading.Thread(target=work, args=(client, 100 + index)) for index in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def _is_dead(connection: WireConnection) -> bool:
    assert connection.sock is not None
    return connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 7  # TCP_CLOSE


def _until(holds: Callable[[], bool], patience: float = 2.0) -> None:
    never = threading.Event()
    deadline = time.perf_counter() + patience
    while not holds():
        assert time.perf_counter() < deadline, "the moment did not come"
        never.wait(0.001)
