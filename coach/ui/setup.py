"""The card on which an interview is set up, and the plan that its fields make."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import gradio as gr

from coach.interview.rounds import FORMATS, plan_of
from coach.schema import Card, Lang, Plan
from coach.ui.words import I18N
from coach.ui.words.topics import topic_word

FILES = [".txt", ".md", ".pdf", ".pptx", ".docx", ".html"]
"""What a person may bring; read as `coach chat --material` reads it."""


@dataclass(frozen=True)
class Setup:
    """The fields and the buttons of the card."""

    box: gr.Column
    fields: Mapping[str, Any]
    """Name of what is chosen -> its field, in the order in which handlers get their values."""
    start: gr.Button
    bring: gr.UploadButton
    voice: gr.Checkbox

    def plan(self, values: Iterable[Any]) -> Plan:
        """The plan for the values of the fields. Raises InterviewError naming what is wrong."""
        chosen = dict(zip(self.fields, values, strict=True))
        return plan_of(
            {
                **chosen,
                "company": chosen["company"] or None,
                "topics": tuple(chosen["topics"] or ()),
                "difficulty": chosen["difficulty"] or None,
                "minutes": chosen["minutes"] or None,
                "minutes_each": chosen["minutes_each"] or None,
                "questions": int(chosen["questions"]),
                "focus": chosen["focus"] or "",
                "material": chosen["material"] or "",
                "seed": secrets.randbelow(2**31),
            }
        )

    def choices(self, cards: Sequence[Card], lang: Lang) -> dict[Any, Any]:
        """The companies and topics of the bank as it is now, in the language of the page."""
        companies = sorted({origin.company for card in cards for origin in card.source if origin.company})
        topics = sorted({topic for card in cards for topic in card.topics})
        return {
            self.fields["company"]: gr.update(choices=[(I18N("any"), ""), *((name, name) for name in companies)]),
            self.fields["topics"]: gr.update(choices=[(topic_word(name, lang), name) for name in topics]),
        }


def build_setup() -> Setup:
    """The card, with choices that suit a first visit."""
    fields: dict[str, Any] = {}
    with gr.Column(elem_id="setup") as box, gr.Group():
        gr.Markdown(I18N("setup"), elem_id="setup-title")
        with gr.Row():
            fields["format"] = gr.Dropdown(
                [(I18N(name), name) for name in FORMATS], value="free", label=I18N("format"), elem_id="format"
            )
            fields["company"] = gr.Dropdown([(I18N("any"), "")], value="", label=I18N("company"), elem_id="company")
            fields["topics"] = gr.Dropdown([], value=[], multiselect=True, label=I18N("topics"), elem_id="topics")
        with gr.Row():
            fields["lang"] = gr.Radio(
                [("English", "en"), ("中文", "zh")], value="en", label=I18N("lang"), min_width=180, elem_id="lang"
            )
            fields["difficulty"] = gr.Dropdown(
                [(I18N("any"), 0), *((I18N(f"level_{level}"), level) for level in range(1, 6))],
                value=0,
                label=I18N("difficulty"),
                min_width=180,
                elem_id="difficulty",
            )
            fields["questions"] = gr.Slider(
                1, 20, value=5, step=1, label=I18N("questions"), min_width=180, elem_id="questions"
            )
        with gr.Row(elem_classes="choices"):
            fields["mode"] = gr.Radio(
                [(I18N("practice"), "practice"), (I18N("exam"), "exam")],
                value="practice",
                label=I18N("mode"),
                scale=3,
                min_width=300,
                elem_id="mode",
            )
            voice = gr.Checkbox(label=I18N("voice"), value=False, scale=2, min_width=180, elem_id="voice")
        fields["focus"] = gr.Textbox(
            label=I18N("focus"), placeholder=I18N("focus_hint"), elem_id="focus", max_length=500
        )
        with gr.Row(elem_id="go"):
            start = gr.Button(I18N("start"), variant="primary", size="lg", elem_id="start")
        with gr.Accordion(I18N("more"), open=False, elem_id="more"):
            with gr.Row():
                limits: dict[str, Any] = {"value": None, "minimum": 0, "maximum": 600, "min_width": 140}
                fields["minutes"] = gr.Number(label=I18N("minutes"), precision=0, elem_id="minutes", **limits)
                fields["minutes_each"] = gr.Number(label=I18N("minutes_each"), elem_id="minutes-each", **limits)
                fields["self_rate"] = gr.Checkbox(label=I18N("self_rate"), elem_id="self-rate", min_width=240)
            fields["material"] = gr.Textbox(
                label=I18N("material"), placeholder=I18N("material_hint"), lines=4, max_lines=12, elem_id="material"
            )
            bring = gr.UploadButton(cast(str, I18N("bring")), file_types=FILES, size="sm", elem_id="bring")
    usual = json.dumps({name: form.questions for name, form in FORMATS.items()})
    fields["format"].input(
        None,
        inputs=[fields["format"]],
        outputs=[fields["questions"]],
        js=f"(name) => ({usual})[name]",
        api_visibility="private",
    )
    return Setup(box, fields, start, bring, voice)
