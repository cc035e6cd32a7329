"""One question, one answer, one grade, outside an interview: the same for the command line, the API and MCP.

Nothing is kept: progress comes from interviews.
"""

import difflib
import secrets
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from coach.errors import CoachError
from coach.schema import Card, Critique, Grade, Kind, Lang, Plan, Record, Slug, Utterance
from coach.text import lang_of

if TYPE_CHECKING:
    from coach.wiring import Coach

MAX_ANSWER = 20_000
"""Most characters of an answer, as in an interview."""
_Words = Annotated[str, Field(max_length=500)]


class Asking(Record):
    """Which question to ask; with nothing given, the one the person should practise next."""

    card: Annotated[str, Field(max_length=200)] = ""
    words: _Words = ""
    company: Slug | None = None
    topic: Slug | None = None
    lang: Lang = "en"


class Grading(Record):
    """An answer to a card's question."""

    card: Annotated[str, Field(max_length=200)]
    answer: str


class Searching(Record):
    """What to look for in the bank."""

    words: Annotated[_Words, Field(min_length=1)]
    company: Slug | None = None
    round: Slug | None = None
    topic: Slug | None = None
    kind: Kind | None = None
    easiest: Annotated[int, Field(ge=1, le=5)] = 1
    hardest: Annotated[int, Field(ge=1, le=5)] = 5
    lang: Lang | None = None
    many: Annotated[int, Field(ge=1, le=50)] = 5


class Listing(Record):
    """How much of today's queue to list."""

    most: Annotated[int, Field(ge=1, le=200)] = 20
    lang: Lang = "en"


def card_of(coach: "Coach", name: str) -> Card:
    """The card of that id. Raises CoachError with the nearest ids."""
    cards = {one.id: one for one in coach.cards}
    if name not in cards:
        near = difflib.get_close_matches(name, cards, n=3, cutoff=0.4)
        raise CoachError(f"no card {name!r}; {'did you mean ' + ', '.join(near) if near else 'see coach cards'}")
    return cards[name]


async def graded(coach: "Coach", given: Grading) -> tuple[Card, Grade, Critique | None, Lang]:
    """The card, the grade of the answer, what to do better, and the answer's language.

    There is no critique of an answer that was not graded. Raises CoachError for an unknown card or an impossible
    answer.
    """
    from coach.grading.critic import Told
    from coach.grading.grade import grade

    card = card_of(coach, given.card)
    if not given.answer.strip():
        raise CoachError("the answer is empty: there is nothing to grade")
    if len(given.answer) > MAX_ANSWER:
        raise CoachError(f"the answer has {len(given.answer):,} characters; at most {MAX_ANSWER:,} can be graded")
    lang = lang_of(given.answer)
    asked, said = (card.asks(lang),), (Utterance(turn=0, text=given.answer),)
    result = await grade(coach.judge, card, said, interviewer=asked, sandbox=coach.sandbox)
    if result.score is None:
        return card, result, None, lang
    return card, result, await coach.critic.critique(Told(card, result, said, lang, asked)), lang


def grade_json(grade: Grade, critique: Critique | None) -> dict[str, Any]:
    """The grade as `coach grade --json` prints it."""
    told = {"critique": critique.model_dump(mode="json")} if critique is not None else {}
    return grade.model_dump(mode="json") | told


def question(coach: "Coach", wanted: Asking, *, person: str = "") -> dict[str, Any]:
    """One question as JSON, with why it was chosen; nothing of its reference answer or rubric.

    Raises CoachError when there is no such card or nothing fits.
    """
    card, why = _chosen(coach, wanted, person)
    return _shown(card) | {"question": card.asks(wanted.lang), "lang": wanted.lang, "why": why}


def _chosen(coach: "Coach", wanted: Asking, person: str) -> tuple[Card, str]:
    from coach.bank.collection import Where
    from coach.interview.choose import Past, next_card
    from coach.interview.rounds import stages_of

    if wanted.card:
        return card_of(coach, wanted.card), "asked for by its id"
    if wanted.words.strip():
        found = coach.find(wanted.words, k=1, where=Where(company=wanted.company, topic=wanted.topic))
        if not found.cards or not found.sure:
            raise CoachError(f"nothing in the bank answers {wanted.words!r}: try other words, or fewer filters")
        return card_of(coach, found.cards[0]), "found for these words"
    plan = Plan(
        lang=wanted.lang,
        company=wanted.company,
        topics=(wanted.topic,) if wanted.topic else (),
        seed=secrets.randbelow(2**31),
    )
    due = coach.due_cards(person)
    past = Past(last_asked=coach.store.last_asked(person=person), due=due)
    chosen = next_card(coach.cards, plan, stages_of(plan, coach.cards), (), past)
    if chosen is None:
        raise CoachError("no question fits this choice")
    card = chosen[0]
    return card, "due for review" if card.id in due else "next in the bank"


def found_json(coach: "Coach", wanted: Searching) -> dict[str, Any]:
    """The cards for some words, best first, as JSON; `sure` says whether the first is likely to answer them."""
    from coach.bank.collection import Where

    where = Where.model_validate(wanted.model_dump(exclude={"words", "many"}))
    found = coach.find(wanted.words, k=wanted.many, where=where)
    known = {card.id: card for card in coach.cards}
    return {
        "sure": found.sure,
        "by_words_only": found.without,
        "cards": [
            _shown(known[name]) | {"question": {"en": known[name].question.en, "zh": known[name].question.zh}}
            for name in found.cards
        ],
    }


def due_json(coach: "Coach", wanted: Listing, *, person: str = "") -> dict[str, Any]:
    """What a person is to practise today, most urgent first, as JSON."""
    cards = {card.id: card for card in coach.cards}
    items = coach.due(most=wanted.most, person=person)
    return {
        "questions": len({item.card for item in items}),
        "items": [
            {
                "card": item.card,
                "criterion": item.criterion,
                "point": cards[item.card].criterion(item.criterion).says.text(wanted.lang) if item.criterion else None,
                "question": cards[item.card].asks(wanted.lang),
                "due": item.due.isoformat(),
                "why": item.why.text(wanted.lang),
            }
            for item in items
        ],
    }


def _shown(card: Card) -> dict[str, Any]:
    return {"card": card.id, "kind": card.kind, "difficulty": card.difficulty, "topics": list(card.topics)}
