"""Where the program keeps its files. Makes no folder: whoever writes one does."""

import os
from collections.abc import Mapping
from pathlib import Path

from app.domain.errors import InvalidInput
from app.domain.values import dataclass

HOME_VARIABLE = "TRILANE_HOME"  # one folder for everything: tests, portable installations


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """The user's folders. Any thread."""

    config: Path
    data: Path  # the catalog, the signing secret, stored runs
    state: Path  # logs, crash reports, window geometry

    @property
    def settings_file(self) -> Path:
        """Settings as a person may edit them."""
        return self.config / "settings.toml"

    @property
    def geometry_file(self) -> Path:
        """Window and dock layout, in Qt's own form."""
        return self.state / "geometry.ini"

    @property
    def log_file(self) -> Path:
        """The newest log; older ones have a number after it."""
        return self.state / "trilane.log"

    @property
    def crash_file(self) -> Path:
        """Where unexpected errors are kept, newest last."""
        return self.state / "crash.log"


def user_paths(environ: Mapping[str, str] = os.environ) -> Paths:
    """The folders of this user and system, or those under ``TRILANE_HOME``.

    InvalidInput when there is no home: a folder named ``~`` in the current one would be nobody's wish.
    """
    home = environ.get(HOME_VARIABLE)
    if home:
        root = Path(_at_home(home)).absolute()
        return Paths(config=root / "config", data=root / "data", state=root / "state")
    from platformdirs import PlatformDirs

    folders = PlatformDirs("trilane", appauthor=False)
    return Paths(
        config=Path(_at_home(folders.user_config_dir)),
        data=Path(_at_home(folders.user_data_dir)),
        state=Path(_at_home(folders.user_state_dir)),
    )


def _at_home(folder: str) -> str:
    expanded = os.path.expanduser(folder)  # noqa: PTH111 - Path.expanduser raises where this leaves the ~
    if expanded.startswith("~"):
        user = expanded.partition("/")[0]
        raise InvalidInput(HOME_VARIABLE, f"no home folder is known as {user}: name a folder here")
    return expanded
