"""One function from an answer to a grade, whichever judge is at work.

The judge gives an opinion; code checks every quote, applies the gates, and adds up the points. A judge that fails
leaves the answer *not graded* with the reason; it never becomes a number.
"""

from collections.abc import Sequence
from typing import Protocol

from coach.errors import ModelError
from coach.grading import evidence
from coach.grading.score import score
from coach.schema import Card, Grade, JudgeInfo, NotGraded, Opinion, Utterance, Verdict
from coach.text import tokens


class Judge(Protocol):
    """Whatever can give an opinion on an answer."""

    @property
    def info(self) -> JudgeInfo:
        """Which judge this is."""
        ...

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """What the candidate's words amount to; raises ModelError when there is no usable opinion."""
        ...


async def grade(judge: Judge, card: Card, utterances: Sequence[Utterance], *, interviewer: Sequence[str]) -> Grade:
    """The grade of all the candidate's words on one card.

    `interviewer` holds every line said to the candidate on this card: it is never evidence. Words without content
    (nothing, punctuation, emoji) score zero without asking a judge.
    """
    if not any(tokens(utterance.text) for utterance in utterances):
        silent = tuple(
            Verdict(criterion=criterion.id, state="missed", reason="nothing was said") for criterion in card.criteria
        )
        return Grade(
            card=card.id,
            card_hash=card.fingerprint,
            verdicts=silent,
            score=score(card, silent),
            judge=judge.info,
        )
    try:
        opinion = await judge.opinion(card, utterances, interviewer)
    except ModelError as error:
        return _not_graded(card, judge.info, NotGraded(code=error.code, message=str(error)))
    return settle(card, opinion, utterances)


def settle(card: Card, opinion: Opinion, utterances: Sequence[Utterance]) -> Grade:
    """The grade that an opinion supports: quotes checked, unsupported claims downgraded, points added up."""
    claims = {claim.criterion: claim for claim in opinion.claims}
    verdicts = tuple(
        evidence.check(claims[criterion.id], utterances)
        if criterion.id in claims
        else Verdict(criterion=criterion.id, state="not_graded", reason="the judge gave no verdict on this point")
        for criterion in card.criteria
    )
    known = {misconception.id for misconception in card.misconceptions}
    stated = tuple(
        found
        for claim in opinion.misconceptions
        if claim.misconception in known and (found := evidence.check_misconception(claim, utterances)) is not None
    )
    unjudged = [verdict.criterion for verdict in verdicts if verdict.state == "not_graded"]
    missing = (
        NotGraded(code="incomplete", message=f"the judge gave no verdict on: {', '.join(unjudged)}")
        if unjudged
        else None
    )
    return Grade(
        card=card.id,
        card_hash=card.fingerprint,
        verdicts=verdicts,
        misconceptions=stated,
        score=score(card, verdicts, stated),
        not_graded=missing,
        judge=opinion.judge,
    )


def _not_graded(card: Card, info: JudgeInfo, why: NotGraded) -> Grade:
    return Grade(
        card=card.id,
        card_hash=card.fingerprint,
        verdicts=tuple(Verdict(criterion=criterion.id, state="not_graded") for criterion in card.criteria),
        score=None,
        not_graded=why,
        judge=info,
    )
