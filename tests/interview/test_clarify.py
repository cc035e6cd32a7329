"""What the interviewer says to a request: from the card, safe, and not the same twice."""

from typing import Any

import pytest

from coach.interview.clarify import card_reply, in_language, open_line, other_wordings, reply_to
from coach.interview.follow import Wording
from coach.interview.guard import leaks
from coach.interview.understand import Request, understand
from coach.llm.mock import Fails, mock_chat
from coach.llm.prompts import Template
from coach.schema import LANGS, Aside, Card, Hinted, Lang, Probed, Round
from tests.conftest import ROOT

REQUESTS: list[Request] = [
    Request("repeat"),
    Request("rephrase"),
    Request("clarify", about="Do you mean L1 or L2?"),
    Request("clarify", about="可以假设数据独立吗"),
    Request("clarify", about="should I derive it?"),
    Request("hint"),
    Request("moment"),
    Request("restart"),
]


def round_on(card: Card, lang: Lang, *said: Any) -> Round:
    return Round(card=card.id, question=card.asks(lang), said=said)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: f"{one.what} {one.about}")
def test_nothing_is_said_twice_in_a_row(why_linear: Card, lang: Lang, request_: Request) -> None:
    said: list[Aside] = []
    for _ in range(6):
        reply = card_reply(request_, why_linear, round_on(why_linear, lang, *said), lang)
        assert not said or reply != said[-1].reply
        assert reply == card_reply(request_, why_linear, round_on(why_linear, lang, *said), lang)
        said.append(Aside(what="clarify", said="x", reply=reply))


@pytest.mark.parametrize("lang", LANGS)
def test_no_reply_of_any_card_gives_anything_away(cards: dict[str, Card], lang: Lang) -> None:
    for card in cards.values():
        one = round_on(card, lang)
        frames = " ".join(
            card_reply(Request(what), cards["linear-models/why-linear"], round_on(card, lang), lang)
            for what in ("repeat", "rephrase")
        )
        for request in REQUESTS:
            reply = card_reply(request, card, one, lang)
            assert "{" not in reply.replace(card.question.text(lang), "") or "{" in card.question.text(lang)
            if request.what in {"rephrase", "repeat"}:
                public = (card.question.en, card.question.zh, frames, *_FRAME_WORDS)
                assert [
                    leaks(reply, criterion, public) for criterion in card.criteria if leaks(reply, criterion, public)
                ] == []


_FRAME_WORDS = (
    "First then after that let me take it apart one thing at a time start with this here is the situation would like"
    " to know picture now tell me never mind my exact words what you know about colleague asks over lunch answer there"
    " full task is written above once more in other words put differently of course sure classifier",
    "我拆开来问先说第一点接下来一步一步来先回答然后再说场景是这样的我想问的是先设想一下现在说说看不用抠字眼从你了解的地方讲起就行"
    "就当是同事吃饭时随口问你的怎么想就怎么说完整的题目在上面换个问法也就是说没问题我再说一遍再念一遍好的",
)


@pytest.mark.parametrize(("lang", "start"), [("en", "Sure: "), ("zh", "好的：")])
def test_the_open_line_is_what_is_repeated(why_linear: Card, lang: Lang, start: str) -> None:
    probe = why_linear.criteria[0].probe.text(lang)
    asked = Probed(criterion=why_linear.criteria[0].id, text=probe, wording="card")
    assert card_reply(Request("repeat"), why_linear, round_on(why_linear, lang), lang) == (
        start + why_linear.question.text(lang)
    )
    assert card_reply(Request("repeat"), why_linear, round_on(why_linear, lang, asked), lang) == start + probe


@pytest.mark.parametrize(("before", "after"), [("en", "zh"), ("zh", "en")])
def test_after_a_change_of_language_the_open_line_is_said_in_the_new_one(
    why_linear: Card, before: Lang, after: Lang
) -> None:
    criterion = why_linear.criteria[0]
    probed = Probed(criterion=criterion.id, text=criterion.probe.text(before), wording="card")
    hinted = Hinted(rung=2, text=why_linear.hints[1].text(before))
    assert open_line(why_linear, round_on(why_linear, before), after) == why_linear.question.text(after)
    assert open_line(why_linear, round_on(why_linear, before, probed), after) == criterion.probe.text(after)
    assert open_line(why_linear, round_on(why_linear, before, hinted), after) == why_linear.hints[1].text(after)
    assert why_linear.question.text(after) in in_language(after, why_linear, after)


@pytest.mark.parametrize(("lang", "words"), [("en", "English or in Chinese"), ("zh", "中文或英文")])
def test_a_language_that_is_none_of_ours_is_declined(why_linear: Card, lang: Lang, words: str) -> None:
    assert words in in_language(None, why_linear, lang)


@pytest.mark.parametrize(
    ("lang", "asked", "reply"),
    [
        ("en", "Do you mean at training or at inference?", "Both; the question covers the two of them."),
        ("en", "Do you mean the training or the test set?", "I mean training, as in the question."),
        ("zh", "您是指训练还是推理？", "两个都算，题目里都提到了。"),
        ("zh", "你说的是训练的时候还是微调的时候？", "我指的是训练，按题目来就好。"),
        (
            "en",
            "Do you mean L1 or L2?",
            "Take the usual setting. If something depends on it, say which case you have in mind.",
        ),
        (
            "en",
            "Can I assume a fully connected net?",
            "That is for you to set. State it as an assumption and go on from there.",
        ),
        ("zh", "可以假设网络是全连接的吗？", "这个你来定，把假设说清楚，接着往下讲就行。"),
        ("zh", "需要我推导吗？", "先讲主要思路，觉得重要的地方再往深里讲，想多听的我会追问。"),
    ],
)
def test_a_clarification_says_what_the_question_settles_and_else_lets_choose(
    cards: dict[str, Card], lang: Lang, asked: str, reply: str
) -> None:
    card = cards["regularisation/dropout"]
    request = understand(asked)
    assert request is not None
    assert request.what == "clarify"
    assert card_reply(request, card, round_on(card, lang), lang) == reply


@pytest.mark.parametrize(("lang", "above"), [("en", "written above"), ("zh", "完整的题目在上面")])
def test_a_coding_task_is_not_read_out(cards: dict[str, Card], lang: Lang, above: str) -> None:
    card = cards["coding/k-means-lloyd"]
    reply = card_reply(Request("repeat"), card, round_on(card, lang), lang)
    assert "```" not in reply
    assert above in reply


def test_a_rephrased_question_differs_from_the_question(cards: dict[str, Card]) -> None:
    for card in cards.values():
        for lang in LANGS:
            reply = card_reply(Request("rephrase"), card, round_on(card, lang), lang)
            assert reply.strip() != card.question.text(lang).strip()
            assert reply.endswith((".", "?", "？", "。", "！", "!"))


def test_another_wording_is_used_only_where_it_is_a_question_and_safe(cards: dict[str, Card]) -> None:
    kept = [(card.id, other) for card in cards.values() for lang in LANGS for other in other_wordings(card, lang)]
    assert ("trees/non-linear-boundaries", "Is a decision tree a linear or a non-linear classifier?") in kept
    assert all(other.endswith(("?", "？")) for _, other in kept)


async def asked_with(card: Card, model: object, *, exam: bool = True) -> Aside:
    wording = Wording(mock_chat([model]), Template.load(ROOT / "prompts" / "clarify.md"))  # type: ignore[list-item]
    text = "Do you mean the line or the model?"
    return await reply_to(
        Request("clarify", about=text), text, card, round_on(card, "en"), "en", exam=exam, wording=wording
    )


async def test_a_clarification_in_a_models_words_is_said_when_it_is_safe(why_linear: Card) -> None:
    aside = await asked_with(why_linear, "I mean the name of the method; take it in its usual sense.")
    assert (aside.wording, aside.fallback) == ("model", None)
    assert aside.reply.startswith("I mean the name")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("The model is linear in the parameters.", "gives away"),
        ("Good question! I mean the name.", "praise"),
        ("That is correct.", "verdict"),
        ("My system prompt forbids that.", "out of role"),
        ("See [here](https://evil.example).", "markup"),
        (Fails(status=401), "key_rejected"),
    ],
)
async def test_a_bad_or_failed_clarification_falls_back_to_the_cards_words(
    why_linear: Card, reply: object, why: str
) -> None:
    aside = await asked_with(why_linear, reply)
    assert aside.wording == "card"
    assert aside.fallback is not None
    assert aside.fallback.startswith(why)
    assert aside.reply == card_reply(
        Request("clarify", about="Do you mean the line or the model?"), why_linear, round_on(why_linear, "en"), "en"
    )


async def test_only_a_clarification_is_put_to_a_model(why_linear: Card) -> None:
    wording = Wording(mock_chat([]), Template.load(ROOT / "prompts" / "clarify.md"))
    aside = await reply_to(
        Request("repeat"), "again please", why_linear, round_on(why_linear, "en"), "en", exam=False, wording=wording
    )
    assert (aside.what, aside.wording) == ("repeat", "card")
