"""What a step shows of the answer box: it is cleared once the text is stored, and otherwise left to who is typing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import gradio as gr
import pytest

from coach.bank.glossary import Glossary
from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.settings import Settings
from coach.ui.desk import Desk, View
from coach.ui.practice import page_of
from coach.ui.practice_steps import Steps
from coach.wiring import Coach
from tests.browser.steps import one_card

ANSWER = "A weighted sum of the features plus an intercept; it is linear in the parameters."
WHO = cast(gr.Request, type("Who", (), {"username": None, "headers": {}})())


@pytest.fixture
async def steps(tmp_path: Path, glossary: Glossary) -> AsyncIterator[Steps]:
    coach = Coach(Settings(data_dir=tmp_path / "data", content_dir=one_card(tmp_path / "content"), model=None))
    vars(coach)["glossary"] = glossary
    with gr.Blocks(analytics_enabled=False) as blocks:
        yield Steps(page_of(Desk(coach, blocks, "s" * 32)))
    coach.close()


async def begun(steps: Steps) -> tuple[str, int]:
    state = await interview.start(steps.parts, plan_of({"lang": "en", "format": "free", "questions": 1, "seed": 1}))
    return state.id, state.next_seq


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
