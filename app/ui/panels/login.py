"""The login popover: first a form, then the token, what it says, and how a bad one fares."""

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.ui.panels.login_form import LoginForm
from app.ui.panels.token_view import TokenView
from app.viewmodels.session import SessionModel

_WIDTH = 432  # px


class LoginPopover(QDialog):
    """Shows the form without a token and the token view with one. GUI thread.

    A click beside it or Esc closes it.
    """

    def __init__(self, model: SessionModel, anchor: QWidget) -> None:
        super().__init__(anchor.window(), Qt.WindowType.Popup)
        self.setObjectName("login")
        self.setProperty("role", "popover")
        self.setWindowTitle("Session")
        self.setAccessibleName("Session")
        self.setFixedWidth(_WIDTH)
        self._model = model
        self._anchor = anchor
        self._asked = False  # opened for a reason, not by hand
        self._form = LoginForm(model)
        self._token = TokenView(model)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.addWidget(self._form)
        column.addWidget(self._token)
        model.session_changed.connect(self._show_side)
        model.session_changed.connect(self._close_if_asked)
        model.login_wanted.connect(self.open_because)
        model.refusals_changed.connect(self._fit)
        model.failed.connect(self._show_failure)
        self._show_side()

    @Slot()
    def open_under_anchor(self) -> None:
        """Open at the session button."""
        self._show_side()
        corner = self._anchor.mapToGlobal(QPoint(self._anchor.width() - _WIDTH, self._anchor.height() + 4))
        screen = self._anchor.screen() or QGuiApplication.primaryScreen()
        corner.setX(max(corner.x(), screen.availableGeometry().left()))
        self.move(corner)
        self.show()
        if not self._form.isHidden():
            self._form.start()

    @Slot(str)
    def open_because(self, reason: str) -> None:
        """Open the form with the reason over it."""
        self._form.explain(reason)
        self._asked = True
        if self.isVisible():
            self._show_side()
        else:
            self.open_under_anchor()

    def hideEvent(self, event: QHideEvent) -> None:
        """A login that was not made leaves no wish behind."""
        super().hideEvent(event)
        self._form.explain("")
        self._asked = False
        if not self._model.busy:
            self._model.forget_wish()

    @Slot()
    def _show_side(self) -> None:
        # Whoever is asked gets the form, whatever the token says of itself: a backend refused it.
        shows_token = self._model.valid and not self._asked
        shown, hidden = (self._token, self._form) if shows_token else (self._form, self._token)
        turned = shown.isHidden()
        hidden.hide()  # first: with both shown the popover would grow, and its least height with it
        shown.show()
        self._fit()
        if turned and shown is self._form and self.isVisible():
            self._form.start()

    @Slot()
    def _close_if_asked(self) -> None:
        """Whoever was asked to log in wants to go on with what asked."""
        if self._asked and self._model.token is not None:
            self.hide()

    @Slot()
    def _show_failure(self) -> None:
        """A login that failed after the form was closed is not lost."""
        self._fit()
        if not self.isVisible():
            self.open_under_anchor()

    @Slot()
    def _fit(self) -> None:
        # A word that changed has told its own layout only; those around it would hear of it one event later
        # each, and answers that need two lines would be cut until then.
        for part in reversed(self.findChildren(QWidget)):
            inner = part.layout()
            if inner is not None:
                inner.invalidate()
                part.updateGeometry()
        layout = self.layout()
        assert layout is not None
        layout.activate()  # brings the least height up to date, below which nothing can be resized
        self.resize(_WIDTH, layout.totalHeightForWidth(_WIDTH))
