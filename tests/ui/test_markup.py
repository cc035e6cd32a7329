import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.ui.markup import Span, inline, rich, typed

PAYLOADS = [
    "![x](http://evil.example/x.png)",
    "[x](http://evil.example)",
    "<img src=http://evil.example/x.png>",
    "<div style='position:fixed;inset:0'>log in</div>",
    "<form action=http://evil.example><input name=key></form>",
    "<script>alert(1)</script>",
    "$a<img src=http://evil.example/x.png>$",
    "\\(a<img src=http://evil.example/x.png>\\)",
    "```\n<img src=http://evil.example/x.png>",
    "`<img src=http://evil.example/x.png>`",
    "</div></section></details><h1>not ours</h1>",
]
OURS = re.compile(r"</?(?:p|ul|ol|li|strong|em|mark|sup|code|pre|table|thead|tbody|tr|th|td)(?: class=\"[\w -]+\")?>")


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("shown", [rich, inline, typed])
def test_no_tag_image_or_link_of_a_person_comes_through(payload: str, shown: object) -> None:
    assert callable(shown)
    found = shown(f"before {payload} after")
    assert not re.search(r"<[a-z/!]", OURS.sub("", found), re.IGNORECASE)
    assert "href=" not in found


@given(st.text())
def test_html_stays_on_one_line_so_that_no_reader_of_markdown_touches_it(text: str) -> None:
    assert "\n" not in rich(text)
    assert "\n" not in typed(text)


@given(st.text(alphabet=st.characters(exclude_characters="$\\\r\n")), st.data())
def test_typed_words_are_shown_as_they_were_typed_whatever_is_marked(text: str, data: st.DataObject) -> None:
    cut = st.integers(0, len(text))
    cuts = [sorted((data.draw(cut), data.draw(cut))) for _ in range(3)]
    spans = [Span(start, end, "1", "met") for start, end in cuts]
    assert html.unescape(re.sub(r"<sup>[^<]*</sup>|</?mark[^>]*>", "", typed(text, spans))) == text


def test_evidence_that_ends_inside_a_formula_takes_in_the_whole_of_it() -> None:
    text = "so $y = w x$ holds"
    assert typed(text, [Span(0, 7, "2", "partly")]) == (r'<mark class="partly">so \(y = w x\)<sup>2</sup></mark> holds')


def test_overlapping_evidence_shows_the_weightier_state_and_every_number() -> None:
    shown = typed("abcdef", [Span(0, 4, "1", "partly"), Span(2, 4, "3", "met")])
    assert shown == '<mark class="partly">ab</mark><mark class="met">cd<sup>1,3</sup></mark>ef'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("it costs $5 or $6", "it costs $5 or $6"),
        ("$w < 3$", r"\(w &lt; 3\)"),
        ("$$a\nb$$", r"\[a b\]"),
        (r"\[a\] and \(b\)", r"\[a\] and \(b\)"),
        (r"an open \( and \[ stay words", "an open &#92;( and &#92;[ stay words"),
        ("a\n\nb", "a&#10;&#10;b"),
    ],
)
def test_only_whole_formulas_are_formulas(text: str, shown: str) -> None:
    assert typed(text) == shown


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("`\\(` is code", "<code>&#92;(</code> is code"),
        ("$a \\\\[2pt] b$", r"\(a \\&#91;2pt] b\)"),
        ("**bold** $x$", r"<strong>bold</strong> \(x\)"),
    ],
)
def test_no_formula_begins_inside_code_or_another_formula(markdown: str, shown: str) -> None:
    assert inline(markdown) == shown


def test_several_paragraphs_keep_their_tags() -> None:
    assert inline("one\n\ntwo").startswith("<p>one</p>")
