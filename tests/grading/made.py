"""Graded answers for the tests of critiques: what a judge said is written down, so that no judge's skill is tested."""

from collections.abc import Mapping, Sequence

from coach.grading.grade import settle
from coach.schema import Card, Claim, Grade, JudgeInfo, MisconceptionClaim, Opinion, Quote, State, Utterance

INFO = JudgeInfo(judge="offline", name="written down")
Said = Mapping[str, tuple[State, str]]
"""Criterion -> its state and the words that it rests on; what is not named is missed."""


def said(*texts: str) -> tuple[Utterance, ...]:
    return tuple(Utterance(turn=turn, text=text) for turn, text in enumerate(texts))


def graded(
    card: Card,
    utterances: Sequence[Utterance],
    states: Said | None = None,
    *,
    stated: Mapping[str, str] | None = None,
    interviewer: Sequence[str] = (),
) -> Grade:
    """The grade that these verdicts and wrong claims amount to, quotes checked and points added up as ever."""
    claims = []
    for criterion in card.criteria:
        state, words = (states or {}).get(criterion.id, ("missed", ""))
        quotes = tuple(Quote(turn=one.turn, text=words) for one in utterances if words and words in one.text)[:1]
        claims.append(Claim(criterion=criterion.id, state=state, quotes=quotes))
    wrong = tuple(
        MisconceptionClaim(misconception=name, quotes=(Quote(turn=0, text=words),))
        for name, words in (stated or {}).items()
    )
    opinion = Opinion(claims=tuple(claims), misconceptions=wrong, judge=INFO)
    grade = settle(card, opinion, utterances, interviewer=interviewer)
    for criterion in card.criteria:
        want = (states or {}).get(criterion.id, ("missed", ""))[0]
        got = next(one.state for one in grade.verdicts if one.criterion == criterion.id)
        assert got == want, f"the test's own words do not bear {criterion.id!r}: {got}, not {want}"
    return grade
