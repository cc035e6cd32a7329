import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.errors import Conflict, InterviewError, ModelTimeout
from coach.grading.offline import OfflineJudge
from coach.interview import session as interview
from coach.schema import Card, Event, JudgeInfo, Mode, Opinion, Plan, Session, Utterance
from evals.play import MemoryLog, parts
from tests.sessions import timeless

GOOD = "It is a weighted sum of the features, linear in the parameters."


class Failing:
    """A judge that fails so many times and then hands over to another."""

    def __init__(self, then: OfflineJudge, times: int) -> None:
        self._then, self._left = then, times
        self.info = JudgeInfo(judge="llm", name="failing")

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        if self._left:
            self._left -= 1
            raise ModelTimeout("the model took longer than 30 s: try again")
        return self._then.judge(card, utterances, interviewer)


@pytest.fixture
def desk(why_linear: Card, offline: OfflineJudge) -> interview.Interview:
    return parts(why_linear, offline, MemoryLog())


async def begin(desk: interview.Interview, probes: int = 2) -> Session:
    return await interview.start(desk, Plan(lang="en", questions=1, probes=probes))


async def test_a_whole_question_with_a_probe(desk: interview.Interview) -> None:
    state = await begin(desk, probes=1)
    assert state.phase == "answering"
    state = await interview.answer(desk, state, GOOD)
    assert [probe.criterion for probe in state.current.probes] == ["transformed-features"]
    before = state.current.grade
    state = await interview.answer(desk, state, "You can add x squared as a feature and it stays linear regression.")
    after = state.current.grade
    assert state.phase == "graded"
    assert before is not None
    assert after is not None
    assert before.score is not None
    assert after.score is not None
    assert after.score.points > before.score.points
    assert {evidence.turn for verdict in after.verdicts for evidence in verdict.evidence} == {0, 1}
    state = await interview.next_question(desk, state)
    assert state.phase == "ended"
    assert state.ended == "finished"


async def test_the_state_is_the_fold_of_what_was_stored(desk: interview.Interview) -> None:
    state = await begin(desk)
    for step in (interview.hint, interview.skip):
        state = await step(desk, state)
        assert state == await interview.load(desk, state.id)
    state = await interview.end(desk, state)
    assert state == await interview.load(desk, state.id)


async def test_a_failed_judge_keeps_the_answer_and_grading_again_goes_on(
    why_linear: Card, offline: OfflineJudge
) -> None:
    desk = parts(why_linear, Failing(offline, 1), MemoryLog())
    state = await interview.answer(desk, await begin(desk), GOOD)
    grade = state.current.grade
    assert grade is not None
    assert grade.score is None
    assert grade.not_graded is not None
    assert grade.not_graded.code == "timeout"
    assert state.current.answers[0].text == GOOD
    assert state.phase == "graded"
    state = await interview.advance(desk, await interview.regrade(desk, state))
    assert state.current.grade is not None
    assert state.current.grade.score is not None
    assert state.phase == "answering"


async def test_a_stale_tab_is_told_and_overwrites_nothing(desk: interview.Interview) -> None:
    state = await begin(desk)
    await interview.submit(desk, state, "first")
    with pytest.raises(Conflict):
        await interview.submit(desk, state, "second")
    stored = await interview.load(desk, state.id)
    assert [answer.text for answer in stored.current.answers] == ["first"]


@pytest.mark.parametrize(
    ("text", "says"), [("", "empty"), ("  \n", "empty"), ("x" * (interview.MAX_ANSWER + 1), "at most 20,000")]
)
async def test_an_impossible_answer_is_refused_and_nothing_is_stored(
    desk: interview.Interview, text: str, says: str
) -> None:
    state = await begin(desk)
    with pytest.raises(InterviewError, match=says):
        await interview.answer(desk, state, text)
    assert (await interview.load(desk, state.id)) == state


async def test_steps_out_of_place_are_refused_in_words(desk: interview.Interview) -> None:
    state = await begin(desk, probes=0)
    with pytest.raises(InterviewError, match="nothing to grade"):
        await interview.regrade(desk, state)
    state = await interview.answer(desk, state, GOOD)
    for step in (interview.hint, interview.skip):
        with pytest.raises(InterviewError):
            await step(desk, state)
    with pytest.raises(InterviewError, match="no answer is expected"):
        await interview.answer(desk, state, "more")
    state = await interview.end(desk, state)
    assert await interview.end(desk, state) == state
    with pytest.raises(InterviewError, match="over"):
        await interview.next_question(desk, state)


async def test_the_fourth_hint_is_refused(desk: interview.Interview) -> None:
    state = await begin(desk)
    for rung in (1, 2, 3):
        state = await interview.hint(desk, state)
        assert state.current.hints[-1].rung == rung
    with pytest.raises(InterviewError, match="all three"):
        await interview.hint(desk, state)


async def test_dont_know_is_met_with_a_hint_and_never_the_same_question(desk: interview.Interview) -> None:
    state = await interview.answer(desk, await begin(desk), "I don't know")
    assert [hint.rung for hint in state.current.hints] == [1]
    assert state.current.probes == ()
    state = await interview.answer(desk, state, "不知道")
    assert state.phase == "graded"
    assert state.current.grade is not None
    assert state.current.grade.score is not None
    assert state.current.grade.score.points == 0


class Cut(BaseException):
    """The process dies here."""


class CutLog(MemoryLog):
    """A log that dies after so many writes, before or after the last one is kept."""

    def __init__(self, writes: int, *, kept: bool) -> None:
        super().__init__()
        self._left, self._kept = writes, kept

    def append(self, events: Sequence[Event], *, clear_draft: bool = False) -> None:
        self._left -= 1
        if self._left == 0 and not self._kept:
            raise Cut
        super().append(events, clear_draft=clear_draft)
        if self._left == 0:
            raise Cut


SCRIPT = (GOOD, "Add x squared as a feature, it is still linear regression.", "We minimise the squared residuals.")


async def drive(desk: interview.Interview, state: Session) -> Session:
    """What a person does who reloads the page after anything goes wrong."""
    while state.phase != "ended":
        state = await interview.advance(desk, state)
        if state.phase == "answering":
            state = await interview.answer(desk, state, SCRIPT[len(state.current.answers)])
        elif state.phase == "graded":
            state = await interview.next_question(desk, state)
    return state


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("write", range(2, 10))
async def test_dying_at_any_write_comes_back_to_the_same_session(
    why_linear: Card, offline: OfflineJudge, write: int, kept: bool
) -> None:
    whole = parts(why_linear, offline, MemoryLog())
    expected = await drive(whole, await begin(whole))
    log = CutLog(write, kept=kept)
    desk = parts(why_linear, offline, log)
    state = await begin(desk)
    try:
        await drive(desk, state)
    except Cut:
        pass
    else:
        assert write > expected.next_seq - 1
    came_back = await drive(desk, await interview.load(desk, state.id))
    assert timeless(came_back) == timeless(expected)


SAID = {
    "answer": GOOD,
    "know-nothing": "I don't know",
    "repeat": "Could you repeat the question, please?",
    "clarify": "Do you mean for regression or for classification?",
    "chinese": "Can we switch to Chinese, please?",
    "a hint": "Could I have a hint?",
    "start over": "Let me start over.",
    "stop": "Let's stop here.",
}
STEPS: dict[str, Callable[[interview.Interview, Session], Awaitable[Session]]] = {
    "hint": interview.hint,
    "skip": interview.skip,
    "next": interview.next_question,
    "end": interview.end,
    "again": interview.regrade,
    "all again": interview.regrade_all,
    "redo": interview.retract,
    "pause": interview.pause,
    "resume": interview.resume,
    "expire": interview.expire,
    "rate": lambda desk, state: interview.rate(desk, state, 3),
    "dispute": lambda desk, state: interview.dispute(
        desk, state, question=0, criterion="least-squares", state="met", reason="said so"
    ),
}


@given(
    steps=st.lists(st.sampled_from([*SAID, *STEPS]), max_size=14),
    mode=st.sampled_from(["practice", "exam"]),
    self_rate=st.booleans(),
    minutes=st.sampled_from([None, 0.2]),
)
@settings(max_examples=80, deadline=None)
def test_any_order_of_steps_leaves_a_session_that_folds_to_the_same_bytes(
    why_linear: Card, offline: OfflineJudge, steps: list[str], mode: Mode, self_rate: bool, minutes: float | None
) -> None:
    async def run() -> None:
        desk = parts(why_linear, offline, MemoryLog())
        plan = Plan(lang="en", questions=1, probes=2, mode=mode, self_rate=self_rate, minutes=minutes)
        state = await interview.start(desk, plan)
        for step in steps:
            try:
                if step in SAID:
                    state = await interview.hear(desk, state, SAID[step])
                else:
                    state = await STEPS[step](desk, state)
                state = await interview.advance(desk, state)
            except InterviewError:
                state = await interview.load(desk, state.id)
            stored = desk.log.events(state.id)
            again = interview.fold(Event.model_validate_json(event.model_dump_json()) for event in stored)
            assert again.model_dump_json() == state.model_dump_json()
            assert len(state.current.probes) <= 2
            assert not (state.exam and state.ended is None and state.tells)

    asyncio.run(run())


def test_events_with_a_gap_are_refused() -> None:
    with pytest.raises(InterviewError, match="begins with its plan"):
        interview.fold(())
