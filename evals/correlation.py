"""Predicted and human scores -> Pearson, Spearman, RMSE, quadratic weighted kappa, and item agreement. Pure.

Answers to one question hang together, so 95 % intervals resample questions (a cluster bootstrap, see `statistics.py`);
where there is one question only, they resample answers. Spearman's interval keeps the ranks of the whole file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from evals.statistics import UNDEFINED, Figure, Floats, figures, ratio

LEVELS = 11
"""A set with at most so many different scores has levels of its own; another one is read in steps of a quarter."""
LEAST = 5
"""A question with fewer answers has no correlation of its own."""


@dataclass(frozen=True)
class Scored:
    """Agreement of one measure with people on some answers."""

    pearson: Figure
    spearman: Figure
    rmse: Figure
    """On scores from 0 to 1."""
    qwk: Figure
    """Both scores at the nearest level of the set; squared distance of the levels' values as the weight."""
    by_question: Figure
    """Mean Pearson within a question; a question where all predictions are equal counts 0."""
    ahead: Figure
    """Pearson less that of the best baseline; undefined for a baseline."""


@dataclass(frozen=True)
class Items:
    """Agreement on the items of rubrics: *met* or not."""

    precision: Figure
    recall: Figure
    f1: Figure
    kappa: Figure
    """Cohen's kappa."""
    f1_by_question: Figure
    """Mean F1 of a question; one where nothing is met and nothing found is left out."""
    always: float
    """F1 of calling every item met, for comparison."""


def scored(truth: Floats, measures: Mapping[str, Floats], questions: NDArray[np.intp]) -> dict[str, Scored]:
    """The figures of every measure; the first one is compared with the best of the others.

    `questions` numbers the question of each answer. Arrays of equal length; scores from 0 to 1.
    """
    if not len(truth):
        return {name: Scored(*[UNDEFINED] * 6) for name in measures}
    n = len(truth)
    clusters = questions if len(np.unique(questions)) > 1 else np.arange(n)
    levels = np.unique(truth) if len(np.unique(truth)) <= LEVELS else np.linspace(0, 1, 5)
    first, *others = measures
    plain = {name: _pearson(_sums(given, truth, np.zeros(n, dtype=np.intp)))[0] for name, given in measures.items()}
    rival = max(others, key=lambda name: -1.0 if isnan(plain[name]) else plain[name], default=None)
    results: dict[str, Scored] = {}
    for name, given in measures.items():
        (pearson, rmse), (spearman,), (qwk,) = (
            figures(_sums(given, truth, clusters), lambda sums: np.column_stack([_pearson(sums), _rmse(sums)]), n),
            figures(_sums(ranks(given), ranks(truth), clusters), _pearson, n),
            figures(_sums(_nearest(given, levels), _nearest(truth, levels), clusters), _qwk, n),
        )
        ahead = _ahead(given, measures[rival], truth, clusters) if name == first and rival else UNDEFINED
        results[name] = Scored(pearson, spearman, rmse, qwk, _within(given, truth, questions), ahead)
    return results


def ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values sharing the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    shared: Floats = (ends - (counts - 1) / 2)[place].astype(np.float64)
    return shared


def items(table: Sequence[Sequence[float]]) -> Items:
    """Item agreement; a row per question: both met, judge only, people only, neither."""
    n = int(np.sum(table))
    if not n:
        return Items(UNDEFINED, UNDEFINED, UNDEFINED, UNDEFINED, UNDEFINED, float("nan"))
    precision, recall, f1, kappa = figures(table, _item_figures, n)
    each = [(2 * a / (2 * a + b + c), 1.0) for a, b, c, _ in table if a + b + c]
    sums = np.sum(table, axis=0)
    share = (sums[0] + sums[2]) / n
    by_question = figures(each, ratio, len(each))[0] if each else UNDEFINED
    return Items(precision, recall, f1, kappa, by_question, float(2 * share / (1 + share)))


def _item_figures(sums: Floats) -> Floats:
    both, judge, people, neither = sums.T
    n = sums.sum(axis=1)
    chance = ((both + judge) * (both + people) + (neither + judge) * (neither + people)) / n**2
    kappa = ((both + neither) / n - chance) / (1 - chance)
    f1 = 2 * both / (2 * both + judge + people)
    return np.column_stack([both / (both + judge), both / (both + people), f1, kappa])


def _sums(given: Floats, truth: Floats, clusters: NDArray[np.intp]) -> Floats:
    """A row per cluster: n, sums of both, of their squares and of their product."""
    number = np.unique(clusters, return_inverse=True)[1]
    columns = (np.ones_like(truth), given, truth, given**2, truth**2, given * truth)
    return np.column_stack([np.bincount(number, weights=column) for column in columns])


def _pearson(sums: Floats) -> Floats:
    """Pearson's r; 0 where the predictions do not differ, nan where the human scores do not."""
    n, x, y, xx, yy, xy = sums.T
    spread_x, spread_y = np.maximum(n * xx - x * x, 0), np.maximum(n * yy - y * y, 0)
    tiny = 1e-12 * n * n
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (n * xy - x * y) / np.sqrt(spread_x * spread_y)
    found: Floats = np.where(spread_y <= tiny, np.nan, np.where(spread_x <= tiny, 0.0, r))
    return found


def _rmse(sums: Floats) -> Floats:
    n, _, _, xx, yy, xy = sums.T
    root: Floats = np.sqrt(np.maximum(xx + yy - 2 * xy, 0) / n)
    return root


def _qwk(sums: Floats) -> Floats:
    """1 - observed / chance squared distance; the chance pairs every prediction with every human score."""
    n, x, y, xx, yy, xy = sums.T
    kappa: Floats = 1 - (xx + yy - 2 * xy) / (xx + yy - 2 * x * y / n)
    return kappa


def _nearest(values: Floats, levels: Floats) -> Floats:
    nearest: Floats = levels[np.abs(values[:, None] - levels[None, :]).argmin(axis=1)]
    return nearest


def _within(given: Floats, truth: Floats, questions: NDArray[np.intp]) -> Figure:
    sums = _sums(given, truth, questions)
    found = _pearson(sums)
    good = [(value, 1.0) for value, n in zip(found, sums[:, 0], strict=True) if n >= LEAST and not isnan(value)]
    return figures(good, ratio, len(good))[0] if good else UNDEFINED


def _ahead(given: Floats, rival: Floats, truth: Floats, clusters: NDArray[np.intp]) -> Figure:
    both = np.hstack([_sums(given, truth, clusters), _sums(rival, truth, clusters)])
    return figures(both, lambda sums: _pearson(sums[:, :6]) - _pearson(sums[:, 6:]), len(truth))[0]
