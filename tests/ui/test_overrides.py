"""An exception that leaves a hook of Qt is reported, wherever it was raised."""

import subprocess
import sys

import pytest
from PySide6.QtCore import QObject

import app.ui

PROGRAM = """
import sys
import app.ui
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from shiboken6 import delete

class Filter(QObject):
    def eventFilter(self, watched, event):
        {raised}
        return False

def end():
    print("still here", flush=True)
    app.quit()

sys.excepthook = lambda kind, value, trace: print(kind.__name__, "reported")
gone = QObject()
delete(gone)
app = QCoreApplication([])
watched, filter = QObject(), Filter()
watched.installEventFilter(filter)
QTimer.singleShot(0, lambda: QCoreApplication.sendEvent(watched, QEvent(QEvent.Type.User)))
QTimer.singleShot(0, end)
app.exec()
"""


@pytest.mark.parametrize(
    ("raised", "kind"),
    [("gone.objectName()", "RuntimeError"), ("int('x')", "ValueError"), ("raise KeyError(1)", "KeyError")],
)
def test_an_exception_in_a_hook_does_not_end_the_process(raised: str, kind: str) -> None:
    """A process whose event filter raises tells its excepthook and lives on."""
    code = PROGRAM.format(raised=raised)
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert f"{kind} reported" in run.stdout
    assert run.stdout.endswith("still here\n")


HOOKS = """
import gc, importlib, pkgutil, sys
from types import FunctionType
import app.bootstrap.desktop
for module in pkgutil.walk_packages(app.__path__, "app."):
    if module.name != "app.__main__":
        importlib.import_module(module.name)
hooks = 0
for one in gc.get_objects():
    if isinstance(one, type) and str(one.__module__).startswith("app."):
        from_qt = [base for base in one.__mro__ if str(base.__module__).startswith("PySide6.")]
        for name, member in vars(one).items():
            known = any(name in vars(base) for base in from_qt)
            if known and isinstance(member, FunctionType) and not name.startswith("_"):
                hooks += 1
                if not hasattr(member, "__wrapped__"):
                    print(one.__module__, one.__name__, name)
print(hooks > 100)
"""


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="nothing is guarded there")
def test_every_hook_of_the_program_is_guarded() -> None:
    """Whatever class it is in, and whichever module the window imports first."""
    run = subprocess.run(
        [sys.executable, "-c", HOOKS], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout == "True\n"


def test_only_hooks_are_guarded() -> None:
    """A method of our own is left as it was written, and a guarded hook keeps its name and words."""
    assert app.ui is not None

    def own(self: QObject) -> int:
        return 1

    def hook(self: QObject, *values: object) -> bool:
        """Words."""
        return False

    made = type("Made", (QObject,), {"own": own, "eventFilter": hook})
    assert vars(made)["own"] is own
    assert vars(made)["eventFilter"].__doc__ == "Words."
    if sys.version_info < (3, 12):
        assert vars(made)["eventFilter"] is not hook
