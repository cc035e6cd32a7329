"""Words of a model are shown while they come, and only those that may be said; stopping leaves a valid session."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from coach.grading.offline import OfflineJudge
from coach.interview import session as interview
from coach.interview.follow import Wording, word_probe
from coach.llm.mock import Hangs, MockReply, mock_chat
from coach.llm.prompts import Template
from coach.schema import Answered, Aside, Card, Plan, Round
from coach.ui.streaming import spoken
from evals.play import MemoryLog, parts
from tests.conftest import ROOT
from tests.sessions import timeless

ANSWER = "It fits a line."
SAFE = "You said a line: what would you do when the picture bends?"


def wording(*replies: MockReply) -> Wording:
    return Wording(mock_chat(list(replies)), Template.load(ROOT / "prompts" / "probe.md"))


async def shown_of(reply: MockReply, card: Card) -> tuple[list[str], str, str | None]:
    heard: list[str] = []
    current = Round(card=card.id, question=card.question.en, said=(Answered(text=ANSWER, lang="en"),))
    probe = await word_probe(wording(reply), card, card.criteria[0], current, "en", show=heard.append)
    return heard, probe.text, probe.fallback


async def test_a_sentence_grows_by_whole_words_until_it_is_said(why_linear: Card) -> None:
    heard, text, fallback = await shown_of(SAFE, why_linear)
    assert (text, fallback) == (SAFE, None)
    assert len(heard) > 3
    assert all(later.startswith(before) for before, later in itertools.pairwise(heard))
    assert all(SAFE.startswith(line) and (line[-1] in " ?:" or line == SAFE) for line in heard)


async def test_what_gives_a_point_away_is_stopped_before_it_is_shown(why_linear: Card) -> None:
    secret = why_linear.criteria[0].says.en
    heard, text, fallback = await shown_of(f"Let me ask you about this: {secret} Do you agree?", why_linear)
    assert text == why_linear.criteria[0].probe.en
    assert fallback is not None
    assert fallback.startswith("gives away")
    assert heard
    assert not any("weighted" in line for line in heard)


CLARIFIED = "I mean the name of the method; take it in its usual sense."
ASKS_BACK = "Do you mean the line or the model?"


async def clarified(reply: MockReply, card: Card, offline: OfflineJudge) -> tuple[list[str], Aside]:
    """What is shown while a clarifying question is answered, and what is said in the end."""
    heard: list[str] = []
    model = Wording(mock_chat([reply]), Template.load(ROOT / "prompts" / "clarify.md"))
    desk = replace(parts(card, offline, MemoryLog()), clarifying=model)
    state = await interview.start(desk, Plan(lang="en", questions=1))
    state = await interview.hear(desk, state, ASKS_BACK, show=heard.append)
    aside = state.current.said[-1]
    assert isinstance(aside, Aside)
    return heard, aside


async def test_the_answer_to_a_clarifying_question_grows_by_whole_words(
    why_linear: Card, offline: OfflineJudge
) -> None:
    heard, aside = await clarified(CLARIFIED, why_linear, offline)
    assert (aside.reply, aside.wording) == (CLARIFIED, "model")
    assert len(heard) > 3
    assert all(later.startswith(before) for before, later in itertools.pairwise(heard))
    assert all(CLARIFIED.startswith(line) for line in heard)


async def test_an_answer_that_gives_a_point_away_is_stopped_before_it_is_shown(
    why_linear: Card, offline: OfflineJudge
) -> None:
    secret = why_linear.criteria[0].says.en
    heard, aside = await clarified(f"Take it in the usual sense. {secret} Go on.", why_linear, offline)
    assert (aside.wording, aside.fallback is not None) == ("card", True)
    assert heard
    assert not any("weighted" in line for line in heard)


@pytest.mark.parametrize(
    ("reply", "wording"),
    [("No particular setting is meant; take the usual one.", "model"), ("No. That is another topic.", "card")],
)
async def test_a_beginning_that_may_be_a_verdict_waits_for_the_next_words(
    why_linear: Card, offline: OfflineJudge, reply: str, wording: str
) -> None:
    heard, aside = await clarified(reply, why_linear, offline)
    assert aside.wording == wording
    assert not any(line.strip(" .") == "No" for line in heard)
    assert bool(heard) == (wording == "model")


@pytest.mark.parametrize("endless", ["word " * 4000, "w" * 20_000])
async def test_a_model_that_never_stops_is_cut_off(why_linear: Card, offline: OfflineJudge, endless: str) -> None:
    heard, aside = await clarified(endless, why_linear, offline)
    assert (aside.wording, aside.fallback) == ("card", "too long")
    assert sum(map(len, heard[-1:])) < 2000


async def test_the_page_hears_the_words_and_then_the_session() -> None:
    async def work(show: object) -> str:
        for text in ("a", "a b", "a b c"):
            show(text)  # type: ignore[operator]
            await asyncio.sleep(0)
        return "session"

    heard = [one async for one in spoken(work)]  # type: ignore[arg-type]
    assert heard[-1] == "session"
    assert heard[0] == "a"
    assert "a b c" in heard


async def test_an_error_in_the_work_comes_out() -> None:
    async def work(show: object) -> str:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        [one async for one in spoken(work)]  # type: ignore[arg-type]


async def test_who_stops_listening_finds_a_valid_session_that_goes_on(why_linear: Card, offline: OfflineJudge) -> None:
    log = MemoryLog()
    slow = replace(parts(why_linear, offline, log), wording=wording(Hangs()))
    state = await interview.start(slow, Plan(lang="en", questions=1, probes=1))
    state = await interview.submit(slow, state, ANSWER)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(interview.advance(slow, state), 0.5)
    stored = await interview.load(slow, state.id)
    assert [answer.text for answer in stored.current.answers] == [ANSWER]
    quick = parts(why_linear, offline, log)
    back = await interview.advance(quick, stored)
    assert back.phase == "answering"
    assert len(back.current.probes) == 1
    assert timeless(back) == timeless(await interview.load(quick, state.id))
