"""Questions of notes that have no card yet -> draft cards to be reviewed. Never graded against, never overwritten.

drafts/
  made.json                  which questions were drafted, by a hash of their words, and as which file
  <topic>/<slug>.yaml        a card with `draft: true`; a person corrects it, `coach accept` moves it to the bank
"""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError, model_validator

from coach.bank.cards import faults_of, read_card
from coach.bank.files import replace_text
from coach.errors import ContentError, Problem
from coach.llm.chat import Chat
from coach.llm.prompts import Template
from coach.schema import Bilingual, BilingualPhrases, Card, Criterion, NoteQuestion, Provenance, Record
from coach.text import normalise

NO_SOURCE = "TODO: a person adds the primary source that says so"
"""Stands in a draft's references; a card that still holds it is not accepted."""


class DraftMisconception(Record):
    """A wrong statement candidates make."""

    id: str
    says: BilingualPhrases
    correction: Bilingual


class DraftReply(Record):
    """What the model must send back."""

    topic: str
    slug: str
    kind: str
    difficulty: int
    question: Bilingual
    reference: Bilingual
    criteria: list[Criterion]
    hints: list[Bilingual]
    misconceptions: list[DraftMisconception]
    followups: list[Bilingual]

    @model_validator(mode="after")
    def _makes_a_card(self) -> "DraftReply":
        """So that a reply which fits the form but makes no card is sent back once with the reasons."""
        try:
            card = self.card(())
        except ValidationError as error:
            said = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
            raise ValueError("; ".join(said)) from error
        faults = [f"{'.'.join(map(str, place))}: {message}" for place, message in faults_of(card)]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def card(self, source: Sequence[Provenance]) -> Card:
        """The draft as a card, marked as one. Raises ValidationError."""
        fields: dict[str, Any] = self.model_dump(exclude={"topic", "slug"})
        return Card.model_validate(
            {
                "id": f"{self.topic}/{self.slug}",
                "topics": [self.topic],
                "source": [origin.model_dump() for origin in source],
                **fields,
                "references": [NO_SOURCE],
                "draft": True,
            }
        )


class Drafts:
    """The folder of drafts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ledger = folder / "made.json"

    def made(self, question: NoteQuestion) -> str | None:
        """The file, relative to the folder, that was made of a question before; None when there was none."""
        return self._read().get(_key(question))

    def add(self, question: NoteQuestion, card: Card) -> Path:
        """Write a new draft and return its path. Raises ContentError when the question was drafted before.

        A file of that name is never touched: the new one gets a number.
        """
        known = self._read()
        if _key(question) in known:
            raise ContentError((Problem(str(self.folder / known[_key(question)]), 0, "was drafted before"),))
        stem, number = card.id, 1
        while (self.folder / f"{card.id}.yaml").exists():
            number += 1
            card = card.model_copy(update={"id": f"{stem}-{number}"})
        path = self.folder / f"{card.id}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(card_yaml(card))
        replace_text(
            self._ledger, json.dumps({**known, _key(question): f"{card.id}.yaml"}, ensure_ascii=False, indent=1)
        )
        return path

    def _read(self) -> dict[str, str]:
        if not self._ledger.exists():
            return {}
        try:
            known = json.loads(self._ledger.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            problem = Problem(str(self._ledger), 0, f"cannot be read ({error}): delete it to draft everything anew")
            raise ContentError((problem,)) from error
        if not isinstance(known, dict) or not all(isinstance(name, str) for name in known.values()):
            raise ContentError((Problem(str(self._ledger), 0, "is not a list of drafts: delete it to draft anew"),))
        return known


async def draft(chat: Chat, template: Template, question: NoteQuestion, *, topics: Sequence[str]) -> Card:
    """A draft card for one question of a note. Raises ModelError when the model gives no usable one."""
    prompt = template.render(
        {
            "topics": ", ".join(topics),
            "company": question.company or "unknown",
            "round": question.round or "unknown",
            "question": question.text,
        }
    )
    reply = await chat.reply(prompt, DraftReply)
    origin = Provenance(
        note=Path(question.path).name, line=question.line, company=question.company, round=question.round
    )
    return reply.value.card((origin,))


def accept(path: Path, *, drafts: Path, cards: Path) -> Path:
    """Move a reviewed draft into the bank; the rest of the file stays as the person wrote it.

    Raises ContentError when it is not right, still has no source, or the bank has a card of that id.
    """
    resolved = path.resolve()
    if not resolved.is_relative_to(drafts.resolve()):
        raise ContentError((Problem(str(path), 0, f"is not under {drafts}"),))
    card, problems = read_card(resolved, root=drafts.resolve())
    if problems or card is None:
        raise ContentError(problems)
    unready = faults_of(card.model_copy(update={"draft": False}))
    if unready:
        raise ContentError(tuple(Problem(str(path), 0, f"{place[0]}: {message}") for place, message in unready))
    if any(reference.startswith("TODO") for reference in card.references):
        raise ContentError((Problem(str(path), 0, "references: add the primary source that you checked it against"),))
    target = cards / f"{card.id}.yaml"
    text = re.sub(r"(?m)^draft:.*\n?", "", path.read_text(encoding="utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise ContentError((Problem(str(target), 0, "is in the bank already: change the draft's id"),)) from error
    path.unlink()
    return target


def card_yaml(card: Card) -> str:
    """A card as the YAML people edit, fields in the order of the schema, what is not set left out."""
    data = card.model_dump(mode="json", exclude_defaults=True)
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _block)


def _key(question: NoteQuestion) -> str:
    return hashlib.sha256(normalise(question.text)[0].encode()).hexdigest()[:16]
