"""A lane that refused for want of a login: ask for one, then send again what was refused. No widgets."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Slot

from app.domain.lanes import Lane
from app.viewmodels.calls import CallsModel
from app.viewmodels.lane import LaneModel
from app.viewmodels.session import SessionModel


class LoginOffers(QObject):
    """Watches what a person sends. GUI thread; made after everything that it listens to."""

    def __init__(
        self, session: SessionModel, calls: CallsModel, lanes: Mapping[Lane, LaneModel], *, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._calls, self._lanes = session, calls, lanes
        self._sent_with: dict[Lane, str | None] = {}  # the token of each lane's last call
        calls.sent.connect(self._remember_token)
        calls.in_flight_changed.connect(self._offer_login)
        for model in lanes.values():
            model.log_in_requested.connect(self._log_in_and_retry)

    @Slot(object)
    def _remember_token(self, lanes: tuple[Lane, ...]) -> None:
        self._sent_with |= dict.fromkeys(lanes, self._session.token)

    @Slot(bool)
    def _offer_login(self, in_flight: bool) -> None:
        """What a person sent was refused for want of a login: ask once, then send it again."""
        refused = tuple(lane for lane in self._sent_with if self._lanes[lane].offers_log_in)
        if in_flight or not refused or self._session.valid:
            return
        known = self._session.token is not None
        why = "The token has expired." if known else "This operation writes and needs a login."
        self._session.ask(why, partial(self._calls.send_drafts, refused))

    @Slot(object)
    def _log_in_and_retry(self, lane: Lane) -> None:
        again = partial(self._calls.send_drafts, (lane,))
        if self._session.valid and self._session.token != self._sent_with.get(lane):
            again()  # somebody has logged in since
        else:
            self._session.ask(f"{lane.label} asked for a valid token.", again)
