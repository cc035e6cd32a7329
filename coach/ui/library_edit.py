"""The part of the library page where a card or a draft is edited, checked and saved."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from coach.bank.draft import accept, unready
from coach.bank.own import ready, version_of
from coach.errors import ContentError, ModelError, Problem
from coach.faults import fault_text
from coach.schema import Card, Lang
from coach.ui.desk import PRIVATE, Desk, View, lang_of
from coach.ui.fields import says
from coach.ui.library_views import problems_html
from coach.ui.pieces import esc, told_html
from coach.ui.words import I18N
from coach.ui.words.library import say
from coach.wiring import Coach

NEW_CARD = Path(__file__).parent / "assets" / "new-card.yaml"


@dataclass(frozen=True)
class Editing:
    """What is in the editor, and the state of its file when it was opened."""

    kind: Literal["card", "draft", "new"]
    name: str
    seen: str

    def called(self, lang: Lang) -> str:
        """What it is called."""
        return say("new_card", lang) if self.kind == "new" else self.name


@dataclass(frozen=True)
class Editor:
    """The editor's parts, and how something is opened in it."""

    coach: Coach
    editing: gr.State
    code: gr.Code
    head: gr.HTML
    told: gr.HTML
    room: gr.Column
    accept: gr.Button
    revert: gr.Button
    delete: gr.Button
    sure: gr.Row
    question: gr.HTML

    @property
    def outputs(self) -> tuple[Any, ...]:
        """Everything that opening something changes."""
        one = self
        return (
            *(one.editing, one.code, one.head, one.told, one.room),
            *(one.accept, one.revert, one.delete, one.sure, one.question),
        )

    async def open(self, kind: str, name: str, lang: Lang) -> View:
        """The page with a card, a draft or a new card in the editor. Raises ContentError."""
        if kind == "draft":
            text = await asyncio.to_thread(self.coach.drafts.text, name)
            return self.shown(Editing("draft", name, version_of(text)), text, lang)
        if kind == "new":
            text = await asyncio.to_thread(NEW_CARD.read_text, encoding="utf-8")
            return self.shown(Editing("new", "", version_of(text)), text, lang)
        text = await asyncio.to_thread(self.coach.own_cards.text, name)
        return self.shown(Editing("card", name, version_of(text)), text, lang)

    def shown(self, now: Editing, text: str, lang: Lang, *, told: str = "") -> View:
        """The editor with `text` in it."""
        whose = self.coach.own_cards.origin(now.name) if now.kind == "card" else now.kind
        hint = f"{'' if lang == 'zh' else ' '}{say('another_id', lang)}" if now.kind == "card" else ""
        return {
            self.editing: now,
            self.code: text,
            self.head: _head(now, f"{say(f'edit_{whose}', lang)}{hint}", lang),
            self.told: told,
            self.room: gr.update(visible=True),
            self.accept: gr.update(visible=now.kind == "draft"),
            self.revert: gr.update(visible=whose == "changed"),
            self.delete: gr.update(visible=whose in {"own", "draft"}),
            self.sure: gr.update(visible=False),
            self.question: "",
        }

    def closed(self, lang: Lang, *, told: str = "") -> View:
        """The editor with nothing in it."""
        return {
            self.editing: None,
            self.code: "",
            self.head: told_html(say("edit_none", lang)),
            self.told: told,
            self.room: gr.update(visible=False),
            self.sure: gr.update(visible=False),
        }


def unsaved(now: Editing | None, text: str, kind: str, name: str) -> bool:
    """Whether opening something else would lose what was typed."""
    return now is not None and (now.kind, now.name) != (kind, name) and version_of(text or "") != now.seen


def _head(now: Editing, text: str, lang: Lang) -> str:
    return f'<div class="lib"><h2>{esc(now.called(lang))}</h2><p class="lib-note">{esc(text)}</p></div>'


def editor(desk: Desk) -> tuple[Editor, list[Any], gr.HTML]:
    """The editor, the events after which lists are to be drawn again, and the count of changes that triggers them."""
    coach = desk.coach
    with gr.Row(elem_classes="lib-bar"):
        head = gr.HTML("", elem_id="lib-edit-head", min_width=240)
        new = gr.Button(I18N("library_new"), elem_id="lib-new", scale=0, min_width=140)
    told = says("lib-edit-told")
    with gr.Column(visible=False, elem_id="lib-edit-room") as room:
        with gr.Row(visible=False, elem_id="lib-sure") as sure:
            question = gr.HTML("", min_width=240)
            yes = gr.Button(I18N("library_yes"), variant="stop", elem_id="lib-yes", scale=0, min_width=140)
            no = gr.Button(I18N("library_no"), elem_id="lib-no", scale=0, min_width=140)
        with gr.Row(elem_classes="lib-buttons"):
            save = gr.Button(I18N("library_save"), variant="primary", elem_id="lib-save", min_width=110)
            check = gr.Button(I18N("library_check"), elem_id="lib-check", min_width=110)
            accepting = gr.Button(I18N("library_accept"), visible=False, elem_id="lib-accept", min_width=160)
            discard = gr.Button(I18N("library_discard"), elem_id="lib-discard", min_width=160)
            revert = gr.Button(I18N("library_revert"), visible=False, elem_id="lib-revert", min_width=160)
            delete = gr.Button(I18N("library_delete"), visible=False, elem_id="lib-delete", min_width=110)
        code = gr.Code("", language="yaml", label=I18N("library_yaml"), lines=24, max_lines=40, elem_id="lib-yaml")
    one = Editor(coach, gr.State(None), code, head, told, room, accepting, revert, delete, sure, question)
    inputs = [one.editing, code]
    outputs = list(one.outputs)

    async def on_check(now: Editing | None, text: str, request: gr.Request) -> View:
        lang = lang_of(request)
        problems = await asyncio.to_thread(_problems, now, text or "")
        if not problems:
            return {told: told_html(say("right", lang))}
        return {told: problems_html(problems, lang, head=counted("checked", len(problems), lang))}

    async def saved(now: Editing, text: str, lang: Lang) -> AsyncIterator[View]:
        if now.kind == "draft":
            yield await _saved_draft(one, now, text, lang)
            return
        opened = now.name if now.kind == "card" else None
        card = await asyncio.to_thread(coach.own_cards.save, text, opened=opened, seen=now.seen)
        async for view in _settled(one, card, text, lang, say("saved", lang, name=card.id)):
            yield view

    async def accepted(now: Editing, text: str, lang: Lang) -> AsyncIterator[View]:
        card, kept = await asyncio.to_thread(_accepted, coach, now, text)
        async for view in _settled(one, card, kept, lang, say("accepted_card", lang, name=card.id)):
            yield view

    async def on_new(now: Editing | None, text: str, request: gr.Request) -> View:
        lang = lang_of(request)
        if now is not None and unsaved(now, text, "new", ""):
            return {told: told_html(say("unsaved", lang, name=now.called(lang)), bad=True)}
        return await one.open("new", "", lang)

    async def on_discard(now: Editing | None, request: gr.Request) -> View:
        lang = lang_of(request)
        try:
            if now is None or now.kind == "new":
                return one.closed(lang)
            return await one.open(now.kind, now.name, lang)
        except ContentError as error:
            return {told: refused_html(error, lang, key="shut")}

    def on_ask(now: Editing | None, request: gr.Request) -> View:
        lang = lang_of(request)
        if now is None:
            return {told: told_html(say("lost", lang), bad=True)}
        changed = now.kind == "card" and coach.own_cards.origin(now.name) == "changed"
        asked = say("ask_revert" if changed else "ask_delete", lang, name=now.name)
        return {sure: gr.update(visible=True), question: told_html(asked, bad=True)}

    async def deleted(now: Editing, _: str, lang: Lang) -> AsyncIterator[View]:
        yield {sure: gr.update(visible=False)}
        if now.kind == "draft":
            await asyncio.to_thread(coach.drafts.delete, now.name)
            yield one.closed(lang, told=told_html(say("deleted_draft", lang)))
            return
        whose = await asyncio.to_thread(coach.own_cards.remove, now.name, seen=now.seen)
        yield {told: told_html(say("saving", lang))}
        await asyncio.to_thread(brought_up_to_date, coach)
        if whose == "own":
            yield one.closed(lang, told=told_html(say("deleted", lang, name=now.name)))
            return
        view = await one.open("card", now.name, lang)
        yield view | {told: told_html(say("reverted", lang, name=now.name))}

    check.click(on_check, inputs=inputs, outputs=[told], **PRIVATE)
    new.click(on_new, inputs=inputs, outputs=outputs, **PRIVATE)
    discard.click(on_discard, inputs=[one.editing], outputs=outputs, **PRIVATE)
    for button in (revert, delete):
        button.click(on_ask, inputs=[one.editing], outputs=[sure, question, told], **PRIVATE)
    no.click(lambda: gr.update(visible=False), outputs=[sure], **PRIVATE)
    changing = [
        button.click(_step(one, step), inputs=inputs, outputs=outputs, trigger_mode="once", **PRIVATE)
        for button, step in ((save, saved), (accepting, accepted), (yes, deleted))
    ]
    return one, changing, told


def _step(
    one: Editor, step: Callable[[Editing, str, Lang], AsyncIterator[View]]
) -> Callable[[Editing | None, str, gr.Request], AsyncIterator[View]]:
    """An event that changes what is open; it says what stands in the way."""

    async def on_step(now: Editing | None, text: str, request: gr.Request) -> AsyncIterator[View]:
        lang = lang_of(request)
        if now is None:
            yield {one.told: told_html(say("lost", lang), bad=True)}
            return
        try:
            async for view in step(now, text or "", lang):
                yield view
        except ContentError as error:
            yield {one.told: refused_html(error, lang)}

    return on_step


def counted(key: str, number: int, lang: Lang) -> str:
    """A sentence with a number, in the singular where it is one."""
    return say(f"{key}_one", lang) if number == 1 else say(key, lang, n=number)


def refused_html(error: ContentError, lang: Lang, *, key: Literal["wrong", "shut"] = "wrong") -> str:
    """What stood in the way of saving, or of opening (`shut`); every problem with its line.

    In Chinese a refusal that has a sentence of its own is told by it alone.
    """
    if lang == "zh" and error.code:
        return told_html(fault_text(error, lang), bad=True)
    head = say("shut", lang) if key == "shut" else counted("wrong", len(error.problems), lang)
    return problems_html(error.problems, lang, head=head)


def brought_up_to_date(coach: Coach) -> None:
    """Read the cards again and make the search over them, so that nobody waits for it; it blocks."""
    coach.reload()
    _ = coach.lexical
    try:
        coach.index()
    except ModelError:  # the next search says so
        return


def _problems(now: Editing | None, text: str) -> tuple[Problem, ...]:
    if now is not None and now.kind == "draft":
        return unready(text)
    try:
        ready(text, shown_as="card")
    except ContentError as error:
        return error.problems
    return ()


async def _saved_draft(one: Editor, now: Editing, text: str, lang: Lang) -> View:
    await asyncio.to_thread(one.coach.drafts.save, now.name, text, seen=now.seen)
    left = await asyncio.to_thread(unready, text)
    kept = Editing("draft", now.name, version_of(text))
    if not left:
        return {one.editing: kept, one.told: told_html(say("saved_draft_right", lang))}
    return {one.editing: kept, one.told: problems_html(left, lang, head=say("saved_draft", lang, n=len(left)))}


def _accepted(coach: Coach, now: Editing, text: str) -> tuple[Card, str]:
    """The card that a draft became, and its text as it is in the bank."""
    coach.drafts.save(now.name, text, seen=now.seen)
    path = accept(coach.drafts.path(now.name), drafts=coach.drafts.folder, own=coach.own_cards)
    kept = path.read_text(encoding="utf-8")
    return ready(kept, shown_as=now.name), kept


async def _settled(one: Editor, card: Card, text: str, lang: Lang, told: str) -> AsyncIterator[View]:
    """The page after a card was written: at once, and when search knows it."""
    now = Editing("card", card.id, version_of(text))
    yield one.shown(now, text, lang, told=told_html(say("saving", lang)))
    await asyncio.to_thread(brought_up_to_date, one.coach)
    yield {one.told: told_html(told)}
