"""One ranking from two: vectors and BM25, fused by reciprocal rank; and whether it answers the words at all.

Cormack, Clarke & Büttcher 2009, Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods.
"""

from coach.bank.index import Index, Where
from coach.bank.lexical import Lexical
from coach.schema import CardId, Record

RANK_OFFSET = 10
"""Added to each rank before it is inverted; small, because the bank is."""
DEPTH = 30
"""How far down each ranking is read."""
SURE_FROM = 0.45
"""Least share of the words' weight that the best card must hold."""


class Search(Record):
    """What was found for some words."""

    cards: tuple[CardId, ...]
    """Best first, whether they answer the words or are only the nearest there is."""
    sure: bool
    """Whether the first one is likely to answer them."""
    held: float
    """Share of the words, by rarity, that the first card holds, in [0, 1]."""
    without: str | None = None
    """Why the vectors took no part, when they could not."""


def search(index: Index | None, lexical: Lexical, text: str, *, k: int, where: Where) -> Search:
    """At most `k` cards for `text`, best first; only cards that `where` admits.

    A card counts 1 / (10 + rank) in each ranking it is in; without an index there is only one. Nothing is found for a
    text without words.
    """
    by_words = [card.id for card, _ in lexical.rank(text, lang=where.lang) if where.admits(card)][:DEPTH]
    by_vectors = [hit.card_id for hit in index.search(text, k=DEPTH, where=where)] if index is not None else []
    scores: dict[str, float] = {}
    for ranking in (by_words, by_vectors):
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + 1 / (RANK_OFFSET + rank)
    cards = tuple(sorted(scores, key=lambda name: (-scores[name], name))[:k])
    held = lexical.held(text, cards[0]) if cards else 0.0
    return Search(cards=cards, sure=held >= SURE_FROM, held=held)
