"""Whatever the moment at which threads are switched, the breaker behaves as if calls came one by one.

The switches happen between opcodes, and without the lock the same search finds violations, so it would find
them with a wrong lock too.
"""

import random

import pytest

from tests.support.stories import (
    FAIL,
    IGNORE,
    SUCCEED,
    Story,
    acquire,
    command,
    random_story,
    snapshot,
    violations,
    whole_call,
)

STORIES = [
    Story("who gets the only probe", "due", (acquire,), (acquire,), (acquire,)),
    Story(
        "two of three get a probe",
        "due",
        (acquire, SUCCEED),
        (acquire, SUCCEED),
        (acquire, SUCCEED),
        half_open_max_concurrent=2,
    ),
    Story("three failures are three", "closed", (FAIL,), (FAIL,), (FAIL,), given=3),
    Story("a success among failures", "closed", (FAIL, acquire), (SUCCEED, acquire), (FAIL,), given=3),
    Story(
        "a probe fails while another succeeds",
        "half-open",
        (FAIL,),
        (SUCCEED,),
        (acquire,),
        given=2,
        half_open_max_concurrent=2,
    ),
    Story(
        "the last two successes",
        "half-open",
        (SUCCEED, acquire),
        (SUCCEED, acquire),
        given=2,
        half_open_max_concurrent=2,
    ),
    Story("a reset amid results", "closed", (FAIL, acquire), (command("reset"),), (SUCCEED,), given=3),
    Story("forced open amid calls", "closed", (acquire, SUCCEED), (command("force_open"), snapshot)),
    Story("rejections against a reset", "open", (acquire, acquire), (command("reset"), acquire), (acquire,)),
    Story("both return one failure", "closed", (FAIL,), (FAIL,), given=2, failure_threshold=2),
    Story(
        "neutral results make room once",
        "half-open",
        (IGNORE, acquire),
        (acquire,),
        (acquire,),
        given=1,
    ),
    Story("calls while others fail", "closed", (FAIL, FAIL), (whole_call,), given=2, failure_threshold=2),
    Story("a call when a probe is due", "due", (whole_call,), (whole_call,), success_threshold=1),
    Story("calls amid a reset", "open", (whole_call, whole_call), (command("reset"),), (whole_call,)),
    Story("told in order", "closed", (FAIL,), (FAIL,), (command("reset"),), given=3, listened=True),
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_threads_bring_about_only_what_one_thread_could(story: Story) -> None:
    """A switch at every third opcode, or at random ones, gives what some order of whole operations gives."""
    assert list(violations(story, locked=True)) == []


@pytest.mark.parametrize("story", [*STORIES[:3], *STORIES[4:6]], ids=lambda story: story.name)
def test_without_the_lock_a_violation_is_found(story: Story) -> None:
    """The same search with the lock taken away finds a wrong result: the search can see what it is for."""
    assert next(violations(story, locked=False, stride=1), None) is not None


@pytest.mark.parametrize("number", range(25))
def test_random_stories_hold_no_surprise_either(number: int) -> None:
    """What nobody thought of: any operations from any starting point, switched at a few random opcodes."""
    story = random_story(random.Random(number))
    assert list(violations(story, locked=True, stride=61, seeds=6)) == []
