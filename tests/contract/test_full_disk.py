"""A disk that fills up while the servers run: each lane says so in its own words, and goes on afterwards.

SQLite itself raises here what it raises on a full disk, because it may have no further page; a real disk
without room is filled in tests/kill.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import event

from app.clients.port import LaneClient
from app.domain.errors import AttemptFailed
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, OperationId
from app.domain.results import Outcome, Reply
from app.operations.lane_access import make_client
from backends.serving import Backends, ServerSettings
from tests.support.live_lanes import EMAIL, PASSWORD
from tests.support.servers import catalog_servers

MESSAGE = "the database cannot be written: the disk is full"


@dataclass
class Disk:
    """The disk under a catalog, which can be full."""

    full: bool = False


@dataclass
class Site:
    """Three servers on one disk."""

    disk: Disk
    clients: dict[Lane, LaneClient]
    token: str

    def call(self, lane: Lane, operation: OperationId, **params: str) -> Reply:
        fields = OPERATIONS[operation].fields
        draft = self.clients[lane].draft(operation, params, fields, token=self.token)
        try:
            return self.clients[lane].send(draft, operation, timeout=10)
        except AttemptFailed as failed:
            return failed.reply


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with catalog_servers("rest", "graphql", "grpc", settings=ServerSettings(ephemeral=True)) as servers:
        clients = {lane: make_client(lane, servers.addresses[lane.value]) for lane in Lane}
        token = str(clients[Lane.REST].log_in(EMAIL, PASSWORD, None).value["token"])
        yield Site(fillable(servers.backends), clients, token)
        for client in clients.values():
            client.close()


def fillable(backends: Backends) -> Disk:
    """Limit each connection to the pages there are while the disk is full."""
    disk = Disk()

    def limit(connection: object, *_rest: object) -> None:
        driver = connection.cursor()  # type: ignore[attr-defined]
        driver.execute(f"PRAGMA max_page_count={1 if disk.full else 1_000_000}")
        driver.close()

    event.listen(backends._shared.open().store._engine, "checkout", limit)
    return disk


@pytest.mark.expected_log
@pytest.mark.parametrize("lane", list(Lane))
def test_writes_fail_with_a_reason_reads_go_on_and_writes_work_again(
    site: Site, lane: Lane, caplog: pytest.LogCaptureFixture
) -> None:
    """Not a 500 and no traceback, in the answer or in the log; half an order is never there."""
    big = {"name": "x" * 200, "price": "1", "category": f"{lane} " + "y" * 80}
    site.disk.full = True
    refused = None
    for _ in range(200):  # pages that are begun still have room
        refused = site.call(lane, OperationId.CREATE_PRODUCT, **big)
        if refused.outcome is not Outcome.OK:
            break
    assert refused is not None
    assert refused.outcome is Outcome.UNAVAILABLE
    assert MESSAGE in refused.message.lower()
    assert {
        Lane.REST: "503",
        Lane.GRAPHQL: "SERVICE_UNAVAILABLE",
        Lane.GRPC: "14 UNAVAILABLE",
    }[lane] in refused.status
    total = site.call(lane, OperationId.LIST_PRODUCTS, category=big["category"]).value["total"]
    assert site.call(lane, OperationId.GET_PRODUCT, id="1").value["name"] == "Laptop"
    assert site.call(lane, OperationId.GET_ORDER, id="1").value["items"]
    site.disk.full = False
    assert site.call(lane, OperationId.CREATE_PRODUCT, **big).outcome is Outcome.OK
    assert site.call(lane, OperationId.LIST_PRODUCTS, category=big["category"]).value["total"] == total + 1
    assert MESSAGE in caplog.text
    assert "Traceback" not in caplog.text
