from dataclasses import replace
from datetime import UTC, datetime, timedelta

from coach.grading.offline import OfflineJudge
from coach.interview import session as interview
from coach.interview.timeline import Moment, moments
from coach.schema import Card, Plan
from evals.play import MemoryLog, parts


class Watch:
    """A clock that stands still until it is moved on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


async def course(why_linear: Card, offline: OfflineJudge) -> tuple[Moment, ...]:
    watch, log = Watch(), MemoryLog()
    desk = replace(parts(why_linear, offline, log), now=watch)
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=0))
    watch.wait(10)
    state = await interview.pause(desk, state)
    watch.wait(100)
    state = await interview.resume(desk, state)
    watch.wait(5)
    state = await interview.answer(desk, state, "a weighted sum")
    watch.wait(60)
    state = await interview.retract(desk, state)
    watch.wait(7)
    state = await interview.answer(desk, state, "linear in the parameters")
    state = await interview.next_question(desk, state)
    await interview.regrade_all(desk, state)
    return moments(log.events(state.id))


async def test_time_runs_over_attempts_and_stands_in_pauses_and_while_a_grade_is_read(
    why_linear: Card, offline: OfflineJudge
) -> None:
    found = [(one.body.kind, one.question, one.attempt, one.used_s) for one in await course(why_linear, offline)]
    assert found == [
        ("started", None, 0, 0),
        ("asked", 0, 0, 0),
        ("paused", 0, 0, 10),
        ("resumed", 0, 0, 10),
        ("answered", 0, 0, 15),
        ("graded", 0, 0, 15),
        ("retracted", 0, 1, 15),
        ("answered", 0, 1, 22),
        ("graded", 0, 1, 22),
        ("ended", 0, 1, 22),
        ("graded", 0, 1, 22),
    ]


async def test_a_state_after_every_event_ends_in_the_session_itself(why_linear: Card, offline: OfflineJudge) -> None:
    log = MemoryLog()
    desk = parts(why_linear, offline, log)
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=0))
    state = await interview.answer(desk, state, "a weighted sum")
    events = log.events(state.id)
    found = interview.states(events)
    assert [one.next_seq for one in found] == [event.seq + 1 for event in events]
    assert found[-1] == interview.fold(events) == state
