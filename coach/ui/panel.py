"""The scorecard beside the conversation: score, criteria, evidence, what to do better, and what to say against it."""

from dataclasses import dataclass
from typing import Any, get_args

import gradio as gr

from coach.interview import session as interview
from coach.progress.export import points_markdown, reference_markdown, stronger_markdown
from coach.schema import Session, State
from coach.ui.render import defuse, marked_answer, score_head, scorecard, word
from coach.ui.room import LATEX
from coach.ui.words import I18N

View = dict[Any, Any]


@dataclass(frozen=True)
class Panel:
    """The parts of the scorecard."""

    rating: gr.Radio
    head: gr.HTML
    text: gr.Markdown
    evidence: gr.HTML
    critique: gr.Markdown
    points_fold: gr.Accordion
    points: gr.Markdown
    fold: gr.Accordion
    reference: gr.Markdown
    wrong: gr.Accordion
    wrong_point: gr.Dropdown
    wrong_state: gr.Dropdown
    wrong_why: gr.Textbox
    wrong_send: gr.Button

    def outputs(self) -> list[Any]:
        """Every part that a step may change."""
        texts = (self.rating, self.head, self.text, self.evidence, self.critique)
        folds = (self.points_fold, self.points, self.fold, self.reference)
        return [*texts, *folds, self.wrong, self.wrong_point, self.wrong_state, self.wrong_why]

    def view(self, parts: interview.Interview, state: Session | None) -> View:
        """What the scorecard shows for a state: nothing before there is a grade that may be told."""
        current = state.current if state is not None and state.rounds else None
        shown: View = dict.fromkeys(
            (self.head, self.text, self.evidence, self.critique, self.points, self.reference), ""
        )
        shown |= {one: gr.update(visible=False) for one in (self.points_fold, self.fold, self.wrong)}
        shown[self.rating] = gr.update(visible=state is not None and state.owes_rating, value=None)
        if state is None or current is None or current.grade is None or not state.tells:
            if state is not None:
                told = word("before_exam" if state.exam else "before", state.lang)
                shown[self.head] = f'<p class="quiet">{told}</p>'
            return shown
        card = parts.cards.get(current.card)
        if card is None:
            return shown
        lang, closed = state.lang, state.phase in {"graded", "ended"}
        advice = interview.critique_of(parts, current, lang) if closed else None
        shown[self.head] = score_head(current.grade, lang)
        shown[self.text] = scorecard(card, current.grade, lang, reveal=closed, critique=advice)
        marked = marked_answer(card, current.grade, current.utterances)
        shown[self.evidence] = f'<p class="quiet">{word("marked", lang)}</p>{marked}'
        if advice is not None:
            shown[self.critique] = stronger_markdown(advice, guard=defuse)
            shown[self.points_fold] = gr.update(visible=True, open=False)
            shown[self.points] = points_markdown(card, advice, guard=defuse)
        if closed:
            shown[self.fold] = gr.update(visible=True, open=False)
            shown[self.reference] = reference_markdown(card, lang)
        if closed and current.grade.score is not None:
            shown[self.wrong] = gr.update(visible=True, open=False)
            points_of = [(one.says.text(lang), one.id) for one in card.criteria]
            shown[self.wrong_point] = gr.update(choices=points_of, value=None)
            given = [(word(name, lang), name) for name in get_args(State) if name != "not_graded"]
            shown[self.wrong_state] = gr.update(choices=given, value=None)
            shown[self.wrong_why] = ""
        return shown


def build_panel() -> Panel:
    """The scorecard, empty."""
    rating = gr.Radio([1, 2, 3, 4, 5], label=I18N("rate"), visible=False, elem_id="rating")
    with gr.Column(elem_id="scorecard", elem_classes="stack"):
        head = gr.HTML("", elem_id="score")
        text = gr.Markdown("", latex_delimiters=LATEX)
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
    return Panel(
        *(rating, head, text, evidence, critique, points_fold, points, fold, reference),
        *(wrong, wrong_point, wrong_state, wrong_why, wrong_send),
    )
