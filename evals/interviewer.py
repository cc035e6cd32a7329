"""Measure the interviewer: simulated candidates in every format, and what must hold of each of their interviews."""

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from coach.bank.glossary import Glossary
from coach.errors import ContentError, Problem
from coach.grading.code import Sandbox
from coach.grading.grade import Judge
from coach.schema import LANGS, Card, CardId, FormatName, Graded, Lang, Mode, Record, Slug
from coach.wiring import Coach
from evals.attacks import load_pieces
from evals.checks import CHECKS, broken, lines_of
from evals.hold import FAULTS, FORMATS, MODES, Fault, Held, Remembering, Room, Spec, hold, spec_of
from evals.misbehave import critics, misbehaving
from evals.runs import RESULTS, Results, begun_work, file_fingerprint, fingerprint, journal, new_info
from evals.simulate import CANDIDATES, Lines

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / "interviewer"
WITH_MODELS = ("hostile", "asker", "switcher", "one-liner")
"""The candidates who meet models that misbehave; the first makes no point at all, so that there is all to give away."""
PROBED: tuple[FormatName, ...] = ("breadth", "phone", "depth", "coding", "problem", "behavioural")
WORDS = (FOLDER / "lines.yaml", FOLDER / "material.yaml", ROOT / "attacks.yaml")
"""What the candidates say and bring."""

_MATERIAL: TypeAdapter[dict[Lang, tuple[str, ...]]] = TypeAdapter(dict[Lang, tuple[str, ...]])


class Floors(Record):
    """`interviewer/floors.yaml`: what must hold beside every check of every session."""

    perfect: Annotated[float, Field(ge=0, le=1)]
    """Least share of the points that the perfect candidate gets, in each of `perfect_formats`."""
    perfect_formats: tuple[FormatName, ...]
    """Those without personal stories."""
    zero: tuple[str, ...]
    """Candidates that must get exactly 0."""
    sessions: int
    """So many are held unless another number is asked for."""
    with_models: int
    """And so many more with models that misbehave."""


class Question(Record):
    """What came of one question."""

    card: CardId
    points: float
    of: float
    graded: bool
    missed: tuple[Slug, ...]
    """Criteria that are not met, and misconceptions that were heard."""


class SessionResult(Record):
    """A line of `results.jsonl`: one session that was held."""

    id: str
    candidate: str
    format: FormatName
    mode: Mode
    lang: Lang
    seed: int
    fault: Fault | None
    steps: int
    refused: int
    """Acts that were not possible where they were tried."""
    events: int
    questions: tuple[Question, ...]
    broken: dict[str, str]
    """What does not hold, by the check that says so."""
    seconds: float
    brought: bool = False
    """Whether the candidate brought something about own work."""
    ran_code: bool = False
    """Whether code of the candidate's was run."""

    @property
    def key(self) -> str:
        """Used by no other session of the run."""
        return self.id

    @property
    def points(self) -> float:
        """Over all questions; one that was skipped has none."""
        return sum(one.points for one in self.questions)

    @property
    def of(self) -> float:
        """The most there were to get."""
        return sum(one.of for one in self.questions)


@dataclass(frozen=True)
class Simulated:
    """A run of the interviewer suite."""

    results: tuple[SessionResult, ...]
    seed: int
    broken: tuple[str, ...]
    """Floors that do not hold."""

    @property
    def seconds(self) -> float:
        """That all its sessions took."""
        return sum(one.seconds for one in self.results)


class SimulationWork(Record):
    """What a run of simulated candidates measures. A run may only go on with the very same."""

    suite: Literal["interviewer"] = "interviewer"
    judge: str
    seed: int
    sessions: int
    """Those without a model."""
    runs_code: bool
    """Whether the candidates' code is run."""
    calibration: str
    """Fingerprints, here and below, as of other runs."""
    glossary: str
    bank: str
    cases: str
    """Of the sessions, and of all that candidates say and bring."""


def load_floors() -> Floors:
    """The floors that ship."""
    return Floors.model_validate(yaml.safe_load((FOLDER / "floors.yaml").read_text(encoding="utf-8")))


def room_of(coach: Coach) -> Room:
    """All that sessions are held with. Raises ContentError when a file is wrong."""
    if coach.problems:
        raise ContentError(coach.problems)
    cards, prompts = {card.id: card for card in coach.cards}, coach.settings.prompts_dir
    sandbox = Remembering(coach.sandbox) if coach.sandbox.refusal is None else None
    return made_room(cards, coach.offline_judge, prompts, glossary=coach.glossary, sandbox=sandbox)


def made_room(
    cards: Mapping[CardId, Card], judge: Judge, prompts: Path, *, glossary: Glossary, sandbox: Sandbox | None = None
) -> Room:
    """The same from its parts. Raises ContentError when a file is wrong."""
    path = FOLDER / "lines.yaml"
    try:
        lines = Lines.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        path = FOLDER / "material.yaml"
        brought = _MATERIAL.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ContentError((Problem(str(path), 0, f"not what the candidates say or bring: {error}"),)) from error
    return Room(
        cards=cards,
        judge=judge,
        lines=lines,
        pieces=load_pieces(ROOT / "attacks.yaml"),
        models=misbehaving(cards, prompts),
        critics=critics(prompts, glossary),
        material=brought,
        sandbox=sandbox,
    )


def specs(seed: int, sessions: int, with_models: int) -> tuple[Spec, ...]:
    """The sessions of a run, mixed: every candidate in every format, in one language as practice, in the other as exam.

    Another seed, and every further round of them, changes which language, cards and words it is.
    """
    found: list[Spec] = []
    turn = seed
    while len(found) < sessions:
        whole = [
            Spec(candidate, form, mode, LANGS[(number + at + which + turn) % 2], turn)
            for number, candidate in enumerate(CANDIDATES)
            for at, form in enumerate(FORMATS)
            for which, mode in enumerate(MODES)
        ]
        random.Random(turn).shuffle(whole)
        found += whole
        turn += 1
    faulty = [
        Spec(
            WITH_MODELS[(number + at) % len(WITH_MODELS)],
            form,
            MODES[(number // 2 + at) % 2],
            LANGS[(number + at // 2) % 2],
            seed + more,
            fault,
        )
        for more in range(1 + with_models // (len(FAULTS) * len(PROBED)))
        for number, fault in enumerate(FAULTS)
        for at, form in enumerate(PROBED)
    ]
    return (*found[:sessions], *faulty[:with_models])


def run_simulation(coach: Coach, folder: Path, *, seed: int | None = None, sessions: int | None = None) -> Simulated:
    """Every session that is not finished yet, held, checked and kept, one after another, then the floors of all.

    Seed and number of sessions are those of the run in `folder` unless others are asked for. Raises ContentError when a
    file is wrong, and when `folder` holds a run of something else.
    """
    from evals.junit import floors_xml

    floors, begun = load_floors(), begun_work(folder)
    seed = begun.get("seed", 0) if seed is None else seed
    count = begun.get("sessions", floors.sessions) if sessions is None else sessions
    every = specs(seed, count, max(floors.with_models * count // floors.sessions, 1))
    room = room_of(coach)
    work = SimulationWork(
        judge=coach.offline_judge.info.name,
        seed=seed,
        sessions=count,
        runs_code=room.sandbox is not None,
        calibration=file_fingerprint(coach.settings.calibration_file),
        glossary=file_fingerprint(coach.settings.glossary_file),
        bank=fingerprint(card.fingerprint for card in coach.cards),
        cases=fingerprint([*(spec.id for spec in every), *map(file_fingerprint, WORDS)]),
    )
    info = new_info(folder.name, work, total=len(every))
    with journal(folder, info, SessionResult, unit="interview") as (finished, add):
        asyncio.run(_hold_each(room, [spec for spec in every if spec.id not in finished], add))
    results = tuple(Results.at(folder / RESULTS, SessionResult))
    ran = Simulated(results, seed, broken_floors(results, floors))
    (folder / "junit.xml").write_bytes(floors_xml("interviewer", ran.broken))
    return ran


async def _hold_each(room: Room, left: Sequence[Spec], add: Callable[[SessionResult], None]) -> None:
    for spec in left:
        began = time.perf_counter()
        add(result_of(await hold(room, spec), began))


def result_of(held: Held, began: float) -> SessionResult:
    """The line of results for a session that was held since `began`."""
    spec = held.spec
    return SessionResult(
        id=spec.id,
        candidate=spec.candidate,
        format=spec.format,
        mode=spec.mode,
        lang=spec.lang,
        seed=spec.seed,
        fault=spec.fault,
        steps=len(held.steps),
        refused=sum(step.refused is not None for step in held.steps),
        events=len(held.events),
        questions=_questions(held),
        broken=broken(held),
        seconds=round(time.perf_counter() - began, 4),
        brought=bool(held.session.plan.material),
        ran_code=any(isinstance(event.body, Graded) and event.body.grade.code is not None for event in held.events),
    )


def _questions(held: Held) -> tuple[Question, ...]:
    found = []
    for one in held.session.rounds:
        grade, card = one.grade, held.cards[one.card]
        if grade is None or grade.score is None:
            found.append(Question(card=one.card, points=0, of=card.points, graded=False, missed=()))
            continue
        missed = [verdict.criterion for verdict in grade.verdicts if verdict.state != "met"]
        missed += [stated.misconception for stated in grade.misconceptions]
        score = grade.score
        found.append(Question(card=one.card, points=score.points, of=score.of, graded=True, missed=tuple(missed)))
    return tuple(found)


def share(results: Sequence[SessionResult]) -> float | None:
    """Points over all points; None without a question."""
    of = sum(one.of for one in results)
    return sum(one.points for one in results) / of if of else None


def perfect_by_format(results: Sequence[SessionResult]) -> dict[FormatName, tuple[SessionResult, ...]]:
    """The perfect candidate's sessions in each format."""
    mine = [one for one in results if one.candidate == "perfect" and one.fault is None]
    return {form: found for form in FORMATS if (found := tuple(one for one in mine if one.format == form))}


def broken_floors(results: Sequence[SessionResult], floors: Floors) -> tuple[str, ...]:
    """One line for each floor that does not hold."""
    found: list[str] = []
    for name, ids in failing(results).items():
        told = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
        found.append(f"{name}: broken in {len(ids)} of {len(results)} sessions: {told}")
    for form, mine in perfect_by_format(results).items():
        got = share(mine)
        if form in floors.perfect_formats and (got is None or got < floors.perfect):
            told = "no points" if got is None else f"{got:.3f}"
            found.append(f"perfect candidate in {form}: {told}, the floor is at least {floors.perfect:.3f}")
    for name in floors.zero:
        earning = [one.id for one in results if one.candidate == name and one.points != 0]
        if earning:
            found.append(f"{name}: {len(earning)} sessions with points, the floor is none: {', '.join(earning[:5])}")
    return tuple(found)


def failing(results: Sequence[SessionResult]) -> Mapping[str, tuple[str, ...]]:
    """The ids of the sessions that break a check, by check; only checks that are broken."""
    found = {name: tuple(one.id for one in results if name in one.broken) for name in CHECKS}
    return {name: ids for name, ids in found.items() if ids}


def replayed(coach: Coach, name: str) -> tuple[str, bool]:
    """The session of that id as a transcript with what does not hold, and whether all holds. Raises ContentError."""
    held = asyncio.run(hold(room_of(coach), spec_of(name)))
    result = result_of(held, time.perf_counter())
    lines = [f"{name}: {result.events} events, {result.steps} steps, {result.points:g} of {result.of:g} points", ""]
    said = {line.at: line.text for line in lines_of(held.events)}
    for event in held.events:
        body = event.body
        heard = getattr(body, "said", "") or (body.text if body.kind == "answered" else "")
        lines.append(f"{event.seq:>4}  {event.at:%H:%M:%S}  {body.kind}")
        lines += [f"      candidate    {' '.join(heard.split()):.400}"] if heard else []
        lines += [f"      interviewer  {' '.join(said[event.seq].split()):.400}"] if event.seq in said else []
    lines += [
        "",
        *(
            f"step {at}: {one.act.what} was refused: {one.refused}"
            for at, one in enumerate(held.steps, 1)
            if one.refused
        ),
    ]
    lines += [f"BROKEN {check}: {fault}" for check, fault in result.broken.items()] or ["every check holds"]
    return "\n".join(lines), not result.broken


def simulation_report(run: Simulated) -> str:
    """What a run of simulated candidates prints."""
    plain = [one for one in run.results if one.fault is None]
    faulty = [one for one in run.results if one.fault is not None]
    lines = [
        f"{len(plain)} interviews with {len({one.candidate for one in plain})} simulated candidates, and {len(faulty)} "
        f"with models that misbehave; seed {run.seed}, {run.seconds:.1f} s",
        "",
        f"{'candidate':<20}{'sessions':>9}{'broken':>8}{'share':>8}{'questions':>11}{'refused':>9}{'ms each':>9}",
    ]
    for name in CANDIDATES:
        lines += _row(name, [one for one in plain if one.candidate == name])
    lines += ["", f"{'model':<20}{'sessions':>9}{'broken':>8}{'share':>8}{'questions':>11}{'refused':>9}{'ms each':>9}"]
    for fault in FAULTS:
        lines += _row(fault, [one for one in faulty if one.fault == fault])
    lines += ["", f"{'check':<20}{'sessions':>9}{'broken':>8}"]
    failed = failing(run.results)
    lines += [f"{name:<20}{_looked_at(name, run.results):>9}{len(failed.get(name, ())):>8}" for name in CHECKS]
    lines += ["", f"{'perfect candidate':<20}{'sessions':>9}{'questions':>11}{'share':>8}"]
    perfect = perfect_by_format(run.results)
    for form, mine in perfect.items():
        lines.append(f"{form:<20}{len(mine):>9}{sum(len(one.questions) for one in mine):>11}{_percent(share(mine)):>8}")
    weak = {
        one.card: one for mine in perfect.values() for each in mine for one in each.questions if one.points < one.of
    }
    lines += [f"  {one.card}: {one.points:g} of {one.of:g}, not met: {', '.join(one.missed)}" for one in weak.values()]
    for name, ids in failed.items():
        told = {one.id: one.broken[name] for one in run.results if name in one.broken}
        lines += ["", f"{name}: {len(ids)} broken", *(f"  {each}: {fault}" for each, fault in list(told.items())[:5])]
        lines.append(f"  replay: python -m evals run interviewer --only {ids[0]}")
    lines += ["", *(f"BROKEN {line}" for line in run.broken)] if run.broken else ["", "floors hold"]
    return "\n".join(lines)


def _row(name: str, mine: Sequence[SessionResult]) -> list[str]:
    if not mine:
        return []
    wrong, asked = sum(bool(one.broken) for one in mine), sum(len(one.questions) for one in mine)
    refused, each = sum(one.refused for one in mine), sum(one.seconds for one in mine) / len(mine)
    return [f"{name:<20}{len(mine):>9}{wrong:>8}{_percent(share(mine)):>8}{asked:>9}{refused:>9}{1000 * each:>9.0f}"]


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _looked_at(name: str, results: Sequence[SessionResult]) -> int:
    """How many of the sessions a check has anything to look at in."""
    narrow: Mapping[str, Callable[[SessionResult], bool]] = {
        "exam-silent": lambda one: one.mode == "exam",
        "crash": lambda one: one.candidate == "crashing",
        "fallback": lambda one: one.fault is not None,
        "critique": lambda one: one.fault is not None and one.mode == "practice",
        "own-work": lambda one: one.brought,
        "code-run": lambda one: one.ran_code,
    }
    return sum(map(narrow.get(name, lambda one: True), results))
