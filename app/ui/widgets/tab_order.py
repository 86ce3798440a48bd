"""Which control follows which, where the order of making is not the order of reading.

Kept beside Qt's own chain, which can be told but not asked: PySide takes what ``nextInFocusChain`` returns
for a child of the widget that was asked, and all below it for gone when that one is deleted. A property that
holds a widget itself would be its bare address: reading it once that widget is gone ends the process.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from weakref import ref

from PySide6.QtWidgets import QWidget

_AFTER = "tab_after"


def set_tab_order(stops: Iterable[QWidget]) -> None:
    """Tab goes through these in this order. All in one window. GUI thread."""
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)
        after.setProperty(_AFTER, ref(before))


def in_tab_order(made: Sequence[QWidget]) -> Iterator[QWidget]:
    """The same widgets: those with a place behind another one of them go there."""
    here = set(made)
    following: dict[QWidget, list[QWidget]] = {}
    heads = []
    for widget in made:
        told = widget.property(_AFTER)
        before = told() if told else None
        if before in here:
            following.setdefault(before, []).append(widget)
        else:
            heads.append(widget)
    waiting = heads[::-1]
    while waiting:
        widget = waiting.pop()
        yield widget
        waiting.extend(reversed(following.get(widget, ())))
