"""What the Repeat panel is set to, and how it is remembered. Pure."""

from collections.abc import Mapping
from dataclasses import field, fields

from app.domain.lanes import Lane
from app.domain.values import dataclass
from app.operations.addresses import address_problem
from app.viewmodels.memory import Memory

_KEY = "repeat"
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatSettings:
    """One consistent set; an address that is no address keeps the run from starting, and says why."""

    count: int = 200
    concurrency: int = 1
    warm_up: int = 20
    together: bool = False
    resilient: bool = False
    lanes: tuple[Lane, ...] = tuple(Lane)
    addresses: Mapping[Lane, str] = field(default_factory=lambda: dict.fromkeys(Lane, ""))

    @property
    def problems(self) -> dict[Lane, str]:
        """What is wrong with the addresses of the chosen lanes."""
        found = {lane: address_problem(lane, self.addresses[lane]) for lane in self.lanes}
        return {lane: why for lane, why in found.items() if why}

    @property
    def elsewhere(self) -> dict[Lane, str]:
        """The addresses of servers outside this program, of the chosen lanes."""
        given = {lane: self.addresses[lane].strip() for lane in self.lanes}
        return {lane: address for lane, address in given.items() if address}


def recall_settings(memory: Memory) -> RepeatSettings:
    """As they were left; what cannot be read is as at first."""
    first = RepeatSettings()
    numbers = {name: _whole(memory.recall(f"{_KEY}.{name}", ""), getattr(first, name)) for name in _NUMBERS}
    names = memory.recall(f"{_KEY}.lanes", " ".join(first.lanes)).split()
    return RepeatSettings(
        **numbers,
        together=memory.recall(f"{_KEY}.together", _NO) == _YES,
        resilient=memory.recall(f"{_KEY}.resilient", _NO) == _YES,
        lanes=tuple(lane for lane in Lane if lane.value in names) or first.lanes,
        addresses={lane: memory.recall(f"{_KEY}.address.{lane.value}", "") for lane in Lane},
    )


def keep_settings(memory: Memory, before: RepeatSettings, after: RepeatSettings) -> None:
    """Remember what changed."""
    for each in fields(RepeatSettings):
        old, new = getattr(before, each.name), getattr(after, each.name)
        if old == new:
            continue
        if each.name == "addresses":
            for lane, address in after.addresses.items():
                memory.keep(f"{_KEY}.address.{lane.value}", address)
        elif each.name == "lanes":
            memory.keep(f"{_KEY}.lanes", " ".join(lane.value for lane in after.lanes))
        else:
            memory.keep(
                f"{_KEY}.{each.name}", {True: _YES, False: _NO}[new] if isinstance(new, bool) else str(new)
            )


_NUMBERS = ("count", "concurrency", "warm_up")


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else default
