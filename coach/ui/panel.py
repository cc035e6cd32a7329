"""The scorecard beside the conversation: score, criteria, evidence, what to do better, and what to say against it."""

from dataclasses import dataclass
from typing import Any, get_args

import gradio as gr

from coach.interview import session as interview
from coach.progress.export import points_markdown, reference_markdown, stronger_markdown
from coach.schema import Session, State
from coach.ui.delivery import answer_html
from coach.ui.desk import View
from coach.ui.markup import DELIMITERS, rich
from coach.ui.render import fold, marked_answer, scorecard, word
from coach.ui.words import I18N


@dataclass(frozen=True)
class Panel:
    """The parts of the scorecard. What can be seen of them is up to `render.now_html` and the style."""

    rating: gr.Radio
    text: gr.Markdown
    wrong: gr.Accordion
    wrong_point: gr.Dropdown
    wrong_state: gr.Dropdown
    wrong_why: gr.Textbox
    wrong_send: gr.Button

    def outputs(self) -> list[Any]:
        """Every part that a step may change."""
        return [self.text, self.wrong]

    def closed(self) -> View:
        """The objection to the last question's grade put away: it is filled anew when it is opened."""
        return {self.wrong: gr.update(open=False)}

    def objection(self, parts: interview.Interview, state: Session) -> View:
        """What may be objected to: the points of the closed question and the states they might deserve."""
        card = parts.cards.get(state.current.card)
        points = [(one.says.text(state.lang), one.id) for one in card.criteria] if card is not None else []
        states = [(word(name, state.lang), name) for name in get_args(State) if name != "not_graded"]
        return {
            self.wrong_point: gr.update(choices=points, value=None),
            self.wrong_state: gr.update(choices=states, value=None),
            self.wrong_why: "",
        }


def panel_html(parts: interview.Interview, state: Session | None) -> str:
    """The scorecard as HTML for a `gr.Markdown`: nothing of it before there is a grade that may be told."""
    if state is None or not state.rounds:
        return ""
    lang, current = state.lang, state.current
    card = parts.cards.get(current.card)
    if current.grade is None or card is None or not state.tells:
        why = "before_exam" if state.exam else "before_rating" if state.owes_rating else "before"
        return f'<p class="quiet">{word(why, lang)}</p>'
    closed = state.phase in {"graded", "ended"}
    advice = interview.critique_of(parts, current, lang) if closed else None
    shown = [
        scorecard(card, current.grade, lang, reveal=closed, critique=advice),
        f'<p class="quiet">{word("marked", lang)}</p>',
        f'<div class="evidence">{marked_answer(card, current.grade, current.utterances)}</div>',
    ]
    if advice is not None:
        shown.append(f'<div class="critique">{rich(stronger_markdown(advice))}</div>')
        shown.append(fold(word("points_fold", lang), rich(points_markdown(card, advice)), "points"))
    if closed:
        shown.append(fold(word("reference_fold", lang), rich(reference_markdown(card, lang)), "reference"))
    spoken = "".join(answer_html(one, lang) for one in current.answers)
    shown.append(fold(word("delivery_fold", lang), spoken, "delivery-fold"))
    return "".join(shown)


def may_object(state: Session | None) -> bool:
    """Whether there is a grade that can be disputed."""
    if state is None or not state.rounds or not state.tells or state.phase not in {"graded", "ended"}:
        return False
    grade = state.current.grade
    return grade is not None and grade.score is not None


def build_panel() -> Panel:
    """The scorecard, empty."""
    rating = gr.Radio([1, 2, 3, 4, 5], label=I18N("rate"), elem_id="rating")
    text = gr.Markdown("", latex_delimiters=DELIMITERS, elem_id="scorecard")
    with gr.Accordion(I18N("wrong"), open=False, elem_id="wrong") as wrong:
        wrong_point = gr.Dropdown([], label=I18N("wrong_point"), elem_id="wrong-point")
        wrong_state = gr.Dropdown([], label=I18N("wrong_state"), elem_id="wrong-state")
        wrong_why = gr.Textbox(label=I18N("wrong_why"), lines=2, elem_id="wrong-why")
        wrong_send = gr.Button(I18N("wrong_send"), elem_id="wrong-send")
    return Panel(rating, text, wrong, wrong_point, wrong_state, wrong_why, wrong_send)
