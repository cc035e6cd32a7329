"""Cards ranked by the words and concepts they share with a query (BM25). Pure; nothing is stored.

Robertson & Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond, section 3.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log

from coach.bank.glossary import Glossary
from coach.schema import LANGS, Card, Lang
from coach.text import STOP_STEMS, tokens, words

K1, B = 1.2, 0.75
"""Saturation of a repeated term, and how far long cards are held back."""
LABEL_BOOST = 3
"""What a card is called says more about it than one more sentence does."""


class Lexical:
    """BM25 over the bank: concepts of the glossary beside stemmed words and Chinese bigrams.

    Each card is two documents, one per language, and counts as the better of them.
    """

    def __init__(self, cards: Sequence[Card], glossary: Glossary) -> None:
        self._glossary = glossary
        self._cards = tuple(cards)
        counts = [Counter(self._terms(_document(card, lang))) for card in self._cards for lang in LANGS]
        lengths = [sum(count.values()) for count in counts]
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        seen = Counter(term for count in counts for term in count)
        self._rarity = {term: _rarity(len(counts), times) for term, times in seen.items()}
        self._unknown = _rarity(len(counts), 0)
        self._postings: dict[str, list[tuple[int, float]]] = {}
        self._numbers = {card.id: number for number, card in enumerate(self._cards)}
        for document, (count, length) in enumerate(zip(counts, lengths, strict=True)):
            for term, times in count.items():
                weight = self._rarity[term] * times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean))
                self._postings.setdefault(term, []).append((document, weight))

    def rank(self, text: str, *, lang: Lang | None = None) -> tuple[tuple[Card, float], ...]:
        """The cards that share a term with `text`, best first, with their BM25 scores (> 0); ties in bank order.

        With `lang` only that language's text of a card counts.
        """
        scores: defaultdict[int, float] = defaultdict(float)
        for term in set(self._terms(text)):
            for document, weight in self._postings.get(term, ()):
                scores[document] += weight
        best: dict[int, float] = {}
        for document, score in scores.items():
            number, which = divmod(document, len(LANGS))
            if lang is None or LANGS[which] == lang:
                best[number] = max(score, best.get(number, 0.0))
        ordered = sorted(best.items(), key=lambda row: (-row[1], row[0]))
        return tuple((self._cards[number], score) for number, score in ordered)

    def held(self, text: str, card_id: str) -> float:
        """Which share of the terms of `text`, weighed by rarity, the card holds in either language; 0 without terms."""
        number = self._numbers[card_id]
        total = held = 0.0
        for term in set(self._terms(text)):
            weight = self._rarity.get(term, self._unknown)
            total += weight
            if any(document // len(LANGS) == number for document, _ in self._postings.get(term, ())):
                held += weight
        return held / total if total else 0.0

    def _terms(self, text: str) -> list[str]:
        parts = tokens(text)
        concepts = [f"c:{hit.concept}" for hit in self._glossary.find(text, parts)]
        return concepts + [word for word in words(text, parts) if word not in STOP_STEMS]


def _rarity(documents: int, having: int) -> float:
    return log(1 + (documents - having + 0.5) / (having + 0.5))


def _document(card: Card, lang: Lang) -> str:
    parts = [card.question.text(lang), *card.labels * LABEL_BOOST]
    for criterion in card.criteria:
        parts += [criterion.says.text(lang), *(criterion.accept.zh if lang == "zh" else criterion.accept.en)]
    return "\n".join(parts)
