import itertools
import re

import pytest

from coach.bank.glossary import Glossary
from coach.grading.passage import passage_for, passages, spans, unwrapped
from coach.schema import LANGS, Card, Lang

WEAK = 0.32
"""An overlap below this says that the reference hardly states the point."""
FORMULA = re.compile(r"```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]*`", re.DOTALL)


def test_every_point_of_every_card_has_a_passage_and_few_are_weak(cards: dict[str, Card], glossary: Glossary) -> None:
    weak: list[str] = []
    for card in cards.values():
        for lang in LANGS:
            found = passages(card, lang, glossary)
            assert set(found) == {one.id for one in card.criteria} | {one.id for one in card.misconceptions}
            for name, passage in found.items():
                assert passage.text == unwrapped(card.reference.text(lang)[passage.start : passage.end])
                assert passage.text.strip()
                if passage.overlap < WEAK and any(one.id == name for one in card.criteria):
                    weak.append(f"{card.id} {name} {lang} {passage.overlap}")
    assert len(weak) <= 12, "\n".join(weak)


def test_no_formula_code_bold_print_or_bracket_of_a_reference_is_cut(cards: dict[str, Card]) -> None:
    for card in cards.values():
        for lang in LANGS:
            reference = card.reference.text(lang)
            bounds = spans(reference)
            outside = [reference[high:low] for (_, high), (low, _) in itertools.pairwise(bounds)]
            assert not "".join(outside).strip(), (card.id, lang)
            for low, high in bounds:
                piece = reference[low:high]
                bare = FORMULA.sub("", piece)
                assert "$" not in bare, (card.id, lang, piece)
                assert "```" not in bare, (card.id, lang, piece)
                assert bare.count("**") % 2 == 0, (card.id, lang, piece)
                for opens, closes in ("()", "（）"):
                    assert bare.count(opens) == bare.count(closes), (card.id, lang, piece)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One line\nwrapped here. Two.\n\nThree.", ["One line\nwrapped here.", "Two.", "Three."]),
        ("**Head.** It begins here. It goes on there now.", ["**Head.** It begins here.", "It goes on there now."]),
        (
            "So we get\n$$a = b.\nc$$\nand go on. Then we stop here.",
            ["So we get\n$$a = b.\nc$$\nand go on.", "Then we stop here."],
        ),
        ("- first item of two\n- second item of two", ["- first item of two", "- second item of two"]),
        ("Look at it:\n\n```\na. b\n\nc\n```", ["Look at it:", "```\na. b\n\nc\n```"]),
        (
            "第一句话在这里。\n第二句话（里面。有句号）在这里。",
            ["第一句话在这里。", "第二句话（里面。有句号）在这里。"],
        ),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, pieces: list[str]) -> None:
    assert [text[low:high] for low, high in spans(text)] == pieces


@pytest.mark.parametrize(
    ("wrapped", "line"),
    [("one\ntwo", "one two"), ("一行\n两行", "一行两行"), ("用 L1\n正则", "用 L1 正则"), ("好，\n再来", "好，再来")],
)
def test_a_wrapped_passage_is_read_on_one_line(wrapped: str, line: str) -> None:
    assert unwrapped(wrapped) == line


@pytest.mark.parametrize(
    ("card", "point", "lang", "says"),
    [
        ("trees/adaboost", "noise", "en", "noisy labels and outliers"),
        ("trees/adaboost", "exponential-loss", "zh", "指数损失"),
        ("regularisation/l1-and-l2", "priors", "en", "a Laplace prior on the weights gives L1"),
        ("regularisation/dropout", "co-adaptation", "zh", "打破共适应"),
        ("attention/scaling", "variance-of-sum", "en", "their variances add"),
        ("vision/object-detection-metrics", "nms", "en", "keep the best"),
    ],
)
def test_known_points_rest_on_the_sentence_that_states_them(
    cards: dict[str, Card], glossary: Glossary, card: str, point: str, lang: Lang, says: str
) -> None:
    assert says in passage_for(cards[card], point, lang, glossary).text


def test_a_point_that_is_not_of_the_card_is_refused(why_linear: Card, glossary: Glossary) -> None:
    with pytest.raises(KeyError):
        passage_for(why_linear, "charm", "en", glossary)
