"""The calls of a scenario: each lane's request is written once, the calls are numbered, chance is seeded."""

import random
import threading
from collections.abc import Callable, Mapping

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.errors import TrilaneError
from app.domain.lanes import Lane
from app.operations.calls import CallRunner
from app.operations.scenarios.script import Script

PREFIX = "scenario"


def call_id(lane: Lane, number: int) -> str:
    """The name of a lane's call of that number (from 1)."""
    return f"{PREFIX}-{lane.value}-{number}"


def stream_id(lane: Lane, number: int) -> str:
    """The name of a lane's stream of that number (from 1)."""
    return f"{PREFIX}-{lane.value}-stream-{number}"


class Chance:
    """Draws for the jitter: each call has a stream of its own, named by seed, lane and number.

    To be given to a Pipeline as ``random``. ``begin`` in the thread of the call, before it; other threads get
    ordinary chance.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._here = threading.local()

    def begin(self, lane: Lane, number: int) -> None:
        """From now on this thread draws for that call."""
        self._here.stream = random.Random(f"{self._seed}/{lane.value}/{number}")

    def __call__(self) -> float:
        """A draw from [0, 1)."""
        stream: random.Random | None = getattr(self._here, "stream", None)
        return random.random() if stream is None else stream.random()


class ScriptedCalls:
    """Makes the calls of a script. Any thread."""

    def __init__(
        self,
        script: Script,
        clients: Mapping[Lane, LaneClient],
        runner_for: Callable[[Lane], CallRunner | None],
        *,
        token: str | None = None,
    ) -> None:
        """Lanes that have no client, or no counterpart for the operation, send nothing."""
        self._script = script
        self._runner_for = runner_for
        self._drafts: dict[Lane, Draft] = {}
        self.silent: dict[Lane, str] = {}  # lanes that send nothing, and why
        for lane in script.lanes:
            try:
                self._drafts[lane] = clients[lane].draft(
                    script.operation, script.params, script.fields, token=token
                )
            except KeyError:
                self.silent[lane] = "its server is not up"
            except TrilaneError as error:
                self.silent[lane] = str(error)

    def call(self, lane: Lane, number: int, cancel: CancelToken) -> None:
        """Make one call and return when it has ended."""
        draft, runner = self._drafts.get(lane), self._runner_for(lane)
        if draft is None or runner is None:
            return
        script = self._script
        runner.run(
            draft, script.operation, fields=script.fields, call_id=call_id(lane, number), cancel=cancel
        )
