"""Stand-ins for the lanes and panels that other rooms make: enough to judge the shell around them."""

import base64
import json
import time

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSlider,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.domain.events import BackendChanged, BackendState, FaultsChanged, LoggedIn
from app.domain.lanes import Lane
from app.ui.actions import Actions
from app.ui.docks import Panel
from app.ui.main_window import MainWindow
from app.ui.theme import ThemeSource
from app.ui.widgets.chip import Chip
from app.ui.widgets.dot import Dot
from app.ui.widgets.labels import SectionHeading, role_label
from app.ui.workspaces import Workspace
from app.viewmodels.appearance import AppearanceModel
from app.viewmodels.backends import BackendsModel
from app.viewmodels.memory import NoMemory
from app.viewmodels.operation import OperationModel
from app.viewmodels.session import SessionModel

_CHIPS = {
    Lane.REST: (
        ("200 OK", "ok"),
        ("5.9 ms", ""),
        ("1 284 B", ""),
        ("3 round trips", "warning"),
        ("retries 0", ""),
    ),
    Lane.GRAPHQL: (("200 OK", "ok"), ("3.1 ms", ""), ("412 B", ""), ("1 round trip", ""), ("retries 0", "")),
    Lane.GRPC: (("14 UNAVAILABLE", "error"), ("2.41 s", ""), ("0 B", ""), ("retries 3", "warning")),
}
_ADDRESSES = {
    Lane.REST: "127.0.0.1:41873",
    Lane.GRAPHQL: "127.0.0.1:38011/graphql",
    Lane.GRPC: "127.0.0.1:50051",
}


def token(lifetime: float, now: float | None = None) -> str:
    """A token-shaped text that lives ``lifetime`` seconds; nobody signed it."""
    issued = int(time.time() if now is None else now)
    parts = (
        {"alg": "HS256", "typ": "JWT"},
        {"sub": "user@example.com", "iat": issued, "exp": issued + int(lifetime), "jti": "5b1c9e"},
    )
    packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join((*packed, "c2lnbmF0dXJl"))


class NoAnswer:
    """Ports that take what they are given and remember it."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def __call__(self, *args: object) -> None:
        self.calls.append(args)


class SampleShell:
    """The window with stand-ins, and every view-model that a test wants to drive."""

    def __init__(self, store: QSettings, themes: ThemeSource) -> None:
        self.log_in, self.try_token, self.retry = NoAnswer(), NoAnswer(), NoAnswer()
        self.operation = OperationModel(NoMemory())
        self.session = SessionModel(log_in=self.log_in, try_token=self.try_token)
        self.backends = BackendsModel(retry=self.retry)
        self.appearance = AppearanceModel(NoMemory(), system_dark=themes.theme.dark)
        self.actions = Actions(themes)
        self.repeated = NoAnswer()
        self.copied = NoAnswer()
        self.actions.provide("repeat", self.repeated)
        for lane in Lane:
            self.actions.provide(f"copy-{lane}", self.copied)
        self.window = MainWindow(
            operation=self.operation,
            session=self.session,
            backends=self.backends,
            appearance=self.appearance,
            actions=self.actions,
            themes=themes,
            layout_store=store,
            lanes=[sample_lane(lane, themes) for lane in Lane],
            right=(
                Panel(id="outage", title="Outage", widget=sample_outage(), key="Ctrl+4"),
                Panel(id="orders", title="Streamed orders", widget=sample_orders(), key="Ctrl+6"),
            ),
            bottom=(
                Panel(
                    id="breakers", title="Circuit breakers", widget=sample_picture(), key="Ctrl+5", weight=2
                ),
                Panel(id="timeline", title="Attempts and retry delays", widget=sample_picture(), weight=3),
            ),
            workspaces=(
                Workspace(
                    id="outage",
                    title="Outage",
                    panels=frozenset({"outage", "orders", "breakers", "timeline"}),
                ),
                Workspace(id="compare", title="Compare", panels=frozenset()),
                Workspace(id="stream", title="Stream", panels=frozenset({"orders"})),
            ),
        )

    def bring_up(self) -> None:
        """Everything up, gRPC degraded, somebody logged in."""
        for lane in Lane:
            state = BackendState.UP
            self.backends.on_backend_changed(
                BackendChanged(at=0, lane=lane, state=state, address=_ADDRESSES[lane])
            )
        self.backends.on_faults_changed(
            FaultsChanged(at=0, lane=Lane.GRPC, summary="UNAVAILABLE at 70 %", settings={})
        )
        self.session.on_logged_in(LoggedIn(at=0, email="user@example.com", token=token(85_268)))


def sample_lane(lane: Lane, themes: ThemeSource) -> QWidget:
    """A column with the drawing's parts."""
    column = QWidget()
    rows = QVBoxLayout(column)
    rows.setContentsMargins(12, 12, 12, 8)
    rows.setSpacing(8)
    head = QHBoxLayout()
    head.addWidget(Dot(themes, f"lane_{lane}", square=True))
    head.addWidget(role_label(lane.label, "title"))
    head.addWidget(role_label(_ADDRESSES[lane], "muted"), 1)
    chips = QHBoxLayout()
    chips.setSpacing(4)
    for text, tone in _CHIPS[lane]:
        chips.addWidget(Chip(text, tone=tone))
    chips.addStretch()
    rows.addLayout(head)
    rows.addLayout(chips)
    rows.addWidget(_tabs("Request", "Headers", "Wire"))
    rows.addWidget(_body("GET /api/v1/orders/1\nAuthorization: Bearer eyJhbGc…"), 1)
    rows.addWidget(_tabs("Response", "Raw", "Headers 9", "Timing", "Diff"))
    rows.addWidget(_body('{\n  "id": "1",\n  "total": 1059.97,\n  "status": "processing"\n}'), 3)
    meter = QHBoxLayout()
    bar = QProgressBar()
    bar.setProperty("tone", "warning")
    bar.setTextVisible(False)
    bar.setValue(58)
    for widget in (role_label("Over-fetch", "muted"), bar, QLabel("58 %")):
        meter.addWidget(widget)
    rows.addLayout(meter)
    return column


def sample_outage() -> QWidget:
    """Sliders for each lane."""
    panel = QWidget()
    rows = QVBoxLayout(panel)
    rows.setContentsMargins(12, 4, 12, 12)
    rows.setSpacing(4)
    for lane in Lane:
        rows.addWidget(role_label(lane.label, "title"))
        for name, value in (("failure rate", "70 %"), ("latency", "20 ms")):
            row = QHBoxLayout()
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setValue(70 if lane is Lane.GRPC else 0)
            slider.setProperty("tone", "error" if lane is Lane.GRPC else "")
            for widget in (role_label(name, "muted"), slider, QLabel(value)):
                row.addWidget(widget)
            rows.addLayout(row)
    rows.addWidget(SectionHeading("Scenario"))
    rows.addWidget(QPushButton("Run"))
    rows.addStretch()
    return panel


def sample_orders() -> QWidget:
    """A body with a margin."""
    panel = QWidget()
    rows = QVBoxLayout(panel)
    rows.setContentsMargins(12, 4, 12, 12)
    rows.addWidget(_body("gRPC 5  lag 0.4 ms\nSSE  4  lag 0.9 ms"))
    return panel


def sample_picture() -> QWidget:
    """Room for a diagram."""
    label = role_label("a picture from another room", "muted")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setMinimumSize(200, 120)
    return label


def _tabs(*names: str) -> QTabBar:
    tabs = QTabBar()
    for name in names:
        tabs.addTab(name)
    return tabs


def _body(text: str) -> QPlainTextEdit:
    body = QPlainTextEdit(text)
    body.setProperty("role", "code")
    return body
