"""The core against its models, as often as was asked for: breaker, threads, calls, retries.

Nothing is served here; what must hold is that the program does what the rules say, number for number.
"""

import random

import pytest
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.conftest import CASES, SEED
from tests.support.core_oracle import compare_pipeline, compare_retry
from tests.support.stories import random_story, violations
from tests.unit.test_breaker_model import BreakerMachine

FIRST = SEED * 10_000_000

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(7200)]


def test_histories() -> None:
    """Random histories of one breaker."""
    usual = BreakerMachine.TestCase.settings
    asked = settings(usual, max_examples=CASES, derandomize=False, database=None)
    run_state_machine_as_test(seed(SEED)(BreakerMachine), settings=asked)


def test_threads() -> None:
    """Random stories of two or three threads, switched at random opcodes."""
    for number in range(FIRST, FIRST + max(50, CASES // 20)):
        story = random_story(random.Random(number))
        assert (number, list(violations(story, locked=True, stride=29, seeds=20))) == (number, [])


def test_pipelines() -> None:
    """Eight calls through each pipeline."""
    for number in range(FIRST, FIRST + CASES):
        compare_pipeline(number)


def test_retries() -> None:
    """One call of retry_with_backoff each."""
    for number in range(FIRST, FIRST + CASES):
        compare_retry(number)
