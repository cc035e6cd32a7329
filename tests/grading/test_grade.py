from collections.abc import Sequence

import pytest

from coach import errors
from coach.grading.grade import grade
from coach.schema import Card, Claim, JudgeInfo, MisconceptionClaim, Opinion, Quote, Utterance

INFO = JudgeInfo(judge="llm", name="scripted")


class Scripted:
    """A judge that says what it is told to say, and counts how often it was asked."""

    info = INFO

    def __init__(self, opinion: Opinion | errors.ModelError) -> None:
        self._opinion = opinion
        self.asked = 0

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        self.asked += 1
        if isinstance(self._opinion, errors.ModelError):
            raise self._opinion
        return self._opinion


def claims(card: Card, quote: str) -> tuple[Claim, ...]:
    return tuple(
        Claim(criterion=criterion.id, state="met", quotes=(Quote(turn=0, text=quote),)) for criterion in card.criteria
    )


def said(text: str) -> tuple[Utterance, ...]:
    return (Utterance(turn=0, text=text),)


@pytest.mark.parametrize("text", ["", "   ", "...", "?!", "🙂🙂", "\u200b", "\n\n"])
async def test_words_without_content_score_zero_without_asking_a_judge(why_linear: Card, text: str) -> None:
    judge = Scripted(Opinion(claims=claims(why_linear, "x"), judge=INFO))
    result = await grade(judge, why_linear, said(text), interviewer=())
    assert judge.asked == 0
    assert result.score is not None
    assert result.score.points == 0


async def test_a_judge_that_invents_every_quote_earns_nothing(why_linear: Card) -> None:
    judge = Scripted(Opinion(claims=claims(why_linear, "linear in the parameters"), judge=INFO))
    result = await grade(judge, why_linear, said("I like cats a lot."), interviewer=())
    assert result.score is not None
    assert result.score.points == 0
    assert {verdict.downgraded_from for verdict in result.verdicts} == {"met"}


@pytest.mark.parametrize(
    "error",
    [kind("x") for kind in errors.ModelError.__subclasses__()],
    ids=lambda error: type(error).__name__,
)
async def test_every_model_failure_is_not_graded_with_its_code(why_linear: Card, error: errors.ModelError) -> None:
    result = await grade(Scripted(error), why_linear, said("words"), interviewer=())
    assert result.score is None
    assert result.not_graded is not None
    assert result.not_graded.code == error.code
    assert {verdict.state for verdict in result.verdicts} == {"not_graded"}


def test_every_model_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in errors.ModelError.__subclasses__()]
    assert len(set(codes)) == len(codes)
    assert errors.ModelError.code not in codes
    tree = errors.__doc__ or ""
    assert all(kind.__name__ in tree for kind in errors.ModelError.__subclasses__())
    assert all(code in tree for code in codes)


async def test_a_criterion_the_judge_forgot_leaves_the_answer_without_a_score(why_linear: Card) -> None:
    judge = Scripted(Opinion(claims=claims(why_linear, "words")[:-1], judge=INFO))
    result = await grade(judge, why_linear, said("words"), interviewer=())
    assert result.score is None
    assert result.not_graded is not None
    assert why_linear.criteria[-1].id in result.not_graded.message


async def test_an_unknown_misconception_is_ignored(why_linear: Card) -> None:
    opinion = Opinion(
        claims=claims(why_linear, "words"),
        misconceptions=(MisconceptionClaim(misconception="made-up", quotes=(Quote(turn=0, text="words"),)),),
        judge=INFO,
    )
    result = await grade(Scripted(opinion), why_linear, said("words"), interviewer=())
    assert result.misconceptions == ()
