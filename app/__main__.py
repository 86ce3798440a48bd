"""Where the process begins. Imports next to nothing: the window has to be there within half a second."""

import os
import signal


def main() -> None:
    """The command ``trilane``."""
    # As long as nothing has begun, an interrupt ends the process at once and without a traceback. Commands
    # that have something to put in order take their own measures. An ignored signal stays ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Before anything imports grpc: its core writes what strangers send to the terminal, see backends.grpc.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from app.cli.commands import cli

    cli(prog_name="trilane")


def main_gui() -> None:
    """The command ``trilane-gui``: the same without a terminal, for systems that make a difference."""
    main()


if __name__ == "__main__":
    main()
