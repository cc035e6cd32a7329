"""A disputed verdict -> a labelled case for the evals, as a line of JSON. Pure.

`evals.cases.Case` is what reads it; nothing here imports the evals.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from coach.errors import InterviewError
from coach.schema import (
    Answered,
    Card,
    CardId,
    Criterion,
    Disputed,
    Event,
    Hinted,
    Lang,
    Probed,
    Round,
    Said,
    Session,
    State,
)

Split = Literal["calibrate", "test"]

_ENDS_A_LINE = re.compile("[\x7f-\x9f\u2028\u2029]")
"""What `str.splitlines` takes for the end of a line and JSON leaves as it is, with the other control characters."""


@dataclass(frozen=True)
class Talk:
    """One question's conversation as a case can hold it."""

    answers: tuple[str, ...]
    """The answer, then what was said to each probe; empty where a probe was skipped."""
    probes: tuple[str, ...]
    """The criteria that the probes between them aimed at; one fewer than answers."""
    hints: int
    """Rungs of the hint ladder that were shown before the first answer."""
    hints_later: int = 0
    """Rungs shown after it, for which a case has no place."""


def talk(said: Sequence[Said], criteria: Sequence[Criterion], *, answers: int) -> Talk:
    """The first so many answers of a question, which its grade covers, with what came between them.

    A case knows probes at criteria only. What was said to another one (a step that was left out, a twist) goes to the
    end of the answer before it: all answers are labelled together. Raises InterviewError when nothing was answered.
    """
    known = {criterion.id for criterion in criteria}
    texts: list[str] = []
    probes: list[str] = []
    heard = before = later = 0
    asked: str | None = None
    for body in said:
        if heard == answers:
            break
        if isinstance(body, Hinted):
            before, later = (before, later + 1) if texts else (before + 1, later)
        elif isinstance(body, Probed):
            if asked is not None:
                probes.append(asked)
                texts.append("")
            asked = body.criterion if texts and body.criterion in known else None
        elif isinstance(body, Answered):
            heard += 1
            if not texts:
                texts.append(body.text)
            elif asked is not None:
                probes.append(asked)
                texts.append(body.text)
            else:
                texts[-1] = "\n\n".join(filter(None, (texts[-1], body.text)))
            asked = None
    if not texts:
        raise InterviewError(
            "nothing was answered and graded on this question, so there is no verdict to dispute", "nothing_graded"
        )
    return Talk(tuple(texts), tuple(probes), min(before, 3), later)


def of_session(
    state: Session, events: Sequence[Event], cards: Mapping[CardId, Card]
) -> tuple[tuple[dict[str, object], ...], tuple[CardId, ...]]:
    """The cases that the disputes of one interview make, and the cards of those that the bank has no more.

    None while an exam goes on. Raises InterviewError as `of_round` does.
    """
    made: list[dict[str, object]] = []
    gone: list[CardId] = []
    for at, one in enumerate(() if state.exam_on else state.rounds):
        if not one.disputes:
            continue
        if one.card not in cards:
            gone.append(one.card)
            continue
        times = [event.at for event in events if isinstance(event.body, Disputed) and event.body.question == at]
        made.append(of_round(one, cards[one.card], lang=state.lang, session=state.id, question=at, at=max(times)))
    return tuple(made), tuple(gone)


def of_round(
    one: Round,
    card: Card,
    *,
    lang: Lang,
    session: str,
    question: int,
    at: datetime | None = None,
    splits: Mapping[str, Split] | None = None,
) -> dict[str, object]:
    """The case that the disputes on one question of a session make; see `case`. Raises InterviewError."""
    if one.grade is None:
        raise InterviewError(
            f"question {question + 1} of session {session!r} has no grade to dispute",
            "no_grade",
            question=question + 1,
            session=session,
        )
    return case(
        card.id,
        talk(one.said, card.criteria, answers=one.graded_answers),
        {verdict.criterion: verdict.state for verdict in one.grade.verdicts},
        one.disputes,
        lang=lang,
        session=session,
        question=question,
        at=at,
        misconceptions=[stated.misconception for stated in one.grade.misconceptions],
        splits=splits,
    )


def case(
    card: str,
    said: Talk,
    states: Mapping[str, State],
    disputes: Sequence[Disputed],
    *,
    lang: Lang,
    session: str,
    question: int,
    at: datetime | None = None,
    misconceptions: Sequence[str] = (),
    splits: Mapping[str, Split] | None = None,
) -> dict[str, object]:
    """All disputes on one question's grade as one case, of the family *human*.

    `states` are the grade's, `misconceptions` those it found; of two disputes on one criterion the later one counts.
    `question` is counted from 0 and stands in the id with the `session`, so that a second export gives the same id.
    `at` is when it was disputed, for the reader of the case.

    The split is the one that the card's other cases have, by `splits`: cards are never divided. A card without any goes
    to *calibrate*, never to *test*: whoever disputes has seen the verdict and picked it because this judge was wrong
    there, so a test split that grew by disputes would measure the judge on its own mistakes.

    Raises InterviewError, naming all of them, for criteria that the card has not, and for those that would be left
    without a label because the judge gave none and the person gives none.
    """
    where = f"question {question + 1} of session {session!r}"
    if not disputes:
        raise InterviewError(
            f"{where}: nothing on it is disputed, so there is no case to make of it",
            "not_disputed",
            question=question + 1,
            session=session,
        )
    newest = {one.criterion: one for one in disputes}
    strange = sorted(set(newest) - set(states))
    if strange:
        raise InterviewError(
            f"{where}: {strange} are disputed, and {card!r} was graded on {sorted(states)}",
            "strange_points",
            question=question + 1,
            session=session,
            points=", ".join(strange),
            card=card,
        )
    labels = {name: newest[name].state if name in newest else state for name, state in states.items()}
    bare = sorted(name for name, state in labels.items() if state == "not_graded")
    if bare:
        raise InterviewError(
            f"{where}: {bare} have no label, as not_graded is none: grade the answer again, or dispute these too and "
            "say met, partly, missed or contradicted",
            "unlabelled",
            question=question + 1,
            session=session,
            points=", ".join(bare),
        )
    why = [f"{name}: {one.state}, was judged {states[name]}: {one.reason}" for name, one in newest.items()]
    if said.hints_later:
        why.append(f"hints shown after the first answer, which a case cannot hold: {said.hints_later}")
    if at is not None:
        why.append(f"disputed on {at:%Y-%m-%d}")
    return {
        "id": f"dispute-{session}-{question}",
        "card": card,
        "lang": lang,
        "family": "human",
        "split": (splits or {}).get(card, "calibrate"),
        "answers": list(said.answers),
        "probes": list(said.probes),
        "hints": said.hints,
        "labels": labels,
        "misconceptions": list(misconceptions),
        "why": "; ".join(why),
    }


def line(made: Mapping[str, object]) -> str:
    """The case as one line of a JSONL file, without its end."""
    text = json.dumps(made, ensure_ascii=False)
    return _ENDS_A_LINE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
