"""The practice page: setup, conversation, scorecard. Every handler calls the one interview path."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from coach.interview import session as interview
from coach.ui.desk import PRIVATE, Desk
from coach.ui.panel import build_panel
from coach.ui.practice_steps import Steps
from coach.ui.practice_view import Page
from coach.ui.render import now_html
from coach.ui.room import build_room
from coach.ui.setup import build_setup
from coach.ui.words import I18N

TICK_S = 5.0
"""Seconds between two looks at the clock."""


def build(desk: Desk) -> None:
    """The content of the page, inside the page that `shell` opened."""
    page = page_of(desk)
    steps = Steps(page)
    opened = _wire_setup(desk, page, steps)
    _wire_writing(page, steps, opened, _wire_steps(page, steps, opened))


def page_of(desk: Desk) -> Page:
    """The parts of the page, where they stand."""
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
    return Page(desk.coach, session_id, seen_seq, now, status, ticker, over, fresh, notice, setup, room, panel)


def _wire_setup(desk: Desk, page: Page, steps: Steps) -> Any:
    """What begins an interview, or finds one again; the event in which the page is filled is given back."""
    setup = page.setup
    filled = [page.notice, setup.fields["company"], setup.fields["topics"], setup.fields["lang"]]
    desk.blocks.load(None, outputs=[setup.voice], js="() => window.coachSpeech.on", **PRIVATE)
    setup.voice.change(None, inputs=[setup.voice], js=_js("coachVoice"), **PRIVATE)
    opened = desk.blocks.load(steps.on_load, inputs=[page.session_id], outputs=[*page.beginning(), *filled], **PRIVATE)
    gr.on(
        [setup.start.click, setup.fields["focus"].submit],
        steps.on_start,
        inputs=list(setup.fields.values()),
        outputs=page.beginning(),
        **PRIVATE,
    ).then(None, js=_js("coachFocus"))
    setup.bring.upload(steps.on_bring, inputs=[setup.bring], outputs=[setup.fields["material"], page.status], **PRIVATE)
    page.fresh.click(steps.on_fresh, outputs=page.beginning(), **PRIVATE)
    return opened


def _wire_steps(page: Page, steps: Steps, opened: Any) -> list[Any]:
    """What can be done in an interview; the events that leave what is being written are given back.

    `opened` is the event in which the page is filled.
    """
    room, panel, outputs = page.room, page.panel, page.outputs()
    asked = [page.session_id, page.seen_seq]
    handlers = {
        "next": steps.pressed(interview.next_question),
        "again": steps.pressed(interview.regrade),
        "hint": steps.pressed(interview.hint),
        "repeat": steps.saying("repeat"),
        "unknown": steps.saying("unknown"),
        "skip": steps.passing(interview.skip),
        "redo": steps.passing(interview.retract),
        "pause": steps.pressed(interview.pause),
        "resume": steps.pressed(interview.resume),
        "end": steps.pressed(interview.end),
    }
    pressed = [
        room.buttons[name].click(steps.going.event(handler), inputs=asked, outputs=outputs, **PRIVATE)
        for name, handler in handlers.items()
    ]
    sent = room.buttons["send"].click(
        steps.going.event(steps.on_send),
        inputs=[*asked, room.box, room.code],
        outputs=outputs,
        js=_js("coachSending"),
        **PRIVATE,
    )
    sent.failure(None, js=_js("coachSent"))
    going: list[Any] = [*pressed, sent]
    for event in going:
        event.then(None, js=_js("coachFocus"))
    rating: dict[str, Any] = {"inputs": [*asked, panel.rating], "outputs": [*outputs, panel.rating]}
    going.append(panel.rating.input(steps.going.event(steps.on_rate), **rating, **PRIVATE))
    late: dict[str, Any] = {"inputs": [*asked, room.box, room.code], "outputs": outputs}
    going.append(page.ticker.tick(steps.going.event(steps.on_tick), **late, **PRIVATE))
    going.append(opened.then(steps.going.event(steps.on_owed), inputs=asked, outputs=outputs, **PRIVATE))
    stopped = steps.going.stops(room.buttons["stop"], going)
    stopped.then(steps.on_stop, inputs=[page.session_id], outputs=outputs, **PRIVATE)
    room.heard.change(steps.on_heard, inputs=[page.session_id], outputs=room.listening.outputs, **PRIVATE)
    objection = [panel.wrong_point, panel.wrong_state, panel.wrong_why]
    panel.wrong.expand(steps.on_object, inputs=[page.session_id], outputs=[*objection, page.status], **PRIVATE)
    objected = panel.wrong_send.click(steps.on_wrong, inputs=[*asked, *objection], outputs=outputs, **PRIVATE)
    return [*pressed, objected]


def _wire_writing(page: Page, steps: Steps, opened: Any, moved: Sequence[Any]) -> None:
    """What happens while an answer is written.

    `opened` is the event in which the page is filled. After those that `moved` the interview on, what stands in the box
    and the editor is the draft of another event, and kept as that.
    """
    room = page.room
    inputs = [page.session_id, page.seen_seq, room.box, room.code]
    draft: dict[str, Any] = {"inputs": inputs, "outputs": None, "trigger_mode": "always_last", "queue": False}
    gr.on([room.box.input, room.code.input], steps.on_draft, **draft, **PRIVATE)
    for event in moved:
        event.then(steps.on_draft, **draft, **PRIVATE)
    room.run.click(steps.on_run, inputs=[page.session_id, room.code], outputs=[room.tests, page.status], **PRIVATE)
    room.code.change(None, inputs=[room.code], js=_js("coachCode"), **PRIVATE)
    kept: dict[str, Any] = {"inputs": [page.now, room.box, room.code], "outputs": [room.box, room.code]}
    opened.then(None, **kept, js=_js("coachKept"), **PRIVATE).then(steps.on_draft, **draft, **PRIVATE)
    room.box.change(None, inputs=[room.box], outputs=[room.preview], js=_js("coachPreview"), **PRIVATE)
    room.formula.change(None, inputs=[room.formula], outputs=[room.formula_shown], js=_js("coachFormula"), **PRIVATE)
    put_in: dict[str, Any] = {
        "inputs": [room.box, room.formula],
        "outputs": [room.box, room.formula, room.formula_shown],
    }
    room.insert.click(None, **put_in, js=_js("coachInsert"), **PRIVATE).then(steps.on_draft, **draft, **PRIVATE)


def _js(name: str) -> str:
    """A call of a function of `assets/practice.js`."""
    return f"(...args) => window.{name}(...args)"
