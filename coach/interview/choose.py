"""Bank, plan, history and seed -> the next question. Pure."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from coach.errors import InterviewError
from coach.interview.rounds import FORMATS, Slot, belongs, slot_of
from coach.schema import Card, CardId, Plan, Round, Stage

LEVELS = (1, 5)
START = 3
"""Difficulty of the first question, unless the plan says another."""
CLIMB, DESCEND = 0.75, 0.4
"""From this score on the next question is harder, and below that one easier."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """What is known from other interviews when a question is chosen."""

    last_asked: Mapping[CardId, datetime] = field(default_factory=dict)
    due: Sequence[CardId] = ()
    """To be reviewed, most urgent first."""
    ranked: Sequence[CardId] = ()
    """What search found for the focus of the plan, best first."""


def next_card(
    cards: Sequence[Card], plan: Plan, stages: Sequence[Stage], rounds: Sequence[Round], past: Past
) -> tuple[Card, int] | None:
    """The card to ask next and the stage it belongs to; None when the interview is over.

    A card is asked once in an interview. With a focus the search order decides. Else what is due goes first, then the
    topic that was asked least, then the level that the answers call for, then what was asked longest ago; the seed
    decides among equals. Raises InterviewError when not even a first question fits.
    """
    at = rounds[-1].stage if rounds else 0
    while at < len(stages):
        mine = [one for one in rounds if one.stage == at]
        if len(mine) < stages[at].questions:
            found = _in_stage(cards, plan, stages[at], len(mine), rounds, past)
            if found is not None:
                return found, at
        at += 1
    if not rounds:
        raise _nothing(cards, plan)
    return None


def planned(cards: Sequence[Card], plan: Plan, ranked: Sequence[CardId]) -> tuple[CardId, ...]:
    """The questions that are fixed from the start: those the plan names, or with a focus those found for it, else none.

    Raises InterviewError when one that is named is not in the bank, and when nothing was found.
    """
    if plan.only:
        unknown = sorted(set(plan.only) - {card.id for card in cards})
        if unknown:
            names = ", ".join(unknown)
            raise InterviewError(
                f"no card {names} in the bank: see coach cards, or the library page", "no_card", cards=names
            )
        return plan.only
    if not plan.focus.strip():
        return ()
    form = FORMATS[plan.format]
    kinds = frozenset(kind for slot in form.slots for kind in slot.kinds)
    fitting = {card.id for card in cards if card.kind in kinds and belongs(card, plan)}
    found = tuple(dict.fromkeys(name for name in ranked if name in fitting))[: plan.questions]
    if not found:
        raise _nothing(cards, plan)
    return found


def _in_stage(
    cards: Sequence[Card], plan: Plan, stage: Stage, number: int, rounds: Sequence[Round], past: Past
) -> Card | None:
    asked = {one.card for one in rounds}
    free = {card.id: card for card in cards if card.id not in asked and belongs(card, stage)}
    if stage.format == "review":
        return next((free[name] for name in past.due if name in free), None)
    slot = slot_of(stage, number)
    named = [name for name in slot.cards if name in free or (name not in asked and stage.company is None)]
    by_name = {card.id: card for card in cards}
    if named and named[0] in by_name:
        return by_name[named[0]]
    fitting = [card for card in free.values() if fits(card, slot)]
    if not fitting and not slot.only:
        fitting = [card for card in free.values() if any(fits(card, one) for one in FORMATS[stage.format].slots)]
    if not fitting:
        return None
    topics = [by_name[one.card].topics[0] for one in rounds if one.card in by_name]
    level = level_after(rounds, by_name, start=plan.difficulty or START)
    order = sorted(card.id for card in fitting)
    random.Random(f"{plan.seed}-{len(rounds)}").shuffle(order)
    due = {name: at for at, name in enumerate(past.due)}

    def rank(name: str) -> tuple[int, int, int, float, int]:
        card = by_name[name]
        last = past.last_asked.get(name)
        return (
            due.get(name, len(due)),
            topics.count(card.topics[0]) if not plan.topics else 0,
            abs(card.difficulty - level),
            last.timestamp() if last is not None else float("-inf"),
            order.index(name),
        )

    return by_name[min(order, key=rank)]


def fits(card: Card, slot: Slot) -> bool:
    """Whether a card may be asked in a slot."""
    return card.kind in slot.kinds and (not slot.only or card.id in slot.cards)


def level_after(rounds: Sequence[Round], cards: Mapping[CardId, Card], *, start: int = START) -> int:
    """The difficulty that the answers so far call for: one up after a good answer, one down after a poor one."""
    level = start
    for one in rounds:
        value = one.grade.score.value if one.grade is not None and one.grade.score is not None else None
        asked = cards[one.card].difficulty if one.card in cards else level
        if value is None and one.skipped != "question":
            continue
        if value is not None and value >= CLIMB:
            level = max(level, asked) + 1
        elif value is None or value < DESCEND:
            level = min(level, asked) - 1
        level = min(max(level, LEVELS[0]), LEVELS[1])
    return level


def _nothing(cards: Sequence[Card], plan: Plan) -> InterviewError:
    if plan.format == "review":
        return InterviewError("nothing is due: come back tomorrow, or choose another kind of interview", "nothing_due")
    if plan.focus.strip():
        return InterviewError(
            f"no question found for {plan.focus!r}: try other words, or leave the focus empty",
            "not_found",
            focus=plan.focus,
        )
    wanted = " and ".join(name for name in (plan.company, " or ".join(plan.topics)) if name)
    companies = ", ".join(sorted({origin.company for card in cards for origin in card.source if origin.company}))
    topics = ", ".join(sorted({topic for card in cards for topic in card.topics}))
    kind = "" if plan.format == "free" else f" in a {plan.format} interview"
    return InterviewError(
        f"no question for {wanted or 'this choice'}{kind}: the bank has companies {companies or '(none)'}"
        f" and topics {topics or '(none)'}",
        "none_fits",
        form=FORMATS[plan.format].title.zh,
        wanted=", ".join((*filter(None, (plan.company,)), *plan.topics)),
        companies=companies,
        topics=topics,
    )
