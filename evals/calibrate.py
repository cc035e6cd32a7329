"""Labelled answers -> the offline judge's thresholds. Only the calibrate split is looked at for the choice."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product

import yaml

from coach.grading.offline import VERSION, Calibration, OfflineJudge
from coach.wiring import Coach
from evals.cases import Case, Split, load_suite
from evals.measure import Measured, measure
from evals.play import play_all
from evals.run import ROOT, suite_cases

MET = (0.56, 0.6, 0.64, 0.68, 0.72, 0.76)
PARTLY = (0.4, 0.45, 0.5, 0.55)
MISCONCEPTION = (0.75, 0.8, 0.85, 0.9, 0.95)
FALSE_PASS_COST = 2.0
"""A point given for nothing is worse than one withheld: inflated grades are the loudest complaint."""


def calibrate_suite(name: str, *, coach: Coach, write: bool) -> str:
    """What the best thresholds are, and what they give on each split; written to the calibration file if asked."""
    cases = suite_cases(load_suite(ROOT / "suites" / f"{name}.yaml"), coach)
    tuning = [case for case in cases if case.split == "calibrate"]

    def merit(one: Calibration) -> float:
        return _merit(measured_on(tuning, coach, one))

    start = max((_with(met, partly, MISCONCEPTION[-1]) for met, partly in product(MET, PARTLY)), key=merit)
    best = max((_with(start.met, start.partly, value) for value in MISCONCEPTION), key=merit)
    on = {split: measured_on([case for case in cases if case.split == split], coach, best) for split in _SPLITS}
    figures = {
        "judge": VERSION,
        "suite": name,
        "chosen_on": datetime.now(UTC).date().isoformat(),
        "calibrate_agree": on["calibrate"].overall.agree,
        "calibrate_criteria": on["calibrate"].overall.criteria,
        "calibrate_cases": on["calibrate"].cases,
        "agree": on["test"].overall.agree,
        "criteria": on["test"].overall.criteria,
        "cases": on["test"].cases,
        "false_pass": round(on["test"].false_pass.share, 4),
        "kappa": round(on["test"].kappa, 4),
    }
    result = best.model_copy(update={"measured": figures})
    if write:
        written = yaml.safe_dump(result.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        head = "# Written by `python -m evals calibrate --write`; `agree` of `criteria` is on the test split.\n"
        coach.settings.calibration_file.write_text(head + written, encoding="utf-8")
    lines = [f"met {best.met}, partly {best.partly}, misconception {best.misconception}"]
    for split, got in on.items():
        lines.append(
            f"{split}: agreement {got.overall.agree}/{got.overall.criteria} = {got.overall.share:.1%}, "
            f"kappa {got.kappa:.2f}, false pass {got.false_pass.share:.1%}, false fail {got.false_fail.share:.1%}"
        )
    return "\n".join(lines)


_SPLITS: tuple[Split, ...] = ("calibrate", "test")


def _with(met: float, partly: float, misconception: float) -> Calibration:
    return Calibration(met=met, partly=partly, misconception=misconception, measured={})


def measured_on(cases: Sequence[Case], coach: Coach, calibration: Calibration) -> Measured:
    """The figures of the offline judge with these thresholds on these cases."""
    judge = OfflineJudge(coach.glossary, calibration)
    cards = {card.id: card for card in coach.cards}
    return measure(asyncio.run(play_all(cases, cards, judge, workers=1)))


def _merit(got: Measured) -> float:
    _, lost, invented = got.misconceptions
    return got.overall.agree - FALSE_PASS_COST * got.false_pass.agree - lost - 2 * invented
