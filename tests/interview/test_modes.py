"""Exam mode, self-rating, starting over, disputes, regrading."""

from dataclasses import replace

import pytest

from coach.errors import InterviewError
from coach.grading.offline import OfflineJudge
from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.schema import Card, Plan
from evals.play import MemoryLog, parts

GOOD = "It is a weighted sum of the features, linear in the parameters."
LOST = "I don't know"


@pytest.fixture
def desk(why_linear: Card, offline: OfflineJudge) -> interview.Interview:
    return parts(why_linear, offline, MemoryLog())


async def test_an_exam_tells_nothing_before_its_end_and_gives_no_hints(desk: interview.Interview) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=1, mode="exam"))
    with pytest.raises(InterviewError, match="no hints in an exam"):
        await interview.hint(desk, state)
    state = await interview.answer(desk, state, GOOD)
    assert state.current.grade is not None
    assert not state.tells
    state = await interview.answer(desk, state, LOST)
    assert state.current.hints == ()
    assert state.phase == "graded"
    with pytest.raises(InterviewError, match="stays as it is"):
        await interview.retract(desk, state)
    state = await interview.next_question(desk, state)
    assert state.ended == "finished"
    assert state.tells


async def test_a_score_waits_for_the_candidates_own_mark(desk: interview.Interview) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=0, self_rate=True))
    with pytest.raises(InterviewError, match="no answer to rate"):
        await interview.rate(desk, state, 3)
    state = await interview.answer(desk, state, GOOD)
    assert (state.owes_rating, state.tells) == (True, False)
    with pytest.raises(InterviewError, match="1 to 5, not 6"):
        await interview.rate(desk, state, 6)
    state = await interview.rate(desk, state, 4)
    assert (state.owes_rating, state.tells, state.current.rated) == (False, True, 4)
    with pytest.raises(InterviewError, match="rated already"):
        await interview.rate(desk, state, 5)


async def test_starting_over_keeps_the_old_attempt_and_grades_the_new_one_alone(desk: interview.Interview) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=0))
    with pytest.raises(InterviewError, match="nothing to take back"):
        await interview.retract(desk, state)
    state = await interview.hint(desk, state)
    state = await interview.answer(desk, state, GOOD)
    first = state.current.grade
    state = await interview.retract(desk, state)
    assert state.phase == "answering"
    assert state.current.answers == ()
    assert [attempt.grade for attempt in state.current.attempts] == [first]
    hint = state.current.attempts[0].said[0]
    assert hint.kind == "hinted"
    assert hint.text in state.current.interviewer
    state = await interview.answer(desk, state, hint.text)
    assert state.current.grade is not None
    assert state.current.grade.score is not None
    assert state.current.grade.score.points == 0
    assert state.current.grade.hints == 1
    assert state == await interview.load(desk, state.id)


async def test_a_disputed_verdict_keeps_its_grade_and_the_reason(desk: interview.Interview, why_linear: Card) -> None:
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=0))
    name = why_linear.criteria[-1].id
    wrong = {"question": 0, "criterion": name, "state": "met", "reason": "I said it"}
    with pytest.raises(InterviewError, match="no verdict on"):
        await interview.dispute(desk, state, **wrong)
    state = await interview.answer(desk, state, GOOD)
    grade = state.current.grade
    for change, says in (
        ({"question": 3}, "no question 4"),
        ({"criterion": "nothing"}, "no verdict on 'nothing'"),
        ({"reason": " "}, "say why"),
        ({"state": "not_graded"}, "deserves instead"),
    ):
        with pytest.raises(InterviewError, match=says):
            await interview.dispute(desk, state, **(wrong | change))
    state = await interview.end(desk, state)
    state = await interview.dispute(desk, state, **wrong)
    assert state.current.grade == grade
    assert [(one.criterion, one.state, one.reason) for one in state.current.disputes] == [(name, "met", "I said it")]


async def test_a_stored_interview_is_graded_again_by_another_judge(
    why_linear: Card, offline: OfflineJudge, desk: interview.Interview
) -> None:
    class Hard:
        info = offline.info.model_copy(update={"name": "hard"})

        async def opinion(self, card: Card, *_: object) -> object:
            opinion = offline.judge(card, (), ())
            return opinion.model_copy(update={"judge": self.info})

    state = await interview.start(desk, Plan(lang="en", questions=1, probes=0))
    state = await interview.next_question(desk, await interview.answer(desk, state, GOOD))
    before = state.current.grade
    again = await interview.regrade_all(replace(desk, judge=Hard()), state)
    assert again.ended == "finished"
    assert again.current.grade is not None
    assert before is not None
    assert (before.judge.name, again.current.grade.judge.name) == ("offline-2", "hard")
    assert again.current.said == state.current.said
    assert again == await interview.load(desk, state.id)
    stored = [event.body for event in desk.log.events(state.id) if event.body.kind == "graded"]
    assert [body.grade.judge.name for body in stored] == ["offline-2", "hard"]


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"lang": "fr"}, "lang is 'fr'"),
        ({"lang": "en", "format": "quiz"}, "format is 'quiz'"),
        ({"lang": "en", "questions": 99}, "questions is 99"),
        ({"lang": "en", "minutes": 0}, "minutes is 0"),
    ],
)
def test_an_impossible_plan_says_what_is_wrong(chosen: dict[str, object], says: str) -> None:
    with pytest.raises(InterviewError, match=says):
        plan_of(chosen)


def test_an_exam_has_the_clock_of_its_format_unless_another_was_chosen() -> None:
    assert plan_of({"lang": "en", "format": "breadth", "mode": "exam"}).minutes_each == 5
    assert plan_of({"lang": "en", "format": "breadth", "mode": "exam", "minutes": 7}).minutes == 7
    assert plan_of({"lang": "en", "format": "breadth"}).minutes is None
    assert plan_of({"lang": "en", "format": "phone"}).probes == 3
