"""What the interviewer must not say, and that the cards' own words may be said."""

from collections.abc import Sequence
from typing import Any

import pytest

from coach.interview.guard import LINE_KINDS, MAX_WORDS, faults, repeated
from coach.schema import LANGS, Card, Lang


def found(card: Card, text: str, **change: Any) -> tuple[str, ...]:
    given: dict[str, Any] = {
        "criterion": card.criterion("linear-in-parameters"),
        "said": (),
        "interviewer": (card.question.en, card.question.zh),
        "lang": "en",
        "mode": "exam",
        "kind": "probe",
    }
    return faults(text, card=card, **(given | change))


def begins(faults_found: Sequence[str], code: str) -> bool:
    return any(one.startswith(code) for one in faults_found)


SAFE: list[tuple[Lang, str]] = [
    ("en", "Linear with respect to what, exactly?"),
    ("en", "You spoke of a straight line. Does it have to be one?"),
    ("en", "Would you say that is always so?"),
    ("zh", "你刚才说的线性，是对什么而言的？"),
    ("zh", "为什么画出来不一定是直的？"),
]


@pytest.mark.parametrize(("lang", "text"), SAFE)
@pytest.mark.parametrize("mode", ["practice", "exam"])
def test_a_safe_question_has_no_fault(why_linear: Card, lang: Lang, text: str, mode: str) -> None:
    assert found(why_linear, text, lang=lang, mode=mode) == ()


@pytest.mark.parametrize(
    ("lang", "text", "code"),
    [
        ("en", "", "empty"),
        ("zh", "  ", "empty"),
        ("en", "Is it linear in the parameters?", "gives away"),
        ("zh", "它是对参数线性吗？", "gives away"),
        ("en", "Is it because $w^T x$ comes out, or why else?", "gives away the formula"),
        ("zh", "写成 $y = ax + bx^2$ 以后，还算不算？", "gives away the formula"),
        ("en", "Tell me about linear regression. Why is it called linear?", "repeats itself"),
        ("en", "Tell me about the linear regression. Why is it called linear?", "repeats itself"),
        ("zh", "讲讲线性回归。它为什么叫“线性”？", "repeats itself"),
        ("en", "Why? And what for?", "not one question: several"),
        ("en", "Linear with respect to what, and why does that matter?", "not one question: several"),
        ("zh", "是对什么而言？为什么？", "not one question: several"),
        ("zh", "这个名字怎么来的，以及为什么重要？", "not one question: several"),
        ("en", "Go on.", "not one question: none"),
        ("zh", "接着讲。", "not one question: none"),
        ("en", "它是对什么线性？", "wrong language"),
        ("zh", "Linear with respect to what?", "wrong language"),
        ("en", " ".join(["word"] * (MAX_WORDS["probe"] + 1)) + "?", "too long"),
        ("zh", "请" + "你想一想那一条线" * 20 + "？", "too long"),
        ("en", "Great! Linear with respect to what?", "praise"),
        ("en", "That's a very good answer. Linear with respect to what?", "praise"),
        ("en", "Well put. Linear with respect to what?", "praise"),
        ("en", "Nice, I like that. Linear with respect to what?", "praise"),
        ("zh", "很好，那是对什么线性？", "praise"),
        ("zh", "你讲得很清楚。那是对什么线性？", "praise"),
        ("zh", "不错的思路！那是对什么线性？", "praise"),
        ("en", "Exactly. Linear with respect to what?", "verdict"),
        ("en", "Not quite. Linear with respect to what?", "verdict"),
        ("en", "That's correct, but linear with respect to what?", "verdict"),
        ("en", "You missed something. Linear with respect to what?", "verdict"),
        ("en", "Hmm, no. Linear with respect to what?", "verdict"),
        ("en", "Your answer is incomplete: linear with respect to what?", "verdict"),
        ("zh", "不对。那是对什么线性？", "verdict"),
        ("zh", "你说得对，那是对什么线性？", "verdict"),
        ("zh", "你漏了一点，那是对什么线性？", "verdict"),
        ("zh", "嗯，没错。那是对什么线性？", "verdict"),
        ("en", "As an AI, may I ask: linear with respect to what?", "out of role"),
        ("en", "I am a real person. Linear with respect to what?", "out of role"),
        ("en", "The rubric wants more: linear with respect to what?", "out of role"),
        ("en", "For full marks: linear with respect to what?", "out of role"),
        ("en", "My instructions are to ask: linear with respect to what?", "out of role"),
        ("zh", "我是人工智能，请问是对什么线性？", "out of role"),
        ("zh", "按评分标准，还差一点：是对什么线性？", "out of role"),
        ("zh", "你的得分还不高，是对什么线性？", "out of role"),
        ("en", "![x](https://evil.example/a.png) Linear with respect to what?", "markup"),
        ("en", "See [this](https://evil.example). Linear with respect to what?", "markup"),
        ("en", "<img src=x> Linear with respect to what?", "markup"),
        ("en", "Linear with respect to what? https://evil.example", "markup"),
        ("zh", "<b>那</b>是对什么线性？", "markup"),
        ("zh", "那是对什么线性？\u200b\u200b\u200b\u200b", "markup"),
    ],
)
def test_every_fault_is_found(why_linear: Card, lang: Lang, text: str, code: str) -> None:
    assert begins(found(why_linear, text, lang=lang), code)


@pytest.mark.parametrize(
    ("lang", "praise", "verdict"),
    [
        ("en", "Good point. Linear with respect to what?", "Correct. Linear with respect to what?"),
        ("zh", "很好，那是对什么线性？", "正确。那是对什么线性？"),
    ],
)
def test_practice_allows_praise_and_still_no_verdict(why_linear: Card, lang: Lang, praise: str, verdict: str) -> None:
    assert found(why_linear, praise, lang=lang, mode="practice") == ()
    assert found(why_linear, praise, lang=lang, mode="exam") == ("praise",)
    assert found(why_linear, verdict, lang=lang, mode="practice") == ("verdict",)


def test_what_the_candidate_said_is_given_away_no_more(why_linear: Card) -> None:
    text = "Linear in the parameters, you say: which ones?"
    assert begins(found(why_linear, text), "gives away")
    assert not begins(found(why_linear, text, said=("It is linear in the parameters.",)), "gives away")


def test_a_formula_of_the_candidates_may_be_taken_up(why_linear: Card) -> None:
    text = "In $y = a x^2 + b$, what is it linear in?"
    assert begins(found(why_linear, text), "gives away")
    assert found(why_linear, text, said=("I would fit $y = ax^2 + b$.",)) == ()


def test_a_whole_wording_of_another_point_is_given_away_until_the_point_is_met(why_linear: Card) -> None:
    text = "And could ordinary least squares tell you that?"
    assert found(why_linear, text, criterion=None) == ("gives away 'ordinary least squares'",)
    assert found(why_linear, text, criterion=None, met=["least-squares"]) == ()


def test_the_words_of_a_topic_are_no_talk_of_grading(cards: dict[str, Card]) -> None:
    card = cards["language-models/evaluating-generated-answers"]
    text = "Which criteria would your judge get?"
    given = {"criterion": None, "interviewer": (card.question.en,)}
    assert found_on(card, text, **given) == ("out of role",)
    assert found_on(card, text, said=("I would write criteria for it.",), **given) == ()


def found_on(card: Card, text: str, **change: Any) -> tuple[str, ...]:
    given: dict[str, Any] = {"said": (), "lang": "en", "mode": "exam", "kind": "probe"}
    return faults(text, card=card, **(given | change))


def test_every_card_may_say_its_own_probes_and_hints_once(cards: dict[str, Card]) -> None:
    for card in cards.values():
        for lang in LANGS:
            given: dict[str, Any] = {"said": (), "interviewer": (card.asks(lang),), "lang": lang, "mode": "exam"}
            assert faults(card.question.text(lang), card=card, kind="question", **(given | {"interviewer": ()})) == ()
            for criterion in card.criteria:
                probe = criterion.probe.text(lang)
                assert faults(probe, card=card, criterion=criterion, kind="probe", **given) == (), (card.id, probe)
                again = given | {"interviewer": (card.asks(lang), probe)}
                assert faults(probe, card=card, criterion=criterion, kind="probe", **again) == ("repeats itself",)
            for hint in card.hints:
                assert faults(hint.text(lang), card=card, kind="hint", **given) == (), (card.id, hint.text(lang))


def test_probes_of_one_card_are_no_repetitions_of_each_other(cards: dict[str, Card]) -> None:
    for card in cards.values():
        for lang in LANGS:
            probes = [criterion.probe.text(lang) for criterion in card.criteria]
            for at, probe in enumerate(probes):
                assert not repeated(probe, probes[:at]), (card.id, probe)


def test_the_lexicons_find_no_praise_and_hardly_a_verdict_in_the_cards_own_probes(cards: dict[str, Card]) -> None:
    wrong = []
    total = 0
    for card in cards.values():
        for lang in LANGS:
            for criterion in card.criteria:
                total += 1
                text = f"{criterion.probe.text(lang)} "
                codes = faults(
                    text, card=card, criterion=criterion, said=(), interviewer=(), lang=lang, mode="exam", kind="probe"
                )
                wrong += [(card.id, text, code) for code in codes if code in {"praise", "verdict", "out of role"}]
    assert len(wrong) <= 0.005 * total, wrong
    assert [one for one in wrong if one[2] == "praise"] == []


@pytest.mark.parametrize("kind", LINE_KINDS)
def test_what_is_said_in_any_role_is_guarded(why_linear: Card, kind: str) -> None:
    text = "Correct, as the rubric says: it is linear in the parameters, <b>right</b>?"
    codes = found(why_linear, text, kind=kind)
    for code in ("markup", "gives away", "verdict", "out of role"):
        assert begins(codes, code)
