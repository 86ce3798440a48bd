"""What an empty lane says: the main keys and what to try first, and why a lane has no counterpart. No Qt."""

from app.domain.lanes import Lane
from app.viewmodels.json_lines import Span, Style
from app.viewmodels.line_document import LineDocument
from app.viewmodels.response_text import note_document

_STEPS = {  # read from left to right, the three lanes say what to do with the window
    Lane.REST: (
        "1  Compare",
        "Press Send. One question goes over three protocols: compare size, round trips and time.",
        (("Ctrl+Enter", "send"), ("Esc", "cancel"), ("Ctrl+L", "choose the operation")),
    ),
    Lane.GRAPHQL: (
        "2  Break it",
        "Raise a failure rate in the Outage panel, or run a scenario there, and press Send again.",
        (("Ctrl+4", "outage panel"), ("Ctrl+E", "choose a scenario"), ("Ctrl+T", "steady traffic")),
    ),
    Lane.GRPC: (
        "3  See why",
        "The timeline shows every attempt and wait, the diagram why a circuit opened and when it closes.",
        (("Ctrl+7", "timeline"), ("Ctrl+6", "circuit breakers"), ("F1", "all keys")),
    ),
}


def welcome_document(lane: Lane, note: str = "") -> LineDocument:
    """For a lane that has not sent yet. ``note`` says where it differs for the operation."""
    step, words, keys = _STEPS[lane]
    widest = max(len(key) for key, _ in keys) + 2
    rows: list[list[Span]] = [
        [(f"{key:<{widest}}", Style.KEY), (meaning, Style.MUTED)] for key, meaning in keys
    ]
    notes: list[list[Span]] = [[], [(note, Style.MUTED)]] if note else []
    return note_document([(step, Style.KEY)], [(words, Style.TEXT)], [], *rows, *notes)


def unsupported_document(lane: Lane, why: str) -> LineDocument:
    """For a lane whose protocol cannot express the operation."""
    return note_document(
        [(f"{lane.label} has no counterpart for this operation.", Style.TEXT)], [], [(why, Style.MUTED)]
    )
