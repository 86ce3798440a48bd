"""The settings table: complete, consistent with the values, and strict about them."""

import math
from dataclasses import fields, replace
from typing import Any

import pytest

from app.resilience import (
    SETTINGS,
    BreakerSettings,
    CountWindow,
    Jitter,
    PipelineSettings,
    SettingKind,
    TimeWindow,
    WindowKind,
)


def test_the_table_describes_every_setting_once() -> None:
    """One line for each field, in one sentence, with the default that the field has."""
    assert sorted(spec.name for spec in SETTINGS) == sorted(field.name for field in fields(PipelineSettings))
    for spec in SETTINGS:
        assert spec.default == getattr(PipelineSettings(), spec.name)
        assert spec.meaning.endswith(".")
        assert spec.meaning[0].isupper()
        assert spec.label
        assert spec.group


@pytest.mark.parametrize("spec", SETTINGS, ids=lambda spec: spec.name)
def test_each_setting_takes_its_range_and_refuses_what_is_outside(spec: Any) -> None:
    """Both ends of the range work, beyond them ValueError names the field."""
    good: list[Any]
    wrong: list[Any]
    match spec.kind:
        case SettingKind.SWITCH:
            good, wrong = [True, False], [1, "true"]
        case SettingKind.CHOICE:
            good, wrong = list(spec.choices), ["no such thing", 5]
        case SettingKind.INTEGER:
            good = [spec.minimum, spec.maximum]
            wrong = [spec.minimum - 1, spec.maximum + 1, 1.5, True, "1"]
            good = [int(value) for value in good]
        case _:
            good = [spec.minimum, spec.maximum]
            wrong = [spec.minimum - 0.001, spec.maximum * 1.001, math.nan, math.inf, True, "1"]
    (good if spec.none_means else wrong).append(None)
    for value in good:
        changes: dict[str, Any] = {spec.name: value}
        assert getattr(replace(PipelineSettings(), **changes), spec.name) == value
    for value in wrong:
        changes = {spec.name: value}
        with pytest.raises(ValueError, match=spec.name):
            replace(PipelineSettings(), **changes)


@pytest.mark.parametrize("kind", list(WindowKind))
@pytest.mark.parametrize("end", ["minimum", "maximum", "default"])
def test_every_allowed_set_makes_a_breaker(kind: WindowKind, end: str) -> None:
    """Whatever the sliders say, the breaker accepts it."""
    values = {spec.name: getattr(spec, end) for spec in SETTINGS if getattr(spec, end) is not None}
    whole = {spec.name for spec in SETTINGS if spec.kind is SettingKind.INTEGER}
    chosen: dict[str, Any] = {name: int(value) if name in whole else value for name, value in values.items()}
    chosen["window"] = kind
    BreakerSettings(**PipelineSettings(**chosen).breaker())


def test_the_window_follows_its_kind() -> None:
    """Failures in a row need no window; the others get theirs, with a minimum that can be reached."""
    small = PipelineSettings(window_size=4, minimum_calls=9, window_seconds=3.0)
    assert small.breaker()["window"] is None
    assert replace(small, window=WindowKind.COUNT).breaker()["window"] == CountWindow(4, 4, 0.5)
    assert replace(small, window=WindowKind.TIME).breaker()["window"] == TimeWindow(3.0, 9, 0.5)


def test_text_from_files_becomes_the_settings_own_type() -> None:
    """Jitter and window may be given by their words."""
    settings = PipelineSettings(jitter="full", window="share of the last calls")  # type: ignore[arg-type]
    assert settings.jitter is Jitter.FULL
    assert settings.window is WindowKind.COUNT
