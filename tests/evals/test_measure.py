from collections import Counter
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import Case
from evals.measure import Agreement, cohen_kappa, labellers_agree, measure


def test_kappa_of_a_textbook_table() -> None:
    """Cohen's own kind of example: 70 of 100 agree, chance agreement 0.5, kappa 0.4."""
    table = {("met", "met"): 35, ("met", "missed"): 15, ("missed", "met"): 15, ("missed", "missed"): 35}
    assert cohen_kappa(table) == pytest.approx(0.4)


def test_kappa_takes_missed_and_contradicted_as_one() -> None:
    assert cohen_kappa({("met", "met"): 5, ("missed", "contradicted"): 5}) == pytest.approx(1.0)


def test_two_labellers_are_compared_where_there_are_two() -> None:
    one = Case.model_validate(
        {
            "id": "one",
            "card": "linear-models/why-linear",
            "lang": "en",
            "family": "good",
            "split": "test",
            "answers": ["It is linear."],
            "labels": {"a": "met", "b": "missed", "c": "partly"},
            "second": {"a": "met", "b": "contradicted", "c": "met"},
        }
    )
    alone = one.model_copy(update={"id": "two", "second": None})
    agreement, kappa = labellers_agree([one, alone])
    assert (agreement.agree, agreement.criteria) == (1, 3)
    assert kappa == pytest.approx((2 / 3 - 3 / 9) / (1 - 3 / 9))


def test_figures_of_nothing_are_undefined_not_perfect() -> None:
    assert isnan(measure(()).overall.share)
    assert isnan(cohen_kappa(Counter()))


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(agree: int, more: int) -> None:
    one = Agreement(agree, agree + more)
    low, high = one.interval
    assert 0 <= low <= high <= 1
    if one.criteria:
        assert low - 1e-12 <= one.share <= high + 1e-12
