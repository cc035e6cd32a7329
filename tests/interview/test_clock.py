"""The clock belongs to the session: it counts the candidate's time, and finishes the turn in flight."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coach.grading.offline import OfflineJudge
from coach.interview import session as interview
from coach.interview.clock import left, left_on_question, time_up, used
from coach.schema import Card, Plan
from evals.play import MemoryLog, parts

GOOD = "It is a weighted sum of the features, linear in the parameters."


class Watch:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def desk(why_linear: Card, offline: OfflineJudge, watch: Callable[[], datetime]) -> interview.Interview:
    return replace(parts(why_linear, offline, MemoryLog()), now=watch)


async def test_only_the_candidates_own_time_counts(desk: interview.Interview, watch: Watch) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=1, minutes=10))
    watch.pass_(60)
    assert (used(state, watch.now), left(state, watch.now)) == (60, 540)
    state = await interview.submit(desk, state, GOOD)
    watch.pass_(100)
    assert used(state, watch.now) == 60
    state = await interview.advance(desk, state)
    watch.pass_(5)
    state = await interview.pause(desk, state)
    watch.pass_(1000)
    assert used(state, watch.now) == 65
    state = await interview.resume(desk, state)
    watch.pass_(5)
    assert used(state, watch.now) == 70
    state = await interview.skip(desk, state)
    assert state.current.seconds == 70
    watch.pass_(50)
    assert used(state, watch.now) == 70
    assert (await interview.load(desk, state.id)) == state


async def test_what_was_being_said_when_time_ran_out_is_graded_and_nothing_more_is_asked(
    desk: interview.Interview, watch: Watch
) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=2, probes=2, minutes=1))
    watch.pass_(61)
    assert time_up(state, watch.now) == "interview"
    state = await interview.advance(desk, await interview.hear(desk, state, GOOD))
    assert state.ended == "time"
    assert state.current.grade is not None
    assert state.current.probes == ()


@pytest.mark.parametrize("draft", ["", "  \n", GOOD])
async def test_time_up_takes_the_draft_for_the_answer(desk: interview.Interview, watch: Watch, draft: str) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=1, minutes=1))
    assert await interview.expire(desk, state, draft) == state
    watch.pass_(61)
    state = await interview.expire(desk, state, draft)
    assert state.ended == "time"
    assert [one.text for one in state.current.answers] == ([GOOD] if draft == GOOD else [])
    assert (state.current.skipped is None) == (draft == GOOD)
    assert await interview.expire(desk, state, draft) == state


async def test_a_questions_own_time_leaves_the_question_and_not_the_interview(
    desk: interview.Interview, watch: Watch
) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=2, minutes_each=1))
    watch.pass_(61)
    assert left_on_question(state, watch.now) == -1
    assert time_up(state, watch.now) == "question"
    state = await interview.expire(desk, state)
    assert (state.phase, state.ended) == ("graded", None)
    assert (await interview.next_question(desk, state)).ended == "finished"


async def test_an_earlier_attempt_used_up_the_same_time(desk: interview.Interview, watch: Watch) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=2, minutes_each=10))
    watch.pass_(100)
    state = await interview.advance(desk, await interview.hear(desk, state, GOOD))
    state = await interview.retract(desk, state)
    watch.pass_(20)
    assert left_on_question(state, watch.now) == 480


async def test_answering_ends_a_pause(desk: interview.Interview, watch: Watch) -> None:
    state = await interview.pause(desk, await interview.start(desk, Plan(lang="en", questions=1)))
    assert state.paused
    state = await interview.submit(desk, state, GOOD)
    assert not state.paused
