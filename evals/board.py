"""What there is to run without a model, and which runs there are: what a list of them says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from pydantic import TypeAdapter, ValidationError

from coach.errors import ContentError, Problem
from evals.cases import JudgeName, Suite, load_suite
from evals.interviewer import SimulationWork, load_floors
from evals.retrieval import FOLDER as QUERIES
from evals.retrieval import SearchWork
from evals.runs import INFO, RESULTS, RunInfo, Work, new_folder

ROOT = Path(__file__).resolve().parent
OFFLINE: tuple[JudgeName, ...] = ("offline", "mock")
"""The judges that need no model and no recording."""
FIRST = ("smoke", "grading", "robustness", "bilingual", "breadth", "retrieval", "interviewer")
START_S = 4.0
EACH_S: Mapping[str, float] = {"retrieval": 0.035, "interviewer": 0.18}
CASE_S = 0.06
"""Seconds until a run is under way, and for each sample, on two cores: a first guess until a run was timed here."""
MOST_S = 6 * 3600.0
"""A run that seems to have taken longer was copied or touched since."""
JUNIT = "junit.xml"
AnyWork = Work | SearchWork | SimulationWork
_INFO: TypeAdapter[RunInfo[AnyWork]] = TypeAdapter(RunInfo[AnyWork])


@dataclass(frozen=True)
class Offer:
    """Something that can be run without a model."""

    id: str
    why: str
    judges: tuple[JudgeName, ...]
    """To choose from; empty where no judge is measured."""
    samples: int
    seconds: float
    """About how long it takes, from `START_S` and `EACH_S`."""


@dataclass(frozen=True)
class Past:
    """A run on disk, as far as a list says it."""

    name: str
    suite: str
    judge: str
    """Empty for a run of search."""
    model: str
    started: datetime
    done: int
    total: int
    repeats: int
    floors: Literal["kept", "broken", "none", "unknown"]
    """`none` where the suite has none for the judge, `unknown` until the run is complete."""
    seconds: float | None
    """How long it took; None unless it went through in one go."""

    @property
    def complete(self) -> bool:
        """Whether there is nothing left to do."""
        return self.done >= self.total

    @property
    def graded(self) -> bool:
        """Whether it measures a judge on labelled answers."""
        return self.suite not in EACH_S

    @property
    def resumes(self) -> bool:
        """Whether it can be gone on with from the page."""
        return not self.complete and (not self.graded or self.judge in OFFLINE)


def offers() -> tuple[Offer, ...]:
    """Every suite that ships, in the order to look at. Raises ContentError naming what is missing or wrong."""
    found = [
        Offer(
            suite.id,
            suite.why,
            tuple(one for one in OFFLINE if one in suite.floors),
            samples,
            guess_s(suite.id, samples),
        )
        for suite in suites().values()
        for samples in [sum(_lines(ROOT / "transcripts" / name) for name in suite.transcripts)]
    ]
    queries = sum(_lines(path) for path in sorted(QUERIES.glob("*.jsonl")))
    found.append(Offer("retrieval", "", (), queries, guess_s("retrieval", queries)))
    floors = load_floors()
    sessions = floors.sessions + floors.with_models
    found.append(Offer("interviewer", "", (), sessions, guess_s("interviewer", sessions)))
    return tuple(sorted(found, key=lambda one: (_place(one.id), one.id)))


def _place(suite: str) -> int:
    return FIRST.index(suite) if suite in FIRST else len(FIRST)


def guess_s(suite: str, samples: int) -> float:
    """About how many seconds so many samples of a suite take."""
    return START_S + samples * EACH_S.get(suite, CASE_S)


@lru_cache(maxsize=1)
def suites() -> Mapping[str, Suite]:
    """Every suite of judges, by its id. Raises ContentError."""
    found = [load_suite(path) for path in sorted((ROOT / "suites").glob("*.yaml"))]
    return {suite.id: suite for suite in found}


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(bool(line.strip()) for line in file)
    except OSError as error:
        raise ContentError((Problem(str(path), 0, f"cannot be read: {error}; install the evals anew"),)) from error


def past_runs(runs: Path, *, most: int = 200) -> tuple[tuple[Past, ...], tuple[str, ...]]:
    """The runs in a folder, newest first, at most so many; and the names of folders that hold a damaged one."""
    folders = [path.parent for path in runs.glob(f"*/{INFO}")]
    folders.sort(key=lambda one: (one / INFO).stat().st_mtime, reverse=True)
    found, damaged = [], []
    for folder in folders[:most]:
        try:
            found.append(past_run(folder))
        except ContentError:
            damaged.append(folder.name)
    return tuple(sorted(found, key=lambda one: one.started, reverse=True)), tuple(damaged)


def past_run(folder: Path) -> Past:
    """The run in a folder, its results counted but not read. Raises ContentError."""
    info, results, junit = _info(folder), folder / RESULTS, folder / JUNIT
    finished = junit.exists() and results.exists() and junit.stat().st_mtime >= results.stat().st_mtime
    work, took = info.work, junit.stat().st_mtime - info.started.timestamp() if finished else 0.0
    judge, model = _measured(work)
    return Past(
        folder.name,
        work.suite,
        judge,
        model,
        info.started,
        info.total if finished else min(_lines(results), info.total),
        info.total,
        work.repeats if isinstance(work, Work) else 1,
        _held(junit, work.suite, judge) if finished else "unknown",
        took if 0 < took < MOST_S and not info.resumed else None,
    )


def _measured(work: AnyWork) -> tuple[str, str]:
    """The judge and the model, as far as there are any."""
    if isinstance(work, Work):
        return work.judge, work.model
    return (work.judge, "") if isinstance(work, SimulationWork) else ("", work.embedder)


def _info(folder: Path) -> RunInfo[AnyWork]:
    path = folder / INFO
    try:
        return _INFO.validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise ContentError((Problem(str(path), 0, f"not a run: {error}"),)) from error


def _held(junit: Path, suite: str, judge: str) -> Literal["kept", "broken", "none", "unknown"]:
    """What the run itself found, without measuring it again."""
    try:
        _, root = next(ElementTree.iterparse(junit, ("start",)))
    except (OSError, ElementTree.ParseError, StopIteration):
        return "unknown"
    if root.get("failures") != "0" or root.get("errors") != "0":
        return "broken"
    known = suites().get(suite)
    return "none" if known is not None and judge not in known.floors else "kept"


def new_name(runs: Path, suite: str, judge: str) -> str:
    """A name for a run that no folder has yet."""
    return new_folder(runs, "-".join(filter(None, (suite, judge)))).name
