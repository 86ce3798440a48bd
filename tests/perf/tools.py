"""Where newman, Bruno's command line and locust are: installed into the environment's folder on first use.

None of them is a dependency of this project: npm has the first two, and locust has an environment of its own,
because it brings a Flask and a gevent that nothing here shall meet.
"""

import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv" / "bench-tools"
_PACKAGES = ("newman", "@usebruno/cli")


def programs() -> dict[str, Path]:
    """The programs by their names: newman, bruno, locust. What cannot be had is left out, told on stderr."""
    folder = FOLDER / "node_modules" / ".bin"
    found = {"newman": folder / "newman", "bruno": folder / "bru"}
    if not all(program.exists() for program in found.values()) and not _npm():
        found = {}
    scripts = FOLDER / "locust" / "bin"
    if (scripts / "locust").exists() or _locust(scripts):
        found["locust"] = scripts / "locust"
    return found


def _npm() -> bool:
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("bench: npm is not installed, so newman and Bruno are left out\n")
        return False
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER), *_PACKAGES]
    return _installed(command, "newman and Bruno")


def _locust(scripts: Path) -> bool:
    venv.create(scripts.parent, with_pip=True)
    return _installed([str(scripts / "python"), "-m", "pip", "install", "-qq", "locust"], "locust")


def _installed(command: Sequence[str], what: str) -> bool:
    done = subprocess.run(command, check=False, stdout=sys.stderr).returncode == 0
    if not done:
        sys.stderr.write(f"bench: {what} could not be installed, and will be missing in the table\n")
    return done
