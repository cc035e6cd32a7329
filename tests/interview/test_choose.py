from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.errors import InterviewError
from coach.grading.score import score
from coach.interview.choose import Past, fits, level_after, next_card, planned
from coach.interview.rounds import FORMATS, stages_of
from coach.schema import Card, FormatName, Grade, JudgeInfo, Plan, Round, State, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OTHERS: tuple[FormatName, ...] = (
    "free", "breadth", "phone", "depth", "project", "coding", "problem", "behavioural",
)  # fmt: skip


def asked(card: Card, state: State | None = "met", stage: int = 0) -> Round:
    """A question that was answered with every point in one state; None for one that was skipped."""
    if state is None:
        return Round(card=card.id, question="q", stage=stage)
    verdicts = tuple(Verdict(criterion=one.id, state=state) for one in card.criteria)
    grade = Grade(
        card=card.id,
        card_hash=card.fingerprint,
        verdicts=verdicts,
        score=score(card, verdicts),
        judge=JudgeInfo(judge="offline", name="x"),
    )
    return Round(card=card.id, question="q", grade=grade, stage=stage)


def whole(cards: dict[str, Card], plan: Plan, past: Past | None = None, state: State = "met") -> list[Round]:
    """All questions of an interview whose every answer is alike."""
    bank, past = tuple(cards.values()), past or Past()
    stages = stages_of(plan, bank)
    rounds: list[Round] = []
    while (found := next_card(bank, plan, stages, rounds, past)) is not None:
        rounds.append(asked(found[0], state, found[1]))
    return rounds


def test_company_and_topic_both_narrow(cards: dict[str, Card]) -> None:
    plan = Plan(lang="en", company="microsoft", topics=("neural-networks",), questions=50)
    chosen = {one.card for one in whole(cards, plan)}
    assert chosen == {
        name
        for name, card in cards.items()
        if "neural-networks" in card.topics and any(origin.company == "microsoft" for origin in card.source)
    }


def test_the_same_seed_chooses_the_same_and_another_may_not(cards: dict[str, Card]) -> None:
    def pick(seed: int) -> tuple[str, ...]:
        return tuple(one.card for one in whole(cards, Plan(lang="en", seed=seed)))

    assert pick(1) == pick(1)
    assert len({pick(seed) for seed in range(20)}) > 10


def test_good_answers_climb_and_poor_ones_descend(cards: dict[str, Card]) -> None:
    def levels(state: State) -> list[int]:
        return [cards[one.card].difficulty for one in whole(cards, Plan(lang="en", questions=4, seed=3), state=state)]

    assert levels("met")[0] == levels("missed")[0] == 3
    assert levels("met")[1:] == [4, 4, 4]
    assert levels("missed")[1:] == [2, 2, 2]


def test_a_grade_that_failed_moves_no_level(cards: dict[str, Card], why_linear: Card) -> None:
    assert level_after([asked(why_linear, None)], cards) == 3


def test_topics_are_spread(cards: dict[str, Card]) -> None:
    for seed in range(5):
        chosen = whole(cards, Plan(lang="en", questions=8, seed=seed))
        assert len({cards[one.card].topics[0] for one in chosen}) == 8


def test_what_is_due_goes_first_in_its_order(cards: dict[str, Card]) -> None:
    due = ("trees/random-forest", "linear-models/why-linear")
    known = tuple(name for name in (*due, *sorted(cards)) if name in cards)[:2]
    chosen = whole(cards, Plan(lang="en", questions=3), Past(due=known))
    assert tuple(one.card for one in chosen)[:2] == known


def test_of_equals_what_was_never_asked_comes_first(cards: dict[str, Card]) -> None:
    three = {name: card for name, card in cards.items() if card.topics[0] == "trees" and card.difficulty == 3}
    names = sorted(three)
    past = Past(last_asked={name: NOW + timedelta(days=at) for at, name in enumerate(names[:-1])})
    chosen = [one.card for one in whole(three, Plan(lang="en", questions=2, topics=("trees",)), past, state="partly")]
    assert chosen == [names[-1], names[0]]


def test_a_focus_keeps_the_order_of_the_search(cards: dict[str, Card]) -> None:
    names = sorted(cards)
    plan = Plan(lang="en", focus="x", questions=3)
    ranked = (names[4], "gone/card", names[1], names[4], names[7], names[2])
    assert planned(tuple(cards.values()), plan, ranked) == (names[4], names[1], names[7])
    assert planned(tuple(cards.values()), Plan(lang="en"), ranked) == ()


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (Plan(lang="en", company="nobody"), "no question for nobody"),
        (Plan(lang="en", format="review"), "nothing is due"),
        (Plan(lang="en", format="coding", topics=("svm",)), "no question for svm in a coding interview"),
        (Plan(lang="en", format="loop"), "for a loop choose a company: there are amazon, microsoft, other"),
        (Plan(lang="en", format="loop", company="nobody"), "the notes tell of no round at nobody"),
    ],
)
def test_nothing_fitting_is_said_with_what_there_is(cards: dict[str, Card], plan: Plan, says: str) -> None:
    with pytest.raises(InterviewError, match=says):
        whole(cards, plan)


def test_a_focus_that_finds_nothing_is_said(cards: dict[str, Card]) -> None:
    with pytest.raises(InterviewError, match="no question found for 'zzz'"):
        planned(tuple(cards.values()), Plan(lang="en", focus="zzz"), ())


@pytest.mark.parametrize("form", OTHERS)
@given(questions=st.integers(1, 12), seed=st.integers(0, 2**31))
def test_every_format_asks_its_own_kind_and_nothing_twice(
    cards: dict[str, Card], form: FormatName, questions: int, seed: int
) -> None:
    chosen = [one.card for one in whole(cards, Plan(lang="en", format=form, questions=questions, seed=seed))]
    assert 0 < len(set(chosen)) == len(chosen) <= questions
    slots = (*FORMATS[form].slots, *FORMATS[form].last)
    assert all(any(fits(cards[name], slot) or name in slot.cards for slot in slots) for name in chosen)


def test_a_depth_round_begins_with_the_talk_and_ends_on_comparisons(cards: dict[str, Card]) -> None:
    chosen = [one.card for one in whole(cards, Plan(lang="en", format="depth", questions=5))]
    assert chosen[0] == "presentation/ml-depth-talk"
    assert chosen[-2:] == ["trees/gbdt-versus-xgboost", "trees/lightgbm-versus-xgboost"]


def test_push_back_follows_the_open_problem(cards: dict[str, Card]) -> None:
    chosen = [one.card for one in whole(cards, Plan(lang="en", format="problem", questions=2))]
    assert chosen == ["vision/adding-image-features", "behavioural/disagree-with-interviewer"]


def test_a_loop_holds_the_rounds_of_the_notes_in_their_order(cards: dict[str, Card]) -> None:
    plan = Plan(lang="en", format="loop", company="amazon", questions=2)
    stages = stages_of(plan, tuple(cards.values()))
    assert [stage.label for stage in stages] == ["interview-1", "interview-2", "ml-breadth", "ml-depth", "coding"]
    chosen = whole(cards, plan)
    assert [one.stage for one in chosen] == sorted(one.stage for one in chosen)
    for one in chosen:
        label = stages[one.stage].label
        assert any((origin.company, origin.round) == ("amazon", label) for origin in cards[one.card].source)
    assert {one.stage for one in chosen} == set(range(5))
    phone = stages_of(Plan(lang="zh", format="loop", company="microsoft"), tuple(cards.values()))
    assert [(stage.label, stage.format) for stage in phone] == [("phone", "phone")]
