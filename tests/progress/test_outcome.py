from datetime import UTC, datetime

import pytest

from coach.grading.grade import settle
from coach.grading.offline import OfflineJudge
from coach.progress.export import report_markdown
from coach.progress.outcome import by_topic, card_of, outcome, told
from coach.schema import Answered, Card, Grade, Mode, Plan, Probed, Round, Session, Skipped, Utterance

SAID = "It is linear in the parameters. We use least squares."


def graded(card: Card, offline: OfflineJudge) -> Grade:
    heard = (Utterance(turn=0, text=SAID),)
    return settle(card, offline.judge(card, heard, ()), heard)


def asked(card: Card, grade: Grade | None, *, then: tuple[Probed | Skipped, ...] = ()) -> Round:
    said = (Answered(text=SAID, lang="en"), *then) if grade is not None else then
    return Round(card=card.id, question="why?", said=said, grade=grade, graded_answers=int(grade is not None))


def held(*rounds: Round, mode: Mode = "practice", ended: bool = True, self_rate: bool = False) -> Session:
    return Session(
        id="s",
        plan=Plan(lang="en", mode=mode, self_rate=self_rate),
        cards=(),
        rounds=rounds,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        ended="finished" if ended else None,
        next_seq=9,
        lang="en",
    )


def test_what_is_skipped_or_not_graded_is_on_neither_side_of_the_sum(why_linear: Card, offline: OfflineJudge) -> None:
    grade = graded(why_linear, offline)
    assert grade.score is not None
    found = outcome((asked(why_linear, grade), asked(why_linear, None, then=(Skipped(what="question"),))))
    assert (found.points, found.of, found.asked) == (grade.score.points, grade.score.of, 2)
    assert found.terms == f"{grade.score.points:g}/{grade.score.of:g}"


def test_nothing_graded_is_no_number() -> None:
    found = outcome(())
    assert (found.value, found.band, found.terms) == (None, None, "")


def test_topics_add_up_to_the_whole(why_linear: Card, cards: dict[str, Card], offline: OfflineJudge) -> None:
    other = next(card for card in cards.values() if card.topics[0] != why_linear.topics[0] and card.kind != "coding")
    rounds = (asked(why_linear, graded(why_linear, offline)), asked(other, graded(other, offline)))
    topics = by_topic(rounds, cards)
    assert [name for name, _ in topics] == sorted((why_linear.topics[0], other.topics[0]))
    assert sum(found.points for _, found in topics) == outcome(rounds).points
    assert sum(found.of for _, found in topics) == outcome(rounds).of


PROBE = Probed(criterion="weighted-sum", text="of what?", wording="card")


@pytest.mark.parametrize(
    ("mode", "then", "ended", "self_rate", "shown"),
    [
        ("practice", (PROBE,), False, False, False),
        ("practice", (PROBE,), True, False, True),
        ("practice", (), False, False, True),
        ("practice", (), False, True, False),
        ("exam", (), False, False, False),
        ("exam", (), True, False, True),
    ],
)
def test_nothing_is_told_of_an_open_question_an_exam_or_before_the_own_mark(
    mode: Mode,
    then: tuple[Probed, ...],
    ended: bool,
    self_rate: bool,
    shown: bool,
    why_linear: Card,
    offline: OfflineJudge,
) -> None:
    session = held(
        asked(why_linear, graded(why_linear, offline), then=then), mode=mode, ended=ended, self_rate=self_rate
    )
    assert told(session, session.current) is shown
    report = report_markdown(session, {why_linear.id: why_linear})
    missing = why_linear.criterion("transformed-features").says.en
    assert (missing in report) is shown
    assert (" % · " in report) is shown


def test_a_card_that_is_gone_or_has_other_points_leaves_only_the_sum(why_linear: Card, offline: OfflineJudge) -> None:
    one = asked(why_linear, graded(why_linear, offline))
    changed = why_linear.model_copy(update={"criteria": why_linear.criteria[1:]})
    assert card_of({why_linear.id: why_linear}, one) is why_linear
    for bank in ({}, {why_linear.id: changed}):
        assert card_of(bank, one) is None
        report = report_markdown(held(one), bank)
        assert "only the sum is left" in report
        assert one.grade is not None
        assert one.grade.score is not None
        assert f"{one.grade.score.points:g} of {one.grade.score.of:g}" in report
