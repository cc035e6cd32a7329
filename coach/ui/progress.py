"""The progress page: what is due, how it goes, and every past interview."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import gradio as gr

from coach.errors import CoachError, InterviewError
from coach.faults import fault_text
from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.schema import Card, Lang
from coach.ui.desk import PRIVATE, Desk, View, lang_of
from coach.ui.fields import says
from coach.ui.markup import LATEX
from coach.ui.pieces import told_html
from coach.ui.progress_figures import (
    due_html,
    first_visit_html,
    not_due_html,
    numbers_html,
    rating_html,
    take_html,
    times_html,
    topics_html,
)
from coach.ui.progress_parts import GO, Shared
from coach.ui.progress_past import past
from coach.ui.progress_points import heat_html, heat_of, points_head_html
from coach.ui.shelf import Figured, Shelf, shelf_of
from coach.ui.stopping import Stoppable
from coach.ui.words import I18N
from coach.ui.words.progress import say
from coach.ui.words.topics import topic_word
from coach.wiring import local_zone

TELL_S = 0.4
"""Seconds between two updates of how far a long piece of work is."""


def build(desk: Desk) -> None:
    """The content of the page, inside the page that `shell` opened."""
    go = gr.Textbox("", visible="hidden", label="go", elem_id="pg-go")
    status = says("pg-status")
    shared = Shared(desk, status, desk.remembered(), go)
    first = gr.HTML("", visible=False, elem_id="pg-first")
    with gr.Column(visible=False, elem_id="pg-page") as everything:
        figures = _figures(shared)
        listed = past(shared)
        take = _take(shared, figures.lang)

    async def on_open(request: gr.Request) -> View:
        lang = lang_of(request)
        try:
            found = await asyncio.to_thread(shelf_of(desk, request).page)
        except CoachError as error:
            return {status: told_html(fault_text(error, lang), bad=True)}
        if not found:
            return {first: gr.update(value=first_visit_html(lang), visible=True), everything: gr.update(visible=False)}
        return {
            everything: gr.update(visible=True),
            figures.due: told_html(say("reading", lang)),
            take: take_html(lang),
            **listed.view(found, lang),
        }

    outputs = [status, first, everything, figures.due, take, *listed.outputs]
    opened = desk.blocks.load(on_open, outputs=outputs, **PRIVATE)
    opened.then(figures.draw, outputs=[status, *figures.outputs], **PRIVATE)


@dataclass(frozen=True)
class _Figures:
    """The upper half of the page."""

    due: gr.Markdown
    lang: gr.Radio
    """The language chosen for questions, and for what is exported."""
    outputs: tuple[Any, ...]
    draw: Callable[..., Any]


def _figures(shared: Shared) -> _Figures:
    """What is due, and every figure. They are drawn after the list, as they need all interviews to be read once."""
    coach, figured = shared.desk.coach, Figured()
    with gr.Row(elem_classes="pg-row"):
        with gr.Column(scale=3, min_width=320, elem_classes="pg-box"):
            due = gr.Markdown("", latex_delimiters=LATEX, elem_id="pg-due")
            with gr.Row(visible=False, elem_id="pg-start") as start_row:
                lang = gr.Radio(
                    [("English", "en"), ("中文", "zh")],
                    value="en",
                    label=I18N("progress_lang"),
                    min_width=200,
                    elem_id="pg-lang",
                )
                start = gr.Button(I18N("progress_practise"), variant="primary", min_width=200, elem_id="pg-practise")
        with gr.Column(scale=2, min_width=320, elem_classes="pg-box"):
            numbers = gr.HTML("", elem_id="pg-numbers")
    with gr.Row(elem_classes="pg-row"):
        with gr.Column(scale=3, min_width=320, elem_classes="pg-box"):
            trends = gr.HTML("", elem_id="pg-topics")
        with gr.Column(scale=2, min_width=320, elem_classes="pg-box"):
            rating = gr.HTML("", elem_id="pg-rating")
            times = gr.HTML("", elem_id="pg-times")
    with gr.Column(elem_classes="pg-box"):
        head, topic, points = _points()

    async def draw(request: gr.Request) -> View:
        try:
            return await asyncio.to_thread(drawn, shelf_of(shared.desk, request), lang_of(request))
        except CoachError as error:
            return {shared.status: told_html(fault_text(error, lang_of(request)), bad=True), due: ""}

    def drawn(shelf: Shelf, shown: Lang) -> View:
        coach.refresh()
        now, zone, cards = datetime.now(UTC), local_zone(), coach.interview.cards
        topics = {name: card.topics[:1] for name, card in cards.items()}
        got, today = figured.of(shelf, now), now.astimezone(zone).date()
        queue = (
            due_html(got.due, cards, shown, today=today, tz=zone)
            if got.due
            else not_due_html(got.coming, shown, today=today, tz=zone, done=got.done_today)
        )
        return {
            due: queue,
            start_row: gr.update(visible=bool(got.due)),
            lang: shown,
            numbers: numbers_html(got.progress, got.attempts, shown, cards=len(cards), today=today, tz=zone),
            trends: topics_html(got.progress, got.attempts, topics, shown),
            rating: rating_html(got.progress.self_rating, got.attempts, shown),
            times: times_html(got.progress.times, shown),
            head: points_head_html(shown),
            topic: gr.update(choices=topic_choices(coach.cards, shown)),
            points: heat_html(heat_of(got.attempts, cards), shown, tz=zone),
        }

    async def on_topic(name: str, request: gr.Request) -> str:
        def narrowed(shelf: Shelf, shown: Lang) -> str:
            attempts = figured.of(shelf, datetime.now(UTC)).attempts
            return heat_html(heat_of(attempts, coach.interview.cards, topic=name or ""), shown, tz=local_zone())

        return await asyncio.to_thread(narrowed, shelf_of(shared.desk, request), lang_of(request))

    topic.input(on_topic, inputs=[topic], outputs=[points], trigger_mode="always_last", **PRIVATE)
    _practising(shared, figured, start, lang)
    return _Figures(due, lang, (due, start_row, lang, numbers, trends, rating, times, head, topic, points), draw)


def topic_choices(cards: Iterable[Card], lang: Lang) -> list[tuple[str, str]]:
    """What the heat map can be narrowed to: the folders of the bank, by what they are called."""
    names = {card.topics[0] for card in cards}
    return [(say("any_topic", lang), ""), *sorted((topic_word(name, lang), name) for name in names)]


def _points() -> tuple[gr.HTML, gr.Dropdown, gr.Markdown]:
    with gr.Row(elem_id="pg-points-head"):
        head = gr.HTML("", elem_id="pg-points-title", min_width=260)
        every = (cast(str, I18N("progress_any")), "")
        topic = gr.Dropdown([every], value="", label=I18N("progress_topic"), min_width=200, elem_id="pg-topic")
    return head, topic, gr.Markdown("", latex_delimiters=LATEX, elem_id="pg-points")


def _practising(shared: Shared, figured: Figured, start: gr.Button, lang: gr.Radio) -> None:
    """A review interview with the questions of today's queue, begun as any other."""
    coach = shared.desk.coach

    async def on_practise(questions: str, request: gr.Request) -> View:
        try:
            shelf = shelf_of(shared.desk, request)
            queue = (await asyncio.to_thread(figured.of, shelf, datetime.now(UTC))).due
            if not queue:
                raise InterviewError("nothing is due", "nothing_due")
            plan = plan_of(
                {"lang": questions, "format": "review", "questions": len(queue), "seed": secrets.randbelow(2**31)}
            )
            state = await interview.start(coach.interview, plan, person=shelf.person)
        except CoachError as error:
            return {shared.status: told_html(fault_text(error, lang_of(request)), bad=True), shared.go: ""}
        return {shared.session_id: state.id, shared.go: "./"}

    started = start.click(on_practise, inputs=[lang], outputs=[shared.session_id, shared.go, shared.status], **PRIVATE)
    started.then(None, inputs=[shared.go], js=GO, **PRIVATE)


def _take(shared: Shared, lang: gr.Radio) -> gr.HTML:
    """What goes out of all interviews together; they are all read, so it says how far it is and can be cancelled."""
    with gr.Column(elem_classes="pg-box", elem_id="pg-take"):
        head = gr.HTML("", elem_id="pg-take-head")
        with gr.Row(elem_classes="pg-buttons"):
            anki = gr.Button(I18N("progress_anki"), elem_id="pg-anki", min_width=120)
            disputes = gr.Button(I18N("progress_disputes"), elem_id="pg-disputes", min_width=120)
            cancel = gr.Button(I18N("progress_cancel"), visible=False, elem_id="pg-cancel", min_width=90)
            file = gr.DownloadButton(cast(str, I18N("progress_file")), visible="hidden", elem_id="pg-taken")
        result = gr.HTML("", elem_id="pg-take-result")

    def deck(shelf: Shelf, lang_code: Lang, shown: Lang, tell: Callable[[int], None]) -> tuple[Path | None, str]:
        path, done = shelf.anki(lang_code, tell)
        left = say("left_out", shown, names=", ".join(done.gone)) if done.gone else ""
        if not done.notes:
            return None, f"{say('anki_none', shown)} {left}"
        return path, f"{say('anki_done', shown, n=done.notes)} {left}"

    def cases(shelf: Shelf, _: Lang, shown: Lang, tell: Callable[[int], None]) -> tuple[Path | None, str]:
        path, count, gone = shelf.disputes(tell)
        left = say("left_out", shown, names=", ".join(gone)) if gone else ""
        if not count:
            return None, f"{say('disputes_none', shown)} {left}"
        return path, f"{say('disputes_done', shown, n=count)} {left}"

    def handler(make: Callable[..., tuple[Path | None, str]]) -> Callable[..., AsyncIterator[View]]:
        async def on_take(questions: Lang, request: gr.Request) -> AsyncIterator[View]:
            shown, read, wanted = lang_of(request), [0], [True]

            def tell(number: int) -> None:
                if not wanted[0]:
                    raise InterviewError("cancelled: no file was made", "cancelled")
                read[0] = number

            work = asyncio.ensure_future(
                asyncio.to_thread(make, shelf_of(shared.desk, request), questions, shown, tell)
            )
            try:
                # the file of before goes: Gradio has whatever is there saved also after an event that is cancelled
                yield {file: gr.update(value=None), cancel: gr.update(visible=True)}
                while not work.done():
                    yield {result: told_html(say("scanning", shown, done=read[0]))}
                    await asyncio.wait([work], timeout=TELL_S)
                path, said = await work
                yield {result: told_html(said), file: gr.update(value=str(path) if path is not None else None)}
            except CoachError as error:
                yield {result: told_html(fault_text(error, shown), bad=True), file: gr.update(value=None)}
            finally:
                wanted[0] = False
                work.cancel()
            yield {cancel: gr.update(visible=False)}

        return on_take

    running, stoppable = list[Any](), Stoppable()
    for button, make in ((anki, deck), (disputes, cases)):
        event = button.click(stoppable.event(handler(make)), inputs=[lang], outputs=[result, file, cancel], **PRIVATE)
        event.then(None, js="() => progressSave('pg-taken')", **PRIVATE)
        running.append(event)

    async def on_cancel(request: gr.Request) -> View:
        await stoppable.over(request)
        told = told_html(say("cancelled", lang_of(request)))
        return {result: told, file: gr.update(value=None), cancel: gr.update(visible=False)}

    stoppable.stops(cancel, running).then(on_cancel, outputs=[result, file, cancel], **PRIVATE)
    return head
