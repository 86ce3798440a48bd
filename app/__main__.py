"""Where the process begins. Imports next to nothing: the window has to be there within half a second."""

import os


def main() -> None:
    """The command ``trilane``."""
    # Before anything imports grpc: its core writes what strangers send to the terminal, see backends.grpc.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from app.cli.commands import cli

    cli(prog_name="trilane")


def main_gui() -> None:
    """The command ``trilane-gui``: the same without a terminal, for systems that make a difference."""
    main()


if __name__ == "__main__":
    main()
