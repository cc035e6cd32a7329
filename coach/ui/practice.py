"""The practice page: setup, chat, scorecard, report. Every handler calls the one interview path."""

import asyncio
import html
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast, get_args

import gradio as gr

from coach.errors import CoachError, Conflict, UnknownSession
from coach.interview import session as interview
from coach.interview.clock import time_up
from coach.interview.follow import Show
from coach.interview.material_text import MAX_CHARS
from coach.interview.report import report as report_of
from coach.interview.rounds import FORMATS, plan_of
from coach.progress.export import points_markdown, reference_markdown, stronger_markdown, word
from coach.schema import Lang, Session, State
from coach.ui.desk import Desk
from coach.ui.render import chat_messages, clock_html, defuse, marked_answer, scorecard
from coach.ui.words import I18N
from coach.ui.words.practice import STATUS
from coach.wiring import JudgeNotice

LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "$", "right": "$", "display": False},
    {"left": "\\(", "right": "\\)", "display": False},
]
AT_ONCE = 64
"""Handlers of one event that may run at the same time; Gradio's own default is 1."""
TICK_S = 5.0
"""Seconds between two looks at the clock."""
STREAM_S = 0.25
"""Seconds between two updates of a sentence that is being worded."""

_log = logging.getLogger(__name__)
View = dict[Any, Any]


def build(desk: Desk) -> None:
    """The content of the page, inside the page that `shell` opened."""
    coach = desk.coach
    companies = sorted({origin.company for card in coach.cards for origin in card.source if origin.company})
    topics = sorted({topic for card in coach.cards for topic in card.topics})
    session_id = desk.remembered()
    seen_seq = gr.State(0)
    gr.HTML(_notice(coach.notice()), elem_id="notice")
    status = gr.Markdown("", elem_id="status", visible=False)
    with gr.Group(visible=True, elem_id="setup") as setup:
        with gr.Row():
            form = gr.Dropdown(
                [(I18N(name), name) for name in FORMATS], value="free", label=I18N("format"), elem_id="format"
            )
            mode = gr.Radio(
                [(I18N("practice"), "practice"), (I18N("exam"), "exam")],
                value="practice",
                label=I18N("mode"),
                elem_id="mode",
            )
            minutes = gr.Number(
                value=None,
                label=I18N("minutes"),
                minimum=0,
                maximum=600,
                precision=0,
                min_width=110,
                elem_id="minutes",
            )
            self_rate = gr.Checkbox(label=I18N("self_rate"), elem_id="self-rate", min_width=160)
        with gr.Row():
            company = gr.Dropdown(
                [(I18N("any"), ""), *((name, name) for name in companies)],
                value="",
                label=I18N("company"),
                elem_id="company",
            )
            topic = gr.Dropdown(
                [(I18N("any"), ""), *((name, name) for name in topics)],
                value="",
                label=I18N("topic"),
                elem_id="topic",
            )
            lang = gr.Radio([("English", "en"), ("中文", "zh")], value="en", label=I18N("lang"), elem_id="lang")
            questions = gr.Slider(1, 20, value=5, step=1, label=I18N("questions"), elem_id="questions")
        with gr.Row(equal_height=True):
            focus = gr.Textbox(
                label=I18N("focus"),
                placeholder=I18N("focus_hint"),
                scale=4,
                min_width=280,
                elem_id="focus",
                max_length=500,
            )
            start = gr.Button(I18N("start"), variant="primary", scale=1, min_width=160, elem_id="start")
        with gr.Accordion(I18N("material"), open=False, elem_id="material-box"):
            material = gr.Textbox(
                show_label=False,
                label=I18N("material"),
                placeholder=I18N("material_hint"),
                lines=4,
                elem_id="material",
            )
    ticker = gr.Timer(TICK_S, active=False)
    with gr.Row(visible=False) as room:
        with gr.Column(scale=3):
            clock = gr.HTML("", elem_id="clock")
            chat = gr.Chatbot(
                label=I18N("chat"),
                latex_delimiters=LATEX,
                height=460,
                buttons=[],
                feedback_options=None,
                elem_id="chat",
            )
            box = gr.Textbox(
                label=I18N("answer"),
                placeholder=I18N("answer_hint"),
                lines=5,
                max_lines=16,
                elem_id="answer",
            )
            with gr.Row():
                send = gr.Button(I18N("send"), variant="primary", elem_id="send", min_width=90)
                following = gr.Button(I18N("next"), variant="primary", elem_id="next", min_width=90)
                again = gr.Button(I18N("again"), elem_id="again", min_width=90)
                hint = gr.Button(I18N("hint"), elem_id="hint", min_width=70)
                skip = gr.Button(I18N("skip"), elem_id="skip", min_width=70)
                redo = gr.Button(I18N("redo"), elem_id="redo", min_width=90)
                pause = gr.Button(I18N("pause"), elem_id="pause", min_width=70)
                resume = gr.Button(I18N("resume"), elem_id="resume", min_width=70)
                end = gr.Button(I18N("end"), variant="stop", elem_id="end", min_width=90)
        with gr.Column(scale=2, min_width=320):
            rating = gr.Radio([1, 2, 3, 4, 5], label=I18N("rate"), visible=False, elem_id="rating")
            card_text = gr.Markdown("", latex_delimiters=LATEX, elem_id="scorecard")
            evidence = gr.HTML("", elem_id="evidence")
            critique = gr.Markdown("", latex_delimiters=LATEX, elem_id="critique")
            with gr.Accordion(I18N("points"), open=False, visible=False, elem_id="points") as points_fold:
                points = gr.Markdown("", latex_delimiters=LATEX)
            with gr.Accordion(I18N("reference"), open=False, visible=False, elem_id="reference") as fold:
                reference = gr.Markdown("", latex_delimiters=LATEX)
            with gr.Accordion(I18N("wrong"), open=False, visible=False, elem_id="wrong") as wrong:
                wrong_point = gr.Dropdown([], label=I18N("wrong_point"), elem_id="wrong-point")
                wrong_state = gr.Dropdown([], label=I18N("wrong_state"), elem_id="wrong-state")
                wrong_why = gr.Textbox(label=I18N("wrong_why"), lines=2, elem_id="wrong-why")
                wrong_send = gr.Button(I18N("wrong_send"), elem_id="wrong-send")
    with gr.Group(visible=False, elem_id="report-box") as report_box:
        report = gr.Markdown("", latex_delimiters=LATEX, elem_id="report", padding=True)
        with gr.Row():
            download = gr.DownloadButton(cast(str, I18N("download")), elem_id="download")
            fresh = gr.Button(I18N("new"), variant="primary", elem_id="new")

    outputs = [
        *(session_id, seen_seq, status, setup, room, chat, box, send, following, again, hint, skip, end),
        *(card_text, evidence, critique, points_fold, points, fold, reference, report_box, report, download),
        *(clock, ticker, redo, pause, resume, rating, wrong, wrong_point, wrong_state, wrong_why),
    ]

    def view(state: Session | None, *, text: str = "", told: str = "", grading: bool = False, saying: str = "") -> View:
        """Everything the page shows for a state; `saying` is what the interviewer is about to say."""
        shown: View = {
            session_id: state.id if state is not None else "",
            seen_seq: state.next_seq if state is not None else 0,
            status: gr.update(value=defuse(told), visible=bool(told)),
            setup: gr.update(visible=state is None),
            room: gr.update(visible=state is not None and state.phase != "ended"),
            report_box: gr.update(visible=state is not None and state.phase == "ended"),
            chat: chat_messages(state, grading=grading, saying=saying),
            box: gr.update(
                value=text,
                interactive=not grading,
                visible=state is not None and (grading or bool(text) or state.phase == "answering"),
            ),
        }
        phase = state.phase if state is not None else "ended"
        current = state.current if state is not None else None
        exam, stands = state is not None and state.exam, state is not None and state.paused
        timed = state is not None and (state.plan.minutes or state.plan.minutes_each) is not None
        failed = current is not None and current.grade is not None and current.grade.not_graded is not None
        for button, usable in (
            (send, phase == "answering"),
            (hint, phase == "answering" and not exam and current is not None and len(current.hints) < 3),
            (skip, phase == "answering"),
            (following, phase == "graded"),
            (again, failed and phase in {"graded", "answering"}),
            (redo, phase == "graded" and not exam and current is not None and bool(current.answers)),
            (pause, phase == "answering" and timed and not stands),
            (resume, stands and phase != "ended"),
            (end, phase != "ended" and not grading),
        ):
            shown[button] = gr.update(visible=usable)
        shown[card_text] = shown[evidence] = shown[critique] = shown[points] = shown[reference] = ""
        shown[fold] = shown[points_fold] = shown[wrong] = gr.update(visible=False)
        shown[clock] = clock_html(state, coach.interview.now()) if state is not None and phase != "ended" else ""
        shown[ticker] = gr.Timer(active=timed and phase == "answering" and not stands)
        shown[rating] = gr.update(visible=state is not None and state.owes_rating, value=None)
        if state is not None and current is not None and current.grade is not None and state.tells:
            card = coach.interview.cards[current.card]
            closed = phase in {"graded", "ended"}
            advice = interview.critique_of(coach.interview, current, state.lang) if closed else None
            shown[card_text] = scorecard(card, current.grade, state.lang, reveal=closed, critique=advice)
            shown[evidence] = marked_answer(card, current.grade, current.utterances)
            if advice is not None:
                shown[critique] = stronger_markdown(advice, guard=defuse)
                shown[points_fold] = gr.update(visible=True, open=False)
                shown[points] = points_markdown(card, advice, guard=defuse)
            if closed and current.grade.score is not None:
                shown[wrong] = gr.update(visible=True, open=False)
                points_of = [(one.says.text(state.lang), one.id) for one in card.criteria]
                shown[wrong_point] = gr.update(choices=points_of, value=None)
                given = [(word(name, state.lang), name) for name in get_args(State) if name != "not_graded"]
                shown[wrong_state] = gr.update(choices=given, value=None)
                shown[wrong_why] = ""
            if closed:
                shown[fold] = gr.update(visible=True, open=False)
                shown[reference] = reference_markdown(card, state.lang)
        shown[report] = ""
        shown[download] = gr.update(value=None)
        if state is not None and state.phase == "ended":
            written = report_of(coach.interview, state)
            shown[report] = report_of(coach.interview, state, guard=defuse)
            shown[download] = gr.update(value=str(_report_file(state, written, coach.settings.page_dir)))
        return shown

    async def current_view(sid: str, *, text: str = "", told: str = "") -> View:
        try:
            return view(await interview.load(coach.interview, sid), text=text, told=told)
        except UnknownSession:
            return view(None, told=STATUS["lost"]["en"])

    async def act(
        sid: str,
        seq: int,
        text: str,
        step: Callable[[Session], Awaitable[Session]],
        *,
        keep: bool = True,
    ) -> AsyncIterator[View]:
        """One step and what it owes; whatever goes wrong is said, and the text stays in the box."""
        try:
            state = await interview.load(coach.interview, sid)
            if state.next_seq != seq:
                yield view(state, text=text, told=STATUS["moved"][state.lang])
                return
            state = await step(state)
            left = text if keep else ""
            if state.phase == "grading":
                yield view(state, text=left, told=STATUS["grading"][state.lang], grading=True)
            owing = state
            async for found in spoken(
                lambda show: interview.advance(coach.interview, owing, critique=False, show=show)
            ):
                if isinstance(found, str):
                    yield view(owing, text=left, grading=True, saying=found)
                else:
                    state = found
            if interview.owes_critique(coach.interview, state):
                yield view(state, text=left, told=STATUS["critique"][state.lang])
                try:
                    state = await interview.advance(coach.interview, state)
                except Conflict:
                    return  # the person went on meanwhile, and that step shows the page
            yield view(state, text=left)
        except Conflict as error:
            yield await current_view(sid, text=text, told=str(error))
        except CoachError as error:
            _log.info("step refused: %s", type(error).__name__)
            yield await current_view(sid, text=text, told=str(error))

    async def on_start(
        company_name: str,
        topic_name: str,
        lang_code: str,
        count: float,
        words: str,
        form_name: str,
        mode_name: str,
        brought: str,
        clock_minutes: float | None,
        rates: bool,
    ) -> View:
        try:
            if len(brought or "") > MAX_CHARS:
                return view(None, told=STATUS["material"][cast(Lang, lang_code)])
            plan = plan_of(
                {
                    "lang": lang_code,
                    "company": company_name or None,
                    "topic": topic_name or None,
                    "focus": words or "",
                    "questions": int(count),
                    "seed": secrets.randbelow(2**31),
                    "format": form_name,
                    "mode": mode_name,
                    "material": brought or "",
                    "minutes": clock_minutes or None,
                    "self_rate": rates,
                }
            )
            return view(await interview.start(coach.interview, plan))
        except CoachError as error:
            return view(None, told=str(error))

    async def on_load(sid: str) -> View:
        if not sid:
            return view(None)
        try:
            state = await interview.load(coach.interview, sid)
            text = await asyncio.to_thread(coach.store.draft, sid, state.next_seq)
            state = await interview.advance(coach.interview, state)
            told = STATUS["resumed"][state.lang] if state.phase != "ended" else ""
            return view(state, text=text, told=told)
        except UnknownSession:
            return view(None, told=STATUS["lost"]["en"])
        except Conflict:
            return await current_view(sid)
        except CoachError as error:
            return view(None, told=str(error))

    async def on_send(sid: str, seq: int, text: str) -> AsyncIterator[View]:
        async def step(state: Session) -> Session:
            return await interview.hear(coach.interview, state, text)

        async for shown in act(sid, seq, text, step, keep=False):
            yield shown

    def button(
        step: Callable[[interview.Interview, Session], Awaitable[Session]],
    ) -> Callable[[str, int, str], AsyncIterator[View]]:
        async def handler(sid: str, seq: int, text: str) -> AsyncIterator[View]:
            async for shown in act(sid, seq, text, lambda state: step(coach.interview, state)):
                yield shown

        return handler

    async def on_rate(sid: str, seq: int, text: str, value: float | None) -> AsyncIterator[View]:
        async def step(state: Session) -> Session:
            return await interview.rate(coach.interview, state, int(value or 0))

        async for shown in act(sid, seq, text, step):
            yield shown

    async def on_wrong(sid: str, seq: int, text: str, point: str | None, deserved: str | None, why: str) -> View:
        try:
            state = await interview.load(coach.interview, sid)
            if state.next_seq != seq:
                return view(state, text=text, told=STATUS["moved"][state.lang])
            state = await interview.dispute(
                coach.interview,
                state,
                question=len(state.rounds) - 1,
                criterion=point or "",
                state=cast(State, deserved or "not_graded"),
                reason=why or "",
            )
            return view(state, text=text, told=STATUS["kept"][state.lang])
        except CoachError as error:
            return await current_view(sid, text=text, told=str(error))

    async def on_tick(sid: str, seq: int, text: str) -> AsyncIterator[View]:
        try:
            state = await interview.load(coach.interview, sid)
            if state.next_seq != seq or time_up(state, coach.interview.now()) is None:
                yield {clock: clock_html(state, coach.interview.now())}
                return
        except CoachError as error:
            yield await current_view(sid, text=text, told=str(error))
            return
        async for shown in act(
            sid, seq, text, lambda state: interview.expire(coach.interview, state, text), keep=False
        ):
            yield shown

    async def on_draft(sid: str, seq: int, text: str) -> None:
        if sid:
            await asyncio.to_thread(coach.store.save_draft, sid, seq, text)

    private: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": AT_ONCE, "show_progress": "hidden"}
    told = {"inputs": [session_id, seen_seq, box], "outputs": outputs, **private}
    desk.blocks.load(on_load, inputs=[session_id], outputs=outputs, **private)
    for trigger in (start.click, focus.submit):
        chosen = [company, topic, lang, questions, focus, form, mode, material, minutes, self_rate]
        trigger(on_start, inputs=chosen, outputs=outputs, **private)
    send.click(on_send, **told)
    following.click(button(interview.next_question), **told)
    again.click(button(interview.regrade), **told)
    hint.click(button(interview.hint), **told)
    skip.click(button(interview.skip), **told)
    redo.click(button(interview.retract), **told)
    pause.click(button(interview.pause), **told)
    resume.click(button(interview.resume), **told)
    end.click(button(interview.end), **told)
    rating.input(on_rate, inputs=[session_id, seen_seq, box, rating], outputs=outputs, **private)
    wrong_send.click(
        on_wrong,
        inputs=[session_id, seen_seq, box, wrong_point, wrong_state, wrong_why],
        outputs=outputs,
        **private,
    )
    ticker.tick(on_tick, **told)
    fresh.click(lambda: view(None), outputs=outputs, **private)
    box.input(
        on_draft,
        inputs=[session_id, seen_seq, box],
        outputs=None,
        trigger_mode="always_last",
        queue=False,
        **private,
    )


async def spoken(work: Callable[[Show], Awaitable[Session]]) -> AsyncIterator[str | Session]:
    """What the interviewer says while it is worded, the whole of it each time, and at last the session.

    At most four times a second. Whoever stops listening stops the work: what is stored by then is a valid session, and
    what is owed is done when it is opened again.
    """
    said, news = [""], asyncio.Event()

    def show(text: str) -> None:
        said[0] = text
        news.set()

    task = asyncio.ensure_future(work(show))
    task.add_done_callback(lambda _: news.set())
    shown = ""
    try:
        while not task.done() or said[0] != shown:
            await news.wait()
            news.clear()
            if said[0] != shown:
                shown = said[0]
                yield shown
                await asyncio.sleep(0 if task.done() else STREAM_S)
        yield await task
    finally:
        task.cancel()


def _notice(notice: JudgeNotice) -> str:
    """Which judge is at work and what leaves the machine, as HTML."""
    where = f"answers are sent to {notice.sends_to}" if notice.sends_to else "nothing leaves this machine"
    how = f"; agrees with labels on {notice.measured} criteria" if notice.measured else ""
    judge = "LLM judge" if notice.uses_model else "offline judge"
    line = f"<b>{judge}</b> {html.escape(notice.name)}{html.escape(how)} · {html.escape(where)}"
    return f"{line}<br>{html.escape(notice.warning)}" if notice.warning else line


def _report_file(state: Session, written: str, folder: Path) -> Path:
    """The report as a file to download, in the page's own folder."""
    path = folder / state.id / f"interview-report-{state.started_at:%Y%m%d-%H%M}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written, encoding="utf-8")
    return path
