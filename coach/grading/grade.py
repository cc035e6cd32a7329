"""One function from an answer to a grade, whichever judge is at work.

The judge gives an opinion; code checks every quote, applies the gates, and adds up the points. A judge that fails
leaves the answer *not graded* with the reason; it never becomes a number.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from coach.errors import ModelError
from coach.grading import evidence
from coach.grading.code import Sandbox, Tried, try_code
from coach.grading.echo import Line
from coach.grading.formula import first_wrong_step
from coach.grading.score import score
from coach.grading.visible import flags, visible
from coach.schema import Card, Grade, JudgeInfo, NotGraded, Opinion, StepReport, Utterance, Verdict
from coach.text import has_tokens


class Judge(Protocol):
    """Whatever can give an opinion on an answer."""

    @property
    def info(self) -> JudgeInfo:
        """Which judge this is."""
        ...

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """What the candidate's words amount to; raises ModelError when there is no usable opinion."""
        ...


async def grade(
    judge: Judge,
    card: Card,
    utterances: Sequence[Utterance],
    *,
    interviewer: Sequence[str],
    before: Sequence[int] = (),
    hints: int = 0,
    price_hints: float = 0.0,
    sandbox: Sandbox | None = None,
) -> Grade:
    """The grade of all the candidate's words on one card.

    `interviewer` holds every line said to the candidate on this card: it is never evidence. `before` gives for each
    line the first turn that came after it; a line without one was said first of all. `hints` is how many were shown,
    `price_hints` the share of all points that each costs. Words without content that a reader sees (nothing,
    punctuation, emoji, a hidden comment) score zero without asking a judge. With a `sandbox` the tests of a coding card
    are run on the candidate's code and count; without one they are left out.
    """
    if sandbox is not None and card.coding is not None:
        tried, judged = await asyncio.gather(
            try_code(sandbox, card.coding, utterances),
            grade(
                judge, card, utterances, interviewer=interviewer, before=before, hints=hints, price_hints=price_hints
            ),
        )
        return with_tests(card, judged, tried, price_hints=price_hints)
    if not any(has_tokens(visible(utterance.text)[0]) for utterance in utterances):
        silent = tuple(
            Verdict(criterion=criterion.id, state="missed", reason="nothing was said") for criterion in card.criteria
        )
        return Grade(
            card=card.id,
            card_hash=card.fingerprint,
            verdicts=silent,
            score=score(card, silent, hints=hints, price_hints=price_hints),
            judge=judge.info,
            hints=hints,
            flags=flags(utterance.text for utterance in utterances),
        )
    try:
        opinion = await judge.opinion(card, utterances, interviewer)
    except ModelError as error:
        info = judge.info.model_copy(update=vars(error.spent))
        failed = _not_graded(card, info, NotGraded(code=error.code, message=str(error)))
        return failed.model_copy(update={"hints": hints, "flags": flags(utterance.text for utterance in utterances)})
    judged = settle(
        card, opinion, utterances, interviewer=interviewer, before=before, hints=hints, price_hints=price_hints
    )
    if not card.steps:
        return judged
    return judged.model_copy(update={"steps": await asyncio.to_thread(derived, card, utterances)})


def derived(card: Card, utterances: Sequence[Utterance]) -> StepReport | None:
    """How far the candidate's formulas get in the card's derivation; None when none of them is one of its steps."""
    report = first_wrong_step(card.steps, "\n\n".join(visible(utterance.text)[0] for utterance in utterances))
    return report if report.reached or report.wrong is not None else None


def with_tests(card: Card, judged: Grade, tried: Tried, *, price_hints: float = 0.0) -> Grade:
    """The grade with what the tests said of the code; a grade without a score stays without one."""
    change: dict[str, object] = {"code": tried.run, "code_refused": tried.refused}
    if judged.score is not None:
        change["score"] = score(
            card,
            judged.verdicts,
            judged.misconceptions,
            hints=judged.hints,
            price_hints=price_hints,
            tests=tried.share,
        )
    return judged.model_copy(update=change)


def settle(
    card: Card,
    opinion: Opinion,
    utterances: Sequence[Utterance],
    *,
    interviewer: Sequence[str] = (),
    before: Sequence[int] = (),
    hints: int = 0,
    price_hints: float = 0.0,
) -> Grade:
    """The grade that an opinion supports: quotes checked, unsupported claims downgraded, points added up."""
    claims = {claim.criterion: claim for claim in opinion.claims}
    lines = heard(card, interviewer, before)
    verdicts = tuple(
        evidence.check(claims[criterion.id], utterances, lines)
        if criterion.id in claims
        else Verdict(criterion=criterion.id, state="not_graded", reason="the judge gave no verdict on this point")
        for criterion in card.criteria
    )
    known = {misconception.id for misconception in card.misconceptions}
    stated = tuple(
        found
        for claim in opinion.misconceptions
        if claim.misconception in known
        and (found := evidence.check_misconception(claim, utterances, lines)) is not None
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
        score=score(card, verdicts, stated, hints=hints, price_hints=price_hints),
        not_graded=missing,
        judge=opinion.judge,
        hints=hints,
        flags=flags(utterance.text for utterance in utterances),
    )


def heard(card: Card, interviewer: Sequence[str], before: Sequence[int] = ()) -> tuple[Line, ...]:
    """Everything the interviewer said, with the card's other language beside each line that is the card's own.

    The question itself is always among them.
    """
    pairs = [card.question, *card.hints, *(criterion.probe for criterion in card.criteria)]
    lines = {Line(card.question.en), Line(card.question.zh)}
    for at, text in enumerate(interviewer):
        turn = before[at] if at < len(before) else 0
        lines.add(Line(text, turn))
        lines.update(Line(other, turn) for pair in pairs if text in (pair.en, pair.zh) for other in (pair.en, pair.zh))
    return tuple(sorted(lines, key=lambda line: (line.before, line.text)))


def _not_graded(card: Card, info: JudgeInfo, why: NotGraded) -> Grade:
    return Grade(
        card=card.id,
        card_hash=card.fingerprint,
        verdicts=tuple(Verdict(criterion=criterion.id, state="not_graded") for criterion in card.criteria),
        score=None,
        not_graded=why,
        judge=info,
    )
