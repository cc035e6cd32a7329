import pytest

from coach.errors import ContentError
from coach.schema import Card
from evals.compare import compare, comparison_text
from tests.evals.made import case, judged, run_of, ungraded

LABELS = {"least-squares": "met", "weighted-sum": "partly"}


@pytest.fixture
def other(cards: dict[str, Card]) -> Card:
    return cards["linear-models/ridge-as-a-prior"]


def test_a_run_against_itself_shows_no_change(why_linear: Card, other: Card) -> None:
    run = run_of(judged(why_linear, case(why_linear, "a", LABELS)), judged(other, case(other, "b")))
    got = compare(run, run)
    assert (got.common, got.flips, got.mended, got.broken, got.p, got.work) == (2, (), 0, 0, 1.0, ())
    assert all(one.change.value == 0 and not one.is_clear for one in got.differences if one.name != "false pass")


def test_flips_are_mended_broken_or_still_wrong_and_both_runs_are_resampled_together(
    why_linear: Card, other: Card
) -> None:
    one, two = case(why_linear, "a", LABELS, split="calibrate"), case(other, "b", split="calibrate")
    first = run_of(judged(why_linear, one, {"least-squares": "missed", "weighted-sum": "met"}), judged(other, two))
    second = run_of(
        judged(why_linear, one, {"weighted-sum": "missed"}), judged(other, two, {other.criteria[0].id: "met"})
    )
    got = compare(first, second)
    assert {(flip.criterion, flip.change) for flip in got.flips} == {
        ("least-squares", "mended"),
        ("weighted-sum", "still wrong"),
        (other.criteria[0].id, "broken"),
    }
    assert (got.mended, got.broken, got.p) == (1, 1, 1.0)
    by_name = {one.name: one for one in got.differences}
    assert by_name["agreement"].change.value == pytest.approx(by_name["agreement"].second - by_name["agreement"].first)
    assert by_name["agreement"].change.low < 0 < by_name["agreement"].change.high
    text = comparison_text(got)
    assert "mended      a least-squares: label met, missed → met" in text


def test_a_gain_on_every_card_is_clear(why_linear: Card, other: Card) -> None:
    one, two = case(why_linear, "a", LABELS), case(other, "b")
    wrong = run_of(
        judged(why_linear, one, {"least-squares": "missed"}), judged(other, two, {other.criteria[0].id: "met"})
    )
    got = compare(wrong, run_of(judged(why_linear, one), judged(other, two)))
    assert {one.name for one in got.differences if one.is_clear} >= {"agreement", "score error"}


def test_what_only_one_run_graded_or_what_was_relabelled_is_left_out_and_said(why_linear: Card) -> None:
    kept, lost, changed = (case(why_linear, name, LABELS) for name in ("kept", "lost", "changed"))
    anew = case(why_linear, "changed", {"least-squares": "met"})
    first = run_of(*(judged(why_linear, one) for one in (kept, lost, changed)))
    second = run_of(judged(why_linear, kept), ungraded(why_linear, lost), judged(why_linear, anew))
    got = compare(first, second)
    assert (got.common, got.only_first, got.only_second, got.relabelled) == (1, ("lost",), (), 1)
    assert "graded in the first run only: 1 (lost)" in comparison_text(got)


def test_changes_on_the_test_split_are_counted_and_not_listed(why_linear: Card) -> None:
    one = case(why_linear, "secret", LABELS, split="test")
    got = compare(run_of(judged(why_linear, one)), run_of(judged(why_linear, one, {"least-squares": "missed"})))
    assert len(got.flips) == 1
    assert "secret" not in comparison_text(got)
    assert "1 more changes on the test split" in comparison_text(got)


def test_runs_without_a_common_answer_cannot_be_compared(why_linear: Card) -> None:
    a, b = (run_of(judged(why_linear, case(why_linear, name))) for name in "ab")
    with pytest.raises(ContentError, match="no graded answer in common"):
        compare(a, b)
