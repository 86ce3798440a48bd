"""Everything a person can ask for, as one table: menus, palette and shortcut sheet are drawn from it.

An action without a handler is not shown anywhere: no entry does nothing. ``Actions.provide`` wires one.
"""

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.domain.values import dataclass
from app.ui.icons import icon
from app.ui.theme import ThemeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """One row of the table."""

    id: str
    text: str  # with its mnemonic
    menu: str  # path in the menu bar, "&View/&Theme"
    keys: tuple[str, ...] = ()  # portable text; the first one is shown
    icon: str = ""
    hint: str = ""
    checkable: bool = False
    separated: bool = False  # a line above it in its menu
    prefix: str = ""  # before the text where its menu is not seen: "Theme: Dark"

    @property
    def title(self) -> str:
        """The text without its mnemonic, as it reads outside its menu."""
        name = plain(self.text)
        return f"{self.prefix}: {name}" if self.prefix else name

    @property
    def group(self) -> str:
        """The top menu, as heading in palette and sheet."""
        return plain(self.menu.partition("/")[0])


FILE, EDIT, CALL, VIEW = "&File", "&Edit", "&Call", "&View"
SCENARIOS, TOOLS, HELP = "&Scenarios", "&Tools", "&Help"
GO_TO, PANELS, WORKSPACE, THEME = (f"{VIEW}/{name}" for name in ("&Go to", "&Panels", "&Workspace", "&Theme"))
COPY_AS = f"{EDIT}/Copy &as"
MENUS = (FILE, EDIT, COPY_AS, CALL, VIEW, GO_TO, PANELS, WORKSPACE, THEME, SCENARIOS, TOOLS, HELP)

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(id="export", text="&Export measurement…", menu=FILE, keys=("Ctrl+Shift+S",), icon="copy"),
    ActionSpec(
        id="export-comparison",
        text="Export &comparison…",
        menu=FILE,
        icon="copy",
        hint="The answers on the screen, what each cost and how they differ, as JSON.",
    ),
    ActionSpec(
        id="settings", text="&Settings…", menu=FILE, keys=("Ctrl+,",), icon="settings", separated=True
    ),
    ActionSpec(id="quit", text="&Quit", menu=FILE, keys=("Ctrl+Q",), icon="quit", separated=True),
    ActionSpec(
        id="operation",
        text="Choose &operation",
        menu=EDIT,
        keys=("Ctrl+L",),
        icon="operation",
        hint="Go to the list of operations.",
    ),
    ActionSpec(id="fields", text="Wanted &fields", menu=EDIT, keys=("Ctrl+Shift+L",), icon="fields"),
    ActionSpec(
        id="copy-rest",
        text="&cURL, REST",
        menu=COPY_AS,
        prefix="Copy as",
        icon="copy",
        hint="The REST request as a command.",
    ),
    ActionSpec(
        id="copy-graphql",
        text="cURL, &GraphQL",
        menu=COPY_AS,
        prefix="Copy as",
        icon="copy",
        hint="The query and its variables as a command.",
    ),
    ActionSpec(
        id="copy-grpc",
        text="g&rpcurl, gRPC",
        menu=COPY_AS,
        prefix="Copy as",
        icon="copy",
        hint="The call as a grpcurl command.",
    ),
    ActionSpec(
        id="send",
        text="&Send",
        menu=CALL,
        keys=("Ctrl+Enter", "Ctrl+Return"),
        icon="send",
        hint="Send the operation over all three lanes.",
    ),
    ActionSpec(
        id="repeat",
        text="&Repeat",
        menu=CALL,
        keys=("Ctrl+Shift+Enter", "Ctrl+Shift+Return"),
        icon="repeat",
        hint="Send it many times and measure.",
    ),
    ActionSpec(
        id="cancel", text="&Cancel", menu=CALL, keys=("Esc",), icon="cancel", hint="Stop what is in flight."
    ),
    ActionSpec(id="session", text="&Session…", menu=CALL, keys=("Ctrl+I",), icon="user", separated=True),
    ActionSpec(id="log-out", text="Log &out", menu=CALL, icon="log-out"),
    ActionSpec(
        id="theme-system",
        text="Follow the &system",
        menu=THEME,
        prefix="Theme",
        checkable=True,
        icon="theme",
        separated=True,
    ),
    ActionSpec(id="theme-dark", text="&Dark", menu=THEME, prefix="Theme", checkable=True, icon="theme"),
    ActionSpec(id="theme-light", text="&Light", menu=THEME, prefix="Theme", checkable=True, icon="theme"),
    ActionSpec(id="scenario", text="Choose &scenario", menu=SCENARIOS, keys=("Ctrl+E",), icon="scenario"),
    ActionSpec(id="scenario-run", text="&Run scenario", menu=SCENARIOS, icon="play"),
    ActionSpec(id="scenario-stop", text="S&top scenario", menu=SCENARIOS, icon="cancel"),
    ActionSpec(id="healthy", text="Make all lanes &healthy", menu=SCENARIOS, icon="check", separated=True),
    ActionSpec(
        id="load-toggle",
        text="Background &traffic",
        menu=TOOLS,
        keys=("Ctrl+T",),
        icon="play",
        hint="Start or stop sending the chosen operation at a steady rate.",
    ),
    ActionSpec(id="stream-start", text="Watch &orders", menu=TOOLS, icon="play"),
    ActionSpec(
        id="stream-pause",
        text="&Pause the order view",
        menu=TOOLS,
        keys=("Space",),
        icon="pause",
        hint="While the orders have the focus.",
    ),
    ActionSpec(id="reset-breakers", text="&Reset circuit breakers", menu=TOOLS, icon="refresh"),
    ActionSpec(id="crash-report", text="&Crash report…", menu=TOOLS, icon="warning", separated=True),
    ActionSpec(id="palette", text="Command &palette", menu=HELP, keys=("Ctrl+K",), icon="search"),
    ActionSpec(id="shortcuts", text="&Keyboard shortcuts", menu=HELP, keys=("F1",), icon="keyboard"),
    ActionSpec(id="about", text="&About Trilane", menu=HELP, icon="info", separated=True),
)


class Actions(QObject):
    """The table's rows that have a handler, as QActions. GUI thread."""

    available_changed = Signal()

    def __init__(
        self, themes: ThemeSource, *, specs: Sequence[ActionSpec] = ACTIONS, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._specs = {spec.id: spec for spec in specs}
        self._actions: dict[str, QAction] = {}
        themes.theme_changed.connect(self._recolour)

    def __iter__(self) -> Iterator[tuple[ActionSpec, QAction]]:
        """Wired rows in the order of the table."""
        return ((spec, self._actions[key]) for key, spec in self._specs.items() if key in self._actions)

    def __contains__(self, action_id: str) -> bool:
        return action_id in self._actions

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def provide(
        self, action_id: str, handler: Callable[..., object], *, within: QWidget | None = None
    ) -> QAction:
        """Wire a row of the table to a handler and so have it shown.

        ``within`` limits its keys to that widget and its children. KeyError for an unknown id.
        """
        spec = self._specs[action_id]
        action = QAction(spec.text, self)
        action.setObjectName(f"action-{spec.id}")
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setStatusTip(spec.hint)
        action.setToolTip(spec.hint or spec.title)
        action.setCheckable(spec.checkable)
        action.setMenuRole(QAction.MenuRole.NoRole)
        action.triggered.connect(handler)
        if within is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            within.addAction(action)
        self._put(spec, action)
        return action

    def add(self, spec: ActionSpec, handler: Callable[..., object]) -> QAction:
        """A row that only exists at run time: a panel, a workspace."""
        self._specs[spec.id] = spec
        return self.provide(spec.id, handler)

    def adopt(self, spec: ActionSpec, action: QAction) -> None:
        """Show somebody else's QAction, such as a dock's toggle, under our text and keys."""
        action.setText(spec.text)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        self._put(spec, action)

    def set_enabled(self, action_id: str, enabled: bool) -> None:
        """Enable or disable; nothing happens for a row without a handler."""
        if action_id in self._actions:
            self._actions[action_id].setEnabled(enabled)

    def _put(self, spec: ActionSpec, action: QAction) -> None:
        self._specs[spec.id] = spec
        self._actions[spec.id] = action
        if spec.icon and not spec.checkable:
            action.setIcon(icon(spec.icon, self._themes.theme))
        self.available_changed.emit()

    @Slot()
    def _recolour(self) -> None:
        for spec, action in self:
            if spec.icon and not spec.checkable:
                action.setIcon(icon(spec.icon, self._themes.theme))


def fill_menu_bar(bar: QMenuBar, actions: Actions) -> None:
    """Draw the menus anew: only those with an entry, in the order of MENUS."""
    bar.clear()  # takes the menus off, and keeps them
    for old in bar.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
        old.deleteLater()
    menus: dict[str, QMenu] = {}
    wired = sorted(actions, key=_menu_order)
    for spec, action in wired:
        menu = _menu(bar, menus, spec.menu)
        if spec.separated and not menu.isEmpty():
            menu.addSeparator()
        menu.addAction(action)


def plain(text: str) -> str:
    """A text without its mnemonic mark."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def key_text(key: str) -> str:
    """A key as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def _menu_order(row: tuple[ActionSpec, QAction]) -> int:
    return MENUS.index(row[0].menu)


def _menu(bar: QMenuBar, menus: dict[str, QMenu], path: str) -> QMenu:
    if path not in menus:
        above, _, name = path.rpartition("/")
        home: QMenuBar | QMenu = _menu(bar, menus, above) if above else bar
        # Made here and not by addMenu: PySide does not hear of the end of what Qt made, and would take the
        # widget that comes to lie at the same address for the menu, and the menu's actions for gone with it.
        menus[path] = QMenu(name, home)
        home.addMenu(menus[path])
    return menus[path]
