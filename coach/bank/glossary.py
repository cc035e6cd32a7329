"""Bilingual terms -> concepts. Shared by retrieval, judging and speech, so that 过拟合 and *overfitting* are one."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from pydantic import ValidationError

from coach.errors import ContentError, Problem
from coach.schema import Phrases, Record, Slug
from coach.text import STOP_STEMS, Token, tokens


class Entry(Record):
    """One concept and every way people write or say it."""

    id: Slug
    en: Phrases
    """The first is the name shown."""
    zh: Phrases
    abbr: tuple[str, ...] = ()
    """Matched with their capitals only."""
    misspelt: tuple[str, ...] = ()
    misheard: tuple[str, ...] = ()
    """What speech recognisers write instead."""

    def forms(self) -> tuple[str, ...]:
        """Every written form."""
        return self.en + self.zh + self.abbr + self.misspelt + self.misheard


@dataclass(frozen=True, slots=True)
class Found:
    """A concept met in a text, with its place: offsets, and the range of tokens it takes."""

    concept: str
    start: int
    end: int
    first: int
    last: int
    """Token range, `last` exclusive."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write a concept."""

    stems: tuple[str, ...]
    raw: tuple[str, ...]
    concept: str
    capitals: str | None
    """The exact spelling, where capitals matter."""


def _slug(text: str) -> str:
    return "-".join(re.findall("[a-z0-9]+", text.lower()))


@dataclass(frozen=True)
class Glossary:
    """All entries, ready to look terms up."""

    entries: tuple[Entry, ...]

    @classmethod
    def load(cls, path: Path) -> "Glossary":
        """The glossary in a YAML file. Raises ContentError naming every wrong entry.

        An entry without an id is named after its first English form; so are those of a thesaurus of everyday words.
        """
        try:
            rows = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except (OSError, UnicodeDecodeError) as error:
            raise ContentError((Problem(str(path), 0, f"cannot be read: {error}"),)) from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            message = f"not valid YAML: {getattr(error, 'problem', None) or error}"
            raise ContentError((Problem(str(path), mark.line + 1 if mark else 0, message),)) from error
        problems: list[Problem] = []
        entries: list[Entry] = []
        owners: dict[tuple[str, ...], str] = {}
        if not isinstance(rows, list):
            raise ContentError((Problem(str(path), 0, "expected a list of concepts"),))
        for number, row in enumerate(rows, start=1):
            if isinstance(row, dict) and "id" not in row and row.get("en"):
                row = {"id": _slug(str(row["en"][0])), **row}
            try:
                entry = Entry.model_validate(row)
            except ValidationError as error:
                name = row.get("id") if isinstance(row, dict) else row
                for fault in error.errors():
                    where = ".".join(str(part) for part in fault["loc"])
                    problems.append(Problem(str(path), 0, f"entry {number} ({name!r}), {where}: {fault['msg']}"))
                continue
            entries.append(entry)
            for form in entry.forms():
                owner = owners.setdefault(tuple(token.raw for token in tokens(form)), entry.id)
                if owner != entry.id:
                    problems.append(Problem(str(path), 0, f"{form!r} stands for both {owner!r} and {entry.id!r}"))
        ids = [entry.id for entry in entries]
        problems += [
            Problem(str(path), 0, f"concept {repeated!r} is listed {ids.count(repeated)} times")
            for repeated in sorted({name for name in ids if ids.count(name) > 1})
        ]
        if problems:
            raise ContentError(tuple(problems))
        return cls(tuple(entries))

    @cached_property
    def fingerprint(self) -> str:
        """First 16 hex digits of a hash over all entries."""
        text = "\n".join(entry.model_dump_json() for entry in self.entries)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def _lexicon(self) -> Mapping[str, tuple[tuple[int, Mapping[tuple[str, ...], tuple["_Form", ...]]], ...]]:
        """First token form -> the forms that begin with it, by length, longest first, then by all their stems."""
        by_first: dict[str, dict[int, dict[tuple[str, ...], list[_Form]]]] = {}
        for entry in self.entries:
            for text in entry.forms():
                parts = tokens(text)
                if parts:
                    form = _Form(
                        stems=tuple(part.form for part in parts),
                        raw=tuple(part.raw for part in parts),
                        concept=entry.id,
                        capitals=text if text in entry.abbr else None,
                    )
                    lengths = by_first.setdefault(form.stems[0], {})
                    lengths.setdefault(len(form.stems), {}).setdefault(form.stems, []).append(form)
        return {
            first: tuple(
                (length, {stems: tuple(forms) for stems, forms in lengths[length].items()})
                for length in sorted(lengths, reverse=True)
            )
            for first, lengths in by_first.items()
        }

    @property
    def stems(self) -> frozenset[str]:
        """Stems of all words in all forms."""
        return frozenset(
            part for lengths in self._lexicon.values() for _, forms in lengths for stems in forms for part in stems
        )

    def find(
        self, text: str, found_tokens: tuple[Token, ...] | None = None, *, any_case: bool = False
    ) -> tuple[Found, ...]:
        """The concepts named in `text`, longest match first, without overlaps, in order.

        Where stemming makes two terms alike (covariate, covariance), the one spelt as in the text is meant. With
        `any_case` abbreviations are found in small letters too, as people type them into a search box.
        """
        parts = tokens(text) if found_tokens is None else found_tokens
        hits: list[Found] = []
        at = 0
        while at < len(parts):
            hit = self._at(text, parts, at, any_case)
            if hit is None:
                at += 1
            else:
                hits.append(hit)
                at = hit.last
        return tuple(hits)

    def _at(self, text: str, parts: tuple[Token, ...], at: int, any_case: bool) -> Found | None:
        """The longest term that begins at token `at`."""
        for length, forms in self._lexicon.get(parts[at].form, ()):
            stop = at + length
            best: Found | None = None
            for form in forms.get(tuple(part.form for part in parts[at:stop]), ()):
                start, end = parts[at].start, parts[stop - 1].end
                other_case = form.capitals is not None and text[start:end].rstrip("s") != form.capitals.rstrip("s")
                if other_case and (not any_case or form.stems[0] in STOP_STEMS):
                    continue
                as_spelt = tuple(part.raw for part in parts[at:stop]) == form.raw
                if as_spelt or best is None:
                    best = Found(form.concept, start, end, at, stop)
                if as_spelt:
                    break
            if best is not None:
                return best
        return None

    def concepts(self, text: str) -> tuple[str, ...]:
        """The ids of the concepts named in `text`, in order, with repeats."""
        return tuple(hit.concept for hit in self.find(text))
