"""The candidates are what they say, and every check of their interviews can fail."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from coach.bank.glossary import Glossary
from coach.errors import ContentError
from coach.grading.code import CodeTask
from coach.grading.offline import Calibration, OfflineJudge
from coach.interview import session as interview
from coach.schema import (
    LANGS,
    Answered,
    Aside,
    Asked,
    Body,
    Card,
    CodeRun,
    Critique,
    Critiqued,
    Event,
    Graded,
    Hinted,
    NotGraded,
    Opinion,
    Probed,
    Utterance,
)
from coach.wiring import Coach
from evals.board import past_run
from evals.checks import CHECKS, _about_own_work, broken, used_s
from evals.hold import FAULTS, FORMATS, MODES, Held, Remembering, Room, hold, spec_of
from evals.interviewer import (
    Floors,
    Simulated,
    broken_floors,
    failing,
    load_floors,
    made_room,
    result_of,
    run_simulation,
    share,
    simulation_report,
    specs,
)
from evals.retrieval import run_retrieval
from evals.runs import RESULTS
from evals.simulate import CANDIDATES
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def room(cards: dict[str, Card], offline: OfflineJudge, glossary: Glossary) -> Room:
    return made_room(cards, offline, ROOT / "prompts", glossary=glossary)


def held_by(room: Room, name: str) -> Held:
    return asyncio.run(hold(room, spec_of(name)))


@pytest.fixture(scope="module")
def breadth(room: Room) -> Held:
    """A practice interview in English with answers, follow-ups and grades."""
    return held_by(room, "rambling.breadth.practice.en.0")


@pytest.fixture(scope="module")
def exam(room: Room) -> Held:
    return held_by(room, "rambling.breadth.exam.en.0")


def with_bodies(held: Held, bodies: Sequence[Body]) -> Held:
    """The same session with other events, and the state they give."""
    start = held.events[0].at
    events = tuple(
        Event(session=held.session.id, seq=at, at=start + timedelta(seconds=20 * at), body=body)
        for at, body in enumerate(bodies)
    )
    return replace(held, events=events, session=interview.fold(events))


def bodies(held: Held) -> list[Body]:
    return [event.body for event in held.events]


def before_first(held: Held, kind: type, *new: Body) -> Held:
    at = next(number for number, body in enumerate(bodies(held)) if isinstance(body, kind))
    return with_bodies(held, [*bodies(held)[:at], *new, *bodies(held)[at:]])


def for_first(held: Held, kind: type, change: dict[str, object]) -> Held:
    at = next(number for number, body in enumerate(bodies(held)) if isinstance(body, kind))
    changed = bodies(held)[at].model_copy(update=change)
    return with_bodies(held, [*bodies(held)[:at], changed, *bodies(held)[at + 1 :]])


def aside(reply: str) -> Aside:
    return Aside(what="clarify", said="?", reply=reply)


def leaking(held: Held) -> Held:
    at = next(number for number, body in enumerate(bodies(held)) if isinstance(body, Probed))
    card = held.cards[held.states[at - 1].current.card]
    says = card.criterion(bodies(held)[at].criterion).says.en  # type: ignore[union-attr]
    return for_first(held, Probed, {"text": f"Is it that {says}?", "wording": "model"})


def twice(held: Held) -> Held:
    return replace(held, session=held.session.model_copy(update={"rounds": held.session.rounds * 2}))


def probed_again(held: Held) -> Held:
    one = next(one for one in held.session.rounds if one.probes)
    again = one.model_copy(update={"said": (*one.said, one.probes[0])})
    return replace(held, session=held.session.model_copy(update={"rounds": (again,)}))


def too_late(held: Held) -> Held:
    plan = held.session.plan.model_copy(update={"minutes": 0.5})
    start = bodies(held)[0].model_copy(update={"plan": plan})
    return with_bodies(held, [start, *bodies(held)[1:]])


def unscored(held: Held) -> Held:
    grade = next(body.grade for body in bodies(held) if isinstance(body, Graded))
    failed = grade.model_copy(update={"score": None, "not_graded": NotGraded(code="timeout", message="late")})
    return for_first(held, Graded, {"grade": failed})


def other_than(held: Held) -> Held:
    return replace(held, uncut=held.session.model_copy(update={"ended": "stopped"}))


def with_model(held: Held) -> Held:
    spec = replace(held.spec, fault="chatty")
    return replace(for_first(held, Probed, {"wording": "model", "text": "Could you say more?"}), spec=spec)


def without_reason(held: Held) -> Held:
    return replace(held, spec=replace(held.spec, fault="chatty"))


WRONG: tuple[tuple[str, Callable[[Held], Held]], ...] = (
    ("valid-events", lambda held: replace(held, events=held.events[1:])),
    ("folds", lambda held: replace(held, session=held.session.model_copy(update={"used_s": 1.0}))),
    ("folds", lambda held: replace(held, strayed="after step 2")),
    ("ends", lambda held: replace(held, stuck="not over")),
    ("ends", lambda held: with_bodies(held, bodies(held)[:-1])),
    ("asks-once", twice),
    ("no-line-twice", lambda held: before_first(held, Answered, aside("Choose."), aside("Choose."))),
    ("probes-kept", probed_again),
    ("no-leak", leaking),
    ("language", lambda held: for_first(held, Probed, {"text": "为什么？"})),
    ("language", lambda held: before_first(held, Answered, aside("按题目的字面意思来就行。"))),
    ("clock", too_late),
    ("clock", lambda held: replace(held, session=held.session.model_copy(update={"used_s": 1.0}))),
    ("report", lambda held: replace(held, reports={"en": held.reports["en"], "zh": "nothing"})),
    ("report", lambda held: replace(held, reports={"en": held.reports["en"]})),
    ("graded", unscored),
    ("crash", other_than),
    ("fallback", with_model),
    ("fallback", without_reason),
)
IN_EXAM: tuple[tuple[str, Callable[[Held], Held]], ...] = (
    ("exam-silent", lambda held: before_first(held, Answered, Hinted(rung=1, text="Think."))),
    ("exam-silent", lambda held: before_first(held, Answered, aside("Great question. Choose one."))),
    ("exam-silent", lambda held: before_first(held, Answered, aside("说得很好，继续。"))),
)


@pytest.mark.parametrize(("check", "spoilt"), WRONG)
def test_each_check_finds_what_it_is_there_for(breadth: Held, check: str, spoilt: Callable[[Held], Held]) -> None:
    assert CHECKS[check](breadth) is None
    assert CHECKS[check](spoilt(breadth)) is not None


@pytest.mark.parametrize(("check", "spoilt"), IN_EXAM)
def test_each_check_of_exams_finds_what_it_is_there_for(exam: Held, check: str, spoilt: Callable[[Held], Held]) -> None:
    assert CHECKS[check](exam) is None
    assert CHECKS[check](spoilt(exam)) is not None


IN_DEPTH: tuple[tuple[str, Callable[[Held], Held]], ...] = (
    ("own-work", lambda held: for_first(held, Probed, {"text": "Which baseline did you beat?"})),
    ("own-work", lambda held: for_first(held, Probed, {"text": "You wrote “F1 of 0.99”. How?", "criterion": "x"})),
    ("own-work", lambda held: for_first(held, Probed, {"text": "Is it 73 % better?", "criterion": "x"})),
    ("critique", lambda held: for_first(held, Critiqued, {"critique": criticised(held, source="card")})),
    ("critique", lambda held: with_bodies(held, [one for one in bodies(held) if not isinstance(one, Critiqued)])),
    ("critique", lambda held: replace(held, spec=replace(held.spec, fault=None))),
    ("critique", lambda held: replace(held, spec=replace(held.spec, fault="leaky"))),
)


def criticised(held: Held, **change: object) -> Critique:
    """The first critique, changed."""
    found = next(body.critique for body in bodies(held) if isinstance(body, Critiqued))
    return found.model_copy(update=change)


@pytest.fixture(scope="module")
def depth(room: Room) -> Held:
    """A presentation with slides and with a model that does as it should."""
    return held_by(room, "partial.depth.practice.en.0.sound")


@pytest.mark.parametrize(("check", "spoilt"), IN_DEPTH)
def test_each_check_of_own_work_and_critics_finds_what_it_is_there_for(
    depth: Held, check: str, spoilt: Callable[[Held], Held]
) -> None:
    assert broken(depth) == {}
    assert CHECKS[check](spoilt(depth)) is not None


class Reads:
    """A sandbox that runs nothing: it passes the solutions it knows, and fails everything else as told."""

    def __init__(self, cards: dict[str, Card], share: float = 0.5) -> None:
        self._right = {card.coding.solution.strip() for card in cards.values() if card.coding is not None}
        self._share = share

    async def run(self, task: CodeTask, code: str) -> CodeRun:
        share = 1.0 if code.strip() in self._right else self._share
        return CodeRun(visible=(), hidden=100, hidden_passed=round(100 * share), seconds=0)


def coded(held: Held, share: float | None) -> Held:
    """The same with another result of every run."""
    changed = [
        body.model_copy(update={"grade": body.grade.model_copy(update={"code": ran(body.grade.code, share)})})
        if isinstance(body, Graded) and body.grade.code is not None
        else body
        for body in bodies(held)
    ]
    return with_bodies(held, changed)


def ran(run: CodeRun, share: float | None) -> CodeRun | None:
    return None if share is None else run.model_copy(update={"hidden_passed": round(100 * share)})


@pytest.mark.parametrize("share", [0.0, 1.0, None])
def test_the_check_of_code_finds_what_it_is_there_for(room: Room, cards: dict[str, Card], share: float | None) -> None:
    held = held_by(replace(room, sandbox=Reads(cards)), "contradictor.coding.practice.en.0")
    runs = [body.grade.code.share for body in bodies(held) if isinstance(body, Graded) and body.grade.code is not None]
    assert set(runs) == {0.5, 1.0}
    assert broken(held) == {}
    assert CHECKS["code-run"](coded(held, share)) is not None


def test_without_a_sandbox_no_code_is_run(room: Room) -> None:
    held = held_by(room, "contradictor.coding.practice.en.0")
    assert broken(held) == {}
    assert not any(isinstance(body, Graded) and body.grade.code is not None for body in bodies(held))


def test_code_is_run_once_however_often_it_is_handed_in(cards: dict[str, Card]) -> None:
    task = next(card.coding for card in cards.values() if card.coding is not None)
    inner = Reads(cards)
    kept = Remembering(inner)
    first = asyncio.run(kept.run(CodeTask.of(task), "x = 1"))
    inner._share = 0.0
    assert asyncio.run(kept.run(CodeTask.of(task), "x = 1")) == first
    assert asyncio.run(kept.run(CodeTask.of(task), "x = 2")).share == 0


@pytest.mark.parametrize("form", ["depth", "project", "loop"])
def test_what_is_brought_is_asked_about_in_one_of_two_rounds(room: Room, form: str) -> None:
    brought = [held_by(room, f"hostile.{form}.{mode}.en.0") for mode in MODES]
    assert sorted(bool(held.session.plan.material) for held in brought) == [False, True]
    for held in brought:
        own = set().union(*(_about_own_work(state) for state in held.states if state.rounds))
        asked = {body.text for body in bodies(held) if isinstance(body, Probed)} & own
        assert bool(asked) == bool(held.session.plan.material)
        assert broken(held) == {}


def test_every_check_is_shown_to_fail() -> None:
    assert {check for check, _ in (*WRONG, *IN_EXAM, *IN_DEPTH)} | {"code-run"} == set(CHECKS)


def test_time_is_counted_without_the_sessions_own_clock(room: Room) -> None:
    held = held_by(room, "pauser.breadth.practice.en.1")
    assert any(step.act.what == "resume" for step in held.steps)
    assert used_s(held.events) == held.session.used_s < 1000


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "candidate", ["dont-know", "gibberish", "echo-question", "echo-line", "hostile", "silent", "injector"]
)
def test_who_says_nothing_gets_nothing(room: Room, candidate: str, lang: str, mode: str) -> None:
    held = held_by(room, f"{candidate}.problem.{mode}.{lang}.0")
    assert broken(held) == {}
    assert result_of(held, 0).points == 0


@pytest.mark.parametrize("lang", LANGS)
def test_who_says_everything_gets_nearly_everything(room: Room, lang: str) -> None:
    held = held_by(room, f"perfect.problem.practice.{lang}.0")
    assert broken(held) == {}
    assert (share([result_of(held, 0)]) or 0) > 0.9


@pytest.mark.parametrize("candidate", ["crashing", "crashing-wanderer"])
def test_a_process_that_dies_again_and_again_loses_nothing(room: Room, candidate: str) -> None:
    held = held_by(room, f"{candidate}.problem.practice.en.0")
    assert broken(held) == {}
    assert (held.uncut is not None) == (candidate == "crashing")


@pytest.mark.parametrize("candidate", ["typing", "late", "silent"])
def test_who_is_late_comes_to_an_end(room: Room, candidate: str) -> None:
    held = held_by(room, f"{candidate}.problem.exam.zh.0")
    assert broken(held) == {}
    assert any(getattr(body, "late", False) for body in bodies(held)) or held.session.ended == "time"


def test_who_wishes_for_the_other_language_gets_it(room: Room) -> None:
    held = held_by(room, "switcher.problem.practice.en.0")
    assert (held.session.plan.lang, held.session.lang) == ("en", "zh")
    asked = [body for body in bodies(held) if isinstance(body, Asked)]
    assert asked[-1].text == held.cards[asked[-1].card].question.zh


@pytest.mark.parametrize("fault", sorted({*FAULTS} - {"sound"}))
def test_of_a_model_that_misbehaves_nothing_is_said(room: Room, fault: str) -> None:
    held = held_by(room, f"hostile.problem.practice.en.0.{fault}")
    probes = [body for body in bodies(held) if isinstance(body, Probed)]
    assert probes
    assert {probe.wording for probe in probes} == {"card"}
    assert all(probe.fallback for probe in probes if probe.aim == "criterion")
    critiques = [body.critique for body in bodies(held) if isinstance(body, Critiqued)]
    assert critiques
    assert all(critique.source == "card" and critique.fallback for critique in critiques)
    assert broken(held) == {}


def test_a_model_that_does_as_it_should_is_heard(room: Room) -> None:
    held = held_by(room, "hostile.problem.practice.zh.0.sound")
    assert "model" in {body.wording for body in bodies(held) if isinstance(body, Probed)}
    assert {body.critique.source for body in bodies(held) if isinstance(body, Critiqued)} == {"model"}
    assert broken(held) == {}


def test_the_same_seed_holds_the_same_interview(room: Room) -> None:
    first, again = (held_by(room, "wanderer.problem.practice.en.3") for _ in range(2))
    assert first.events == again.events
    assert [step.act for step in first.steps] == [step.act for step in again.steps]


def test_every_candidate_meets_every_format_in_practice_and_exam() -> None:
    whole = len(CANDIDATES) * len(FORMATS) * len(MODES)
    found = specs(0, whole, 54)
    plain = [one for one in found if one.fault is None]
    assert {(one.candidate, one.format, one.mode) for one in plain} == set(product(CANDIDATES, FORMATS, MODES))
    assert {(one.candidate, one.lang, one.mode) for one in plain} == set(product(CANDIDATES, LANGS, MODES))
    assert {one.fault for one in found} == {None, *FAULTS}
    ids = [one.id for one in specs(0, whole + 30, 108)]
    assert len(set(ids)) == len(ids) == whole + 30 + 108
    assert [spec_of(name).id for name in ids] == ids


@pytest.mark.parametrize(
    "name", ["", "partial", "nobody.free.exam.en.0", "partial.free.exam.en.x", "partial.free.exam.en.0.odd"]
)
def test_an_id_of_no_session_is_refused(name: str) -> None:
    with pytest.raises(ContentError, match=r"such as partial\.breadth\.exam\.zh\.0"):
        spec_of(name)


def test_the_floors_name_what_is_broken(breadth: Held) -> None:
    floors = Floors(perfect=0.9, perfect_formats=("breadth",), zero=("silent",), sessions=1, with_models=1)
    fine = result_of(breadth, 0)
    assert broken_floors([fine], floors) == ()
    weak = fine.model_copy(update={"candidate": "perfect"})
    lucky = fine.model_copy(update={"candidate": "silent"})
    bad = fine.model_copy(update={"broken": {"ends": "not over"}})
    told = broken_floors([weak, lucky, bad], floors)
    assert [line.split(":")[0] for line in told] == ["ends", "perfect candidate in breadth", "silent"]
    assert failing([weak, bad]) == {"ends": (bad.id,)}
    assert broken_floors([weak], floors.model_copy(update={"perfect_formats": ()})) == ()


def test_a_run_is_told(breadth: Held) -> None:
    fine = result_of(breadth, 0)
    bad = fine.model_copy(update={"id": "other", "broken": {"ends": "not over"}, "fault": "empty"})
    told = simulation_report(Simulated((fine, bad), 0, broken_floors([fine, bad], load_floors())))
    assert "BROKEN ends: broken in 1 of 2 sessions" in told
    assert f"--only {bad.id}" in told
    assert simulation_report(Simulated((fine,), 0, ())).endswith("floors hold")


class Dies(BaseException):
    """The process ends here."""


class Mortal(OfflineJudge):
    """A judge whose process dies after so many answers."""

    left = 10**9

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        if not self.left:
            raise Dies
        self.left -= 1
        return await super().opinion(card, utterances, interviewer)


def timeless(run: Simulated) -> Simulated:
    return replace(run, results=tuple(one.model_copy(update={"seconds": 0.0}) for one in run.results))


def test_a_run_that_was_stopped_goes_on_and_gives_the_same_report(
    coach: Coach, glossary: Glossary, tmp_path: Path
) -> None:
    judge = coach.offline_judge = Mortal(glossary, Calibration.load(coach.settings.calibration_file))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    ran = run_simulation(coach, whole, seed=3, sessions=8)
    heard = 10**9 - judge.left
    judge.left = heard // 2
    with pytest.raises(Dies):
        run_simulation(coach, cut, seed=3, sessions=8)
    kept = (cut / RESULTS).read_bytes()
    past = past_run(cut)
    assert (past.total, past.complete, past.resumes, past.floors) == (9, False, True, "unknown")
    assert 0 < past.done == kept.count(b"\n") < 9
    (cut / RESULTS).write_bytes(kept + b'{"id": "cut off by a ki')
    judge.left = heard
    again = run_simulation(coach, cut)
    assert judge.left > 0, "what was done is not done again"
    assert (cut / RESULTS).read_bytes().startswith(kept)
    assert timeless(again) == timeless(ran)
    assert simulation_report(timeless(again)) == simulation_report(timeless(ran))
    assert [past_run(folder).complete for folder in (whole, cut)] == [True, True]
    assert (cut / "junit.xml").read_bytes() == (whole / "junit.xml").read_bytes()
    with pytest.raises(ContentError, match="seed was 3 and is 4"):
        run_simulation(coach, cut, seed=4)
    with pytest.raises(ContentError, match="suite was 'interviewer' and is 'retrieval'"):
        run_retrieval(coach, cut)


def evals(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.guard", "evals/__main__.py", *words],
        capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=False,
    )  # fmt: skip


def test_one_session_is_held_again_by_its_id() -> None:
    done = evals("run", "interviewer", "--only", "skipper.problem.practice.en.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every check holds" in done.stdout
    assert "Can we skip this one?" in done.stdout
    done = evals("run", "interviewer", "--only", "nobody")
    assert done.returncode == 2
    assert "is no session" in done.stderr
