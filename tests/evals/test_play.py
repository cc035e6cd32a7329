import asyncio
from collections.abc import Sequence

import pytest

from coach.errors import Conflict, ContentError
from coach.grading.offline import OfflineJudge
from coach.schema import Card, Opinion, Utterance
from coach.wiring import Coach
from evals.cases import Case
from evals.judges import mock_judges, mock_reply
from evals.measure import measure
from evals.play import MemoryLog, play, play_all


def case(card: Card, **change: object) -> Case:
    given: dict[str, object] = {
        "id": "x",
        "card": card.id,
        "lang": "en",
        "family": "good",
        "split": "test",
        "answers": ("We minimise the sum of squared residuals.",),
        "labels": {criterion.id: "met" if criterion.id == "least-squares" else "missed" for criterion in card.criteria},
    }
    return Case.model_validate(given | change)


def reply(card: Card, *met: str, quote: str = "squared residuals") -> dict[str, object]:
    entries = [
        {
            "criterion": criterion.id,
            "quotes": [{"turn": 0, "text": quote}] if criterion.id in met else [],
            "reason": "r",
            "state": "met" if criterion.id in met else "missed",
        }
        for criterion in card.criteria
    ]
    return {"criteria": entries, "misconceptions": []}


async def test_a_blank_answer_is_a_zero_and_a_case_that_cannot_be_played_is_not(
    why_linear: Card, offline: OfflineJudge
) -> None:
    everything = " ".join((why_linear.reference.en,))
    lost = case(why_linear, id="lost", answers=(everything, "never heard"))
    blank = case(why_linear, id="blank", answers=("  ",), labels=dict.fromkeys(case(why_linear).labels, "missed"))
    played = await play_all([lost, blank], {why_linear.id: why_linear}, offline, workers=2)
    measured = measure(played)
    assert measured.scores == {"blank": 0.0}
    assert [name for name, _ in measured.failed] == ["lost"]
    assert measured.overall.criteria == len(why_linear.criteria)


async def test_the_mock_model_is_played_through_the_production_judge(why_linear: Card, coach: Coach) -> None:
    told = case(why_linear, mock=(reply(why_linear, "least-squares"),))
    invented = case(why_linear, id="y", mock=(reply(why_linear, "weighted-sum", "least-squares", quote="made up"),))
    repaired = case(why_linear, id="z", mock=({"verdict": "good"}, reply(why_linear, "least-squares")))
    judges = mock_judges([told, invented, repaired], coach)
    cards = {why_linear.id: why_linear}
    played = await play_all([told, invented, repaired], cards, judges, workers=3)
    grades = {one.case.id: one.grade for one in played}
    assert grades["x"] is not None
    assert grades["x"].judge.prompt is not None
    assert grades["z"] is not None
    assert grades["z"].judge.repaired
    measured = measure(played)
    assert measured.overall.agree == measured.overall.criteria - 1
    assert measured.raw.agree < measured.overall.agree + 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("refusal", "refused"),
        ("content_filter", "filtered"),
        ("length", "truncated"),
        ("html", "not_an_endpoint"),
        (401, "key_rejected"),
        (403, "key_rejected"),
        (400, "request_rejected"),
    ],
)
async def test_a_fault_is_not_graded_and_leaves_the_figures_alone(
    why_linear: Card, coach: Coach, fault: object, code: str
) -> None:
    broken = case(why_linear, mock=({"fault": fault},) * 3)
    played = await play(broken, why_linear, mock_judges([broken], coach)["x"])
    assert played.grade is not None
    assert played.grade.not_graded is not None
    assert played.grade.not_graded.code == code
    measured = measure([played])
    assert measured.overall.criteria == 0
    assert len(measured.not_graded) == 1
    assert measured.scores == {}


def test_a_case_without_a_script_is_an_error(why_linear: Card, coach: Coach) -> None:
    with pytest.raises(ContentError, match="no `mock` replies"):
        mock_judges([case(why_linear)], coach)
    with pytest.raises(ContentError, match="unknown fault"):
        mock_reply({"fault": "earthquake"})


def test_the_log_in_memory_keeps_the_rule_of_the_store(why_linear: Card) -> None:
    from tests.progress.test_store import event

    log = MemoryLog()
    log.append((event("s", 0), event("s", 1)))
    with pytest.raises(Conflict):
        log.append((event("s", 1),))


async def test_a_case_that_names_its_probes_is_graded_once_at_the_end_on_every_answer(
    why_linear: Card, offline: OfflineJudge
) -> None:
    """Even where the first answer says everything, so that the rule of the interview would put no follow-up."""
    everything = why_linear.reference.en
    multi = case(
        why_linear,
        answers=(everything, "  ", "It is linear in the parameters."),
        probes=tuple(one.id for one in why_linear.criteria[:2]),
        family="multi-turn",
    )
    played = await play(multi, why_linear, offline)
    current = played.session.current
    assert played.failed is None
    assert played.grade is not None
    assert played.grade == current.grade
    assert [probe.criterion for probe in current.probes] == list(multi.probes)
    assert [probe.text for probe in current.probes] == [one.probe.en for one in why_linear.criteria[:2]]
    assert [one.text for one in current.utterances] == [everything, "It is linear in the parameters."]
    assert current.graded_answers == 2
    assert played.session.phase == "graded"


async def test_hints_are_shown_before_the_first_answer_and_their_words_earn_nothing(
    why_linear: Card, offline: OfflineJudge
) -> None:
    words = " ".join(hint.en for hint in why_linear.hints)
    played = await play(case(why_linear, answers=(words,), hints=3), why_linear, offline)
    assert [hint.rung for hint in played.session.current.hints] == [1, 2, 3]
    assert played.grade is not None
    assert played.grade.score is not None
    assert played.grade.score.value == 0


async def test_no_more_than_so_many_cases_are_played_at_a_time(why_linear: Card, offline: OfflineJudge) -> None:
    class Slow:
        info = offline.info
        now = most = 0

        async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)
            self.now -= 1
            return await offline.opinion(card, utterances, interviewer)

    judge = Slow()
    cases = [case(why_linear, id=f"c{number}") for number in range(9)]
    played = await play_all(cases, {why_linear.id: why_linear}, judge, workers=4)
    assert [one.case.id for one in played] == [one.id for one in cases]
    assert judge.most == 4
