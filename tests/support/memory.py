"""A memory that lasts as long as the test."""

from app.viewmodels.memory import NoMemory


class KeptMemory(NoMemory):
    """Remembers for as long as the test."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def recall(self, name: str, default: str) -> str:
        """What was kept."""
        return self.kept.get(name, default)

    def keep(self, name: str, value: str) -> None:
        """Keep it."""
        self.kept[name] = value
