"""Which panels the window gets, where they stand, and the arrangements it offers. Builds widgets only.

The lanes are there with the window; every other panel, with the modules it needs, comes after the servers, or
when it is first looked at.
"""

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QWidget

from app.bootstrap.models import Models
from app.ui.actions import Actions
from app.ui.docks import Panel
from app.ui.panels.lane import LanePanel
from app.ui.theme import ThemeSource
from app.ui.widgets.late import Built, LatePanel
from app.ui.workspaces import Workspace

ORDERS_WIDTH = 760  # px: its lanes side by side with their axis
REPEAT_WIDTH = 640  # px: settings beside figures, or three columns of text
RIGHT_WIDTH = 294  # px: what the settings of an outage need
DIAGRAM_WIDTH = 525  # px: three states in a row
TIMELINE_WIDTH = 375  # px: its header
PICTURE_HEIGHT = 234  # px: three lanes with their words


def lane_panels(models: Models, themes: ThemeSource) -> Sequence[QWidget]:
    """The three columns, in the order of the screen."""
    return [LanePanel(model, themes) for model in models.lanes.values()]


def right_panels(models: Models, themes: ThemeSource) -> Sequence[Panel]:
    """Docks of the right edge, from the top."""
    outage = LatePanel(partial(_outage, models), width=RIGHT_WIDTH)
    resilience = LatePanel(partial(_resilience, models), width=RIGHT_WIDTH)
    return (
        Panel(id="outage", title="Outage", widget=outage, header=outage.header, key="Ctrl+4"),
        Panel(id="resilience", title="Resilience", widget=resilience, header=resilience.header, tabbed=True),
        Panel(
            id="compare",
            title="Compare",
            widget=LatePanel(partial(_compare, models, themes), width=RIGHT_WIDTH),
            key="Ctrl+5",
            tabbed=True,
        ),
    )


def bottom_panels(models: Models, themes: ThemeSource, actions: Actions) -> Sequence[Panel]:
    """Docks of the bottom edge, from the left."""
    orders = LatePanel(partial(_orders, models, themes, actions), width=ORDERS_WIDTH)
    diagram = LatePanel(partial(_diagram, models, themes), width=DIAGRAM_WIDTH, height=PICTURE_HEIGHT)
    timeline = LatePanel(partial(_timeline, models, themes), width=TIMELINE_WIDTH, height=PICTURE_HEIGHT)
    repeat = LatePanel(partial(_repeat, models, themes), width=REPEAT_WIDTH)
    protocols = LatePanel(partial(_protocols, models, themes), width=REPEAT_WIDTH)
    return (
        Panel(
            id="breakers",
            title="Circuit breakers",
            widget=diagram,
            header=diagram.header,
            key="Ctrl+6",
            weight=2,
        ),
        Panel(
            id="timeline",
            title="Attempts and retry delays",
            widget=timeline,
            header=timeline.header,
            key="Ctrl+7",
            weight=3,
        ),
        Panel(id="repeat", title="Repeat", widget=repeat, key="Ctrl+9", tabbed=True),
        Panel(id="protocols", title="Protocols", widget=protocols, key="Ctrl+0", tabbed=True),
        Panel(id="orders", title="Orders", widget=orders, header=orders.header, key="Ctrl+8"),
    )


def workspaces() -> Sequence[Workspace]:
    """Arrangements: everything about one outage, three answers side by side, the same orders streamed,
    or many calls measured.
    """
    return (
        Workspace(
            id="break-it",
            title="Break it",
            panels=frozenset({"outage", "resilience", "compare", "breakers", "timeline"}),
        ),
        Workspace(id="compare", title="Compare", panels=frozenset({"compare"}), right=0.23),
        Workspace(id="stream", title="Stream", panels=frozenset({"orders"}), bottom=0.5),
        Workspace(
            id="measure", title="Measure", panels=frozenset({"repeat", "protocols"}), bottom=1.0, lanes=False
        ),
    )


def _outage(models: Models) -> Built:
    from app.ui.panels.outage import OutagePanel

    panel = OutagePanel(models.outage)
    return panel, panel.header


def _resilience(models: Models) -> Built:
    from app.ui.panels.resilience import ResiliencePanel

    panel = ResiliencePanel(models.resilience)
    return panel, panel.header


def _compare(models: Models, themes: ThemeSource) -> Built:
    from app.ui.panels.compare import ComparePanel

    return ComparePanel(models.compare, themes), None


def _diagram(models: Models, themes: ThemeSource) -> Built:
    from app.ui.diagram.breaker_diagram import BreakerDiagram

    panel = BreakerDiagram(models.breakers, themes, still=models.appearance.reduced_motion)
    models.appearance.reduced_motion_changed.connect(panel.set_still)
    return panel, panel.header


def _orders(models: Models, themes: ThemeSource, actions: Actions) -> Built:
    from app.ui.panels.orders import OrdersPanel

    panel = OrdersPanel(models.orders, themes)
    # In the table only: on a button Space presses the button.
    actions.provide("stream-pause", models.orders.toggle_pause, within=panel.table)
    return panel, panel.header


def _repeat(models: Models, themes: ThemeSource) -> Built:
    from app.ui.panels.repeat import RepeatPanel

    return RepeatPanel(models.measuring.repeat, themes), None


def _protocols(models: Models, themes: ThemeSource) -> Built:
    from app.ui.panels.protocols import ProtocolsPanel

    return ProtocolsPanel(models.measuring.protocols, themes), None


def _timeline(models: Models, themes: ThemeSource) -> Built:
    from app.ui.charts.timeline import AttemptTimeline

    panel = AttemptTimeline(models.timeline, themes)
    return panel, panel.header
