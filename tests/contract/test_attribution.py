"""Injected or real: what cannot be named on the wire is found by the request's id, on each lane."""

from dataclasses import replace
from typing import Any

import pytest

from app.clients.port import LaneClient
from app.domain.drafts import Draft, GrpcDraft
from app.domain.events import AttemptFinished, Event
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome
from app.operations.calls import CallRunner
from app.resilience.backoff import Jitter
from app.resilience.pipeline import Pipeline
from app.resilience.settings import PipelineSettings
from backends.faults import FaultEngine

pytestmark = pytest.mark.leaves_threads

GET = OperationId.GET_PRODUCT
QUICK = PipelineSettings(max_retries=1, initial_delay=0.01, jitter=Jitter.NONE, attempt_timeout=2.0)


class Caller:
    """One lane's runner, asking the servers' own memory."""

    def __init__(self, client: LaneClient, faults: FaultEngine) -> None:
        self._faults = faults
        self.asked: list[str] = []
        self.events: list[Event] = []
        self._client = client
        pipeline = Pipeline(QUICK, lane=client.lane, publish=self.events.append)
        self._runner = CallRunner(client, pipeline, publish=self.events.append, memory=self)

    def configure(self, settings: PipelineSettings) -> None:
        """From the next call on."""
        self._runner.pipeline.configure(settings)

    def call(self, call_id: str, product: str = "1") -> CallResult:
        draft = self._client.draft(GET, {"id": product}, (), token=None)
        return self._runner.run(draft, GET, call_id=call_id)

    def told(self) -> list[str | None]:
        return [event.injected for event in self.events if isinstance(event, AttemptFinished)]

    def suffers(self, lane: Lane) -> bool:
        return lane.value in self._faults.active

    def rule_of(self, request_id: str) -> str | None:
        self.asked.append(request_id)
        fired = self._faults.recent(request_id)
        return fired[-1].rule if fired else None


@pytest.fixture
def caller(client: LaneClient, faults: FaultEngine) -> Caller:
    return Caller(client, faults)


@pytest.mark.parametrize("kind", ["reset", "hang", "malformed"])
def test_each_attempt_names_the_fault_that_broke_it(
    kind: str, caller: Caller, client: LaneClient, faults: FaultEngine
) -> None:
    """Result, history and events of a broken call all say which rule it was, where no answer could."""
    rule: dict[str, Any] = {"kind": kind, "name": f"test {kind}"}
    settings = PipelineSettings(max_retries=1, initial_delay=0.01, jitter=Jitter.NONE, attempt_timeout=0.2)
    caller.configure(settings)
    faults.configure(client.lane.value, [rule])
    result = caller.call(f"broken-{kind}-{client.lane}")
    assert result.outcome not in (Outcome.OK, Outcome.PARTIAL)
    assert result.reply.injected == f"test {kind}"
    assert {attempt.injected for attempt in result.attempts} == {f"test {kind}"}
    assert set(caller.told()) == {f"test {kind}"}


def test_a_refusal_that_nobody_injected_stays_real(
    caller: Caller, client: LaneClient, faults: FaultEngine
) -> None:
    """While another operation suffers, an unknown id is refused for its own reason, and is told so."""
    faults.configure(client.lane.value, [{"kind": "reset", "operation": "get-order"}])
    result = caller.call(f"real-{client.lane}", product="404404")
    assert result.outcome is Outcome.NOT_FOUND
    assert result.reply.injected is None
    assert caller.asked == [f"real-{client.lane}-1"]


def test_a_healthy_lane_is_asked_nothing(caller: Caller, client: LaneClient) -> None:
    """Without an outage a request carries no id, and a refusal is nobody's doing."""
    result = caller.call(f"healthy-{client.lane}", product="404404")
    assert result.outcome is Outcome.NOT_FOUND
    assert caller.asked == []
    sent = result.reply.exchanges[0].request.headers
    assert "x-request-id" not in {name.lower() for name, _ in sent}


def test_the_id_is_shown_as_sent_and_a_typed_one_stays(client: LaneClient) -> None:
    """What the request tab shows is what went out, the id included; nobody's own id is written over."""
    draft = client.draft(GET, {"id": "1"}, (), token=None)
    for number in ("1", "2"):  # gRPC keeps a prepared call, but not the id of the last attempt
        reply = client.send(draft, GET, timeout=5.0, request_id=f"call-{number}")
        headers = {name.lower(): value for name, value in reply.exchanges[0].request.headers}
        assert headers["x-request-id"] == f"call-{number}"
    typed = _with_id(draft, "mine")
    reply = client.send(typed, GET, timeout=5.0, request_id="call-3")
    sent = [value for name, value in reply.exchanges[0].request.headers if name.lower() == "x-request-id"]
    assert sent == ["mine"]
    plain = client.send(draft, GET, timeout=5.0)
    assert "x-request-id" not in {name.lower() for name, _ in plain.exchanges[0].request.headers}


def _with_id(draft: Draft, request_id: str) -> Draft:
    if isinstance(draft, GrpcDraft):
        return replace(draft, metadata=(*draft.metadata, ("x-request-id", request_id)))
    return replace(draft, headers=(*draft.headers, ("X-Request-Id", request_id)))
