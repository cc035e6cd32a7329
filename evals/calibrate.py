"""Labelled answers -> the offline judge's model and thresholds; the choice looks at the calibrate split only."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from coach.errors import ContentError, Problem
from coach.grading.offline import LEAST, LEAST_PARTLY, VERSION, Calibration, OfflineJudge, Part
from coach.grading.signals import NAMES, Found
from coach.schema import Card
from coach.wiring import Coach
from evals.cases import Split, load_suite
from evals.measure import Measured, measure
from evals.play import Played, play_all
from evals.rows import kind as kind_of
from evals.run import ROOT, suite_cases

FOLDS = 8
PENALTY = 0.3
"""Inverse strength of the L2 penalty (scikit-learn's C) on standardised signals."""
ATTACK_WEIGHT = 0.25
"""What a verdict on an attacked answer counts for in the fit; thresholds are chosen on what people say alone."""
MOST_FALSE_PASS = 0.05
"""A point given for nothing is worse than one withheld: inflated grades are the loudest complaint."""
MET = tuple(round(0.3 + 0.02 * step, 2) for step in range(31))
PARTLY = tuple(round(0.2 + 0.02 * step, 2) for step in range(36))
OPPOSED = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
STATED = tuple(round(0.3 + 0.05 * step, 2) for step in range(14))
INVENTED_COST = 2.0
"""A misconception that was not stated, held against the candidate, is worse than one overlooked."""
Numbers = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Sample:
    """One criterion of one labelled answer."""

    card: str
    kind: str
    label: str
    found: Found
    weight: float


@dataclass(frozen=True)
class Statement:
    """One listed misconception against one labelled answer."""

    card: str
    stated: bool
    found: Found


def calibrate_suite(names: Sequence[str], *, coach: Coach, write: bool) -> str:
    """What the model and thresholds are, and what they give on each split; written to the calibration file if asked."""
    cases = [case for name in names for case in suite_cases(load_suite(ROOT / "suites" / f"{name}.yaml"), coach)]
    cards = {card.id: card for card in coach.cards}
    neutral = OfflineJudge(coach.glossary, _neutral(), embed=coach.meanings)
    tuning = [case for case in cases if case.split == "calibrate"]
    played = asyncio.run(play_all(tuning, cards, neutral, workers=1))
    samples, statements = _samples(played, cards, neutral)
    chosen = _choose(samples, statements)
    judge = OfflineJudge(coach.glossary, chosen, embed=coach.meanings)
    people = [case for case in cases if case.attack is None]
    on = {
        split: measure(asyncio.run(play_all([case for case in people if case.split == split], cards, judge, workers=1)))
        for split in _SPLITS
    }
    result = chosen.model_copy(update={"measured": _figures(names, samples, on), "embedder": coach.settings.embedder})
    if write:
        written = yaml.safe_dump(result.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        head = "# Written by `python -m evals calibrate --write`; `agree` of `criteria` is on the test split.\n"
        coach.settings.calibration_file.write_text(head + written, encoding="utf-8")
    lines = [
        f"chosen on {len(samples)} verdicts of {len(tuning)} answers: met {result.met}, partly {result.partly}, "
        f"opposed {result.opposed}, stated {result.stated}"
    ]
    for split, got in on.items():
        lines.append(
            f"{split}: agreement {got.overall.agree}/{got.overall.criteria} = {got.overall.share:.1%}, "
            f"kappa {got.kappa:.2f}, false pass {got.false_pass.share:.1%}, false fail {got.false_fail.share:.1%}"
        )
    return "\n".join(lines)


_SPLITS: tuple[Split, ...] = ("calibrate", "test")


def _neutral() -> Calibration:
    """A calibration that believes nothing, to hear with before there is a model."""
    silent = {"bias": 0.0, **dict.fromkeys(NAMES, 0.0)}
    return Calibration(
        met=1.0,
        partly=1.0,
        opposed=1.1,
        stated=1.0,
        verbatim=0.0,
        model={"met": silent, "partly": silent, "stated": silent},
        measured={},
    )


def _samples(
    played: Sequence[Played], cards: Mapping[str, Card], judge: OfflineJudge
) -> tuple[list[Sample], list[Statement]]:
    samples: list[Sample] = []
    statements: list[Statement] = []
    for one in played:
        case, current = one.case, one.session.current
        if one.failed is not None or not current.answers:
            continue
        card = cards[case.card]
        found, _ = judge.listen(card, current.utterances, current.interviewer)
        weight = 1.0 if case.attack is None else ATTACK_WEIGHT
        samples += [
            Sample(case.card, kind_of(label), label, found[name], weight) for name, label in case.labels.items()
        ]
        for misconception in card.misconceptions if case.attack is None else ():
            heard = found[f"?{misconception.id}"]
            statements.append(Statement(case.card, misconception.id in case.misconceptions, heard))
    return samples, statements


def _choose(samples: Sequence[Sample], statements: Sequence[Statement]) -> Calibration:
    signals, kinds, groups = _table([(one.found, one.kind, one.card) for one in samples])
    weights = np.array([one.weight for one in samples])
    verbatim = _verbatim(samples)
    likely = _out_of_fold(samples, verbatim, signals, kinds, groups, weights)
    share = np.array([one.found.said.coverage if one.found.said is not None else 0.0 for one in samples])
    likely[share < LEAST] = 0.0
    people = weights == 1.0
    met, partly = _thresholds(likely[people], share[people], kinds[people])
    stated, model = _stated(statements)
    return Calibration(
        met=met,
        partly=partly,
        opposed=_opposed([one for one in samples if one.weight == 1.0], likely[people], partly),
        stated=stated,
        verbatim=verbatim,
        model={**_fit(signals, kinds, weights, ("met", "partly")), "stated": model},
        measured={},
    )


def _model() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        why = "needs scikit-learn: pip install -r requirements-dev.txt"
        raise ContentError((Problem("evals calibrate", 0, why),)) from error
    return LogisticRegression(C=PENALTY, max_iter=5000)


def _table(rows: Sequence[tuple[Found, str, str]]) -> tuple[Numbers, Names, Names]:
    """Signals, kinds and cards as arrays, one row each."""
    signals = np.array([found.signals for found, _, _ in rows], dtype=np.float64)
    return signals, np.array([kind for _, kind, _ in rows]), np.array([card for _, _, card in rows])


def _fit(signals: Numbers, kinds: Names, weights: Numbers, wanted: Sequence[Part]) -> dict[Part, dict[str, float]]:
    """Weights on the signals as they are, relative to *none*."""
    mean, spread = signals.mean(axis=0), np.maximum(signals.std(axis=0), 1e-6)
    model = _model().fit((signals - mean) / spread, kinds, sample_weight=weights)
    classes = model.classes_.tolist()
    if len(classes) == 2:
        model.coef_ = np.vstack([-model.coef_, model.coef_]) / 2
        model.intercept_ = np.concatenate([-model.intercept_, model.intercept_]) / 2
    rows = {kind: (model.coef_[at] / spread, model.intercept_[at]) for at, kind in enumerate(classes)}
    found: dict[Part, dict[str, float]] = {}
    for kind in wanted:
        slopes = rows[kind][0] - rows["none"][0]
        bias = rows[kind][1] - rows["none"][1] - float(slopes @ mean)
        named = {name: round(float(slope), 4) for name, slope in zip(NAMES, slopes, strict=True)}
        found[kind] = {"bias": round(float(bias), 4), **named}
    return found


def _verbatim(samples: Sequence[Sample]) -> float:
    """Share of *met* among what people said in a card's own words."""
    kinds = [one.kind for one in samples if one.found.verbatim and one.weight == 1.0]
    return round(kinds.count("met") / max(len(kinds), 1), 4)


def _out_of_fold(
    samples: Sequence[Sample], verbatim: float, signals: Numbers, kinds: Names, groups: Names, weights: Numbers
) -> Numbers:
    """Shape (samples, 2): likelihood of met and partly, each from a model that saw no answer to the same card."""
    found = np.zeros((len(kinds), 2))
    for held in _folds(groups):
        model = _fit(signals[~held], kinds[~held], weights[~held], ("met", "partly"))
        one = _neutral().model_copy(update={"model": model, "verbatim": verbatim})
        for at in np.flatnonzero(held).tolist():
            likelihood = one.likelihood(samples[at].found)
            found[at] = likelihood.met, likelihood.partly
    return found


def _folds(groups: Names) -> Iterator[npt.NDArray[np.bool_]]:
    names = sorted(set(groups.tolist()))
    for fold in range(FOLDS):
        yield np.isin(groups, names[fold::FOLDS])


def _thresholds(likely: Numbers, share: Numbers, kinds: Names) -> tuple[float, float]:
    """The best of the thresholds that give few points for nothing.

    Macro F1 over met, partly and none, and agreement, count alike: few labels are *partly*, and macro F1 alone would
    call half of everything so.
    """
    best, chosen, half = -1.0, (1.0, 1.0), share >= LEAST_PARTLY
    for met, partly in product(MET, PARTLY):
        said = np.where(likely[:, 0] >= met, "met", np.where(half & (likely.sum(axis=1) >= partly), "partly", "none"))
        if (said[kinds == "none"] == "met").mean() > MOST_FALSE_PASS:
            continue
        macro_f1 = float(np.mean([_f1(kinds == kind, said == kind) for kind in ("met", "partly", "none")]))
        merit = macro_f1 + float((said == kinds).mean())
        if merit > best:
            best, chosen = merit, (met, partly)
    return chosen


def _f1(wanted: npt.NDArray[np.bool_], given: npt.NDArray[np.bool_]) -> float:
    both = float((wanted & given).sum())
    return 2 * both / max(float(wanted.sum() + given.sum()), 1.0)


def _opposed(samples: Sequence[Sample], likely: Numbers, partly: float) -> float:
    """Where calling a point that is not met contradicted agrees with most labels."""
    rest = [sample for sample, one in zip(samples, likely, strict=True) if one.sum() < partly]

    def merit(least: float) -> int:
        return sum(
            (sample.label == "contradicted")
            == (sample.found.denied is not None and sample.found.denied.coverage >= least)
            for sample in rest
        )

    return max(OPPOSED, key=merit)


def _stated(statements: Sequence[Statement]) -> tuple[float, Mapping[str, float]]:
    """The threshold and the weights for misconceptions; the threshold is chosen on cards that the weights never saw."""
    rows = [(one.found, "stated" if one.stated else "none", one.card) for one in statements]
    signals, kinds, groups = _table(rows)
    likely, weights = np.zeros(len(kinds)), np.ones(len(kinds))
    for held in _folds(groups):
        one = _neutral().model_copy(update={"model": _fit(signals[~held], kinds[~held], weights[~held], ("stated",))})
        likely[held] = [one.likely_stated(statements[at].found) for at in np.flatnonzero(held).tolist()]

    def merit(least: float) -> float:
        return float(
            (kinds[likely >= least] == "stated").sum() - INVENTED_COST * (kinds[likely >= least] == "none").sum()
        )

    return max(STATED, key=merit), _fit(signals, kinds, weights, ("stated",))["stated"]


def _figures(names: Sequence[str], samples: Sequence[Sample], on: Mapping[Split, Measured]) -> dict[str, Any]:
    return {
        "judge": VERSION,
        "suites": " ".join(names),
        "chosen_on": datetime.now(UTC).date().isoformat(),
        "fitted_on": len(samples),
        "calibrate_agree": on["calibrate"].overall.agree,
        "calibrate_criteria": on["calibrate"].overall.criteria,
        "calibrate_cases": on["calibrate"].cases,
        "agree": on["test"].overall.agree,
        "criteria": on["test"].overall.criteria,
        "cases": on["test"].cases,
        "false_pass": round(on["test"].false_pass.share, 4),
        "kappa": round(on["test"].kappa, 4),
    }
