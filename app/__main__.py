"""Where the process begins. Imports next to nothing: the window has to be there within half a second."""

import os
import sys
import threading
import time

PATIENCE = 1.0  # seconds that threads may take to end after Ctrl-C


def main() -> None:
    """The command ``trilane``."""
    # Before anything imports grpc: its core writes what strangers send to the terminal, see backends.grpc.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from app.cli.commands import cli

    try:
        cli(prog_name="trilane")
    except SystemExit as end:
        if end.code == 1:  # interrupted, or failed: nothing that still waits is worth waiting for
            _leave(1)
        raise


def _leave(code: int) -> None:
    """End what was interrupted, also when a thread waits for something that will not come."""
    deadline = time.monotonic() + PATIENCE
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main_gui() -> None:
    """The command ``trilane-gui``: the same without a terminal, for systems that make a difference."""
    main()


if __name__ == "__main__":
    main()
