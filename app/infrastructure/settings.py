"""What a person may change, as typed values in one TOML file that a person may also edit.

Reading never fails: a broken file is set aside, a value of the wrong kind is named and its default taken.
Writing keeps comments and keys it does not know. Window geometry is not here: only Qt can read it.
"""

import dataclasses
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.domain.values import dataclass


class ThemeChoice(StrEnum):
    """Colours of the window."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppearanceSettings:
    """How the window looks."""

    theme: ThemeChoice = ThemeChoice.SYSTEM
    reduced_motion: bool = False
    body_points: int = 0  # size of request and response bodies; 0 is the system's


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSettings:
    """What the login form holds at first. Never a password or a token."""

    email: str = "user@example.com"
    token_life: int = 86_400  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """Limits of calls."""

    workers: int = 32  # calls under way at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a person may change. Immutable: ``dataclasses.replace`` makes the next one."""

    appearance: AppearanceSettings = field(default_factory=AppearanceSettings)
    login: LoginSettings = field(default_factory=LoginSettings)
    calls: CallSettings = field(default_factory=CallSettings)
    remembered: Mapping[str, str] = field(default_factory=dict)  # what was typed last, by dotted name


_RANGES: Mapping[str, tuple[int, int]] = {
    "appearance.body_points": (0, 72),
    "login.token_life": (1, 2_592_000),
    "calls.workers": (1, 256),
}


class SettingsStore:
    """Reads and writes the settings file. GUI thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.problems: tuple[str, ...] = ()  # of the last load, one sentence each, to be shown

    def load(self) -> Settings:
        """The settings in force; what could not be used is in ``problems``."""
        problems: list[str] = []
        try:
            document = tomllib.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            document = {}
        except (ValueError, RecursionError) as error:  # also of text that is no UTF-8, and of nested brackets
            document = {}
            problems.append(f"{self._set_aside()} ({error})")
        except OSError as error:
            document = {}
            problems.append(f"The settings could not be read: {error}. The defaults are in force.")
        settings = _read_settings(document, problems)
        self.problems = tuple(problems)
        return settings

    def save(self, settings: Settings) -> None:
        """Write what differs from the default or is in the file already. OSError when it cannot.

        A file that was damaged meanwhile, by hand for instance, is set aside first, never written over.
        """
        import tomlkit

        try:
            document = tomlkit.parse(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            document = tomlkit.document()
        except (ValueError, RecursionError):
            self._move_away()
            document = tomlkit.document()
        for section in dataclasses.fields(settings):
            _write_section(document, section.name, getattr(settings, section.name))
        _write_atomically(self._file, tomlkit.dumps(document))

    def _move_away(self) -> Path:
        """Rename the file; returns its new name. OSError when it cannot."""
        number = 1
        while (aside := self._file.with_name(f"{self._file.name}.broken-{number}")).exists():
            number += 1
        self._file.rename(aside)
        return aside

    def _set_aside(self) -> str:
        try:
            aside = self._move_away()
        except OSError as error:
            return f"{self._file} is not readable as TOML and could not be set aside: {error}."
        return (
            f"{self._file.name} was not readable as TOML and is kept as {aside.name}; defaults are in force."
        )


def _read_settings(document: Mapping[str, Any], problems: list[str]) -> Settings:
    default = Settings()
    sections: dict[str, Any] = {}
    for section in dataclasses.fields(default):
        found = document.get(section.name, {})
        if not isinstance(found, dict):
            problems.append(f"settings: {section.name} has to be a table; its defaults are in force.")
            found = {}
        sections[section.name] = _read_section(section.name, getattr(default, section.name), found, problems)
    return Settings(**sections)


def _read_section(name: str, default: Any, found: Mapping[str, Any], problems: list[str]) -> Any:
    if isinstance(default, Mapping):
        return {key: value for key, value in found.items() if isinstance(value, str)}
    changes = {}
    for key in dataclasses.fields(default):
        if key.name not in found:
            continue
        where = f"{name}.{key.name}"
        try:
            changes[key.name] = _as_kind(where, found[key.name], getattr(default, key.name))
        except ValueError as error:
            problems.append(f"settings: {where} is {found[key.name]!r}, {error}; the default is in force.")
    return dataclasses.replace(default, **changes)


def _as_kind(where: str, value: Any, default: Any) -> Any:
    """``value`` as the kind that ``default`` has. ValueError says what is allowed."""
    match default:
        case StrEnum():
            kinds = type(default)
            if value not in list(kinds):
                raise ValueError(f"one of {', '.join(kinds)} is allowed")
            return kinds(value)
        case bool():
            if not isinstance(value, bool):
                raise ValueError("true or false is allowed")
        case int():
            low, high = _RANGES[where]
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"a whole number from {low} to {high} is allowed")
        case _:
            if not isinstance(value, str):
                raise ValueError("text is allowed")
    return value


def _write_section(document: Any, name: str, values: Any) -> None:
    import tomlkit

    defaults = getattr(Settings(), name)
    section = document.get(name)
    if not isinstance(section, dict):
        section = tomlkit.table()
    for key, value in _items(values):
        default = dict(_items(defaults)).get(key)
        # Compared before it is assigned: assigning would drop the comment behind an unchanged value.
        if (key in section or value != default) and section.get(key) != value:
            section[key] = value
    if section and name not in document:
        document[name] = section


def _items(section: Any) -> list[tuple[str, Any]]:
    if isinstance(section, Mapping):
        return list(section.items())
    pairs = [(key.name, getattr(section, key.name)) for key in dataclasses.fields(section)]
    return [(name, value.value if isinstance(value, StrEnum) else value) for name, value in pairs]


def _write_atomically(file: Path, text: str) -> None:
    """Replace ``file`` in one step: a crash leaves the old one or the new one, never half of one."""
    file = file.resolve()  # settings kept elsewhere stay there: a link is written through
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
