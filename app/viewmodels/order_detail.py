"""One row of the orders table in full: as JSON, and as the bytes that were sent. No Qt."""

from collections.abc import Iterator
from typing import Any

from app.domain.lanes import Lane
from app.itemmodels.orders import OrderRow
from app.viewmodels.figures import size
from app.viewmodels.json_lines import Line, Style, json_lines, text_line, wrapped
from app.viewmodels.line_document import LineDocument
from app.viewmodels.response_text import note_document

_CARRIED = {
    Lane.REST: "one event of text/event-stream, without its chunk's frame",
    Lane.GRAPHQL: "one text message of graphql-transport-ws, without its WebSocket frame",
    Lane.GRPC: "one protobuf message, without its 5-byte frame",
}
_BYTES = 16  # a line of the hex dump; half of it where there is no room


def json_document(row: OrderRow | None) -> LineDocument:
    """The order as JSON; the state of the stream for an end."""
    if row is None:
        return note_document([("Choose a message to see all of it.", Style.MUTED)])
    if row.message is not None:
        order = dict(row.message.order)
        return LineDocument(lambda _columns: json_lines(order))
    change = row.change
    if change is None:
        return note_document([])
    value: dict[str, Any] = {
        "state": change.state.value,
        "status": change.status,
        "message": change.message,
        "trailers": dict(change.trailers),
        "reconnects": change.reconnects,
    }
    if change.injected:
        value["injected"] = change.injected
    if change.delay:
        value["next_try_in_s"] = round(change.delay, 3)
    return LineDocument(lambda _columns: json_lines(value))


def sent_document(row: OrderRow | None) -> LineDocument:
    """The bytes as they were sent: text as text, protobuf as a hex dump."""
    if row is None or row.message is None:
        return note_document([("Only a message has bytes.", Style.MUTED)])
    raw, lane = row.message.raw, row.lane

    def build(columns: int) -> Iterator[Line]:
        note = f"{size(len(raw))}: {_CARRIED[lane]}"
        yield from wrapped([(note, Style.MUTED)], columns, indent=0)
        yield text_line(("", Style.TEXT))
        yield from _dump(raw, columns) if lane is Lane.GRPC else _text(raw, columns)

    return LineDocument(build, wraps=True)


def _text(raw: bytes, columns: int) -> Iterator[Line]:
    for row in raw.decode("utf-8", "replace").rstrip("\n").split("\n"):
        for start in range(0, max(1, len(row)), columns):
            yield text_line((row[start : start + columns], Style.TEXT))


def _dump(raw: bytes, columns: int) -> Iterator[Line]:
    width = _BYTES if columns >= 4 + 3 * _BYTES + 2 + _BYTES else _BYTES // 2
    for start in range(0, len(raw), width):
        part = raw[start : start + width]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        yield text_line(
            (f"{start:04x}  ", Style.MUTED),
            (part.hex(" ").ljust(3 * width), Style.NUMBER),
            (letters, Style.STRING),
        )
