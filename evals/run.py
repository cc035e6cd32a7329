"""Run a suite: every case through the interview, under each judge, kept as it is done, against the suite's floors."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from coach.errors import ContentError, Problem
from coach.wiring import Coach
from evals import attacks
from evals.cases import JUDGES, Case, JudgeName, Suite, load_cases, load_suite
from evals.figures import Measurement, floors_of, measure_run
from evals.judges import Bench, bench_of
from evals.junit import junit_xml, tested
from evals.play import Played, play_each
from evals.rows import Outcome, outcome
from evals.runs import (
    Run,
    Work,
    cases_fingerprint,
    chosen_folder,
    file_fingerprint,
    fingerprint,
    journal,
    new_info,
    stored,
)

ROOT = Path(__file__).resolve().parent
ATTACKED = ("smoke-1.jsonl", "smoke-2.jsonl", "smoke-3.jsonl", "breadth.jsonl")
"""Transcripts whose wrong answers are attacked."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a suite is run."""

    workers: int = 8
    """Cases at a time."""
    repeats: int = 1
    """Gradings of each answer, to see whether a live judge agrees with itself."""
    out: Path | None = None
    """Folder of runs; `runs` in the data folder unless set."""
    name: str | None = None
    """Name of the run, which goes on where one of that name exists; made of suite, judge and time unless set."""
    resume: Path | None = None
    """Folder of the run to go on with."""
    recording: Path | None = None
    """Recorded replies to replay."""
    record: Path | None = None
    """File that a live model's replies are added to."""


@dataclass(frozen=True)
class Result:
    """One judge on one suite."""

    folder: Path
    run: Run
    measured: Measurement
    broken: tuple[str, ...] | None
    """Floors that do not hold; empty when all do, None when the suite has none for this judge."""

    @property
    def fails(self) -> bool:
        """Whether the exit status must say so: a floor is broken, or a case could not be played."""
        return bool(self.broken) or bool(self.measured.failed)


def suite_cases(suite: Suite, coach: Coach) -> tuple[Case, ...]:
    """The cases of a suite, checked. Raises ContentError."""
    if coach.problems:
        raise ContentError(coach.problems)
    cards = {card.id: card for card in coach.cards}
    return load_cases([ROOT / "transcripts" / name for name in suite.transcripts], cards)


def made_cases(coach: Coach) -> dict[Path, str]:
    """The files of transcripts that are made by code, and what belongs in them. Raises ContentError."""
    cards = {card.id: card for card in coach.cards}
    folder = ROOT / "transcripts"
    made = {folder / attacks.ROBUSTNESS, folder / attacks.REFERENCES}
    labelled = load_cases([path for path in sorted(folder.glob("*.jsonl")) if path not in made], cards)
    sources = load_cases([folder / name for name in ATTACKED], cards)
    bench = attacks.Bench(
        cards=tuple(cards[name] for name in sorted(cards)),
        splits={case.card: case.split for case in labelled},
        bases=sources,
        pieces=attacks.load_pieces(ROOT / "attacks.yaml"),
    )
    return {
        folder / attacks.ROBUSTNESS: attacks.text_of(attacks.robustness(bench)),
        folder / attacks.REFERENCES: attacks.text_of(attacks.references(bench)),
    }


def judges_of(suite: Suite, wanted: Sequence[str]) -> tuple[JudgeName, ...]:
    """The judges to run: those asked for, else those the suite has floors for. Raises ContentError."""
    unknown = [name for name in wanted if name not in JUDGES]
    if unknown:
        raise ContentError((Problem("--judge", 0, f"there is no judge {unknown}; there are {', '.join(JUDGES)}"),))
    return tuple(name for name in JUDGES if name in (wanted or suite.floors))


def run_suite(
    name: str, *, coach: Coach, judges: Sequence[str] = (), options: Options | None = None
) -> tuple[Suite, tuple[Result, ...]]:
    """The suite and a result per judge; the judges it has floors for unless some are named. Raises ContentError."""
    suite = load_suite(ROOT / "suites" / f"{name}.yaml")
    chosen = judges_of(suite, judges)
    options = options or Options()
    if len(chosen) > 1 and (options.name or options.resume):
        known = ", ".join(chosen)
        raise ContentError((Problem(name, 0, f"would be run with {known}: choose one with --judge to name the run"),))
    cases = suite_cases(suite, coach)
    return suite, tuple(run_judge(suite, cases, coach=coach, judge=judge, options=options) for judge in chosen)


def run_judge(suite: Suite, cases: Sequence[Case], *, coach: Coach, judge: JudgeName, options: Options) -> Result:
    """What a judge of that name makes of a suite. Raises ContentError."""
    bench = bench_of(judge, cases, coach, recording=options.recording, record=options.record)
    return run_bench(suite, cases, bench, coach=coach, judge=judge, options=options)


def run_bench(
    suite: Suite, cases: Sequence[Case], bench: Bench, *, coach: Coach, judge: JudgeName, options: Options
) -> Result:
    """Every case that is not finished yet, played and kept, then the figures of the whole run. Raises ContentError."""
    cards = {card.id: card for card in coach.cards}
    work = Work(
        suite=suite.id,
        judge=judge,
        model=bench.model,
        method=bench.method,
        prompt=bench.prompt,
        recording=bench.recording,
        calibration=file_fingerprint(coach.settings.calibration_file),
        glossary=file_fingerprint(coach.settings.glossary_file),
        bank=fingerprint(cards[name].fingerprint for name in sorted({case.card for case in cases})),
        cases=cases_fingerprint(cases),
        repeats=options.repeats,
    )
    runs = options.out or coach.settings.data_dir / "runs"
    folder = chosen_folder(runs, f"{suite.id}-{judge}", name=options.name, resume=options.resume)
    every = [(repeat, case) for repeat in range(options.repeats) for case in cases]
    with journal(folder, new_info(folder.name, work, total=len(every)), Outcome) as (finished, add):
        left = [(repeat, case) for repeat, case in every if (case.id, repeat) not in finished]

        def keep(repeat: int, played: Played) -> None:
            add(outcome(played, cards[played.case.card], repeat=repeat))

        asyncio.run(play_each(left, cards, bench.judges, workers=options.workers, keep=keep))
    run = stored(folder)
    tests: list[Element] = []
    measured = measure_run(tested(run, tests))
    result = Result(folder, run, measured, floors_of(suite, measured, judge))
    (folder / "junit.xml").write_bytes(junit_xml(run, measured, result.broken, tests=tests))
    return result


def found_run(run: Path, coach: Coach) -> Path:
    """The folder of a run that is given as a folder or by its name. Raises ContentError."""
    if run.is_dir():
        return run
    runs = coach.settings.data_dir / "runs"
    if (runs / run).is_dir():
        return runs / run
    known = ", ".join(sorted((one.name for one in runs.glob("*") if one.is_dir()), reverse=True)[:5]) or "none"
    raise ContentError((Problem(str(run), 0, f"is no run, and none of that name is in {runs}; there are: {known}"),))
