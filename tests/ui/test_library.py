"""The library page's lists, cards, notes and drafts: what is shown, what is hidden, and nothing of theirs obeyed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from coach.bank.draft import Drafts, card_yaml, unready
from coach.bank.notes import parse_notes
from coach.bank.own import version_of
from coach.errors import CardChanged, ContentError, Problem
from coach.schema import LANGS, Card, Lang
from coach.settings import Settings
from coach.ui.library import Wanted, choices, looked_for, marks_of
from coach.ui.library_edit import NEW_CARD, Editing, unsaved
from coach.ui.library_notes import looked_up, read_files, waiting
from coach.ui.library_views import (
    Line,
    Marks,
    answer_html,
    drafts_html,
    found_html,
    left_out_html,
    link,
    problems_html,
    question_html,
    results_html,
    summary_text,
)
from coach.ui.words.library import CHINESE, ENGLISH, KINDS, TEXT, say
from coach.wiring import Coach
from tests.conftest import ROOT

NAME = "linear-models/why-linear"
EVIL = "<img src=x onerror=alert(1)> <script>alert(1)</script> ![x](http://203.0.113.9/b.png)"
ANY = Wanted("", "", "", "", "", "", "", "")


@pytest.fixture(scope="module")
def coach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coach]:
    """One coach for the whole file: the bank is only read, and drafts have names of their own."""
    made = Coach(Settings(data_dir=tmp_path_factory.mktemp("data"), content_dir=ROOT, model=None))
    yield made
    made.close()


def wanted(**change: str) -> Wanted:
    return Wanted(**{**ANY.__dict__, **change})


@pytest.mark.parametrize("lang", LANGS)
def test_every_shipped_card_is_one_line_of_html_without_tags_of_its_own(cards: dict[str, Card], lang: Lang) -> None:
    for card in cards.values():
        for shown in (question_html(card, lang, Marks()), answer_html(card, lang)):
            assert "\n" not in shown
            assert not re.search(r"<(?:img|script|iframe|style|form)\b", shown)
            assert shown.count("<details") == shown.count("</details>")


@pytest.mark.parametrize("lang", LANGS)
def test_the_question_gives_nothing_of_the_answer_away(cards: dict[str, Card], lang: Lang) -> None:
    for card in cards.values():
        shown = question_html(card, lang, Marks())
        assert card.id in shown
        assert not [one.id for one in card.criteria if one.says.text(lang) in shown]
        answered = answer_html(card, lang)
        assert answered.count("<li>") >= len(card.criteria) + len(card.hints)


def test_the_answer_holds_every_part_of_the_card(why_linear: Card) -> None:
    shown = answer_html(why_linear, "en")
    for heading in ("reference", "rubric", "hints", "misconceptions", "followups", "sources"):
        assert say(heading, "en") in shown
    assert "\\(y" in shown or "\\[" in shown, "formulas are marked for the renderer"
    assert [f"{one.weight} point" in shown for one in why_linear.criteria] == [True] * len(why_linear.criteria)


def test_words_of_notes_drafts_cards_and_files_obey_no_tag(why_linear: Card) -> None:
    card = why_linear.model_copy(
        update={
            "question": why_linear.question.model_copy(update={"en": EVIL}),
            "reference": why_linear.reference.model_copy(update={"en": EVIL}),
            "references": (EVIL,),
        }
    )
    question = parse_notes("# Amazon\n- What is a kernel? " + EVIL, "<i>note</i>.md")[0]
    shown = [
        question_html(card, "en", Marks()),
        answer_html(card, "en"),
        results_html([card], "en", Marks(), told=EVIL),
        found_html([Line(question, "none")], "en", done=True),
        drafts_html([('x"><script>.yaml', EVIL, 1)], "en"),
        problems_html([Problem("p", 3, EVIL)], "en", head=EVIL),
        left_out_html([Problem(EVIL, 0, EVIL)], "en", own={}),
        link("card", '"><script>', "x"),
    ]
    for html in shown:
        assert not re.search(r"<(?:img|script|i)\b", html), html


def test_an_empty_search_lists_what_fits_and_counts_it(coach: Coach) -> None:
    cards, told = looked_for(coach, ANY, Marks(), "en")
    assert [card.id for card in cards] == sorted(card.id for card in coach.cards)
    assert told == f"{len(coach.cards)} questions"
    for field, value, fits in (
        ("company", "microsoft", lambda card: any(one.company == "microsoft" for one in card.source)),
        ("round", "phone", lambda card: any(one.round == "phone" for one in card.source)),
        ("topic", "trees", lambda card: "trees" in card.topics),
        ("kind", "coding", lambda card: card.kind == "coding"),
        ("level", "hard", lambda card: card.difficulty >= 4),
    ):
        found, _ = looked_for(coach, wanted(**{field: value}), Marks(), "en")
        assert found, field
        assert set(found) == {card for card in coach.cards if fits(card)}, field
    assert looked_for(coach, wanted(company="microsoft", topic="trees", kind="coding"), Marks(), "zh") == (
        (),
        say("nothing", "zh"),
    )


def test_words_search_as_the_command_line_does_and_say_when_nothing_answers(coach: Coach) -> None:
    cards, told = looked_for(coach, wanted(words="过拟合怎么办"), Marks(), "zh")
    assert tuple(card.id for card in cards) == coach.find("过拟合怎么办", k=30).cards
    assert told == say("found", "zh", n=len(cards))
    cards, told = looked_for(coach, wanted(words="how do I bake bread"), Marks(), "en")
    assert told in {say("nearest", "en"), say("nothing", "en")}
    assert (told == say("nearest", "en")) == bool(cards)


def test_what_is_due_seen_and_mine_can_be_listed(coach: Coach) -> None:
    marks = Marks(due=frozenset({NAME}), seen={NAME: 80, "trees/lightgbm-versus-xgboost": None}, own={NAME: "changed"})

    def listed(status: str) -> set[str]:
        return {card.id for card in looked_for(coach, wanted(status=status), marks, "en")[0]}

    assert listed("due") == listed("mine") == {NAME}
    assert listed("seen") == {NAME, "trees/lightgbm-versus-xgboost"}
    assert listed("seen") | listed("unseen") == {card.id for card in coach.cards}
    assert not listed("seen") & listed("unseen")
    shown = results_html([card for card in coach.cards if card.id == NAME], "en", marks, told="", chosen=NAME)
    for text in (say("due", "en"), say("seen", "en", value=80), say("changed", "en"), 'aria-current="true"'):
        assert text in shown
    assert marks_of(coach, "nobody") == Marks(frozenset(), {}, {})


def test_filters_offer_what_the_bank_has_in_the_language_of_the_page(coach: Coach) -> None:
    offered = choices(coach.cards, "zh")
    assert ("树模型", "trees") in offered["topic"]
    assert {value for _, value in offered["kind"]} == {"", *(card.kind for card in coach.cards)}
    assert all(options[0] == ("不限", "") for options in offered.values())
    assert "unknown" not in {value for _, value in offered["round"]}


def test_notes_are_read_looked_up_and_counted_and_the_uploads_deleted(coach: Coach, tmp_path: Path) -> None:
    note, wrong = tmp_path / "note.md", tmp_path / "scan.pdf"
    note.write_text("# Amazon phone\n- Why is linear regression called linear?\n- How does Raft elect a leader?\n")
    wrong.write_bytes(b"no pdf at all")
    lines, told = read_files([str(note), str(wrong)], "en")
    assert [(line.question.path, line.question.line, line.state) for line in lines] == [
        ("note.md", 2, "unread"),
        ("note.md", 3, "unread"),
    ]
    assert told.startswith("scan.pdf")
    assert not note.exists()
    assert not wrong.exists()
    known = [looked_up(coach, line.question) for line in lines]
    assert [(line.state, line.name) for line in known] == [("card", NAME), ("none", "")]
    assert summary_text(known, "en") == say("in_notes", "en", all=2, have=1, drafted=0, none=1)
    shown = found_html(known, "en", done=True)
    assert f"./library?card={NAME}" in shown
    assert "note.md:3" in shown


def test_a_draft_waits_is_kept_as_typed_and_a_deleted_one_is_known(coach: Coach, why_linear: Card) -> None:
    question = parse_notes("- How does Paxos elect a leader?\n", "note.md")[0]
    references = ("TODO: a source",)
    draft = why_linear.model_copy(
        update={"id": "system-design/raft", "topics": ("system-design",), "references": references, "draft": True}
    )
    path = coach.drafts.add(question, draft)
    name = path.relative_to(coach.drafts.folder).as_posix()
    assert looked_up(coach, question) == Line(question, "draft", name)
    ((shown_name, shown_question, problems),) = waiting(coach)
    assert (shown_name, problems) == (name, 1)
    assert shown_question.startswith(why_linear.question.en[:20])
    text = coach.drafts.text(name)
    coach.drafts.save(name, "id: [half", seen=version_of(text))
    with pytest.raises(CardChanged, match="another tab"):
        coach.drafts.save(name, text, seen=version_of(text))
    assert "not valid YAML" in unready(coach.drafts.text(name))[0].message
    coach.drafts.delete(name)
    assert looked_up(coach, question).state == "deleted"
    with pytest.raises(ContentError, match="no draft any more"):
        coach.drafts.text(name)


@pytest.mark.parametrize("name", ["../own.yaml", "/etc/passwd", "made.json", ""])
def test_only_drafts_are_opened_as_drafts(tmp_path: Path, name: str) -> None:
    (tmp_path / "own.yaml").write_text("x: 1", encoding="utf-8")
    with pytest.raises(ContentError, match="no draft any more"):
        Drafts(tmp_path / "drafts").text(name)


def test_the_problems_of_a_draft_name_its_own_lines(why_linear: Card) -> None:
    text = card_yaml(why_linear.model_copy(update={"draft": True})).replace("difficulty: 2", "difficulty: 9")
    moved = "draft: true\n" + text.replace("draft: true\n", "")
    (problem,) = unready(moved)
    assert moved.splitlines()[problem.line - 1] == "difficulty: 9"


def test_what_is_typed_is_only_unsaved_when_something_else_is_opened_over_it() -> None:
    now = Editing("card", NAME, version_of("id: x\n"))
    assert not unsaved(None, "typed", "card", "other/card")
    assert not unsaved(now, "id: x", "card", "other/card")
    assert not unsaved(now, "id: y", "card", NAME)
    assert unsaved(now, "id: y", "card", "other/card")
    assert unsaved(now, "id: y", "new", "")


def test_the_new_card_names_every_required_field_and_is_not_right_yet() -> None:
    text = NEW_CARD.read_text(encoding="utf-8")
    needed = {name for name, field in Card.model_fields.items() if field.is_required()}
    assert needed <= set(yaml.safe_load(text))
    assert unready(text)


def test_both_languages_have_every_word() -> None:
    assert ENGLISH.keys() == CHINESE.keys()
    assert all(name.startswith("library_") for name in ENGLISH)
    for texts in (*TEXT.values(), *KINDS.values()):
        assert set(texts) == set(LANGS)
        assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in texts.values()}) == 1
