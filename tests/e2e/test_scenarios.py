"""``trilane run SCENARIO`` as a process: its report, its list, and how it refuses a bad file."""

import json
import signal
import subprocess
import sys

import pytest

from tests.e2e.conftest import ROOT, Program, stop


def test_a_scenario_ends_with_a_report_and_tells_its_steps_meanwhile(program: Program) -> None:
    """JSON alone on stdout, the captions on stderr with their times, code 0, nothing left behind."""
    end = program.run("run", "flaky-twice", "--json", "--speed", "100", "--lanes", "grpc,rest")
    assert end.code == 0, end.err
    report = json.loads(end.out)
    assert list(report["lanes"]) == ["rest", "grpc"]
    assert {one["attempts"] for one in report["lanes"].values()} == {3}
    assert "    0.0 s  The next two requests will fail." in end.err
    assert "    3.0 s  The caller got its answer" in end.err
    assert list(program.temporary.iterdir()) == []


def test_options_may_stand_before_the_name_and_a_path_may_be_the_name(program: Program) -> None:
    """A person's own file plays like a shipped one, with the seed of the command line."""
    file = program.home.parent / "mine.toml"
    file.write_text("title = 'Mine'\nduration = 1\n[[step]]\nat = 0\ncaption = 'Now.'\ncall = 2\n")
    end = program.run("run", "--speed", "100", "--seed", "9", "--lanes", "rest", str(file))
    assert end.code == 0, end.err
    lines = end.out.splitlines()
    assert lines[0] == "Mine (mine, seed 9, 1 s)"
    assert ["fresh", "answers", "2"] in [line.split() for line in lines]


def test_the_list_names_shipped_and_own_and_broken_ones(program: Program) -> None:
    """A broken file stands in the list with line and reason, and code stays 0."""
    folder = program.home / "data" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text("duration = 1\n[[step]]\nat = 3\n")
    end = program.run("run", "--list")
    assert (end.code, end.err) == (0, "")
    lines = [" ".join(line.split()) for line in end.out.splitlines()]
    assert "unreliable An unreliable service" in lines
    assert "broken.toml, line 3: at must be a number from 0 to 1, not 3" in end.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("no-such",), "'no-such' is none of"),
        (("BAD",), "bad.toml, line 2: duration must be a number"),
        (("unreliable", "--lanes", "soap"), "soap"),
        (("unreliable", "--speed", "0"), "--speed"),
        ((), "name a scenario"),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_sentence(
    program: Program, arguments: tuple[str, ...], named: str
) -> None:
    """Code 2, line and reason, no traceback, nothing on stdout."""
    file = program.home.parent / "bad.toml"
    file.write_text("title = 'x'\nduration = 'long'\n")
    end = program.run("run", *(str(file) if one == "BAD" else one for one in arguments))
    assert (end.code, end.out) == (2, "")
    assert named in end.err
    assert "Traceback" not in end.err


def test_compare_is_still_a_command(program: Program) -> None:
    """The name of a command wins over the name of a scenario."""
    end = program.run("run", "compare", "--help")
    assert end.code == 0
    assert "Send one operation over the lanes" in end.out


def test_a_scenario_needs_no_qt() -> None:
    """What plays and lists scenarios runs on a machine that has no Qt."""
    code = "import sys; sys.modules['PySide6'] = None; import app.cli.scenario; print('fine')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("fine", "")


def test_ctrl_c_ends_a_play_at_once(program: Program) -> None:
    """A play of half a minute is left at once, without a traceback, a report or files; the code says why."""
    process = program.start("run", "slow-dependency", "--lanes", "rest")
    assert process.stderr is not None
    assert "30 s" in process.stderr.readline()
    assert "The service is well" in process.stderr.readline()
    took, end = stop(process, signal.SIGINT)
    assert took < 2.5  # on a busy machine; it has bound itself to less than one second
    assert (end.code, end.out, end.err) == (130, "", "")
    assert list(program.temporary.iterdir()) == []
