import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.bank.cards import read_cards
from coach.errors import InterviewError
from coach.grading.offline import OfflineJudge
from coach.progress.disputes import Split, Talk, case, line, of_round, talk
from coach.schema import (
    Answered,
    Aside,
    Disputed,
    Evidence,
    Grade,
    Hinted,
    JudgeInfo,
    Probed,
    Round,
    Said,
    Skipped,
    State,
    Stated,
    Verdict,
)
from evals.cases import Case, load_cases
from evals.play import play
from tests.conftest import ROOT

CARD = next(card for card in read_cards(ROOT / "knowledge" / "cards").cards if card.id == "linear-models/why-linear")
NAMES = tuple(criterion.id for criterion in CARD.criteria)
JUDGED: Mapping[str, State] = dict.fromkeys(NAMES, "missed")
SPOKEN = Talk(answers=("It is a weighted sum, and linear in the betas.",), probes=(), hints=0)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def against(criterion: str, state: State = "met", reason: str = "I said so in the first sentence.") -> Disputed:
    return Disputed(question=0, criterion=criterion, state=state, reason=reason)


def made(*disputes: Disputed, states: Mapping[str, State] = JUDGED, said: Talk = SPOKEN) -> dict[str, object]:
    return case(CARD.id, said, states, disputes, lang="en", session="s-1", question=2, at=NOW)


def answered(text: str) -> Answered:
    return Answered(text=text, lang="en")


def probed(criterion: str) -> Probed:
    return Probed(criterion=criterion, text="And?", wording="card")


def hinted(rung: int) -> Hinted:
    return Hinted(rung=rung, text="Think.")


def loaded(folder: Path, *lines: str) -> tuple[Case, ...]:
    path = folder / "disputes.jsonl"
    path.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
    return load_cases([path], {CARD.id: CARD})


def test_a_dispute_is_a_case_that_the_evals_load(tmp_path: Path) -> None:
    (read,) = loaded(tmp_path, line(made(against(NAMES[1]))))
    assert read.id == "dispute-s-1-2"
    assert (read.family, read.split, read.lang) == ("human", "calibrate", "en")
    assert read.answers == SPOKEN.answers
    assert read.labels == {**JUDGED, NAMES[1]: "met"}
    assert read.why == f"{NAMES[1]}: met, was judged missed: I said so in the first sentence.; disputed on 2026-03-01"


def test_disputes_on_one_question_are_one_case_and_the_later_one_counts(tmp_path: Path) -> None:
    both = made(
        against(NAMES[0], "met", "first"), against(NAMES[1], "partly", "b"), against(NAMES[0], "partly", "then")
    )
    (read,) = loaded(tmp_path, line(both))
    assert read.labels == {**JUDGED, NAMES[0]: "partly", NAMES[1]: "partly"}
    assert f"{NAMES[0]}: partly, was judged missed: then;" in read.why
    assert "first" not in read.why
    assert read.id == made(against(NAMES[2]))["id"]


@pytest.mark.parametrize(
    ("splits", "split"),
    [(None, "calibrate"), ({}, "calibrate"), ({CARD.id: "test"}, "test"), ({"a/b": "test"}, "calibrate")],
)
def test_a_card_is_never_divided_and_a_new_one_is_not_tested_on(splits: Mapping[str, Split] | None, split: str) -> None:
    one = case(CARD.id, SPOKEN, JUDGED, [against(NAMES[0])], lang="en", session="s", question=0, splits=splits)
    assert one["split"] == split


def test_what_was_not_graded_needs_a_label_of_the_persons_own() -> None:
    states: Mapping[str, State] = {**JUDGED, NAMES[0]: "not_graded", NAMES[1]: "not_graded"}
    with pytest.raises(InterviewError, match=r"question 3 of session 's-1'.*no label") as caught:
        made(against(NAMES[2]), states=states)
    assert NAMES[0] in str(caught.value)
    assert NAMES[1] in str(caught.value)
    labels = made(against(NAMES[0]), against(NAMES[1], "missed"), states=states)["labels"]
    assert labels == {**JUDGED, NAMES[0]: "met"}
    with pytest.raises(InterviewError, match="no label"):
        made(against(NAMES[0], "not_graded"))


def test_a_criterion_that_was_not_judged_cannot_be_disputed() -> None:
    with pytest.raises(InterviewError, match="no-such"):
        made(against("no-such"))
    with pytest.raises(InterviewError, match="nothing on it is disputed"):
        made()


A, B = NAMES[:2]
ASIDE = Aside(what="repeat", said="What?", reply="And?")


@pytest.mark.parametrize(
    ("said", "answers", "want"),
    [
        ([answered("a")], 1, Talk(("a",), (), 0)),
        ([hinted(1), hinted(2), answered("a"), probed(A), hinted(3), answered("b")], 2, Talk(("a", "b"), (A,), 2, 1)),
        ([answered("a"), probed(A), answered("b"), probed(B), answered("c")], 3, Talk(("a", "b", "c"), (A, B), 0)),
        ([answered("a"), probed(A), Skipped(what="probe")], 1, Talk(("a",), (), 0)),
        (
            [answered("a"), probed(A), Skipped(what="probe"), probed(B), answered("c")],
            2,
            Talk(("a", "", "c"), (A, B), 0),
        ),
        ([answered("a"), probed(A), answered("not graded yet")], 1, Talk(("a",), (), 0)),
        ([answered("a"), probed("twist"), answered("b"), probed(A), answered("c")], 3, Talk(("a\n\nb", "c"), (A,), 0)),
        (
            [answered("a"), probed(A), Aside(what="repeat", said="?", reply="!"), answered("b")],
            2,
            Talk(("a", "b"), (A,), 0),
        ),
    ],
)
def test_a_conversation_becomes_answers_and_the_probes_between_them(
    said: Sequence[Said], answers: int, want: Talk
) -> None:
    assert talk(said, CARD.criteria, answers=answers) == want


def test_there_is_no_case_without_a_graded_answer() -> None:
    with pytest.raises(InterviewError, match="nothing was answered"):
        talk([Skipped(what="question")], CARD.criteria, answers=0)
    with pytest.raises(InterviewError, match="no grade"):
        of_round(Round(card=CARD.id, question="?"), CARD, lang="en", session="s", question=0)


async def test_a_disputed_round_is_loaded_and_played_by_the_evals(tmp_path: Path, offline: OfflineJudge) -> None:
    words = "The curve must be a straight line."
    found = Evidence(turn=0, start=0, end=len(words), text=words, match="exact")
    grade = Grade(
        card=CARD.id,
        card_hash=CARD.fingerprint,
        verdicts=tuple(Verdict(criterion=name, state="missed") for name in NAMES),
        misconceptions=(Stated(misconception=CARD.misconceptions[0].id, evidence=(found,)),),
        score=None,
        judge=JudgeInfo(judge="offline", name="written down"),
    )
    one = Round(
        card=CARD.id,
        question=CARD.question.en,
        said=(hinted(1), answered(words), probed(A), answered("A weighted sum of the features."), probed(B)),
        grade=grade,
        graded_answers=2,
        disputes=(against(A),),
    )
    (read,) = loaded(tmp_path, line(of_round(one, CARD, lang="en", session="s", question=0)))
    assert (read.answers, read.probes, read.hints) == ((words, "A weighted sum of the features."), (A,), 1)
    assert read.misconceptions == (CARD.misconceptions[0].id,)
    assert read.labels[A] == "met"
    played = await play(read, CARD, offline)
    assert played.failed is None
    assert played.grade is not None
    assert [answer.text for answer in played.session.current.answers] == list(read.answers)
    assert [probe.criterion for probe in played.session.current.probes] == [A]


LINE_ENDS = "a\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\r\nb"


@given(st.lists(st.one_of(st.text(min_size=1), st.just(LINE_ENDS)), min_size=1, max_size=3), st.text(min_size=1))
def test_whatever_is_said_stays_on_one_line_and_comes_back(answers: list[str], reason: str) -> None:
    said = Talk(tuple(answers), (A,) * (len(answers) - 1), 0)
    text = line(case(CARD.id, said, JUDGED, [against(A, reason=f"x{reason}")], lang="zh", session="s", question=0))
    assert text.splitlines() == [text]
    read = Case.model_validate(json.loads(text))
    assert list(read.answers) == answers


def test_line_ends_in_an_answer_do_not_break_the_file(tmp_path: Path) -> None:
    said = Talk((LINE_ENDS, "好"), (A,), 0)
    text = line(made(against(A), said=said))
    assert "好" in text
    (read,) = loaded(tmp_path, text)
    assert read.answers == (LINE_ENDS, "好")
