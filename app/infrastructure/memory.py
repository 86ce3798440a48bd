"""Answers the view-models' ``recall`` and ``keep`` from the settings file.

Names that are settings ("appearance.theme") are kept as typed values; all others under ``remembered``.
"""

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

from app.infrastructure.settings import Settings, SettingsStore

_log = logging.getLogger(__name__)
_WORDS = {True: "yes", False: "no"}


class SettingsMemory:
    """Holds the settings in force and writes them when asked to. GUI thread."""

    def __init__(self, store: SettingsStore) -> None:
        self._store = store
        self._settings = store.load()
        self._dirty = False
        self._told = ""  # the last problem of saving; the same again is no news
        self._tell: Callable[[str], None] = lambda problem: None

    def tell_problems(self, listener: Callable[[str], None]) -> None:
        """Let ``listener`` hear why the settings could not be saved, once for each reason."""
        self._tell = listener

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be used of the file, one sentence each."""
        return self._store.problems

    def recall(self, name: str, default: str) -> str:
        """The text kept under ``name``."""
        section, _, key = name.partition(".")
        values = getattr(self._settings, section, None)
        if dataclasses.is_dataclass(values) and hasattr(values, key):
            value = getattr(values, key)
            return _WORDS[value] if isinstance(value, bool) else str(value)
        return self._settings.remembered.get(name, default)

    def keep(self, name: str, value: str) -> None:
        """Keep ``value``; flush() writes it. A value that its setting cannot hold is dropped."""
        changed = self._with(name, value)
        if changed != self._settings:
            self._settings = changed
            self._dirty = True

    def flush(self) -> None:
        """Write what changed since the last time. A full or read-only disk is told, not raised."""
        if not self._dirty:
            return
        try:
            self._store.save(self._settings)
        except OSError as error:
            self._report(f"The settings could not be saved ({error.strerror or error})")
            return
        self._dirty = False
        self._told = ""

    def _report(self, problem: str) -> None:
        if problem != self._told:
            self._told = problem
            _log.info("%s", problem)
            self._tell(problem)

    def _with(self, name: str, value: str) -> Settings:
        section, _, key = name.partition(".")
        values = getattr(self._settings, section, None)
        if not dataclasses.is_dataclass(values) or isinstance(values, type) or not hasattr(values, key):
            return dataclasses.replace(self._settings, remembered={**self._settings.remembered, name: value})
        kind = type(getattr(values, key))
        try:
            typed = value == _WORDS[True] if kind is bool else kind(value)
        except ValueError:
            return self._settings
        change: dict[str, Any] = {section: dataclasses.replace(values, **{key: typed})}
        return dataclasses.replace(self._settings, **change)
