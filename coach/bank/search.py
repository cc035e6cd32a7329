"""One ranking from two: vectors and BM25, fused by reciprocal rank; and whether it answers the words at all.

Cormack, Clarke & Büttcher 2009, Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods.
"""

from math import log1p

from coach.bank.collection import Where
from coach.bank.index import Index
from coach.bank.lexical import Fit, Lexical
from coach.schema import CardId, Record

RANK_OFFSET = 3
"""Added to each rank before it is inverted; small, because the bank is, and the first few places matter."""
DEPTH = 30
"""How far down each ranking is read."""
SURE_FROM, PER_WEIGHT = 4.0, 0.85
"""Least `ln(1 + score) + 0.85 score / query weight` of an answer; chosen on the calibrate half of the queries."""
NAMED_FROM = 0.8
"""A query that names a term of the field and little else is answered by a card that holds so much of it."""


class Search(Record):
    """What was found for some words."""

    cards: tuple[CardId, ...]
    """Best first, whether they answer the words or are only the nearest there is."""
    sure: bool
    """Whether the first one is likely to answer them."""
    without: str | None = None
    """Why the vectors took no part, when they could not."""


def search(index: Index | None, lexical: Lexical, text: str, *, k: int, where: Where) -> Search:
    """At most `k` cards for `text`, best first; only cards that `where` admits.

    A card counts 1 / (3 + rank) in each ranking it is in, that of the vectors times what they add to the words
    (`Embedder.trust`); without an index there is only the first. Nothing is found for a text without words.
    """
    text = lexical.corrected(text)
    by_words = [card.id for card, _ in lexical.rank(text, lang=where.lang) if where.admits(card)][:DEPTH]
    by_vectors = [hit.card_id for hit in index.search(text, k=DEPTH, where=where)] if index is not None else []
    scores: dict[str, float] = {}
    trust = index.trust if index is not None else 0.0
    for ranking, weight in ((by_words, 1.0), (by_vectors, trust)):
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + weight / (RANK_OFFSET + rank)
    cards = tuple(sorted(scores, key=lambda name: (-scores[name], name))[:k])
    return Search(cards=cards, sure=bool(cards) and _answers(lexical.fit(text, cards[0])))


def _answers(fit: Fit) -> bool:
    if fit.term and fit.held >= NAMED_FROM:
        return True
    return fit.total > 0 and log1p(fit.score) + PER_WEIGHT * fit.score / fit.total >= SURE_FROM
