"""Three live lanes over one catalog, one client for each, and roads to them that can be blocked."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest

from app.clients.port import LaneClient
from app.domain.lanes import Lane
from app.operations.lane_access import make_client
from backends.faults import FaultEngine
from backends.serving import ServerSettings
from tests.support.gated_road import GatedRoad
from tests.support.live_lanes import EMAIL, PASSWORD, Blockable, LiveLanes
from tests.support.servers import catalog_servers


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveLanes]:
    """The three servers, each in a thread, as the program runs them."""
    folder = tmp_path_factory.mktemp("live")
    with catalog_servers("rest", "graphql", "grpc", settings=ServerSettings(data_dir=folder)) as servers:
        yield LiveLanes(servers.addresses, folder, servers.backends)


@pytest.fixture(scope="session")
def clients(live: LiveLanes) -> Iterator[Mapping[Lane, LaneClient]]:
    """One client for each lane, straight to its server."""
    opened = {lane: make_client(lane, live.addresses[lane.value]) for lane in Lane}
    yield opened
    for client in opened.values():
        client.close()


@pytest.fixture
def faults(live: LiveLanes) -> Iterator[FaultEngine]:
    """The engine of the running servers; they are healthy again afterwards."""
    engine = live.backends.faults
    yield engine
    engine.clear()
    engine.reseed(42)


@pytest.fixture(params=list(Lane), ids=str)
def client(request: pytest.FixtureRequest, clients: Mapping[Lane, LaneClient]) -> LaneClient:
    """Each lane's client in turn."""
    found: LaneClient = clients[request.param]
    return found


@pytest.fixture(params=list(Lane), ids=str)
def blockable(request: pytest.FixtureRequest, live: LiveLanes) -> Iterator[Blockable]:
    """Each lane in turn, behind a road of its own."""
    address = live.addresses[request.param.value]
    parts = urlsplit(address if "//" in address else f"//{address}")
    assert parts.hostname
    assert parts.port
    road = GatedRoad((parts.hostname, parts.port))
    client = make_client(request.param, address.replace(parts.netloc, road.address))
    yield Blockable(client, road)
    client.close()
    road.close()


@pytest.fixture(scope="session")
def token(clients: Mapping[Lane, LaneClient]) -> str:
    """A token good for all lanes."""
    return str(clients[Lane.REST].log_in(EMAIL, PASSWORD, None).value["token"])
