"""Played cases -> how well the judge agrees with the labels. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from evals.cases import Case
from evals.play import Played

NOT_SAID = frozenset({"missed", "contradicted"})
"""States that earn nothing; confusing the two costs no points but is still counted as disagreement."""


@dataclass(frozen=True)
class Agreement:
    """Counts of equal verdicts."""

    agree: int
    criteria: int

    @property
    def share(self) -> float:
        """Share of equal verdicts; nan when there were none."""
        return self.agree / self.criteria if self.criteria else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson score interval of the share (Wilson 1927); verdicts of one answer are not independent."""
        n, z = self.criteria, 1.96
        if not n:
            return (0.0, 1.0)
        centre = (self.share + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(self.share * (1 - self.share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return (max(0.0, centre - half), min(1.0, centre + half))


@dataclass(frozen=True)
class Wrong:
    """One verdict that differs from its label."""

    case: str
    criterion: str
    label: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class Measured:
    """All that a suite prints and its floors look at."""

    cases: int
    failed: tuple[tuple[str, str], ...]
    """Case id and why it could not be played."""
    not_graded: tuple[tuple[str, str], ...]
    """Case id and the reason given."""
    overall: Agreement
    by_criterion: Mapping[str, Agreement]
    """`card#criterion` -> agreement."""
    by_family: Mapping[str, Agreement]
    by_lang: Mapping[str, Agreement]
    kappa: float
    """Cohen's kappa over met, partly and not said (Cohen 1960)."""
    false_pass: Agreement
    """Of the criteria that deserve nothing, how many were judged met."""
    false_fail: Agreement
    """Of the criteria that deserve met, how many were judged missed or contradicted."""
    misconceptions: tuple[int, int, int]
    """Stated and found, stated and not found, found although not stated."""
    scores: Mapping[str, float]
    """Case id -> score value of every graded case."""
    families: Mapping[str, str]
    """Case id -> family."""
    wrong: tuple[Wrong, ...]
    raw: Agreement
    """Agreement of what the judge claimed before its quotes were checked."""


def measure(played: Sequence[Played]) -> Measured:
    """The figures of one judge on played cases. Cases that failed or were not graded are counted apart."""
    counts: dict[str, dict[str, list[int]]] = {
        name: defaultdict(lambda: [0, 0]) for name in ("criterion", "family", "lang")
    }
    table: Counter[tuple[str, str]] = Counter()
    wrong: list[Wrong] = []
    found = lost = invented = raw_agree = raw_all = 0
    scores: dict[str, float] = {}
    not_graded: list[tuple[str, str]] = []
    for one in played:
        case, grade = one.case, one.grade
        if one.failed is not None:
            continue
        if grade is None:
            states = dict.fromkeys(case.labels, "missed")
            claimed, reasons = dict(states), dict.fromkeys(case.labels, "nothing was said")
            scores[case.id] = 0.0
            stated: set[str] = set()
        elif grade.score is None:
            why = grade.not_graded.message if grade.not_graded else "no score"
            not_graded.append((case.id, why))
            continue
        else:
            states = {verdict.criterion: str(verdict.state) for verdict in grade.verdicts}
            claimed = {verdict.criterion: verdict.downgraded_from or verdict.state for verdict in grade.verdicts}
            reasons = {verdict.criterion: verdict.reason for verdict in grade.verdicts}
            scores[case.id] = grade.score.value
            stated = {found_one.misconception for found_one in grade.misconceptions}
        found += len(stated & set(case.misconceptions))
        lost += len(set(case.misconceptions) - stated)
        invented += len(stated - set(case.misconceptions))
        for name, label in case.labels.items():
            equal = states[name] == label
            for group, key in (("criterion", f"{case.card}#{name}"), ("family", case.family), ("lang", case.lang)):
                counts[group][key][0] += equal
                counts[group][key][1] += 1
            raw_agree += claimed[name] == label
            raw_all += 1
            table[(label, states[name])] += 1
            if not equal:
                wrong.append(Wrong(case.id, name, label, states[name], reasons[name]))
    total = sum(table.values())
    return Measured(
        cases=len(played),
        failed=tuple(sorted((one.case.id, one.failed) for one in played if one.failed is not None)),
        not_graded=tuple(not_graded),
        overall=Agreement(sum(n for (label, state), n in table.items() if label == state), total),
        by_criterion=_agreements(counts["criterion"]),
        by_family=_agreements(counts["family"]),
        by_lang=_agreements(counts["lang"]),
        kappa=cohen_kappa(table),
        false_pass=_share(table, NOT_SAID, frozenset({"met"})),
        false_fail=_share(table, frozenset({"met"}), NOT_SAID),
        misconceptions=(found, lost, invented),
        scores=scores,
        families={one.case.id: one.case.family for one in played},
        wrong=tuple(wrong),
        raw=Agreement(raw_agree, raw_all),
    )


def _agreements(counts: Mapping[str, Sequence[int]]) -> dict[str, Agreement]:
    return {key: Agreement(agree, n) for key, (agree, n) in sorted(counts.items())}


def _share(table: Counter[tuple[str, str]], labels: frozenset[str], states: frozenset[str]) -> Agreement:
    of = sum(n for (label, _), n in table.items() if label in labels)
    return Agreement(sum(n for (label, state), n in table.items() if label in labels and state in states), of)


def cohen_kappa(table: Mapping[tuple[str, str], int]) -> float:
    """Cohen's kappa of (label, verdict) counts with missed and contradicted taken as one; nan when undefined."""
    joined: Counter[tuple[str, str]] = Counter()
    for (label, state), n in table.items():
        joined[("none" if label in NOT_SAID else label, "none" if state in NOT_SAID else state)] += n
    total = sum(joined.values())
    if not total:
        return float("nan")
    seen = sum(n for (label, state), n in joined.items() if label == state) / total
    names = {name for pair in joined for name in pair}
    chance = sum(
        sum(n for (label, _), n in joined.items() if label == name)
        * sum(n for (_, state), n in joined.items() if state == name)
        for name in names
    ) / (total * total)
    return (seen - chance) / (1 - chance) if chance < 1 else float("nan")


def labellers_agree(cases: Iterable[Case]) -> tuple[Agreement, float]:
    """Equal labels over all criteria that two people labelled, and Cohen's kappa over the states."""
    table: Counter[tuple[str, str]] = Counter(
        (label, case.second[name]) for case in cases if case.second is not None for name, label in case.labels.items()
    )
    equal = sum(n for (first, second), n in table.items() if first == second)
    return Agreement(equal, sum(table.values())), cohen_kappa(table)
