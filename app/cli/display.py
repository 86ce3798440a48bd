"""Whether a window can be shown. Asked before Qt is started, because Qt ends the process when it cannot."""

import contextlib
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_LOCAL_X = re.compile(r"(?:unix)?:(\d+)(?:\.\d+)?")


def has_display(environ: Mapping[str, str]) -> bool:
    """On macOS and Windows always; elsewhere if a display is named and, as far as it is local, answers."""
    if sys.platform in {"win32", "darwin"} or environ.get("QT_QPA_PLATFORM"):
        return True
    return _wayland_answers(environ) or _x_answers(environ.get("DISPLAY", ""))


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY")
    if not name:
        return False
    return _connects(str(Path(environ.get("XDG_RUNTIME_DIR", "/")) / name))


def _x_answers(display: str) -> bool:
    local = _LOCAL_X.fullmatch(display)
    if local is None:
        return bool(display)  # on another machine: its server may take its time, so Qt finds out
    place = f"/tmp/.X11-unix/X{local[1]}"
    return _connects(place) or _connects(f"\0{place}")


def _connects(place: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.settimeout(1)
        probe.connect(place)
        return True
    return False
