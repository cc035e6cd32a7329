"""What must hold of every interview, whoever sits opposite: pure functions from a held session to its fault."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from coach.errors import InterviewError
from coach.grading.code import code_in
from coach.grading.score import PASS_BANDS
from coach.interview import session as interview
from coach.interview.clock import time_up
from coach.interview.follow import WHY
from coach.interview.guard import leaks
from coach.interview.material import MaterialFormat, questions
from coach.interview.material_facts import unsupported
from coach.interview.material_text import read_material
from coach.interview.rounds import OWN
from coach.schema import (
    LANGS,
    Answered,
    Aside,
    Asked,
    Card,
    Criterion,
    Critiqued,
    Ended,
    Event,
    Grade,
    Graded,
    Hinted,
    Lang,
    Paused,
    Probed,
    Resumed,
    Retracted,
    Round,
    Session,
    Skipped,
)
from coach.text import STOP_STEMS, lang_of, normalise, words
from evals.hold import Held

Check = Callable[[Held], str | None]
"""None when it holds, else what is wrong and where."""
PRAISE = re.compile(
    r"\b(?:good (?:question|answer|point|job)|great|excellent|perfect|well done|(?:that'?s|that is|you'?re|you are) "
    r"(?:right|correct|wrong|incorrect|not right)|correct!|exactly[.!]|impressive|not quite)"
    r"|很好|非常好|不错|答得|说得(?:好|对)|没错|答对|答错|说错|正确[!！。，]|不对|太棒",
    re.IGNORECASE,
)
"""What an examiner keeps to itself."""


@dataclass(frozen=True)
class Line:
    """Something the interviewer said."""

    at: int
    """The number of its event."""
    text: str
    body: Asked | Probed | Hinted | Aside


def lines_of(events: tuple[Event, ...]) -> Iterator[Line]:
    """Everything the interviewer said, in order."""
    for event in events:
        body = event.body
        if isinstance(body, Asked):
            yield Line(event.seq, f"{body.lead}\n{body.text}".strip(), body)
        elif isinstance(body, Probed | Hinted):
            yield Line(event.seq, body.text, body)
        elif isinstance(body, Aside):
            yield Line(event.seq, body.reply, body)


def is_valid(held: Held) -> str | None:
    """Every event can be stored and read back, in one gapless row, and time never runs backwards."""
    for at, event in enumerate(held.events):
        if Event.model_validate_json(event.model_dump_json()) != event:
            return f"event {at} is another one when read back"
        if event.seq != at or event.session != held.session.id:
            return f"event {at} is numbered {event.seq} of {event.session!r}"
    if any(after.at < before.at for before, after in pairwise(held.events)):
        return "time runs backwards"
    return None


def folds(held: Held) -> str | None:
    """The stored events give the state in hand, at every step and byte for byte at the end."""
    if held.strayed is not None:
        return f"the state in hand was not the stored one {held.strayed}"
    try:
        stored = interview.fold(held.events)
    except InterviewError as error:
        return str(error)
    same = stored.model_dump_json() == held.session.model_dump_json()
    return None if same else "the stored events give another state"


def ends(held: Held) -> str | None:
    """It ends within a bounded number of steps, and the candidate can always do something."""
    if held.stuck is not None:
        return f"stuck in phase {held.session.phase!r}: {held.stuck}"
    return None if held.session.phase == "ended" else f"left in phase {held.session.phase!r}"


def asks_once(held: Held) -> str | None:
    """No question is asked twice."""
    asked = [one.card for one in held.session.rounds]
    twice = sorted({name for name in asked if asked.count(name) > 1})
    return f"asked twice: {', '.join(twice)}" if twice else None


def never_says_twice(held: Held) -> str | None:
    """No line is said twice in a row, unless the candidate asked to hear it again or began the question anew."""
    anew = [event.seq for event in held.events if isinstance(event.body, Retracted)]
    for before, line in pairwise(lines_of(held.events)):
        wanted = isinstance(line.body, Aside) and line.body.what in {"repeat", "language"}
        wanted = wanted or any(before.at < at < line.at for at in anew)
        if not wanted and normalise(line.text)[0] == normalise(before.text)[0]:
            return f"said at {before.at} and at {line.at}: {line.text!r:.100}"
    return None


def probes_once(held: Held) -> str | None:
    """No follow-up is put twice on a question, and never more than the plan allows."""
    for number, one in enumerate(held.session.rounds, start=1):
        stages = held.session.stages
        most = stages[one.stage].probes if stages else held.session.plan.probes
        for said in (one.said, *(attempt.said for attempt in one.attempts)):
            probes = [body for body in said if isinstance(body, Probed)]
            if len(probes) > most:
                return f"question {number}: {len(probes)} follow-ups, {most} at most"
            if len({(body.aim, body.criterion) for body in probes}) < len(probes):
                return f"question {number}: the same follow-up twice"
    return None


def gives_nothing_away(held: Held) -> str | None:
    """No line but a hint says a point that the candidate has not made while the question is open."""
    for line in lines_of(held.events):
        if not isinstance(line.body, Probed | Aside):
            continue
        one = held.states[line.at - 1].current
        card = held.cards[one.card]
        known = (card.asks("en"), card.asks("zh"), *one.interviewer, *(answer.text for answer in one.answers))
        known = (*known, *_earlier(one), getattr(line.body, "said", ""), held.session.plan.material)
        new = stems(line.text).difference(*map(stems, known))
        for criterion in _not_made(card, one) if new else ():
            told = _given_away(line, criterion, known, new)
            if told:
                return f"at {line.at} gives away {criterion.id} of {card.id} ({told}): {line.text!r:.160}"
    return None


@lru_cache(maxsize=16384)
def stems(text: str) -> frozenset[str]:
    """The words of a text that carry content."""
    return frozenset(words(text)) - STOP_STEMS


def _given_away(line: Line, criterion: Criterion, known: tuple[str, ...], new: frozenset[str]) -> str:
    """What a line says first: a whole wording of the point; of a model's words any at all of the point it aims at."""
    body = line.body
    if isinstance(body, Probed | Aside) and body.wording == "model":
        told = leaks(line.text, criterion, known)
        aimed = isinstance(body, Probed) and body.criterion == criterion.id
        return ", ".join(told) if aimed or len(told) > 2 else ""
    said = stems(line.text)
    return next((text for text in criterion.accept.all() if stems(text) <= said and len(stems(text) & new) > 1), "")


def _earlier(one: Round) -> tuple[str, ...]:
    return tuple(body.text for attempt in one.attempts for body in attempt.said if isinstance(body, Answered))


def _not_made(card: Card, one: Round) -> tuple[Criterion, ...]:
    grades = [one.grade, *(attempt.grade for attempt in one.attempts)]
    made = {
        verdict.criterion for grade in grades if grade is not None for verdict in grade.verdicts if verdict.evidence
    }
    return tuple(criterion for criterion in card.criteria if criterion.id not in made)


def tells_nothing_in_an_exam(held: Held) -> str | None:
    """In an exam: no hint, no critique, no praise, no verdict, and no grade that may be shown before the end."""
    if held.spec.mode != "exam":
        return None
    for event in held.events:
        if isinstance(event.body, Hinted | Critiqued):
            return f"event {event.seq} is a {event.body.kind}"
    shown = [at for at, state in enumerate(held.states) if state.ended is None and state.rounds and state.tells]
    if shown:
        return f"a grade may be shown after event {shown[0]}"
    for line in lines_of(held.events):
        if (found := PRAISE.search(_own_words(held, line))) is not None:
            return f"at {line.at} says {found[0]!r}: {line.text!r:.100}"
    return None


def _own_words(held: Held, line: Line) -> str:
    """What the interviewer says beside what is written on the card."""
    if isinstance(line.body, Asked) or (isinstance(line.body, Probed) and line.body.wording == "card"):
        return ""
    card = held.cards[held.states[line.at - 1].current.card]
    text = line.text
    for lang in LANGS:
        probes = (criterion.probe.text(lang) for criterion in card.criteria)
        for written in sorted((card.asks(lang), *card.phrasings(lang), *probes), key=len, reverse=True):
            text = text.replace(written, " ")
    return text


def speaks_the_language(held: Held) -> str | None:
    """Every question, follow-up and hint is in the language spoken then, after a change in the new one."""
    for line in lines_of(held.events):
        before = held.states[line.at - 1]
        lang = before.lang
        if isinstance(line.body, Aside):
            lang = line.body.lang or lang
            if line.body.what != "language" and lang_of(line.text, lang) != lang and not _code(line.text):
                return f"at {line.at} answers a request not in {lang}: {line.text!r:.100}"
            continue
        if not _is_in(held, line, before, lang):
            return f"at {line.at} is not in {lang}: {line.text!r:.100}"
    return None


def _is_in(held: Held, line: Line, before: Session, lang: Lang) -> bool:
    body = line.body
    if isinstance(body, Asked):
        card, stages = held.cards[body.card], before.stages
        return body.text == card.asks(lang) and body.lead in {"", *(stage.lead.text(lang) for stage in stages)}
    card = held.cards[before.current.card]
    if isinstance(body, Hinted):
        return body.text == card.hints[body.rung - 1].text(lang)
    if isinstance(body, Probed) and body.wording == "card":
        return body.text in _about_own_work(before) or body.text in {
            *(criterion.probe.text(lang) for criterion in card.criteria),
            *(text.text(lang) for text in (*card.followups, *WHY)),
        }
    return lang_of(line.text, lang) == lang


def _code(text: str) -> bool:
    """Whether a text is code or formulas in the main, which are of no language."""
    return "```" in text or "$" in text


def keeps_time(held: Held) -> str | None:
    """Nothing is asked once the time is up, what was said is graded, and only the candidate's time is counted."""
    for event in held.events[1:]:
        before = held.states[event.seq - 1]
        up = time_up(before, event.at) if before.rounds else None
        if (isinstance(event.body, Probed) and up) or (isinstance(event.body, Asked) and up == "interview"):
            return f"event {event.seq} ({event.body.kind}) comes when the time of the {up} is up"
    if held.session.ended != "stopped":
        for number, one in enumerate(held.session.rounds, start=1):
            if one.graded_answers < len(one.answers):
                return f"question {number}: an answer was not graded"
    counted = used_s(held.events)
    if abs(counted - held.session.used_s) > 0.001:
        return f"{held.session.used_s:g} s are counted, {counted:g} s were used"
    return None


def used_s(events: tuple[Event, ...]) -> float:
    """Seconds between a question and what closes it, less pauses: worked out without the session's own clock."""
    total = 0.0
    speaks = paused = False
    for before, event in zip((None, *events), events, strict=False):
        if before is not None and speaks and not paused:
            total += (event.at - before.at).total_seconds()
        body = event.body
        if isinstance(body, Asked | Probed | Hinted | Retracted):
            speaks = True
        elif isinstance(body, Answered | Skipped | Ended):
            speaks = False
        elif isinstance(body, Paused | Resumed):
            paused = isinstance(body, Paused)
    return total


def is_reported(held: Held) -> str | None:
    """The report in either language names every question."""
    for lang, text in held.reports.items():
        for number, one in enumerate(held.session.rounds, start=1):
            if f"## {number}. {one.question}" not in text:
                return f"question {number} is not in the report ({lang})"
    return None if set(held.reports) == set(LANGS) else "there is no report"


def is_graded(held: Held) -> str | None:
    """Every grade has a score."""
    for event in held.events:
        if isinstance(event.body, Graded) and event.body.grade.score is None:
            return f"event {event.seq} has no score: {event.body.grade.not_graded}"
    return None


def survives_crashes(held: Held) -> str | None:
    """With its process dying again and again, the interview is what it would have been without."""
    if held.uncut is None or timeless(held.uncut) == timeless(held.session):
        return None
    other, mine = timeless(held.uncut), timeless(held.session)
    return f"differs from the interview without crashes in {sorted(name for name in mine if mine[name] != other[name])}"


def timeless(session: Session) -> dict[str, Any]:
    """Everything of a session but when things happened and how long they took."""
    found = session.model_dump(exclude={"started_at", "used_s", "running_since"})
    for one in found["rounds"]:
        for part in (one, *one["attempts"]):
            del part["seconds"]
    return found


def falls_back(held: Held) -> str | None:
    """With a model that misbehaves, the card's own words come out, and the event names why."""
    if held.spec.fault in {None, "sound"}:
        return None
    for line in lines_of(held.events):
        body = line.body
        if isinstance(body, Probed | Aside) and body.wording == "model":
            if not _harmless(held, line):
                return f"at {line.at} the model's words are put: {line.text!r:.160}"
        elif isinstance(body, Probed) and body.aim == "criterion" and body.fallback is None:
            if body.text in _about_own_work(held.states[line.at - 1]):
                continue
            return f"at {line.at} does not say why the card's words are put"
    return None


def _harmless(held: Held, line: Line) -> bool:
    """Whether what should have given a point away only says again what the candidate has said."""
    if held.spec.fault != "leaky":
        return False
    before = held.states[line.at - 1].current
    said = (*before.interviewer, *(answer.text for answer in before.answers), getattr(line.body, "said", ""))
    return not stems(line.text).difference(stems("Is it because"), stems("是不是因为"), *map(stems, said))


def asks_about_own_work(held: Held) -> str | None:
    """Where something was brought, follow-ups are about it as far as they can be, quote it and make nothing up."""
    for line in lines_of(held.events):
        before = held.states[line.at - 1]
        own = _about_own_work(before) if isinstance(line.body, Probed) else {}
        if not isinstance(line.body, Probed) or not own:
            continue
        put = {probe.text for one in before.rounds for probe in one.probes}
        name = (before.current.card, line.body.criterion)
        if line.text not in own and any(known == name for text, known in own.items() if text not in put):
            return f"at {line.at} asks nothing about what was brought: {line.text!r:.100}"
        brought, card = read_material(held.session.plan.material), held.cards[before.current.card]
        said = (*(one.probe.text(before.lang) for one in card.criteria), *(one.text for one in before.current.answers))
        quoted = [text for text in re.findall(r"“([^”]+)”", line.text) if text not in "\n".join((brought.text, *said))]
        strange = (*quoted, *unsupported(line.text, brought, said))
        if strange:
            return f"at {line.at} makes up {strange[0]!r}: {line.text!r:.160}"
    return None


def _about_own_work(before: Session) -> Mapping[str, tuple[str, str]]:
    """The questions about what was brought, each with the card and criterion it serves; none without any."""
    stage, plan = before.stage, before.plan
    if stage is None or stage.format not in OWN or not plan.material.strip():
        return {}
    return _own_questions(plan.material, "depth" if stage.format == "depth" else "project", before.lang, plan.seed)


@lru_cache(maxsize=256)
def _own_questions(brought: str, form: MaterialFormat, lang: Lang, seed: int) -> Mapping[str, tuple[str, str]]:
    found = questions(read_material(brought), format=form, lang=lang, seed=seed)
    return {one.text: (one.card, one.criterion) for one in found}


def criticises(held: Held) -> str | None:
    """With a model as critic each closed question of a practice is criticised; one that misbehaves is not heard."""
    for event in held.events:
        body = event.body
        if not isinstance(body, Critiqued):
            continue
        told = body.critique
        if held.spec.fault is None:
            return f"event {event.seq} is a critique, and there is no model"
        if (told.source == "model") != (held.spec.fault == "sound"):
            return f"event {event.seq} shows the {told.source}'s critique: {told.fallback or told.stronger.text!r:.160}"
        if told.source == "card" and told.fallback is None:
            return f"event {event.seq} does not say why the card's critique is shown"
    if held.spec.fault is None or held.spec.mode == "exam":
        return None
    whole = held.session.rounds if held.session.ended == "finished" else held.session.rounds[:-1]
    scored = [one for one in whole if one.grade is not None and one.grade.score is not None]
    missing = [one.card for one in scored if one.critique is None]
    return f"no critique of {missing[0]}" if missing else None


def runs_code(held: Held) -> str | None:
    """Where code can be run: right code passes every test, wrong code does not and no pass, and no code is no run."""
    if not held.runs_code:
        return None
    for event in held.events:
        if not isinstance(event.body, Graded):
            continue
        one, grade = held.states[event.seq].current, event.body.grade
        task = held.cards[one.card].coding
        if task is None or grade.score is None:
            continue
        said = code_in(task, one.utterances)
        if grade.code_refused is not None or (said is None) != (grade.code is None):
            return f"event {event.seq}: {grade.code_refused or 'code and run do not go together'}"
        if said is None or grade.code is None:
            continue
        code = said.code.strip()
        if code == task.solution.strip() and grade.code.share < 1:
            return f"event {event.seq}: the reference solution of {one.card} passes {grade.code.share:.0%}"
        if code in {wrong.code.strip() for wrong in task.wrong} and not _held_down(grade):
            return f"event {event.seq}: a wrong solution of {one.card} is not held down"
    return None


def _held_down(grade: Grade) -> bool:
    run, score = grade.code, grade.score
    return run is not None and run.share < 1 and score is not None and score.band not in PASS_BANDS


CHECKS: Mapping[str, Check] = {
    "valid-events": is_valid,
    "folds": folds,
    "ends": ends,
    "asks-once": asks_once,
    "no-line-twice": never_says_twice,
    "probes-kept": probes_once,
    "no-leak": gives_nothing_away,
    "exam-silent": tells_nothing_in_an_exam,
    "language": speaks_the_language,
    "clock": keeps_time,
    "report": is_reported,
    "graded": is_graded,
    "crash": survives_crashes,
    "fallback": falls_back,
    "own-work": asks_about_own_work,
    "critique": criticises,
    "code-run": runs_code,
}


def broken(held: Held) -> dict[str, str]:
    """What does not hold of a session, by the check that says so."""
    return {name: fault for name, check in CHECKS.items() if (fault := check(held)) is not None}
