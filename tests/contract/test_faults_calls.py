"""Each kind of fault on each lane, as the program's own clients see it over real sockets."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests

from app.clients.port import LaneClient
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome
from backends.faults import FaultEngine
from tests.support.live_lanes import LiveLanes, outcome_of
from tests.support.orders import until

# The servers' own pools grow while they serve; that they all end is a test of the backends.
pytestmark = pytest.mark.leaves_threads

Clients = Mapping[Lane, LaneClient]
REST, GRAPHQL, GRPC = Lane.REST, Lane.GRAPHQL, Lane.GRPC
HTTP = (REST, GRAPHQL)

# rule, lanes, outcome; the rule's name is what the reply must say unless nothing could be said
NAMED: list[tuple[dict[str, Any], tuple[Lane, ...], Outcome]] = [
    ({"kind": "error", "status": 500}, (REST,), Outcome.INTERNAL),
    ({"kind": "error", "status": 404}, (REST,), Outcome.NOT_FOUND),
    ({"kind": "error", "status": 503}, (REST,), Outcome.UNAVAILABLE),
    ({"kind": "error"}, tuple(Lane), Outcome.UNAVAILABLE),
    ({"kind": "error", "code": "INTERNAL_SERVER_ERROR"}, (GRAPHQL,), Outcome.INTERNAL),
    ({"kind": "error", "code": "NOT_FOUND"}, (GRAPHQL, GRPC), Outcome.NOT_FOUND),
    ({"kind": "error", "code": "INTERNAL"}, (GRPC,), Outcome.INTERNAL),
    ({"kind": "fail_next", "count": 1}, tuple(Lane), Outcome.UNAVAILABLE),
    ({"kind": "rate_limit", "limit": 0}, tuple(Lane), Outcome.RATE_LIMITED),
    ({"kind": "delay", "ms": 5, "distribution": "normal", "spread_ms": 2}, tuple(Lane), Outcome.OK),
    ({"kind": "drip", "bytes_per_s": 20_000}, tuple(Lane), Outcome.OK),
    ({"kind": "truncate"}, HTTP, Outcome.RESET),
    ({"kind": "malformed"}, HTTP, Outcome.MALFORMED),
    ({"kind": "empty"}, (GRPC,), Outcome.OK),  # no bytes are a message with every field at its default
    ({"kind": "error", "name": "Ümlaut 50%20 ✗"}, tuple(Lane), Outcome.UNAVAILABLE),
]
UNNAMED: list[tuple[dict[str, Any], tuple[Lane, ...], Outcome]] = [
    ({"kind": "reset"}, tuple(Lane), Outcome.RESET),
    ({"kind": "empty"}, HTTP, Outcome.RESET),
    ({"kind": "truncate"}, (GRPC,), Outcome.RESET),
    ({"kind": "malformed"}, (GRPC,), Outcome.MALFORMED),
]


def each(table: list[tuple[dict[str, Any], tuple[Lane, ...], Outcome]]) -> list[Any]:
    """One case for each lane of each row."""
    return [
        pytest.param(lane, rule, outcome, id=f"{lane}-{'-'.join(map(str, rule.values()))}")
        for rule, lanes, outcome in table
        for lane in lanes
    ]


def healthy(client: LaneClient) -> bool:
    """Whether an ordinary call works and says nothing of faults."""
    reply = outcome_of(client)
    return reply.outcome is Outcome.OK and reply.injected is None and reply.value["name"] == "Laptop"


@pytest.mark.parametrize(("lane", "rule", "outcome"), each(NAMED))
def test_a_fault_is_seen_and_names_its_rule(
    lane: Lane, rule: dict[str, Any], outcome: Outcome, clients: Clients, faults: FaultEngine
) -> None:
    """The client gets the promised outcome and the rule's own words; the next request is healthy again."""
    faults.configure(lane.value, [rule])
    reply = outcome_of(clients[lane])
    assert reply.outcome is outcome, reply
    assert reply.injected == faults.rules(lane.value)[0].summary
    faults.clear()
    assert healthy(clients[lane])


@pytest.mark.parametrize(("lane", "rule", "outcome"), each(UNNAMED))
def test_a_fault_that_leaves_no_room_for_its_name_is_recorded(
    lane: Lane, rule: dict[str, Any], outcome: Outcome, clients: Clients, faults: FaultEngine
) -> None:
    """Nothing on the wire can name it, so the engine remembers it; the client connects anew."""
    faults.configure(lane.value, [rule])
    reply = outcome_of(clients[lane])
    assert reply.outcome is outcome, reply
    fired = faults.recent()[-1]
    assert (fired.lane, fired.operation) == (lane.value, "get-product")
    assert fired.rule == faults.rules(lane.value)[0].summary
    faults.clear()
    # gRPC calls that begin while their client still has to notice the end of the connection share its fate.
    assert until(lambda: healthy(clients[lane]), 10.0 if lane is GRPC else 0.0)


@pytest.mark.parametrize("lane", list(Lane))
@pytest.mark.parametrize("rule", [{"kind": "hang"}, {"kind": "delay", "ms": 600_000}], ids=["hang", "delay"])
def test_a_held_call_ends_with_the_callers_patience(
    lane: Lane, rule: dict[str, Any], clients: Clients, faults: FaultEngine
) -> None:
    """The client's own deadline ends it, and the connection pool is as good as before."""
    faults.configure(lane.value, [rule])
    assert outcome_of(clients[lane], timeout=0.1).outcome is Outcome.TIMEOUT
    faults.clear()
    assert healthy(clients[lane])


@pytest.mark.parametrize("lane", list(Lane))
def test_a_hundred_hanging_calls_leave_room_for_healthy_ones(
    lane: Lane, clients: Clients, faults: FaultEngine
) -> None:
    """Held requests use up no handler threads: another operation of the same lane is answered."""
    faults.configure(lane.value, [{"kind": "hang", "operation": "list-products"}])
    threads = [
        threading.Thread(
            target=outcome_of, args=(clients[lane], OperationId.LIST_PRODUCTS, {}), kwargs={"timeout": 1.5}
        )
        for _ in range(100)
    ]
    before = max((fired.number for fired in faults.recent()), default=0)
    for thread in threads:
        thread.start()
    try:
        assert eventually(lambda: bool(faults.recent()) and faults.recent()[-1].number == before + 100)
        assert healthy(clients[lane])
    finally:
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("operation", [OperationId.LIST_PRODUCTS, OperationId.GET_ORDER])
def test_partial_is_data_beside_an_error(
    operation: OperationId, clients: Clients, faults: FaultEngine
) -> None:
    """One nullable field is lost, with an error at its place; the rest is real."""
    faults.configure("graphql", [{"kind": "error", "partial": True}])
    params = {"id": "1"} if operation is OperationId.GET_ORDER else {}
    reply = outcome_of(clients[GRAPHQL], operation, params)
    assert reply.outcome is Outcome.PARTIAL
    assert reply.injected == "SERVICE_UNAVAILABLE (partial) at 100 %"
    lost = {OperationId.LIST_PRODUCTS: "total", OperationId.GET_ORDER: "created_at"}[operation]
    assert reply.value[lost] is None
    assert all(value for name, value in reply.value.items() if name != lost)


@pytest.mark.parametrize("lane", list(Lane))
@pytest.mark.parametrize("kind", ["error", "rate_limit"])
def test_the_wished_wait_arrives(lane: Lane, kind: str, clients: Clients, faults: FaultEngine) -> None:
    """retry_after_s reaches the client as Retry-After, retryAfter, or pushback."""
    rule = {"kind": kind, "retry_after_s": 3} | ({"limit": 0} if kind == "rate_limit" else {})
    faults.configure(lane.value, [rule])
    assert outcome_of(clients[lane]).retry_after == 3.0


@pytest.mark.parametrize("lane", list(Lane))
def test_the_same_seed_gives_the_same_sequence_over_the_wire(
    lane: Lane, clients: Clients, faults: FaultEngine
) -> None:
    """Thirty calls fail in the same places again, and elsewhere with another seed."""
    # Not a reset for gRPC: a call that begins while its client notices the last reset may share its fate.
    second = {"kind": "error", "code": "INTERNAL"} if lane is GRPC else {"kind": "reset"}
    rules = [{"kind": "error", "rate": 0.3}, {**second, "rate": 0.3}]

    def outcomes(seed: int) -> list[Outcome]:
        faults.apply({lane.value: rules}, seed)
        return [outcome_of(clients[lane]).outcome for _ in range(30)]

    first = outcomes(7)
    assert len(set(first)) == 3
    assert outcomes(7) == first
    assert outcomes(8) != first


@pytest.mark.parametrize("lane", list(Lane))
def test_other_lanes_and_operations_are_untouched(lane: Lane, clients: Clients, faults: FaultEngine) -> None:
    """A rule aimed at one operation of one lane hits nothing else."""
    faults.configure(lane.value, [{"kind": "error", "operation": "list-products"}])
    assert all(healthy(clients[each]) for each in Lane)
    assert outcome_of(clients[lane], OperationId.LIST_PRODUCTS, {}).outcome is Outcome.UNAVAILABLE
    others = [each for each in Lane if each is not lane]
    replies = [outcome_of(clients[each], OperationId.LIST_PRODUCTS, {}) for each in others]
    assert [reply.outcome for reply in replies] == [Outcome.OK, Outcome.OK]


@pytest.mark.parametrize("lane", [GRAPHQL, GRPC])
def test_replacing_and_patching_are_one_operation_where_the_protocol_has_one(
    lane: Lane, clients: Clients, faults: FaultEngine
) -> None:
    """A rule on replace-product fires where replacing is an update."""
    faults.configure(lane.value, [{"kind": "error", "operation": "replace-product"}])
    reply = outcome_of(clients[lane], OperationId.REPLACE_PRODUCT, {"id": "1", "name": "x", "price": "1"})
    assert reply.outcome is Outcome.UNAVAILABLE


def test_a_client_finds_its_faults_by_request_id(faults: FaultEngine, live: LiveLanes) -> None:
    """What X-Request-Id says comes back from the engine's memory, for faults that nothing can name."""
    faults.configure("rest", [{"kind": "empty"}])
    with pytest.raises(requests.ConnectionError):
        requests.get(
            f"{live.addresses['rest']}/api/v1/products/1", headers={"X-Request-Id": "call-7"}, timeout=5
        )
    assert [fired.rule for fired in faults.recent("call-7")] == ["empty response"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/openapi.json", "/docs", "/nowhere"])
def test_what_is_about_the_server_is_never_faulted(path: str, faults: FaultEngine, live: LiveLanes) -> None:
    """Health, description and pages stay as they are in the worst outage."""
    faults.configure("rest", [{"kind": "empty"}])
    response = requests.get(live.addresses["rest"] + path, timeout=5)
    assert response.status_code in (200, 404)
    assert "X-Trilane-Fault" not in response.headers


def test_introspection_and_broken_documents_are_never_faulted(faults: FaultEngine, live: LiveLanes) -> None:
    """What is no operation of the catalog gets its ordinary answer."""
    faults.configure("graphql", [{"kind": "empty"}])
    url = live.addresses["graphql"]
    for query, status in (("{ __typename }", 200), ("{ nothing }", 400), ("{", 400)):
        assert requests.post(url, json={"query": query}, timeout=5).status_code == status
    by_get = requests.get(url, params={"query": "{ __schema { queryType { name } } }"}, timeout=5)
    assert by_get.status_code == 200


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition holds within a patient while."""
    deadline = time.monotonic() + 10
    pause = threading.Event()
    while time.monotonic() < deadline:
        if condition():
            return True
        pause.wait(0.005)
    return False
