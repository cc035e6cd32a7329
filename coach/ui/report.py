"""The report page: one session, verdict first; its course, its answers with the evidence, what comes back and when."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any, cast

import gradio as gr

from coach.errors import CoachError, UnknownSession
from coach.faults import fault_text
from coach.interview import session as interview
from coach.interview.timeline import moments
from coach.progress.outcome import outcome, told
from coach.schema import Event, Lang, Session
from coach.ui.delivery import session_html
from coach.ui.desk import PRIVATE, Desk, View, lang_of
from coach.ui.markup import DELIMITERS
from coach.ui.report_course import timeline, transcript
from coach.ui.report_page import Page, exam_goes_on, fault, first_visit, label, says, unknown
from coach.ui.report_questions import outcome_text, questions
from coach.ui.report_verdict import head as verdict
from coach.ui.report_verdict import review, topics
from coach.ui.shelf import Shelf, shelf_of
from coach.ui.stopping import Stoppable
from coach.ui.words import I18N
from coach.wiring import Coach, local_zone

RECENT = 50
"""Most sessions to choose from."""


def page_of(coach: Coach, session: Session, events: Iterable[Event], lang: Lang, *, now: datetime) -> Page:
    """What the report of a session draws on; blocks."""
    cards = coach.interview.cards
    mine = {one.card for one in session.rounds if told(session, one)} & set(cards)
    mine -= {one.card for one in session.rounds if not told(session, one)}
    return Page(
        session=session,
        course=moments(events),
        cards=cards,
        critique=lambda one: interview.critique_of(coach.interview, one, session.lang),
        items=coach.scheduled(one for one in coach.attempts(session.person) if one.card in mine),
        now=now,
        tz=local_zone(),
        lang=lang,
    )


def build(desk: Desk) -> None:
    """The content of the page, inside the page that `shell` opened."""
    coach = desk.coach
    remembered = desk.remembered()
    shown = gr.State("")
    with gr.Column(elem_id="report-page"):
        pick = gr.Dropdown([], label=I18N("report_pick"), elem_id="report-pick", visible=False, filterable=True)
        head = gr.Markdown("", latex_delimiters=DELIMITERS, elem_id="report-head")
        status = gr.HTML("", elem_id="report-status", visible=False)
        with gr.Row(elem_id="report-actions", visible=False) as actions:
            save_markdown = gr.DownloadButton(cast(str, I18N("report_markdown")), elem_id="report-markdown", size="sm")
            save_json = gr.DownloadButton(cast(str, I18N("report_json")), elem_id="report-json", size="sm")
            save_anki = gr.DownloadButton(cast(str, I18N("report_anki")), elem_id="report-anki", size="sm")
            gr.Button(I18N("report_print"), elem_id="report-print", size="sm")
            again = gr.Button(I18N("report_regrade"), elem_id="report-regrade", size="sm")
            stop = gr.Button(I18N("report_stop"), elem_id="report-stop", size="sm", variant="stop", visible=False)
        go_on = gr.Button(I18N("report_go_on"), variant="primary", elem_id="report-go-on", visible=False)
        parts: tuple[gr.HTML | gr.Markdown, ...] = (
            *(_text("report-topics"), _text("report-questions"), _text("report-review"), _text("report-timeline")),
            gr.HTML("", elem_id="report-delivery", visible=False),
            _text("report-transcript"),
        )
    outputs = [shown, pick, head, status, actions, save_markdown, save_json, save_anki, again, stop, go_on, *parts]

    def nothing(said: str, choices: list[tuple[str, str]]) -> View:
        """The page without a session, and why."""
        hidden = {part: gr.update(value="", visible=False) for part in (*parts, status)}
        return {
            shown: "",
            pick: gr.update(choices=choices, value=None, visible=bool(choices)),
            head: said,
            actions: gr.update(visible=False),
            go_on: gr.update(visible=False),
            **hidden,
        }

    def view(shelf: Shelf, name: str, lang: Lang, choices: list[tuple[str, str]]) -> View:
        """Everything the page shows of a session; blocks."""
        session, events = shelf.read(name)
        if session.exam_on:
            return nothing(exam_goes_on(lang), choices) | {
                shown: session.id,
                pick: gr.update(choices=choices, value=session.id, visible=bool(choices)),
                go_on: gr.update(visible=True),
            }
        page = page_of(coach, session, events, lang, now=datetime.now(UTC))
        missed = shelf.missed(name)
        texts = (
            *(topics(page), questions(page), review(page), timeline(page)),
            *(session_html(session, lang), transcript(page)),
        )
        return {
            shown: session.id,
            pick: gr.update(choices=choices, value=session.id, visible=len(choices) > 1),
            head: verdict(page),
            status: gr.update(value="", visible=False),
            actions: gr.update(visible=True),
            save_markdown: gr.update(value=str(shelf.markdown(name))),
            save_json: gr.update(value=str(shelf.json(name))),
            save_anki: gr.update(value=str(missed) if missed else None, interactive=missed is not None),
            again: gr.update(visible=session.ended is not None),
            stop: gr.update(visible=False),
            go_on: gr.update(visible=session.ended is None),
            **{part: gr.update(value=text, visible=bool(text)) for part, text in zip(parts, texts, strict=True)},
        }

    def looked_up(shelf: Shelf, wanted: str, fallback: str, lang: Lang) -> View:
        """The session that is wanted, else the one to fall back on, else the newest; blocks."""
        try:
            infos = coach.store.list(most=RECENT, person=shelf.person)
            choices = [(label(info, lang, local_zone()), info.session) for info in infos]
            for name in (wanted, fallback, infos[0].session if infos else ""):
                try:
                    if name:
                        return view(shelf, name, lang, choices)
                except UnknownSession:
                    if name == wanted:
                        return nothing(unknown(lang), choices)
            return nothing(first_visit(lang), choices)
        except CoachError as error:
            return nothing(fault(fault_text(error, lang), lang), [])

    async def on_load(here: str, request: gr.Request) -> View:
        wanted = str(request.query_params.get("session", ""))
        return await asyncio.to_thread(looked_up, shelf_of(desk, request), wanted, here, lang_of(request))

    async def on_pick(name: str | None, request: gr.Request) -> View:
        return await asyncio.to_thread(looked_up, shelf_of(desk, request), name or "", "", lang_of(request))

    stoppable = Stoppable()

    @stoppable.event
    async def on_again(name: str, request: gr.Request) -> AsyncIterator[View]:
        lang, shelf = lang_of(request), shelf_of(desk, request)
        judge = coach.notice().name
        try:
            session = await asyncio.to_thread(shelf.open, name)
            answered = len(interview.regradable(coach.interview, session))
            if session.ended is None or not answered:
                yield {status: gr.update(value=says("regrade_nothing", lang), visible=True)}
                return
            busy = {again: gr.update(visible=False), stop: gr.update(visible=True)}
            yield {status: _progress(1, answered, judge, lang), **busy}
            done, after = 0, session
            async for state in interview.regrades(coach.interview, session):
                done, after = done + 1, state
                if done < answered:
                    yield {status: _progress(done + 1, answered, judge, lang)}
            said = says(
                "regrade_done",
                lang,
                judge=judge,
                before=outcome_text(outcome(session.rounds), lang),
                after=outcome_text(outcome(after.rounds), lang),
            )
            fresh = await asyncio.to_thread(looked_up, shelf, name, "", lang)
            yield fresh | {status: gr.update(value=said, visible=True)}
        except CoachError as error:
            idle = {again: gr.update(visible=True), stop: gr.update(visible=False)}
            yield {status: gr.update(value=fault(fault_text(error, lang), lang), visible=True), **idle}

    async def on_stop(name: str, request: gr.Request) -> View:
        lang = lang_of(request)
        await stoppable.over(request)
        now = await asyncio.to_thread(looked_up, shelf_of(desk, request), name, "", lang)
        return now | {status: gr.update(value=says("regrade_stopped", lang), visible=True)}

    desk.blocks.load(on_load, inputs=[remembered], outputs=outputs, **PRIVATE)
    pick.input(on_pick, inputs=[pick], outputs=outputs, js=_ADDRESS, trigger_mode="always_last", **PRIVATE)
    grading = again.click(on_again, inputs=[shown], outputs=outputs, **PRIVATE)
    stoppable.stops(stop, [grading]).then(on_stop, inputs=[shown], outputs=outputs, **PRIVATE)
    go_on.click(lambda name: name, inputs=[shown], outputs=[remembered], **PRIVATE).then(
        None, js="() => { setTimeout(() => location.assign('./'), 150); }", api_visibility="private"
    )


_ADDRESS = "(name) => { history.replaceState(null, '', `?session=${encodeURIComponent(name ?? '')}`); return [name]; }"


def _text(name: str) -> gr.Markdown:
    return gr.Markdown("", latex_delimiters=DELIMITERS, elem_id=name, visible=False)


def _progress(at: int, of: int, judge: str, lang: Lang) -> Any:
    return gr.update(value=says("regrading", lang, at=at, of=of, judge=judge), visible=True)
