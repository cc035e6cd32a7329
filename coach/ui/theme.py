"""How the page looks, and the keys it comes with. Everything is served from this machine."""

from pathlib import Path

import gradio as gr

_SANS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
)
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """A calm theme with the system's own fonts, so that nothing is fetched and Chinese looks native."""
    return gr.themes.Base(
        primary_hue="teal", neutral_hue="slate", radius_size="lg", spacing_size="md", font=_SANS, font_mono=_MONO
    ).set(
        color_accent="*primary_700",
        body_background_fill="#f7f8f9",
        body_background_fill_dark="#10151b",
        body_text_color="#1c2733",
        body_text_color_dark="#e4e9ee",
        body_text_color_subdued="#526070",
        body_text_color_subdued_dark="#a4b1bf",
        background_fill_primary="white",
        background_fill_primary_dark="#171e26",
        background_fill_secondary="#eef1f4",
        background_fill_secondary_dark="#1e2732",
        block_background_fill="white",
        block_background_fill_dark="#171e26",
        block_border_color="#dde3e9",
        block_border_color_dark="#2a3541",
        border_color_primary="#dde3e9",
        border_color_primary_dark="#2a3541",
        block_label_text_color="#526070",
        block_label_text_color_dark="#a4b1bf",
        block_label_text_weight="600",
        block_title_text_color="#3c4957",
        block_title_text_color_dark="#c3cdd7",
        block_title_text_weight="600",
        block_info_text_color="#526070",
        block_info_text_color_dark="#a4b1bf",
        input_background_fill="#f3f5f7",
        input_background_fill_dark="#10151b",
        input_border_color="#dde3e9",
        input_border_color_dark="#2a3541",
        input_border_width="1px",
        input_placeholder_color="#64717f",
        input_placeholder_color_dark="#8f9dab",
        checkbox_border_radius="4px",
        checkbox_border_color="#7b8896",
        checkbox_border_color_dark="#7c8a98",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_800",
        button_primary_text_color="white",
        button_secondary_background_fill="#e8ecf0",
        button_secondary_background_fill_dark="#26313d",
        button_secondary_text_color="#1c2733",
        button_secondary_text_color_dark="#e4e9ee",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )


_ASSETS = Path(__file__).parent / "assets"
_PAGE = ".gradio-container.gradio-container.gradio-container"
"""As specific as what Gradio puts before each selector of its own `css`, which it takes apart at every comma."""


def _read(ending: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(_ASSETS.glob(f"*.{ending}"))]


HEAD = "\n".join(
    [f"<style>\n{one}</style>" for one in _read("style")]
    + [f"<style>\n{_PAGE} {{\n{one}}}\n</style>" for one in _read("css")]
    + [f"<script>\n{one}</script>" for one in _read("js")]
)
"""Looks and scripts of all pages. `*.style` stands as it is; `*.css` is nested in the page, where `.dark &` is dark."""
