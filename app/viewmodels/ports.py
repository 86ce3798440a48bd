"""What view-models need from the rooms below, as small protocols: bus, workers, runner."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from app.domain.cancel import CancelToken
from app.domain.drafts import Draft
from app.domain.events import Event
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult


class Subscriber(Protocol):
    """The side of the event bus that view-models see."""

    def subscribe(self, event_type: type[Any], slot: Callable[[Any], None]) -> Callable[[], None]:
        """Call ``slot`` on the GUI thread for each event of the type."""


class Handle(Protocol):
    """A submitted job."""

    def cancel(self) -> None:
        """Ask it to stop."""


class Runner(Protocol):
    """One operation through one lane's pipeline; publishes CallStarted to CallFinished."""

    def run(
        self,
        draft: Draft,
        operation: OperationId,
        *,
        fields: tuple[str, ...],
        call_id: str,
        cancel: CancelToken,
        submitted_at: float,
    ) -> CallResult:
        """Never raises for a failed call. ``submitted_at`` is monotonic seconds."""


DraftFor = Callable[[Lane, OperationId, Mapping[str, str], Sequence[str]], Draft]
RunnerFor = Callable[[Lane], Runner | None]  # None while the backend is not up
Submit = Callable[[Callable[[CancelToken], None]], Handle]
Publish = Callable[[Event], None]
