import json
import re
import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.bank.glossary import Glossary
from coach.grading.passage import passages
from coach.progress.anki import (
    DECK_IDS,
    FIELDS,
    MODEL_ID,
    Exported,
    Gap,
    Passages,
    as_html,
    deck,
    fields,
    gaps,
    guid,
    plain,
    tags,
)
from coach.schema import (
    Answered,
    Attempt,
    Card,
    Evidence,
    Grade,
    JudgeInfo,
    Lang,
    Passage,
    Plan,
    Probed,
    Round,
    Session,
    State,
    Stated,
    Verdict,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAID = "It is <b>linear</b> in x, I {{think}} $y = x$."
HOSTILE = (
    "<script>alert(1)</script>",
    '<img src="https://example.org/x.png" onerror=alert(1)>',
    "![x](https://example.org/x.png)",
    "[sound:https://example.org/x.mp3]",
    "[anki:tts lang=en]x[/anki:tts]",
    "[latex]x[/latex]",
    "[$]x[/$]",
    "\x1f",
    "\x00",
)
hostile = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)), max_size=8).map("".join)


def graded(
    card: Card, states: Mapping[str, State], *, rest: State = "met", said: str = SAID, wrong: str | None = None
) -> Grade:
    words = Evidence(turn=0, start=0, end=len(said), text=said, match="exact")
    verdicts = tuple(
        Verdict(
            criterion=criterion.id,
            state=(state := states.get(criterion.id, rest)),
            evidence=(words,) if state in {"partly", "contradicted", "met"} else (),
        )
        for criterion in card.criteria
    )
    stated = (Stated(misconception=wrong, evidence=(words,)),) if wrong is not None else ()
    info = JudgeInfo(judge="offline", name="written down")
    return Grade(
        card=card.id, card_hash=card.fingerprint, verdicts=verdicts, misconceptions=stated, score=None, judge=info
    )


def session(name: str, day: int, *rounds: Round, **change: object) -> Session:
    whole = {
        "id": name,
        "plan": Plan(lang="en"),
        "cards": tuple(one.card for one in rounds),
        "rounds": rounds,
        "started_at": datetime(2026, 1, day, tzinfo=UTC),
        "ended": "finished",
        "next_seq": 9,
        "lang": "en",
    }
    return Session.model_validate(whole | change)


def asked(card: Card, grade: Grade | None, **change: object) -> Round:
    said = (Answered(text=SAID, lang="en"),)
    return Round(card=card.id, question=card.question.en, said=said, grade=grade, graded_answers=1).model_copy(
        update=change
    )


@pytest.fixture
def found(glossary: Glossary) -> Passages:
    return partial(passages, glossary=glossary)


def notes(path: Path) -> dict[str, tuple[dict[str, str], list[str], int]]:
    """Fields, tags and time of change of every note, by its guid."""
    with zipfile.ZipFile(path) as packed:
        assert sorted(packed.namelist()) == ["collection.anki2", "media"]
        assert json.loads(packed.read("media")) == {}
        held = packed.read("collection.anki2")
    copy = path.with_suffix(".sqlite")
    copy.write_bytes(held)
    with closing(sqlite3.connect(copy)) as link:
        rows = link.execute("SELECT guid, mid, mod, tags, flds FROM notes ORDER BY id").fetchall()
        places = link.execute("SELECT DISTINCT did FROM cards").fetchall()
        assert len(link.execute("SELECT id FROM cards").fetchall()) == len(rows)
    assert {row[1] for row in rows} == {MODEL_ID}
    assert {did for (did,) in places} <= set(DECK_IDS.values())
    for row in rows:
        assert row[4].count("\x1f") == len(FIELDS) - 1
    return {row[0]: (dict(zip(FIELDS, row[4].split("\x1f"), strict=True)), row[3].split(), row[2]) for row in rows}


def test_every_open_point_is_a_note_and_a_met_one_is_none(why_linear: Card, found: Passages, tmp_path: Path) -> None:
    first, second, third = (criterion.id for criterion in why_linear.criteria[:3])
    states: dict[str, State] = {first: "missed", second: "partly", third: "contradicted"}
    path = tmp_path / "points.apkg"
    held = [session("s", 1, asked(why_linear, graded(why_linear, states)))]
    done = deck(held, {why_linear.id: why_linear}, lang="en", path=path, passages=found, now=NOW)
    assert done == Exported(notes=3)
    read = notes(path)
    assert list(read) == [guid(why_linear.id, name, "en") for name in (first, second, third)]
    shown, tagged, changed = read[guid(why_linear.id, second, "en")]
    criterion = why_linear.criterion(second)
    assert shown["Question"] == as_html(why_linear.question.en)
    assert shown["Probe"] == as_html(criterion.probe.en)
    assert shown["Point"] == as_html(criterion.says.en)
    assert as_html(found(why_linear, "en")[second].text) in shown["Reference"]
    assert "It is &lt;b&gt;linear&lt;/b&gt; in x, I {{think}} $y = x$." in shown["Said"]
    assert "Last time (2026-01-01): partly" in shown["Said"]
    assert plain(why_linear.references[0]) in shown["Sources"]
    assert f"{why_linear.source[0].note}:{why_linear.source[0].line}" in shown["Sources"]
    assert tagged == [
        "topic::linear-models",
        "company::amazon",
        "kind::concept",
        "difficulty::2",
        "card::linear-models/why-linear",
    ]
    assert changed == int(NOW.timestamp())
    missed = read[guid(why_linear.id, first, "en")][0]["Said"]
    assert "missed" in missed
    assert "<pre" not in missed


def test_a_second_export_updates_the_same_notes(why_linear: Card, found: Passages, tmp_path: Path) -> None:
    name = why_linear.criteria[0].id
    bank = {why_linear.id: why_linear}
    held = [session("s", 1, asked(why_linear, graded(why_linear, {name: "missed"})))]
    write = partial(deck, cards=bank, lang="en", passages=found)
    paths = [tmp_path / f"{number}.apkg" for number in range(3)]
    write(held, path=paths[0], now=NOW)
    write(held, path=paths[1], now=NOW)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    held.append(session("t", 2, asked(why_linear, graded(why_linear, {name: "partly"}))))
    write(held, path=paths[2], now=NOW + timedelta(days=1))
    before, after = notes(paths[0]), notes(paths[2])
    assert list(before) == list(after)
    ((old, _, first_time),), ((new, _, second_time),) = before.values(), after.values()
    assert second_time > first_time
    assert old["Key"] == new["Key"]
    assert "missed" in old["Said"]
    assert "partly" in new["Said"]


def test_each_language_has_its_own_deck_and_notes(why_linear: Card, found: Passages, tmp_path: Path) -> None:
    held = [session("s", 1, asked(why_linear, graded(why_linear, {}, rest="missed")))]
    seen = []
    langs: tuple[Lang, ...] = ("en", "zh")
    for lang in langs:
        path = tmp_path / f"{lang}.apkg"
        deck(held, {why_linear.id: why_linear}, lang=lang, path=path, passages=found, now=NOW)
        seen.append(notes(path))
        for criterion in why_linear.criteria:
            shown = seen[-1][guid(why_linear.id, criterion.id, lang)][0]
            assert shown["Point"] == as_html(criterion.says.text(lang))
    assert not set(seen[0]) & set(seen[1])


@pytest.mark.parametrize("backwards", [False, True])
def test_the_newest_verdict_decides_whatever_the_order(why_linear: Card, backwards: bool) -> None:
    first, second, third, fourth = (criterion.id for criterion in why_linear.criteria[:4])
    held = [
        session("a", 1, asked(why_linear, graded(why_linear, {first: "missed", second: "met", third: "partly"}))),
        session("b", 2, asked(why_linear, graded(why_linear, {second: "missed", third: "not_graded"}))),
        session("c", 3, asked(why_linear, None)),
    ]
    found, gone = gaps(held[::-1] if backwards else held, {why_linear.id: why_linear})
    assert [(gap.criterion.id, gap.state) for gap in found] == [(second, "missed"), (third, "partly")]
    assert gone == ()
    assert fourth not in {gap.criterion.id for gap in found}


def test_an_earlier_attempt_counts_until_the_new_one_is_graded(why_linear: Card) -> None:
    first = why_linear.criteria[0].id
    attempt = Attempt(said=(), grade=graded(why_linear, {first: "missed"}), rated=None, seconds=1)
    bank = {why_linear.id: why_linear}
    open_again = session("s", 1, asked(why_linear, None, attempts=(attempt,)))
    better = session("s", 1, asked(why_linear, graded(why_linear, {}), attempts=(attempt,)))
    assert [gap.criterion.id for gap in gaps([open_again], bank)[0]] == [first]
    assert gaps([better], bank)[0] == ()


def test_what_is_still_being_asked_or_examined_is_not_told(why_linear: Card) -> None:
    grade = graded(why_linear, {}, rest="missed")
    probe = Probed(criterion=why_linear.criteria[0].id, text="And?", wording="card")
    probed = asked(why_linear, grade, said=(Answered(text=SAID, lang="en"), probe))
    closed = asked(why_linear, grade)
    exam = Plan(lang="en", mode="exam")
    bank = {why_linear.id: why_linear}
    told = {
        "open": gaps([session("s", 1, probed, ended=None)], bank)[0],
        "closed": gaps([session("s", 1, closed, ended=None)], bank)[0],
        "over": gaps([session("s", 1, probed)], bank)[0],
        "exam": gaps([session("s", 1, closed, ended=None, plan=exam)], bank)[0],
        "exam over": gaps([session("s", 1, closed, plan=exam)], bank)[0],
    }
    assert {name for name, found in told.items() if found} == {"closed", "over", "exam over"}


def test_points_that_left_the_bank_are_named(why_linear: Card, found: Passages, tmp_path: Path) -> None:
    first, second = (criterion.id for criterion in why_linear.criteria[:2])
    held = [session("s", 1, asked(why_linear, graded(why_linear, {first: "missed", second: "missed"})))]
    less = why_linear.model_copy(update={"criteria": why_linear.criteria[1:]})
    path = tmp_path / "x.apkg"
    done = deck(held, {less.id: less}, lang="en", path=path, passages=found, now=NOW)
    assert done == Exported(notes=1, gone=(f"{why_linear.id}#{first}",))
    none = deck(held, {}, lang="en", path=tmp_path / "y.apkg", passages=found, now=NOW)
    assert none.notes == 0
    assert len(none.gone) == 2


def test_nothing_open_writes_no_file(why_linear: Card, found: Passages, tmp_path: Path) -> None:
    held = [session("s", 1, asked(why_linear, graded(why_linear, {})))]
    done = deck(held, {why_linear.id: why_linear}, lang="en", path=tmp_path / "x.apkg", passages=found, now=NOW)
    assert done == Exported(notes=0)
    assert list(tmp_path.glob("*.apkg")) == []


def test_only_the_file_is_left_behind(why_linear: Card, found: Passages, tmp_path: Path) -> None:
    held = [session("s", 1, asked(why_linear, graded(why_linear, {}, rest="missed")))]
    place = tmp_path / "out"
    place.mkdir()
    deck(held, {why_linear.id: why_linear}, lang="en", path=place / "x.apkg", passages=found, now=NOW)
    assert [one.name for one in place.iterdir()] == ["x.apkg"]


def test_a_wrong_claim_against_a_point_is_among_the_words_on_it(cards: dict[str, Card]) -> None:
    card, wrong = next(
        (card, one) for card in cards.values() for one in card.misconceptions if one.contradicts is not None
    )
    grade = graded(card, {}, rest="missed", said="plainly wrong", wrong=wrong.id)
    found, _ = gaps([session("s", 1, asked(card, grade))], {card.id: card})
    assert {gap.criterion.id: gap.said for gap in found if gap.said} == {wrong.contradicts: ("plainly wrong",)}


def test_an_example_answer_is_not_called_the_reference(cards: dict[str, Card]) -> None:
    words: dict[bool, set[bool]] = {}
    for card in cards.values():
        gap = Gap(card, card.criteria[0], "missed", (), NOW)
        shown = fields(gap, "en", Passage(start=0, end=1, text="x", overlap=1))
        words.setdefault(card.personal, set()).add(
            "The reference says" in dict(zip(FIELDS, shown, strict=True))["Reference"]
        )
    assert words == {True: {False}, False: {True}}


def test_no_front_gives_its_point_away_and_every_tag_is_one_word(cards: dict[str, Card]) -> None:
    langs: tuple[Lang, ...] = ("en", "zh")
    for card in cards.values():
        assert not [tag for tag in tags(card) if re.search(r"\s", tag)]
        for criterion in card.criteria:
            for lang in langs:
                shown = dict(zip(FIELDS, fields(Gap(card, criterion, "missed", (), NOW), lang, None), strict=True))
                assert shown["Point"] not in shown["Question"] + shown["Probe"]


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**Bold** and *thin*", "<p><strong>Bold</strong> and <em>thin</em></p>"),
        ("**训练。**然后", "<p><strong>训练。</strong>然后</p>"),
        ("$x_1*y_1$ and $a*b$", r"<p>\(x_1*y_1\) and \(a*b\)</p>"),
        ("$a<b$", r"<p>\(a&lt;b\)</p>"),
        ("$$a\n- b$$", "<p>\\[a\n- b\\]</p>"),
        (r"\(a_1\) and \[b_1\]", r"<p>\(a_1\) and \[b_1\]</p>"),
        ("from $5 to $10", "<p>from $5 to $10</p>"),
        ("$5-$10, or $x$", r"<p>$5-$10, or \(x\)</p>"),
        (r"\$5 and \$6", "<p>$5 and $6</p>"),
        ("`$x$` and `a**b**c`", "<p><code>$x$</code> and <code>a**b**c</code></p>"),
        (
            "```python\np = '$5' # $x$ **b**\n```",
            "<pre><code class=\"language-python\">p = '$5' # $x$ **b**\n</code></pre>",
        ),
        ("- a\n- $b$", "<ul>\n<li>a</li>\n<li>\\(b\\)</li>\n</ul>"),
        ("<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>"),
        ("![a](http://b) [c](http://d)", "<p>![a](http://b) [c](http://d)</p>"),
        ("[sound:a.mp3] [latex]b[/latex] [$$]", "<p>&#91;sound:a.mp3] &#91;latex]b&#91;/latex] &#91;$$]</p>"),
        ("\ue0000\ue001 $x$", r"<p>0 \(x\)</p>"),
    ],
)
def test_markdown_becomes_html_with_formulas_where_anki_looks_for_them(markdown: str, html: str) -> None:
    assert as_html(markdown) == html


def test_no_mark_of_markdown_is_left_in_any_card(cards: dict[str, Card]) -> None:
    langs: tuple[Lang, ...] = ("en", "zh")
    formulas = 0
    for card in cards.values():
        for lang in langs:
            parts = [
                card.question,
                card.reference,
                *(one for point in card.criteria for one in (point.says, point.probe)),
            ]
            for part in parts:
                html = as_html(part.text(lang))
                bare, count = re.subn(r"<code.*?</code>|\\\(.*?\\\)|\\\[.*?\\\]", "", html, flags=re.DOTALL)
                formulas += count
                assert not re.search(r"\*\*|\$|`|[\ue000\ue001]", bare), f"{card.id} {lang}: {bare}"
    assert formulas > 1000


DANGEROUS = re.compile(r"<\s*/?\s*(?:script|img|a|iframe|object|link|style|svg)\b|\[(?:sound:|anki:|latex\]|\$)", re.I)
OURS = re.compile(r"</?(?:p|strong|em|ul|ol|li|table|thead|tbody|tr|th|td|pre|code|br|div)(?: [a-z]+=\"[^\"<>]*\")*>")


def harmless(html: str) -> bool:
    return not DANGEROUS.search(html) and "<" not in OURS.sub("", html) and not re.search("[\x00\x1f]", html)


@given(hostile)
def test_nothing_that_a_candidate_says_is_obeyed(said: str) -> None:
    assert harmless(plain(said))
    assert not re.search("[<>]", plain(said))


@given(hostile)
def test_nothing_that_a_card_says_is_fetched_or_run(text: str) -> None:
    assert harmless(as_html(text))


@pytest.mark.parametrize("said", [*HOSTILE, "</pre><script>x</script>", "\\(\\href{javascript:alert(1)}{x}\\)"])
def test_hostile_words_lie_harmless_in_the_file(why_linear: Card, found: Passages, tmp_path: Path, said: str) -> None:
    name = why_linear.criteria[0].id
    grade = graded(why_linear, {name: "contradicted"}, said=f"before {said} after")
    path = tmp_path / "x.apkg"
    bank = {why_linear.id: why_linear}
    assert deck([session("s", 1, asked(why_linear, grade))], bank, lang="en", path=path, passages=found, now=NOW).notes
    ((shown, _, _),) = notes(path).values()
    assert all(harmless(html) for html in shown.values())
    assert re.search(r'<pre class="said tex2jax_ignore mathjax_ignore">before [^<>]* after</pre>', shown["Said"])
