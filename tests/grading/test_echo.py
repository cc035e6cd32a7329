"""Repeating the interviewer proves nothing; using the same words in a statement of one's own does."""

from pathlib import Path

import pytest

from coach.grading.echo import Line, repeats
from coach.grading.evidence import check
from coach.grading.grade import grade, heard, settle
from coach.schema import Answered, Card, Claim, Hinted, JudgeInfo, Opinion, Probed, Quote, Round, Utterance
from evals.cases import load_cases
from tests.conftest import ROOT

WHY = "Why is logistic regression called a linear model?"
WARUM = "为什么逻辑回归被称为线性模型？"
CHOICE = "Which gives sparse solutions, L2 or L1?"
BOUNDARY = "Is the decision boundary of logistic regression linear?"
HINT = "Look at the log-odds: the log-odds are linear in the features."
LOSS = "the loss is convex in the weights"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (WHY, WHY),
        ("logistic regression is called a linear model", WHY),
        ("The question is why logistic regression is called a linear model", WHY),
        ("You said that logistic regresion is called a linear model.", WHY),
        ("WHY IS LOGISTIC\n\nREGRESSION CALLED A “LINEAR MODEL”", WHY),
        ("lоgistic regressiоn is called a linear mоdel", WHY),
        ("logistic\u200b regression is<!-- it is because of the log-odds --> called a linear model", WHY),
        ("题目是为什么逻辑回归被称为线性模型", WARUM),
        ("因为逻辑回归是线性模型", WARUM),
        (CHOICE, CHOICE),
        ("Is the decision boundary of logistic regression linear", BOUNDARY),
        ("the log-odds are linear in the features", HINT),
    ],
)
def test_saying_the_line_again_is_an_echo(words: str, line: str) -> None:
    assert repeats(words, 0, [Line(line)])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("logistic regression is a linear model because the log-odds are linear in x", WHY),
        ("logistic regression is not called a linear model", WHY),
        ("linear model", WHY),
        ("逻辑回归对参数是线性的", WARUM),
        ("逻辑回归不是线性模型", WARUM),
        ("L1 gives sparse solutions", CHOICE),
        ("The decision boundary of logistic regression is linear", BOUNDARY),
        ("L1 gives sparse solutions", "Does L1 give sparse solutions?"),
        ("决策边界是线性的", "决策边界是线性的吗？"),
        ("the log-odds of the class are an affine function of x", HINT),
        ("It is linear in the parameters.", "Tell me about linear regression. Why is it called linear?"),
    ],
)
def test_a_statement_of_ones_own_is_none(words: str, line: str) -> None:
    assert not repeats(words, 0, [Line(line)])


def test_what_the_candidate_said_before_the_interviewer_took_it_up_stays_theirs() -> None:
    probe = [Line(f"You said {LOSS}. Why?", before=1)]
    first = (Utterance(turn=0, text=f"I think {LOSS}"),)
    assert not repeats(LOSS, 0, probe, first)
    assert not repeats(LOSS, 1, probe, first)
    assert repeats(LOSS, 1, probe, (Utterance(turn=0, text="no idea"),))


def test_no_rubric_statement_of_a_card_echoes_its_question(cards: dict[str, Card]) -> None:
    wrong = [
        (card.id, criterion.id)
        for card in cards.values()
        for criterion in card.criteria
        for text in (criterion.says.en, criterion.says.zh)
        if repeats(text, 0, heard(card, ()))
    ]
    assert wrong == []


def opinion(card: Card, *quotes: str, state: str = "met") -> Opinion:
    claim = {"state": state, "quotes": [{"turn": 0, "text": text} for text in quotes]}
    return Opinion(
        claims=tuple(Claim.model_validate({"criterion": one.id, **claim}) for one in card.criteria),
        judge=JudgeInfo(judge="llm", name="generous"),
    )


@pytest.mark.parametrize("state", ["met", "partly", "contradicted"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_judge_can_credit_the_question_said_again(cards: dict[str, Card], lang: str, state: str) -> None:
    for card in list(cards.values())[::10]:
        text = card.question.zh if lang == "zh" else card.question.en
        said = (Utterance(turn=0, text=text),)
        result = settle(card, opinion(card, text, state=state), said, interviewer=(card.question.en,))
        assert result.score is not None
        assert result.score.points == 0
        assert {verdict.downgraded_from for verdict in result.verdicts} == {state}
        assert "repeats the interviewer" in result.verdicts[0].reason


def test_a_hint_said_again_earns_nothing_in_either_language(why_linear: Card) -> None:
    hint = why_linear.hints[2]
    for text in (hint.en, hint.zh):
        said = (Utterance(turn=0, text=text),)
        result = settle(why_linear, opinion(why_linear, text), said, interviewer=(why_linear.question.en, hint.en))
        assert result.score is not None
        assert result.score.points == 0


def test_the_question_before_an_answer_costs_the_answer_nothing(why_linear: Card) -> None:
    own = "the prediction is linear in the parameters"
    text = f"{why_linear.question.en} Well, {own}."
    result = settle(why_linear, opinion(why_linear, why_linear.question.en, own), (Utterance(turn=0, text=text),))
    assert {verdict.state for verdict in result.verdicts} == {"met"}
    assert [one.text for one in result.verdicts[0].evidence] == [own]


def test_a_round_knows_which_answers_came_after_each_line() -> None:
    answer = Answered(text="x", lang="en")
    probe = Probed(criterion="a", text="probe", wording="card")
    one = Round(card="a/b", question="q", said=(Hinted(rung=1, text="hint"), answer, probe, answer))
    assert dict(zip(one.interviewer, one.interviewer_before, strict=True)) == {"q": 0, "probe": 1, "hint": 0}


async def test_hints_are_counted_and_cost_nothing_unless_priced(why_linear: Card) -> None:
    own = "the prediction is linear in the parameters"

    class Generous:
        info = JudgeInfo(judge="llm", name="generous")

        async def opinion(self, card: Card, *_: object) -> Opinion:
            return opinion(card, own)

    said = (Utterance(turn=0, text=own),)
    free = await grade(Generous(), why_linear, said, interviewer=(), hints=2)
    dear = await grade(Generous(), why_linear, said, interviewer=(), hints=2, price_hints=0.1)
    assert free.score is not None
    assert dear.score is not None
    assert (free.hints, free.score.value) == (2, 1.0)
    assert [line.label for line in free.score.lines] == [one.id for one in why_linear.criteria]
    assert dear.score.lines[-1].label == "hints"
    assert dear.score.lines[-1].points == pytest.approx(-0.2 * why_linear.points)
    assert dear.score.value == pytest.approx(0.8)


def test_only_lines_said_before_count() -> None:
    assert not repeats(LOSS, 0, [Line(LOSS, before=1)])
    assert repeats(LOSS, 1, [Line(LOSS, before=1)])
    assert repeats(LOSS, 0, [Line("nothing"), Line(LOSS)])


TRANSCRIPTS = sorted((ROOT / "evals" / "transcripts").glob("**/*.jsonl"))
ECHOES = {"echo-question", "echo-translated", "echo-hint"}


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_labelled_evidence_stands_and_echoes_earn_nothing_from_the_most_generous_judge(
    path: Path, cards: dict[str, Card]
) -> None:
    for case in load_cases([path], cards):
        card = cards[case.card]
        said = tuple(Utterance(turn=turn, text=text) for turn, text in enumerate(case.answers))
        hints = [hint.text(case.lang) for hint in card.hints[: case.hints]]
        probes = [card.criterion(name).probe.text(case.lang) for name in case.probes]
        before = [0, *(0 for _ in hints), *range(1, len(probes) + 1)]
        asked = [card.question.text(case.lang), *hints, *probes]
        states = {name: state for name, state in case.labels.items() if name in case.quotes}
        claims = tuple(
            Claim(criterion=name, state=state, quotes=(Quote(turn=0, text=case.quotes[name]),))
            for name, state in states.items()
        )
        for claim in claims:
            assert check(claim, said, heard(card, asked, before)).downgraded_from is None, case.id
        if case.attack in ECHOES:
            result = settle(card, opinion(card, *case.answers), said, interviewer=asked, before=before)
            assert result.score is not None
            assert result.score.points == 0, case.id
