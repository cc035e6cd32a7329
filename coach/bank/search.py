"""One ranking from two: vectors and BM25, fused by reciprocal rank.

Cormack, Clarke & Büttcher 2009, Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods.
"""

from coach.bank.index import Index, Where
from coach.bank.lexical import Lexical

RANK_OFFSET = 10
"""Added to each rank before it is inverted; small, because the bank is."""
DEPTH = 30
"""How far down each ranking is read."""


def search(index: Index, lexical: Lexical, text: str, *, k: int, where: Where) -> tuple[str, ...]:
    """Ids of at most `k` cards for `text`, best first; only cards that `where` admits.

    A card counts 1 / (10 + rank) in each ranking it is in. Nothing is found for a text without words.
    """
    by_words = [card.id for card, _ in lexical.rank(text) if where.admits(card)][:DEPTH]
    by_vectors = [hit.card_id for hit in index.search(text, k=DEPTH, where=where)]
    scores: dict[str, float] = {}
    for ranking in (by_words, by_vectors):
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + 1 / (RANK_OFFSET + rank)
    return tuple(sorted(scores, key=lambda name: (-scores[name], name))[:k])
