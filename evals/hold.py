"""Hold one interview with a simulated candidate, through the functions that the page and the terminal call."""

import contextlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal, cast, get_args

from coach.errors import ContentError, InterviewError, Problem, UnknownSession
from coach.grading.code import CodeTask, Sandbox
from coach.grading.critic import Critic
from coach.grading.grade import Judge
from coach.interview import session as interview
from coach.interview.follow import Wording
from coach.interview.rounds import OWN, plan_of
from coach.progress.export import report_markdown
from coach.schema import LANGS, Card, CardId, CodeRun, Event, FormatName, Lang, Mode, Plan, Session, State
from evals.attacks import Pieces
from evals.play import MemoryLog, parts
from evals.simulate import CANDIDATES, CRASHING, Act, Lines, Seat, Texts, act_of

FORMATS: tuple[FormatName, ...] = get_args(FormatName)
MODES: tuple[Mode, ...] = get_args(Mode)
Fault = Literal["leaky", "chatty", "two-questions", "wrong-language", "empty", "endless", "hanging", "failing", "sound"]
"""What a model does; *sound* does what it should."""
FAULTS: tuple[Fault, ...] = get_args(Fault)
MOST_STEPS = 150
"""A session that is not over by then goes round in circles."""
COMPANY = "amazon"
"""Whose loop is held."""
_START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Spec:
    """One session to be held; its id is all that is needed to hold it again."""

    candidate: str
    format: FormatName
    mode: Mode
    lang: Lang
    seed: int
    fault: Fault | None = None
    """What is wrong with the model that words follow-ups and criticises answers; None without a model."""

    @property
    def id(self) -> str:
        """Such as `partial.breadth.exam.zh.0`, with the fault of a model at its end."""
        return ".".join(
            (self.candidate, self.format, self.mode, self.lang, str(self.seed), *filter(None, (self.fault,)))
        )


def spec_of(name: str) -> Spec:
    """The session of that id. Raises ContentError."""
    pieces = name.split(".")
    known = (CANDIDATES, FORMATS, MODES, LANGS)
    right = len(pieces) in {5, 6} and all(piece in set(those) for piece, those in zip(pieces, known, strict=False))
    if not right or not pieces[4].isdigit() or pieces[5:] not in ([], *([fault] for fault in FAULTS)):
        told = "is no session: write CANDIDATE.FORMAT.MODE.LANG.SEED, such as partial.breadth.exam.zh.0"
        raise ContentError((Problem(name, 0, told),))
    fault = cast(Fault, pieces[5]) if pieces[5:] else None
    return Spec(
        pieces[0], cast(FormatName, pieces[1]), cast(Mode, pieces[2]), cast(Lang, pieces[3]), int(pieces[4]), fault
    )


@dataclass(frozen=True, kw_only=True)
class Room:
    """What all sessions are held with; the judge keeps what it worked out about each card."""

    cards: Mapping[CardId, Card]
    judge: Judge
    lines: Lines
    pieces: Pieces
    models: Mapping[Fault, tuple[Wording | None, Wording | None]]
    """Of each model: who words follow-ups, and who answers clarifying questions."""
    critics: Mapping[Fault, Critic]
    """Of each model: who criticises answers."""
    material: Texts
    """What candidates bring to rounds about their own work."""
    sandbox: Sandbox | None = None
    """Where their code is run in coding interviews; None where no code can be run."""


@dataclass(frozen=True)
class Step:
    """One thing the candidate did."""

    act: Act
    before: int
    """How many events there were."""
    refused: str | None
    """Why it was not possible."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A session that was held, with all that the checks look at."""

    spec: Spec
    cards: Mapping[CardId, Card]
    session: Session
    """The state in hand at the end."""
    events: tuple[Event, ...]
    """As stored."""
    steps: tuple[Step, ...]
    stuck: str | None
    """Why the interview could not go on; None when it ended."""
    strayed: str | None
    """Where the state in hand was not what was stored; None when it always was."""
    reports: Mapping[Lang, str]
    uncut: Session | None = None
    """The same session without crashes, where there were some and the candidate would have done the same."""
    runs_code: bool = False
    """Whether the candidate's code was run."""

    @cached_property
    def states(self) -> tuple[Session, ...]:
        """The session before each event but the first; `states[n]` is that before event n + 1."""
        return tuple(interview.fold(self.events[: at + 1]) for at in range(len(self.events)))


class Watch:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class Cut(BaseException):
    """The process dies here."""


class CutLog(MemoryLog):
    """A log whose process dies at two writes in five, before or after they are kept."""

    def __init__(self, seed: str) -> None:
        super().__init__()
        self._chance = random.Random(seed)

    def append(self, events: Sequence[Event], *, clear_draft: bool = False) -> None:
        """All events kept, or Conflict, or Cut."""
        draw = self._chance.random()
        if draw < 0.2:
            raise Cut
        super().append(events, clear_draft=clear_draft)
        if draw > 0.8:
            raise Cut


class Remembering:
    """A sandbox that runs the same code on the same task once."""

    def __init__(self, inner: Sandbox) -> None:
        self._inner = inner
        self._known: dict[tuple[CodeTask, str], CodeRun] = {}

    async def run(self, task: CodeTask, code: str) -> CodeRun:
        """The result of every check."""
        if (task, code) not in self._known:
            self._known[task, code] = await self._inner.run(task, code)
        return self._known[task, code]


def material(spec: Spec, texts: Texts) -> str:
    """What the candidate brings: something to one of two rounds about own work, nothing to any other."""
    of_own_work = spec.format in OWN or spec.format == "loop"
    if not of_own_work or (spec.mode == "exam") == bool((spec.seed + len(spec.candidate)) % 2):
        return ""
    return random.Random(f"material-{spec.seed}-{spec.candidate}").choice(texts[spec.lang])


def plan(spec: Spec, texts: Texts) -> Plan:
    """The plan that the person chose."""
    chosen: dict[str, object] = {
        "lang": spec.lang,
        "format": spec.format,
        "mode": spec.mode,
        "seed": spec.seed,
        "questions": 1
        if spec.format == "loop"
        else 4
        if spec.candidate == "perfect"
        else 3
        if spec.format == "depth"
        else 2,
        "company": COMPANY if spec.format == "loop" else None,
        "self_rate": spec.candidate in {"disputer", "wanderer"} or None,
        "material": material(spec, texts),
    }
    clock = {"silent": 1 + spec.seed % 2 * 2, "typing": 2, "late": 3, "pauser": 15, "wanderer": 9}.get(spec.candidate)
    if clock is not None:
        each = spec.candidate in {"silent", "typing"} and (spec.mode == "exam") == (spec.lang == "en")
        chosen["minutes_each" if each else "minutes"] = clock
    return plan_of(chosen)


def due(spec: Spec, cards: Mapping[CardId, Card]) -> tuple[CardId, ...]:
    """The cards to be reviewed: some of all."""
    return tuple(random.Random(f"due-{spec.seed}-{spec.candidate}").sample(sorted(cards), 5))


async def hold(room: Room, spec: Spec, *, crash: bool | None = None) -> Held:
    """The session, held to its end or until it goes no further. `crash` unset: as the candidate is."""
    crash = spec.candidate in CRASHING if crash is None else crash
    watch = Watch()
    log = CutLog(spec.id) if crash else MemoryLog()
    reviews = due(spec, room.cards)
    wording, clarifying = room.models[spec.fault] if spec.fault is not None else (None, None)
    desk = replace(
        parts(next(iter(room.cards.values())), room.judge, log),
        cards=room.cards,
        now=watch,
        new_id=lambda: spec.id,
        due=lambda _person: reviews if spec.format == "review" else (),
        wording=wording,
        clarifying=clarifying,
        critic=room.critics[spec.fault] if spec.fault is not None else None,
        sandbox=room.sandbox if spec.format == "coding" else None,
    )
    return await _held(room, spec, desk, watch, crash=crash)


async def _held(room: Room, spec: Spec, desk: interview.Interview, watch: Watch, *, crash: bool) -> Held:
    state = await _begun(desk, plan(spec, room.material))
    steps: list[Step] = []
    stuck = strayed = None
    while state.phase != "ended" and stuck is None:
        if len(steps) == MOST_STEPS:
            stuck = f"not over after {MOST_STEPS} steps"
            break
        card = room.cards[state.current.card]
        tries = next((at for at, one in enumerate(reversed(steps)) if one.before != state.next_seq), len(steps))
        seat = Seat(session=state, card=card, lines=room.lines, pieces=room.pieces, seed=spec.seed, tries=tries)
        act = act_of(spec.candidate, seat)
        watch.wait(act.wait_s)
        state, refused = await _done(desk, state, act)
        steps.append(Step(act, seat.session.next_seq, refused))
        if refused is not None and state.phase != "ended":
            way_on = Act(what="next" if state.phase == "graded" else "skip", wait_s=0)
            state, stuck = await _done(desk, state, way_on)
        stored = await interview.load(desk, spec.id)
        if stored != state and strayed is None and not crash:
            strayed = f"after step {len(steps)} ({act.what})"
        state = stored if crash else state
        if state.phase == "grading":
            stuck = "a grade is still owed"
    whole = spec.candidate == "crashing" and crash
    return Held(
        spec=spec,
        cards=room.cards,
        session=state,
        events=await _stored(desk, spec),
        steps=tuple(steps),
        stuck=stuck,
        strayed=strayed,
        reports={
            lang: report_markdown(state.model_copy(update={"lang": lang}), room.cards)
            for lang in (LANGS if state.rounds else ())
        },
        uncut=(await hold(room, spec, crash=False)).session if whole else None,
        runs_code=desk.sandbox is not None,
    )


async def _stored(desk: interview.Interview, spec: Spec) -> tuple[Event, ...]:
    found: tuple[Event, ...] = await desk.aside(desk.log.events, spec.id)
    return found


async def _begun(desk: interview.Interview, chosen: Plan) -> Session:
    while True:
        try:
            return await interview.start(desk, chosen)
        except Cut:
            with contextlib.suppress(UnknownSession):
                return await interview.load(desk, desk.new_id())


async def _done(desk: interview.Interview, state: Session, act: Act) -> tuple[Session, str | None]:
    """The session after an act and after everything owed was done, and why the act was not possible."""
    refused = None
    try:
        state = await _do(desk, state, act)
    except InterviewError as error:
        refused = str(error)
    except Cut:
        state = await interview.load(desk, state.id)
    while True:
        try:
            return await interview.advance(desk, state), refused
        except Cut:
            state = await interview.load(desk, state.id)


async def _do(desk: interview.Interview, state: Session, act: Act) -> Session:
    match act.what:
        case "say":
            return await interview.hear(desk, state, act.text)
        case "hint":
            return await interview.hint(desk, state)
        case "skip":
            return await interview.skip(desk, state)
        case "next":
            return await interview.next_question(desk, state)
        case "again":
            return await interview.retract(desk, state)
        case "pause":
            return await interview.pause(desk, state)
        case "resume":
            return await interview.resume(desk, state)
        case "rate":
            return await interview.rate(desk, state, act.value)
        case "dispute":
            return await _dispute(desk, state, act)
        case "regrade":
            return await interview.regrade(desk, state)
        case "wait":
            return await interview.expire(desk, state, act.text)
        case "report":
            report_markdown(state, desk.cards)
            return state
        case "end":
            return await interview.end(desk, state)


async def _dispute(desk: interview.Interview, state: Session, act: Act) -> Session:
    criteria = desk.cards[state.current.card].criteria
    name = criteria[act.value % len(criteria)].id
    grade = state.current.grade
    now = next((one.state for one in grade.verdicts if one.criterion == name), None) if grade is not None else None
    deserved: State = "missed" if now == "met" else "met"
    return await interview.dispute(
        desk, state, question=len(state.rounds) - 1, criterion=name, state=deserved, reason=act.text
    )
