"""Sentences of a growing text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.schema import Card
from coach.speech.sentences import LONGEST, sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Right. And why?", ("Right.", "And why?")),
        ("对。那为什么呢？再说说看。", ("对。", "那为什么呢？", "再说说看。")),
        ("Take 3.5 percent, e.g. of 1.2 million. Go on.", ("Take 3.5 percent, e.g. of 1.2 million.", "Go on.")),
        ("Compare i.e. read Sec. 3 et al. again!", ("Compare i.e. read Sec. 3 et al. again!",)),
        ("Minimise $f(x. y) = 1.$ now. Then stop.", ("Minimise $f(x. y) = 1.$ now.", "Then stop.")),
        ("Where $a. b$ holds. Good.", ("Where $a. b$ holds.", "Good.")),
        ("Call `np.sum(x). y` first. Then?", ("Call `np.sum(x). y` first.", "Then?")),
        ('He said "stop." Then left.', ('He said "stop."', "Then left.")),
        ("他说“停。”然后走了。", ("他说“停。”", "然后走了。")),
        ("First:\n\n- one\n- two\n\nThen go", ("First:", "- one", "- two", "Then go")),
        ("Look:\n1. one thing\n2. another", ("Look:", "1. one thing", "2. another")),
        ("A line that\nwraps on. And ends.", ("A line that\nwraps on.", "And ends.")),
        ("Use $$x. y$$ here. Done.", ("Use $$x. y$$ here.", "Done.")),
        ("See:\n```python\na = 1. \nb\n```\nWhat now?", ("See:", "```python\na = 1. \nb\n```\nWhat now?")),
        ("", ()),
        ("  \n ", ()),
    ],
)
def test_a_whole_text_is_cut_at_its_sentences(text: str, found: tuple[str, ...]) -> None:
    assert sentences(text, whole=True) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Right", ()),
        ("Right.", ()),
        ("Right. ", ("Right.",)),
        ("It is 3.", ()),
        ("It is 3.5", ()),
        ("对。", ()),
        ("对。那", ("对。",)),
        ("Good. Take $x. y", ("Good.",)),
        ("Good. Take $x. y$. Then", ("Good.", "Take $x. y$.")),
        ("Good. See `a. b", ("Good.",)),
        ("Good. See\n```\na. b\n", ("Good.",)),
        ("Good. Now \\[ a. b", ("Good.",)),
    ],
)
def test_only_what_is_surely_complete_is_given_while_the_text_grows(text: str, found: tuple[str, ...]) -> None:
    assert sentences(text, whole=False) == found


PIECES = [
    "Yes",
    ". ",
    "。",
    "？",
    " 3.5",
    "e.g. ",
    "$x. y$",
    "$",
    "`a. b`",
    "\n",
    "\n\n",
    "- ",
    "1. ",
    "! ",
    "损失",
    " w ",
    '"',
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_what_was_complete_stays_as_it_was(text: str) -> None:
    whole = sentences(text, whole=True)
    for end in range(len(text)):
        so_far = sentences(text[:end], whole=False)
        assert so_far == whole[: len(so_far)], text[:end]


def test_sentences_hold_every_word_of_every_question(cards: dict[str, Card]) -> None:
    for card in cards.values():
        for text in (card.question.en, card.question.zh, *(hint.en for hint in card.hints)):
            assert "".join("".join(sentences(text, whole=True)).split()) == "".join(text.split())


def test_an_endless_sentence_is_cut_where_a_voice_can_breathe() -> None:
    parts = sentences("word, " * 400, whole=True)
    assert len(parts) > 3
    assert all(len(part) <= LONGEST for part in parts)
    assert " ".join(parts).split() == ("word, " * 400).split()
