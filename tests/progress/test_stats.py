import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.progress.schedule import Attempt
from coach.progress.stats import (
    answer_times,
    by_criterion,
    by_topic,
    hint_figures,
    progress,
    self_rating,
    streak,
)

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOPICS = {"a/b": ("trees", "loss"), "a/c": ("trees",), "d/e": ()}


def tried(card: str = "a/b", *, day: float = 0, value: float | None = 1.0, **more: object) -> Attempt:
    return Attempt.model_validate({"card": card, "at": START + timedelta(days=day), "value": value, **more})


def series(*values: float | None, card: str = "a/b") -> list[Attempt]:
    return [tried(card, day=day, value=value) for day, value in enumerate(values)]


def test_nothing_attempted_gives_no_figure_and_no_zero() -> None:
    nothing = progress((), TOPICS, now=START)
    assert (nothing.n, nothing.topics, nothing.criteria) == (0, (), ())
    assert nothing.self_rating.model_dump() == {"n": 0, "bias": None, "error": None, "spearman": None}
    assert nothing.times.model_dump() == {"n": 0, "median_s": None, "by_format": ()}
    assert (nothing.hints.n, nothing.hints.mean) == (0, None)
    assert (nothing.streak.days, nothing.streak.last) == (0, None)


# --- topics --------------------------------------------------------------------------------


def test_a_card_of_two_topics_counts_in_both_and_one_of_none_in_none() -> None:
    attempts = (tried("a/b", value=0.2), tried("a/c", day=1, value=0.6), tried("d/e"), tried("x/gone"))
    loss, trees = by_topic(attempts, TOPICS)
    assert (loss.topic, loss.n, loss.mean) == ("loss", 1, pytest.approx(0.2))
    assert (trees.topic, trees.n, trees.mean) == ("trees", 2, pytest.approx(0.4))
    assert trees.last == START + timedelta(days=1)


def test_attempts_without_a_value_are_counted_and_in_no_mean() -> None:
    attempts = (tried("a/c", value=0.6), tried("a/c", day=1, value=None), tried("a/c", day=2, value=None, skipped=True))
    (trees,) = by_topic(attempts, TOPICS)
    assert (trees.n, trees.mean, trees.not_graded, trees.skipped) == (1, pytest.approx(0.6), 1, 1)
    assert trees.last == START + timedelta(days=2)


def test_a_topic_that_was_only_skipped_has_no_mean() -> None:
    (trees,) = by_topic((tried("a/c", value=None, skipped=True),), TOPICS)
    assert (trees.n, trees.mean, trees.slope, trees.slope_n) == (0, None, None, 0)


@pytest.mark.parametrize(
    ("values", "slope", "n"),
    [
        ((0.1, 0.9), None, 0),
        ((0.1, None, 0.9), None, 0),
        ((0.1, 0.2, 0.3), 0.1, 3),
        ((0.9, 0.5, 0.1), -0.4, 3),
        ((0.5, 0.5, 0.5, 0.5), 0.0, 4),
        ((0.0, 1.0, *(0.05 * step for step in range(10))), 0.05, 10),
    ],
)
def test_the_trend_is_the_slope_of_the_newest_ten_and_needs_three(
    values: tuple[float | None, ...], slope: float | None, n: int
) -> None:
    (trees,) = by_topic(series(*values, card="a/c"), TOPICS)
    assert trees.slope == (None if slope is None else pytest.approx(slope))
    assert trees.slope_n == n


# --- criteria ------------------------------------------------------------------------------


def test_a_criterion_counts_its_states_and_keeps_the_last() -> None:
    states = ("missed", "met", "contradicted", "partly", "met", "missed")
    attempts = [tried(day=day, value=0.5, states={"one": state}) for day, state in enumerate(states)]
    attempts.append(tried(day=9, value=None, states={"one": "met"}))
    attempts.append(tried(day=9.5, value=0.5, states={"one": "not_graded"}))
    (one,) = by_criterion(attempts)
    assert (one.n, one.met, one.partly, one.missed, one.contradicted) == (6, 2, 1, 2, 1)
    assert (one.card, one.criterion, one.state, one.last) == ("a/b", "one", "missed", START + timedelta(days=5))


def test_equal_names_on_two_cards_are_two_criteria() -> None:
    attempts = (tried("a/c", states={"one": "met"}), tried("a/b", states={"one": "missed"}))
    assert [(one.card, one.state) for one in by_criterion(attempts)] == [("a/b", "missed"), ("a/c", "met")]


# --- self-rating ---------------------------------------------------------------------------


def marked(*pairs: tuple[int | None, float | None]) -> list[Attempt]:
    return [tried(day=day, rated=rated, value=value) for day, (rated, value) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("pairs", "bias", "error"),
    [
        (((5, 0.5),), 0.5, 0.5),
        (((1, 0.5),), -0.5, 0.5),
        (((5, 0.5), (1, 0.5)), 0.0, 0.5),
        (((3, 0.5), (2, 0.25), (4, 0.75)), 0.0, 0.0),
    ],
)
def test_bias_is_mark_less_value_and_error_its_size(
    pairs: tuple[tuple[int, float], ...], bias: float, error: float
) -> None:
    found = self_rating(marked(*pairs))
    assert (found.n, found.bias, found.error) == (len(pairs), pytest.approx(bias), pytest.approx(error))


def test_only_attempts_with_mark_and_value_are_pairs() -> None:
    assert self_rating(marked((5, None), (None, 0.5), (None, None))).n == 0


@pytest.mark.parametrize(
    ("pairs", "rho"),
    [
        (((1, 0.1), (2, 0.2), (3, 0.3), (4, 0.9)), None),
        (((1, 0.1), (2, 0.2), (3, 0.3), (4, 0.9), (5, 1.0)), 1.0),
        (((5, 0.1), (4, 0.2), (3, 0.3), (2, 0.9), (1, 1.0)), -1.0),
        (((3, 0.1), (3, 0.2), (3, 0.3), (3, 0.9), (3, 1.0)), None),
        (((1, 0.5), (2, 0.5), (3, 0.5), (4, 0.5), (5, 0.5)), None),
        # ranks 1.5 1.5 3 4 5 and 2 1 4 3 5: (1.5 + 3 + 0 + 0 + 4) / sqrt(9.5 * 10) by hand
        (((1, 0.2), (1, 0.1), (2, 0.4), (3, 0.3), (4, 0.5)), 8.5 / 95**0.5),
    ],
)
def test_spearman_needs_five_pairs_that_differ(pairs: tuple[tuple[int, float], ...], rho: float | None) -> None:
    found = self_rating(marked(*pairs)).spearman
    assert found == (None if rho is None else pytest.approx(rho))


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 1)), max_size=12))
def test_self_rating_figures_stay_in_their_range(pairs: list[tuple[int, float]]) -> None:
    found = self_rating(marked(*pairs))
    assert (found.bias is None) == (found.error is None) == (not pairs)
    if found.bias is not None and found.error is not None:
        assert abs(found.bias) <= found.error + 1e-12
        assert found.error <= 1
    if found.spearman is not None:
        assert len(pairs) >= 5
        assert -1 - 1e-9 <= found.spearman <= 1 + 1e-9


# --- time, hints, days ---------------------------------------------------------------------


def test_times_are_medians_by_format_of_answers_whose_time_is_known() -> None:
    attempts = (
        *(tried(seconds=seconds, format="phone") for seconds in (10, 20, 90)),
        tried(seconds=40, format="coding", value=None),
        tried(seconds=5, format="coding", value=None, skipped=True),
        tried(seconds=None, format="depth"),
    )
    found = answer_times(attempts)
    assert (found.n, found.median_s) == (4, 30)
    assert [(one.format, one.n, one.median_s) for one in found.by_format] == [("coding", 1, 40), ("phone", 3, 20)]


def test_hints_are_counted_over_graded_attempts() -> None:
    found = hint_figures((tried(hints=2), tried(), tried(hints=1), tried(hints=3, value=None)))
    assert (found.n, found.helped, found.hints, found.mean) == (3, 2, 3, 1.0)


@pytest.mark.parametrize(
    ("days", "today", "expected"),
    [
        ((0, 1, 2), 2, (3, 3, 3)),
        ((0, 1, 2), 3, (3, 3, 3)),
        ((0, 1, 2), 4, (0, 3, 3)),
        ((0, 1, 2, 5), 5, (1, 3, 4)),
        ((0, 0.1, 0.2), 0, (1, 1, 1)),
        ((), 0, (0, 0, 0)),
    ],
)
def test_a_streak_runs_to_today_or_yesterday(days: Sequence[float], today: int, expected: tuple[int, int, int]) -> None:
    found = streak((tried(day=day) for day in days), START.date() + timedelta(days=today))
    assert (found.days, found.longest, found.practised) == expected


def test_a_skipped_question_makes_no_day_and_a_failed_grade_does() -> None:
    attempts = (tried(value=None, skipped=True), tried(day=1, value=None))
    assert streak(attempts, date(2026, 11, 21)).practised == 1


def test_days_are_those_of_the_person() -> None:
    late = Attempt(card="a/b", at=datetime(2026, 11, 20, 23, tzinfo=UTC), value=1.0)
    early = Attempt(card="a/b", at=datetime(2026, 11, 21, 1, tzinfo=UTC), value=1.0)
    assert streak((late, early), date(2026, 11, 21)).days == 2
    shanghai = timezone(timedelta(hours=8))
    found = progress((late, early), {}, now=datetime(2026, 11, 21, 2, tzinfo=UTC), tz=shanghai).streak
    assert (found.days, found.last) == (1, date(2026, 11, 21))


@given(
    st.lists(
        st.builds(
            tried,
            st.sampled_from(tuple(TOPICS)),
            day=st.floats(-50, 0),
            value=st.none() | st.floats(0, 1),
            hints=st.integers(0, 3),
            rated=st.none() | st.integers(1, 5),
        ),
        max_size=20,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_attempts_does_not_matter(attempts: list[Attempt], shuffle: random.Random) -> None:
    shuffled = list(attempts)
    shuffle.shuffle(shuffled)
    assert progress(shuffled, TOPICS, now=START) == progress(attempts, TOPICS, now=START)
