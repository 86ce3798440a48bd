"""The resilience panel's state: settings for each lane, checked by the table of specs. QtCore only."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from app.domain.lanes import Lane
from app.resilience.setting_specs import SETTINGS, SettingKind, SettingSpec, WindowKind
from app.resilience.settings import PipelineSettings


class SettingsPort(Protocol):
    """Where settings go. Must not block."""

    def apply_settings(self, lane: Lane, settings: PipelineSettings) -> None:
        """Use these settings from the next call on."""


class ResilienceModel(QObject):
    """Holds, checks and sends on each lane's settings. GUI thread.

    ``settings_changed(lane)``: show them anew. ``error_changed(lane, name, why)``: a value cannot be used or,
    with an empty text, can be used again; the last good settings stay in force meanwhile.
    """

    settings_changed = Signal(object)
    error_changed = Signal(object, str, str)
    together_changed = Signal(bool)

    def __init__(
        self,
        port: SettingsPort,
        settings: Mapping[Lane, PipelineSettings],
        *,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._port = port
        self._settings = {lane: settings.get(lane, PipelineSettings()) for lane in Lane}
        self._together = True

    @property
    def together(self) -> bool:
        """Whether a change goes to all lanes."""
        return self._together

    def settings(self, lane: Lane) -> PipelineSettings:
        """What is in force on a lane."""
        return self._settings[lane]

    def set_together(self, together: bool) -> None:
        """Tie or untie the lanes; nothing changes until the next change."""
        if together != self._together:
            self._together = together
            self.together_changed.emit(together)

    def change_text(self, lane: Lane, name: str, text: str) -> bool:
        """Change a number as typed. An empty text means None where the table allows it."""
        spec = SPECS[name]
        try:
            value = parse(spec, text)
        except ValueError as error:
            self.error_changed.emit(lane, name, str(error))
            return False
        return self.change(lane, name, value)

    def change(self, lane: Lane, name: str, value: Any) -> bool:
        """Change one setting of a lane, or of all when tied. False, with the reason told, if it cannot be."""
        try:
            changed = replace(self._settings[lane], **{name: value})
        except ValueError as error:
            self.error_changed.emit(lane, name, plain_reason(name, str(error)))
            return False
        self.error_changed.emit(lane, name, "")
        for each in Lane if self._together else (lane,):
            self._use(each, replace(self._settings[each], **{name: getattr(changed, name)}))
        return True

    def use_defaults(self, lane: Lane) -> None:
        """Put every setting of a lane, or of all when tied, back."""
        for each in Lane if self._together else (lane,):
            for field in fields(PipelineSettings):
                self.error_changed.emit(each, field.name, "")
            self._use(each, PipelineSettings())

    def show(self, lane: Lane, settings: PipelineSettings) -> None:
        """Show settings that something else, such as a scenario, has put in force."""
        self._settings[lane] = settings
        self.settings_changed.emit(lane)

    def _use(self, lane: Lane, settings: PipelineSettings) -> None:
        if settings != self._settings[lane]:
            self._port.apply_settings(lane, settings)
        self.show(lane, settings)


SPECS: Mapping[str, SettingSpec] = {spec.name: spec for spec in SETTINGS}


def parse(spec: SettingSpec, text: str) -> Any:
    """A typed text in the type of its setting. Raises ValueError with a reason for a person."""
    text = text.strip().replace(",", ".")
    if not text:
        if spec.none_means:
            return None
        raise ValueError("A number is needed here.")
    try:
        return int(text) if spec.kind is SettingKind.INTEGER else float(text)
    except ValueError:
        kind = "a whole number" if spec.kind is SettingKind.INTEGER else "a number"
        raise ValueError(f"{text!r} is not {kind}.") from None


def written(spec: SettingSpec, value: Any) -> str:
    """A value as it is typed; None is empty."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def plain_reason(name: str, reason: str) -> str:
    """The reason without the field's programming name: it stands at the field."""
    reason = reason.removeprefix(name).strip()
    return f"{reason[:1].upper()}{reason[1:]}."


def relevant(spec: SettingSpec, settings: PipelineSettings) -> bool:
    """Whether a setting does anything, given the others."""
    windowed = settings.window is not WindowKind.CONSECUTIVE
    needs = {
        "failure_threshold": not windowed,
        "window_size": settings.window is WindowKind.COUNT,
        "window_seconds": settings.window is WindowKind.TIME,
        "minimum_calls": windowed,
        "failure_rate": windowed,
        "slow_after": windowed,
        "slow_rate": windowed and settings.slow_after is not None,
        "open_timeout_max": settings.open_backoff_factor > 1,
        "budget_ratio": settings.budget,
        "budget_min_per_second": settings.budget,
        "stale_max_age": settings.fallback,
    }
    return needs.get(spec.name, True)


def order_words(settings: PipelineSettings) -> str:
    """The pipeline from outside to inside."""
    middle = ("breaker", "retry") if settings.retry_inside_breaker else ("retry", "breaker")
    parts = (["fallback"] if settings.fallback else []) + ["deadline", *middle, "attempt timeout", "call"]
    return " › ".join(parts)
