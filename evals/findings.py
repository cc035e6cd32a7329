"""What came of a run, for somebody who looks at it: floors, figures, plots, and every wrong verdict.

Figures come from the functions that the command line calls.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from pathlib import Path
from typing import Literal, TypeVar, get_args
from xml.etree import ElementTree

import yaml

from coach.errors import ContentError, Problem
from coach.schema import Card, Evidence, FormatName, Lang
from evals.board import JUNIT, Past, past_run, suites
from evals.cases import Split, Suite
from evals.compare import Comparison, Difference, Flip, compare
from evals.figures import PARTS, Figures, Measurement, Part, floors_of, measure_run
from evals.interviewer import SessionResult, failing, share
from evals.measure import Agreement
from evals.page import write_page
from evals.report import lines_of
from evals.retrieval import FOLDER as QUERIES
from evals.retrieval import Answer, measure_retrieval
from evals.retrieval import Floors as SearchFloors
from evals.rows import Outcome, Row, is_graded, kind, row_of
from evals.runs import RESULTS, Results, read_run
from evals.simulate import CANDIDATES
from evals.statistics import Bin, Figure, figures, ratio

__all__ = ["Bin", "Card", "Comparison", "Difference", "Figure", "Flip", "Part"]

GIVEN = ("met", "partly", "missed", "contradicted")
Mistake = Literal["false_pass", "too_kind", "false_fail", "too_strict", "same_points"]
MISTAKES: tuple[Mistake, ...] = get_args(Mistake)
_WORTH: Mapping[str, int] = {"met": 2, "partly": 1, "none": 0}
T = TypeVar("T")


@dataclass(frozen=True)
class Head:
    """A figure that comes first, with the floor it is held to."""

    id: str
    figure: Figure
    floor: float | None = None
    least: bool = True
    """Whether more is better."""

    @property
    def kept(self) -> bool:
        """Whether the floor holds; a figure that could not be measured keeps none."""
        if self.floor is None:
            return True
        return self.figure.value >= self.floor if self.least else self.figure.value <= self.floor


@dataclass(frozen=True)
class Chart:
    """Shares of one kind, by name."""

    id: str
    bars: tuple[tuple[str, Figure], ...]
    marks: tuple[float, ...] = ()
    """Floors that all its bars are held to."""


@dataclass(frozen=True)
class Look:
    """What is seen of one split of a run."""

    answers: int
    verdicts: int
    heads: tuple[Head, ...]
    charts: tuple[Chart, ...]
    confusion: tuple[tuple[int, ...], ...] = ()
    """Counts: a row for each label, a column for each verdict, both in the order of `GIVEN`; empty without verdicts."""
    curve: tuple[Bin, ...] = ()
    criteria: tuple[tuple[str, str, int, int], ...] = ()
    """Card, criterion, verdicts equal to their labels, all verdicts: the most often wrong first."""


@dataclass(frozen=True)
class Seen:
    """All that is seen of a run."""

    past: Past
    broken: tuple[str, ...] | None
    """Floors that do not hold; None where there are none, or the run is not complete."""
    parts: Mapping[str, Look]
    first: str = "all"
    """The part that floors look at."""
    table: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Every figure in words: its name, then a cell for each of `parts`."""
    not_graded: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class WrongVerdict:
    """One verdict that differs from its label."""

    criterion: str
    label: str
    state: str
    reason: str
    mistake: Mistake
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class WrongAnswer:
    """One graded answer with the verdicts that differ from their labels."""

    case: str
    repeat: int
    card: str
    card_hash: str | None
    """Of the card as it was graded; None when nothing was said."""
    split: Split
    lang: Lang
    family: str
    why: str
    asked: tuple[str, ...]
    answers: tuple[str, ...]
    """Those that were said, in the order that evidence counts them."""
    wrong: tuple[WrongVerdict, ...]
    of: int
    value: float
    deserved: float


@dataclass(frozen=True)
class Miss:
    """Something that search or an interview got wrong."""

    name: str
    split: str
    """Empty where nothing is held back."""
    kind: str
    wanted: str
    got: str


def seen(folder: Path) -> Seen:
    """All that is seen of the run in a folder, kept until its results change. Raises ContentError."""
    return _seen(folder, _stamp(folder))


def wrong_answers(folder: Path) -> tuple[WrongAnswer, ...]:
    """The answers of a run with a verdict that differs from its label, worst first. Raises ContentError."""
    return _wrong_answers(folder, _stamp(folder))


def _stamp(folder: Path) -> tuple[int, int, bool]:
    try:
        state = (folder / RESULTS).stat()
    except OSError as error:
        raise ContentError((Problem(str(folder), 0, f"is no run: {error}"),)) from error
    return state.st_mtime_ns, state.st_size, (folder / JUNIT).exists()


@lru_cache(maxsize=16)
def _seen(folder: Path, _: tuple[int, int, bool]) -> Seen:
    past = past_run(folder)
    if past.suite == "retrieval":
        return _searched(folder, past)
    if past.suite == "interviewer":
        return _interviewed(folder, past)
    run = read_run(folder)
    measured = measure_run(run.outcomes)
    suite = suites().get(past.suite)
    graded = [row_of(one) for one in run.outcomes if is_graded(one)]
    broken = floors_of(suite, measured, past.judge) if suite is not None and past.complete else None
    parts: dict[str, Look] = {
        part: _look(got, [row for row in graded if part in {row.split, "all"}], suite, past, part)
        for part, got in measured.parts.items()
    }
    git = run.info.git
    facts = {
        "model": past.model,
        "commit": f"{git.commit[:12]}{' +' if git.dirty else ''}" if git else "",
        "prompt": run.info.work.prompt or "",
        "python": run.info.python,
    }
    return Seen(
        past,
        broken,
        parts,
        suite.floors_on if suite is not None and suite.floors_on in parts else next(iter(parts), "all"),
        _table(measured),
        measured.not_graded,
        measured.failed,
        tuple((name, told) for name, told in facts.items() if told),
    )


def _table(measured: Measurement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    columns = [dict(lines_of(measured.parts[part])) for part in PARTS if part in measured.parts]
    names = dict.fromkeys(name for column in columns for name in column)
    return tuple((name, tuple(column.get(name, "") for column in columns)) for name in names)


def _look(got: Figures, graded: Sequence[Row], suite: Suite | None, past: Past, part: Part) -> Look:
    floors = {str(name): one for name, one in suite.floors.items()}.get(past.judge) if suite is not None else None
    held = floors if suite is not None and part == suite.floors_on else None
    worst = max((one.success for one in got.attacks.values()), key=lambda one: one.value, default=None)
    heads = [
        Head("macro_f1", got.macro_f1, held.macro_f1 if held else None),
        Head("agreement", got.agreement, held.agreement if held else None),
        Head("false_pass", got.false_pass, held.false_pass if held else None, least=False),
        Head("false_fail", got.false_fail, least=False),
        Head("kappa", got.kappa),
        Head("score_error", got.score_error, least=False),
        Head("invariance", got.invariance, held.invariance if held else None),
        *([Head("attack", worst, held.attack_success if held else None, least=False)] if worst else []),
    ]
    states = tuple(
        (f"{name}:{what}", figure)
        for name, state in got.states.items()
        for what, figure in (("precision", state.precision), ("recall", state.recall))
    )
    attacked = held.attack_success if held and held.attack_success is not None else None
    charts = (
        Chart("states", states),
        Chart("topics", tuple(_topics(graded).items())),
        Chart("langs", tuple(got.by_lang.items())),
        Chart("families", tuple(got.by_family.items())),
        Chart(
            "attacks",
            tuple((name, one.success) for name, one in got.attacks.items()),
            () if attacked is None else (attacked,),
        ),
    )
    return Look(
        got.answers,
        got.verdicts,
        tuple(one for one in heads if one.figure.n),
        tuple(chart for chart in charts if chart.bars),
        _confusion(graded),
        got.curve,
        _criteria(got.by_criterion),
    )


def _topics(graded: Sequence[Row]) -> dict[str, Figure]:
    """Agreement of each topic, the lowest first."""
    found: dict[str, Figure] = {}
    for topic, mine in _grouped(graded, lambda row: row.card.partition("/")[0]).items():
        counts: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for row in mine:
            counts[row.card][0] += sum(mark.state == mark.label for mark in row.marks)
            counts[row.card][1] += len(row.marks)
        n = int(sum(of for _, of in counts.values()))
        found[topic] = figures(list(counts.values()), ratio, n)[0]
    return dict(sorted(found.items(), key=lambda one: one[1].value))


def _grouped(things: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = defaultdict(list)
    for one in things:
        groups[key(one)].append(one)
    return dict(sorted(groups.items()))


def _confusion(graded: Sequence[Row]) -> tuple[tuple[int, ...], ...]:
    counted = Counter((mark.label, mark.state) for row in graded for mark in row.marks)
    return tuple(tuple(counted[(label, state)] for state in GIVEN) for label in GIVEN)


def _criteria(counts: Mapping[str, tuple[int, int]]) -> tuple[tuple[str, str, int, int], ...]:
    found = [(*_halves(name), equal, n) for name, (equal, n) in counts.items()]
    return tuple(sorted(found, key=lambda one: (one[2] - one[3], one[0])))


def _halves(name: str) -> tuple[str, str]:
    card, _, criterion = name.partition("#")
    return card, criterion


@lru_cache(maxsize=4)
def _wrong_answers(folder: Path, _: tuple[int, int, bool]) -> tuple[WrongAnswer, ...]:
    found = [
        wrong
        for one in read_run(folder).outcomes
        if is_graded(one)
        for wrong in [_wrong_answer(one, row_of(one))]
        if wrong.wrong
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.value - one.deserved), one.case, one.repeat)))


def _wrong_answer(one: Outcome, row: Row) -> WrongAnswer:
    case, grade = one.case, one.grade
    evidence = {verdict.criterion: verdict.evidence for verdict in grade.verdicts} if grade is not None else {}
    wrong = tuple(
        WrongVerdict(
            mark.criterion,
            mark.label,
            mark.state,
            mark.reason,
            mistake_of(mark.label, mark.state),
            evidence.get(mark.criterion, ()),
        )
        for mark in row.marks
        if mark.state != mark.label
    )
    return WrongAnswer(
        case.id,
        one.repeat,
        case.card,
        grade.card_hash if grade is not None else None,
        case.split,
        case.lang,
        case.family,
        case.why,
        one.interviewer,
        tuple(text for text in case.answers if text.strip()),
        wrong,
        len(row.marks),
        row.value,
        row.deserved,
    )


def mistake_of(label: str, state: str) -> Mistake:
    """What kind of mistake a verdict is that differs from its label."""
    due, got = _WORTH[kind(label)], _WORTH[kind(state)]
    if due == got:
        return "same_points"
    if abs(due - got) == 2:
        return "false_pass" if got > due else "false_fail"
    return "too_kind" if got > due else "too_strict"


def misses(folder: Path) -> tuple[Miss, ...]:
    """What search did not find, or which checks an interview broke. Raises ContentError."""
    if past_run(folder).suite == "retrieval":
        return tuple(
            Miss(
                answer.query.text,
                answer.query.split,
                f"{answer.query.lang}, {answer.query.kind}",
                ", ".join(answer.query.cards),
                "" if answer.refused else ", ".join(answer.found[:3]),
            )
            for answer in _answers(folder)
            if (answer.rank != 1 if answer.query.cards else not answer.refused)
        )
    return tuple(
        Miss(one.id, "", check, "", told) for one in _sessions(folder) for check, told in sorted(one.broken.items())
    )


def _answers(folder: Path) -> tuple[Answer, ...]:
    return tuple(Results.at(folder / RESULTS, Answer))


def _sessions(folder: Path) -> tuple[SessionResult, ...]:
    return tuple(Results.at(folder / RESULTS, SessionResult))


def _figure(agreement: Agreement) -> Figure:
    return Figure(agreement.share, *agreement.interval, agreement.criteria)


def _broken_lines(folder: Path) -> tuple[str, ...]:
    """The floors that a run of search or interviews wrote down as broken."""
    failure = ElementTree.parse(folder / JUNIT).find(".//failure")
    return tuple((failure.text or "").splitlines()) if failure is not None else ()


def _search_floors() -> SearchFloors:
    return SearchFloors.model_validate(yaml.safe_load((QUERIES / "floors.yaml").read_text(encoding="utf-8")))


def _searched(folder: Path, past: Past) -> Seen:
    parts: dict[str, Look] = {}
    answers, floors = _answers(folder), _search_floors()
    for part in PARTS:
        mine = [one for one in answers if part in {one.query.split, "all"}]
        if not any(one.query.cards for one in mine):
            continue
        got = measure_retrieval(mine)
        held = floors if part == "test" and past.model == floors.embedder else None
        heads = (
            Head("recall_1", _figure(got.overall.at_1), held.recall_1 if held else None),
            Head("recall_5", _figure(got.overall.at_5), held.recall_5 if held else None),
            Head("refused_rightly", _figure(got.refused_rightly), held.refused_rightly if held else None),
            Head("refused_wrongly", _figure(got.refused_wrongly), held.refused_wrongly if held else None, least=False),
        )
        charts = (
            Chart("recall_lang", tuple((name, _figure(one.at_1)) for name, one in got.by_lang.items())),
            Chart("recall_kind", tuple((name, _figure(one.at_1)) for name, one in got.by_kind.items())),
        )
        parts[part] = Look(len(mine), 0, heads, charts)
    broken = _broken_lines(folder) if past.floors != "unknown" else None
    return Seen(past, broken, parts, next(iter(parts), "all"), facts=(("model", past.model),))


def _interviewed(folder: Path, past: Past) -> Seen:
    results = _sessions(folder)
    plain = [one for one in results if one.fault is None]
    whole = Agreement(sum(not one.broken for one in results), len(results))
    questions = sum(len(one.questions) for one in results)
    names = [name for name in CANDIDATES if any(one.candidate == name for one in plain)]
    formats = [name for name in get_args(FormatName) if any(one.format == name for one in plain)]
    perfect = [one for one in plain if one.candidate == "perfect"]
    charts = (
        Chart("candidates", tuple((name, _points([x for x in plain if x.candidate == name])) for name in names)),
        Chart("formats", tuple((name, _points([x for x in perfect if x.format == name])) for name in formats)),
    )
    heads = (Head("sessions_whole", _figure(whole)), Head("perfect", _points(perfect)))
    look = Look(len(results), questions, heads, charts)
    told = tuple((name, f"{len(ids)}") for name, ids in failing(results).items())
    broken = _broken_lines(folder) if past.floors != "unknown" else None
    return Seen(past, broken, {"all": look} if results else {}, facts=(("model", past.judge), *told))


def _points(results: Sequence[SessionResult]) -> Figure:
    got = share(results)
    return Figure(nan if got is None else got, nan, nan, len(results) if got is not None else 0)


def compared(first: Path, second: Path) -> Comparison:
    """What changed from one run to another. Raises ContentError when they have nothing in common."""
    return compare(read_run(first), read_run(second))


def report_file(folder: Path, cards: Iterable[Card], *, to: Path) -> Path:
    """The report of a run as one HTML page that stands alone, once it is written. Raises ContentError."""
    to.parent.mkdir(parents=True, exist_ok=True)
    return write_page(folder, {card.id: card for card in cards}, to=to)
