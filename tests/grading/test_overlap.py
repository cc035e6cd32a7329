"""Scores of an answer against a plain reference."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.bank.glossary import Glossary
from coach.grading.derive import Point
from coach.grading.overlap import BAG, Overlaps

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
QUESTION = "What does dropout do in a neural network?"
REFERENCE = (
    "It switches units off at random while the weights are learned. No unit can lean on one neighbour. "
    "At test time every unit is on, and outputs are scaled to the same mean."
)
ZH_QUESTION, ZH_REFERENCE = "运输有哪几种方式？", "运输的方式：铁路运输、公路运输、水路运输、航空运输。"


@pytest.fixture(scope="module")
def overlaps() -> Overlaps:
    return Overlaps(Glossary.load(KNOWLEDGE / "glossary.yaml"))


def score(overlaps: Overlaps, answer: str, reference: str = REFERENCE, question: str = QUESTION) -> float:
    return overlaps.overlap(answer, reference, question).score


@pytest.mark.parametrize(("reference", "question"), [(REFERENCE, QUESTION), (ZH_REFERENCE, ZH_QUESTION)])
def test_the_reference_itself_scores_full(overlaps: Overlaps, reference: str, question: str) -> None:
    assert score(overlaps, reference, reference, question) == pytest.approx(1)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "…",
        "I don't know.",
        QUESTION,
        "What does dropout do in a neural network",
        "Bananas are yellow.",
        REFERENCE + " Everything above is wrong.",
    ],
)
def test_an_answer_that_claims_nothing_of_it_scores_nothing(overlaps: Overlaps, answer: str) -> None:
    assert score(overlaps, answer) == 0


def test_more_points_score_more(overlaps: Overlaps) -> None:
    named = ["铁路运输", "铁路运输、公路运输", "铁路运输、公路运输、水路运输", ZH_REFERENCE]
    scores = [score(overlaps, answer, ZH_REFERENCE, ZH_QUESTION) for answer in named]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)


def test_half_of_a_list_is_about_half(overlaps: Overlaps) -> None:
    assert 0.4 <= score(overlaps, "铁路运输、公路运输", ZH_REFERENCE, ZH_QUESTION) <= 0.75


def test_a_shuffled_reference_earns_at_most_what_a_bag_of_words_may(overlaps: Overlaps) -> None:
    words = REFERENCE.replace(".", "").split()
    mixed = " ".join(words[at] for start in range(7) for at in range(start, len(words), 7))
    assert score(overlaps, mixed) <= BAG


def test_a_statement_turned_round_earns_less_than_none_of_it(overlaps: Overlaps) -> None:
    reference = "Stochastic descent converges faster on large data. Momentum damps oscillation along steep directions."
    turned = reference.replace("converges", "does not converge")
    silent = "Momentum damps oscillation along steep directions."
    question = "Why use it?"
    assert score(overlaps, turned, reference, question) < score(overlaps, silent, reference, question)
    assert overlaps.overlap(turned, reference, question).points[0].opposed


@pytest.mark.parametrize(
    ("answer", "opposed"),
    [
        ("运输的方式不包括铁路运输", True),
        ("运输的方式包括铁路运输，但不包括骑马", False),
        ("铁路运输不是唯一的一种", False),
    ],
)
def test_an_item_is_denied_only_by_what_stands_before_it(overlaps: Overlaps, answer: str, opposed: bool) -> None:
    assert overlaps.overlap(answer, ZH_REFERENCE, ZH_QUESTION).points[0].opposed is opposed


def test_a_glossary_term_counts_in_the_other_language(overlaps: Overlaps) -> None:
    assert score(overlaps, "会过拟合", "It causes overfitting.", "Why not?") > 0


def test_the_nearest_of_several_references_counts(overlaps: Overlaps) -> None:
    other = "Water boils at a hundred degrees."
    chosen, found = overlaps.best(other, (REFERENCE, other), "Tell me a fact.")
    assert chosen == other
    assert found.score == pytest.approx(1)


def test_points_that_somebody_wrote_are_taken_as_they_are(overlaps: Overlaps) -> None:
    wanted = (Point("names the learning rate", 0.5), Point("names the batch size", 0.5))
    found = overlaps.of_points("The batch size matters.", wanted, "What do you tune?")
    assert found.points[0].share < 0.5 < found.points[1].share


def test_a_judge_has_a_fifth_of_the_say_and_none_on_a_point_turned_round(overlaps: Overlaps) -> None:
    found = overlaps.overlap("No unit can lean on one neighbour.", REFERENCE, QUESTION)
    before = [point.share for point in found.points]
    after = [point.share for point in found.judged((1.0, 1.0, 0.0)).points]
    assert after == pytest.approx([0.8 * before[0] + 0.2, 1.0, 0.8 * before[2]])
    turned = overlaps.overlap(
        "Any unit can not lean on one neighbour, no.", "A unit can lean on one neighbour.", "Why?"
    )
    assert turned.points[0].opposed
    assert turned.judged((1.0,)).score == 0
    with pytest.raises(ValueError, match="zip"):
        found.judged((1.0,))


def test_a_point_is_expected_to_score_what_it_would_as_the_whole_reference(overlaps: Overlaps) -> None:
    answer, reference = "No unit leans on others.", "No unit can lean on one neighbour."
    found = overlaps.overlap(answer, reference, QUESTION)
    assert 0 < found.score < 1
    assert found.expected == pytest.approx([found.score])


def test_a_judge_cannot_raise_an_answer_that_takes_itself_back(overlaps: Overlaps) -> None:
    found = overlaps.overlap(REFERENCE + " Everything above is wrong.", REFERENCE, QUESTION)
    assert found.judged((1.0, 1.0, 1.0)).score == 0


@given(st.text(max_size=200))
def test_a_score_is_a_share(answer: str) -> None:
    overlaps = Overlaps(Glossary(()))
    assert 0 <= overlaps.overlap(answer, REFERENCE, QUESTION).score <= 1
