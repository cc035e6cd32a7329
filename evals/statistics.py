"""Counts per card -> figures with intervals. Pure arithmetic on arrays; nothing here knows about cases.

Answers to one card hang together (one rubric, one set of wordings), so intervals resample cards, not verdicts: a
cluster bootstrap with a fixed seed (Cameron, Gelbach & Miller 2008). Every figure is a function of sums over cards,
so a draw is one product of a weight per card with the counts per card.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb, isnan, nan, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
DRAWS = 1000
SEED = 0


@dataclass(frozen=True)
class Figure:
    """A number with its 95 % interval."""

    value: float
    low: float
    """nan, as `high`, where fewer than two cards have a say."""
    high: float
    n: int
    """So many answers, verdicts or pairs stand behind it."""

    def __str__(self) -> str:
        if isnan(self.value):
            return "—"
        span = "" if isnan(self.low) else f" ({self.low:.3f}–{self.high:.3f})"
        return f"{self.value:.3f}{span}"


UNDEFINED = Figure(nan, nan, nan, 0)


@lru_cache(maxsize=64)
def _weights(cards: int) -> Floats:
    """How often each card is drawn, one row a draw; the first row takes every card once."""
    drawn = np.random.default_rng(SEED).multinomial(cards, [1 / cards] * cards, size=DRAWS)
    return np.vstack([np.ones((1, cards)), drawn]).astype(np.float64)


def figures(counts: Sequence[Sequence[float]] | Floats, of: Callable[[Floats], Floats], n: int) -> tuple[Figure, ...]:
    """Figures of sums over cards, with intervals. `counts` has a row per card.

    `of` takes sums, one row a draw, and gives an array of the same height with one column per figure.
    """
    table = np.asarray(counts, dtype=np.float64)
    if not table.size:
        raise ValueError("no card: there is nothing to measure")
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.atleast_2d(of(_weights(len(table)) @ table).T).T
    return tuple(_figure(drawn[:, column], n, len(table)) for column in range(drawn.shape[1]))


def _figure(drawn: Floats, n: int, cards: int) -> Figure:
    rest = drawn[1:][~np.isnan(drawn[1:])]
    low, high = np.quantile(rest, [0.025, 0.975]) if cards > 1 and len(rest) else (nan, nan)
    return Figure(float(drawn[0]), float(low), float(high), n)


def ratio(sums: Floats) -> Floats:
    """First column over the second."""
    share: Floats = sums[:, 0] / sums[:, 1]
    return share


def prf(sums: Floats) -> Floats:
    """Precision, recall and F1 of every class, then the mean F1, from a flat square table: label, then verdict.

    A class that neither occurs nor is given has no F1, and is left out of the mean.
    """
    size = round(sqrt(sums.shape[1]))
    table = sums.reshape(-1, size, size)
    right = np.einsum("dii->di", table)
    given, there = table.sum(axis=1), table.sum(axis=2)
    f1 = 2 * right / (given + there)
    occurs = ~np.isnan(f1)
    macro = np.where(occurs, f1, 0).sum(axis=1) / occurs.sum(axis=1)
    return np.hstack([right / given, right / there, f1, macro[:, None]])


def weighted_kappa(sums: Floats) -> Floats:
    """Quadratic weighted kappa of a flat square table of ordered classes (Cohen 1968); nan when undefined."""
    size = round(sqrt(sums.shape[1]))
    table = sums.reshape(-1, size, size)
    steps = (np.subtract.outer(np.arange(size), np.arange(size)) / (size - 1)) ** 2
    total = table.sum(axis=(1, 2))
    chance = np.einsum("di,dj->dij", table.sum(axis=2), table.sum(axis=1)) / total[:, None, None]
    kappa: Floats = 1 - (table * steps).sum(axis=(1, 2)) / (chance * steps).sum(axis=(1, 2))
    return kappa


def brier(rows: Sequence[Sequence[float]], truth: Sequence[int]) -> Floats:
    """Squared distance of each row of probabilities from what was true (Brier 1950): 0 is best, 2 worst."""
    sure = np.asarray(rows, dtype=np.float64)
    distance: Floats = ((sure - np.eye(sure.shape[1])[list(truth)]) ** 2).sum(axis=1)
    return distance


@dataclass(frozen=True)
class Bin:
    """Verdicts that were held about equally likely."""

    low: float
    said: float
    """Mean likelihood given."""
    true: float
    """Share that was true."""
    n: int


def calibration_curve(said: Sequence[float], true: Sequence[bool], *, bins: int = 10) -> tuple[Bin, ...]:
    """Likelihoods in equally wide bins, each against what was true; empty bins are left out."""
    values, facts = np.asarray(said, dtype=np.float64), np.asarray(true, dtype=np.float64)
    place = np.minimum((values * bins).astype(int), bins - 1)
    picked = [(int(at) / bins, place == at) for at in np.unique(place)]
    return tuple(Bin(low, float(values[of].mean()), float(facts[of].mean()), int(of.sum())) for low, of in picked)


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p-value that two judges are right equally often, from what only one got right (McNemar 1947)."""
    n, least = only_first + only_second, min(only_first, only_second)
    return min(1.0, 2 * sum(comb(n, k) for k in range(least + 1)) / 2**n) if n else 1.0
