"""Read and check cards. Every problem of every file is found in one pass, each with `path:line`."""

import contextlib
import hashlib
import json
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from coach import __version__
from coach.bank.files import replace_text
from coach.errors import Problem
from coach.schema import LANGS, Card
from coach.text import normalise

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
CHECKS = 2
"""Raise it when a check is added or changed, so that cached cards are checked again."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MIN_STEPS = 3
_CODE: Any = {
    "starter": True,
    "solution": True,
    "visible": {"__all__": {"code"}},
    "hidden": {"__all__": {"code"}},
    "wrong": {"__all__": {"code"}},
}
_PLACE = re.compile(r"\$\$|\$")


@dataclass(frozen=True)
class CardFiles:
    """The cards that are right, and all problems of those that are not."""

    cards: tuple[Card, ...]
    problems: tuple[Problem, ...]
    drafts: tuple[Card, ...] = ()
    """Cards that are right in form but wait for a review; they are in none of the others."""


def read_cards(folder: Path, *, notes: Path | None = None, cache: Path | None = None) -> CardFiles:
    """All cards under `folder`; a wrong file is left out and its problems are listed.

    With `notes`, the folder of source notes, each card's provenance must point at an existing line. With `cache`, a
    file of ours, cards that were right before and have not changed since are not read and checked again.
    """
    right = _read_cache(cache) if cache is not None else {}
    known: dict[str, dict[str, str]] = {}
    cards: list[Card] = []
    problems: list[Problem] = []
    if not folder.is_dir():
        return CardFiles((), (Problem(str(folder), 0, "no such folder of cards"),))
    owners: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.yaml")):
        name, digest = path.relative_to(folder).as_posix(), _digest(path)
        kept = _kept(right.get(name), digest)
        card, found = (kept, ()) if kept is not None else read_card(path, root=folder)
        if kept is not None:
            known[name] = right[name]
        elif card is not None and not found and digest is not None:
            known[name] = {"digest": digest, "card": card.model_dump_json()}
        if card is not None and card.id in owners:
            found = (*found, Problem(str(path), 1, f"card id {card.id!r} is also used by {owners[card.id]}"))
        if card is not None and notes is not None:
            found = (*found, *_provenance(card, path, notes))
        problems += found
        if card is not None and not found:
            owners[card.id] = path
            cards.append(card)
    if cache is not None and known != right:
        _write_cache(cache, known)
    reviewed = tuple(card for card in cards if not card.draft)
    return CardFiles(reviewed, tuple(problems), tuple(card for card in cards if card.draft))


def _digest(path: Path) -> str | None:
    """A hash of the file's bytes, of the checks and of the schema's version; None when it cannot be read."""
    try:
        return hashlib.sha256(f"{__version__} {CHECKS}".encode() + path.read_bytes()).hexdigest()
    except OSError:
        return None


def _kept(row: dict[str, str] | None, digest: str | None) -> Card | None:
    """The card as it was checked before, when its file has not changed since."""
    if row is None or row["digest"] != digest:
        return None
    try:
        return Card.model_validate_json(row["card"])
    except ValidationError:
        return None


def _read_cache(path: Path) -> dict[str, dict[str, str]]:
    """What was right before; nothing when the file is missing or damaged, since it can always be made again."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    whole = isinstance(kept, dict) and all(
        isinstance(row, dict) and isinstance(row.get("digest"), str) and isinstance(row.get("card"), str)
        for row in kept.values()
    )
    return kept if whole else {}


def _write_cache(path: Path, known: dict[str, dict[str, str]]) -> None:
    """Keep what is right; a folder that cannot be written only costs time."""
    with contextlib.suppress(OSError):
        replace_text(path, json.dumps(known, ensure_ascii=False))


def read_card(path: Path, *, root: Path) -> tuple[Card | None, tuple[Problem, ...]]:
    """The card in one file and what is wrong with it; None when it does not fit the schema."""
    shown = str(path)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        return None, (Problem(shown, 0, f"cannot be read: {error.strerror}"),)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return None, (Problem(shown, line, "not UTF-8 text: save the file as UTF-8"),)
    card, problems = parse_card(text, shown_as=shown)
    path_id = path.relative_to(root).with_suffix("").as_posix()
    if card is not None and card.id != path_id:
        line = _Lines(text).of(("id",))
        problems = (Problem(shown, line, f"id: {card.id!r} does not match its path {path_id!r}"), *problems)
    return card, problems


def parse_card(text: str, *, shown_as: str) -> tuple[Card | None, tuple[Problem, ...]]:
    """The card that a YAML text holds and what is wrong with it, each problem with a line of `shown_as`.

    None when the text does not fit the schema.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        return None, (Problem(shown_as, 0, f"{size:,} bytes; a card has at most {MAX_BYTES:,}"),)
    if "\x00" in text:
        return None, (Problem(shown_as, 0, "holds NUL bytes: this is not a text file"),)
    try:
        refused = _refused(text)
        if refused is not None:
            return None, (Problem(shown_as, *refused),)
        data = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        return None, (Problem(shown_as, mark.line + 1 if mark else 0, f"not valid YAML: {reason}"),)
    except ValueError as error:  # a date that is none, a number too long to read
        return None, (Problem(shown_as, 0, f"not valid YAML: {error}; put the value in quotes"),)
    if not isinstance(data, dict):
        return None, (Problem(shown_as, 1, "expected a mapping with the fields of a card; see docs/cards.md"),)
    lines = _Lines(text)
    try:
        card = Card.model_validate(data)
    except ValidationError as error:
        return None, tuple(
            Problem(shown_as, lines.of(fault["loc"]), f"{_dotted(fault['loc'])}: {_said(fault['msg'], fault['input'])}")
            for fault in error.errors()
        )
    return card, tuple(
        Problem(shown_as, lines.of(place), f"{_dotted(place)}: {message}") for place, message in faults_of(card)
    )


def _refused(text: str) -> tuple[int, str] | None:
    """Line and reason where YAML could grow without end, or nest until the parser dies; found without building it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        if getattr(event, "anchor", None) is not None:
            return line, "YAML anchors and aliases are not used in cards: write the text out"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            return line, f"nests more than {MAX_DEPTH} levels deep; no card does"
    return None


_Place = tuple[str | int, ...]


def faults_of(card: Card) -> list[tuple[_Place, str]]:
    """What the schema cannot say: places within the card, and what is wrong there."""
    faults: list[tuple[_Place, str]] = []
    if card.topics[0] != card.id.split("/")[0]:
        faults.append((("topics", 0), f"{card.topics[0]!r} is not the card's folder {card.id.split('/')[0]!r}"))
    for name, ids in (
        ("criteria", [criterion.id for criterion in card.criteria]),
        ("misconceptions", [misconception.id for misconception in card.misconceptions]),
    ):
        faults += [((name, i, "id"), f"{one!r} is used twice") for i, one in enumerate(ids) if one in ids[:i]]
    known = {criterion.id for criterion in card.criteria}
    for i, misconception in enumerate(card.misconceptions):
        if misconception.contradicts is not None and misconception.contradicts not in known:
            message = f"no criterion {misconception.contradicts!r}; there are {', '.join(sorted(known))}"
            faults.append((("misconceptions", i, "contradicts"), message))
    faults += _leaks(card)
    faults += _step_faults(card, known)
    faults += _coding_faults(card)
    for place, text in _texts(card.model_dump(exclude={"steps": {"__all__": {"latex"}}, "coding": _CODE})):
        if _odd_dollars(text):
            faults.append((place, "unbalanced $ or $$: write \\$ for the sign itself"))
    return faults


def _leaks(card: Card) -> list[tuple[_Place, str]]:
    """Places where the interviewer's words hold an accepted wording of the criterion they aim at."""
    faults: list[tuple[_Place, str]] = []
    for lang in LANGS:
        asked: list[tuple[_Place, str]] = [(("question", lang), card.question.text(lang))]
        asked += [(("hints", n, lang), hint.text(lang)) for n, hint in enumerate(card.hints)]
        common = [(place, _folded(text)) for place, text in asked]
        for i, criterion in enumerate(card.criteria):
            spoken = [*common, (("criteria", i, "probe", lang), _folded(criterion.probe.text(lang)))]
            for j, wording in enumerate(criterion.accept.of(lang)):
                folded = _folded(wording)
                said = f"contains the accepted wording {wording!r} of {criterion.id!r} ({lang} {j + 1})"
                faults += [(place, said) for place, text in spoken if folded in text]
    return faults


def _step_faults(card: Card, known: set[str]) -> list[tuple[_Place, str]]:
    faults: list[tuple[_Place, str]] = []
    if card.kind == "derivation" and len(card.steps) < MIN_STEPS and not card.draft:
        faults.append((("steps",), f"a derivation has at least {MIN_STEPS} steps, here are {len(card.steps)}"))
    ids = [step.id for step in card.steps]
    for i, step in enumerate(card.steps):
        if step.id in ids[:i]:
            faults.append((("steps", i, "id"), f"{step.id!r} is used twice"))
        if step.criterion is not None and step.criterion not in known:
            message = f"no criterion {step.criterion!r}; there are {', '.join(sorted(known))}"
            faults.append((("steps", i, "criterion"), message))
        if "$" in step.latex:
            faults.append((("steps", i, "latex"), "stands without dollar signs"))
    return faults


def _coding_faults(card: Card) -> list[tuple[_Place, str]]:
    if (card.kind == "coding") != (card.coding is not None) and not card.draft:
        return [(("coding",), "a card of kind coding has this section, and no other card has")]
    if card.coding is None:
        return []
    faults: list[tuple[_Place, str]] = []
    checks = [check.id for check in card.coding.checks]
    repeated = sorted({one for one in checks if checks.count(one) > 1})
    faults += [(("coding",), f"check id {one!r} is used twice") for one in repeated]
    for i, wrong in enumerate(card.coding.wrong):
        missing = [one for one in wrong.fails if one not in checks]
        if missing:
            faults.append((("coding", "wrong", i, "fails"), f"no such checks: {', '.join(missing)}"))
    sources: list[tuple[_Place, str]] = [
        (("coding", "starter"), card.coding.starter),
        (("coding", "solution"), card.coding.solution),
    ]
    sources += [(("coding", "wrong", i, "code"), wrong.code) for i, wrong in enumerate(card.coding.wrong)]
    for part, group in (("visible", card.coding.visible), ("hidden", card.coding.hidden)):
        sources += [(("coding", part, i, "code"), check.code) for i, check in enumerate(group)]
    for place, code in sources:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(code, "<card>", "exec", dont_inherit=True)
        except SyntaxError as error:
            faults.append((place, f"not valid Python: {error.msg} in its line {error.lineno}"))
    return faults


def _provenance(card: Card, path: Path, notes: Path) -> list[Problem]:
    problems: list[Problem] = []
    lines = _Lines(path.read_text(encoding="utf-8-sig"))
    for i, origin in enumerate(card.source):
        note = notes / origin.note
        place = ("source", i, "note")
        if Path(origin.note).name != origin.note or not note.is_file():
            problems.append(Problem(str(path), lines.of(place), f"source.{i}.note: no note {origin.note!r} in {notes}"))
            continue
        count = len(note.read_text(encoding="utf-8", errors="replace").splitlines())
        if origin.line > count:
            message = f"source.{i}.line: {origin.note} has {count} lines, not {origin.line}"
            problems.append(Problem(str(path), lines.of(("source", i, "line")), message))
    return problems


def _folded(text: str) -> str:
    return normalise(text)[0]


def _texts(value: Any, place: _Place = ()) -> list[tuple[_Place, str]]:
    if isinstance(value, str):
        return [(place, value)]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _texts(inner, (*place, key))]
    if isinstance(value, Sequence):
        return [found for i, inner in enumerate(value) for found in _texts(inner, (*place, i))]
    return []


def _odd_dollars(text: str) -> bool:
    outside_code = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL).replace("\\$", "")
    marks = _PLACE.findall(outside_code)
    return marks.count("$$") % 2 == 1 or marks.count("$") % 2 == 1


def _dotted(place: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in place) or "card"


def _said(message: str, given: object) -> str:
    shown = repr(given)
    return f"{message} (given {shown})" if len(shown) <= 80 and not isinstance(given, dict) else message


class _Lines:
    """Line numbers of places in a YAML text; built only when there is something to report."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._root: Any = None

    def of(self, place: Sequence[str | int]) -> int:
        """1-based line of the deepest part of `place` that stands in the file."""
        if self._root is None:
            self._root = yaml.compose(self._text, Loader=_Loader)
        node, line = self._root, 1
        for part in place:
            inner = self._step(node, part)
            if inner is None:
                break
            node, line = inner
        return int(line)

    @staticmethod
    def _step(node: Any, part: str | int) -> tuple[Any, int] | None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == part:
                    return value, key.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            value = node.value[part]
            return value, value.start_mark.line + 1
        return None
