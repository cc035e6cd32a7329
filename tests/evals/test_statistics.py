from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.statistics import brier, calibration_curve, figures, mcnemar, prf, ratio, weighted_kappa

TABLES = st.lists(st.integers(0, 30), min_size=9, max_size=9).filter(any)


def flat(*rows: list[int]) -> np.ndarray:
    return np.array([rows], dtype=float).reshape(1, -1)


def test_weighted_kappa_of_a_worked_table() -> None:
    """Three classes, weights 0, 1/4, 1: disagreement 10 x 1/4 + 5 x 1 = 7.5 against 17.5 by chance."""
    table = flat([20, 5, 0], [5, 10, 0], [5, 0, 5])
    expected = table.reshape(3, 3).sum(1)[:, None] * table.reshape(3, 3).sum(0)[None, :] / 50
    steps = np.array([[0, 1, 4], [1, 0, 1], [4, 1, 0]]) / 4
    assert weighted_kappa(table)[0] == pytest.approx(1 - 7.5 / (expected * steps).sum())


def test_weighted_kappa_counts_far_misses_more_than_near_ones() -> None:
    near, far = flat([10, 5, 0], [0, 10, 0], [0, 0, 10]), flat([10, 0, 5], [0, 10, 0], [0, 0, 10])
    assert weighted_kappa(flat([9, 0, 0], [0, 9, 0], [0, 0, 9]))[0] == pytest.approx(1)
    assert weighted_kappa(far)[0] < weighted_kappa(near)[0] < 1


def test_precision_recall_and_f1_of_a_worked_table() -> None:
    got = prf(flat([6, 2, 2], [1, 3, 1], [0, 0, 10]))[0]
    assert got[:3] == pytest.approx([6 / 7, 3 / 5, 10 / 13])
    assert got[3:6] == pytest.approx([6 / 10, 3 / 5, 10 / 10])
    assert got[9] == pytest.approx((12 / 17 + 6 / 10 + 20 / 23) / 3)


def test_a_class_that_never_comes_up_is_left_out_of_the_mean_and_one_that_is_never_found_is_not() -> None:
    with np.errstate(invalid="ignore"):
        absent = prf(flat([5, 0, 0], [0, 0, 0], [0, 0, 5]))[0]
        overlooked = prf(flat([5, 0, 0], [0, 0, 5], [0, 0, 5]))[0]
    assert absent[9] == pytest.approx(1)
    assert overlooked[9] == pytest.approx((1 + 0 + 2 / 3) / 3)


@given(st.lists(TABLES, min_size=2, max_size=8))
def test_the_interval_of_a_share_lies_in_its_range_and_is_the_same_every_time(cards: list[list[int]]) -> None:
    counts = [[row[0], sum(row)] for row in cards]
    (one,), (again,) = figures(counts, ratio, 1), figures(counts, ratio, 1)
    assert one == again
    assert one.value == pytest.approx(sum(row[0] for row in counts) / sum(row[1] for row in counts))
    assert 0 <= one.low <= one.high <= 1


def test_more_answers_of_the_same_cards_do_not_narrow_the_interval_and_more_cards_do() -> None:
    cards = [[9, 10], [1, 10], [6, 10], [4, 10], [8, 10]]
    (few,) = figures(cards, ratio, 50)
    (copied,) = figures([[10 * a, 10 * n] for a, n in cards], ratio, 500)
    (many,) = figures(cards * 10, ratio, 500)
    assert (copied.low, copied.high) == pytest.approx((few.low, few.high))
    assert many.high - many.low < 0.5 * (few.high - few.low)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """300 worlds of 40 cards whose own levels differ; a Wilson interval over answers would cover about half."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        levels = rng.beta(2, 2, size=40)
        (got,) = figures([[float(rng.binomial(20, level)), 20.0] for level in levels], ratio, 800)
        hits += got.low <= 0.5 <= got.high
    assert 0.88 <= hits / 300 <= 0.98


def test_one_card_has_no_interval_and_no_card_no_figure() -> None:
    (one,) = figures([[1, 2]], ratio, 2)
    assert (one.value, isnan(one.low), isnan(one.high)) == (0.5, True, True)
    with pytest.raises(ValueError, match="no card"):
        figures([], ratio, 0)
    assert str(figures([[0, 0], [0, 0]], ratio, 0)[0]) == "—"


@pytest.mark.parametrize(("first", "second", "p"), [(0, 0, 1.0), (5, 5, 1.0), (10, 2, 0.03857421875), (0, 6, 0.03125)])
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second) == mcnemar(second, first) == pytest.approx(p)


def test_brier_is_0_for_certainty_that_is_right_and_2_for_certainty_that_is_wrong() -> None:
    assert brier([(1, 0, 0), (0, 1, 0), (1 / 3, 1 / 3, 1 / 3)], [0, 2, 1]).tolist() == pytest.approx([0, 2, 2 / 3])


def test_the_calibration_curve_says_what_was_given_and_what_was_true() -> None:
    bins = calibration_curve([0.05, 0.62, 0.68, 1.0], [False, True, False, True])
    assert [(one.low, one.n, one.true) for one in bins] == [(0.0, 1, 0.0), (0.6, 2, 0.5), (0.9, 1, 1.0)]
    assert bins[1].said == pytest.approx(0.65)
    assert nan not in [one.said for one in bins]
