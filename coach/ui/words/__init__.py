"""Every word of the pages in both languages; the browser's language chooses."""

import gradio as gr

from coach.ui.words import evals, library, listen, practice, progress, report, shell, speak

_PARTS = (shell, practice, listen, speak, report, progress, library, evals)
ENGLISH = {name: text for part in _PARTS for name, text in part.ENGLISH.items()}
CHINESE = {name: text for part in _PARTS for name, text in part.CHINESE.items()}
I18N = gr.I18n(en=ENGLISH, **{"zh-CN": CHINESE, "zh": CHINESE})
