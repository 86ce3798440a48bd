"""One measured run on a worker: who is asked, with which token, and the events that come back. No QObject."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.errors import Cancelled, TrilaneError
from app.domain.events import Event
from app.domain.lanes import Lane
from app.domain.operations import Question
from app.domain.values import dataclass
from app.operations.elsewhere import for_elsewhere, needs_log_in, tokens_for
from app.operations.lane_access import MakeClient, make_client
from app.operations.log_in import Credentials
from app.operations.repeat import Repeat
from app.operations.repeat_results import RepeatPlan, RepeatProgress, RepeatRun
from app.resilience.settings import PipelineSettings
from app.viewmodels.ports import Publish
from app.viewmodels.repeat_picture import RunPicture, picture_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatProgressed(Event):
    """A run is under way."""

    progress: RepeatProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatEnded(Event):
    """A run is over: measured, or ``problem`` says why not."""

    run: RepeatRun | None = None
    picture: RunPicture | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatPorts:
    """What a run needs of the program. Called on the GUI thread, but for ``client_for``."""

    question: Callable[[], Question]
    problem: Callable[[], str]  # why the operation cannot be sent as it stands; empty when it can
    edited: Callable[[Lane], Draft | None]  # the request where a person changed it
    token: Callable[[], str | None]
    client_for: Callable[[Lane], LaneClient]  # raises StartFailed while the server is not up; any thread
    policies: Callable[[], Mapping[Lane, PipelineSettings]]
    make_client: MakeClient = make_client


class RepeatJob:
    """Called once, on a worker.

    ``addresses`` are servers elsewhere, and ``credentials`` are for those alone; ``token`` is for the others.
    """

    def __init__(
        self,
        plan: RepeatPlan,
        ports: RepeatPorts,
        *,
        addresses: Mapping[Lane, str],
        edited: Mapping[Lane, Draft | None],
        token: str | None,
        credentials: Credentials | None,
        policies: Mapping[Lane, PipelineSettings],
        publish: Publish,
    ) -> None:
        self._plan = plan
        self._client_for, self._make_client = ports.client_for, ports.make_client
        self._addresses = addresses
        self._drafts = {lane: draft for lane, draft in edited.items() if draft is not None}
        self._token = token
        self._credentials = credentials
        self._policies = policies
        self._publish = publish

    def __call__(self, cancel: CancelToken) -> None:
        try:
            run = self._measure(cancel)
        except Cancelled:
            self._publish(RepeatEnded(at=time.monotonic()))
        except TrilaneError as error:
            self._publish(RepeatEnded(at=time.monotonic(), problem=str(error)))
        except Exception as error:  # thread boundary: without an end the panel would wait for ever
            self._publish(RepeatEnded(at=time.monotonic(), problem=f"a fault of this program: {error!r}"))
            raise
        else:
            self._publish(RepeatEnded(at=time.monotonic(), run=run, picture=picture_of(run)))

    def _measure(self, cancel: CancelToken) -> RepeatRun:
        with ExitStack() as cleanup:
            clients = {lane: self._client(lane, cleanup) for lane in self._plan.lanes}
            tokens = self._tokens(clients, cancel)
            return Repeat(
                self._plan,
                clients,
                drafts={lane: self._addressed(lane, draft, tokens) for lane, draft in self._drafts.items()},
                tokens=tokens,
                policies=self._policies,
                cancel=cancel,
                on_progress=self._tell,
                addresses=self._addresses,
            ).run()

    def _client(self, lane: Lane, cleanup: ExitStack) -> LaneClient:
        address = self._addresses.get(lane)
        if address is None:
            return self._client_for(lane)
        client = self._make_client(lane, address)
        cleanup.callback(client.close)
        return client

    def _tokens(self, clients: Mapping[Lane, LaneClient], cancel: CancelToken) -> dict[Lane, str]:
        """The program's own for its own servers; for those elsewhere what their log-in gives, if they ask."""
        own = {} if self._token is None else dict.fromkeys(clients, self._token)
        asked = {
            lane: clients[lane]
            for lane in self._addresses
            if lane in clients and needs_log_in(self._plan.operation, lane, self._drafts.get(lane))
        }
        found: dict[Lane, str] = {}
        if self._credentials is not None:
            found = tokens_for(asked, self._credentials, elsewhere=asked, cancel=cancel)
        return {lane: token for lane, token in own.items() if lane not in self._addresses} | found

    def _addressed(self, lane: Lane, draft: Draft, tokens: Mapping[Lane, str]) -> Draft:
        if lane not in self._addresses:
            return draft
        return for_elsewhere(draft, token=tokens.get(lane), secret=self._token)

    def _tell(self, progress: RepeatProgress) -> None:
        self._publish(RepeatProgressed(at=time.monotonic(), progress=progress))
