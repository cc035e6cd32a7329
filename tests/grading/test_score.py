import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.grading.score import PASS_BANDS, arithmetic, next_fix, score
from coach.schema import Card, Evidence, Grade, JudgeInfo, State, Stated, Verdict

EVIDENCE = Evidence(turn=0, start=0, end=1, text="x", match="exact")


def verdicts(card: Card, states: list[State]) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(criterion=criterion.id, state=state) for criterion, state in zip(card.criteria, states, strict=True)
    )


def test_the_sum_is_weights_times_shares(why_linear: Card) -> None:
    got = score(why_linear, verdicts(why_linear, ["met", "partly", "missed", "met", "missed", "contradicted"]))
    assert got is not None
    assert (got.points, got.of) == (2 + 1.5 + 2, 11)
    assert arithmetic(got) == "2/2 + 1.5/3 + 0/2 + 2/2 + 0/1 + 0/1 = 5.5 of 11 = 50 %"


def test_a_stated_misconception_costs_its_penalty_and_the_sum_stops_at_zero(why_linear: Card) -> None:
    stated = (Stated(misconception="straight-lines-only", evidence=(EVIDENCE,)),)
    got = score(why_linear, verdicts(why_linear, ["missed"] * 6), stated)
    assert got is not None
    assert got.points == got.value == 0
    assert "− 1 = −1 → 0 of 11" in arithmetic(got)


def test_a_missing_required_criterion_holds_the_band_down(why_linear: Card) -> None:
    got = score(why_linear, verdicts(why_linear, ["met", "partly", "met", "met", "met", "met"]))
    assert got is not None
    assert got.value > 0.85
    assert got.band == "fair"
    assert got.capped_by == ("linear-in-parameters",)


def test_one_ungraded_criterion_means_no_score(why_linear: Card) -> None:
    assert score(why_linear, verdicts(why_linear, ["met", "met", "met", "met", "met", "not_graded"])) is None
    assert score(why_linear, verdicts(why_linear, ["met"] * 6)[:-1]) is None


@pytest.mark.parametrize(
    ("states", "fix"),
    [
        (["met", "met", "met", "met", "met", "met"], None),
        (["met", "missed", "missed", "met", "met", "met"], "linear-in-parameters"),
        (["met", "partly", "missed", "met", "met", "met"], "transformed-features"),
        (["missed", "met", "missed", "met", "met", "met"], "weighted-sum"),
    ],
)
def test_what_costs_most_is_fixed_first(why_linear: Card, states: list[State], fix: str | None) -> None:
    grade = Grade(
        card=why_linear.id,
        card_hash="x",
        verdicts=verdicts(why_linear, states),
        score=None,
        judge=JudgeInfo(judge="offline", name="x"),
    )
    assert next_fix(why_linear, grade) == fix


@given(st.lists(st.sampled_from(["met", "partly", "missed", "contradicted"]), min_size=6, max_size=6), st.booleans())
def test_a_score_is_a_share_and_its_lines_add_up(why_linear: Card, states: list[State], wrong: bool) -> None:
    stated = (Stated(misconception="normal-inputs", evidence=(EVIDENCE,)),) if wrong else ()
    got = score(why_linear, verdicts(why_linear, states), stated)
    assert got is not None
    assert 0 <= got.value <= 1
    assert got.points == max(0, sum(line.points for line in got.lines))
    if got.band in PASS_BANDS:
        assert all(
            state == "met" for criterion, state in zip(why_linear.criteria, states, strict=True) if criterion.required
        )


@given(st.lists(st.sampled_from(["met", "partly", "missed"]), min_size=6, max_size=6), st.integers(0, 5))
def test_doing_better_on_one_point_never_lowers_the_score(why_linear: Card, states: list[State], at: int) -> None:
    better = [*states]
    better[at] = "met"
    before, after = score(why_linear, verdicts(why_linear, states)), score(why_linear, verdicts(why_linear, better))
    assert before is not None
    assert after is not None
    assert after.value >= before.value
