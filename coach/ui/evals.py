"""The evals page."""

import gradio as gr

from coach.ui.desk import Desk


def build(desk: Desk) -> None:
    """The content of the page, inside the page that `shell` opened."""
    gr.Markdown("")
