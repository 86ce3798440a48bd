"""The session at the right end of the operation bar: who is logged in, and for how long."""

from PySide6.QtCore import Slot

from app.ui.theme import ThemeSource
from app.ui.widgets.composite_button import CompositeButton
from app.ui.widgets.dot import Dot
from app.ui.widgets.labels import ElidedLabel, NumberLabel
from app.viewmodels.session import SessionModel


class SessionButton(CompositeButton):
    """Shows a SessionModel in one line. GUI thread."""

    def __init__(self, model: SessionModel, themes: ThemeSource) -> None:
        self._dot = Dot(themes, "muted")
        self._who = ElidedLabel()
        self._who.setMinimumWidth(self._who.fontMetrics().horizontalAdvance("Logging in…") + 2)
        self._left = NumberLabel("JWT 00:00:00", role="caption")
        super().__init__(self._dot, self._who, self._left, stretch=1)
        self.setObjectName("session")
        self._model = model
        model.session_changed.connect(self._show)
        model.remaining_changed.connect(self._tick)
        model.busy_changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        model = self._model
        if model.token is None:
            self._face("muted", "Logging in…" if model.busy else "Log in", "")
        elif model.expired:
            self._face("warning", model.email, "JWT expired")
        else:
            self._face("ok", model.email, f"JWT {model.remaining_text}".rstrip())
        self.updateGeometry()

    @Slot(str)
    def _tick(self, remaining: str) -> None:
        self._left.setText(f"JWT {remaining}")

    def _face(self, token: str, who: str, left: str) -> None:
        self._dot.set_token(token)
        self._who.set_full_text(who)
        self._left.setText(left)
        self._left.setVisible(bool(left))
        self.setAccessibleName(f"Session: {who} {left}".strip())
        self.update()  # the whole face: behind a popup Qt tells no button that the pointer is elsewhere
        self.setToolTip("Log in: writes need a token." if not left else "Show the token and what it says.")
