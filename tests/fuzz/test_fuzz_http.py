"""schemathesis against the REST description and the GraphQL schema of a running server.

``make fuzz`` runs some thousand cases, ``make fuzz CASES=20000`` a full round. All phases and all checks,
stateful too; what differs from that is in hooks.py and schemathesis.toml, with the reason.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.conftest import CASES, ROOT, SEED, Target

HERE = Path(__file__).parent
REST_OPERATIONS, GRAPHQL_OPERATIONS = 14, 10
LOGOUT = "/auth/logout"
ROUND = 100  # examples per operation and seed


def attack(target: Target, location: str, *more: str, seed: int, examples: int) -> tuple[int, str]:
    """One run of schemathesis: how many cases it made, and its report if it found anything."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")),
        *("run", location, "--header", f"Authorization: Bearer {target.token}"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--seed", str(seed), "--max-examples", str(examples), "--no-color", *more),
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'proto'}",
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated is not None, done.stdout + done.stderr
    return int(generated[1]), "" if done.returncode == 0 else done.stdout


def attack_until_enough(target: Target, location: str, *more: str, operations: int) -> None:
    """Seed after seed, until the wanted number of cases was made. Fails with the first report."""
    made, seed = 0, SEED
    while made < CASES:
        examples = max(5, min(ROUND, (CASES - made) // operations))
        count, report = attack(target, location, *more, seed=seed, examples=examples)
        if report:
            pytest.fail(report)
        made, seed = made + count, seed + 1
    print(f"{location}: {made} cases, none failed")


@pytest.mark.fuzz
@pytest.mark.timeout(0)
def test_rest_keeps_its_description(target: Target) -> None:
    """Whatever is generated from the OpenAPI document is answered as the document says."""
    location = f"{target.addresses['rest']}/openapi.json"
    attack_until_enough(target, location, "--exclude-path", LOGOUT, operations=REST_OPERATIONS)
    # Last, because from then on the token is refused, as it should be.
    _, report = attack(target, location, "--include-path", LOGOUT, seed=SEED, examples=10)
    assert report == ""


@pytest.mark.fuzz
@pytest.mark.timeout(0)
def test_graphql_refuses_only_in_documented_words(target: Target) -> None:
    """Whatever the schema allows is answered with data or a coded error."""
    attack_until_enough(
        target,
        target.addresses["graphql"],
        *("--exclude-checks", "not_a_server_error,positive_data_acceptance"),
        operations=GRAPHQL_OPERATIONS,
    )
