"""A monkey at the real window: three embedded servers, faults on, random deeds, everything watched.

``python -m tests.monkey.run`` with SEED and SECONDS in the environment; ``--replay FILE`` does the deeds of a
log again at the same times. Exit code 1 and the last 30 deeds when anything was wrong.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.monkey.complaints import say

SCREEN = {"x": 0, "y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "dpr": 1, "name": "one"}


def prepare_screen(home: Path) -> None:
    """The offscreen platform's screen is 800 x 800 unless told otherwise; before Qt is imported."""
    if os.environ.setdefault("QT_QPA_PLATFORM", "offscreen") == "offscreen":
        file = home / "screen.json"
        file.write_text(json.dumps({"screens": [SCREEN]}))
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={file}"


def scenario_files(home: Path) -> None:
    """Something to open: one that can be played, one that cannot."""
    shipped = Path(__file__).parents[2] / "resources" / "scenarios" / "flaky-twice.toml"
    (home / "good.toml").write_bytes(shipped.read_bytes())
    (home / "bad.toml").write_text("title = \n")


def main() -> int:
    """Run, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", type=Path, help="do the deeds of this log again")
    parser.add_argument("--log", type=Path, help="where the deeds are written")
    options = parser.parse_args()
    seed, seconds = int(os.environ.get("SEED", "1")), float(os.environ.get("SECONDS", "600"))
    log = options.log or Path(tempfile.gettempdir()) / f"trilane-monkey-{seed}.jsonl"
    with tempfile.TemporaryDirectory(prefix="trilane-monkey-") as folder:
        home = Path(folder)
        os.environ["HOME"] = folder  # whatever a file dialog looks at first
        prepare_screen(home)
        scenario_files(home)
        from tests.monkey.keeper import keep

        say(f"seed {seed}, {seconds:.0f} s, deeds in {log}")
        return keep(home, log, seed=seed, seconds=seconds, replay=options.replay)


if __name__ == "__main__":
    sys.exit(main())
