"""The critique in an interview: when it is made, what is kept of it, and what it never gives away."""

from dataclasses import replace

import pytest

from coach.bank.glossary import Glossary
from coach.grading.critic import Critic
from coach.grading.offline import OfflineJudge
from coach.interview import session as interview
from coach.llm.chat import Chat
from coach.llm.mock import Fails, MockLog, mock_chat
from coach.llm.prompts import Template
from coach.progress.export import report_markdown
from coach.schema import Card, Critique, Critiqued, Event, Plan, Session
from evals.play import MemoryLog, parts
from tests.conftest import ROOT

SAID = "It is a weighted sum of the features, and it is linear in the parameters."
REPLY = {
    "decides": "The form is there, but the fitting is missing.",
    "fix": "Say how the parameters are found.",
    "stronger": [{"text": SAID, "source": "candidate", "point": "linear-in-parameters"}],
}
TEMPLATE = Template.load(ROOT / "prompts" / "critique.md")


def desk_with(card: Card, offline: OfflineJudge, glossary: Glossary, chat: Chat | None) -> interview.Interview:
    critic = Critic(glossary, chat, TEMPLATE if chat is not None else None)
    return replace(parts(card, offline, MemoryLog()), critic=critic)


async def begin(desk: interview.Interview, probes: int = 0) -> Session:
    return await interview.start(desk, Plan(lang="en", questions=1, probes=probes))


def critiqued(desk: interview.Interview, state: Session) -> list[Critique]:
    return [event.body.critique for event in desk.log.events(state.id) if isinstance(event.body, Critiqued)]


async def test_a_models_critique_is_asked_for_once_and_replays(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary
) -> None:
    log: MockLog = []
    desk = desk_with(why_linear, offline, glossary, mock_chat(lambda _: REPLY, log=log))
    state = await interview.answer(desk, await begin(desk), SAID)
    shown = interview.critique_of(desk, state.current, "en")
    assert shown is not None
    assert shown.source == "model", shown.fallback
    again = await interview.advance(desk, await interview.load(desk, state.id))
    assert again == state
    assert len(log) == len(critiqued(desk, state)) == 1
    silent = desk_with(why_linear, offline, glossary, None)
    assert interview.critique_of(silent, again.current, "en") == shown


async def test_the_grade_can_be_shown_before_the_model_is_asked(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary
) -> None:
    desk = desk_with(why_linear, offline, glossary, mock_chat(lambda _: REPLY))
    state = await interview.submit(desk, await begin(desk), SAID)
    state = await interview.advance(desk, state, critique=False)
    assert state.phase == "graded"
    assert interview.owes_critique(desk, state)
    meanwhile = interview.critique_of(desk, state.current, "en")
    assert meanwhile is not None
    assert meanwhile.source == "card"
    state = await interview.advance(desk, state)
    assert not interview.owes_critique(desk, state)
    assert state.current.critique is not None


async def test_a_model_that_fails_is_not_asked_again_and_the_grade_stands(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary
) -> None:
    log: MockLog = []
    desk = desk_with(why_linear, offline, glossary, mock_chat([Fails(status=401)], log=log))
    state = await interview.answer(desk, await begin(desk), SAID)
    plain = desk_with(why_linear, offline, glossary, None)
    without = await interview.answer(plain, await begin(plain), SAID)
    assert state.current.grade == without.current.grade
    assert state.current.critique is not None
    assert state.current.critique.fallback == "key_rejected"
    assert (await interview.advance(desk, state)) == state
    assert len(log) == 1


async def test_an_open_question_has_no_critique(why_linear: Card, offline: OfflineJudge, glossary: Glossary) -> None:
    log: MockLog = []
    desk = desk_with(why_linear, offline, glossary, mock_chat(lambda _: REPLY, log=log))
    state = await interview.answer(desk, await begin(desk, probes=1), SAID)
    assert state.phase == "answering"
    assert not log
    report = report_markdown(state, desk.cards, critique=lambda one: interview.critique_of(desk, one, state.plan.lang))
    assert "Your answer, stronger" not in report
    state = await interview.advance(desk, await interview.skip(desk, state))
    assert state.phase == "graded"
    assert len(log) == 1


async def test_grading_again_asks_for_a_new_critique(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary
) -> None:
    log: MockLog = []
    desk = desk_with(why_linear, offline, glossary, mock_chat(lambda _: REPLY, log=log))
    state = await interview.answer(desk, await begin(desk), SAID)
    state = await interview.regrade(desk, state)
    assert state.current.critique is None
    state = await interview.advance(desk, state)
    assert len(log) == 2


async def test_without_a_model_nothing_is_stored_and_old_sessions_get_theirs_too(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary
) -> None:
    old = parts(why_linear, offline, MemoryLog())
    state = await interview.answer(old, await begin(old), SAID)
    assert interview.critique_of(old, state.current, "en") is None
    desk = desk_with(why_linear, offline, glossary, None)
    same = await interview.answer(desk, await begin(desk), SAID)
    assert same == state
    got = interview.critique_of(desk, state.current, "en")
    assert got is not None
    assert got.source == "card"
    ended = await interview.end(desk, same)
    report = report_markdown(ended, desk.cards, critique=lambda one: interview.critique_of(desk, one, "en"))
    assert got.verdict in report
    assert "Your answer, stronger" in report


async def test_a_card_that_changed_since_gets_no_critique(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary
) -> None:
    desk = desk_with(why_linear, offline, glossary, None)
    state = await interview.answer(desk, await begin(desk), SAID)
    other = why_linear.model_copy(update={"difficulty": why_linear.difficulty % 5 + 1})
    changed = replace(desk, cards={other.id: other})
    assert interview.critique_of(changed, state.current, "en") is None


@pytest.mark.parametrize("source", ["model", "card"])
def test_a_critique_survives_its_event(source: str, why_linear: Card) -> None:
    sentence = {"text": "x", "source": "candidate"}
    body = {
        "kind": "critiqued",
        "critique": {
            "lang": "en",
            "verdict": "Weak, 0 %: x",
            "points": [],
            "fix": None,
            "stronger": {"sentences": [sentence], "made_by": source},
            "source": source,
        },
    }
    event = Event.model_validate({"session": "s", "seq": 3, "at": "2026-01-01T00:00:00Z", "body": body})
    assert Event.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize(
    ("said", "lang"),
    [
        (("不知道",), "en"),
        (("用中文问吧", "不知道"), "zh"),
        (("用中文问吧", "I don't know."), "zh"),
        (("用中文问吧", "Can we do this in English, please?", "不知道"), "en"),
        (("$y = x$",), "en"),
        (("它是特征的加权和，对参数是线性的。",), "zh"),
        (("不知道", "它是特征的加权和，对参数是线性的。"), "zh"),
        (("用中文问吧", SAID), "en"),
    ],
)
async def test_a_critique_is_in_the_language_of_an_answer_that_says_something_else_of_the_session(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary, said: tuple[str, ...], lang: str
) -> None:
    desk = desk_with(why_linear, offline, glossary, None)
    state = await begin(desk)
    for text in said:
        state = await interview.advance(desk, await interview.hear(desk, state, text))
    critique = interview.critique_of(desk, state.current, state.lang)
    assert critique is not None
    assert critique.lang == lang
