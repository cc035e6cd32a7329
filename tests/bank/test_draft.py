"""Questions of notes -> drafts: never graded against, never written twice, moved into the bank by a person."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from coach.bank.cards import read_cards
from coach.bank.draft import NO_SOURCE, DraftReply, Drafts, accept, card_yaml, draft
from coach.bank.notes import parse_notes
from coach.bank.own import OwnCards
from coach.errors import ContentError, ModelOffSchema
from coach.llm.mock import Says, mock_chat
from coach.llm.prompts import Template
from coach.schema import Card, NoteQuestion
from tests.conftest import ROOT


def reply(card: Card, **change: Any) -> dict[str, Any]:
    data = card.model_dump(mode="json")
    kept = {name: data[name] for name in ("kind", "difficulty", "question", "reference", "hints", "followups")}
    criteria = [
        {name: one[name] for name in ("id", "weight", "required", "says", "accept", "probe")}
        for one in data["criteria"]
    ]
    misconceptions = [{name: one[name] for name in ("id", "says", "correction")} for one in data["misconceptions"]]
    topic, slug = card.id.split("/")
    return {
        **kept, "topic": topic, "slug": slug, "criteria": criteria, "misconceptions": misconceptions, **change
    }  # fmt: skip


@pytest.fixture
def question() -> NoteQuestion:
    (found,) = parse_notes("# Google\n## Phone screen\n\n1. Tell me about linear regresion\n", "my notes.md")
    return found


@pytest.fixture
def template() -> Template:
    return Template.load(ROOT / "prompts" / "draft.md")


async def test_a_model_writes_a_draft_with_its_provenance_and_no_sources(
    why_linear: Card, question: NoteQuestion, template: Template
) -> None:
    chat = mock_chat([Says(content=reply(why_linear))])
    card = await draft(chat, template, question, topics=["linear-models"])
    assert card.draft
    assert card.references == (NO_SOURCE,)
    assert card.criteria[0].says == why_linear.criteria[0].says
    (origin,) = card.source
    assert (origin.note, origin.line, origin.company, origin.round) == ("my notes.md", 4, "google", "phone")


async def test_a_reply_that_makes_no_card_is_sent_back_once_with_the_reasons(
    why_linear: Card, question: NoteQuestion, template: Template
) -> None:
    short = reply(why_linear, criteria=reply(why_linear)["criteria"][:2])
    card = await draft(mock_chat([Says(content=short), Says(content=reply(why_linear))]), template, question, topics=[])
    assert len(card.criteria) == len(why_linear.criteria)
    leaking = reply(why_linear, question={"en": "Is it linear in the parameters?", "zh": "线性回归？"})
    with pytest.raises(ModelOffSchema):
        await draft(mock_chat([Says(content=leaking), Says(content=short)]), template, question, topics=[])


def as_draft(card: Card, question: NoteQuestion) -> Card:
    made = DraftReply.model_validate(reply(card))
    return made.card(())


def test_a_draft_is_written_once_and_a_persons_edits_stay(
    tmp_path: Path, why_linear: Card, question: NoteQuestion
) -> None:
    drafts = Drafts(tmp_path)
    assert drafts.made(question) is None
    path = drafts.add(question, as_draft(why_linear, question))
    path.write_text("edited: by hand", encoding="utf-8")
    assert drafts.made(question) == "linear-models/why-linear.yaml"
    with pytest.raises(ContentError, match="drafted before"):
        drafts.add(question, as_draft(why_linear, question))
    another = question.model_copy(update={"text": "Another question"})
    second = drafts.add(another, as_draft(why_linear, another))
    assert second.name == "why-linear-2.yaml"
    assert path.read_text(encoding="utf-8") == "edited: by hand"
    path.unlink()
    assert drafts.made(question) == "linear-models/why-linear.yaml"


def test_a_damaged_ledger_is_named_and_nothing_is_written(
    tmp_path: Path, why_linear: Card, question: NoteQuestion
) -> None:
    for text in ("{", "[]", '{"a": 1}'):
        (tmp_path / "made.json").write_text(text, encoding="utf-8")
        with pytest.raises(ContentError, match=r"made\.json"):
            Drafts(tmp_path).add(question, as_draft(why_linear, question))
    assert list(tmp_path.rglob("*.yaml")) == []


def test_what_is_written_is_read_back_the_same(tmp_path: Path, cards: dict[str, Card]) -> None:
    for card in cards.values():
        path = tmp_path / f"{card.id}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(card_yaml(card), encoding="utf-8")
    files = read_cards(tmp_path)
    assert files.problems == ()
    assert {card.id: card for card in files.cards} == cards


def test_a_draft_in_the_bank_is_never_asked(tmp_path: Path, why_linear: Card, question: NoteQuestion) -> None:
    Drafts(tmp_path).add(question, as_draft(why_linear, question))
    files = read_cards(tmp_path)
    assert files.cards == ()
    assert files.problems == ()
    assert [card.id for card in files.drafts] == [why_linear.id]


def test_a_reviewed_draft_moves_into_the_bank_as_the_person_wrote_it(
    tmp_path: Path, why_linear: Card, question: NoteQuestion
) -> None:
    drafts, bank = tmp_path / "drafts", tmp_path / "cards"
    path = Drafts(drafts).add(question, as_draft(why_linear, question))
    with pytest.raises(ContentError, match="primary source"):
        accept(path, drafts=drafts, own=OwnCards(tmp_path / "shipped", bank))
    text = "# checked by me\n" + path.read_text(encoding="utf-8").replace(NO_SOURCE, "Legendre 1805")
    path.write_text(text, encoding="utf-8")
    target = accept(path, drafts=drafts, own=OwnCards(tmp_path / "shipped", bank))
    assert target == bank / "linear-models" / "why-linear.yaml"
    assert target.read_text(encoding="utf-8").startswith("# checked by me\n")
    (card,) = read_cards(bank).cards
    assert not card.draft
    assert card.references == ("Legendre 1805",)
    assert not path.exists()
    shutil.copy(target, path)
    with pytest.raises(ContentError, match="in the bank already"):
        accept(path, drafts=drafts, own=OwnCards(tmp_path / "shipped", bank))
    with pytest.raises(ContentError, match="is not under"):
        accept(target, drafts=drafts, own=OwnCards(tmp_path / "shipped", bank))


def test_a_wrong_draft_is_not_accepted(tmp_path: Path, why_linear: Card, question: NoteQuestion) -> None:
    drafts, bank = tmp_path / "drafts", tmp_path / "cards"
    path = Drafts(drafts).add(question, as_draft(why_linear, question))
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    for change, reason in (({"kind": "derivation"}, "at least 3 steps"), ({"difficulty": 9}, "difficulty")):
        path.write_text(yaml.safe_dump({**data, **change, "references": ["x"]}), encoding="utf-8")
        with pytest.raises(ContentError, match=reason):
            accept(path, drafts=drafts, own=OwnCards(tmp_path / "shipped", bank))
    assert not bank.exists()
    assert json.loads((drafts / "made.json").read_text())
