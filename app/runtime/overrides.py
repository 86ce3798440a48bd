"""Lets an exception out of a Qt hook end in a report instead of the process.

When a method that Qt calls (eventFilter, sizeHint, data, …) raises while a call of ours into Qt is under way
(setFocus, show, …), PySide looks into the exception. Until Python 3.12, one that was raised in C, such as
that of ``int("x")`` or of a QObject that is gone, is not yet an object when it leaves the method, and looking
into it is a segmentation fault. Being caught makes it one.
"""

import functools
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from PySide6.QtCore import QObject

from app.runtime.window_first import window_works

_QT = "PySide6."


def guard_overrides() -> None:
    """From now on every new class that derives from a Qt class has its hooks guarded. Idempotent.

    Each package that defines such classes calls this before any of its modules is read.
    """
    if sys.version_info < (3, 12) and "__init_subclass__" not in vars(QObject):
        QObject.__init_subclass__ = classmethod(_guard)  # type: ignore[assignment]


def _guard(cls: type[QObject], /, **named: Any) -> None:
    """Takes the place of QObject's own hook, which does nothing but pass on."""
    super(QObject, cls).__init_subclass__(**named)
    from_qt = [base for base in cls.__mro__ if base.__module__.startswith(_QT)]
    for name, member in tuple(vars(cls).items()):
        hook = isinstance(member, FunctionType) and not name.startswith("_")
        if hook and any(name in vars(base) for base in from_qt):
            setattr(cls, name, _guarded(member))


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def guarded(*values: Any, **named: Any) -> Any:
        window_works()
        try:
            return method(*values, **named)
        except BaseException:  # nothing is handled: being caught is what makes it an object
            raise

    return guarded
