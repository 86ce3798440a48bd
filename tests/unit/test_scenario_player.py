"""The player on fake time: what it does when, pausing and stepping, stopping, and the order at one moment."""

import pytest

from app.domain.cancel import CancelToken
from app.domain.events import LoadChanged
from app.domain.lanes import Lane
from app.operations.scenarios.agenda import Arrivals
from app.operations.scenarios.player import Player
from app.operations.scenarios.script import Force, Load
from tests.support.scenarios import FakeScene, FakeStage, script

MINUTE = """
title = "A minute"
duration = 60
seed = 5
lanes = ["rest", "grpc"]

[settings]
max_retries = 0

[[step]]
at = 0
caption = "Well."
load = { rate = 2.0 }

[[step]]
at = 10
caption = "Broken."
faults = { rest = [{ kind = "error", rate = 0.5 }] }
settings = { jitter = "full" }

[[step]]
at = 30
caption = "Forced."
force = "open"
load = { rate = 0 }
call = 3

[[step]]
at = 40
caption = "Well again."
clear = true
force = "reset"
load = { rate = 0.5, burst = 2, calls = 4 }
"""


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage()


@pytest.fixture
def scene(stage: FakeStage) -> FakeScene:
    return FakeScene(stage)


def test_a_minute_is_played_to_the_microsecond(stage: FakeStage, scene: FakeScene) -> None:
    """Every step and every call comes at its time, on each lane, and the end comes after a minute."""
    Player(script(MINUTE), stage, scene).play()
    rest = [at for at, lane, _ in scene.of("call") if lane is Lane.REST]
    assert rest == [n / 2 for n in range(60)] + [30.0] * 3 + [40, 40, 42, 42, 44, 44, 46, 46]
    assert [number for _, lane, number in scene.of("call") if lane is Lane.GRPC] == list(range(1, 72))
    assert (10.0, Lane.REST, [{"kind": "error", "rate": 0.5}]) in scene.of("faults")
    assert [at for at, lane, _ in scene.of("faults") if lane is Lane.GRPC] == [0.0, 40.0]
    assert [(at, one.max_retries, one.jitter) for at, _, one in scene.of("settings")] == [
        *[(0.0, 0, "proportional")] * 2, *[(10.0, 0, "full")] * 2,
    ]  # fmt: skip
    forced = [(at, force) for at, lane, force in scene.of("force") if lane is Lane.REST]
    assert forced == [(0.0, Force.RESET), (30.0, Force.OPEN), (40.0, Force.RESET)]
    assert scene.of("restore") == [(60.0, scene.before)]


def test_the_seed_is_set_before_the_first_call(stage: FakeStage, scene: FakeScene) -> None:
    """What the servers draw depends on the script alone, not on what was played before."""
    Player(script(MINUTE), stage, scene).play()
    kinds = [line[1] for line in scene.log]
    assert scene.of("seed") == [(0.0, 5)]
    assert kinds.index("seed") < kinds.index("faults") < kinds.index("call")


def test_progress_names_step_and_caption_and_ends_with_what_was_put_back(
    stage: FakeStage, scene: FakeScene
) -> None:
    """One event at the begin, one for each step, and one at the end that is not running."""
    Player(script(MINUTE), stage, scene).play()
    told = [(one.step, one.elapsed, one.caption) for one in scene.progress if one.running]
    assert told == [
        (-1, 0.0, ""), (0, 0.0, "Well."), (1, 10.0, "Broken."), (2, 30.0, "Forced."),
        (3, 40.0, "Well again."),
    ]  # fmt: skip
    last = scene.progress[-1]
    assert (last.running, last.elapsed, last.steps) == (False, 60.0, 4)
    assert "before is back" in last.caption
    loads = [(one.at - 500, one.running, one.rate) for one in scene.events if isinstance(one, LoadChanged)]
    assert loads == [(0, True, 2.0), (30, False, 0.0), (40, True, 1.0), (60, False, 0.0)]


def test_a_step_may_begin_a_stream_on_each_lane(stage: FakeStage, scene: FakeScene) -> None:
    """Each stream has a number of its own and what the script says of it."""
    text = "duration = 9\n" + "".join(f"[[step]]\nat = {n}\nstream = {{ count = {n + 2} }}\n" for n in (1, 4))
    Player(script(text), stage, scene).play()
    told = [(at, lane, number, request.count) for at, lane, number, request in scene.of("stream")]
    assert told == [(at, lane, n, at + 2) for n, at in ((1, 1.0), (2, 4.0)) for lane in Lane]


def test_a_pause_holds_steps_and_load(stage: FakeStage, scene: FakeScene) -> None:
    """Seven seconds of pause move everything after it by seven seconds."""
    player = Player(script(MINUTE), stage, scene, tick=0.25)
    stage.at(8.0, player.pause)
    stage.at(15.0, player.pause)
    player.play()
    calls = [at for at, lane, _ in scene.of("call") if lane is Lane.REST]
    assert calls[:20] == [*(n / 2 for n in range(16)), 15.0, 15.5, 16.0, 16.5]
    assert scene.of("faults")[-2:] == [(47.0, Lane.REST, []), (47.0, Lane.GRPC, [])]
    assert scene.of("restore") == [(67.0, scene.before)]
    assert [one.paused for one in scene.progress if one.elapsed == 8.0][-2:] == [True, False]


def test_a_step_jumps_and_leaves_out_the_load_between(stage: FakeStage, scene: FakeScene) -> None:
    """While paused, the next step comes at once; going on then continues from the time of that step."""
    player = Player(script(MINUTE), stage, scene, tick=0.25)
    stage.at(2.1, player.pause)
    stage.at(3.0, player.step)
    stage.at(4.0, player.pause)
    stage.at(4.9, player.step)  # not paused: nothing
    player.play()
    calls = [at for at, lane, _ in scene.of("call") if lane is Lane.REST]
    assert calls[:8] == [0.0, 0.5, 1.0, 1.5, 2.0, 4.0, 4.5, 5.0]
    assert [at for at, lane, rules in scene.of("faults") if rules] == pytest.approx([3.0], abs=0.3)
    assert scene.of("restore")[0][0] == pytest.approx(54.0)


def test_a_stop_cancels_calls_and_puts_everything_back(stage: FakeStage, scene: FakeScene) -> None:
    """The calls under way are told, nothing more is sent, and what was set before is set again."""
    tokens: list[CancelToken] = []
    player = Player(script(MINUTE), stage, scene, tick=0.25)

    def call(lane: Lane, number: int, cancel: CancelToken) -> None:
        tokens.append(cancel)
        if number == 5:
            player.stop()

    scene.on_call = call
    player.play()
    assert len(tokens) == 9
    assert tokens[-1].cancelled
    assert [kind for _, kind, *_ in scene.log][-1] == "restore"
    assert not scene.progress[-1].running


def test_what_was_before_comes_back_even_when_a_port_fails(stage: FakeStage, scene: FakeScene) -> None:
    """An exception goes through, but not before everything is as it was."""

    def broken(lane: Lane, number: int, cancel: CancelToken) -> None:
        raise RuntimeError("no such lane")

    scene.on_call = broken
    with pytest.raises(RuntimeError, match="no such lane"):
        Player(script(MINUTE), stage, scene).play()
    assert scene.of("restore") == [(0.0, scene.before)]


def test_calls_beyond_the_bound_are_dropped_and_counted(stage: FakeStage, scene: FakeScene) -> None:
    """While two calls of a lane are under way, its third is not sent and not queued."""
    player = Player(script(MINUTE), stage, scene, most_in_flight=2)
    waiting: list[Lane] = []

    def call(lane: Lane, number: int, cancel: CancelToken) -> None:
        waiting.append(lane)
        if number <= 2:
            player._send_one(lane)  # as if an arrival came meanwhile

    scene.on_call = call
    player._send_one(Lane.REST)
    assert (waiting, player.dropped[Lane.REST]) == ([Lane.REST, Lane.REST], 1)


def test_arrivals_keep_their_schedule_and_not_an_average() -> None:
    """The n-th arrival is at start + n / rate without rounding that adds up, and ends after its count."""
    arrivals = Arrivals()
    assert arrivals.next_at is None
    arrivals.change(Load(rate=3.0, calls=3000), at=1.0)
    times = [arrivals.take().at for _ in range(3000)]
    assert times == [round(1.0 + n / 3.0, 6) for n in range(3000)]
    assert arrivals.next_at is None
    with pytest.raises(ValueError, match="no arrival"):
        arrivals.take()
