"""Reading and changing the faults over HTTP, for tests and for servers without a window.

Only for this machine, and only with the installation's secret. Not part of the described interface: it is
about the server, no client of the catalog needs it, and nothing here can be faulted.
"""

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request

from backends.faults import FaultEngine, FaultError
from backends.faults.rules import LANES
from backends.rest.problems import Problem
from backends.rest.reading import read_json
from backends.rest.tags import unkept

PATH = "/admin/faults"
SECRET_HEADER = "X-Trilane-Admin"
_MEMBERS = frozenset({"seed", "lanes"})


class FaultAdmin:
    """Handlers over the engine. Any thread."""

    def __init__(self, faults: FaultEngine, secret: str) -> None:
        self._faults = faults
        self._secret = secret.encode()

    def handle(self) -> Response:
        """GET shows seed and rules, PUT replaces them all, DELETE makes every lane healthy."""
        self._admit()
        if request.method == "PUT":
            self._replace(read_json())
        elif request.method == "DELETE":
            self._faults.clear()
        return unkept(self._faults.describe())

    def _admit(self) -> None:
        if not _is_loopback(request.remote_addr or ""):
            raise Problem(403, "faults are set from this machine only")
        if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
            raise Problem(403, "faults are not set from a browser")
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._secret):
            raise Problem(403, f"{SECRET_HEADER} must be this installation's secret")

    def _replace(self, wanted: object) -> None:
        try:
            seed, lanes = _checked(wanted)
            self._faults.apply({lane: lanes.get(lane, ()) for lane in LANES}, seed)
        except FaultError as error:
            raise Problem(400, str(error), [(error.where, error.why)]) from None


def add_admin(app: Flask, admin: FaultAdmin) -> None:
    """Route the requests."""
    app.add_url_rule(PATH, "admin-faults", admin.handle, methods=["GET", "PUT", "DELETE"])


def _checked(wanted: object) -> tuple[int | None, Mapping[str, Any]]:
    if not isinstance(wanted, Mapping):
        raise FaultError("body", "must be an object with lanes and, if wanted, a seed")
    for name in wanted:
        if name not in _MEMBERS:
            raise FaultError(str(name), "is unknown; a body has lanes and seed")
    seed, lanes = wanted.get("seed"), wanted.get("lanes", {})
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise FaultError("seed", f"must be a whole number, not {seed!r}")
    if not isinstance(lanes, Mapping):
        raise FaultError("lanes", "must be an object with a list of rules for each lane")
    for name in lanes:
        if name not in LANES:
            raise FaultError(f"lanes.{name}", f"is no lane; there are {', '.join(LANES)}")
    return seed, lanes


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
