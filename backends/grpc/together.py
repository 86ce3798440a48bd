"""Several messages of one stream at once: one wait for all of them, and one packet where they fit.

grpcio sends a message, wakes the handler when it has left, and sends the next: two changes of thread and a
packet for each, at both ends. Here the thread that hears of one message's end hands over the next, and all
but the last are marked as followed by more, which lets the core join them. grpcio offers neither, so this
looks into its server as it is in 1.85; where that is not as expected, nothing is sent and the caller
goes the usual way.
"""

from collections.abc import Sequence
from typing import Any

import grpc

try:
    from grpc._cython.cygrpc import SendMessageOperation, WriteFlag  # type: ignore[import-not-found]
    from grpc._server import _CANCELLED

    _MORE: int | None = WriteFlag.buffer_hint
except (ImportError, AttributeError):  # another grpcio
    _MORE = None

_TOKEN = "send messages together"


def send_together(context: grpc.ServicerContext, encoded: Sequence[bytes]) -> bool:
    """Send messages and wait till the last has left, or the call has ended. False: nothing was sent.

    The initial metadata must have been sent. For the thread of the call.
    """
    state, event = getattr(context, "_state", None), getattr(context, "_rpc_event", None)
    if _MORE is None or event is None or not _is_known(state):
        return False
    _Sending(state, event.call, encoded).run()
    return True


def _is_known(state: Any) -> bool:
    names = ("condition", "due", "client", "statused", "callbacks")
    return all(hasattr(state, name) for name in names) and not getattr(
        state, "initial_metadata_allowed", True
    )


class _Sending:
    """One batch on its way. `run` on the call's thread, `_sent` on the server's; both hold the condition."""

    def __init__(self, state: Any, call: Any, encoded: Sequence[bytes]) -> None:
        self._state = state
        self._call = call
        self._left = list(reversed(encoded))

    def run(self) -> None:
        state = self._state
        with state.condition:
            if not self._left or not self._active:
                return
            self._send_next()
            state.due.add(_TOKEN)
            while _TOKEN in state.due:
                state.condition.wait()

    @property
    def _active(self) -> bool:
        state = self._state
        return state.client is not _CANCELLED and not state.statused

    def _send_next(self) -> None:
        message = self._left.pop()
        operation = SendMessageOperation(message, _MORE if self._left else 0)
        self._call.start_server_batch((operation,), self._sent)

    def _sent(self, _event: Any) -> tuple[Any, Any]:
        """What grpcio calls when a message has left: as its own `_send_message`, with the next in between."""
        state = self._state
        with state.condition:
            if self._left and self._active:
                self._send_next()
                return None, ()
            state.due.remove(_TOKEN)
            state.condition.notify_all()
            if self._active or state.due:
                return None, ()
            callbacks, state.callbacks = state.callbacks, None
            return state, callbacks
