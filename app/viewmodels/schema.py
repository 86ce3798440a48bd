"""Loads the GraphQL schema on a worker and holds it for the query editor. The answer comes as an event."""

import json
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from app.clients.port import LaneClient
from app.domain.cancel import CancelToken
from app.domain.drafts import GraphqlDraft
from app.domain.errors import Cancelled, InvalidInput, TrilaneError
from app.domain.events import BackendChanged, BackendState, Event
from app.domain.lanes import Lane
from app.domain.values import dataclass
from app.viewmodels.graphql_assist import GraphqlAssist, introspection_query
from app.viewmodels.ports import Publish, Submit, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaLoaded(Event):
    """The schema came, or ``why`` it did not."""

    assist: GraphqlAssist | None
    why: str = ""


class SchemaModel(QObject):
    """The schema of the GraphQL lane, loaded when its server comes up. GUI thread."""

    changed = Signal()

    def __init__(
        self,
        bus: Subscriber,
        *,
        client: Callable[[], LaneClient],
        submit: Submit,
        publish: Publish,
        parent: QObject | None = None,
    ) -> None:
        """``client`` gives the GraphQL lane's client; it may raise StartFailed."""
        super().__init__(parent)
        self.assist: GraphqlAssist | None = None
        self.why = "The schema is read when the server is up."
        self.loading = False
        self._client = client
        self._submit = submit
        self._publish = publish
        bus.subscribe(SchemaLoaded, self._loaded)
        bus.subscribe(BackendChanged, self._backend_changed)

    @Slot()
    def load(self) -> None:
        """Ask the server again."""
        self.why, self.loading = "Reading the schema …", True
        self.changed.emit()
        self._submit(_Load(self._client, self._publish))

    @Slot(object)
    def _loaded(self, event: SchemaLoaded) -> None:
        self.loading = False
        self.assist, self.why = event.assist or self.assist, event.why
        self.changed.emit()

    @Slot(object)
    def _backend_changed(self, event: BackendChanged) -> None:
        if event.lane is Lane.GRAPHQL and event.state is BackendState.UP:
            self.load()


class _Load:
    """The job: introspect, build. Holds no QObject."""

    __slots__ = ("_client", "_publish")

    def __init__(self, client: Callable[[], LaneClient], publish: Publish) -> None:
        self._client = client
        self._publish = publish

    def __call__(self, cancel: CancelToken) -> None:
        assist, why = None, ""
        try:
            assist = fetch_schema(self._client(), cancel=cancel)
        except Cancelled:
            return
        except TrilaneError as error:
            why = str(error)
        self._publish(SchemaLoaded(at=time.monotonic(), assist=assist, why=why))


def fetch_schema(client: LaneClient, *, cancel: CancelToken | None = None) -> GraphqlAssist:
    """Introspect through the lane's own client. AttemptFailed or InvalidInput when there is no schema."""
    reply = client.send(GraphqlDraft(query=introspection_query()), None, timeout=10.0, cancel=cancel)
    response = reply.exchanges[-1].response if reply.exchanges else None
    try:
        data = json.loads(response.text if response else "")["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("schema", "the answer to the introspection query holds no data") from error
    return GraphqlAssist.from_introspection(data)
