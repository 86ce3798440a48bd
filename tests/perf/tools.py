"""Where newman and Bruno's command line are: installed by npm into the environment's folder on first use."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv" / "bench-tools"
PACKAGES = ("newman", "@usebruno/cli")


def tools_folder() -> Path | None:
    """The folder of the programs, None where npm is missing or has nothing to give; says so on stderr."""
    programs = FOLDER / "node_modules" / ".bin"
    if all((programs / name).exists() for name in ("newman", "bru")):
        return programs
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("bench: npm is not installed, so newman and Bruno are left out\n")
        return None
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER), *PACKAGES]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        sys.stderr.write("bench: npm could not install newman and Bruno, so they are left out\n")
        return None
    return programs
