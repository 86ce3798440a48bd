"""The one application style sheet and palette, rendered from theme tokens. No widget styles itself.

Widgets say what they are with dynamic properties; ``restyle`` changes one later. Roles:

QLabel       role=heading  section heading: small capitals, muted    role=title    semi-bold
             role=muted    second-rank text                          role=caption  small and muted
             role=mono     identifiers in the monospace family       role=error | warning | ok
             role=chip     rounded value, with tone=ok | warning | error | accent | muted
             role=lane     semi-bold name in the lane's colour, with lane=rest | graphql | grpc
             role=key      a keyboard key
QPushButton  (none) secondary   role=primary  one in a view   role=quiet  no box until hovered
             role=danger  destructive         role=field  opens a list, looks like an input
             role=link    a word to click, in a line of text
             role=compact  a box no higher than the line it stands in
QFrame       role=pane  panel surface         role=well  the surface behind panes
             role=card  hairline box          role=field  box around a labelled input (focused, invalid)
             role=popover  floating surface   role=rule | vrule  hairline
Text, trees  role=code  monospace body in a hairline box; role=bare  no box at all
QLineEdit, QComboBox  role=code  monospace, for paths and names on the wire
QSplitter    role=bare  a handle that shows only under the pointer
QSlider      tone=error | warning  colours the filled part
QProgressBar role=meter  4 px line, with tone=ok | warning | error (none: accent)
QTabBar      underlined text everywhere; dense=yes  less between the tabs (widgets/tab_fit.py)

Padding is in steps of 4 px; a 2 px focus ring takes the place of padding, so that nothing moves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from string import Template

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from app.ui.theme import Theme, ThemeSource, mono_font, point_size
from app.viewmodels.appearance import AppearanceModel

_BODY = 0.9  # monospace letters look larger than those beside them
_BETWEEN = "between-sheets"  # property of the application
_SMALLER = 0.88  # captions, headings and chips against the system's size


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties and have the style sheet looked up again, if any of them changed."""
    changed = [name for name, value in properties.items() if widget.property(name) != value]
    if not changed:
        return
    for name in changed:
        widget.setProperty(name, properties[name])
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def render_stylesheet(theme: Theme, *, ui_font: QFont, body_points: float | None = None) -> str:
    """The style sheet for one theme. ``ui_font`` is the system's; sizes follow from it, in points."""
    template = files("resources").joinpath("themes", "application.qss").read_text(encoding="utf-8")
    size = point_size(ui_font)
    mono = mono_font()
    values = {
        **theme.tokens,
        **{name: color.name() for name, color in _shades(theme).items()},
        "size": f"{size:.4g}pt",
        "small": f"{max(7.0, size * _SMALLER):.4g}pt",
        "mono": mono.family(),
        "body": f"{body_points or max(7.0, size * _BODY):.4g}pt",
        "marks": _marks(theme),
    }
    return Template(template).substitute(values)


def color_palette(theme: Theme) -> QPalette:
    """The palette under the style sheet: what Fusion and item views draw by themselves."""
    palette = QPalette()
    role = QPalette.ColorRole
    for key, token in {
        role.Window: "surface1",
        role.Base: "surface1",
        role.AlternateBase: "surface0",
        role.Button: "surface2",
        role.ToolTipBase: "surface2",
        role.Mid: "line",
        role.Dark: "line_strong",
        role.WindowText: "text",
        role.Text: "text",
        role.ButtonText: "text",
        role.ToolTipText: "text",
        role.PlaceholderText: "muted",
        role.Highlight: "selection",
        role.HighlightedText: "text",
        role.Accent: "accent",
        role.Link: "accent",
        role.LinkVisited: "accent",
    }.items():
        palette.setColor(key, theme[token])
    faint = theme.mix("muted", "surface1", 0.4)
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, faint)
    return palette


def between_sheets() -> bool:
    """Whether one sheet is being put in another's place: fonts of now mean nothing, others come at once."""
    app = QApplication.instance()
    return app is not None and bool(app.property(_BETWEEN))


class StyleKeeper(QObject):
    """Keeps the application's palette and style sheet in step with the theme in force. GUI thread."""

    def __init__(
        self, app: QApplication, themes: ThemeSource, *, appearance: AppearanceModel | None = None
    ) -> None:
        super().__init__(app)
        self._app = app
        self._themes = themes
        self._ui_font = app.font()
        self._body_points = appearance.body_points if appearance else 0
        app.setStyle("Fusion")
        self.apply()
        themes.theme_changed.connect(self.apply)
        if appearance is not None:
            appearance.body_points_changed.connect(self.set_body_points)

    @Slot()
    def apply(self) -> None:
        """Render and set; every widget repolishes."""
        theme = self._themes.theme
        sheet = render_stylesheet(theme, ui_font=self._ui_font, body_points=self._body_points or None)
        with self._sheltered_windows():
            self._take_off()
            self._app.setPalette(color_palette(theme))
            self._app.setStyleSheet(sheet)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook, on main windows while sheets change: none hears that its separators may be others.

        Without a sheet they are, and it would lay its docks out for them and then back again, a pixel off
        and for a fifth of the whole time. With the next sheet they are as before.
        """
        return event.type() is QEvent.Type.StyleChange

    @contextmanager
    def _sheltered_windows(self) -> Iterator[None]:
        dressed = bool(self._app.styleSheet())  # with the first sheet separators do change
        windows = [each for each in self._app.topLevelWidgets() if dressed and isinstance(each, QMainWindow)]
        for window in windows:
            window.installEventFilter(self)
        yield
        for window in windows:
            window.removeEventFilter(self)

    def _take_off(self) -> None:
        """Where one sheet takes another's place, Qt polishes a widget once for each of its parents.

        That took half a second; off and on again is done with each widget once.
        """
        self._app.setProperty(_BETWEEN, True)
        self._app.setStyleSheet("")
        self._app.setProperty(_BETWEEN, False)

    @Slot(int)
    def set_body_points(self, points: int) -> None:
        """Change the size of request and response bodies; 0 is the system's."""
        self._body_points = points
        self.apply()


def _shades(theme: Theme) -> dict[str, QColor]:
    return {
        "hover": theme.mix("surface2", "text", 0.06),
        "pressed": theme.mix("surface2", "text", 0.12),
        "hover_quiet": theme.mix("surface1", "text", 0.07),
        "primary_hover": theme.mix("accent", "text", 0.12),
        "primary_pressed": theme.mix("accent", "text", 0.22),
        "faint": theme.mix("muted", "surface1", 0.4),
        "thumb": theme.mix("line", "muted", 0.35),
        "knob": theme["text"] if theme.dark else theme["surface1"],
    }


def _marks(theme: Theme) -> str:
    """Folder of check marks and arrows: Qt style sheets take images only from files."""
    with as_file(files("resources").joinpath("icons", "marks", theme.name)) as folder:
        return Path(folder).as_posix()
