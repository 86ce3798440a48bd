"""Contrast of colours after WCAG 2: which token can be read on which. Derives, never invents, colours."""

from PySide6.QtGui import QColor


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio, 1 … 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def legible(color: QColor, on: QColor, towards: QColor, ratio: float = 4.5) -> QColor:
    """``color``, moved towards the text colour only as far as reading it ``on`` a surface needs."""
    for step in range(11):
        mixed = mix(color, towards, step / 10)
        if contrast(mixed, on) >= ratio:
            return mixed
    return QColor(towards)


def best_on(surface: QColor, *candidates: QColor) -> QColor:
    """The candidate that stands out most."""
    return max(candidates, key=lambda candidate: contrast(candidate, surface))


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """``share`` (0 … 1) of ``other`` in ``one``."""
    return QColor(
        round(one.red() + (other.red() - one.red()) * share),
        round(one.green() + (other.green() - one.green()) * share),
        round(one.blue() + (other.blue() - one.blue()) * share),
    )


def _luminance(color: QColor) -> float:
    red, green, blue = (_linear(part) for part in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
