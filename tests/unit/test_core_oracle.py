"""Whole calls and retries against models written from the rules alone. ``make fuzz`` runs many more."""

import pytest

from tests.support.core_oracle import compare_pipeline, compare_retry


@pytest.mark.parametrize("tens", range(40))
def test_a_pipeline_goes_as_the_rules_say(tens: int) -> None:
    """Attempts, timeouts, waits, reasons, copies and events are the model's, whatever the settings."""
    for seed in range(tens * 10, tens * 10 + 10):
        compare_pipeline(seed)


def test_a_retry_goes_as_the_rules_say() -> None:
    """Waits, reason, history, tokens and result are the model's."""
    for seed in range(2000):
        compare_retry(seed)
