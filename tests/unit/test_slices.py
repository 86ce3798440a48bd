"""Long computations step aside for the window and end when their job is cancelled."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain import slices as module
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.domain.sliced_json import dumps, loads
from app.domain.slices import ENTRIES, SLICES, Slices, sliced
from app.operations.compare import over_fetch, semantic_diff

ROWS = [{"id": str(number), "price": number * 0.5, "stock": number} for number in range(8_000)]
TEXT = json.dumps({"products": ROWS})


def test_nobody_waits_or_ends_outside_of_a_job() -> None:
    """Even while the window works, a thread without a job goes on at once."""
    slices = Slices()
    with slices.job(CancelToken()):
        slices.between()
    assert slices.hold()
    slices.between()


def test_the_window_is_only_asked_to_tell_its_end_while_something_computes() -> None:
    """Without a job, or after a first step in the turn, holding says that nothing is to be done."""
    slices = Slices()
    assert not slices.hold()
    with slices.job(CancelToken()):
        slices.between()
    assert slices.hold()
    assert not slices.hold()
    slices.let_go()


def test_a_job_waits_until_the_window_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two slices it stands still while the window works."""
    monkeypatch.setattr(module, "PATIENCE", 30.0)
    slices, steps, first = Slices(), [], threading.Event()
    held = threading.Event()

    def job() -> None:
        with slices.job(CancelToken()):
            slices.between()
            first.set()
            held.wait(30)
            slices.between()
            steps.append("job")

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(job)
        first.wait(30)
        assert slices.hold()
        held.set()
        steps.append("window")
        slices.let_go()
        done.result(30)
    assert steps == ["window", "job"]


def test_a_window_that_never_rests_does_not_stop_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its patience a job computes another slice."""
    monkeypatch.setattr(module, "PATIENCE", 0.001)
    slices = Slices()
    with slices.job(CancelToken()):
        slices.between()
        assert slices.hold()
        slices.between()


def test_sliced_gives_every_entry_in_order() -> None:
    """Nothing is lost at the questions, also not at the end of an even number of slices."""
    for size in (0, 1, ENTRIES, ENTRIES * 2, ENTRIES * 2 + 1):
        assert list(sliced(range(size))) == list(range(size))


@pytest.mark.parametrize(
    "compute",
    [
        lambda: loads(TEXT),
        lambda: dumps(ROWS),
        lambda: over_fetch({"products": ROWS}, ["products.id"]),
        lambda: semantic_diff({"products": ROWS}, {"products": ROWS}),
    ],
    ids=["parse", "write", "measure", "compare"],
)
def test_a_cancelled_job_ends_between_two_slices(compute: object) -> None:
    """What walks through a large answer hears of the cancel."""
    cancel = CancelToken()
    cancel.cancel()
    assert callable(compute)
    with SLICES.job(cancel), pytest.raises(Cancelled):
        compute()
    compute()
