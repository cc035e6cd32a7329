"""Two runs -> what changed, answer by answer, and whether it is more than chance. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

from coach.errors import ContentError, Problem
from evals.cases import Case
from evals.figures import KINDS
from evals.rows import Mark, Row, kind, rows
from evals.runs import Run
from evals.statistics import Figure, Floats, figures, mcnemar, prf


@dataclass(frozen=True)
class Flip:
    """One verdict that the second run gives otherwise."""

    case: str
    split: str
    criterion: str
    label: str
    first: str
    second: str

    @property
    def change(self) -> str:
        """Whether it became right, wrong, or stayed wrong in another way."""
        if self.second == self.label:
            return "mended"
        return "broken" if self.first == self.label else "still wrong"


@dataclass(frozen=True)
class Difference:
    """One measure in both runs, over the answers that both graded."""

    name: str
    first: float
    second: float
    change: Figure
    """Second less first, with an interval over cards in which both runs are resampled together."""

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return not isnan(self.change.low) and (self.change.low > 0 or self.change.high < 0)


@dataclass(frozen=True)
class Comparison:
    """What changed from one run to another."""

    work: tuple[str, ...]
    """What the runs differ in, besides their verdicts."""
    common: int
    """Gradings in both runs; figures and flips are over these alone."""
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    """Gradings in one run alone: not there, failed or not graded in the other."""
    relabelled: int
    """Gradings left out because answer or labels differ between the runs."""
    flips: tuple[Flip, ...]
    differences: tuple[Difference, ...]
    mended: int
    broken: int
    p: float
    """Exact McNemar test on the verdicts that one run has right and the other wrong; takes verdicts as independent."""


def compare(first: Run, second: Run) -> Comparison:
    """What changed. Raises ContentError when the runs share no graded answer."""
    a, b = ({(row.case, row.repeat): row for row in rows(run.outcomes)} for run in (first, second))
    answers = [
        {one.key: (one.case.card, one.case.answers, dict(one.case.labels)) for one in run.outcomes}
        for run in (first, second)
    ]
    shared = [key for key in a if key in b]
    same = [key for key in shared if answers[0][key] == answers[1][key]]
    if not same:
        where = f"{first.info.name} and {second.info.name}"
        raise ContentError((Problem(where, 0, "have no graded answer in common: compare runs of one suite"),))
    pairs = [(a[key], b[key]) for key in same]
    flips = tuple(flip for one, other in pairs for flip in _flips(one, other))
    changes = Counter(flip.change for flip in flips)
    return Comparison(
        work=_differing(first, second),
        common=len(pairs),
        only_first=tuple(name for name, repeat in a if (name, repeat) not in b),
        only_second=tuple(name for name, repeat in b if (name, repeat) not in a),
        relabelled=len(shared) - len(same),
        flips=flips,
        differences=_differences(pairs),
        mended=changes["mended"],
        broken=changes["broken"],
        p=mcnemar(changes["mended"], changes["broken"]),
    )


def _task(case: Case) -> tuple[object, ...]:
    """What must be the same for two verdicts to be comparable."""
    return (case.card, case.answers, case.probes, case.hints, dict(case.labels), case.misconceptions)


def _differing(first: Run, second: Run) -> tuple[str, ...]:
    was, now = first.info.work.model_dump(), second.info.work.model_dump()
    lines = [f"{key}: {was[key]} → {now[key]}" for key in was if was[key] != now[key]]
    commits = [run.info.git.commit[:12] + "+" * run.info.git.dirty if run.info.git else "?" for run in (first, second)]
    if commits[0] != commits[1]:
        lines.append(f"commit: {commits[0]} → {commits[1]}")
    return tuple(lines)


def _flips(one: Row, other: Row) -> list[Flip]:
    later = {mark.criterion: mark for mark in other.marks}
    return [
        Flip(one.case, one.split, mark.criterion, mark.label, mark.state, later[mark.criterion].state)
        for mark in one.marks
        if mark.criterion in later and later[mark.criterion].state != mark.state
    ]


def _cells(marks: Sequence[Mark]) -> list[float]:
    table = np.zeros((3, 3))
    for mark in marks:
        table[KINDS.index(kind(mark.label)), KINDS.index(kind(mark.state))] += 1
    return [float(cell) for cell in table.ravel()]


def _macro(sums: Floats) -> Floats:
    macro: Floats = prf(sums)[:, -1]
    return macro


def _share(sums: Floats) -> Floats:
    share: Floats = sums[:, 0] / sums[:, 1]
    return share


def _false_pass(row: Row) -> list[float]:
    due = [mark for mark in row.marks if kind(mark.label) == "none"]
    return [float(sum(mark.state == "met" for mark in due)), float(len(due))]


MEASURES: Mapping[str, tuple[Callable[[Row], Sequence[float]], Callable[[Floats], Floats]]] = {
    "macro F1": (lambda row: _cells(row.marks), _macro),
    "agreement": (
        lambda row: [float(sum(mark.state == mark.label for mark in row.marks)), float(len(row.marks))],
        _share,
    ),
    "false pass": (_false_pass, _share),
    "score error": (lambda row: [abs(row.value - row.deserved), 1.0], _share),
    "score": (lambda row: [row.value, 1.0], _share),
}


def _differences(pairs: Sequence[tuple[Row, Row]]) -> tuple[Difference, ...]:
    place = {card: at for at, card in enumerate(sorted({one.card for one, _ in pairs}))}
    found = []
    for name, (count, of) in MEASURES.items():
        counted = [(place[one.card], [*count(one), *count(other)]) for one, other in pairs]
        sums = np.zeros((len(place), len(counted[0][1])))
        np.add.at(sums, [at for at, _ in counted], np.asarray([cells for _, cells in counted]))

        def both(drawn: Floats, of: Callable[[Floats], Floats] = of) -> Floats:
            half = drawn.shape[1] // 2
            was, now = of(drawn[:, :half]), of(drawn[:, half:])
            return np.stack([was, now, now - was], axis=1)

        was, now, change = figures(sums, both, len(pairs))
        found.append(Difference(name, was.value, now.value, change))
    return tuple(found)


def comparison_text(got: Comparison) -> str:
    """What `evals compare` prints."""
    lines = [f"{got.common} gradings in both runs", *(f"  {line}" for line in got.work)]
    for what, names in (("first", got.only_first), ("second", got.only_second)):
        if names:
            lines.append(
                f"graded in the {what} run only: {len(names)} ({', '.join(names[:5])}{' …' * (len(names) > 5)})"
            )
    if got.relabelled:
        lines.append(f"left out, since answer or labels changed: {got.relabelled}")
    lines += ["", f"{'':<14}{'first':>8}{'second':>8}   change, 95 % interval over cards"]
    for one in got.differences:
        span = f"{one.change.value:+.3f}"
        if not isnan(one.change.low):
            span += f" ({one.change.low:+.3f} to {one.change.high:+.3f})"
        lines.append(f"{one.name:<14}{one.first:>8.3f}{one.second:>8.3f}   {span}{'  clear' if one.is_clear else ''}")
    lines += ["", f"verdicts mended {got.mended}, broken {got.broken}; exact McNemar p = {got.p:.3g}", ""]
    held = sum(flip.split == "test" for flip in got.flips)
    lines += [
        f"  {flip.change:<11} {flip.case} {flip.criterion}: label {flip.label}, {flip.first} → {flip.second}"
        for flip in sorted(got.flips, key=lambda flip: (flip.change, flip.case))
        if flip.split != "test"
    ]
    if held:
        lines.append(f"  {held} more changes on the test split, which are counted but not listed")
    return "\n".join(lines)
