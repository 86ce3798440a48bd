"""How long a person waits for the window, for its servers and for its end; and for a bare window."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

BARE = """
import sys, time
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("painted", time.monotonic() - float(sys.argv[1]), flush=True)
        QApplication.instance().quit()
app = QApplication([])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""

OURS = """
import sys, time
from app.bootstrap.desktop import Desktop, make_application
from app.infrastructure.paths import user_paths
from app.lifecycle import FirstPaint
from backends.serving import ServerSettings
from PySide6.QtCore import QTimer
def tell(what):
    print(what, time.monotonic() - float(sys.argv[1]), flush=True)
app = make_application()
desktop = Desktop(app, ServerSettings(ephemeral=True), user_paths())
first = FirstPaint(desktop.window)  # a filter installed later is asked earlier: told before the program acts
first.painted.connect(lambda: tell("painted"))
desktop.models.backends.all_ready.connect(lambda: (tell("ready"), app.quit()))
QTimer.singleShot(20000, app.quit)
desktop.window.show()
app.exec()
began = time.monotonic()
desktop.close()
print("stopped", time.monotonic() - began, flush=True)
"""


def run_once(code: str, home: Path) -> dict[str, float]:
    """Seconds from just before the process starts, by what was reached."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "TRILANE_HOME": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a person's second start finds compiled modules
    command = [sys.executable, "-c", code, str(time.monotonic())]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    pairs = (line.split() for line in done.stdout.splitlines())
    return {name: float(seconds) for name, seconds in pairs}


def run(rounds: int) -> dict[str, float]:
    """Median seconds of the bare window and ours, which take turns."""
    seen: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as home:
        for _ in range(rounds):
            for name, code in (("bare", BARE), ("ours", OURS)):
                for what, seconds in run_once(code, Path(home)).items():
                    seen[f"{name} {what}"].append(seconds)
    return {name: statistics.median(values) for name, values in seen.items()}
