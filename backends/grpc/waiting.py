"""Waits of handlers that end early: when the call ends, or when the server stops."""

import threading

import grpc


class Waits:
    """Every wait of one server. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[threading.Event] = set()
        self._stopped = False

    def wait(self, seconds: float, context: grpc.ServicerContext) -> bool:
        """Wait; False if the client left, its deadline passed, or the server stops."""
        interrupted = threading.Event()
        if not context.add_callback(interrupted.set):
            return False
        with self._lock:
            if self._stopped:
                return False
            self._running.add(interrupted)
        try:
            return not interrupted.wait(seconds)
        finally:
            with self._lock:
                self._running.discard(interrupted)

    def stop(self) -> None:
        """End them all, also those to come."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for interrupted in running:
            interrupted.set()
