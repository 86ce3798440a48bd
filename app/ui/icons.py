"""Icons from one-colour SVG files, painted in the theme's colours. No picture holds a colour of its own."""

from functools import lru_cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from app.ui.theme import Theme

ICON_SIZE = 16  # px


def icon(name: str, theme: Theme, token: str = "muted") -> QIcon:
    """The icon ``name`` in the colour ``token``. FileNotFoundError for an unknown name."""
    made = QIcon()
    faint = theme.mix("muted", "surface1", 0.5)
    for scale in _scales():
        made.addPixmap(_pixmap(name, theme[token].name(), scale), QIcon.Mode.Normal)
        made.addPixmap(_pixmap(name, theme["text"].name(), scale), QIcon.Mode.Selected)
        made.addPixmap(_pixmap(name, faint.name(), scale), QIcon.Mode.Disabled)
    return made


def _scales() -> tuple[int, ...]:
    """Device pixels per pixel that are kept ready: the finer ones only where a screen has them."""
    application = QGuiApplication.instance()
    fine = isinstance(application, QGuiApplication) and application.devicePixelRatio() > 1
    return (1, 2) if fine else (1,)


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return files("resources").joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")


def _pixmap(name: str, color: str, scale: int) -> QPixmap:
    """From Qt's own cache, which ends with the application: a change of theme asks for hundreds."""
    key = f"trilane/{name}/{color}/{scale}"
    pixmap = QPixmap()
    if not QPixmapCache.find(key, pixmap):
        pixmap = _drawn(name, color, scale)
        QPixmapCache.insert(key, pixmap)
    return pixmap


def _drawn(name: str, color: str, scale: int) -> QPixmap:
    svg = _source(name).replace("currentColor", QColor(color).name())
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    pixmap = QPixmap(QSize(ICON_SIZE, ICON_SIZE) * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap
