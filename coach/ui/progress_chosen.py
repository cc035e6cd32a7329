"""What can be done with the past interview that is chosen: look, go on, replay, grade again, save."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr

from coach.errors import CoachError, UnknownSession
from coach.faults import fault_text
from coach.interview import session as interview
from coach.schema import Lang, Session
from coach.ui.desk import PRIVATE, View, lang_of
from coach.ui.pieces import told_html
from coach.ui.progress_parts import GO, Chosen, Listed, Shared
from coach.ui.progress_sessions import regraded_html, session_html, steps_of
from coach.ui.shelf import Shelf, shelf_of
from coach.ui.stopping import Stoppable
from coach.ui.words.progress import say
from coach.wiring import local_zone

Handler = Callable[..., Awaitable[View]]


def refusal(error: CoachError, lang: Lang) -> str:
    """What went wrong, as the page says it."""
    return told_html(say("gone", lang) if isinstance(error, UnknownSession) else fault_text(error, lang), bad=True)


def guarded(shared: Shared, otherwise: View | None = None) -> Callable[[Handler], Handler]:
    """An event that says what went wrong, and shows `otherwise`; the handler's last argument is the request."""

    def around(handler: Handler) -> Handler:
        @wraps(handler)
        async def told(*given: Any) -> View:
            try:
                return await handler(*given)
            except CoachError as error:
                return {shared.status: refusal(error, lang_of(given[-1])), **(otherwise or {})}

        return told

    return around


@dataclass(frozen=True)
class Grading:
    """The event that grades again, for whoever has to end it."""

    stoppable: Stoppable
    running: Any


def choosing(shared: Shared, shelf: Listed, panel: Chosen, grading: Grading) -> None:
    """The interview at a glance, with what may be done with it. What is being graded again for another one ends."""

    @guarded(shared, {panel.box: gr.update(visible=False), panel.id: ""})
    async def on_choose(session: str | None, titles: dict[str, str], request: gr.Request) -> View:
        await grading.stoppable.over(request)
        lang, name = lang_of(request), titles.get(session or "", "")
        state = await shared.open(session, request)
        told = not state.exam_on
        usable = gr.update(visible=told)
        return {
            shared.status: "",
            panel.hint: "",
            panel.box: gr.update(visible=True),
            panel.id: state.id,
            panel.name: name,
            panel.head: session_html(state, name, lang, tz=local_zone()),
            panel.resume: gr.update(visible=state.ended is None),
            panel.report: gr.update(visible=told and state.ended is not None),
            panel.regrade: gr.update(visible=told and any(one.answers for one in state.rounds)),
            panel.stop: gr.update(visible=False),
            panel.markdown: usable,
            panel.json: usable,
            panel.title: name,
            panel.step: 0,
            **panel.shut(),
        }

    buttons = (panel.resume, panel.report, panel.regrade, panel.stop, panel.markdown, panel.json)
    texts = (shared.status, panel.hint, panel.id, panel.name, panel.box, panel.head, panel.title, panel.step)
    outputs = [*texts, *buttons, *panel.folds]
    left = shelf.chosen.input(None, cancels=[grading.running], **PRIVATE)
    chosen = left.then(
        on_choose, inputs=[shelf.chosen, shelf.titles], outputs=outputs, trigger_mode="always_last", **PRIVATE
    )
    chosen.then(None, js="() => progressShow('pg-one')", **PRIVATE)


def opening(shared: Shared, panel: Chosen) -> None:
    """Resume and report: the interview is remembered, then the browser goes to the page that shows it."""

    def opens(address: Callable[[Session], str]) -> Handler:
        @guarded(shared, {shared.go: ""})
        async def handler(session: str, request: gr.Request) -> View:
            state = await shared.open(session, request)
            return {shared.session_id: state.id, shared.go: address(state)}

        return handler

    addresses = {
        panel.resume: lambda state: "./",
        panel.report: lambda state: f"./report?session={state.id}",
    }
    for button, address in addresses.items():
        opened = button.click(
            opens(address), inputs=[panel.id], outputs=[shared.session_id, shared.go, shared.status], **PRIVATE
        )
        opened.then(None, inputs=[shared.go], js=GO, **PRIVATE)


def replaying(shared: Shared, panel: Chosen) -> None:
    """The conversation read message by message. Nothing of it is kept here: each step reads the interview anew."""

    def steps(move: Callable[[int, int], int]) -> Handler:
        @guarded(shared)
        async def handler(session: str, at: int, request: gr.Request) -> View:
            lang = lang_of(request)
            said = steps_of(await shared.open(session, request), lang)
            now = min(max(move(at, len(said)), 1), len(said))
            return {
                **panel.shut(),
                panel.replay_box: gr.update(visible=True),
                panel.chat: said[:now],
                panel.step: now,
                panel.where: f'<p class="pg-meta">{say("step", lang, at=now, all=len(said))}</p>',
                panel.back: gr.update(interactive=now > 1),
                panel.forth: gr.update(interactive=now < len(said)),
            }

        return handler

    moves = {
        panel.replay: lambda at, _: 1,
        panel.back: lambda at, _: at - 1,
        panel.forth: lambda at, _: at + 1,
        panel.everything: lambda _, all_: all_,
    }
    shown = [shared.status, *panel.folds, panel.chat, panel.step, panel.where, panel.back, panel.forth]
    for button, move in moves.items():
        button.click(steps(move), inputs=[panel.id, panel.step], outputs=shown, **PRIVATE)
    panel.close.click(lambda: gr.update(visible=False), outputs=[panel.replay_box], **PRIVATE)


def regrading(shared: Shared, panel: Chosen) -> Grading:
    """Every answer graded again, each shown as it is done; it can be stopped."""
    desk = shared.desk
    ready = {panel.regrade: gr.update(visible=True), panel.stop: gr.update(visible=False)}
    stoppable = Stoppable()

    @stoppable.event
    async def on_regrade(session: str, name: str, request: gr.Request) -> AsyncIterator[View]:
        lang, mine = lang_of(request), shelf_of(desk, request)
        parts = desk.coach.interview
        try:
            state = now = await asyncio.to_thread(mine.over, session)
            asked, judge = interview.regradable(parts, state), desk.coach.notice().name

            def far(now: Session, done: int) -> View:
                told = say("regrading", lang, judge=judge, done=done, all=len(asked))
                shown = regraded_html(state, now, asked[:done], parts.cards, lang)
                return {shared.status: told_html(told), panel.result: shown}

            busy = {panel.regrade: gr.update(visible=False), panel.stop: gr.update(visible=True)}
            yield {**panel.shut(), **busy, **far(now, 0)}
            done = 0
            async for now in interview.regrades(parts, state):
                done += 1
                yield far(now, done)
            yield {
                shared.status: told_html(say("regraded" if asked else "regrade_none", lang, judge=judge)),
                panel.head: session_html(now, name, lang, tz=local_zone()),
            }
        except CoachError as error:
            yield {shared.status: refusal(error, lang)}
        yield ready

    @guarded(shared, ready)
    async def on_stop(session: str, name: str, request: gr.Request) -> View:
        lang = lang_of(request)
        await stoppable.over(request)
        state = await asyncio.to_thread(shelf_of(desk, request).over, session)
        head = session_html(state, name, lang, tz=local_zone())
        return {**ready, panel.head: head, shared.status: told_html(say("regrade_stopped", lang))}

    buttons = [panel.regrade, panel.stop]
    running = panel.regrade.click(
        on_regrade,
        inputs=[panel.id, panel.name],
        outputs=[shared.status, panel.head, *panel.folds, *buttons],
        **PRIVATE,
    )
    stoppable.stops(panel.stop, [running]).then(
        on_stop, inputs=[panel.id, panel.name], outputs=[shared.status, panel.head, *buttons], **PRIVATE
    )
    return Grading(stoppable, running)


def exporting(shared: Shared, panel: Chosen) -> None:
    """A file is written when it is asked for, and saved by the browser at once."""

    def writes(make: Callable[[Shelf, str], Path]) -> Handler:
        @guarded(shared, {panel.file: gr.update(value=None)})
        async def handler(session: str, request: gr.Request) -> View:
            path = await asyncio.to_thread(make, shelf_of(shared.desk, request), session)
            return {shared.status: "", panel.file: gr.update(value=str(path))}

        return handler

    for button, make in ((panel.markdown, Shelf.markdown), (panel.json, Shelf.json)):
        button.click(writes(make), inputs=[panel.id], outputs=[shared.status, panel.file], **PRIVATE).then(
            None, js="() => progressSave('pg-file')", **PRIVATE
        )
