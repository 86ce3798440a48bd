"""Which scenarios there are: those that come with the program, and the person's own files."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from app.domain.errors import InvalidInput
from app.domain.values import dataclass
from app.operations.scenarios.reading import CheckRules, read_file
from app.operations.scenarios.script import ScenarioError, Script

_ENDING = ".toml"
# From one idea to the next: a failure, a retry, a timeout, an outage, its crowd, and what is less often met.
_LESSON = (
    "unreliable",
    "flaky-twice",
    "slow-dependency",
    "brown-out",
    "thundering-herd",
    "rate-limited",
    "reset-mid-stream",
    "late-results",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One scenario, or a file that holds none and why."""

    name: str
    file: Path
    own: bool  # the person's file
    script: Script | None = None
    error: ScenarioError | None = None

    @property
    def title(self) -> str:
        """What to show in a list."""
        return self.script.title if self.script is not None else self.name


class Catalog:
    """Reads the folders anew each time it is asked: a person edits these files. Any thread."""

    def __init__(self, shipped: Path, own: Path, check: CheckRules) -> None:
        """A file of the person's own hides a shipped one of the same name."""
        self._shipped = shipped
        self.own_folder = own
        self._check = check

    def entries(self) -> Sequence[Entry]:
        """Shipped ones in the order in which they teach, one's own by name. Broken ones have an error."""
        own = [self._entry(path, own=True) for path in _files(self.own_folder)]
        names = {entry.name for entry in own}
        shipped = [self._entry(path, own=False) for path in sorted(_files(self._shipped), key=_place)]
        return [*(entry for entry in shipped if entry.name not in names), *own]

    def find(self, wanted: str) -> Script:
        """The scenario of a name, or in the file of a path. Raises InvalidInput."""
        if not _looks_like_a_path(wanted):
            for folder in (self.own_folder, self._shipped):
                path = folder / f"{wanted}{_ENDING}"
                if path.is_file():
                    return read_file(path, self._check)
            known = ", ".join(entry.name for entry in self.entries())
            raise InvalidInput("scenario", f"{wanted!r} is none of {known}, and no path of a file")
        return read_file(Path(wanted), self._check)

    def open(self, path: Path) -> Script:
        """The scenario in a file. Raises ScenarioError."""
        return read_file(path, self._check)

    def _entry(self, path: Path, *, own: bool) -> Entry:
        try:
            return Entry(name=path.stem, file=path, own=own, script=read_file(path, self._check))
        except ScenarioError as error:
            return Entry(name=path.stem, file=path, own=own, error=error)


def catalog_in(data: Path, check: CheckRules) -> Catalog:
    """The shipped scenarios, and those in the folder ``scenarios`` of the user's data."""
    return Catalog(Path(str(files("resources").joinpath("scenarios"))), data / "scenarios", check)


def _looks_like_a_path(wanted: str) -> bool:
    return wanted.endswith(_ENDING) or "/" in wanted or "\\" in wanted


def _place(path: Path) -> tuple[int, str]:
    return (_LESSON.index(path.stem) if path.stem in _LESSON else len(_LESSON), path.stem)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == _ENDING)
    except OSError:  # no folder yet
        return []
