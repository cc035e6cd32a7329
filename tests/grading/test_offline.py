import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.grading.grade import settle
from coach.grading.offline import OfflineJudge
from coach.schema import Card, Utterance


def states(offline: OfflineJudge, card: Card, *texts: str, interviewer: tuple[str, ...] = ()) -> dict[str, str]:
    heard = tuple(Utterance(turn=turn, text=text) for turn, text in enumerate(texts))
    opinion = offline.judge(card, heard, (card.question.en, *interviewer))
    return {verdict.criterion: verdict.state for verdict in settle(card, opinion, heard).verdicts}


def points(offline: OfflineJudge, card: Card, text: str) -> float:
    heard = (Utterance(turn=0, text=text),)
    result = settle(card, offline.judge(card, heard, (card.question.en, card.question.zh)), heard)
    assert result.score is not None
    return result.score.points


@pytest.mark.parametrize(
    ("text", "criterion", "state"),
    [
        ("It is linear in the coefficients.", "linear-in-parameters", "met"),
        ("对参数是线性的，对输入不一定。", "linear-in-parameters", "met"),
        ("它 linear 是指对 parameters 而言是 linear 的", "linear-in-parameters", "met"),
        ("It is not linear in the parameters.", "linear-in-parameters", "contradicted"),
        ("We pick the weights by ordinary least squares.", "least-squares", "met"),
        ("用最小二乘法来估计", "least-squares", "met"),
        ("The prediction is $y = w^T x + b$.", "weighted-sum", "met"),
        ("The prediction is $y = w^{\\top} x + b$.", "weighted-sum", "met"),
        ("Deep networks overfit when data is scarce.", "least-squares", "missed"),
        ("It can only fit straight lines.", "linear-in-parameters", "contradicted"),
    ],
)
def test_one_statement_gets_its_state(
    offline: OfflineJudge, why_linear: Card, text: str, criterion: str, state: str
) -> None:
    assert states(offline, why_linear, text)[criterion] == state


def test_rejecting_a_misconception_is_not_stating_it(offline: OfflineJudge, why_linear: Card) -> None:
    heard = (Utterance(turn=0, text="It is a misconception that linear regression can only fit straight lines."),)
    assert offline.judge(why_linear, heard, ()).misconceptions == ()
    heard = (Utterance(turn=0, text="It does not only fit straight lines, it is linear in the parameters."),)
    assert offline.judge(why_linear, heard, ()).misconceptions == ()


@pytest.mark.parametrize(
    "text",
    ["I don't know", "不知道", "no idea, sorry", "fine", "yes", "Solution", "解", "Thought process:", "asdf qwer zxcv"],
)
def test_saying_nothing_earns_nothing(offline: OfflineJudge, cards: dict[str, Card], text: str) -> None:
    assert {card.id: points(offline, card, text) for card in cards.values()} == dict.fromkeys(cards, 0)


def test_the_question_copied_back_earns_nothing(offline: OfflineJudge, cards: dict[str, Card]) -> None:
    for card in cards.values():
        for text in (card.question.en, card.question.zh):
            assert points(offline, card, text) == 0, card.id


def test_hints_and_probes_copied_back_earn_nothing(offline: OfflineJudge, cards: dict[str, Card]) -> None:
    for card in cards.values():
        lines = [hint.en for hint in card.hints] + [criterion.probe.en for criterion in card.criteria]
        lines += [hint.zh for hint in card.hints] + [criterion.probe.zh for criterion in card.criteria]
        for line in lines:
            got = states(offline, card, line, interviewer=tuple(lines))
            assert set(got.values()) == {"missed"}, (card.id, line)


FEW = 0.06
"""The model behind the judge is fitted and strict: 10 of 189 English references are held below *strong* today."""


SAMPLE = 4
"""One in so many wordings is tried: all 30,000 take minutes."""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_reference_answer_is_strong_on_nearly_every_card(
    offline: OfflineJudge, cards: dict[str, Card], lang: str
) -> None:
    lower, accused = [], []
    for card in cards.values():
        heard = (Utterance(turn=0, text=card.reference.zh if lang == "zh" else card.reference.en),)
        result = settle(card, offline.judge(card, heard, ()), heard)
        assert result.score is not None
        if result.score.band != "strong":
            lower.append((card.id, result.score.value))
        if result.misconceptions:
            accused.append((card.id, result.misconceptions))
    assert len(lower) <= FEW * len(cards), lower
    assert len(accused) <= FEW * len(cards), accused


def test_nearly_every_accepted_wording_by_itself_meets_its_criterion(
    offline: OfflineJudge, cards: dict[str, Card]
) -> None:
    alone = [
        (card.model_copy(update={"criteria": (criterion,)}), criterion)
        for card in cards.values()
        for criterion in card.criteria
    ]
    said = [(card, criterion, wording) for card, criterion in alone for wording in criterion.accept.all()][::SAMPLE]
    failing = [
        (card.id, criterion.id, wording)
        for card, criterion, wording in said
        if states(offline, card, wording)[criterion.id] != "met"
    ]
    assert len(failing) <= 0.1 * FEW * len(said), failing


def test_nearly_every_misconception_wording_is_recognised(offline: OfflineJudge, cards: dict[str, Card]) -> None:
    failing, said = [], 0
    for card in cards.values():
        for misconception in card.misconceptions:
            for wording in misconception.says.all()[::SAMPLE]:
                said += 1
                heard = (Utterance(turn=0, text=wording),)
                stated = {one.misconception for one in offline.judge(card, heard, ()).misconceptions}
                if misconception.id not in stated:
                    failing.append((card.id, misconception.id, wording))
    assert len(failing) <= FEW * said, failing


def test_a_mistake_taken_back_in_a_later_turn_counts_no_more(offline: OfflineJudge, why_linear: Card) -> None:
    wrong, right = "It can only fit straight lines.", "No wait, it is linear in the parameters, not in x."
    assert states(offline, why_linear, wrong, right)["linear-in-parameters"] == "met"
    assert states(offline, why_linear, right, wrong)["linear-in-parameters"] == "contradicted"


def test_evidence_of_a_later_turn_carries_its_turn(offline: OfflineJudge, why_linear: Card) -> None:
    heard = (Utterance(turn=0, text="It is a weighted sum of the features."), Utterance(turn=1, text="最小二乘"))
    result = settle(why_linear, offline.judge(why_linear, heard, ()), heard)
    turns = {verdict.criterion: verdict.evidence[0].turn for verdict in result.verdicts if verdict.evidence}
    assert turns["weighted-sum"] == 0
    assert turns["least-squares"] == 1


@given(st.text(max_size=400))
def test_any_text_is_judged_twice_the_same(offline: OfflineJudge, why_linear: Card, text: str) -> None:
    heard = (Utterance(turn=0, text=text),)
    first = offline.judge(why_linear, heard, (why_linear.question.en,))
    assert first == offline.judge(why_linear, heard, (why_linear.question.en,))
    for verdict in settle(why_linear, first, heard).verdicts:
        for evidence in verdict.evidence:
            assert evidence.text == text[evidence.start : evidence.end]
