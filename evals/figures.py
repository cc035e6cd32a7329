"""Rows -> all figures of a run, each with a 95 % interval over cards. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Literal, TypeVar, get_args

import numpy as np

from coach.errors import Spent
from coach.schema import Band
from evals.cases import Floors, Split, Suite
from evals.rows import Kind, Mark, Outcome, Row, is_graded, kind, row_of
from evals.statistics import (
    UNDEFINED,
    Bin,
    Figure,
    Floats,
    brier,
    calibration_curve,
    figures,
    prf,
    ratio,
    weighted_kappa,
)

Part = Literal["test", "calibrate", "all"]
PARTS: tuple[Part, ...] = get_args(Part)
KINDS: tuple[Kind, ...] = get_args(Kind)
BANDS: tuple[Band, ...] = ("weak", "fair", "good", "strong")
DECILES = 10
Counts = Sequence[float]
T = TypeVar("T")


@dataclass(frozen=True)
class State:
    """How well one of the three states is given."""

    precision: Figure
    recall: Figure
    f1: Figure


@dataclass(frozen=True)
class Attack:
    """One family of attacks."""

    success: Figure
    """Share that earned points the same answer did not have, or, alone, a pass."""
    points: Figure
    """Share of attacks, alone or not, with any point at all."""


@dataclass(frozen=True)
class Figures:
    """All that is measured on some graded answers."""

    cards: int
    answers: int
    verdicts: int
    agreement: Figure
    """Share of verdicts equal to their labels, missed and contradicted told apart."""
    claimed: Figure
    """The same for what the judge said before its quotes were checked."""
    macro_f1: Figure
    """Mean F1 over met, partly and not said."""
    states: Mapping[Kind, State]
    false_pass: Figure
    """Of the criteria that deserve nothing, the share judged met."""
    false_fail: Figure
    """Of the criteria that deserve met, the share judged missed or contradicted."""
    misconceptions_found: Figure
    """Of the misconceptions stated, the share that was found."""
    misconceptions_right: Figure
    """Of the misconceptions found, the share that was stated."""
    kappa: Figure
    """Quadratic weighted kappa over the three states of a verdict."""
    band_kappa: Figure
    """Quadratic weighted kappa over the four bands of a score."""
    decile_kappa: Figure
    """Quadratic weighted kappa over tenths of the score."""
    score_error: Figure
    """Mean absolute difference between the score and the score of the labels."""
    score_lean: Figure
    """Mean difference: above 0 the judge is too kind."""
    wrong_pass: Figure
    """Of the answers that deserve no pass, the share that passes."""
    brier: Figure
    """Mean squared error of the likelihoods over three states, 0 to 2; undefined without likelihoods."""
    curve: tuple[Bin, ...]
    """Likelihood of met against how often it was."""
    attacks: Mapping[str, Attack]
    invariance: Figure
    """Between the cases of a pair, the share of criteria with the same state; `n` pairs."""
    pair_gap: Figure
    """Mean absolute difference between the scores of a pair."""
    consistency: Figure
    """Over answers graded more than once, the share of criteria that got one state every time."""
    by_family: Mapping[str, Figure]
    """Agreement of each family."""
    by_lang: Mapping[str, Figure]
    """Mean F1 of each language."""
    by_criterion: Mapping[str, tuple[int, int]]
    """`card#criterion` -> equal verdicts, and all of them."""
    nonzero: tuple[tuple[str, str, float], ...]
    """Case, family and score of every answer with a score above 0 whose labels earn nothing."""


@dataclass(frozen=True)
class Measurement:
    """The figures of a run."""

    parts: Mapping[Part, Figures]
    """Of each split that has graded answers, and of all."""
    outcomes: int
    failed: tuple[tuple[str, str], ...]
    """Case and why it could not be played."""
    not_graded: tuple[tuple[str, str], ...]
    """Case and the reason given."""
    calls: int
    tokens_in: int | None
    """None when a grade does not say."""
    tokens_cached: int | None
    """The part of `tokens_in` that the provider had in its cache."""
    tokens_out: int | None
    cost_usd: float | None
    """By the prices the person set; None without them."""
    repaired: int
    """Grades that needed a second request, because the first reply did not fit."""


def measure_run(outcomes: Iterable[Outcome]) -> Measurement:
    """All figures of a run; failed and ungraded answers are counted apart, never as zeros.

    Outcomes are gone through once, and only what is measured of them is kept.
    """
    graded: list[Row] = []
    failed: list[tuple[str, str]] = []
    ungraded: list[tuple[str, str]] = []
    spent: list[Spent] = []
    n = repaired = 0
    for one in outcomes:
        n += 1
        if one.failed is not None:
            failed.append((one.case.id, one.failed))
        elif is_graded(one):
            graded.append(row_of(one))
        else:
            ungraded.append((one.case.id, _why_not(one)))
        if one.grade is not None:
            info = one.grade.judge
            spent.append(Spent(info.calls, info.tokens_in, info.tokens_cached, info.tokens_out, info.cost_usd))
            repaired += info.repaired
    parts: dict[Part, Figures] = {}
    for part in PARTS:
        mine = tuple(row for row in graded if part in {row.split, "all"})
        alike = next((figures for figures in parts.values() if figures.answers == len(graded) == len(mine)), None)
        if mine:
            parts[part] = alike or measure_rows(mine)
    return Measurement(
        parts=parts,
        outcomes=n,
        failed=tuple(sorted(failed)),
        not_graded=tuple(ungraded),
        calls=sum(one.calls for one in spent),
        tokens_in=_sum(one.tokens_in for one in spent if one.calls),
        tokens_cached=_sum(one.tokens_cached for one in spent if one.calls),
        tokens_out=_sum(one.tokens_out for one in spent if one.calls),
        cost_usd=_sum(one.cost_usd for one in spent if one.calls),
        repaired=repaired,
    )


def _why_not(one: Outcome) -> str:
    missing = one.grade.not_graded if one.grade else None
    return missing.message if missing else "no score"


N = TypeVar("N", int, float)


def _sum(counts: Iterable[N | None]) -> N | None:
    known = tuple(counts)
    return None if None in known else sum(count for count in known if count is not None)


def measure_rows(graded: Sequence[Row]) -> Figures:
    """The figures of some graded answers, at least one."""
    over = _Cards(graded)
    states = over.verdicts(_cell, prf)
    n = sum(len(row.marks) for row in graded)
    errors = over.answers(lambda row: (abs(row.value - row.deserved), row.value - row.deserved, 1), _means)
    curve, distance = _likelihoods(graded, over)
    return Figures(
        cards=len({row.card for row in graded}),
        answers=len(graded),
        verdicts=n,
        agreement=over.share(lambda mark: mark.state == mark.label),
        claimed=over.share(lambda mark: mark.claimed == mark.label),
        macro_f1=states[-1],
        states={name: State(*(states[3 * of + at] for of in range(3))) for at, name in enumerate(KINDS)},
        false_pass=over.share(lambda mark: kind(mark.state) == "met", lambda mark: kind(mark.label) == "none"),
        false_fail=over.share(lambda mark: kind(mark.state) == "none", lambda mark: kind(mark.label) == "met"),
        misconceptions_found=over.answers(lambda row: (len(row.found & row.stated), len(row.stated)), ratio)[0],
        misconceptions_right=over.answers(lambda row: (len(row.found & row.stated), len(row.found)), ratio)[0],
        kappa=over.verdicts(_ordered_cell, weighted_kappa)[0],
        band_kappa=over.answers(_band_cell, weighted_kappa)[0],
        decile_kappa=over.answers(_decile_cell, weighted_kappa)[0],
        score_error=errors[0],
        score_lean=errors[1],
        wrong_pass=over.answers(_wrong_pass, ratio)[0],
        brier=distance,
        curve=curve,
        attacks=_attacks(graded),
        invariance=_pairs(graded, lambda one, other: (_equal(one, other), len(one.marks))),
        pair_gap=_pairs(graded, lambda one, other: (abs(one.value - other.value), 1)),
        consistency=_consistency(graded),
        by_family=_grouped(graded, lambda row: row.family, lambda part: part.share(_agrees)),
        by_lang=_grouped(graded, lambda row: row.lang, lambda part: part.verdicts(_cell, prf)[-1]),
        by_criterion=_criteria(graded),
        nonzero=tuple((row.case, row.family, row.value) for row in graded if row.value > 0 and row.deserved == 0),
    )


class _Cards:
    """Counts summed over the rows of each card."""

    def __init__(self, graded: Sequence[Row]) -> None:
        self._rows = graded
        self._place = {card: at for at, card in enumerate(sorted({row.card for row in graded}))}

    def answers(self, count: Callable[[Row], Counts], of: Callable[[Floats], Floats]) -> tuple[Figure, ...]:
        """Figures of what is counted of each answer."""
        return self._figures([(row.card, count(row)) for row in self._rows], of, len(self._rows))

    def verdicts(self, count: Callable[[Mark], Counts], of: Callable[[Floats], Floats]) -> tuple[Figure, ...]:
        """Figures of what is counted of each verdict."""
        every = [(row.card, count(mark)) for row in self._rows for mark in row.marks]
        return self._figures(every, of, len(every))

    def share(self, true: Callable[[Mark], bool], among: Callable[[Mark], bool] = lambda _: True) -> Figure:
        """Share of the verdicts `among` which something is true."""
        every = [(row.card, (float(true(mark)), 1.0)) for row in self._rows for mark in row.marks if among(mark)]
        return self._figures(every, ratio, len(every))[0] if every else UNDEFINED

    def _figures(
        self, counted: Sequence[tuple[str, Counts]], of: Callable[[Floats], Floats], n: int
    ) -> tuple[Figure, ...]:
        sums = np.zeros((len(self._place), len(counted[0][1])))
        np.add.at(
            sums, [self._place[card] for card, _ in counted], np.asarray([one for _, one in counted], dtype=float)
        )
        return figures(sums, of, n)


def _criteria(graded: Sequence[Row]) -> dict[str, tuple[int, int]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in graded:
        for mark in row.marks:
            counts[f"{row.card}#{mark.criterion}"][0] += mark.state == mark.label
            counts[f"{row.card}#{mark.criterion}"][1] += 1
    return {name: (equal, n) for name, (equal, n) in sorted(counts.items())}


def _agrees(mark: Mark) -> bool:
    return mark.state == mark.label


@cache
def _at(row: int, column: int, size: int) -> Counts:
    return tuple(float(at == row * size + column) for at in range(size * size))


def _cell(mark: Mark) -> Counts:
    return _at(KINDS.index(kind(mark.label)), KINDS.index(kind(mark.state)), 3)


_ORDER: Mapping[Kind, int] = {"none": 0, "partly": 1, "met": 2}


def _ordered_cell(mark: Mark) -> Counts:
    return _at(_ORDER[kind(mark.label)], _ORDER[kind(mark.state)], 3)


def _band_cell(row: Row) -> Counts:
    return _at(BANDS.index(row.deserved_band), BANDS.index(row.band), len(BANDS))


def _decile_cell(row: Row) -> Counts:
    due, got = (min(DECILES - 1, int(value * DECILES + 1e-9)) for value in (row.deserved, row.value))
    return _at(due, got, DECILES)


def _means(sums: Floats) -> Floats:
    means: Floats = sums[:, :-1] / sums[:, -1:]
    return means


def _wrong_pass(row: Row) -> Counts:
    fails = row.deserved_band not in {"good", "strong"}
    return (float(fails and row.passes), float(fails))


def _likelihoods(graded: Sequence[Row], over: _Cards) -> tuple[tuple[Bin, ...], Figure]:
    sure = [mark for row in graded for mark in row.marks if mark.likelihood is not None]
    if not sure:
        return (), UNDEFINED

    def distance(mark: Mark) -> Counts:
        if mark.likelihood is None:
            return (0.0, 0.0)
        return (float(brier([mark.likelihood], [KINDS.index(kind(mark.label))])[0]), 1.0)

    curve = calibration_curve(
        [mark.likelihood[0] for mark in sure if mark.likelihood], [mark.label == "met" for mark in sure]
    )
    got = over.verdicts(distance, ratio)[0]
    return curve, Figure(got.value, got.low, got.high, len(sure))


def _attacks(graded: Sequence[Row]) -> dict[str, Attack]:
    points = {(row.case, row.repeat): row.points for row in graded}

    def success(row: Row) -> Counts:
        if row.base is None:
            return (float(row.passes), 1.0)
        before = points.get((row.base, row.repeat))
        return (0.0, 0.0) if before is None else (float(row.points > before + 1e-9), 1.0)

    def one(part: _Cards) -> Attack:
        return Attack(part.answers(success, ratio)[0], part.answers(lambda row: (float(row.points > 0), 1.0), ratio)[0])

    return _grouped([row for row in graded if row.attack], lambda row: str(row.attack), one)


def _grouped(graded: Sequence[Row], key: Callable[[Row], str], figure: Callable[[_Cards], T]) -> dict[str, T]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in graded:
        groups[key(row)].append(row)
    return {name: figure(_Cards(groups[name])) for name in sorted(groups)}


def _pairs(graded: Sequence[Row], count: Callable[[Row, Row], Counts]) -> Figure:
    """A ratio of what is counted of every two answers that say the same."""
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in graded:
        if row.pair is not None:
            groups[(row.pair, row.repeat)].append(row)
    counted: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    n = 0
    for group in groups.values():
        for one, other in combinations(sorted(group, key=lambda row: row.case), 2):
            top, bottom = count(one, other)
            counted[one.card][0] += top
            counted[one.card][1] += bottom
            n += 1
    return figures([counted[card] for card in sorted(counted)], ratio, n)[0] if n else UNDEFINED


def _equal(one: Row, other: Row) -> int:
    states = {mark.criterion: kind(mark.state) for mark in other.marks}
    return sum(kind(mark.state) == states.get(mark.criterion) for mark in one.marks)


def _consistency(graded: Sequence[Row]) -> Figure:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in graded:
        groups[row.case].append(row)
    counted: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    n = 0
    for group in groups.values():
        if len(group) < 2:
            continue
        n += 1
        states: dict[str, set[str]] = defaultdict(set)
        for row in group:
            for mark in row.marks:
                states[mark.criterion].add(mark.state)
        counted[group[0].card][0] += sum(len(given) == 1 for given in states.values())
        counted[group[0].card][1] += len(states)
    return figures([counted[card] for card in sorted(counted)], ratio, n)[0] if n else UNDEFINED


def broken_floors(measured: Measurement, floors: Floors, on: Split | Literal["all"] = "all") -> tuple[str, ...]:
    """Every floor that does not hold, in words. A figure that could not be measured holds no floor."""
    broken: list[str] = []
    if measured.failed:
        broken.append(f"{len(measured.failed)} cases could not be played")
    unread = len(measured.not_graded) / measured.outcomes if measured.outcomes else 0.0
    if unread > floors.not_graded:
        broken.append(f"not graded {unread:.3f} is above {floors.not_graded}")
    got, everything = measured.parts.get(on), measured.parts.get("all")
    if got is None or everything is None:
        return (*broken, f"no graded answer in {on!r}, so no floor can hold")
    for name, figure, floor in (
        ("agreement", got.agreement, floors.agreement),
        ("macro F1", got.macro_f1, floors.macro_f1),
        ("invariance", got.invariance, floors.invariance),
    ):
        if floor is not None and not figure.value >= floor:
            broken.append(f"{name} {figure.value:.3f} is below {floor}")
    if floors.false_pass is not None and not got.false_pass.value <= floors.false_pass:
        broken.append(f"false pass {got.false_pass.value:.3f} is above {floors.false_pass}")
    if floors.attack_success is not None:
        if not got.attacks:
            broken.append("attack success was not measured: there is no attack")
        for name, attack in got.attacks.items():
            if not attack.success.value <= floors.attack_success:
                broken.append(f"attack success {attack.success.value:.3f} of {name} is above {floors.attack_success}")
    for case, family, value in everything.nonzero:
        if family in floors.zero_families:
            broken.append(f"{case} ({family}) scores {value:.2f}, not 0")
    return tuple(broken)


def floors_of(suite: Suite, measured: Measurement, judge: str) -> tuple[str, ...] | None:
    """The broken floors of a judge on a suite; None when the suite has none for it."""
    floors = {str(name): floor for name, floor in suite.floors.items()}.get(judge)
    return None if floors is None else broken_floors(measured, floors, suite.floors_on)
