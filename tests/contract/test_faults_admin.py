"""The admin endpoint: faults read and changed over HTTP, by whoever knows the installation's secret."""

import os
import stat
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from flask import Flask

from app.clients.port import LaneClient
from app.domain.lanes import Lane
from app.domain.results import Outcome
from backends.faults import FaultEngine
from backends.rest import problems
from backends.rest.admin import PATH, FaultAdmin, add_admin
from backends.serving import ServerSettings, open_backends
from tests.support.live_lanes import LiveLanes, outcome_of

# The servers' own pools grow while they serve; that they all end is a test of the backends.
pytestmark = pytest.mark.leaves_threads

RULES: dict[str, list[dict[str, Any]]] = {
    "rest": [{"kind": "error", "status": 502}],
    "graphql": [{"kind": "error", "code": "INTERNAL_SERVER_ERROR"}],
    "grpc": [{"kind": "error", "code": "NOT_FOUND"}],
}
HEALTHY: dict[str, list[dict[str, Any]]] = {"rest": [], "graphql": [], "grpc": []}


class Admin:
    """Requests to the endpoint of the running servers."""

    def __init__(self, live: LiveLanes) -> None:
        self.url = f"{live.addresses['rest']}{PATH}"
        self.secret = live.backends.admin_secret_file.read_text()

    def __call__(
        self, method: str, body: Any = None, secret: str | None = None, **headers: str
    ) -> requests.Response:
        given = {"X-Trilane-Admin": self.secret if secret is None else secret, **headers}
        return requests.request(method, self.url, json=body, headers=given, timeout=5)


@pytest.fixture
def admin(live: LiveLanes, faults: FaultEngine) -> Admin:
    """The endpoint; faults are cleared afterwards."""
    return Admin(live)


def test_put_takes_effect_on_the_next_request_of_every_lane(
    admin: Admin, clients: Mapping[Lane, LaneClient]
) -> None:
    """No restart: the next call of each lane fails as told, and after DELETE none does."""
    answer = admin("PUT", {"seed": 7, "lanes": RULES})
    assert (answer.status_code, answer.json()) == (200, {"seed": 7, "lanes": RULES})
    outcomes = [outcome_of(clients[lane]).outcome for lane in Lane]
    assert outcomes == [Outcome.UNAVAILABLE, Outcome.INTERNAL, Outcome.NOT_FOUND]
    assert admin("DELETE").json() == {"seed": 7, "lanes": HEALTHY}
    assert {outcome_of(clients[lane]).outcome for lane in Lane} == {Outcome.OK}


def test_put_replaces_everything(admin: Admin) -> None:
    """A lane that is not named becomes healthy, and a seed that is not given stays."""
    admin("PUT", {"seed": 3, "lanes": RULES})
    admin("PUT", {"lanes": {"grpc": [{"kind": "hang"}]}})
    assert admin("GET").json() == {"seed": 3, "lanes": {**HEALTHY, "grpc": [{"kind": "hang"}]}}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"lanes": {"rest": [{"kind": "hang"}], "grpc": [{"kind": "errr"}]}}, "grpc[0].kind"),
        ({"lanes": {"rest": [{"kind": "error", "status": 200}]}}, "rest[0].status"),
        ({"lanes": {"rest": [{"kind": "error", "partial": True}]}}, "rest[0].partial"),
        ({"lanes": {"soap": []}}, "lanes.soap"),
        ({"lanes": {"rest": None}}, "rest"),
        ({"lanes": []}, "lanes"),
        ({"seed": "x", "lanes": {}}, "seed"),
        ({"seed": True}, "seed"),
        ({"rest": []}, "rest"),
        ([], "body"),
    ],
)
def test_a_wrong_body_is_named_and_changes_nothing(admin: Admin, body: Any, where: str) -> None:
    """400 with the value's place; rules and seed stay what they were."""
    before = admin("PUT", {"seed": 5, "lanes": RULES}).json()
    answer = admin("PUT", body)
    assert answer.status_code == 400
    assert answer.json()["details"][0]["field"] == where
    assert admin("GET").json() == before


@pytest.mark.parametrize("secret", ["", "wrong", "é"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_without_the_secret_nothing_is_shown_or_changed(
    admin: Admin, faults: FaultEngine, method: str, secret: str
) -> None:
    """403 for everybody else, and the faults stay."""
    faults.configure("grpc", [{"kind": "hang"}])
    answer = admin(method, {"lanes": RULES}, secret=secret)
    assert answer.status_code == 403
    assert "lanes" not in answer.json()
    assert faults.describe()["lanes"] == {**HEALTHY, "grpc": [{"kind": "hang"}]}


def test_another_machine_is_refused_whatever_it_knows() -> None:
    """The right secret from an address that is not this machine's gets 403."""
    app = Flask(__name__)
    add_admin(app, FaultAdmin(FaultEngine(), "secret"))
    problems.install(app)
    for address, status in (
        ("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200),
        ("192.0.2.7", 403), ("::ffff:192.0.2.7", 403), ("", 403),
    ):  # fmt: skip
        answer = app.test_client().get(
            PATH, headers={"X-Trilane-Admin": "secret"}, environ_base={"REMOTE_ADDR": address}
        )
        assert answer.status_code == status, address


def test_a_foreign_page_is_refused(admin: Admin) -> None:
    """The guard against other sites stands before this endpoint too."""
    assert admin("DELETE", Origin="http://elsewhere.example").status_code == 403
    assert admin("GET", Host="elsewhere.example").status_code == 421


def test_the_endpoint_is_neither_described_nor_faulted(admin: Admin, live: LiveLanes) -> None:
    """Clients of the catalog do not see it in the description; an outage never locks its owner out."""
    assert admin("PUT", {"lanes": {"rest": [{"kind": "empty"}]}}).status_code == 200
    assert admin("GET").status_code == 200
    assert PATH not in requests.get(f"{live.addresses['rest']}/openapi.json", timeout=5).json()["paths"]


def test_the_secret_is_in_a_file_of_the_installation(live: LiveLanes) -> None:
    """Readable by its owner only, and the same for whoever opens this installation next."""
    file = live.backends.admin_secret_file
    assert file.parent == live.folder
    assert file.read_text() == live.backends.admin_secret
    assert len(live.backends.admin_secret) == 64
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = open_backends(ServerSettings(data_dir=live.folder))
    assert again.admin_secret == live.backends.admin_secret
    again.close()


def test_an_ephemeral_secret_goes_with_its_servers() -> None:
    """Its file exists as long as the backends are open."""
    backends = open_backends(ServerSettings(ephemeral=True))
    file = backends.admin_secret_file
    assert file.read_text() == backends.admin_secret
    backends.close()
    assert not file.parent.exists()
