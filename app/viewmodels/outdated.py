"""How an answer is shown after the request has changed: still there, without colour, and named."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.operations import OPERATIONS, OperationId
from app.viewmodels.lane_chips import ChipText


def outdated_chips(chips: Sequence[ChipText], operation: OperationId) -> tuple[ChipText, ...]:
    """The same without colour, after one that says which operation they are about."""
    title = OPERATIONS[operation].title
    about = ChipText(
        text=f"before: {title}",
        tone="accent",
        meaning=f"The answer to {title} as it was sent. The request has changed since: send it again.",
    )
    status, *others = (replace(chip, tone="muted") for chip in chips)
    return (about, status, *(replace(chip, minor=True) for chip in others))
