"""The rooms without Qt, imported before it.

From its first import on, PySide6 reads the source text of every module that is imported, to look for its own
``from __feature__ import`` in it: a tenth of the whole start, and every source kept in memory. So what needs
no Qt comes first (here), and the interpreter's own import is put back once Qt is there (quiet_imports).
Meanwhile no garbage is looked for: there is none, and later walks need not go through what was made here.
"""

import builtins
import gc

_collecting = gc.isenabled()
gc.disable()

# ruff: noqa: E402 - the modules below are what is imported in peace
import app.infrastructure.crash_report
import app.infrastructure.logs
import app.infrastructure.memory
import app.infrastructure.paths
import app.operations.calls
import app.operations.compare
import app.operations.lane_access
import app.operations.log_in
import app.resilience.settings  # noqa: F401 - imported for the time at which it happens

_python_import = builtins.__import__


def quiet_imports() -> None:
    """Import Qt now and give the import statement back. This program uses none of PySide6's features."""
    import PySide6.QtWidgets  # noqa: F401

    builtins.__import__ = _python_import
    gc.freeze()  # later walks are through what came since
    if _collecting:
        gc.enable()
