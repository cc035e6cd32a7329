"""Misspelt English words -> the bank's own words, by Damerau–Levenshtein distance between stems. Pure.

Damerau 1964: most slips are one letter added, dropped, changed, or swapped with its neighbour.
"""

from collections.abc import Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from coach.text import tokens

SHORTEST = 5
"""Shorter words are left alone: too many words are one slip away."""
TWO_SLIPS_FROM = 8
"""Words of so many letters may hold two slips."""


class Speller:
    """The words of a bank, to correct a query with."""

    def __init__(self, seen: Mapping[str, int]) -> None:
        """`seen` holds how many cards have each stem; whatever is no English word in it is passed over."""
        self._seen = {stem: count for stem, count in seen.items() if stem.isascii() and stem.isalpha()}
        self._known = sorted(stem for stem in self._seen if len(stem) >= SHORTEST - 1)
        self._nearest = lru_cache(maxsize=4096)(self._look_up)

    def corrected(self, text: str) -> str:
        """`text` with each unknown English word replaced by the nearest known stem, where there is one near enough."""
        pieces: list[str] = []
        at = 0
        for token in tokens(text):
            if token.cjk or not (token.raw.isascii() and token.raw.isalpha()):
                continue
            if len(token.raw) < SHORTEST or token.form in self._seen:
                continue
            better = self._nearest(token.form)
            if better is not None:
                pieces += [text[at : token.start], better]
                at = token.end
        return "".join([*pieces, text[at:]])

    def _look_up(self, word: str) -> str | None:
        slips = 2 if len(word) >= TWO_SLIPS_FROM else 1
        near = process.extract(word, self._known, scorer=DamerauLevenshtein.distance, score_cutoff=slips, limit=5)
        if not near:
            return None
        return str(min(near, key=lambda found: (found[1], -self._seen[found[0]], found[0]))[0])
