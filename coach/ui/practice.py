"""The practice page: setup, conversation, scorecard. Every handler calls the one interview path."""

import asyncio
import contextlib
import html
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import gradio as gr

from coach.errors import CoachError, CodeNotRun, Conflict, UnknownSession
from coach.faults import fault_text
from coach.interview import session as interview
from coach.interview.clock import time_up
from coach.interview.follow import Show
from coach.interview.material_text import MAX_CHARS
from coach.schema import Card, Session, State
from coach.ui import speak
from coach.ui.desk import PRIVATE, Desk, View, lang_of, person_of
from coach.ui.panel import build_panel, may_object, panel_html
from coach.ui.render import chat_messages, clock_html, defuse, notice_html, now_html, over_html, word
from coach.ui.room import build_room, first_code, handed_in, new_code, run_markdown, taken_apart, visible_checks
from coach.ui.setup import build_setup
from coach.ui.words import I18N
from coach.ui.words.practice import SAID, STATUS

TICK_S = 5.0
"""Seconds between two looks at the clock."""
STREAM_S = 0.25
"""Seconds between two updates of a sentence that is being worded."""

PATIENCE_S = 0.3
"""Work that takes longer than this is told of."""

_log = logging.getLogger(__name__)
Step = Callable[[Session, Show], Awaitable[Session]]


def build(desk: Desk) -> None:
    """The content of the page, inside the page that `shell` opened."""
    coach = desk.coach
    session_id = desk.remembered()
    seen_seq = gr.State(0)
    now = gr.HTML(now_html(None, ()), elem_id="now", padding=False)
    status = gr.HTML("", elem_id="status", padding=False)
    setup = build_setup()
    ticker = gr.Timer(TICK_S, active=False)
    room, side = build_room(desk, session_id)
    with side:
        panel = build_panel()
    with gr.Column(elem_id="over", elem_classes="card"):
        over = gr.HTML("", elem_id="over-text")
        fresh = gr.Button(I18N("new"), variant="primary", elem_id="new")
    notice = gr.HTML("", elem_id="notice")
    outputs = [seen_seq, now, status, ticker, over, *room.outputs(), *panel.outputs()]
    beginning = [session_id, room.row, *outputs]

    def card_of(state: Session | None) -> Card | None:
        return coach.interview.cards.get(state.current.card) if state is not None and state.rounds else None

    def view(
        state: Session | None,
        *,
        draft: str = "",
        code: str | None = None,
        told: str = "",
        working: bool = False,
        fresh: bool = True,
    ) -> View:
        """Everything the page shows for a state; the editor keeps what it holds unless `code` is given."""
        going = state is not None and state.phase != "ended"
        card = card_of(state)
        kind = "coding" if card is not None and card.coding is not None else card.kind if card is not None else ""
        shown: View = {
            seen_seq: state.next_seq if state is not None else 0,
            now: now_html(state, _can(state, working), kind=kind, working=working),
            status: _status(told, working),
            ticker: gr.Timer(active=_timed(state) and state is not None and state.phase == "answering"),
            over: over_html(state) if state is not None and not going else "",
            room.chat: chat_messages(state, grading=working),
            room.speech: speak.voice_html(coach.speaking, state, fresh=fresh) if going else "",
            room.clock: clock_html(state, coach.interview.now()) if state is not None and going else "",
            room.box: draft,
            panel.text: panel_html(coach.interview, state),
        }
        if code is not None:
            shown[room.code] = gr.update(value=code, label=word("code", state.lang if state is not None else "en"))
            shown[room.tests] = ""
        return shown

    def begun(state: Session | None, **given: Any) -> View:
        """The same for a page on which an interview begins, is found again, or is not there."""
        shown = view(state, **given)
        if state is not None:
            shown |= {session_id: state.id, room.row: gr.update(visible=True)}
        return shown

    def heard_so_far(state: Session, saying: str) -> View:
        return {
            room.chat: chat_messages(state, grading=True, saying=saying),
            room.speech: speak.voice_html(coach.speaking, state, saying=saying),
        }

    def working_on(state: Session, draft: str) -> View:
        told = STATUS["grading" if state.phase == "grading" else "thinking"][state.lang]
        return view(state, draft=draft, told=told, working=True)

    async def loaded(sid: str, request: gr.Request) -> Session:
        return await interview.load(coach.interview, sid, person=person_of(request))

    async def current_view(sid: str, request: gr.Request, *, draft: str = "", told: str | CoachError = "") -> View:
        """The page as the session stands, with what is to be told, an error in the session's language."""
        try:
            state = await loaded(sid, request)
            return view(state, draft=draft, told=told if isinstance(told, str) else fault_text(told, state.lang))
        except UnknownSession:
            return view(None, told=STATUS["lost"][lang_of(request)])
        except CoachError as error:
            return {status: _status(fault_text(error, lang_of(request)), False)}

    async def act(
        sid: str, seq: int, text: str, request: gr.Request, step: Step, *, keep: bool = True
    ) -> AsyncIterator[View]:
        """One step and what it owes; whatever goes wrong is said, and the text stays in the box."""
        try:
            before = await loaded(sid, request)
            if before.next_seq != seq:
                yield view(before, draft=text, told=STATUS["moved"][before.lang])
                return
            state = before
            left = text if keep else ""

            async def whole(show: Show) -> Session:
                return await step(before, show)

            async for found in spoken(whole, after_s=PATIENCE_S):
                if isinstance(found, Session):
                    state = found
                else:
                    yield heard_so_far(before, found) if found else working_on(before, text)
            owing = state
            async for found in spoken(
                lambda show: interview.advance(coach.interview, owing, critique=False, show=show), after_s=PATIENCE_S
            ):
                if isinstance(found, Session):
                    state = found
                else:
                    yield heard_so_far(owing, found) if found else working_on(owing, left)
            code = first_code(card_of(state), state, "") if _anew(before, state) else None
            if interview.owes_critique(coach.interview, state):
                yield view(state, draft=left, code=code, told=STATUS["critique"][state.lang])
                try:
                    state = await interview.advance(coach.interview, state)
                except Conflict:
                    return  # the person went on meanwhile, and that step shows the page
            yield view(state, draft=left, code=code)
        except Conflict as error:
            yield await current_view(sid, request, draft=text, told=error)
        except CoachError as error:
            _log.info("step refused: %s", type(error).__name__)
            yield await current_view(sid, request, draft=text, told=error)

    async def on_start(request: gr.Request, *values: Any) -> View:
        try:
            plan = setup.plan(values)
            state = await interview.start(coach.interview, plan, person=person_of(request))
            return begun(state, code=first_code(card_of(state), state, ""))
        except CoachError as error:
            return view(None, told=fault_text(error, lang_of(request)))

    async def on_bring(file: str, request: gr.Request) -> View:
        field = setup.fields["material"]
        try:
            text = await asyncio.to_thread(coach.read_material, Path(file))
        except CoachError as error:
            return {status: _status(fault_text(error, lang_of(request)), False)}
        if len(text) > MAX_CHARS:
            return {field: text[:MAX_CHARS], status: _status(STATUS["material"][lang_of(request)], False)}
        return {field: text, status: _status("", False)}

    async def on_load(sid: str, request: gr.Request) -> View:
        lang = lang_of(request)
        page = {notice: notice_html(coach.notice(), lang), **setup.choices(coach.cards, lang)}
        empty = "" if coach.cards else STATUS["empty"][lang]
        if not sid:
            spoken_here = {setup.fields["lang"]: lang} if lang != "en" else {}
            # Nothing of the room: whoever was quick has pressed Start by now.
            return {**page, **spoken_here, **({status: _status(empty, False)} if empty else {})}
        try:
            state = await loaded(sid, request)
            draft = await asyncio.to_thread(coach.store.draft, sid, state.next_seq)
            state = await interview.advance(coach.interview, state)
            told = STATUS["resumed"][state.lang] if state.phase != "ended" else ""
            card = card_of(state)
            words = taken_apart(draft)[0] if card is not None and card.coding is not None else draft
            return {**page, **begun(state, draft=words, code=first_code(card, state, draft), told=told, fresh=False)}
        except UnknownSession:
            return {**page, session_id: "", **begun(None, told=empty or STATUS["lost"][lang])}
        except Conflict:
            return {**page, room.row: gr.update(visible=True), **await current_view(sid, request)}
        except CoachError as error:
            return {**page, **begun(None, told=fault_text(error, lang))}

    async def on_send(sid: str, seq: int, text: str, code: str, request: gr.Request) -> AsyncIterator[View]:
        sent: list[int] = []

        async def step(state: Session, show: Show) -> Session:
            added = new_code(card_of(state), state.current, code or "")
            spoken_as = await asyncio.to_thread(room.listening.pending, sid)
            heard = await interview.hear(
                coach.interview,
                state,
                handed_in(text, added),
                source="code" if added else "spoken" if spoken_as else "typed",
                recordings=spoken_as,
                show=show,
            )
            if spoken_as:
                await asyncio.to_thread(room.listening.clear, sid)
                sent.append(heard.next_seq)
            return heard

        async for shown in act(sid, seq, text, request, step, keep=False):
            yield shown | {room.heard: str(sent[0])} if sent else shown

    async def on_heard(sid: str, request: gr.Request) -> View:
        await loaded(sid, request)
        return await asyncio.to_thread(room.listening.view, sid, lang_of(request))

    def saying(name: str) -> Callable[..., AsyncIterator[View]]:
        async def handler(sid: str, seq: int, text: str, request: gr.Request) -> AsyncIterator[View]:
            async def step(state: Session, show: Show) -> Session:
                return await interview.hear(coach.interview, state, SAID[name][state.lang], show=show)

            async for shown in act(sid, seq, text, request, step):
                yield shown

        return handler

    def button(
        step: Callable[[interview.Interview, Session], Awaitable[Session]],
    ) -> Callable[..., AsyncIterator[View]]:
        async def handler(sid: str, seq: int, text: str, request: gr.Request) -> AsyncIterator[View]:
            async for shown in act(sid, seq, text, request, lambda state, _: step(coach.interview, state)):
                yield shown

        return handler

    async def on_rate(sid: str, seq: int, text: str, value: float | None, request: gr.Request) -> AsyncIterator[View]:
        async def step(state: Session, _: Show) -> Session:
            return await interview.rate(coach.interview, state, int(value or 0))

        async for shown in act(sid, seq, text, request, step):
            yield shown | {panel.rating: None}

    async def on_object(sid: str, request: gr.Request) -> View:
        try:
            return panel.objection(coach.interview, await loaded(sid, request))
        except CoachError as error:
            return {status: _status(fault_text(error, lang_of(request)), False)}

    async def on_wrong(
        sid: str, seq: int, text: str, point: str | None, deserved: str | None, why: str, request: gr.Request
    ) -> View:
        try:
            state = await loaded(sid, request)
            if state.next_seq != seq:
                return view(state, draft=text, told=STATUS["moved"][state.lang])
            state = await interview.dispute(
                coach.interview,
                state,
                question=len(state.rounds) - 1,
                criterion=point or "",
                state=cast(State, deserved or "not_graded"),
                reason=why or "",
            )
            return view(state, draft=text, told=STATUS["kept"][state.lang]) | {panel.wrong: gr.update(open=False)}
        except CoachError as error:
            return await current_view(sid, request, draft=text, told=error)

    async def on_tick(sid: str, seq: int, text: str, request: gr.Request) -> AsyncIterator[View]:
        try:
            state = await loaded(sid, request)
            if state.next_seq != seq or time_up(state, coach.interview.now()) is None:
                yield {room.clock: clock_html(state, coach.interview.now())}
                return
        except CoachError as error:
            yield await current_view(sid, request, draft=text, told=error)
            return

        async def step(state: Session, _: Show) -> Session:
            return await interview.expire(coach.interview, state, text)

        async for shown in act(sid, seq, text, request, step, keep=False):
            yield shown

    async def on_stop(sid: str, text: str, request: gr.Request) -> View:
        return await current_view(sid, request, draft=text or "", told=STATUS["stopped"][lang_of(request)])

    async def on_run(sid: str, code: str, request: gr.Request) -> AsyncIterator[View]:
        try:
            state = await loaded(sid, request)
            card = card_of(state)
            task = visible_checks(card) if card is not None else None
            if task is None:
                return
            yield {room.tests: f"*{STATUS['running'][state.lang]}*"}
            yield {room.tests: run_markdown(await coach.sandbox.run(task, code or ""), state.lang)}
        except CodeNotRun as error:
            yield {room.tests: defuse(fault_text(error, state.lang))}
        except CoachError as error:
            yield {status: _status(fault_text(error, lang_of(request)), False)}

    async def on_draft(sid: str, seq: int, text: str, code: str, request: gr.Request) -> None:
        if not sid:
            return
        draft = text
        if code or person_of(request):
            state = await loaded(sid, request)
            draft = handed_in(text, new_code(card_of(state), state.current, code or ""))
        await asyncio.to_thread(coach.store.save_draft, sid, seq, draft)

    asked = [session_id, seen_seq, room.box]
    objection = [panel.wrong_point, panel.wrong_state, panel.wrong_why]
    told: dict[str, Any] = {"inputs": asked, "outputs": outputs, **PRIVATE}
    setup_outputs = [notice, setup.fields["company"], setup.fields["topics"], setup.fields["lang"]]
    desk.blocks.load(None, outputs=[setup.voice], js="() => window.coachSpeech.on", **PRIVATE)
    setup.voice.change(None, inputs=[setup.voice], js=_js("coachVoice"), **PRIVATE)
    opened = desk.blocks.load(on_load, inputs=[session_id], outputs=[*beginning, *setup_outputs], **PRIVATE)
    gr.on(
        [setup.start.click, setup.fields["focus"].submit],
        on_start,
        inputs=list(setup.fields.values()),
        outputs=beginning,
        **PRIVATE,
    ).then(None, js=_js("coachFocus"))
    setup.bring.upload(on_bring, inputs=[setup.bring], outputs=[setup.fields["material"], status], **PRIVATE)
    does: dict[str, Callable[..., Any]] = {
        "next": button(interview.next_question),
        "again": button(interview.regrade),
        "hint": button(interview.hint),
        "repeat": saying("repeat"),
        "unknown": saying("unknown"),
        "skip": button(interview.skip),
        "redo": button(interview.retract),
        "pause": button(interview.pause),
        "resume": button(interview.resume),
        "end": button(interview.end),
    }
    steps: list[Any] = [room.buttons[name].click(handler, **told) for name, handler in does.items()]
    steps.append(room.buttons["send"].click(on_send, inputs=[*asked, room.code], outputs=outputs, **PRIVATE))
    for step in steps:
        step.then(None, js=_js("coachFocus"))
    steps.append(
        panel.rating.input(on_rate, inputs=[*asked, panel.rating], outputs=[*outputs, panel.rating], **PRIVATE)
    )
    room.heard.change(on_heard, inputs=[session_id], outputs=room.listening.outputs, **PRIVATE)
    panel.wrong.expand(on_object, inputs=[session_id], outputs=[*objection, status], **PRIVATE)
    room.buttons["stop"].click(on_stop, inputs=[session_id, room.box], outputs=outputs, cancels=steps, **PRIVATE)
    panel.wrong_send.click(on_wrong, inputs=[*asked, *objection], outputs=[*outputs, panel.wrong], **PRIVATE)
    ticker.tick(on_tick, **told)
    fresh.click(lambda: {session_id: "", **begun(None)}, outputs=beginning, **PRIVATE)
    room.run.click(on_run, inputs=[session_id, room.code], outputs=[room.tests, status], **PRIVATE)
    drafts: dict[str, Any] = {"inputs": [*asked, room.code], "outputs": None, "trigger_mode": "always_last"}
    gr.on([room.box.input, room.code.input], on_draft, queue=False, **drafts, **PRIVATE)
    room.code.change(None, inputs=[room.code], js=_js("coachCode"), **PRIVATE)
    opened.then(
        None, inputs=[now, room.box, room.code], outputs=[room.box, room.code], js=_js("coachKept"), **PRIVATE
    ).then(on_draft, queue=False, **drafts, **PRIVATE)
    room.box.change(None, inputs=[room.box], outputs=[room.preview], js=_js("coachPreview"), **PRIVATE)
    room.formula.change(None, inputs=[room.formula], outputs=[room.formula_shown], js=_js("coachFormula"), **PRIVATE)
    room.insert.click(
        None,
        inputs=[room.box, room.formula],
        outputs=[room.box, room.formula, room.formula_shown],
        js=_js("coachInsert"),
        **PRIVATE,
    ).then(on_draft, queue=False, **drafts, **PRIVATE)


def _js(name: str) -> str:
    """A call of a function of `assets/practice.js`."""
    return f"(...args) => window.{name}(...args)"


def _can(state: Session | None, working: bool) -> tuple[str, ...]:
    """What can be done now, by the names of the buttons; while something is going on only `stop`."""
    if state is None or state.phase == "ended" or not state.rounds:
        return ()
    if working:
        return ("stop",)
    current, open_ = state.current, state.phase == "answering"
    graded = state.phase == "graded"
    failed = current.grade is not None and current.grade.not_graded is not None
    possible = {
        "send": open_,
        "next": graded,
        "again": state.phase == "grading" or (failed and (graded or open_)),
        "hint": open_ and not state.exam and len(current.hints) < 3,
        "repeat": open_,
        "unknown": open_,
        "skip": open_,
        "redo": graded and not state.exam and bool(current.answers),
        "pause": open_ and _timed(state) and not state.paused,
        "resume": state.paused,
        "end": True,
        "object": may_object(state),
    }
    return tuple(name for name, now in possible.items() if now)


def _timed(state: Session | None) -> bool:
    return state is not None and bool(state.plan.minutes or state.plan.minutes_each)


def _anew(before: Session, after: Session) -> bool:
    """Whether another question, or the same one again, is open now."""
    if not after.rounds or len(before.rounds) != len(after.rounds):
        return True
    return len(before.current.attempts) != len(after.current.attempts)


def _status(told: str, working: bool) -> str:
    """The line above the page: what went wrong, or what is being done, which the page counts the seconds of."""
    text = html.escape(told).replace("\n", "<br>")
    shown = f'<span class="working">{text}</span>' if working else text
    return shown and f'<div role="status">{shown}</div>'


async def spoken(
    work: Callable[[Show], Awaitable[Session]], *, after_s: float | None = None
) -> AsyncIterator[str | Session]:
    """What the interviewer says while it is worded, the whole of it each time, and at last the session.

    At most four times a second. When nothing came within `after_s` seconds, an empty text says that work is going on.
    Whoever stops listening stops the work: what is stored by then is a valid session, and what is owed is done when it
    is opened again.
    """
    said, news = [""], asyncio.Event()

    def show(text: str) -> None:
        said[0] = text
        news.set()

    task = asyncio.ensure_future(work(show))
    task.add_done_callback(lambda _: news.set())
    shown = ""
    try:
        if after_s is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), after_s)
            if not news.is_set():
                yield ""
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
