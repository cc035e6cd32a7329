"""How the events of a page are set up: no choice is skipped, and what is done is done to what is shown."""

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import gradio as gr
import pytest

from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.ui import evals, library, progress, report
from coach.ui.desk import Desk, View
from coach.wiring import Coach

WHO = cast(gr.Request, type("Who", (), {"username": None, "headers": {}, "session_hash": "one"})())


class Built:
    """A page, with its events by the name of their handlers and its parts by their ids."""

    def __init__(self, coach: Coach, build: Callable[[Desk], None]) -> None:
        with gr.Blocks(analytics_enabled=False) as self.blocks:
            build(Desk(coach, self.blocks, "s" * 32))
        self.events = list(self.blocks.fns.values())

    def part(self, name: str) -> Any:
        return next(one for one in self.blocks.blocks.values() if getattr(one, "elem_id", None) == name)

    def named(self, name: str) -> Any:
        return next(one for one in self.events if one.name == name)

    def after(self, event: Any) -> list[Any]:
        return [one for one in self.events if one.trigger_after == event._id]


async def begun(coach: Coach) -> str:
    plan = plan_of({"lang": "en", "format": "free", "questions": 1, "seed": 1})
    return (await interview.start(coach.interview, plan)).id


@pytest.mark.parametrize("build", [evals.build, library.build, progress.build, report.build])
async def test_the_last_of_two_quick_choices_is_never_skipped(coach: Coach, build: Callable[[Desk], None]) -> None:
    page = Built(coach, build)
    chosen = [one for one in page.events if one.fn is not None and any(event == "input" for _, event in one.targets)]
    chosen += [one for one in page.events if one.name == "on_choose"]
    assert chosen
    assert {one.name for one in chosen if one.trigger_mode != "always_last"} == set()


# --- past interviews -----------------------------------------------------------------------


async def test_what_is_done_to_an_interview_is_done_to_the_one_in_the_panel(coach: Coach) -> None:
    page = Built(coach, progress.build)
    assert {one.name for one in page.events if page.part("pg-sessions") in one.inputs} == {"on_choose"}
    shown = page.named("on_delete").inputs[0]
    done = {one.name for one in page.events if shown in one.inputs}
    assert {"on_delete", "on_yes", "on_save", "on_regrade", "on_stop", "handler"} <= done


async def test_the_panel_knows_whose_it_is_and_that_it_shows_none(coach: Coach) -> None:
    page, one = Built(coach, progress.build), await begun(coach)
    shown, choose = page.named("on_delete").inputs[0], page.named("on_choose")
    assert shown in choose.outputs
    assert (await choose.fn(one, {one: "mine"}, WHO))[shown] == one
    assert (await choose.fn("0" * 32, {}, WHO))[shown] == ""
    assert (await page.named("on_search").fn("", WHO))[shown] == ""


async def test_grading_again_ends_when_another_interview_is_chosen(coach: Coach) -> None:
    page = Built(coach, progress.build)
    grading, pressed = page.named("on_regrade"), (page.part("pg-sessions")._id, "input")
    assert [one for one in page.events if grading._id in one.cancels and pressed in one.targets]


async def test_an_export_begins_without_the_file_of_before(coach: Coach) -> None:
    page = Built(coach, progress.build)
    views = cast(AsyncIterator[View], page.named("on_take").fn("en", WHO))
    assert (await anext(views))[page.part("pg-taken")]["value"] is None
    async for _ in views:
        pass


# --- the library ---------------------------------------------------------------------------


async def test_a_slow_look_at_what_was_practised_touches_neither_the_card_nor_the_list(coach: Coach) -> None:
    page = Built(coach, library.build)
    drawn = {page.part(name) for name in ("lib-list", "lib-card", "lib-question", "lib-answer")}
    slow = [one for one in page.events if one.name == "on_again"]
    assert len(slow) > 1
    for event in slow:
        assert not event.inputs
        assert not drawn & {*event.outputs, *await event.fn(WHO)}
        (shown,) = page.after(event)
        (listed,) = page.after(shown)
        assert (shown.name, listed.name) == ("on_show", "on_list")
        assert drawn <= {*shown.outputs, *listed.outputs}
