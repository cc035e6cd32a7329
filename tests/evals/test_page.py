import re
from html.parser import HTMLParser

from coach.schema import Card
from evals.figures import measure_run
from evals.page import page
from tests.evals.made import TEXT, case, judged, run_of, ungraded

NASTY = "</p><script>alert(1)</script><img src=https://evil.example/x.png>"


class Tags(HTMLParser):
    """Every tag and attribute, and whether tags close in order."""

    VOID = frozenset({"meta", "br", "rect", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [(tag, name, value or "") for name, value in attrs] or [(tag, "", "")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def made_page(card: Card) -> str:
    wrong = case(card, "wrong", {"least-squares": "met"}, split="calibrate")
    held = case(card, "held", {"least-squares": "met"}, answers=(NASTY + TEXT,), why=NASTY, attack="words")
    sure = {one.id: (0.9, 0.1) for one in card.criteria}
    run = run_of(
        judged(card, wrong, {"least-squares": "partly"}, likelihood=sure),
        judged(card, held, {"least-squares": "missed"}, likelihood=sure),
        ungraded(card, case(card, "silent")),
        name="a<b",
    )
    return page(run, measure_run(run.outcomes), ("agreement 0.1 is below 0.2",), {card.id: card})


def test_the_page_is_well_formed_and_fetches_nothing(why_linear: Card) -> None:
    tags = Tags()
    html = made_page(why_linear)
    tags.feed(html)
    assert tags.open == []
    assert not {tag for tag, _, _ in tags.seen} & {"script", "img", "link", "iframe", "object", "embed", "base"}
    assert not [name for _, name, _ in tags.seen if name in {"src", "href", "srcset", "data"} or name.startswith("on")]
    assert "default-src 'none'" in html
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_what_candidates_and_judges_write_is_escaped(why_linear: Card) -> None:
    html = made_page(why_linear)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "because &lt;i&gt;" in html
    assert "a&lt;b" in html


def test_every_wrong_verdict_is_there_with_answer_evidence_label_and_reason(why_linear: Card) -> None:
    html = made_page(why_linear)
    assert "<mark>We minimise</mark> the sum of squared residuals &lt;b&gt;&amp; more&lt;/b&gt;." in html
    says = {one.id: one.says.en for one in why_linear.criteria}["least-squares"]
    assert html.count("<td>met</td><td class=bad>partly</td>") == 1
    assert html.count("<td>met</td><td class=bad>missed</td>") == 1
    assert says.split(",")[0][:30] in html
    assert "2 verdicts in 2 gradings" in html
    assert "Held back" in html
    assert "silent: no reply" in html
    assert "agreement 0.1 is below 0.2" in html


def test_the_plots_are_drawn_from_the_figures(why_linear: Card) -> None:
    html = made_page(why_linear)
    assert html.count("<svg") == 4
    assert "likelihood given" in html
    assert "said 0.90" in html


def test_a_card_that_changed_since_lends_no_words(why_linear: Card) -> None:
    one = case(why_linear, "wrong", {"least-squares": "met"})
    run = run_of(judged(why_linear, one, {"least-squares": "missed"}))
    other = why_linear.model_copy(update={"difficulty": 5 if why_linear.difficulty < 5 else 1})
    measured = measure_run(run.outcomes)
    words = {one.id: one.says.en for one in why_linear.criteria}["least-squares"][:20]
    assert words in page(run, measured, (), {why_linear.id: why_linear})
    assert words not in page(run, measured, (), {other.id: other})
