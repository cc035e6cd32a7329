"""Nothing that a person, a note, a card or a model wrote makes the browser fetch, post, run or hide anything."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from coach.schema import Card
from tests.browser.conftest import Server, watching
from tests.conftest import ROOT
from tests.llm.stub import Stub, says, streams

BOX = "#answer textarea"
BAIT = "SIGN-IN-AGAIN"
"""The text of overlays."""
PAYLOADS = (
    "![x](URL/markdown.png)",
    "![x][ref]\n\n[ref]: URL/reference.png",
    "[![x](URL/linked.png)](URL/link)",
    "<img src='URL/img.png'>",
    "<img src=x onerror=\"window.__ran='onerror';fetch('URL/onerror')\">",
    "<img srcset='URL/srcset.png 1x'>",
    "<picture><source srcset='URL/source.png'><img></picture>",
    "<div style='background:url(URL/style.png);position:fixed;inset:0;z-index:99999'>BAIT</div>",
    "<style>body{background:url(URL/sheet.png)} @import 'URL/import.css';</style>",
    "<link rel=stylesheet href='URL/link.css'>",
    "<video src='URL/video.mp4' autoplay></video>",
    "<audio src='URL/audio.mp3' autoplay></audio>",
    "<iframe src='URL/frame'></iframe>",
    "<iframe srcdoc=\"<script>parent.__ran='srcdoc'</script>\"></iframe>",
    "<object data='URL/object'></object><embed src='URL/embed'>",
    "<svg onload=\"window.__ran='svg'\"><image href='URL/svg.png' /></svg>",
    "<script>window.__ran='script';fetch('URL/script')</script>",
    "<script src='URL/remote.js'></script>",
    "<form action='URL/form'><input autofocus onfocus=\"window.__ran='focus'\"><button>BAIT</button></form>",
    "<details open ontoggle=\"window.__ran='toggle'\"><summary>x</summary></details>",
    "<base href='URL/'><meta http-equiv=refresh content='0;url=URL/refresh'>",
    "<dialog open style='position:fixed;inset:0'>BAIT</dialog>",
    "[x](javascript:window.__ran='link')",
    "<a href=\"data:text/html,<script>1</script>\" ping='URL/ping'>x</a>",
    "$\\href{javascript:window.__ran='katex'}{x}$ $\\includegraphics{URL/katex.png}$",
    "$\\htmlStyle{position:fixed}{BAIT}$",
    "$x <img src=URL/math.png onerror=window.__ran='math'>$",
    "`<img src=URL/code.png>`\n\n```html\n<img src=URL/fence.png>\n```",
    "```\n</code></pre><img src=URL/broken-fence.png>\n```",
    "<noscript><p title=\"</noscript><img src=URL/mutation.png onerror=window.__ran='mutation'>\">",
    "<math><mtext><table><mglyph><style><img src=URL/mglyph.png onerror=window.__ran='mglyph'>",
    "<!--><img src=URL/comment.png onerror=window.__ran='comment'>-->",
)

FOUND = """([address, bait]) => {
  const out = [];
  for (const one of document.querySelectorAll("body *")) {
    if (["IFRAME", "OBJECT", "EMBED", "BASE", "DIALOG"].includes(one.tagName)) out.push(one.outerHTML);
    for (const { name, value } of one.attributes) {
      const calls = /^(src|srcset|data|action|formaction|poster|ping|background|style|xlink:href)$/.test(name)
        || (name === "href" && one.tagName !== "A");
      if (calls && value.includes(address)) out.push(one.outerHTML);
      if (name === "href" && /^\\s*(javascript|data):/i.test(value)) out.push(one.outerHTML);
      if (name.startsWith("on")) out.push(one.outerHTML);
    }
    if (one.textContent.includes(bait) && getComputedStyle(one).position === "fixed") out.push(one.outerHTML);
  }
  return out.map((one) => one.slice(0, 300));
}"""


class Listener(ThreadingHTTPServer):
    """Remembers who called."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.calls: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def all(self) -> str:
        """Every payload, each with the listener's address."""
        return "\n\n".join(one.replace("URL", self.url).replace("BAIT", BAIT) for one in PAYLOADS)


class _Call(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.calls.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET  # noqa: N815 (the name is http.server's)

    def log_message(self, *_: object) -> None:
        """Nothing: the test looks at the calls."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def begin(page: Page, server: Server, focus: str) -> None:
    page.goto(server.url)
    page.locator("#start").wait_for()
    page.locator("#focus textarea, #focus input").fill(focus)
    page.locator("#questions input[type=number]").fill("2")
    page.locator("#start").click()
    page.locator(BOX).wait_for(timeout=90_000)


def assert_harmless(page: Page, listener: Listener) -> None:
    page.wait_for_timeout(400)
    assert page.evaluate(FOUND, [listener.url, BAIT]) == []
    assert page.evaluate("window.__ran") is None
    assert listener.calls == []


def test_an_answer_is_harmless_on_every_page(page: Page, server: Server, listener: Listener) -> None:
    begin(page, server, "why is linear regression called linear")
    page.locator(BOX).fill(f"It is linear in the parameters.\n\n{listener.all()}")
    assert_harmless(page, listener)
    page.locator("#send").click()
    expect(page.locator("#scorecard")).to_contain_text("%")
    expect(page.locator("#chat")).to_contain_text("markdown.png")
    expect(page.locator("#scorecard .evidence")).to_contain_text("markdown.png")
    assert_harmless(page, listener)
    page.locator("#end").click()
    expect(page.locator("#chat")).not_to_be_visible()
    assert_harmless(page, listener)
    for address in ("report", "progress"):
        page.goto(f"{server.url}{address}")
        expect(page.locator("body")).to_contain_text("linear regression")
        assert_harmless(page, listener)
    assert page.url.startswith(server.url)


def test_what_a_model_says_is_harmless(
    page: Page, serve: Callable[..., Server], listener: Listener, why_linear: Card
) -> None:
    said = listener.all()
    verdicts = {
        "criteria": [
            {"criterion": one.id, "quotes": [], "reason": said[:900], "state": "missed"} for one in why_linear.criteria
        ],
        "misconceptions": [],
    }
    with Stub(says(verdicts), streams(*(f"{one}\n\n" for one in said.split("\n\n")))) as stub:
        server = serve(COACH_MODEL="openai:stub-1", OPENAI_BASE_URL=stub.url, OPENAI_API_KEY="sk-test")
        begin(page, server, "why is linear regression called linear")
        page.locator(BOX).fill("It is a line.")
        page.locator("#send").click()
        expect(page.locator("#scorecard")).to_contain_text("stub-1")
        assert_harmless(page, listener)
        page.locator("#skip").click()
        expect(page.locator("#next")).to_be_visible()
        assert_harmless(page, listener)


def test_a_card_is_harmless_on_every_page(
    page: Page, serve: Callable[..., Server], listener: Listener, tmp_path: Path
) -> None:
    said = listener.all()
    card = yaml.safe_load((ROOT / "knowledge/cards/linear-models/why-linear.yaml").read_text(encoding="utf-8"))
    card["id"] = "linear-models/hostile"
    card["source"] = []
    card["question"] = {"en": f"Explain flibbertigibbet theory. {said}", "zh": f"讲讲。 {said}"}
    card["asked_as"] = {"en": ["flibbertigibbet theory"], "zh": ["flibbertigibbet"]}
    card["reference"] = {"en": f"Flibbertigibbet.\n\n{said}", "zh": f"好。\n\n{said}"}
    for criterion in card["criteria"]:
        criterion["says"] = {"en": f"{criterion['says']['en']} {said[:400]}", "zh": f"好 {said[:400]}"}
    own = tmp_path / "data" / "cards" / "linear-models" / "hostile.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(yaml.safe_dump(card, allow_unicode=True), encoding="utf-8")
    server = serve()
    begin(page, server, "flibbertigibbet theory")
    expect(page.locator("#chat")).to_contain_text("flibbertigibbet theory")
    assert_harmless(page, listener)
    page.locator(BOX).fill("The prediction is a weighted sum of the features plus an intercept.")
    page.locator("#send").click()
    expect(page.locator("#scorecard")).to_contain_text("%")
    page.locator("#skip").click()
    expect(page.locator("#next")).to_be_visible()
    assert_harmless(page, listener)
    page.locator("#end").click()
    expect(page.locator("#chat")).not_to_be_visible()
    for address in ("report", "progress", "library"):
        page.goto(f"{server.url}{address}")
        expect(page.locator("body")).to_contain_text("flibbertigibbet")
        assert_harmless(page, listener)


def test_a_note_and_its_name_are_harmless(
    page: Page, serve: Callable[..., Server], listener: Listener, tmp_path: Path
) -> None:
    server = serve()
    note = tmp_path / "<img src=x onerror=window.__ran=1> ![x](http:) notes.txt"
    note.write_text(f"amazon interview 1\n1. What is bias? {listener.all()}\n", encoding="utf-8")
    page.goto(f"{server.url}library")
    page.get_by_role("tab", name="Notes").click()
    page.locator("#lib-upload input[type=file]").set_input_files(note)
    expect(page.locator("#lib-found")).to_contain_text("What is bias")
    assert_harmless(page, listener)


def test_the_policy_stops_what_would_get_through(browser: Browser, server: Server, listener: Listener) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(server.url)
        page.locator("#start").wait_for()
        page.evaluate(
            "(all) => { const box = document.createElement('div'); document.body.append(box); box.innerHTML = all; }",
            listener.all().replace("http-equiv=refresh", ""),  # no policy stops a page from being left
        )
        page.evaluate(
            "() => document.body.append(Object.assign(document.createElement('script'), { text: 'window.__ran = 1' }))"
        )
        page.evaluate("(url) => fetch(url).catch(() => 0)", f"{listener.url}/fetch")
        page.evaluate("(url) => navigator.sendBeacon(url, 'x')", f"{listener.url}/beacon")
        page.wait_for_timeout(500)
        assert page.evaluate("window.__ran") is None
        assert listener.calls == []


def test_every_response_carries_the_policy(browser: Browser, server: Server) -> None:
    missing: list[str] = []
    with watching(browser) as context:
        page = context.new_page()
        page.on(
            "response",
            lambda reply: missing.append(reply.url) if "content-security-policy" not in reply.headers else None,
        )
        for address in ("", "report", "progress", "library", "evals"):
            page.goto(f"{server.url}{address}")
            page.locator("#bar").wait_for()
        for address in ("gradio_api/file=/etc/passwd", "gradio_api/file=x", "nowhere", "gradio_api/runs", "monitoring"):
            reply = page.request.get(f"{server.url}{address}")
            assert reply.status >= 400
            assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert missing == []
