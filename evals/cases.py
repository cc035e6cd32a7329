"""Transcripts and suites: data files with a schema, checked all at once."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from coach.errors import ContentError, Problem
from coach.schema import Card, CardId, Lang, Record, Slug, State

JudgeName = Literal["offline", "mock"]
Family = Literal[
    "excellent",
    "good",
    "partial",
    "wrong",
    "misconception",
    "terse",
    "long-wrong",
    "stuffed",
    "off-topic",
    "echo-question",
    "echo-hint",
    "empty",
    "dont-know",
    "negated",
    "other-language",
    "mixed",
    "injection",
    "multi-turn",
]
Split = Literal["calibrate", "test"]


class Case(Record):
    """One candidate on one card: what is said, and what each criterion deserves."""

    id: str
    card: CardId
    lang: Lang
    """Language of the question."""
    family: Family
    split: Split
    """Thresholds may be chosen on `calibrate` only; cards, not answers, are split."""
    answers: Annotated[tuple[str, ...], Field(min_length=1)]
    """The answer, then an answer to each probe."""
    labels: Mapping[Slug, State]
    """The state every criterion deserves after the last answer."""
    misconceptions: tuple[Slug, ...] = ()
    """Listed misconceptions that are stated."""
    mock: tuple[Mapping[str, Any], ...] = ()
    """What the mock model sends back, one reply per answer; it may be wrong on purpose."""
    why: str = ""
    """What the case is there to show."""


class Floors(Record):
    """What a suite must keep; a share between 0 and 1."""

    agreement: float
    """Least share of criterion verdicts equal to their labels."""
    false_pass: float
    """Largest share of criteria labelled missed or contradicted that are judged met."""
    zero_families: tuple[Family, ...] = ()
    """Families whose every case must score exactly 0."""
    not_graded: float = 0.0
    """Largest share of cases without a grade."""


class Suite(Record):
    """What is run, and which floors it must keep."""

    id: Slug
    why: str
    transcripts: Annotated[tuple[str, ...], Field(min_length=1)]
    """Files under `evals/transcripts/`."""
    floors: Annotated[Mapping[JudgeName, Floors], Field(min_length=1)]
    """The judges of the suite, each with its floors."""


def load_suite(path: Path) -> Suite:
    """The suite in a YAML file. Raises ContentError."""
    try:
        return Suite.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.yaml"))) or "(none)"
        raise ContentError((Problem(str(path), 0, f"no such suite; there are: {known}"),)) from error
    except (yaml.YAMLError, ValidationError) as error:
        raise ContentError((Problem(str(path), 0, f"not a suite: {error}"),)) from error


def load_cases(paths: Sequence[Path], cards: Mapping[str, Card]) -> tuple[Case, ...]:
    """All cases of the files. Raises ContentError naming every wrong line of every file."""
    splits: dict[str, Split] = {}

    def faults(case: Case) -> list[str]:
        found = _faults(case, cards)
        if splits.setdefault(case.card, case.split) != case.split:
            found.append(f"card {case.card} is in split {splits[case.card]!r} elsewhere: cards are never split")
        return found

    return read_lines(paths, Case, faults)


class Labelled(Protocol):
    """A record with a name of its own."""

    @property
    def id(self) -> str:
        """Used by no other record of the same files."""
        ...


L = TypeVar("L", bound=Labelled)


def read_lines(paths: Sequence[Path], record: type[L], faults: Callable[[L], Sequence[str]]) -> tuple[L, ...]:
    """The records of files with one JSON object a line; `faults` says what is wrong with one beyond its schema.

    Raises ContentError naming every wrong line of every file, repeated ids among them.
    """
    name = record.__name__.lower()
    adapter = TypeAdapter(record)
    records: list[L] = []
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(str(path), 0, f"cannot be read: {error}"))
            continue
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                one = adapter.validate_python(json.loads(line))
            except (json.JSONDecodeError, ValidationError) as error:
                problems.append(Problem(str(path), number, f"not a {name}: {error}"))
                continue
            wrong = list(faults(one))
            if one.id in owners:
                wrong.append(f"{name} id {one.id!r} is also used at {owners[one.id]}")
            problems += [Problem(str(path), number, fault) for fault in wrong]
            owners[one.id] = f"{path}:{number}"
            records.append(one)
    if problems:
        raise ContentError(tuple(problems))
    return tuple(records)


def _faults(case: Case, cards: Mapping[str, Card]) -> list[str]:
    card = cards.get(case.card)
    if card is None:
        return [f"no card {case.card!r}"]
    wanted = {criterion.id for criterion in card.criteria}
    faults: list[str] = []
    if set(case.labels) != wanted:
        missing, extra = sorted(wanted - set(case.labels)), sorted(set(case.labels) - wanted)
        faults.append(f"labels of {case.id!r}: missing {missing}, unknown {extra}")
    if "not_graded" in case.labels.values():
        faults.append(f"labels of {case.id!r}: not_graded is no label")
    strange = sorted(set(case.misconceptions) - {one.id for one in card.misconceptions})
    if strange:
        faults.append(f"misconceptions of {case.id!r}: unknown {strange}")
    return faults
