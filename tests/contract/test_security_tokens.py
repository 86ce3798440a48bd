"""Bad tokens against every way into a lane: refused with the lane's own status, and no row changes.

Headers travel as raw bytes, because no proper client would send most of these.
"""

import base64
import hashlib
import hmac
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from backends.auth import Auth
from backends.serving import ServerSettings
from tests.support.rest_api import Api
from tests.support.servers import Running, catalog_servers

pytestmark = pytest.mark.leaves_threads  # of the servers' pools, which grow while the module lasts

VICTIM = "60"  # what each of them would delete
DELETE = f'mutation {{ deleteProduct(id: "{VICTIM}") {{ ok }} }}'
PUBLIC_KEY = b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[Running]:
    with catalog_servers("rest", "graphql", "grpc", settings=ServerSettings(data_dir=folder)) as running:
        yield running


@pytest.fixture(scope="module")
def secret(servers: Running, folder: Path) -> bytes:
    return (folder / "jwt.secret").read_bytes()


def encoded(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret: bytes, header: Mapping[str, object] | None = None, **changes: object) -> str:
    """Signed with HS256 whatever the header says; a claim of ... is left out."""
    now = int(time.time())
    claims = {"sub": "user_123", "iat": now - 5, "exp": now + 900, "jti": "forged", **changes}
    kept = {name: value for name, value in claims.items() if value is not ...}
    signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT', **(header or {})})}.{encoded(kept)}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def unsigned(algorithm: object) -> str:
    """The classic: no signature, and a header that says so."""
    return token(b"", {"alg": algorithm}).rpartition(".")[0] + "."


Forge = Callable[[bytes], str]
FORGED: dict[str, Forge] = {
    "alg none": lambda _: unsigned("none"),
    "alg None": lambda _: unsigned("None"),
    "alg nOnE": lambda _: unsigned("nOnE"),
    "alg empty": lambda _: unsigned(""),
    "alg null": lambda _: unsigned(None),
    "alg a list": lambda _: unsigned(["HS256"]),
    "none, but signed": lambda secret: token(secret, {"alg": "none"}),
    "RS256 with the public key as secret": lambda _: token(PUBLIC_KEY, {"alg": "RS256"}),
    "HS256 with a public key as secret": lambda _: token(PUBLIC_KEY),
    "ES256": lambda secret: token(secret, {"alg": "ES256"}),
    "HS512": lambda secret: token(secret, {"alg": "HS512"}),
    "hs256": lambda secret: token(secret, {"alg": "hs256"}),
    "kid of a known file": lambda _: token(b"", {"kid": "../../../../dev/null"}),
    "kid with SQL": lambda _: token(b"x", {"kid": "' UNION SELECT 'x' --"}),
    "jku": lambda _: token(b"x", {"jku": "http://127.0.0.1:9/keys.json"}),
    "jwk": lambda _: token(b"x", {"jwk": {"kty": "oct", "k": encoded(b"x")}}),
    "x5u": lambda _: token(b"x", {"x5u": "http://127.0.0.1:9/key.pem"}),
    "crit": lambda secret: token(secret, {"crit": ["exp"]}),
    "b64 false": lambda secret: token(secret, {"b64": False, "crit": ["b64"]}),
    "empty secret": lambda _: token(b""),
    "another installation's": lambda _: token(b"another installation's own secret!"),
    "expired": lambda secret: token(secret, exp=int(time.time()) - 1),
    "expired long ago": lambda secret: token(secret, iat=0, exp=1),
    "expired before time": lambda secret: token(secret, exp=-5),
    "issued in the future": lambda secret: token(secret, iat=int(time.time()) + 600),
    "not valid yet": lambda secret: token(secret, nbf=int(time.time()) + 600),
    "nbf a text": lambda secret: token(secret, nbf="0"),
    "exp a text": lambda secret: token(secret, exp="9999999999"),
    "exp NaN": lambda secret: token(secret, exp=float("nan")),
    "exp infinite": lambda secret: token(secret, exp=float("inf")),
    "exp 1e308": lambda secret: token(secret, exp=1e308),
    "exp true": lambda secret: token(secret, exp=True),
    "exp null": lambda secret: token(secret, exp=None),
    "exp 5000 digits": lambda secret: token(secret).replace(
        token(secret).split(".")[1], encoded(b'{"exp":' + b"9" * 2000 + b"}")
    ),
    "sub a number": lambda secret: token(secret, sub=123),
    "sub a list": lambda secret: token(secret, sub=["user_123"]),
    "sub empty": lambda secret: token(secret, sub=""),
    "jti a number": lambda secret: token(secret, jti=1),
    "an audience": lambda secret: token(secret, aud="another service"),
    "no sub": lambda secret: token(secret, sub=...),
    "no iat": lambda secret: token(secret, iat=...),
    "no exp": lambda secret: token(secret, exp=...),
    "no jti": lambda secret: token(secret, jti=...),
    "cut in the signature": lambda secret: token(secret)[:-6],
    "cut in the payload": lambda secret: token(secret)[:60],
    "no signature": lambda secret: token(secret).rpartition(".")[0],
    "signature left empty": lambda secret: token(secret).rpartition(".")[0] + ".",
    "five parts": lambda secret: token(secret) + ".a.b",
    "filled up": lambda secret: token(secret) + "=",
    "a star inside": lambda secret: token(secret)[:-5] + "*" + token(secret)[-5:],
    "twice": lambda secret: f"{token(secret)} {token(secret)}",
    "two in a list": lambda secret: f"{token(secret)}, Bearer {token(secret)}",
    "payload a list": lambda secret: f"{encoded({'alg': 'HS256'})}.{encoded([1])}.{'A' * 43}",
    "8 KB": lambda secret: token(secret, padding="x" * 6000),
    "dots": lambda _: "." * 300,
}
WRONG_HEADERS: dict[str, Callable[[str], bytes]] = {
    "nothing": lambda _: b"",
    "scheme alone": lambda _: b"Bearer",
    "no scheme": lambda good: good.encode(),
    "Basic": lambda good: b"Basic " + good.encode(),
    "Token": lambda good: b"Token " + good.encode(),
    "colon": lambda good: b"Bearer: " + good.encode(),
    "quoted": lambda good: b'Bearer "' + good.encode() + b'"',
    "a tab for the space": lambda good: b"Bearer\t" + good.encode(),
    "not ASCII": lambda good: "Bearer é".encode() + good.encode(),
    "hard space": lambda good: b"Bearer " + good.encode() + b"\xa0",
    "NUL inside": lambda good: b"Bearer " + good.encode() + b"\0",
    "another scheme first": lambda good: b"Negotiate x, Bearer " + good.encode(),
}


def over_http(url: str, request: str, *headers: bytes, body: bytes = b"") -> tuple[int, str]:
    """Status and whole answer to a request with these raw header lines."""
    authority, _, path = url.removeprefix("http://").partition("/")
    host, _, port = authority.rpartition(":")
    lines = [f"{request.replace('URL', '/' + path)} HTTP/1.1\r\nHost: {authority}\r\n".encode()]
    lines += [header + b"\r\n" for header in headers]
    lines += [b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body), body]
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"".join(lines))
        received = b""
        while block := connection.recv(65_536):
            received += block
    return int(received.split(b" ", 2)[1]), received.decode("latin-1")


def over_rest(servers: Running, *values: bytes) -> str:
    """The status, with its challenge if there is one."""
    headers = [b"Authorization: " + value for value in values]
    url = f"{servers.addresses['rest']}/api/v1/products/{VICTIM}"
    status, answer = over_http(url, "DELETE URL", *headers)
    return f"{status} Bearer" if "www-authenticate: bearer" in answer.lower() else str(status)


def over_graphql(servers: Running, *values: bytes) -> str:
    """The status, with the error's code if there is one."""
    headers = [b"Authorization: " + value for value in values] + [b"Content-Type: application/json"]
    body = json.dumps({"query": DELETE}).encode()
    status, answer = over_http(servers.addresses["graphql"], "POST URL", *headers, body=body)
    return f"{status} UNAUTHENTICATED" if '"code": "UNAUTHENTICATED"' in answer else str(status)


def over_socket(servers: Running, value: str) -> str:
    """The error's code, or the socket's closing code."""
    protocols = [Subprotocol("graphql-transport-ws")]
    with connect(servers.addresses["graphql_ws"], subprotocols=protocols, close_timeout=0.1) as peer:
        peer.send(json.dumps({"type": "connection_init", "payload": {"Authorization": value}}))
        try:
            peer.recv(timeout=5)
            peer.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": DELETE}}))
            answer = json.loads(peer.recv(timeout=5))
        except ConnectionClosed as closed:
            return str(closed.rcvd.code if closed.rcvd else None)
    return str(answer["payload"]["errors"][0]["extensions"]["code"])


def over_grpc(servers: Running, *values: bytes) -> str:
    """The status, or "not sent" for what no metadata can carry: grpcio would answer that itself."""
    if any(not 0x20 <= byte < 0x7F for value in values for byte in value):
        return "not sent"
    with grpc.insecure_channel(servers.addresses["grpc"]) as channel:
        stub = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        metadata = [("authorization", value) for value in values]
        try:
            stub.DeleteProduct(pb.ProductRequest(id=VICTIM), metadata=metadata, timeout=10)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


def is_there(servers: Running) -> bool:
    return Api(servers.addresses["rest"]).get(f"/api/v1/products/{VICTIM}").status == 200


def log_in(servers: Running) -> str:
    found = Api(servers.addresses["rest"]).log_in().token
    assert found is not None
    return found


def test_the_forger_can_write_a_good_token(servers: Running, secret: bytes, folder: Path) -> None:
    """So that the bad ones below fail for the reason they name."""
    opened = servers.backends._shared.open()
    assert Auth(secret, opened.auth._users).verify(token(secret)).sub == "user_123"


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused_on_every_way_in(
    servers: Running, secret: bytes, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """401 with a challenge, or UNAUTHENTICATED; the row stays, and no log has the token."""
    caplog.set_level(logging.DEBUG)
    forged = FORGED[name](secret)
    header = f"Bearer {forged}".encode()
    assert over_rest(servers, header) == "401 Bearer"
    assert over_graphql(servers, header) == "200 UNAUTHENTICATED"
    assert over_socket(servers, header.decode()) == "UNAUTHENTICATED"
    assert over_grpc(servers, header) == "UNAUTHENTICATED"
    assert is_there(servers)
    assert len(forged) < 20 or forged not in caplog.text


@pytest.mark.parametrize("name", WRONG_HEADERS)
def test_a_good_token_in_a_wrong_header_is_refused(servers: Running, secret: bytes, name: str) -> None:
    """The form counts as much as the token."""
    header = WRONG_HEADERS[name](token(secret))
    assert over_rest(servers, header) in {"401 Bearer", "400"}
    assert over_graphql(servers, header) in {"200 UNAUTHENTICATED", "400"}
    assert over_socket(servers, header.decode("latin-1")) == "UNAUTHENTICATED"
    assert over_grpc(servers, header) in {"UNAUTHENTICATED", "not sent"}
    assert is_there(servers)


def test_two_tokens_are_none(servers: Running, secret: bytes) -> None:
    """Two fields of the name are refused, whichever of them would be good: 400, or gRPC's status."""
    good, bad = f"Bearer {token(secret)}".encode(), b"Bearer x"
    for pair in ((good, bad), (bad, good), (good, good)):
        assert over_rest(servers, *pair) == "400"
        assert over_graphql(servers, *pair) == "400"
        assert over_grpc(servers, *pair) == "UNAUTHENTICATED"
    assert is_there(servers)


@pytest.mark.parametrize("size", [60_000, 1_000_000])
def test_a_huge_token_costs_its_sender_only(servers: Running, size: int) -> None:
    """It is refused before it is looked at, and the servers go on."""
    header = b"Bearer " + b"a" * size
    for ask in (over_rest, over_graphql):
        try:
            assert ask(servers, header) in {"401 Bearer", "200 UNAUTHENTICATED", "413"}
        except ConnectionError:
            assert size > 60_000  # closed while it still sent
    assert over_socket(servers, header.decode()) in {"UNAUTHENTICATED", "1009"}
    assert over_grpc(servers, header) == "RESOURCE_EXHAUSTED"
    assert is_there(servers)


def test_a_token_that_was_logged_out_stays_out(folder: Path, servers: Running) -> None:
    """On every way in, whichever lane it was logged out on, and also after the servers were started anew."""
    spent = log_in(servers)
    assert Api(servers.addresses["rest"], spent).ask("POST", "/auth/logout").status == 204
    settings = ServerSettings(data_dir=folder)
    with catalog_servers("rest", "graphql", "grpc", settings=settings) as again:
        for place in (servers, again):
            header = f"Bearer {spent}"
            assert over_rest(place, header.encode()) == "401 Bearer"
            assert over_graphql(place, header.encode()) == "200 UNAUTHENTICATED"
            assert over_socket(place, header) == "UNAUTHENTICATED"
            assert over_grpc(place, header.encode()) == "UNAUTHENTICATED"
    assert is_there(servers)


def test_an_unexpired_token_survives_a_restart(folder: Path, servers: Running) -> None:
    """The secret is the installation's: only an ephemeral one goes with its servers."""
    known = log_in(servers)
    with catalog_servers("rest", settings=ServerSettings(data_dir=folder)) as again:
        assert Api(again.addresses["rest"], known).ask("POST", "/auth/logout").status == 204
    with catalog_servers("rest") as stranger:
        assert Api(stranger.addresses["rest"], log_in(servers)).ask("POST", "/auth/logout").status == 401


def test_no_refusal_repeats_what_it_was_given(servers: Running, secret: bytes) -> None:
    """Neither a token nor a password comes back in an answer, whatever is wrong with it."""
    bad = token(b"x", sub="a-subject-to-look-for")
    url = servers.addresses["rest"]
    answers = [
        over_http(f"{url}/api/v1/products/{VICTIM}", "DELETE URL", b"Authorization: Bearer " + bad.encode())
    ]
    for body in (
        {"email": "user@example.com", "password": "a-password-to-look-for"},
        {"email": "user@example.com", "password": ["a-password-to-look-for"]},
        {"email": 5, "password": "a-password-to-look-for", "more": "a-password-to-look-for"},
    ):
        text = json.dumps(body).encode()
        answers.append(
            over_http(f"{url}/auth/login", "POST URL", b"Content-Type: application/json", body=text)
        )
    for _, answer in answers:
        for known in ("to-look-for", bad[-20:], secret.hex()):
            assert known not in answer


def test_a_genuine_token_still_works(servers: Running) -> None:
    """After all of the above, on the way in that was never tried with a good one."""
    header: Any = f"bearer   {log_in(servers)}".encode()
    assert over_rest(servers, header) == "204" or not is_there(servers)
    assert jwt.get_unverified_header(header.split()[1])["alg"] == "HS256"
