"""What a step shows of the answer box: it is cleared once the text is stored, and otherwise left to who is typing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import gradio as gr
import pytest

from coach.bank.glossary import Glossary
from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.schema import Recording, Session
from coach.settings import Settings
from coach.ui.desk import Desk, View
from coach.ui.practice import page_of
from coach.ui.practice_steps import Steps
from coach.ui.room import taken_apart
from coach.wiring import Coach
from tests.browser.steps import one_card
from tests.conftest import ROOT

ANSWER = "A weighted sum of the features plus an intercept; it is linear in the parameters."
WHO = cast(gr.Request, type("Who", (), {"username": None, "headers": {}})())


CODING = "knowledge/cards/coding/reservoir-sampling.yaml"


def coding_card(folder: Path) -> Path:
    """The shipped content with one coding question."""
    for path in (one_card(folder) / "knowledge/cards").rglob("*.yaml"):
        path.unlink()
    (folder / CODING).parent.mkdir(parents=True, exist_ok=True)
    (folder / CODING).write_bytes((ROOT / CODING).read_bytes())
    return folder


@pytest.fixture(params=[one_card])
async def steps(request: pytest.FixtureRequest, tmp_path: Path, glossary: Glossary) -> AsyncIterator[Steps]:
    coach = Coach(Settings(data_dir=tmp_path / "data", content_dir=request.param(tmp_path / "content"), model=None))
    vars(coach)["glossary"] = glossary
    with gr.Blocks(analytics_enabled=False) as blocks:
        yield Steps(page_of(Desk(coach, blocks, "s" * 32)))
    coach.close()


async def begun(steps: Steps, **plan: Any) -> tuple[str, int]:
    chosen = plan_of({"lang": "en", "format": "free", "questions": 1, "seed": 1, **plan})
    state = await interview.start(steps.parts, chosen)
    return state.id, state.next_seq


async def now(steps: Steps, sid: str) -> Session:
    """The interview as it is stored."""
    return await interview.load(steps.parts, sid)


def pass_(steps: Steps, minutes: float) -> None:
    """So much time goes by."""
    parts, clock = steps.parts, steps.parts.now
    vars(steps.coach._bank)["interview"] = replace(parts, now=lambda: clock() + timedelta(minutes=minutes))


def recorded(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Something was recorded for the answer; the sessions whose recordings were put away."""
    away: list[str] = []
    takes = (Recording(audio=None, seconds=3.0),)
    kept = steps.coach.recordings
    monkeypatch.setattr(type(kept), "of_answer", lambda _, sid: () if sid in away else takes)
    monkeypatch.setattr(type(kept), "sent", lambda _, sid: away.append(sid))
    return away


async def shown(views: AsyncIterator[View]) -> list[View]:
    return [view async for view in views]


def box_of(steps: Steps, views: list[View]) -> list[Any]:
    """What each view puts into the answer box; `...` for one that leaves it alone."""
    return [view.get(steps.page.room.box, ...) for view in views]


async def test_the_box_is_cleared_once_and_not_by_the_last_view(steps: Steps) -> None:
    sid, seq = await begun(steps)
    boxes = box_of(steps, await shown(steps.on_send(sid, seq, ANSWER, "", WHO)))
    assert boxes.count("") == 1
    assert set(boxes) == {"", ...}
    assert boxes[-1] is ...


@pytest.mark.parametrize("name", ["hint", "skip", "end"])
async def test_other_steps_leave_the_box_alone(steps: Steps, name: str) -> None:
    sid, seq = await begun(steps)
    step = {"hint": interview.hint, "skip": interview.skip, "end": interview.end}[name]
    assert set(box_of(steps, await shown(steps.pressed(step)(sid, seq, WHO)))) == {...}


@pytest.mark.parametrize(("seq", "text"), [(99, ANSWER), (None, "")])
async def test_a_step_that_is_refused_leaves_the_text_in_the_box(steps: Steps, seq: int | None, text: str) -> None:
    sid, now = await begun(steps)
    views = await shown(steps.on_send(sid, now if seq is None else seq, text, "", WHO))
    assert set(box_of(steps, views)) == {...}
    assert views[-1][steps.page.status]


async def test_a_stranger_sees_nothing_of_an_interview(steps: Steps) -> None:
    sid, seq = await begun(steps)
    other = cast(gr.Request, type("Who", (), {"username": "eve", "headers": {}})())
    views = await shown(steps.on_send(sid, seq, ANSWER, "", other))
    assert [view[steps.page.room.chat] for view in views] == [[]]
    assert (await interview.load(steps.parts, sid)).next_seq == seq


# --- when the time is up -------------------------------------------------------------------


@pytest.mark.parametrize("steps", [coding_card], indirect=True)
@pytest.mark.parametrize("words", ["", "It keeps k items."])
async def test_code_in_the_editor_is_handed_in_when_the_time_is_up(steps: Steps, words: str) -> None:
    sid, seq = await begun(steps, format="coding", minutes=1)
    pass_(steps, 2)
    views = await shown(steps.on_tick(sid, seq, words, "def sample(): ...", WHO))
    (said,) = (await now(steps, sid)).current.answers
    assert taken_apart(said.text) == (words, "def sample(): ...")
    assert said.source == "code"
    assert box_of(steps, views).count("") == 1


async def test_words_that_were_spoken_are_stored_as_spoken_when_the_time_is_up(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid, seq = await begun(steps, minutes=1)
    away = recorded(steps, monkeypatch)
    pass_(steps, 2)
    views = await shown(steps.on_tick(sid, seq, ANSWER, "", WHO))
    (said,) = (await now(steps, sid)).current.answers
    assert (said.source, len(said.recordings), away) == ("spoken", 1, [sid])
    assert views[-1][steps.page.room.heard]


async def test_a_tick_before_that_shows_only_the_clock(steps: Steps) -> None:
    sid, seq = await begun(steps, minutes=10)
    (view,) = await shown(steps.on_tick(sid, seq, ANSWER, "", WHO))
    assert list(view) == [steps.page.room.clock]


# --- what belongs to one question ----------------------------------------------------------


async def test_what_was_recorded_for_a_skipped_question_is_not_the_next_answers(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid, seq = await begun(steps)
    away = recorded(steps, monkeypatch)
    views = await shown(steps.passing(interview.skip)(sid, seq, WHO))
    assert away == [sid]
    assert views[-1][steps.page.room.heard]


async def test_an_objection_that_was_begun_is_put_away_with_its_question(steps: Steps) -> None:
    sid, seq = await begun(steps)
    await shown(steps.passing(interview.skip)(sid, seq, WHO))
    state = await now(steps, sid)
    views = await shown(steps.passing(interview.retract)(sid, state.next_seq, WHO))
    wrong = steps.page.panel.wrong
    assert wrong in steps.page.outputs()
    assert views[-1][wrong]["open"] is False


@pytest.mark.parametrize("steps", [coding_card], indirect=True)
async def test_what_code_did_is_not_shown_under_another_question(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    sid, _ = await begun(steps, format="coding", questions=1)

    async def slow(*_: Any) -> None:
        state = await interview.skip(steps.parts, await now(steps, sid))
        await interview.retract(steps.parts, state)

    monkeypatch.setattr(type(steps.coach.sandbox), "run", slow)
    assert len(await shown(steps.on_run(sid, "def sample(): ...", WHO))) == 1


# --- found again ---------------------------------------------------------------------------


class Waiting:
    """A judge that nobody waits for."""

    def __init__(self, real: Any) -> None:
        self.real, self.info, self.may = real, real.info, asyncio.Event()

    async def opinion(self, *given: Any) -> Any:
        await self.may.wait()
        return await self.real.opinion(*given)


async def test_an_interview_is_shown_at_once_and_what_it_owes_is_done_after_that(steps: Steps) -> None:
    sid, _ = await begun(steps)
    await interview.submit(steps.parts, await now(steps, sid), ANSWER)
    parts = steps.parts
    judge = Waiting(parts.judge)
    vars(steps.coach._bank)["interview"] = replace(parts, judge=cast(Any, judge))
    view = await asyncio.wait_for(steps.on_load(sid, WHO), 10)
    assert len(view[steps.page.room.chat]) == 2
    judge.may.set()
    state = await now(steps, sid)
    assert state.phase == "grading"
    views = await shown(steps.on_owed(sid, state.next_seq, WHO))
    assert "%" in views[-1][steps.page.panel.text]
    state = await now(steps, sid)
    assert state.current.grade is not None
    assert await shown(steps.on_owed(sid, state.next_seq, WHO)) == []


@pytest.mark.parametrize("sid", ["", "nobody"])
async def test_nothing_is_owed_without_an_interview(steps: Steps, sid: str) -> None:
    assert await shown(steps.on_owed(sid, 0, WHO)) == []


async def test_a_draft_is_kept_for_the_step_the_page_has_seen(steps: Steps) -> None:
    sid, seq = await begun(steps)
    await steps.on_draft(sid, seq, "half an answer", "", WHO)
    await steps.on_draft(sid, 0, "", "", WHO)
    assert steps.coach.store.draft(sid, seq) == "half an answer"
