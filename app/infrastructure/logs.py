"""The log file: small, rotating, free of secrets. Configures logging once, at the start of the program."""

import contextlib
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from app.infrastructure.redaction import redact

SIZE = 1_000_000  # bytes for each file
KEPT = 3  # older files


class QuietFile(RotatingFileHandler):
    """A log file that cannot be written silences the log, not the program: no traceback on the terminal."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the hook's name
        """Drop the record."""

    def close(self) -> None:
        """Close the file; what it still held is lost where the disk is full."""
        with contextlib.suppress(OSError):
            super().close()


class RedactingFormatter(logging.Formatter):
    """Removes tokens and passwords from the finished line, which covers arguments and tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several with a traceback."""
        return redact(super().format(record))


def start_logging(file: Path, *, level: int = logging.INFO) -> logging.Handler:
    """Send every record from ``level`` up to ``file``. An unwritable folder silences only the log."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = QuietFile(
            file, maxBytes=SIZE, backupCount=KEPT, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(
        RedactingFormatter("%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.setLevel(level)
    root.addHandler(handler)
    logging.captureWarnings(True)
    # One line for each connection is noise at INFO, and their DEBUG carries whole headers.
    for chatty in ("urllib3", "gql", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Close what start_logging() opened."""
    logging.captureWarnings(False)
    logging.getLogger().removeHandler(handler)
    handler.close()
