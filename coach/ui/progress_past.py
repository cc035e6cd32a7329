"""The part of the progress page with past interviews: the list, a page at a time, and what changes it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from coach.progress.library import SessionInfo
from coach.schema import Lang
from coach.ui.desk import PRIVATE, View, lang_of
from coach.ui.pieces import told_html
from coach.ui.progress_chosen import choosing, exporting, guarded, opening, regrading, replaying
from coach.ui.progress_html import esc
from coach.ui.progress_parts import Chosen, Listed, Shared, build_chosen, build_list
from coach.ui.progress_sessions import answers_text, session_line
from coach.ui.shelf import PAGE, shelf_of
from coach.ui.words.progress import say
from coach.wiring import local_zone


@dataclass(frozen=True)
class Past:
    """The section as the page's first look needs it."""

    outputs: tuple[Any, ...]
    view: Callable[..., View]
    """What the list shows, for its first interviews and a language."""
    read: Callable[[gr.Request, str, tuple[SessionInfo, ...]], Awaitable[View]]
    """What it shows once it is read, for some words and the interviews after which each page before begins."""


def past(shared: Shared) -> Past:
    """The list beside the chosen interview, with all their events."""
    with gr.Row(elem_classes="pg-row", elem_id="pg-past"):
        with gr.Column(scale=1, min_width=320, elem_classes="pg-box"):
            shelf = build_list()
        with gr.Column(scale=1, min_width=320, elem_classes="pg-box", elem_id="pg-one"):
            panel = build_chosen()
    section = _listed(shared, shelf, panel)
    _changing(shared, shelf, panel, section)
    choosing(shared, shelf, panel, regrading(shared, panel))
    for wire in (opening, replaying, exporting):
        wire(shared, panel)
    return section


def _listed(shared: Shared, shelf: Listed, panel: Chosen) -> Past:
    rows = (shelf.trail, shelf.titles, shelf.searched, shelf.chosen, shelf.nothing, shelf.newer, shelf.older)
    outputs = (*rows, panel.hint, panel.id, panel.box, *panel.folds)

    def view(found: tuple[SessionInfo, ...], lang: Lang, words: str = "", way: tuple[SessionInfo, ...] = ()) -> View:
        zone, shown, more = local_zone(), found[:PAGE], len(found) > PAGE
        lines = [(session_line(info, lang, tz=zone), info.session) for info in shown]
        return {
            shelf.trail: (way, shown[-1] if more else None),
            shelf.titles: {info.session: info.title for info in shown},
            shelf.searched: words,
            shelf.chosen: gr.update(choices=lines, value=None, visible=bool(shown)),
            shelf.nothing: told_html(say("found_none", lang, words=words)) if words and not shown else "",
            shelf.newer: gr.update(visible=bool(way)),
            shelf.older: gr.update(visible=more),
            panel.hint: f'<p class="pg-note">{say("choose", lang)}</p>' if shown else "",
            panel.id: "",
            panel.box: gr.update(visible=False),
            **panel.shut(),
        }

    async def read(request: gr.Request, words: str, way: tuple[SessionInfo, ...]) -> View:
        before = way[-1] if way else None
        found = await asyncio.to_thread(shelf_of(shared.desk, request).page, search=words, before=before)
        return {shared.status: "", **view(found, lang_of(request), words, way)}

    @guarded(shared)
    async def on_search(words: str, request: gr.Request) -> View:
        return await read(request, words.strip(), ())

    @guarded(shared)
    async def on_older(words: str, at: Any, request: gr.Request) -> View:
        way, last = at
        return await read(request, words, (*way, last) if last is not None else way)

    @guarded(shared)
    async def on_newer(words: str, at: Any, request: gr.Request) -> View:
        return await read(request, words, at[0][:-1])

    told = {"outputs": [shared.status, *outputs], **PRIVATE}
    gr.on([shelf.search.submit, shelf.find.click], on_search, inputs=[shelf.search], **told)
    shelf.older.click(on_older, inputs=[shelf.searched, shelf.trail], **told)
    shelf.newer.click(on_newer, inputs=[shelf.searched, shelf.trail], **told)
    return Past(outputs, view, read)


def _changing(shared: Shared, shelf: Listed, panel: Chosen, section: Past) -> None:
    """Rename, and delete after a question; then the list is read again."""

    @guarded(shared)
    async def on_save(session: str, title: str, words: str, at: Any, request: gr.Request) -> View:
        await asyncio.to_thread(shelf_of(shared.desk, request).rename, session, title)
        told = told_html(say("renamed", lang_of(request)))
        return {**await section.read(request, words, at[0]), shared.status: told}

    @guarded(shared)
    async def on_delete(session: str, name: str, request: gr.Request) -> View:
        lang = lang_of(request)
        state = await shared.open(session, request)
        asks = say("asks_delete", lang, title=name, answers=answers_text(state, lang))
        return {**panel.shut(), panel.sure: gr.update(visible=True), panel.asks: f"<p>{esc(asks)}</p>"}

    @guarded(shared)
    async def on_yes(session: str, name: str, kept: str, words: str, at: Any, request: gr.Request) -> View:
        await asyncio.to_thread(shelf_of(shared.desk, request).delete, session)
        told = told_html(say("deleted", lang_of(request), title=name))
        shown = await section.read(request, words, at[0])
        return {**shown, shared.status: told, shared.session_id: "" if kept == session else kept}

    here = [shelf.searched, shelf.trail]
    after = [shared.status, *section.outputs]
    panel.rename.click(
        lambda: {**panel.shut(), panel.title_box: gr.update(visible=True)}, outputs=[*panel.folds], **PRIVATE
    ).then(None, js="() => progressFocus('pg-title')", **PRIVATE)
    gr.on(
        [panel.save.click, panel.title.submit],
        on_save,
        inputs=[panel.id, panel.title, *here],
        outputs=after,
        **PRIVATE,
    )
    panel.delete.click(
        on_delete, inputs=[panel.id, panel.name], outputs=[shared.status, *panel.folds, panel.asks], **PRIVATE
    ).then(None, js="() => progressFocus('pg-delete-no')", **PRIVATE)
    panel.no.click(lambda: gr.update(visible=False), outputs=[panel.sure], **PRIVATE)
    panel.yes.click(
        on_yes,
        inputs=[panel.id, panel.name, shared.session_id, *here],
        outputs=[*after, shared.session_id],
        **PRIVATE,
    )
