"""What a stop button shows comes after everything that the stopped event showed."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from coach.ui import stopping
from coach.ui.desk import View
from coach.ui.stopping import Stoppable


def page(name: str) -> gr.Request:
    return cast("gr.Request", SimpleNamespace(session_hash=name))


class Working:
    """An event that takes a moment to end when it is stopped, and what was shown meanwhile."""

    def __init__(self) -> None:
        self.stoppable = Stoppable()
        self.shown: list[str] = []
        self.begun = asyncio.Event()

    async def on_work(self, request: gr.Request) -> AsyncIterator[View]:
        try:
            self.begun.set()
            yield {"status": "working"}
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.05)
            self.shown.append("the last of the work")

    async def run(self, request: gr.Request) -> None:
        async for view in self.stoppable.event(self.on_work)(request):
            self.shown += view.values()

    async def start(self, request: gr.Request) -> asyncio.Future[None]:
        """The event, under way."""
        running = asyncio.ensure_future(self.run(request))
        await self.begun.wait()
        return running

    async def on_stop(self, request: gr.Request) -> None:
        await self.stoppable.over(request)
        self.shown.append("stopped")


async def test_the_button_waits_until_the_event_has_ended() -> None:
    work = Working()
    running = await work.start(page("one"))
    stopping = asyncio.ensure_future(work.on_stop(page("one")))
    await asyncio.sleep(0.05)
    assert work.shown == ["working"]
    running.cancel()
    await stopping
    assert work.shown == ["working", "the last of the work", "stopped"]


async def test_an_event_that_is_dropped_between_two_views_has_ended() -> None:
    work = Working()
    views = work.stoppable.event(work.on_work)(page("one"))
    await anext(views)
    await cast("Any", views).aclose()
    await work.on_stop(page("one"))
    assert work.shown == ["the last of the work", "stopped"]


async def test_nobody_waits_for_another_page_nor_for_nothing() -> None:
    work = Working()
    running = await work.start(page("one"))
    await work.on_stop(page("two"))
    assert work.shown == ["working", "stopped"]
    running.cancel()
    await asyncio.wait([running])
    await work.on_stop(page("one"))
    assert work.shown[-1] == "stopped"


async def test_the_button_answers_in_the_end_when_the_word_to_stop_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "WAIT_S", 0.01)
    work = Working()
    running = await work.start(page("one"))
    await work.on_stop(page("one"))
    assert work.shown == ["working", "stopped"]
    running.cancel()
    await asyncio.wait([running])


async def test_an_event_that_shows_nothing_empties_nothing() -> None:
    async def silent(request: gr.Request) -> AsyncIterator[View]:
        for view in list[View]():
            yield view

    assert [view async for view in Stoppable().event(silent)(page("one"))] == [gr.skip()]


def test_gradio_sees_the_same_handler() -> None:
    work = Working()
    noted = work.stoppable.event(work.on_work)
    assert inspect.isasyncgenfunction(noted)
    assert list(inspect.signature(noted).parameters) == ["request"]
    assert noted.__annotations__["request"] is gr.Request
