"""The part of the progress page with past interviews: the list, and what can be done with the one that is chosen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import gradio as gr

from coach.errors import CoachError, UnknownSession
from coach.progress.library import SessionInfo
from coach.schema import Lang, Session
from coach.ui.desk import PRIVATE, Desk, View, lang_of, person_of
from coach.ui.progress_views import (
    Regraded,
    answers_text,
    esc,
    regraded_html,
    running_exam,
    session_html,
    session_line,
    steps_of,
)
from coach.ui.shelf import PAGE, Shelf
from coach.ui.words import I18N
from coach.ui.words.progress import say
from coach.wiring import local_zone

LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "$", "right": "$", "display": False},
    {"left": "\\(", "right": "\\)", "display": False},
]
GO = "(to) => progressGo(to)"


def shelf_of(desk: Desk, request: gr.Request | None) -> Shelf:
    """The interviews of whoever looks at the page; the only place that asks who that is."""
    return Shelf(desk.coach, person_of(request))


def told_html(text: str, *, bad: bool = False) -> str:
    """A message as HTML that a screen reader speaks; empty for none."""
    return f'<p class="pg-told{" bad" if bad else ""}">{esc(text)}</p>' if text else ""


@dataclass(frozen=True)
class Shared:
    """What the parts of the page write to together."""

    desk: Desk
    status: gr.HTML
    session_id: gr.BrowserState
    """The interview that the practice page and the report open."""
    go: gr.Textbox
    """An address that the browser then goes to."""


@dataclass(frozen=True)
class _List:
    """The list of interviews, a page of it at a time."""

    search: gr.Textbox
    find: gr.Button
    searched: gr.State
    trail: gr.State
    """The interviews after which each page up to this one begins, and the last one shown, if more follow."""
    titles: gr.State
    """The titles of those that are shown, by id."""
    chosen: gr.Radio
    nothing: gr.HTML
    newer: gr.Button
    older: gr.Button


@dataclass(frozen=True)
class _Panel:
    """The interview that is chosen, and what can be done with it."""

    hint: gr.HTML
    name: gr.State
    """Its title."""
    box: gr.Column
    head: gr.Markdown
    resume: gr.Button
    report: gr.Button
    replay: gr.Button
    regrade: gr.Button
    stop: gr.Button
    markdown: gr.Button
    json: gr.Button
    file: gr.DownloadButton
    rename: gr.Button
    delete: gr.Button
    title_box: gr.Row
    title: gr.Textbox
    save: gr.Button
    sure: gr.Column
    asks: gr.HTML
    yes: gr.Button
    no: gr.Button
    result: gr.Markdown
    replay_box: gr.Column
    chat: gr.Chatbot
    step: gr.State
    where: gr.HTML
    back: gr.Button
    forth: gr.Button
    everything: gr.Button
    close: gr.Button

    @property
    def folds(self) -> tuple[Any, ...]:
        """What unfolds below the buttons."""
        return self.title_box, self.sure, self.replay_box, self.result


@dataclass(frozen=True)
class Past:
    """The section as the page's first look needs it."""

    outputs: tuple[Any, ...]
    view: Callable[..., View]
    """What the list shows, for its first interviews and a language."""


def past(shared: Shared) -> Past:
    """The list beside the chosen interview, with all their events."""
    with gr.Row(elem_classes="pg-row", elem_id="pg-past"):
        with gr.Column(scale=1, min_width=320, elem_classes="pg-box"):
            shelf = _list()
        with gr.Column(scale=1, min_width=320, elem_classes="pg-box", elem_id="pg-one"):
            panel = _panel()
    section = _listed(shared, shelf, panel)
    _choosing(shared, shelf, panel)
    _opening(shared, shelf, panel)
    _replaying(shared, shelf, panel)
    _changing(shared, shelf, panel, section)
    _regrading(shared, shelf, panel)
    _exporting(shared, shelf, panel)
    return section


def _list() -> _List:
    searched, trail, titles = gr.State(""), gr.State(((), None)), gr.State({})
    gr.HTML(I18N("progress_past"), elem_id="pg-past-title")
    with gr.Row(elem_id="pg-search-row"):
        search = gr.Textbox(
            label=I18N("progress_search"),
            placeholder=I18N("progress_search_hint"),
            max_length=200,
            scale=4,
            min_width=180,
            elem_id="pg-search",
        )
        find = gr.Button(I18N("progress_find"), scale=1, min_width=80, elem_id="pg-find")
    chosen = gr.Radio([], label=I18N("progress_sessions"), elem_id="pg-sessions")
    nothing = gr.HTML("", elem_id="pg-nothing")
    with gr.Row(elem_id="pg-pager"):
        newer = gr.Button(I18N("progress_newer"), size="sm", visible=False, elem_id="pg-newer")
        older = gr.Button(I18N("progress_older"), size="sm", visible=False, elem_id="pg-older")
    return _List(search, find, searched, trail, titles, chosen, nothing, newer, older)


def _button(name: str, **looks: Any) -> gr.Button:
    return gr.Button(I18N(f"progress_{name}"), elem_id=f"pg-{name.replace('_', '-')}", size="md", min_width=80, **looks)


def _panel() -> _Panel:
    hint, name = gr.HTML("", elem_id="pg-hint"), gr.State("")
    with gr.Column(visible=False, elem_id="pg-chosen") as box:
        head = gr.Markdown("", latex_delimiters=LATEX, elem_id="pg-session")
        with gr.Row(elem_classes="pg-buttons"):
            resume, report = _button("resume", variant="primary"), _button("report", variant="primary")
            replay, regrade, stop = _button("replay"), _button("regrade"), _button("stop", visible=False)
            markdown, json = _button("markdown"), _button("json")
            rename, delete = _button("rename"), _button("delete")
            file = gr.DownloadButton(cast(str, I18N("progress_file")), visible="hidden", elem_id="pg-file")
        with gr.Row(visible=False, elem_id="pg-title-row") as title_box:
            title = gr.Textbox(label=I18N("progress_title"), max_length=200, scale=4, elem_id="pg-title")
            save = _button("save", scale=1)
        with gr.Column(visible=False, elem_id="pg-sure") as sure:
            asks = gr.HTML("")
            with gr.Row():
                yes, no = _button("delete_yes", variant="stop"), _button("delete_no")
        result = gr.Markdown("", latex_delimiters=LATEX, elem_id="pg-result")
        with gr.Column(visible=False, elem_id="pg-replay-box") as replay_box:
            chat = gr.Chatbot(
                label=I18N("progress_conversation"),
                latex_delimiters=LATEX,
                height=420,
                buttons=[],
                feedback_options=None,
                elem_id="pg-chat",
            )
            step = gr.State(0)
            where = gr.HTML("", elem_id="pg-where")
            with gr.Row():
                back, forth = _button("back"), _button("step", variant="primary")
                everything, close = _button("all"), _button("close")
    return _Panel(
        *(hint, name, box, head, resume, report, replay, regrade, stop, markdown, json, file, rename, delete),
        *(title_box, title, save, sure, asks, yes, no, result),
        *(replay_box, chat, step, where, back, forth, everything, close),
    )


def _shut(panel: _Panel) -> View:
    """What was unfolded below the buttons, folded again."""
    hidden = gr.update(visible=False)
    return {panel.title_box: hidden, panel.sure: hidden, panel.replay_box: hidden, panel.result: ""}


def _listed(shared: Shared, shelf: _List, panel: _Panel) -> Past:
    rows = (shelf.trail, shelf.titles, shelf.searched, shelf.chosen, shelf.nothing, shelf.newer, shelf.older)
    outputs = (*rows, panel.hint, panel.box, *panel.folds)

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
            panel.box: gr.update(visible=False),
            **_shut(panel),
        }

    async def read(request: gr.Request, words: str, way: tuple[SessionInfo, ...]) -> View:
        before = way[-1] if way else None
        try:
            found = await asyncio.to_thread(shelf_of(shared.desk, request).page, search=words, before=before)
        except CoachError as error:
            return {shared.status: told_html(str(error), bad=True)}
        return {shared.status: "", **view(found, lang_of(request), words, way)}

    async def on_search(words: str, request: gr.Request) -> View:
        return await read(request, words.strip(), ())

    async def on_older(words: str, at: Any, request: gr.Request) -> View:
        way, last = at
        return await read(request, words, (*way, last) if last is not None else way)

    async def on_newer(words: str, at: Any, request: gr.Request) -> View:
        return await read(request, words, at[0][:-1])

    told = {"outputs": [shared.status, *outputs], **PRIVATE}
    gr.on([shelf.search.submit, shelf.find.click], on_search, inputs=[shelf.search], **told)
    shelf.older.click(on_older, inputs=[shelf.searched, shelf.trail], **told)
    shelf.newer.click(on_newer, inputs=[shelf.searched, shelf.trail], **told)
    return Past(outputs, view)


def _choosing(shared: Shared, shelf: _List, panel: _Panel) -> None:
    async def on_choose(session: str | None, titles: dict[str, str], request: gr.Request) -> View:
        lang, name = lang_of(request), titles.get(session or "", "")
        try:
            state = await asyncio.to_thread(shelf_of(shared.desk, request).open, session or "")
        except CoachError as error:
            return {shared.status: _refusal(error, lang), panel.box: gr.update(visible=False)}
        told = not running_exam(state)
        usable = gr.update(visible=told)
        return {
            shared.status: "",
            panel.hint: "",
            panel.box: gr.update(visible=True),
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
            **_shut(panel),
        }

    buttons = (panel.resume, panel.report, panel.regrade, panel.stop, panel.markdown, panel.json)
    texts = (shared.status, panel.hint, panel.name, panel.box, panel.head, panel.title, panel.step)
    outputs = [*texts, *buttons, *panel.folds]
    shelf.chosen.input(on_choose, inputs=[shelf.chosen, shelf.titles], outputs=outputs, **PRIVATE).then(
        None, js="() => progressShow('pg-one')", **PRIVATE
    )


def _refusal(error: CoachError, lang: Lang) -> str:
    """What went wrong, as the page says it."""
    return told_html(say("gone", lang) if isinstance(error, UnknownSession) else str(error), bad=True)


def _opening(shared: Shared, shelf: _List, panel: _Panel) -> None:
    """Resume and report: the interview is remembered, then the browser goes to the page that shows it."""

    def opens(address: Callable[[Session], str]) -> Callable[..., Any]:
        async def handler(session: str | None, request: gr.Request) -> View:
            try:
                state = await asyncio.to_thread(shelf_of(shared.desk, request).open, session or "")
            except CoachError as error:
                return {shared.status: _refusal(error, lang_of(request)), shared.go: ""}
            return {shared.session_id: state.id, shared.go: address(state)}

        return handler

    addresses = {
        panel.resume: lambda state: "./",
        panel.report: lambda state: f"./report?session={state.id}",
    }
    for button, address in addresses.items():
        opened = button.click(
            opens(address), inputs=[shelf.chosen], outputs=[shared.session_id, shared.go, shared.status], **PRIVATE
        )
        opened.then(None, inputs=[shared.go], js=GO, **PRIVATE)


def _replaying(shared: Shared, shelf: _List, panel: _Panel) -> None:
    """The conversation read message by message. Nothing of it is kept here: each step reads the interview anew."""

    def steps(move: Callable[[int, int], int]) -> Callable[..., Any]:
        async def handler(session: str | None, at: int, request: gr.Request) -> View:
            lang = lang_of(request)
            try:
                state = await asyncio.to_thread(shelf_of(shared.desk, request).open, session or "")
            except CoachError as error:
                return {shared.status: _refusal(error, lang)}
            said = steps_of(state, lang)
            now = min(max(move(at, len(said)), 1), len(said))
            return {
                **_shut(panel),
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
        button.click(steps(move), inputs=[shelf.chosen, panel.step], outputs=shown, **PRIVATE)
    panel.close.click(lambda: gr.update(visible=False), outputs=[panel.replay_box], **PRIVATE)


def _changing(shared: Shared, shelf: _List, panel: _Panel, section: Past) -> None:
    """Rename, and delete after a question; then the list is read again."""

    async def again(request: gr.Request, words: str, at: Any, told: str) -> View:
        way = at[0]
        shelf_now = shelf_of(shared.desk, request)
        found = await asyncio.to_thread(shelf_now.page, search=words, before=way[-1] if way else None)
        return {**section.view(found, lang_of(request), words, way), shared.status: told_html(told)}

    async def on_save(session: str | None, title: str, words: str, at: Any, request: gr.Request) -> View:
        try:
            await asyncio.to_thread(shelf_of(shared.desk, request).rename, session or "", title)
            return await again(request, words, at, say("renamed", lang_of(request)))
        except CoachError as error:
            return {shared.status: _refusal(error, lang_of(request))}

    async def on_delete(session: str | None, name: str, request: gr.Request) -> View:
        lang = lang_of(request)
        try:
            state = await asyncio.to_thread(shelf_of(shared.desk, request).open, session or "")
        except CoachError as error:
            return {shared.status: _refusal(error, lang)}
        asks = say("asks_delete", lang, title=name, answers=answers_text(state, lang))
        return {**_shut(panel), panel.sure: gr.update(visible=True), panel.asks: f"<p>{esc(asks)}</p>"}

    async def on_yes(session: str | None, name: str, kept: str, words: str, at: Any, request: gr.Request) -> View:
        lang, mine = lang_of(request), shelf_of(shared.desk, request)
        try:
            await asyncio.to_thread(mine.delete, session or "")
            shown = await again(request, words, at, say("deleted", lang, title=name))
        except CoachError as error:
            return {shared.status: _refusal(error, lang)}
        return {**shown, shared.session_id: "" if kept == session else kept}

    here = [shelf.searched, shelf.trail]
    after = [shared.status, *section.outputs]
    panel.rename.click(
        lambda: {**_shut(panel), panel.title_box: gr.update(visible=True)}, outputs=[*panel.folds], **PRIVATE
    ).then(None, js="() => progressFocus('pg-title')", **PRIVATE)
    gr.on(
        [panel.save.click, panel.title.submit],
        on_save,
        inputs=[shelf.chosen, panel.title, *here],
        outputs=after,
        **PRIVATE,
    )
    panel.delete.click(
        on_delete, inputs=[shelf.chosen, panel.name], outputs=[shared.status, *panel.folds, panel.asks], **PRIVATE
    ).then(None, js="() => progressFocus('pg-delete-no')", **PRIVATE)
    panel.no.click(lambda: gr.update(visible=False), outputs=[panel.sure], **PRIVATE)
    panel.yes.click(
        on_yes,
        inputs=[shelf.chosen, panel.name, shared.session_id, *here],
        outputs=[*after, shared.session_id],
        **PRIVATE,
    )


def _regrading(shared: Shared, shelf: _List, panel: _Panel) -> None:
    """Every answer graded again, each shown as it is done; it can be stopped."""
    desk = shared.desk

    async def on_regrade(session: str | None, name: str, request: gr.Request) -> AsyncIterator[View]:
        lang, mine = lang_of(request), shelf_of(desk, request)
        done: list[Regraded] = []
        try:
            state = await asyncio.to_thread(mine.over, session or "")
            cards = desk.coach.interview.cards
            count = sum(bool(one.answers) and one.card in cards for one in state.rounds)
            judge = desk.coach.notice().name

            def far() -> View:
                told = say("regrading", lang, judge=judge, done=len(done), all=count)
                return {shared.status: told_html(told), panel.result: regraded_html(state, done, cards, lang)}

            busy = {panel.regrade: gr.update(visible=False), panel.stop: gr.update(visible=True)}
            yield {**_shut(panel), **busy, **far()}
            async for one in mine.regrade(state):
                done.append(one)
                yield far()
            now = await asyncio.to_thread(mine.open, session or "")
            yield {
                shared.status: told_html(say("regraded" if done else "regrade_none", lang, judge=judge)),
                panel.head: session_html(now, name, lang, tz=local_zone()),
            }
        except CoachError as error:
            yield {shared.status: _refusal(error, lang)}
        yield {panel.regrade: gr.update(visible=True), panel.stop: gr.update(visible=False)}

    async def on_stop(session: str | None, name: str, request: gr.Request) -> View:
        lang = lang_of(request)
        ready = {panel.regrade: gr.update(visible=True), panel.stop: gr.update(visible=False)}
        try:
            state = await asyncio.to_thread(shelf_of(desk, request).over, session or "")
        except CoachError as error:
            return {**ready, shared.status: _refusal(error, lang)}
        head = session_html(state, name, lang, tz=local_zone())
        return {**ready, panel.head: head, shared.status: told_html(say("regrade_stopped", lang))}

    buttons = [panel.regrade, panel.stop]
    running = panel.regrade.click(
        on_regrade,
        inputs=[shelf.chosen, panel.name],
        outputs=[shared.status, panel.head, *panel.folds, *buttons],
        **PRIVATE,
    )
    panel.stop.click(
        on_stop,
        inputs=[shelf.chosen, panel.name],
        outputs=[shared.status, panel.head, *buttons],
        cancels=[running],
        **PRIVATE,
    )


def _exporting(shared: Shared, shelf: _List, panel: _Panel) -> None:
    """A file is written when it is asked for, and saved by the browser at once."""

    def writes(make: Callable[[Shelf, str], Path]) -> Callable[..., Any]:
        async def handler(session: str | None, request: gr.Request) -> View:
            try:
                path = await asyncio.to_thread(make, shelf_of(shared.desk, request), session or "")
            except CoachError as error:
                return {shared.status: _refusal(error, lang_of(request)), panel.file: gr.update(value=None)}
            return {shared.status: "", panel.file: gr.update(value=str(path))}

        return handler

    for button, make in ((panel.markdown, Shelf.markdown), (panel.json, Shelf.json)):
        button.click(writes(make), inputs=[shelf.chosen], outputs=[shared.status, panel.file], **PRIVATE).then(
            None, js="() => progressSave('pg-file')", **PRIVATE
        )
