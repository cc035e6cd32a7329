"""Cards ranked by the words and concepts they share with a query (BM25). Pure; nothing is stored.

Robertson & Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond, section 3.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log

from coach.bank.glossary import Glossary
from coach.schema import Card
from coach.text import STOP_STEMS, tokens, words

K1, B = 1.2, 0.75
"""Saturation of a repeated term, and how far long cards are held back."""
LABEL_BOOST = 3
"""What a card is called says more about it than one more sentence does."""


class Lexical:
    """BM25 over the bank: concepts of the glossary beside stemmed words and Chinese bigrams."""

    def __init__(self, cards: Sequence[Card], glossary: Glossary) -> None:
        self._glossary = glossary
        self._cards = tuple(cards)
        counts = [Counter(self._terms(_document(card))) for card in self._cards]
        lengths = [sum(count.values()) for count in counts]
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        seen = Counter(term for count in counts for term in count)
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for number, (count, length) in enumerate(zip(counts, lengths, strict=True)):
            for term, times in count.items():
                rarity = log(1 + (len(counts) - seen[term] + 0.5) / (seen[term] + 0.5))
                weight = rarity * times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean))
                self._postings.setdefault(term, []).append((number, weight))

    def rank(self, text: str) -> tuple[tuple[Card, float], ...]:
        """The cards that share a term with `text`, best first, with their BM25 scores (> 0); ties in bank order."""
        scores: defaultdict[int, float] = defaultdict(float)
        for term in set(self._terms(text)):
            for number, weight in self._postings.get(term, ()):
                scores[number] += weight
        ordered = sorted(scores.items(), key=lambda row: (-row[1], row[0]))
        return tuple((self._cards[number], score) for number, score in ordered)

    def _terms(self, text: str) -> list[str]:
        parts = tokens(text)
        concepts = [f"c:{hit.concept}" for hit in self._glossary.find(text, parts)]
        return concepts + [word for word in words(text, parts) if word not in STOP_STEMS]


def _document(card: Card) -> str:
    parts = [card.question.en, card.question.zh, *card.labels * LABEL_BOOST]
    for criterion in card.criteria:
        parts += [criterion.says.en, criterion.says.zh, *criterion.accept.all()]
    return "\n".join(parts)
