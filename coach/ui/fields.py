"""Fields that several pages have."""

from typing import Any

import gradio as gr

from coach.ui.words import I18N


def says(name: str) -> gr.HTML:
    """A place for messages (`pieces.told_html`), which a screen reader reads out; it takes no room while empty."""
    frame = '<div role="status" aria-live="polite">${value}</div>'
    return gr.HTML("", elem_id=name, elem_classes="says", html_template=frame)


def search_row(page: str, css: str, *, most: int, **button: Any) -> tuple[gr.Textbox, gr.Button]:
    """A field for at most so many characters and its button, with the words of `page` and ids that begin with `css`."""
    with gr.Row(elem_id=f"{css}-search", elem_classes="search-row"):
        words = gr.Textbox(
            label=I18N(f"{page}_words"),
            placeholder=I18N(f"{page}_words_hint"),
            max_length=most,
            scale=4,
            min_width=200,
            elem_id=f"{css}-words",
        )
        return words, gr.Button(I18N(f"{page}_find"), elem_id=f"{css}-find", **button)
