"""Terms that a recogniser took for other words are repaired on record, and words that make sense are left alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.bank.cards import read_cards
from coach.bank.glossary import Glossary
from coach.errors import ContentError
from coach.speech.heard import Misheard, Repair, repaired
from tests.conftest import ROOT

FILE = ROOT / "knowledge" / "misheard.yaml"
MISHEARD = Misheard.load(FILE, Glossary.load(ROOT / "knowledge" / "glossary.yaml"))


def repair(text: str, context: str = "") -> str:
    return repaired(text, MISHEARD.repairs(text, context=context))


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("The soft max turns scores into probabilities.", "The softmax turns scores into probabilities."),
        ("Soft max gives probabilities.", "Softmax gives probabilities."),
        ("We add L one to shrink the weights.", "We add L1 to shrink the weights."),
        ("Great descent follows the slope.", "Gradient descent follows the slope."),
        ("We train the network with great descent.", "We train the network with gradient descent."),
        ("reg ularization shrinks the weights", "regularization shrinks the weights"),
        ("The real you activation has a banishing gradient.", "The ReLU activation has a vanishing gradient."),
        ("You reduce over fitting with rich regression.", "You reduce overfitting with ridge regression."),
        ("P C A keeps eigen vectors of the co variance.", "PCA keeps eigenvectors of the covariance."),
        ("The K L divergence is not symmetric.", "The KL divergence is not symmetric."),
        ("过你和就是模型记住了训练集。", "过拟合就是模型记住了训练集。"),
        ("用梯度夏侯来最小化损失涵数。", "用梯度下降来最小化损失函数。"),
        ("正则话可以缓解过你合", "正则化可以缓解过拟合"),
        ("这里用剃度下降", "这里用梯度下降"),
        ("模型的方叉很大，偏差很小。", "模型的方差很大，偏差很小。"),
        ("先算协方差举证，再做分解。", "先算协方差矩阵，再做分解。"),
        ("用 soft max 加交叉商", "用 softmax 加交叉熵"),
    ],
)  # fmt: skip
def test_misheard_terms_are_repaired(heard: str, said: str) -> None:
    assert repair(heard) == said


@pytest.mark.parametrize(
    "text",
    [
        "So is that the real you?",
        "I met Laura, and do you net anything from it?",
        "There was a great descent from the mountain.",
        "If you go over a symmetric matrix, a synchronous driver waits.",
        "We log its answers and take away the lesson.",
        "bye us a drink",
        "请举证说明。",
        "他的全重是八十公斤，早听说了。",
        "这一步的更新和事实性错误，特征之间的关系。",
        "softmax and gradient descent, PCA and 过拟合",
        "",
        "…",
    ],
)
def test_words_that_make_sense_are_left_alone(text: str) -> None:
    assert repair(text) == text


def test_the_question_can_speak_for_a_term() -> None:
    assert repair("I would take the real you.") == "I would take the real you."
    assert repair("I would take the real you.", "Which activation would you use?") == "I would take the ReLU."


def test_no_text_that_nobody_misheard_is_touched() -> None:
    cards = read_cards(ROOT / "knowledge" / "cards").cards
    texts = [
        text for card in cards for text in (card.reference.en, card.reference.zh, card.question.en, card.question.zh)
    ]
    assert len(texts) > 500
    assert [made for text in texts[:: max(1, len(texts) // 300)] for made in MISHEARD.repairs(text)] == []


def test_a_repair_neither_adds_nor_drops_a_word_of_meaning() -> None:
    longer = {
        " ".join(heard): form.say
        for heard, form in MISHEARD.forms.items()
        if form.say is not None and form.say.isascii() and len("".join(heard)) + 8 < len(form.say.replace(" ", ""))
    }
    assert longer == {}


PIECES = sorted({" ".join(heard) for heard in MISHEARD.forms})
SENTENCES = st.lists(
    st.sampled_from([*PIECES, "the gradient", "模型", "loss", ",", ". ", "，", "I think", "就是"])
    | st.text(alphabet="abc ，过拟你和\n.1$", max_size=6),
    max_size=12,
).map(" ".join)


@given(SENTENCES)
def test_repairs_are_in_order_and_say_what_they_change(text: str) -> None:
    made = MISHEARD.repairs(text, context="neural network")
    edges = [edge for one in made for edge in (one.start, one.end)]
    assert edges == sorted(edges)
    assert all(text[one.start : one.end] == one.before != one.after for one in made)


@given(SENTENCES, st.data())
def test_undoing_repairs_gives_back_what_was_heard(text: str, data: st.DataObject) -> None:
    made = MISHEARD.repairs(text, context="neural network")
    left = data.draw(st.sets(st.sampled_from(made)) if made else st.just(set()))
    assert repaired(text, ()) == text
    some = repaired(text, left)
    moved = sorted(left, key=lambda one: one.start)
    shift, back = 0, []
    for one in moved:
        start = one.start + shift
        back.append(Repair(before=one.after, after=one.before, start=start, end=start + len(one.after)))
        shift += len(one.after) - len(one.before)
    assert repaired(some, back) == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("rows: [{heard: [], say: x}]\nplain: []", "at least 1"),
        ("rows: []\nplain: [no-such-concept]", "no-such-concept"),
        ("rows: [", "cannot be read"),
        ("rows: [{heard: [a], meant: b}]\nplain: []", "meant"),
    ],
)
def test_a_wrong_table_is_refused_by_name(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "misheard.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ContentError, match=reason):
        Misheard.load(path, MISHEARD.glossary)
