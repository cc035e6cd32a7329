"""The fields of the progress page's lower half: the list of past interviews, and the one that is chosen."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import gradio as gr

from coach.schema import Session
from coach.ui.desk import Desk, View
from coach.ui.fields import search_row
from coach.ui.markup import LATEX
from coach.ui.shelf import shelf_of
from coach.ui.words import I18N

GO = "(to) => progressGo(to)"
"""Sends the browser to the address in a field."""


@dataclass(frozen=True)
class Shared:
    """What the parts of the page write to together."""

    desk: Desk
    status: gr.HTML
    session_id: gr.BrowserState
    """The interview that the practice page and the report open."""
    go: gr.Textbox
    """An address that the browser then goes to."""

    async def open(self, session: str | None, request: gr.Request) -> Session:
        """An interview of whoever looks at the page. Raises UnknownSession."""
        return await asyncio.to_thread(shelf_of(self.desk, request).open, session or "")


@dataclass(frozen=True)
class Listed:
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
class Chosen:
    """The interview that is chosen, and what can be done with it."""

    hint: gr.HTML
    id: gr.State
    """Whose panel this is; empty while none is shown. The list may be a press ahead of it."""
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
    asks: gr.Markdown
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

    def shut(self) -> View:
        """What was unfolded below the buttons, folded again."""
        hidden = gr.update(visible=False)
        return {self.title_box: hidden, self.sure: hidden, self.replay_box: hidden, self.result: ""}


def build_list() -> Listed:
    """The list, empty."""
    searched, trail, titles = gr.State(""), gr.State(((), None)), gr.State({})
    gr.HTML(I18N("progress_past"), elem_id="pg-past-title")
    search, find = search_row("progress", "pg", most=200, scale=1, min_width=80)
    chosen = gr.Radio([], label=I18N("progress_sessions"), elem_id="pg-sessions")
    nothing = gr.HTML("", elem_id="pg-nothing")
    with gr.Row(elem_id="pg-pager"):
        newer = gr.Button(I18N("progress_newer"), size="sm", visible=False, elem_id="pg-newer")
        older = gr.Button(I18N("progress_older"), size="sm", visible=False, elem_id="pg-older")
    return Listed(search, find, searched, trail, titles, chosen, nothing, newer, older)


def _button(name: str, **looks: Any) -> gr.Button:
    return gr.Button(I18N(f"progress_{name}"), elem_id=f"pg-{name.replace('_', '-')}", size="md", min_width=80, **looks)


def build_chosen() -> Chosen:
    """The chosen interview, hidden."""
    hint, shown, name = gr.HTML("", elem_id="pg-hint"), gr.State(""), gr.State("")
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
            asks = gr.Markdown("", latex_delimiters=LATEX)
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
    return Chosen(
        *(hint, shown, name, box, head, resume, report, replay, regrade, stop, markdown, json, file, rename),
        *(delete, title_box, title, save, sure, asks, yes, no, result),
        *(replay_box, chat, step, where, back, forth, everything, close),
    )
