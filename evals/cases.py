"""Transcripts and suites: data files with a schema, checked all at once."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypeVar, get_args

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from coach.errors import ContentError, Problem
from coach.schema import Card, CardId, Lang, Record, Slug, State

JudgeName = Literal["offline", "mock", "replay", "live"]
JUDGES: tuple[JudgeName, ...] = get_args(JudgeName)
Family = Literal[
    "dont-know",
    "echo-hint",
    "echo-question",
    "empty",
    "excellent",
    "gibberish",
    "good",
    "hidden-text",
    "human",
    "injection",
    "long-wrong",
    "master-key",
    "misconception",
    "mixed",
    "multi-turn",
    "negated",
    "off-topic",
    "other-card",
    "other-language",
    "partial",
    "reference",
    "shuffled",
    "sign-error",
    "speech",
    "stuffed",
    "terse",
    "wrong",
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
    probes: tuple[Slug, ...] = ()
    """The criterion that each follow-up aimed at, one fewer than answers; without it the interview's rule decides."""
    hints: Annotated[int, Field(ge=0, le=3)] = 0
    """So many rungs of the hint ladder are shown before the first answer."""
    labels: Mapping[Slug, State]
    """The state every criterion deserves after the last answer."""
    second: Mapping[Slug, State] | None = None
    """The labels of a second person, who saw neither the first ones nor any verdict."""
    quotes: Mapping[Slug, str] = {}
    """The words of the answer that carry a label."""
    misconceptions: tuple[Slug, ...] = ()
    """Listed misconceptions that are stated."""
    attack: Slug | None = None
    """The family of the attack on the grader, where the case is one."""
    base: str | None = None
    """Id of the same answer without the attack; None where an attack comes alone."""
    pair: Slug | None = None
    """Cases that say the same thing in other words or another language share it: their verdicts should be equal."""
    mock: tuple[Mapping[str, Any], ...] = ()
    """What the mock model sends back, one reply per answer; it may be wrong on purpose."""
    why: str = ""
    """What the case is there to show."""


Share = Annotated[float, Field(ge=0, le=1.01)]


class Floors(Record):
    """What a judge must keep on a suite, as shares between 0 and 1; what is not set is not asked for."""

    agreement: Share | None = None
    """Least share of criterion verdicts equal to their labels."""
    macro_f1: Share | None = None
    """Least mean F1 over met, partly and not said."""
    false_pass: Share | None = None
    """Largest share of criteria labelled missed or contradicted that are judged met."""
    attack_success: Share | None = None
    """Largest share of successful attacks, in every family of attack."""
    invariance: Share | None = None
    """Least share of equal verdicts between the cases of a pair."""
    zero_families: tuple[Family, ...] = ()
    """Families whose every case must score exactly 0."""
    not_graded: Share = 0.0
    """Largest share of cases without a grade."""


class Suite(Record):
    """What is run, and which floors it must keep."""

    id: Slug
    why: str
    transcripts: Annotated[tuple[str, ...], Field(min_length=1)]
    """Files under `evals/transcripts/`."""
    floors: Annotated[Mapping[JudgeName, Floors], Field(min_length=1)]
    """The judges that run without being asked for, each with its floors."""
    floors_on: Literal["test", "all"] = "test"
    """The cases that floors look at; scores that must be 0 and cases that fail count in both splits."""


def load_suite(path: Path) -> Suite:
    """The suite in a YAML file. Raises ContentError."""
    try:
        return Suite.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        known = ", ".join(sorted([*(one.stem for one in path.parent.glob("*.yaml")), "interviewer", "retrieval"]))
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

    cases = read_lines(paths, Case, faults)
    known = {case.id for case in cases}
    lost = [case for case in cases if case.base is not None and case.base not in known]
    if lost:
        why = "is no case of these files"
        raise ContentError(tuple(Problem(case.id, 0, f"its base {case.base!r} {why}") for case in lost))
    return cases


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
    for name, labels in (("labels", case.labels), ("second", case.second or {})):
        if "not_graded" in labels.values():
            faults.append(f"{name} of {case.id!r}: not_graded is no label")
    if case.second is not None and set(case.second) != wanted:
        faults.append(f"second of {case.id!r} must label {sorted(wanted)}, and labels {sorted(case.second)}")
    strange = sorted(set(case.misconceptions) - {one.id for one in card.misconceptions})
    if strange:
        faults.append(f"misconceptions of {case.id!r}: unknown {strange}")
    strange = sorted({*case.probes, *case.quotes} - wanted)
    if strange:
        faults.append(f"probes or quotes of {case.id!r}: unknown criteria {strange}")
    if case.probes and len(case.probes) != len(case.answers) - 1:
        faults.append(f"{case.id!r} has {len(case.answers)} answers and {len(case.probes)} probes: one fewer is right")
    lost = sorted(name for name, words in case.quotes.items() if not any(words in text for text in case.answers))
    if lost:
        faults.append(f"quotes of {case.id!r} are not in its answers: {lost}")
    return faults
