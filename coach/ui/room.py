"""The interview itself: the conversation, where the answer is written, and what can be done."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import gradio as gr

from coach.grading.code import CodeTask
from coach.progress.export import run_lines
from coach.schema import Card, CodeRun, Lang, Round, Session
from coach.ui import speak
from coach.ui.desk import Desk
from coach.ui.listen import Listen, build_listen
from coach.ui.markup import LATEX
from coach.ui.render import defuse
from coach.ui.words import I18N

_HANDED_IN = re.compile(r"\A(.*?)(?:^|\n)(```+)python\n(.*?)\n\2\s*\Z", re.S)


@dataclass(frozen=True)
class Room:
    """The parts of the room."""

    row: gr.Row
    clock: gr.HTML
    chat: gr.Chatbot
    code: gr.Code
    run: gr.Button
    tests: gr.Markdown
    formula: gr.Textbox
    formula_shown: gr.Markdown
    insert: gr.Button
    box: gr.Textbox
    preview: gr.Markdown
    buttons: Mapping[str, gr.Button]
    speech: gr.HTML
    listening: Listen
    heard: gr.Textbox
    """The event number at which recordings were sent last; when it changes, the listening part is shown anew."""

    def outputs(self) -> list[Any]:
        """Every part that a step may change; what can be seen of the others is up to `now_html` and the style."""
        return [self.clock, self.chat, self.code, self.tests, self.box, self.speech, self.heard]


def build_room(desk: Desk, session_id: gr.BrowserState) -> tuple[Room, gr.Column]:
    """The room, and the column beside it for the scorecard."""
    with gr.Row(visible=False, elem_id="room") as row:
        with gr.Column(scale=3, min_width=320, elem_id="talk"):
            with gr.Row(elem_id="strip"):
                clock = gr.HTML("", elem_id="clock")
                gr.HTML(I18N("voice_switch"), elem_id="voice-switch", padding=False)
            speech = speak.build()
            chat = gr.Chatbot(
                show_label=False,
                label=cast(str, I18N("chat")),
                latex_delimiters=LATEX,
                line_breaks=False,
                height="min(56vh, 560px)",
                buttons=[],
                feedback_options=None,
                elem_id="chat",
            )
            with gr.Column(elem_id="coding", elem_classes="card"):
                code = gr.Code(language="python", lines=12, max_lines=24, interactive=True, elem_id="code")
                run = gr.Button(I18N("run"), size="sm", elem_id="run")
                tests = gr.Markdown("", elem_id="tests")
            with gr.Column(elem_id="maths", elem_classes="card"):
                with gr.Row(equal_height=True):
                    formula = gr.Textbox(
                        label=I18N("formula"),
                        placeholder=r"\hat\beta = (X^\top X)^{-1} X^\top y",
                        scale=5,
                        min_width=220,
                        elem_id="formula",
                    )
                    insert = gr.Button(I18N("insert"), size="sm", scale=1, min_width=110, elem_id="insert")
                formula_shown = gr.Markdown("", latex_delimiters=LATEX, elem_id="formula-shown")
            box = gr.Textbox(
                label=I18N("answer"),
                placeholder=I18N("answer_hint"),
                lines=5,
                max_lines=16,
                elem_id="answer",
                render=False,
            )
            listening = build_listen(desk, session_id=session_id, box=box)
            box.render()  # type: ignore[no-untyped-call]
            preview = gr.Markdown("", latex_delimiters=LATEX, elem_id="preview")
            buttons = _buttons()
            heard = gr.Textbox("", visible="hidden", label="heard", elem_id="heard")
        side = gr.Column(scale=2, min_width=320, elem_id="side")
    room = Room(
        *(row, clock, chat, code, run, tests, formula, formula_shown, insert, box, preview),
        *(buttons, speech, listening, heard),
    )
    return room, side


def _buttons() -> dict[str, gr.Button]:
    """What can be done, by name, in the order in which it is offered."""
    variants: dict[str, Literal["primary", "stop"]] = {
        "send": "primary",
        "next": "primary",
        "stop": "stop",
        "end": "stop",
    }
    names = (
        *("send", "next", "stop", "again", "hint", "repeat", "unknown"),
        *("skip", "redo", "pause", "resume", "end"),
    )
    with gr.Row(elem_id="steps"):
        return {
            name: gr.Button(
                I18N(name), variant=variants.get(name, "secondary"), size="md", min_width=80, elem_id=name, scale=0
            )
            for name in names
        }


def handed_in(text: str, code: str) -> str:
    """What is said as one answer: the words, then the code in a fence; only the words when there is no code."""
    lines = code.strip("\n")
    if not lines.strip():
        return text
    fence = "```"
    while fence in lines:
        fence += "`"
    return f"{text.rstrip()}\n\n{fence}python\n{lines}\n{fence}".lstrip()


def taken_apart(text: str) -> tuple[str, str]:
    """The words and the code of what was handed in; no code when it does not end with a fence of Python."""
    found = _HANDED_IN.match(text)
    return (found[1].rstrip("\n"), found[3]) if found is not None else (text, "")


def new_code(card: Card | None, one: Round, code: str) -> str:
    """The code of the editor, when it is worth handing in: neither the starter nor what was handed in before."""
    if card is None or card.coding is None:
        return ""
    known = {card.coding.starter.strip(), *(taken_apart(said.text)[1].strip() for said in one.utterances)}
    return "" if code.strip() in known else code


def first_code(card: Card | None, session: Session | None, draft: str) -> str:
    """What the editor begins with: the draft, else what was handed in last, else the starter."""
    if card is None or card.coding is None or session is None:
        return ""
    before = [taken_apart(said.text)[1] for said in session.current.utterances]
    return next((code for code in (taken_apart(draft)[1], *reversed(before)) if code), card.coding.starter)


def visible_checks(card: Card) -> CodeTask | None:
    """What the run button runs; None for a card without a coding task."""
    return CodeTask(card.coding.entry, card.coding.visible) if card.coding is not None else None


def run_markdown(run: CodeRun, lang: Lang) -> str:
    """The results of the visible tests and what the code printed."""
    lines = [f"- {line}" for line in run_lines(run, lang, guard=defuse)]
    if run.output:
        fence = "```"
        while fence in run.output:
            fence += "`"
        lines += ["", f"{fence}text", run.output.rstrip().replace("![", "!\u200b["), fence]
    return "\n".join(lines)
