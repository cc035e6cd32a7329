"""The terms a recogniser is told to expect: those of the question and of its topic, never those of the answer."""

from collections import Counter
from collections.abc import Sequence

from coach.bank.glossary import Glossary
from coach.schema import Card, Lang

MOST = 60


def terms_for(card: Card, cards: Sequence[Card], glossary: Glossary, lang: Lang) -> tuple[str, ...]:
    """Names of concepts in the language spoken: first those of the card's question, then its topic's most frequent.

    The topic's come from the questions of all its cards, so that nobody is helped to words only the answer holds.
    """
    mine = dict.fromkeys(glossary.concepts(card.question.text(lang)))
    common: Counter[str] = Counter()
    for other in cards:
        if set(other.topics) & set(card.topics):
            common.update(set(glossary.concepts(other.question.text(lang))))
    ranked = sorted(common, key=lambda name: (-common[name], name))
    names = {entry.id: (entry.zh if lang == "zh" else entry.en)[0] for entry in glossary.entries}
    return tuple(names[one] for one in dict.fromkeys((*mine, *ranked)))[:MOST]
