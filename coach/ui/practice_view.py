"""The practice page as it stands: which of its parts shows what, for a state of the interview."""

import html
from dataclasses import dataclass
from typing import Any

import gradio as gr

from coach.schema import Card, Session
from coach.ui import speak
from coach.ui.desk import View
from coach.ui.panel import Panel, may_object, panel_html
from coach.ui.render import chat_messages, clock_html, now_html, over_html, word
from coach.ui.room import Room
from coach.ui.setup import Setup
from coach.ui.words.practice import STATUS
from coach.wiring import Coach


@dataclass(frozen=True)
class Page:
    """The parts of the page."""

    coach: Coach
    session_id: gr.BrowserState
    seen_seq: gr.State
    """The number of the event that the next step would be: a step from an older page is refused."""
    now: gr.HTML
    status: gr.HTML
    ticker: gr.Timer
    over: gr.HTML
    fresh: gr.Button
    notice: gr.HTML
    setup: Setup
    room: Room
    panel: Panel

    def outputs(self) -> list[Any]:
        """Every part that a step may change."""
        parts = [self.seen_seq, self.now, self.status, self.ticker, self.over]
        return [*parts, *self.room.outputs(), *self.panel.outputs()]

    def beginning(self) -> list[Any]:
        """The same, and what changes when an interview begins or is found again."""
        return [self.session_id, self.room.row, *self.outputs()]

    def card(self, state: Session | None) -> Card | None:
        """The card of the question that is open."""
        cards = self.coach.interview.cards
        return cards.get(state.current.card) if state is not None and state.rounds else None

    def view(
        self,
        state: Session | None,
        *,
        draft: str | None = None,
        code: str | None = None,
        told: str = "",
        working: bool = False,
        fresh: bool = True,
    ) -> View:
        """Everything the page shows for a state.

        The answer box and the editor keep what they hold unless `draft` and `code` are given: the person may be typing.
        """
        room, at = self.room, self.coach.interview
        going = state is not None and state.phase != "ended"
        card = self.card(state)
        kind = "coding" if card is not None and card.coding is not None else card.kind if card is not None else ""
        shown: View = {
            self.seen_seq: state.next_seq if state is not None else 0,
            self.now: now_html(state, _can(state, working), kind=kind, working=working),
            self.status: status_line(told, working=working),
            self.ticker: gr.Timer(active=_timed(state) and state is not None and state.phase == "answering"),
            self.over: over_html(state) if state is not None and not going else "",
            room.chat: chat_messages(state, grading=working),
            room.speech: speak.voice_html(self.coach.speaking, state, fresh=fresh) if going else "",
            room.clock: clock_html(state, at.now()) if state is not None and going else "",
            self.panel.text: panel_html(at, state),
        }
        if draft is not None:
            shown[room.box] = draft
        if code is not None:
            shown[room.code] = gr.update(value=code, label=word("code", state.lang if state is not None else "en"))
            shown[room.tests] = ""
        return shown

    def begun(self, state: Session | None, **given: Any) -> View:
        """The same for a page on which an interview begins, is found again, or is not there."""
        shown = self.view(state, **given)
        if state is not None:
            shown |= {self.session_id: state.id, self.room.row: gr.update(visible=True), **self.panel.closed()}
        return shown

    def said_so_far(self, state: Session, saying: str) -> View:
        """The conversation while the interviewer's next sentence is worded."""
        return {
            self.room.chat: chat_messages(state, grading=True, saying=saying),
            self.room.speech: speak.voice_html(self.coach.speaking, state, saying=saying),
        }

    def working_on(self, state: Session) -> View:
        """The page while something takes its time: what it is, and the button that stops it."""
        told = STATUS["grading" if state.phase == "grading" else "thinking"][state.lang]
        return self.view(state, told=told, working=True)


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


def status_line(told: str, *, working: bool = False) -> str:
    """The line above the page: what went wrong, or what is being done, which the page counts the seconds of."""
    text = html.escape(told).replace("\n", "<br>")
    shown = f'<span class="working">{text}</span>' if working else text
    return shown and f'<div role="status">{shown}</div>'
