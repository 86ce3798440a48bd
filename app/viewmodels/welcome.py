"""What an empty lane says: the main keys and what to try first, and why a lane has no counterpart. No Qt."""

from app.domain.lanes import Lane
from app.viewmodels.json_lines import Span, Style
from app.viewmodels.line_document import LineDocument
from app.viewmodels.response_text import note_document

_KEYS = (
    ("Ctrl+Enter", "send over all three lanes"),
    ("Esc", "cancel"),
    ("Ctrl+L", "choose the operation"),
    ("F1", "all keys"),
)
_TRY = {
    Lane.REST: "Try Order with its products: REST needs one request more for each product in it.",
    Lane.GRAPHQL: "Untick a wanted field and watch the selection, the size and the over-fetch change.",
    Lane.GRPC: "Set a failure rate of 70 % in the outage panel and watch the retries and the breaker.",
}


def welcome_document(lane: Lane, note: str = "") -> LineDocument:
    """For a lane that has not sent yet. ``note`` says where it differs for the operation."""
    widest = max(len(key) for key, _ in _KEYS) + 2
    keys: list[list[Span]] = [
        [(f"{key:<{widest}}", Style.KEY), (meaning, Style.MUTED)] for key, meaning in _KEYS
    ]
    notes: list[list[Span]] = [[], [(note, Style.TEXT)]] if note else []
    return note_document(
        [("Nothing sent yet.", Style.TEXT)], [], *keys, *notes, [], [(_TRY[lane], Style.MUTED)]
    )


def unsupported_document(lane: Lane, why: str) -> LineDocument:
    """For a lane whose protocol cannot express the operation."""
    return note_document(
        [(f"{lane.label} has no counterpart for this operation.", Style.TEXT)], [], [(why, Style.MUTED)]
    )
