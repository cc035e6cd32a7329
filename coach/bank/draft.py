"""Questions of notes that have no card yet -> draft cards to be reviewed. Never graded against, never overwritten.

drafts/
  made.json                  which questions were drafted, by a hash of their words, and as which file
  <topic>/<slug>.yaml        a card with `draft: true`; a person corrects it, `coach accept` moves it to their own cards
"""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError, model_validator

from coach.bank.cards import MAX_BYTES, faults_of
from coach.bank.files import replace_text
from coach.bank.own import OwnCards, ready, text_of, version_of
from coach.errors import CardChanged, ContentError, Problem
from coach.llm.chat import Chat
from coach.llm.prompts import Template
from coach.schema import Bilingual, BilingualPhrases, Card, Criterion, NoteQuestion, Provenance, Record
from coach.text import normalise

_DRAFT = re.compile(r"(?m)^draft:.*\n?")
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
            name = known[_key(question)]
            raise ContentError((Problem(str(self.folder / name), 0, "was drafted before"),), "drafted", name=name)
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

    def names(self) -> tuple[str, ...]:
        """The files that wait for a person, right or wrong, relative to the folder."""
        return tuple(sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.yaml")))

    def path(self, name: str) -> Path:
        """The file of that name. Raises ContentError when it is none of the drafts."""
        if name not in self.names():
            problem = Problem(name, 0, "is no draft any more: it was accepted or deleted meanwhile")
            raise ContentError((problem,), "no_draft", name=name)
        return self.folder / name

    def text(self, name: str) -> str:
        """The YAML of a draft. Raises ContentError."""
        return text_of(self.path(name))

    def save(self, name: str, text: str, *, seen: str) -> None:
        """Keep a draft as it is, finished or not. Raises CardChanged when it was written since it was `seen`."""
        if len(text) > MAX_BYTES:
            problem = Problem(name, 0, f"{len(text):,} characters; a card has at most {MAX_BYTES:,}")
            raise ContentError((problem,), "too_long", chars=len(text), most=MAX_BYTES)
        if version_of(self.text(name)) != seen:
            message = "was saved in another tab or window since you opened it: open it again and repeat your change"
            raise CardChanged((Problem(name, 0, message),), "changed", name=name)
        replace_text(self.path(name), f"{text.strip()}\n")

    def delete(self, name: str) -> None:
        """Throw a draft away; its question is not drafted again."""
        self.path(name).unlink()

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


def unready(text: str) -> tuple[Problem, ...]:
    """What still stands between the text of a draft and the bank, each with its line."""
    try:
        ready(_DRAFT.sub("\n", text), shown_as="draft")
    except ContentError as error:
        return error.problems
    return ()


def accept(path: Path, *, drafts: Path, own: OwnCards) -> Path:
    """Move a reviewed draft to the person's own cards; the rest of the file stays as the person wrote it.

    Its `id` says where it goes. Raises ContentError when it is not right, still has no source, or its id is taken.
    """
    if not path.resolve().is_relative_to(drafts.resolve()):
        raise ContentError((Problem(str(path), 0, f"is not under {drafts}"),))
    target = own.take(_DRAFT.sub("", text_of(path)), shown_as=str(path))
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
