"""The report page: one session, verdict first; its course, its answers with the evidence, what comes back and when."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import gradio as gr

from coach.errors import CoachError, UnknownSession
from coach.interview import session as interview
from coach.interview.report import report as report_of
from coach.interview.timeline import moments
from coach.progress.outcome import outcome, told
from coach.schema import Event, Lang, Session
from coach.ui import report_views as views
from coach.ui.delivery import session_html
from coach.ui.desk import PRIVATE, Desk, View, lang_of, person_of
from coach.ui.markup import DELIMITERS
from coach.ui.words import I18N
from coach.wiring import Coach, local_zone

RECENT = 50
"""Most sessions to choose from."""


@dataclass(frozen=True)
class Found:
    """A session of the person who asks, with its events."""

    session: Session
    events: tuple[Event, ...]


def opened(coach: Coach, name: str, *, person: str) -> Found:
    """The session, if it is this person's. Raises UnknownSession when it is not, as when there is none; blocks."""
    events = coach.store.events(name)
    session = interview.fold(events)
    if session.person != person:
        raise UnknownSession(f"no session {name!r}: it may have been deleted, or belong to another data folder")
    return Found(session, events)


def page_of(coach: Coach, found: Found, lang: Lang, *, now: datetime) -> views.Page:
    """What the report of a session draws on; blocks."""
    from coach.progress.schedule import schedule

    session, cards, zone = found.session, coach.interview.cards, local_zone()
    mine = {one.card for one in session.rounds if told(session, one)} & set(cards)
    mine -= {one.card for one in session.rounds if not told(session, one)}
    points = {name: {point.id for point in cards[name].criteria} for name in mine}
    attempts = [one for one in coach.attempts(session.person) if one.card in mine]
    return views.Page(
        session=session,
        course=moments(found.events),
        cards=cards,
        critique=partial(_critique, coach, session),
        items=tuple(
            item
            for item in schedule(attempts, tz=zone)
            if item.criterion is None or item.criterion in points[item.card]
        ),
        now=now,
        tz=zone,
        lang=lang,
    )


def _critique(coach: Coach, session: Session, one: Any) -> Any:
    return interview.critique_of(coach.interview, one, session.lang)


def files(coach: Coach, found: Found, *, now: datetime) -> tuple[Path, Path, Path | None]:
    """The report as Markdown, the events as JSON, and the deck of open points where there are any; blocks."""
    from coach.grading.passage import passages
    from coach.progress.anki import deck

    session = found.session
    folder = coach.settings.page_dir / session.id
    folder.mkdir(parents=True, exist_ok=True)
    when = f"{session.started_at:%Y%m%d-%H%M}"
    written = folder / f"interview-report-{when}.md"
    written.write_text(report_of(coach.interview, session), encoding="utf-8")
    events = folder / f"interview-events-{when}.json"
    lines = ",\n".join(event.model_dump_json() for event in found.events)
    events.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    cards = folder / f"interview-missed-points-{when}.apkg"
    made = deck(
        [session],
        coach.interview.cards,
        lang=session.lang,
        path=cards,
        passages=partial(passages, glossary=coach.glossary),
        now=now,
    )
    return written, events, cards if made.notes else None


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
        topics = _text("report-topics")
        questions = _text("report-questions")
        review = _text("report-review")
        course = _text("report-timeline")
        spoken = gr.HTML("", elem_id="report-delivery", visible=False)
        talk = _text("report-transcript")

    parts = (topics, questions, review, course, spoken, talk)
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

    def view(found: Found, lang: Lang, choices: list[tuple[str, str]]) -> View:
        """Everything the page shows of a session; blocks."""
        session = found.session
        if session.exam and session.ended is None:
            return nothing(views.exam_goes_on(lang), choices) | {
                shown: session.id,
                pick: gr.update(choices=choices, value=session.id, visible=bool(choices)),
                go_on: gr.update(visible=True),
            }
        now = datetime.now(UTC)
        page = page_of(coach, found, lang, now=now)
        written, events, missed = files(coach, found, now=now)
        texts = (
            *(views.topics(page), views.questions(page), views.review(page), views.timeline(page)),
            *(session_html(session, lang), views.transcript(page)),
        )
        return {
            shown: session.id,
            pick: gr.update(choices=choices, value=session.id, visible=len(choices) > 1),
            head: views.head(page),
            status: gr.update(value="", visible=False),
            actions: gr.update(visible=True),
            save_markdown: gr.update(value=str(written)),
            save_json: gr.update(value=str(events)),
            save_anki: gr.update(value=str(missed) if missed else None, interactive=missed is not None),
            again: gr.update(visible=session.ended is not None),
            stop: gr.update(visible=False),
            go_on: gr.update(visible=session.ended is None),
            **{part: gr.update(value=text, visible=bool(text)) for part, text in zip(parts, texts, strict=True)},
        }

    def looked_up(wanted: str, fallback: str, lang: Lang, person: str) -> View:
        """The session that is wanted, else the one to fall back on, else the newest; blocks."""
        try:
            infos = coach.store.list(most=RECENT, person=person)
            choices = [(views.label(info, lang, local_zone()), info.session) for info in infos]
            for name in (wanted, fallback, infos[0].session if infos else ""):
                try:
                    if name:
                        return view(opened(coach, name, person=person), lang, choices)
                except UnknownSession:
                    if name == wanted:
                        return nothing(views.unknown(lang), choices)
            return nothing(views.first_visit(lang), choices)
        except CoachError as error:
            return nothing(views.fault(str(error), lang), [])

    async def on_load(here: str, request: gr.Request) -> View:
        wanted = str(request.query_params.get("session", ""))
        return await asyncio.to_thread(looked_up, wanted, here, lang_of(request), person_of(request))

    async def on_pick(name: str | None, request: gr.Request) -> View:
        return await asyncio.to_thread(looked_up, name or "", "", lang_of(request), person_of(request))

    async def on_again(name: str, request: gr.Request) -> AsyncIterator[View]:
        lang, person = lang_of(request), person_of(request)
        judge = coach.notice().name
        try:
            found = await asyncio.to_thread(opened, coach, name, person=person)
            session = found.session
            answered = sum(bool(one.answers) and one.card in coach.interview.cards for one in session.rounds)
            if session.ended is None or not answered:
                yield {status: gr.update(value=views.says("regrade_nothing", lang), visible=True)}
                return
            busy = {again: gr.update(visible=False), stop: gr.update(visible=True)}
            yield {status: _progress(1, answered, judge, lang), **busy}
            done, after = 0, session
            async for state in interview.regrades(coach.interview, session):
                done, after = done + 1, state
                if done < answered:
                    yield {status: _progress(done + 1, answered, judge, lang)}
            said = views.says(
                "regrade_done",
                lang,
                judge=judge,
                before=views.outcome_text(outcome(session.rounds), lang),
                after=views.outcome_text(outcome(after.rounds), lang),
            )
            fresh = await asyncio.to_thread(looked_up, name, "", lang, person)
            yield fresh | {status: gr.update(value=said, visible=True)}
        except CoachError as error:
            idle = {again: gr.update(visible=True), stop: gr.update(visible=False)}
            yield {status: gr.update(value=views.fault(str(error), lang), visible=True), **idle}

    async def on_stop(name: str, request: gr.Request) -> View:
        lang = lang_of(request)
        now = await asyncio.to_thread(looked_up, name, "", lang, person_of(request))
        return now | {status: gr.update(value=views.says("regrade_stopped", lang), visible=True)}

    desk.blocks.load(on_load, inputs=[remembered], outputs=outputs, **PRIVATE)
    pick.input(on_pick, inputs=[pick], outputs=outputs, js=_ADDRESS, **PRIVATE)
    grading = again.click(on_again, inputs=[shown], outputs=outputs, **PRIVATE)
    stop.click(on_stop, inputs=[shown], outputs=outputs, cancels=[grading], **PRIVATE)
    go_on.click(lambda name: name, inputs=[shown], outputs=[remembered], **PRIVATE).then(
        None, js="() => { setTimeout(() => location.assign('./'), 150); }", api_visibility="private"
    )


_ADDRESS = "(name) => { history.replaceState(null, '', `?session=${encodeURIComponent(name ?? '')}`); return [name]; }"


def _text(name: str) -> gr.Markdown:
    return gr.Markdown("", latex_delimiters=DELIMITERS, elem_id=name, visible=False)


def _progress(at: int, of: int, judge: str, lang: Lang) -> Any:
    return gr.update(value=views.says("regrading", lang, at=at, of=of, judge=judge), visible=True)
