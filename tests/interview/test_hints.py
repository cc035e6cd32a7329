"""What the interviewer said before an answer is no evidence of it; what comes later takes nothing away."""

from collections.abc import Sequence

import pytest

from coach.interview import session as interview
from coach.schema import Card, Claim, JudgeInfo, Opinion, Plan, Quote, Utterance
from evals.play import MemoryLog, parts


class Generous:
    """Says that the first answer meets every criterion but the last, and quotes all of it."""

    info = JudgeInfo(judge="llm", name="generous")

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        quotes = (Quote(turn=0, text=utterances[0].text),)
        met = [Claim(criterion=one.id, state="met", quotes=quotes) for one in card.criteria[:-1]]
        return Opinion(claims=(*met, Claim(criterion=card.criteria[-1].id, state="missed")), judge=self.info)


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_a_hint_said_again_earns_nothing_and_the_grade_counts_it(why_linear: Card, lang: str) -> None:
    desk = parts(why_linear, Generous(), MemoryLog())
    state = await interview.start(desk, Plan.model_validate({"lang": lang, "questions": 1}))
    state = await interview.hint(desk, state)
    state = await interview.answer(desk, state, state.current.hints[0].text)
    grade = state.current.grade
    assert grade is not None
    assert grade.score is not None
    assert (grade.score.points, grade.hints) == (0, 1)
    assert {one.downgraded_for for one in grade.verdicts[:-1]} == {"repeats"}


async def test_words_that_a_later_hint_repeats_stay_the_candidates(why_linear: Card) -> None:
    desk = parts(why_linear, Generous(), MemoryLog())
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=1))
    state = await interview.answer(desk, state, why_linear.hints[0].en)
    assert state.phase == "answering"
    state = await interview.hint(desk, state)
    assert state.current.hints[0].text == why_linear.hints[0].en
    state = await interview.answer(desk, state, "That is all I know of it.")
    grade = state.current.grade
    assert grade is not None
    assert {one.state for one in grade.verdicts[:-1]} == {"met"}
    assert grade.hints == 1
