from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.errors import InterviewError
from coach.interview.choose import choose, fits
from coach.schema import Card, Plan

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_company_and_topic_both_narrow(cards: dict[str, Card]) -> None:
    plan = Plan(lang="en", company="microsoft", topic="neural-networks", questions=50)
    chosen = choose(tuple(cards.values()), plan, ranked=(), last_asked={})
    assert chosen
    assert all(fits(cards[name], plan) for name in chosen)
    assert set(chosen) == {card.id for card in cards.values() if fits(card, plan)}


def test_the_same_seed_chooses_the_same_and_another_may_not(cards: dict[str, Card]) -> None:
    def pick(seed: int) -> tuple[str, ...]:
        return choose(tuple(cards.values()), Plan(lang="en", seed=seed), ranked=(), last_asked={})

    assert pick(1) == pick(1)
    assert len({pick(seed) for seed in range(20)}) > 10


def test_what_was_never_asked_comes_before_what_was_asked_longest_ago(cards: dict[str, Card]) -> None:
    names = sorted(cards)
    asked = {name: NOW + timedelta(days=number) for number, name in enumerate(names[:-1])}
    chosen = choose(tuple(cards.values()), Plan(lang="en", questions=2), ranked=(), last_asked=asked)
    assert set(chosen) == {names[-1], names[0]}


def test_a_focus_keeps_the_order_of_the_search(cards: dict[str, Card]) -> None:
    names = sorted(cards)
    plan = Plan(lang="en", focus="x", questions=3)
    ranked = (names[4], "gone/card", names[1], names[4], names[7], names[2])
    assert choose(tuple(cards.values()), plan, ranked=ranked, last_asked={}) == (names[4], names[1], names[7])


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (Plan(lang="en", company="nobody"), "no question for nobody"),
        (Plan(lang="en", focus="zzz"), "no question found for 'zzz'"),
    ],
)
def test_nothing_fitting_is_said_with_what_there_is(cards: dict[str, Card], plan: Plan, says: str) -> None:
    with pytest.raises(InterviewError, match=says):
        choose(tuple(cards.values()), plan, ranked=(), last_asked={})


@given(st.integers(1, 50), st.integers(0, 2**31))
def test_no_question_twice_and_easier_ones_first(cards: dict[str, Card], questions: int, seed: int) -> None:
    plan = Plan(lang="en", questions=questions, seed=seed)
    chosen = choose(tuple(cards.values()), plan, ranked=(), last_asked={})
    assert len(set(chosen)) == len(chosen) == min(questions, len(cards))
    difficulty = [cards[name].difficulty for name in chosen]
    assert difficulty == sorted(difficulty)
