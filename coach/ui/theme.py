"""How the page looks, and the headers and keys it comes with. Everything is served from this machine."""

from typing import Any

import gradio as gr
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
    return gr.themes.Base(primary_hue="teal", neutral_hue="slate", radius_size="md", font=_SANS, font_mono=_MONO).set(
        block_label_text_weight="600",
        block_title_text_weight="600",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_text_color="white",
    )


CSS = """
.gradio-container { max-width: 1240px !important; margin: 0 auto !important; }
#bar { align-items: baseline; }
#bar h1 { font-size: 1.25rem; margin: 0; }
#notice { text-align: right; font-size: .85rem; color: var(--body-text-color-subdued); }
#status { font-size: .9rem; padding: .4rem .8rem; border-left: 3px solid var(--color-accent); }
#evidence .said { line-height: 1.7; padding: .6rem .8rem; border-left: 3px solid var(--border-color-primary); }
#evidence mark { color: inherit; border-radius: 3px; padding: 0 2px; }
#evidence mark.met { background: color-mix(in srgb, #2e9e5b 28%, transparent); }
#evidence mark.partly { background: color-mix(in srgb, #d99a1c 30%, transparent); }
#evidence mark.contradicted { background: color-mix(in srgb, #cf3f3f 28%, transparent); }
#evidence sup { margin-left: 2px; font-weight: 600; }
#critique { padding-top: .4rem; border-top: 1px solid var(--border-color-primary); }
#critique em { color: var(--body-text-color-subdued); }
#scorecard code { font-size: .85em; white-space: normal; }
#chat .icon-button-wrapper.top-panel { display: none; }
#report { padding: .5rem 1rem; }
@media (max-width: 640px) { #notice { text-align: left; } }
"""

KEYS = """
<script>
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const box = document.querySelector("#answer textarea");
    const send = document.querySelector("#send");
    if (box && document.activeElement === box && send) { event.preventDefault(); send.click(); }
  }
});
</script>
"""

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
        "base-uri 'self'",
    )
)
"""Nothing that is shown may fetch from, post to, or be framed by another site."""


class Guarded:
    """Adds the content security policy and its companions to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and the guarded response back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: list[Any] = message.setdefault("headers", [])
                headers += [
                    (b"content-security-policy", POLICY.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
            await send(message)

        await self._app(scope, receive, guarded)
