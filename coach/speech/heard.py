"""Transcript -> the terms that a recogniser took for other words, each repair on record and undoable. Pure.

The glossary lists what recognisers write for a term; `knowledge/misheard.yaml` adds rows, also for Chinese. Words that
were merely cut in two are joined. Words that only sound alike are repaired where some technical term stands around
them or in the question. Chinese characters with exactly the sounds of a term of four or more are taken for it. No
repair adds or drops a word of meaning: where the glossary has no form as long as what was heard, the words stay. Run
over every text of the shipped bank, which nobody mis-heard, it changes nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError
from rapidfuzz import fuzz

from coach.bank.glossary import Glossary
from coach.errors import ContentError, Problem
from coach.schema import Record
from coach.text import CJK_STOP, Token, raw_tokens, sentences, tokens

ALIKE = 70.0
"""Least likeness (rapidfuzz ratio) of what was heard and the term for it, blanks aside."""
AS_LONG = 4
"""Most letters by which they may differ in length."""
_JOINED, _PIECE = 10, 3
"""Least letters of a term that is put together from the pieces a recogniser cut it into, and of each piece: *a
symmetric matrix* is not asymmetric."""
_SOUNDED = 4
"""Least characters of a Chinese term that is known by its sounds: 一步的 is not 异步的."""
_DIGITS = dict(zip("zero one two three four five six seven eight nine".split(), "0123456789", strict=True))
_HAN = re.compile(r"[\u3400-\u9fff]+")
_LINKS = re.compile(r"\s*")
_EVERYDAY_HAN = CJK_STOP | frozenset("地得于以所不都能可会将更最只再过出来去上下中里")


class Repair(Record):
    """One place of a transcript where a term was taken for other words."""

    before: str
    after: str
    start: Annotated[int, Field(ge=0)]
    end: int
    """Its place in the transcript as it was heard."""


class Row(Record):
    """A row of `misheard.yaml`; what the fields mean stands there."""

    heard: Annotated[tuple[str, ...], Field(min_length=1)]
    say: str | None = None
    near: tuple[str, ...] = ()
    sure: bool = False


class _File(Record):
    rows: tuple[Row, ...]
    plain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """What to do about one thing that is heard."""

    say: str | None
    near: tuple[str, ...]
    sure: bool


@dataclass(frozen=True)
class Misheard:
    """Everything that is known to be mis-heard, ready to look up."""

    glossary: Glossary
    forms: Mapping[tuple[str, ...], _Form]
    """By the tokens that are heard."""
    right: frozenset[tuple[str, ...]]
    """Tokens that are right as they stand: terms, and what the table leaves alone."""
    whole: Mapping[str, str]
    """One-word English terms by their letters."""
    sounds: Mapping[tuple[str, ...], str]
    """Chinese terms of three and more characters by their sounds."""
    plain: frozenset[str]
    longest: int

    @classmethod
    def load(cls, path: Path, glossary: Glossary) -> "Misheard":
        """The table of a YAML file over a glossary. Raises ContentError when it is wrong."""
        try:
            file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            raise ContentError((Problem(str(path), 0, f"cannot be read: {error}"),)) from error
        unknown = sorted(set(file.plain) - {entry.id for entry in glossary.entries})
        if unknown:
            raise ContentError((Problem(str(path), 0, f"plain: {unknown} are no concepts of the glossary"),))
        forms = dict(_of_glossary(glossary))
        for row in file.rows:
            for text in row.heard:
                forms[tuple(raw_tokens(text))] = _Form(row.say, row.near, row.sure)
        right = {tuple(raw_tokens(text)) for entry in glossary.entries for text in (*entry.en, *entry.zh, *entry.abbr)}
        right -= {key for key, form in forms.items() if form.sure}
        words = (text for entry in glossary.entries for text in entry.en if text.isalpha() and text.isascii())
        chinese = (text for entry in glossary.entries for text in entry.zh)
        terms = (text for text in chinese if len(text) >= _SOUNDED and _HAN.fullmatch(text))
        return cls(
            glossary=glossary,
            forms=forms,
            right=frozenset(right | {key for key, form in forms.items() if form.say is None}),
            whole={word.lower(): word for word in words if len(word) >= _JOINED},
            sounds={tuple(_sound(char) for char in term): term for term in terms},
            plain=frozenset(file.plain),
            longest=max(len(key) for key in forms),
        )

    def repairs(self, text: str, *, context: str = "") -> tuple[Repair, ...]:
        """What to repair in a transcript, in order, without overlaps. `context` is the question it answers."""
        parts = tokens(text)
        found: list[Repair] = []
        at = 0
        while at < len(parts):
            covered = self._covered(parts, at)
            hit = self._term(text, parts, at, context) or self._cut(text, parts, at) or self._alike(text, parts, at)
            if hit is not None and hit[1] > covered:
                repair, at = hit
                if repair.before.lower() != repair.after.lower():
                    found.append(repair)
            else:
                at = max(at + 1, covered)
        return tuple(found)

    def _covered(self, parts: Sequence[Token], at: int) -> int:
        """The token behind the longest right term that begins at token `at`; `at` when there is none."""
        raw = tuple(part.raw for part in parts[at : at + self.longest])
        return next((at + size for size in range(len(raw), 1, -1) if raw[:size] in self.right), at)

    def _term(self, text: str, parts: Sequence[Token], at: int, context: str) -> tuple[Repair, int] | None:
        """The longest thing known to be mis-heard that begins at token `at`, where it may be repaired."""
        for size in range(min(self.longest, len(parts) - at), 0, -1):
            form = self._form(tuple(part.raw for part in parts[at : at + size]))
            if form is None or not _together(text, parts, at, size):
                continue
            start, end = parts[at].start, parts[at + size - 1].end
            if form.say is None or not (form.sure or self._fits(text, start, end, form, context)):
                return None
            return Repair(before=text[start:end], after=_cased(form.say, text, start), start=start, end=end), at + size
        return None

    def _form(self, raw: tuple[str, ...]) -> _Form | None:
        """What to do about these tokens, also where they are a plural of what is known."""
        form = self.forms.get(raw)
        if form is None and raw[-1].isascii() and raw[-1].endswith("s"):
            one = self.forms.get((*raw[:-1], raw[-1][:-1]))
            if one is not None and one.say is not None and one.say[-1].isalpha() and one.say[-1] != "s":
                return _Form(f"{one.say}s", one.near, one.sure)
        return form

    def _fits(self, text: str, start: int, end: int, form: _Form, context: str) -> bool:
        """Whether the words around a place, or the question, speak for the term."""
        around = f"{_around(text, start, end)}\n{context}"
        if form.near:
            have = tokens(around)
            raw = " ".join(("", *(part.form for part in have), ""))
            return any(" ".join(("", *(part.form for part in tokens(one)), "")) in raw for one in form.near)
        return any(one not in self.plain for one in self.glossary.concepts(around))

    def _cut(self, text: str, parts: Sequence[Token], at: int) -> tuple[Repair, int] | None:
        """A one-word term that was cut in two or three."""
        for size in (3, 2):
            cut = parts[at : at + size]
            if len(cut) < size or not _together(text, parts, at, size):
                continue
            if any(part.cjk or len(part.raw) < _PIECE for part in cut):
                continue
            term = self.whole.get("".join(part.raw for part in cut))
            if term is not None:
                start, end = cut[0].start, cut[-1].end
                return Repair(before=text[start:end], after=_cased(term, text, start), start=start, end=end), at + size
        return None

    def _alike(self, text: str, parts: Sequence[Token], at: int) -> tuple[Repair, int] | None:
        """A Chinese term written with other characters of the same sounds."""
        if not parts[at].cjk:
            return None
        run = _HAN.match(text, parts[at].start)
        most = min(len(run.group()) if run else 0, 10)
        for size in range(most, _SOUNDED - 1, -1):
            start = parts[at].start
            heard = text[start : start + size]
            term = self.sounds.get(tuple(_sound(char) for char in heard))
            if term is None or term == heard:
                continue
            others = [place for place, (char, right) in enumerate(zip(heard, term, strict=True)) if char != right]
            known = {place for one in self.glossary.find(heard) for place in range(one.start, one.end)}
            if all(heard[place] in _EVERYDAY_HAN for place in others) or known.intersection(others):
                return None
            return Repair(before=heard, after=term, start=start, end=start + size), at + size
        return None


def repaired(text: str, repairs: Iterable[Repair]) -> str:
    """The text with these repairs made; with none it is the text itself. They may not overlap."""
    out, at = [], 0
    for repair in sorted(repairs, key=lambda one: one.start):
        out += [text[at : repair.start], repair.after]
        at = repair.end
    return "".join((*out, text[at:]))


def _of_glossary(glossary: Glossary) -> Iterable[tuple[tuple[str, ...], _Form]]:
    """What the glossary says is mis-heard, with the form of the term that it is most like."""
    for entry in glossary.entries:
        written = (*entry.en, *entry.abbr)
        for text in entry.misheard:
            heard = _squeezed(text)
            best = max(written, key=lambda form: fuzz.ratio(_squeezed(form), heard))
            term = _squeezed(best)
            if term == heard:
                yield tuple(raw_tokens(text)), _Form(best, (), sure=True)
            elif fuzz.ratio(term, heard) >= ALIKE and abs(len(term) - len(heard)) <= AS_LONG:
                yield tuple(raw_tokens(text)), _Form(best, (), sure=False)


def _squeezed(text: str) -> str:
    """Letters and digits only, with digits for the words of numbers."""
    return "".join(_DIGITS.get(word, word) for word in re.findall(r"[a-z]+|\d+", text.lower()))


def _together(text: str, parts: Sequence[Token], at: int, size: int) -> bool:
    """Whether nothing but blanks and hyphens stands between the tokens."""
    ends = zip(parts[at : at + size - 1], parts[at + 1 : at + size], strict=True)
    return all(_LINKS.fullmatch(text[one.end : following.start]) for one, following in ends)


def _around(text: str, start: int, end: int) -> str:
    """The sentence of a place, without the place itself, and the sentences beside it."""
    spans = sentences(text)
    here = [number for number, (low, high) in enumerate(spans) if low < end and start < high]
    if not here:
        return ""
    low, high = spans[max(here[0] - 1, 0)][0], spans[min(here[-1] + 1, len(spans) - 1)][1]
    return f"{text[low:start]}\n{text[end:high]}"


def _cased(term: str, text: str, start: int) -> str:
    """The term with a capital where it opens a sentence that began with one."""
    opens = not text[:start].strip() or text[:start].rstrip()[-1] in ".!?"
    return term[0].upper() + term[1:] if opens and term.islower() and text[start].isupper() else term


@lru_cache(maxsize=8192)
def _sound(char: str) -> str:
    """The first reading of a Chinese character in pinyin without its tone; the character itself when unknown."""
    from pypinyin.constants import PINYIN_DICT

    reading = PINYIN_DICT.get(ord(char), char).split(",")[0]
    return "".join(part for part in unicodedata.normalize("NFD", reading) if not unicodedata.combining(part))
