"""The part of the library page where notes are read, and cards drafted for the questions that have none."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr

from coach.bank.documents import DOCUMENTS, TEXT
from coach.bank.draft import unready
from coach.errors import CoachError, ContentError, Problem
from coach.faults import fault_text
from coach.schema import Lang, NoteQuestion
from coach.ui.desk import PRIVATE, Desk, View, lang_of
from coach.ui.fields import says
from coach.ui.library_views import Line, drafts_html, found_html, progress_html, summary_text
from coach.ui.pieces import told_html
from coach.ui.stopping import Stoppable
from coach.ui.words import I18N
from coach.ui.words.library import say
from coach.wiring import Coach

TELL_S = 0.3
"""Seconds between two updates of how far a long piece of work is."""
SHOWN = 90
"""Characters of a question in a line about it."""


@dataclass(frozen=True)
class Notes:
    """What of this part others draw again."""

    head: gr.HTML
    drafts: gr.HTML
    coach: Coach

    async def view(self, lang: Lang) -> View:
        """The page when it is opened, or after drafts were changed."""
        found = await asyncio.to_thread(waiting, self.coach)
        return {self.head: f'<p class="lib-note">{say("notes_head", lang)}</p>', self.drafts: drafts_html(found, lang)}


def waiting(coach: Coach) -> tuple[tuple[str, str, int], ...]:
    """The drafts: file, question where it can be told, and number of problems."""
    found = []
    for name in coach.drafts.names():
        try:
            text = coach.drafts.text(name)
        except ContentError:  # deleted meanwhile
            continue
        question = next((line.strip() for line in text.splitlines() if line.startswith("  en:")), "")
        found.append((name, question.removeprefix("en:").strip().strip("'\"|"), len(unready(text))))
    return tuple(found)


def looked_up(coach: Coach, question: NoteQuestion) -> Line:
    """A question with the card that answers it, or its draft, or neither. It blocks."""
    card = coach.card_for(question)
    if card is not None:
        return Line(question, "card", card)
    return drafted(coach, question)


def drafted(coach: Coach, question: NoteQuestion) -> Line:
    """What the drafts know of a question that no card asks."""
    made = coach.drafts.made(question)
    if made is None:
        return Line(question, "none")
    return Line(question, "draft", made) if made in coach.drafts.names() else Line(question, "deleted", made)


def read_files(paths: Sequence[str], lang: Lang) -> tuple[tuple[Line, ...], str]:
    """Every question of uploaded notes, and what was wrong with the files; the uploads are deleted. It blocks."""
    from coach.bank.notes import read_notes

    lines: list[Line] = []
    wrong: list[Problem] = []
    for path in map(Path, paths):
        try:
            lines += (Line(one, "unread") for one in read_notes(path, shown_as=path.name))
        except ContentError as error:
            wrong += error.problems
        with contextlib.suppress(OSError):
            path.unlink()
    return tuple(lines), fault_text(ContentError(tuple(wrong)), lang) if wrong else ""


def notes(desk: Desk) -> Notes:
    """The part, with its events."""
    coach = desk.coach
    head = gr.HTML("", elem_id="lib-notes-head")
    upload = gr.File(
        label=I18N("library_upload"),
        file_count="multiple",
        file_types=sorted((TEXT | set(DOCUMENTS)) - {""}),
        height=150,
        elem_id="lib-upload",
    )
    lines = gr.State(())
    status = says("lib-notes-told")
    with gr.Row(elem_classes="lib-buttons"):
        write = gr.Button(
            I18N("library_draft"), variant="primary", visible=False, elem_id="lib-write", scale=0, min_width=220
        )
        stop = gr.Button(I18N("library_stop"), visible=False, elem_id="lib-stop", scale=0, min_width=110)
    found = gr.HTML("", elem_id="lib-found")
    drafts = gr.HTML("", elem_id="lib-drafts")
    part = Notes(head, drafts, coach)

    def offered(known: Sequence[Line], lang: Lang) -> tuple[bool, str]:
        """Whether drafts can be written for some of the lines, and what to say about it."""
        if not any(line.state == "none" for line in known):
            return False, ""
        if not coach.can_draft:
            return False, say("no_model", lang)
        host = coach.notice().sends_to
        return True, say("sends", lang, host=host) if host else ""

    def after(known: Sequence[Line], lang: Lang, *, said: str = "", wrong: str = "") -> View:
        can, why = offered(known, lang)
        summary = summary_text(known, lang) if known else ""
        told = "".join(told_html(text) for text in (said, summary, why) if text)
        return {
            lines: tuple(known),
            status: told + told_html(wrong, bad=True),
            found: found_html(known, lang, done=not wrong),
            write: gr.update(visible=can),
            stop: gr.update(visible=False),
        }

    stoppable = Stoppable()

    @stoppable.event
    async def on_upload(paths: list[str] | None, request: gr.Request) -> AsyncIterator[View]:
        lang = lang_of(request)
        if not paths:
            return
        names = ", ".join(Path(path).name for path in paths)
        told = progress_html(say("reading", lang, name=names), 0, 0)
        yield {status: told, found: "", write: gr.update(visible=False), stop: gr.update(visible=True)}
        read, wrong = await asyncio.to_thread(read_files, paths, lang)
        known, shown_at = list(read), 0.0
        for at, line in enumerate(read):
            if time.monotonic() - shown_at > TELL_S:
                shown_at = time.monotonic()
                told = progress_html(say("looking", lang, done=at, all=len(read)), at, len(read))
                yield {upload: None, lines: tuple(known), status: told, found: found_html(known, lang, done=False)}
            try:
                known[at] = await asyncio.to_thread(looked_up, coach, line.question)
            except CoachError as error:
                yield {upload: None, **after(known, lang, wrong=fault_text(error, lang))}
                return
        yield {upload: None, **after(known, lang, wrong=wrong)}

    @stoppable.event
    async def on_write(known: tuple[Line, ...], request: gr.Request) -> AsyncIterator[View]:
        lang = lang_of(request)
        now, wanted = list(known), [at for at, line in enumerate(known) if line.state == "none"]
        failed: list[str] = []
        for number, at in enumerate(wanted, start=1):
            question = known[at].question
            told = say("drafting", lang, done=number, all=len(wanted), question=_short(question.text))
            yield {
                status: progress_html(told, number - 1, len(wanted)) + told_html("\n".join(failed), bad=True),
                lines: tuple(now),
                found: found_html(now, lang, done=True),
                write: gr.update(visible=False),
                stop: gr.update(visible=True),
            }
            try:
                path = await asyncio.to_thread(coach.drafts.add, question, await coach.draft(question))
                now[at] = replace(known[at], state="draft", name=path.relative_to(coach.drafts.folder).as_posix())
            except CoachError as error:
                failed.append(f"{question.path}:{question.line}: {fault_text(error, lang)}")
        said = say("drafts_done", lang, made=len(wanted) - len(failed), failed=len(failed))
        yield {**after(now, lang, said=said, wrong="\n".join(failed)), **await part.view(lang)}

    async def on_stop(known: tuple[Line, ...], request: gr.Request) -> View:
        lang = lang_of(request)
        await stoppable.over(request)
        now = [await asyncio.to_thread(drafted, coach, one.question) if one.state == "none" else one for one in known]
        return {upload: None, **after(now, lang, said=say("stopped", lang)), **await part.view(lang)}

    shown = [upload, lines, status, write, stop, found, head, drafts]
    reading = upload.upload(on_upload, inputs=[upload], outputs=shown, trigger_mode="once", **PRIVATE)
    writing = write.click(on_write, inputs=[lines], outputs=shown, trigger_mode="once", **PRIVATE)
    stoppable.stops(stop, [reading, writing]).then(on_stop, inputs=[lines], outputs=shown, **PRIVATE)
    return part


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
