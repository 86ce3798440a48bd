"""A REST client of few words for tests, and raw bytes where a proper client would not send them."""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CREDENTIALS = {"email": "user@example.com", "password": "password"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Api:
    """One server, by its base URL; a new connection for each request."""

    url: str
    token: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; ``body`` is JSON unless it is bytes."""
        said = dict(self.extra)
        if self.token is not None:
            said["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if data is not None:
            said["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.authority, timeout=10)
        try:
            connection.request(method, path, data, said | dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """A read; header names with underscores."""
        return self.ask(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def log_in(self) -> "Api":
        """The same server, with a token."""
        answer = self.ask("POST", "/auth/login", CREDENTIALS)
        return Api(self.url, answer.json["token"])

    def raw(self, data: bytes, *, patience: float = 5.0) -> bytes:
        """Send bytes, close our side, return all that comes back."""
        host, _, port = self.authority.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=patience) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while block := connection.recv(65_536):
                received += block
            return received
