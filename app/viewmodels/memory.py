"""Where a view-model keeps what was typed between two runs: a seam, so that no panel knows a file."""

from typing import Protocol


class Memory(Protocol):
    """Typed values by dotted name. Reading an unknown name gives the default."""

    def recall(self, name: str, default: str) -> str:
        """The text kept under ``name``."""

    def keep(self, name: str, value: str) -> None:
        """Keep ``value`` for the next run. Never raises for a full or read-only disk."""


class NoMemory:
    """Forgets at once: for tests and for ``--ephemeral``."""

    def recall(self, name: str, default: str) -> str:
        """Always the default."""
        return default

    def keep(self, name: str, value: str) -> None:
        """Do nothing."""
