"""Points of a reference answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.grading.derive import MOST_POINTS, content, points


@pytest.mark.parametrize(
    ("question", "reference", "wanted"),
    [
        ("Why scale features?", "Gradients converge faster. No feature dominates.", 2),
        ("名词解释有哪些因素？", "因素：温度、湿度、光照和风速。", 4),
        ("What are the four factors of growth?", "The four factors of growth: heat, light, water, soil.", 4),
        ("List the layers.", "- embedding layer\n- attention layer\n- output layer", 3),
        ("Which colours?", "1) red\n2) green", 2),
        ("两种合同是什么？", "客运合同和货运合同", 2),
        ("What is it?", "A spanning tree", 1),
    ],
)
def test_each_statement_or_item_is_a_point(question: str, reference: str, wanted: int) -> None:
    assert len(points(reference, question)) == wanted


def test_a_lead_in_that_repeats_the_question_is_no_point() -> None:
    found = points("决定价格的主要因素：成本、需求。", "决定价格的主要因素有哪些？")
    assert [point.text for point in found] == ["成本", "需求"]


def test_a_long_point_weighs_more_than_a_short_one_but_not_in_proportion() -> None:
    short, long = points("It overfits. The training error keeps falling while the held-out error grows again.", "Why?")
    ratio = long.weight / short.weight
    assert 1 < ratio < len(set(content(long.text))) / len(set(content(short.text)))


@given(st.text(max_size=400), st.text(max_size=80))
def test_weights_sum_to_one_and_points_are_few(reference: str, question: str) -> None:
    found = points(reference, question)
    assert len(found) <= MOST_POINTS
    if found:
        assert sum(point.weight for point in found) == pytest.approx(1)
