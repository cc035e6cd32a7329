"""The delivery panel."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from coach.schema import LANGS, Answered, Attempt, Lang, Plan, Probed, Recording, Round, Session
from coach.speech.delivery_words import CHINESE, ENGLISH
from coach.ui.delivery import answer_html, session_answers, session_html
from coach.ui.words.delivery import WORDS

SPOKEN = Answered(
    text="Um, the <b>loss</b> is, like, convex. " + "word " * 40,
    lang="en",
    source="spoken",
    recordings=(
        Recording(audio=None, seconds=20.0, voiced=((1.0, 9.0), (11.5, 15.0), (15.2, 19.0))),
        Recording(audio=None, seconds=8.0, voiced=((0.5, 7.0),)),
    ),
)
TYPED = Answered(text="um", lang="en")


def session(*answers: Answered, earlier: tuple[Answered, ...] = ()) -> Session:
    probe = Probed(criterion="weights", text="Why?", wording="card")
    attempts = (Attempt(said=earlier, grade=None, rated=None, seconds=1.0),) if earlier else ()
    said = tuple(body for answer in answers for body in (answer, probe))
    one = Round(card="linear-models/why-linear", question="Why?", said=said, attempts=attempts)
    return Session(
        id="s" * 32, plan=Plan(lang="en"), cards=(one.card,), rounds=(one,), started_at=datetime.now(UTC), next_seq=2,
        lang="en",
    )  # fmt: skip


def shown(markup: str) -> str:
    return " ".join("".join(ElementTree.fromstring(markup).itertext()).split())


@pytest.mark.parametrize("lang", LANGS)
def test_the_panel_is_sound_markup_on_one_line(lang: Lang) -> None:
    for markup in (answer_html(SPOKEN, lang), session_html(session(SPOKEN, SPOKEN), lang)):
        assert "\n" not in markup
        assert shown(markup)
        assert not re.search(r"\{\w+\}", markup)


def test_the_figures_can_be_checked_by_hand() -> None:
    text = shown(answer_html(SPOKEN, "en"))
    assert "Recorded0:28" in text
    assert "Speaking0:22" in text
    assert "Pace125 words a minute" in text
    assert "Pauses1, 2.5 s in all, longest 2.5 s" in text
    assert "Fillersat least 2: um × 1, like × 1" in text
    assert "Hedgesnone found" in text
    assert "no part of the score" in text


def test_the_picture_has_a_text_that_tells_the_same() -> None:
    markup = answer_html(SPOKEN, "en")
    told = re.search(r'aria-label="(Recording[^"]+)"', markup)
    assert told is not None
    assert told[1] == (
        "Recording 1, 0:20, stretches of speech: 3; pauses at 0:09 (2.5 s)."
        " Recording 2, 0:08, stretches of speech: 1; no pause."
    )
    assert markup.count('class="delivery-speech" x=') == 4
    assert markup.count('class="delivery-long" x=') == 1


def test_typed_answers_have_no_panel() -> None:
    assert answer_html(TYPED, "en") == session_html(session(TYPED), "en") == ""


def test_a_session_adds_up_its_spoken_answers_earlier_attempts_first() -> None:
    state = session(TYPED, SPOKEN, earlier=(SPOKEN,))
    assert len(session_answers(state)) == 2
    text = shown(session_html(state, "en"))
    assert "Recorded0:56" in text
    assert text.count("Answer ") == 2


def test_silence_is_said_and_no_number_is_made_of_it() -> None:
    silent = Answered(text="", lang="zh", recordings=(Recording(audio=None, seconds=3.0),))
    text = shown(answer_html(silent, "zh"))
    assert "录音里没有找到人声" in text
    assert "没有可数的文字" in text


@pytest.mark.parametrize("lang", LANGS)
def test_every_counted_phrase_and_its_rule_is_shown(lang: Lang) -> None:
    text = shown(answer_html(SPOKEN, lang))
    for mark in (*ENGLISH, *CHINESE):
        assert mark.phrase in text
        assert WORDS[lang][mark.rule] in text


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
