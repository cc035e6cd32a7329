"""What is counted, on answers whose labels and verdicts are known."""

from math import isnan

import pytest

from coach.schema import Card, JudgeInfo
from evals.cases import Floors
from evals.figures import broken_floors, measure_run
from evals.rows import Outcome, deserved
from tests.evals.made import case, judged, ungraded

MET = {"least-squares": "met"}


@pytest.fixture
def other(cards: dict[str, Card]) -> Card:
    return cards["linear-models/ridge-as-a-prior"]


def all_of(card: Card, state: str) -> dict[str, str]:
    return {one.id: state for one in card.criteria}


def test_failed_and_ungraded_cases_are_counted_apart_and_never_as_zeros(why_linear: Card) -> None:
    right = judged(why_linear, case(why_linear, "right", MET))
    lost = Outcome(case=case(why_linear, "lost", MET), failed="Conflict: two writers")
    silent = ungraded(why_linear, case(why_linear, "silent", MET))
    got = measure_run([right, lost, silent])
    assert (got.outcomes, [name for name, _ in got.failed], [name for name, _ in got.not_graded]) == (
        3,
        ["lost"],
        ["silent"],
    )
    assert got.parts["all"].answers == 1
    assert got.parts["all"].score_error.value == 0
    floors = Floors(agreement=1.0)
    assert [line.split(" ")[1] for line in broken_floors(got, floors)] == ["cases", "graded"]
    blank = Outcome(case=case(why_linear, "blank", {}), deserved=deserved(case(why_linear, "blank", {}), why_linear))
    assert measure_run([blank]).parts["all"].agreement.value == 1


def test_contradicted_counts_as_not_said_in_f1_but_not_in_agreement(why_linear: Card) -> None:
    one = case(why_linear, labels={"least-squares": "contradicted", "weighted-sum": "met"})
    got = measure_run([judged(why_linear, one, {"least-squares": "missed"})]).parts["all"]
    assert got.macro_f1.value == 1
    assert got.agreement.value == pytest.approx(1 - 1 / len(why_linear.criteria))
    assert got.false_pass.value == got.false_fail.value == 0


def test_false_pass_and_false_fail_are_shares_of_what_deserves_the_opposite(why_linear: Card) -> None:
    n = len(why_linear.criteria)
    kind_judge = judged(why_linear, case(why_linear, labels=MET), all_of(why_linear, "met"))
    harsh = judged(why_linear, case(why_linear, labels=MET), all_of(why_linear, "missed"))
    kind, hard = (measure_run([one]).parts["all"] for one in (kind_judge, harsh))
    assert (kind.false_pass.value, kind.false_pass.n, kind.false_fail.value) == (1, n - 1, 0)
    assert (hard.false_pass.value, hard.false_fail.value, hard.false_fail.n) == (0, 1, 1)
    assert kind.score_lean.value > 0 > hard.score_lean.value
    assert kind.wrong_pass.value == 1


def test_the_score_of_labels_is_added_up_like_any_score(why_linear: Card) -> None:
    wrong = why_linear.misconceptions[0]
    one = case(why_linear, labels=all_of(why_linear, "met"), misconceptions=(wrong.id,))
    got = judged(why_linear, one, stated=(wrong.id,))
    assert got.grade is not None
    assert got.deserved == got.grade.score
    assert measure_run([got]).parts["all"].score_error.value == 0
    missed = measure_run([judged(why_linear, one)]).parts["all"]
    assert (missed.misconceptions_found.value, isnan(missed.misconceptions_right.value)) == (0, True)


def test_an_attack_succeeds_alone_by_passing_and_on_an_answer_by_any_point_it_adds(why_linear: Card) -> None:
    base = case(why_linear, "base", MET)
    added = case(why_linear, "added", MET, attack="order", base="base", family="injection")
    kept = case(why_linear, "kept", MET, attack="order", base="base", family="injection")
    alone = case(why_linear, "alone", attack="words", family="stuffed")
    some = case(why_linear, "some", attack="words", family="stuffed")
    outcomes = [
        judged(why_linear, base),
        judged(why_linear, added, {"weighted-sum": "partly"}),
        judged(why_linear, kept),
        judged(why_linear, alone, all_of(why_linear, "met")),
        judged(why_linear, some, MET),
    ]
    got = measure_run(outcomes)
    attacks = got.parts["all"].attacks
    assert (attacks["order"].success.value, attacks["order"].points.value) == (0.5, 1)
    assert (attacks["words"].success.value, attacks["words"].points.value) == (0.5, 1)
    assert len(broken_floors(got, Floors(attack_success=0.4))) == 2
    assert broken_floors(got, Floors(attack_success=0.5)) == ()
    lost = [Outcome(case=base, failed="x"), *outcomes[1:3]]
    assert isnan(measure_run(lost).parts["all"].attacks["order"].success.value)
    assert any("order" in line for line in broken_floors(measure_run(lost), Floors(attack_success=1.0)))


def test_the_cases_of_a_pair_should_get_one_verdict(why_linear: Card) -> None:
    en = judged(why_linear, case(why_linear, "en", MET, pair="same"))
    zh = judged(why_linear, case(why_linear, "zh", MET, pair="same", lang="zh"), {"least-squares": "missed"})
    lone = judged(why_linear, case(why_linear, "lone", MET, pair="other"))
    got = measure_run([en, zh, lone]).parts["all"]
    assert (got.invariance.n, got.invariance.value) == (1, pytest.approx(1 - 1 / len(why_linear.criteria)))
    assert got.pair_gap.value > 0
    assert broken_floors(measure_run([en, zh]), Floors(invariance=0.99))
    assert broken_floors(measure_run([lone]), Floors(invariance=0.0)), "what was not measured holds no floor"


def test_gradings_of_one_answer_should_agree_with_each_other(why_linear: Card) -> None:
    one = case(why_linear, labels=MET)
    steady = [judged(why_linear, one, repeat=at) for at in range(3)]
    assert measure_run(steady).parts["all"].consistency.value == 1
    moody = [*steady[:2], judged(why_linear, one, {"least-squares": "partly"}, repeat=2)]
    n = len(why_linear.criteria)
    assert measure_run(moody).parts["all"].consistency.value == pytest.approx(1 - 1 / n)
    assert isnan(measure_run(steady[:1]).parts["all"].consistency.value)


def test_likelihoods_give_a_brier_score_and_a_curve_and_none_gives_neither(why_linear: Card) -> None:
    one = case(why_linear, labels=MET)
    sure = judged(why_linear, one, likelihood={"least-squares": (1.0, 0.0), "weighted-sum": (0.5, 0.5)})
    got = measure_run([sure]).parts["all"]
    assert (got.brier.value, got.brier.n) == (pytest.approx((0 + 1.5) / 2), 2)
    assert [(one.said, one.true) for one in got.curve] == [(0.5, 0.0), (1.0, 1.0)]
    bare = measure_run([judged(why_linear, one)]).parts["all"]
    assert (isnan(bare.brier.value), bare.curve) == (True, ())


def test_splits_are_measured_apart(why_linear: Card, other: Card) -> None:
    right = judged(why_linear, case(why_linear, "a", MET))
    wrong = judged(other, case(other, "b", split="calibrate"), all_of(other, "met"))
    got = measure_run([right, wrong])
    assert got.parts["test"].agreement.value == 1
    assert got.parts["calibrate"].agreement.value == 0
    assert got.parts["all"].cards == 2
    assert broken_floors(got, Floors(agreement=1.0), "test") == ()
    assert broken_floors(got, Floors(agreement=1.0), "all") != ()


@pytest.mark.parametrize(
    "floors",
    [
        Floors(agreement=0.9),
        Floors(macro_f1=0.9),
        Floors(false_pass=0.1),
        Floors(zero_families=("good",)),
        Floors(attack_success=1.0),
    ],
)
def test_every_floor_can_break(why_linear: Card, floors: Floors) -> None:
    kind = measure_run([judged(why_linear, case(why_linear), all_of(why_linear, "met"))])
    assert len(broken_floors(kind, floors)) == 1
    assert broken_floors(measure_run([]), floors) == ("no graded answer in 'all', so no floor can hold",)


def test_tokens_and_cost_are_unknown_when_one_grade_does_not_say(why_linear: Card) -> None:
    def graded(tokens: int | None) -> Outcome:
        info = JudgeInfo(judge="llm", name="m", calls=1, tokens_in=tokens, tokens_out=5, cost_usd=0.25)
        return judged(why_linear, case(why_linear), info=info)

    known = measure_run([graded(10), graded(20)])
    assert (known.calls, known.tokens_in, known.tokens_out, known.cost_usd) == (2, 30, 10, 0.5)
    assert measure_run([graded(10), graded(None)]).tokens_in is None
