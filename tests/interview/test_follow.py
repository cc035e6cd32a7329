from typing import Any

import pytest

from coach.interview.follow import HintAt, ProbeFor, Wording, follow, is_dont_know, leaks, probe_faults, word_probe
from coach.llm.mock import Fails, Says, mock_chat
from coach.llm.prompts import Template
from coach.schema import Answered, Card, Grade, Hinted, JudgeInfo, Probed, Round, Verdict
from tests.conftest import ROOT


def round_of(card: Card, states: dict[str, str], **change: Any) -> Round:
    verdicts = tuple(
        Verdict.model_validate({"criterion": one.id, "state": states.get(one.id, "met")}) for one in card.criteria
    )
    grade = Grade(
        card=card.id, card_hash="x", verdicts=verdicts, score=None, judge=JudgeInfo(judge="offline", name="x")
    )
    said = {"probes": (), "hints": (), "answers": (Answered(text="It is a model of the mean.", lang="en"),)} | change
    given = {
        "card": card.id,
        "question": card.question.en,
        "said": (*said["probes"], *said["hints"], *said["answers"]),
        "grade": change.get("grade", grade),
        "graded_answers": 1,
    }
    return Round.model_validate(given)


@pytest.mark.parametrize(
    ("states", "probed"),
    [
        ({"weighted-sum": "missed", "linear-in-parameters": "missed"}, "linear-in-parameters"),
        ({"weighted-sum": "partly", "transformed-features": "missed"}, "transformed-features"),
        ({"how-it-is-solved": "missed", "weighted-sum": "partly"}, "weighted-sum"),
        ({"linear-in-parameters": "contradicted"}, None),
        ({}, None),
    ],
)
def test_the_heaviest_missing_point_is_probed(why_linear: Card, states: dict[str, str], probed: str | None) -> None:
    step = follow(why_linear, round_of(why_linear, states), most=2)
    assert (step.criterion.id if isinstance(step, ProbeFor) else step) == probed


def test_a_point_is_probed_once_and_probes_end_at_the_limit(why_linear: Card) -> None:
    states = {"weighted-sum": "missed", "linear-in-parameters": "missed", "least-squares": "missed"}
    first = Probed(criterion="linear-in-parameters", text="?", wording="card")
    step = follow(why_linear, round_of(why_linear, states, probes=(first,)), most=2)
    assert isinstance(step, ProbeFor)
    assert step.criterion.id != "linear-in-parameters"
    assert follow(why_linear, round_of(why_linear, states, probes=(first, first)), most=2) is None


def test_dont_know_gets_one_hint_and_then_is_left_alone(why_linear: Card) -> None:
    lost = (Answered(text="I don't know", lang="en"),)
    states = {one.id: "missed" for one in why_linear.criteria}
    assert follow(why_linear, round_of(why_linear, states, answers=lost), most=2) == HintAt(1)
    shown = (Hinted(rung=1, text="x"),)
    assert follow(why_linear, round_of(why_linear, states, answers=lost, hints=shown), most=2) is None


@pytest.mark.parametrize(
    "text",
    ["I don't know", "I don’t know.", "i do not know this", "No idea", "not sure", "idk", "Sorry, I don't remember",
     "pass", "不知道", "我不会", "嗯，不太清楚", "忘了", "没思路", "答不上来。"],
)  # fmt: skip
def test_dont_know_is_understood(text: str) -> None:
    assert is_dont_know(text)


@pytest.mark.parametrize(
    "text",
    [
        "I don't know the proof but it is linear in the parameters",
        "We do not know the true distribution",
        "不知道真实分布，所以用样本估计",
        "pass the gradient back",
        "它不会改变结果",
    ],
)
def test_an_answer_that_mentions_not_knowing_is_an_answer(text: str) -> None:
    assert not is_dont_know(text)


def test_nothing_follows_an_answer_without_a_grade(why_linear: Card) -> None:
    failed = round_of(why_linear, {"weighted-sum": "missed"})
    assert failed.grade is not None
    reason = {"code": "timeout", "message": "late"}
    grade = Grade.model_validate(failed.grade.model_dump() | {"not_graded": reason})
    assert follow(why_linear, round_of(why_linear, {}, grade=grade), most=2) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Linear with respect to what, exactly?", None),
        ("Is it linear in the parameters?", "gives away"),
        ("Would adding a squared feature break it?", "gives away"),
        ("Why? And how is it solved?", "not one question"),
        ("Go on.", "not one question"),
        ("它是对什么线性？", "wrong language"),
        ("", "empty"),
        ("Tell me about linear regression. Why is it called linear?", "repeats itself"),
        (" ".join(["word"] * 70) + "?", "too long"),
    ],
)
def test_a_wording_that_must_not_be_put_is_caught(why_linear: Card, text: str, fault: str | None) -> None:
    current = round_of(why_linear, {})
    for name in ("linear-in-parameters", "transformed-features"):
        found = next(iter(probe_faults(text, why_linear, why_linear.criterion(name), current, "en")), None)
        if fault is not None and found is not None and found.startswith(fault):
            return
        if fault is None:
            assert found is None
    assert fault is None, found


def test_no_card_gives_its_points_away_in_its_own_probes(cards: dict[str, Card]) -> None:
    for card in cards.values():
        for criterion in card.criteria:
            for lang, probe in (("en", criterion.probe.en), ("zh", criterion.probe.zh)):
                for wording in criterion.accept.all():
                    assert wording.casefold() not in probe.casefold(), (card.id, criterion.id, lang)


def test_a_leaked_word_is_named(why_linear: Card) -> None:
    assert "coeffici" in leaks("Which coefficient do you mean?", why_linear.criterion("linear-in-parameters"), ())


async def test_a_safe_wording_of_the_model_is_put(why_linear: Card) -> None:
    wording = Wording(mock_chat(["You said it is a model of the mean: linear in what sense?"]), template())
    probe = await word_probe(
        wording, why_linear, why_linear.criterion("linear-in-parameters"), round_of(why_linear, {}), "en"
    )
    assert probe.wording == "model"
    assert probe.text.startswith("You said")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("Is it linear in the parameters, that is, the coefficients?", "gives away"),
        (Says(content="Half a question", finish_reason=None), "stream_cut"),
        (Fails(status=401), "key_rejected"),
    ],
)
async def test_a_bad_or_failed_wording_falls_back_to_the_card(why_linear: Card, reply: object, why: str) -> None:
    criterion = why_linear.criterion("linear-in-parameters")
    wording = Wording(mock_chat([reply]), template())  # type: ignore[list-item]
    probe = await word_probe(wording, why_linear, criterion, round_of(why_linear, {}), "en")
    assert probe.wording == "card"
    assert probe.text == criterion.probe.en
    assert probe.fallback is not None
    assert probe.fallback.startswith(why)


def template() -> Template:
    return Template.load(ROOT / "prompts" / "probe.md")
