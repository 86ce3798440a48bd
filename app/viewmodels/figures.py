"""Numbers as people read them: three figures that matter, a unit, and "unknown" instead of a false zero."""

NBSP = "\u00a0"
UNKNOWN = "unknown"


def seconds(value: float | None, *, brief: bool = False) -> str:
    """A duration: "0.42 ms", "5.9 ms", "213 ms", "2.41 s", "95 s"; ``brief`` drops decimals from 10 ms on."""
    if value is None:
        return UNKNOWN
    milliseconds = value * 1000
    if milliseconds < 0.995:
        return f"{milliseconds:.2f}{NBSP}ms"
    if milliseconds < (9.95 if brief else 99.95):
        return f"{milliseconds:.1f}{NBSP}ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f}{NBSP}ms"
    return f"{value:.2f}{NBSP}s" if value < 59.995 else f"{value:.0f}{NBSP}s"


def countdown(value: float) -> str:
    """What was left of a wait, to a tenth of a second: "7.5 s"; below a second as any duration."""
    return seconds(value) if value < 1 else f"{value:.1f}{NBSP}s"


def age(value: float) -> str:
    """How old a stored copy is: "12 s", "3 m 12 s", "2 h 5 m"."""
    whole = round(value)
    if whole < 60:
        return f"{whole}{NBSP}s"
    if whole < 3600:
        return f"{whole // 60}{NBSP}m {whole % 60}{NBSP}s"
    return f"{whole // 3600}{NBSP}h {whole % 3600 // 60}{NBSP}m"


def size(value: int | None, *, brief: bool = False) -> str:
    """A number of bytes: "412 B", "1 284 B", "52.3 kB", "5.72 MB" (decimal units); ``brief``: "1.3 kB"."""
    if value is None:
        return UNKNOWN
    if value < (1_000 if brief else 10_000):
        return f"{value:,}".replace(",", NBSP) + f"{NBSP}B"
    if value < 999_500:
        return f"{value / 1000:.1f}{NBSP}kB" if value < 99_950 else f"{value / 1000:.0f}{NBSP}kB"
    return f"{value / 1e6:.2f}{NBSP}MB"


def count(value: int, word: str) -> str:
    """A counted word: "1 round trip", "3 round trips"."""
    return f"{value}{NBSP}{word}{'' if value == 1 else 's'}"


def percent(share: float | None) -> str:
    """A share from 0 to 1: "58 %"; a dash without one."""
    return "–" if share is None else f"{share * 100:.0f}{NBSP}%"
