"""Fuzzy matching for the palette. Pure: how well typed letters fit a title."""

_START, _WORD, _RUN, _PLAIN, _GAP = 12, 8, 6, 1, 0.1


def fuzzy_score(query: str, text: str) -> float | None:
    """How well ``query`` fits ``text``; None when its letters do not occur in this order.

    Letters at the start, at word starts and in runs count more; skipped letters cost a little.
    """
    wanted = query.casefold().replace(" ", "")
    if not wanted:
        return 0.0
    hay = text.casefold()
    best = [score for start in _starts(wanted[0], hay) if (score := _from(wanted, hay, start)) is not None]
    return max(best, default=None)


def _starts(letter: str, hay: str) -> list[int]:
    return [index for index, each in enumerate(hay) if each == letter]


def _from(wanted: str, hay: str, start: int) -> float | None:
    score, place = 0.0, start
    previous = start - 1
    for letter in wanted:
        place = hay.find(letter, previous + 1)
        if place < 0:
            return None
        score += _worth(hay, place, previous, first=place == start)
        previous = place
    return score - _GAP * (len(hay) - len(wanted))


def _worth(hay: str, place: int, previous: int, *, first: bool) -> float:
    if place == 0:
        return _START
    if not first and place == previous + 1:
        return _RUN
    return _WORD if not hay[place - 1].isalnum() else _PLAIN
