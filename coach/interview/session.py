"""The one path through an interview, used by the page, the command line and the evals alike.

A session is its events; its state is a fold over them. Every step writes its event before it returns, so a process
that dies anywhere comes back to the same place: `advance` does whatever is still owed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, reduce
from itertools import accumulate
from typing import Any, Protocol

from coach.errors import InterviewError, UnknownSession
from coach.grading.code import Sandbox
from coach.grading.critic import Critic, Told
from coach.grading.critique import answer_lang
from coach.grading.grade import Judge, grade
from coach.interview.choose import Past, next_card, planned
from coach.interview.clarify import in_language, reply_to
from coach.interview.clock import time_up
from coach.interview.follow import HintAt, ProbeFor, Show, StepFor, TwistAt, Wording, follow, hinted, word_probe, worded
from coach.interview.material import MaterialQuestion, questions
from coach.interview.material_text import read_material
from coach.interview.rounds import OWN, stages_of
from coach.interview.understand import Request, understand
from coach.schema import (
    Answered,
    AnswerSource,
    Aside,
    Asked,
    Attempt,
    Body,
    Card,
    CardId,
    Criterion,
    Critique,
    Critiqued,
    Disputed,
    Ended,
    Event,
    FormatName,
    Grade,
    Graded,
    Hinted,
    Lang,
    Paused,
    Plan,
    Probed,
    Recording,
    Resumed,
    Retracted,
    Round,
    SelfRated,
    Session,
    Skipped,
    Slug,
    Started,
    State,
)
from coach.text import lang_of

AWAY_S = 1800.0
"""A longer silence is time away, where no clock runs."""
MAX_ANSWER = 20_000
"""Most characters of one message; more is refused with the text kept."""


class Log(Protocol):
    """Where events and drafts are kept."""

    def append(self, events: Sequence[Event], *, clear_draft: bool = False) -> None:
        """All events kept, or none; raises Conflict when another writer was first."""
        ...

    def events(self, session: str) -> tuple[Event, ...]:
        """All events of a session, in order."""
        ...

    def last_asked(self, *, person: str) -> Mapping[str, datetime]:
        """Card id -> when it was last asked in this person's sessions."""
        ...


@dataclass(frozen=True)
class Interview:
    """The parts an interview is made of."""

    cards: Mapping[str, Card]
    judge: Judge
    log: Log
    search: Callable[[Plan], Sequence[str]]
    """Card ids for the focus of a plan, best first."""
    wording: Wording | None
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    sandbox: Sandbox | None = None
    """Where the code on coding cards is run; without one their tests are no part of the grade."""
    critic: Critic | None = None
    """Who tells the candidate what to do better once a question is closed; without one nobody does."""
    clarifying: Wording | None = None
    """A model that answers clarifying questions; without one the card does."""
    due: Callable[[str], Sequence[CardId]] = lambda _person: ()
    """Cards that a person is to review, most urgent first; read from the log, so it blocks."""
    aside: Callable[..., Awaitable[Any]] = asyncio.to_thread
    """Awaits the log and the search, which block: in a thread, unless they only look into memory."""


def fold(events: Iterable[Event]) -> Session:
    """The state after these events. Raises InterviewError when they are not a session."""
    return states(events)[-1]


def states(events: Iterable[Event]) -> tuple[Session, ...]:
    """The state after each of these events. Raises InterviewError when they are not a session."""
    ordered = tuple(events)
    if not ordered or not isinstance(ordered[0].body, Started):
        raise InterviewError("a session begins with its plan; these events do not", "no_plan")
    if [event.seq for event in ordered] != list(range(len(ordered))):
        raise InterviewError(
            f"session {ordered[0].session!r} has gaps in its numbering", "gaps", session=ordered[0].session
        )
    first = ordered[0].body
    empty = Session(
        id=ordered[0].session,
        person=first.person,
        plan=first.plan,
        cards=first.cards,
        stages=first.stages,
        rounds=(),
        started_at=ordered[0].at,
        next_seq=1,
        lang=first.plan.lang,
    )
    return tuple(accumulate(ordered[1:], _apply, initial=empty))


def _apply(session: Session, event: Event) -> Session:
    """The state after one more event. The clock runs while the candidate is expected to speak."""
    change: dict[str, Any] = {"next_seq": event.seq + 1}
    rounds = list(session.rounds)
    if session.running_since is not None:
        passed = max((event.at - session.running_since).total_seconds(), 0.0)
        timed = session.plan.minutes is not None or session.plan.minutes_each is not None
        passed = passed if timed else min(passed, AWAY_S)
        change["used_s"] = session.used_s + passed
        rounds[-1] = rounds[-1].model_copy(update={"seconds": rounds[-1].seconds + passed})
    body = event.body
    match body:
        case Asked():
            rounds.append(Round(card=body.card, question=body.text, lead=body.lead, stage=body.stage))
        case Graded():
            at = len(rounds) - 1 if body.question is None else body.question
            again = {"grade": body.grade, "graded_answers": len(rounds[at].answers), "critique": None}
            rounds[at] = rounds[at].model_copy(update=again)
        case Critiqued():
            rounds[-1] = rounds[-1].model_copy(update={"critique": body.critique})
        case Answered() | Probed() | Hinted() | Skipped() | Aside():
            rounds[-1] = rounds[-1].model_copy(update={"said": (*rounds[-1].said, body)})
            if isinstance(body, Aside) and body.lang is not None:
                change["lang"] = body.lang
        case Retracted():
            rounds[-1] = _anew(rounds[-1])
        case SelfRated():
            rounds[-1] = rounds[-1].model_copy(update={"rated": body.value})
        case Disputed():
            one = rounds[body.question]
            rounds[body.question] = one.model_copy(update={"disputes": (*one.disputes, body)})
        case Paused() | Resumed():
            change["paused"] = isinstance(body, Paused)
        case Ended():
            change["ended"] = body.why
    after = session.model_copy(update={**change, "rounds": tuple(rounds)})
    runs = bool(after.rounds) and after.phase == "answering" and not after.paused
    return after.model_copy(update={"running_since": event.at if runs else None})


def _anew(one: Round) -> Round:
    """The question as it was first put, with what was said kept as an attempt."""
    attempt = Attempt(said=one.said, grade=one.grade, rated=one.rated, seconds=one.seconds, disputes=one.disputes)
    return Round(
        card=one.card,
        question=one.question,
        lead=one.lead,
        stage=one.stage,
        attempts=(*one.attempts, attempt),
    )


async def load(interview: Interview, session_id: str, *, person: str | None = None) -> Session:
    """The session as it is stored. Raises UnknownSession, also when `person` is given and it is somebody else's."""
    return owned(await interview.aside(interview.log.events, session_id), person)


def owned(events: Sequence[Event], person: str | None) -> Session:
    """The state of a stored session; None takes anybody's. Raises UnknownSession for another's as for none."""
    state = fold(events)
    if person is not None and state.person != person:
        raise UnknownSession.named(state.id)
    return state


async def start(interview: Interview, plan: Plan, *, person: str = "") -> Session:
    """A new session with its first question asked. Raises InterviewError when nothing fits the plan.

    `person` is who practises, on a server that several people use.
    """
    bank = tuple(interview.cards.values())
    stages = stages_of(plan, bank)
    if plan.material.strip():
        read_material(plan.material)
    past = await _past(interview, plan, person)
    fixed = planned(bank, plan, past.ranked)
    session_id = interview.new_id()
    started = Started(plan=plan, cards=fixed, stages=stages, person=person)
    opening = Event(session=session_id, seq=0, at=interview.now(), body=started)
    asked = _asks(interview, fold((opening,)), past)
    if asked is None:
        raise InterviewError("no question fits this choice", "no_question")
    events = (opening, Event(session=session_id, seq=1, at=interview.now(), body=asked))
    await interview.aside(interview.log.append, events)
    return fold(events)


async def _past(interview: Interview, plan: Plan, person: str) -> Past:
    """What is known of a person from before that the choice of a question needs: with a focus what was found for it."""
    if plan.focus.strip():
        return Past(ranked=await interview.aside(interview.search, plan))
    asked = await interview.aside(interview.log.last_asked, person=person)
    return Past(last_asked=asked, due=await interview.aside(interview.due, person))


def _asks(interview: Interview, session: Session, past: Past) -> Asked | None:
    """The next question, as it is put; None when there is none left."""
    bank, lang = interview.cards, session.lang
    if session.cards:
        position = len(session.rounds)
        if position >= len(session.cards):
            return None
        name, stage = session.cards[position], 0
        if name not in bank:
            raise _gone(name)
        card = bank[name]
    else:
        found = next_card(tuple(bank.values()), session.plan, session.stages, session.rounds, past)
        if found is None:
            return None
        card, stage = found
    opens = bool(session.stages) and (not session.rounds or session.current.stage != stage)
    lead = session.stages[stage].lead.text(lang) if opens and session.plan.format != "free" else ""
    return Asked(card=card.id, text=card.asks(lang), lead=lead, stage=stage)


async def answer(interview: Interview, session: Session, text: str, *, source: AnswerSource = "typed") -> Session:
    """The session after the answer was saved, graded and followed up.

    Raises InterviewError when no answer is expected or it is empty or too long, Conflict when another writer was
    first. The answer is on disk before grading begins, and the draft is cleared with it.
    """
    said = await submit(interview, session, text, source=source)
    return await advance(interview, said)


async def hear(
    interview: Interview,
    session: Session,
    text: str,
    *,
    source: AnswerSource = "typed",
    recordings: tuple[Recording, ...] = (),
    show: Show | None = None,
) -> Session:
    """The session after the candidate's words were taken for what they are: an answer, or a request that is met.

    The grade of an answer is still owed (`advance`). Raises as `submit` does; the words are kept in every case.
    """
    _check_open(session, text)
    request = understand(text)
    if request is None or request.what == "dont_know":
        return await submit(interview, session, text, source=source, recordings=recordings)
    session = await resume(interview, session)
    if request.what == "end":
        return await end(interview, session, said=text)
    if request.what == "skip":
        return await skip(interview, session, said=text)
    if request.what == "hint" and not session.exam and len(session.current.hints) < 3:
        return await hint(interview, session, said=text)
    if request.what == "restart" and session.current.said:
        return await retract(interview, session, said=text)
    return await _add(interview, session, await _reply(interview, session, request, text, show), clear_draft=True)


async def _reply(interview: Interview, session: Session, request: Request, text: str, show: Show | None) -> Aside:
    """What the interviewer says to a request: from the card, or for a clarifying question from the model."""
    card, lang = _card(interview, session), session.lang
    if request.what == "language":
        lang = request.lang or lang
        return Aside(
            what="language", said=text, reply=in_language(request.lang, card, lang, current=session.current), lang=lang
        )
    return await reply_to(
        request, text, card, session.current, lang, exam=session.exam, wording=interview.clarifying, show=show
    )


async def submit(
    interview: Interview,
    session: Session,
    text: str,
    *,
    source: AnswerSource = "typed",
    recordings: tuple[Recording, ...] = (),
) -> Session:
    """The session after the answer was saved, with what was recorded of it; the grade is still owed (`advance`)."""
    _check_open(session, text)
    body = Answered(text=text, source=source, lang=lang_of(text, session.lang), recordings=recordings)
    bodies: tuple[Body, ...] = (Resumed(), body) if session.paused else (body,)
    return await _add(interview, session, *bodies, clear_draft=True)


def _check_open(session: Session, text: str) -> None:
    if session.phase != "answering":
        raise InterviewError("no answer is expected now: go on to the next question, or read the report", "not_open")
    if not text.strip():
        raise InterviewError("the answer is empty: write something, ask for a hint, or skip", "empty")
    if len(text) > MAX_ANSWER:
        raise InterviewError(
            f"the answer has {len(text):,} characters; at most {MAX_ANSWER:,} can be graded."
            " Shorten it: nothing was lost",
            "too_long",
            chars=len(text),
            most=MAX_ANSWER,
        )


async def advance(
    interview: Interview, session: Session, *, critique: bool = True, show: Show | None = None
) -> Session:
    """The session after everything owed was done: a grade for new words, a follow-up, the closed question's critique.

    Without `critique` a model's critique stays owed, so that the grade can be shown first. `show` gets what the
    interviewer is about to say while a model words it, the whole of it each time and only what may be said. When the
    time is up no more is asked: the question is left, or the interview ends.
    """
    if session.phase == "grading":
        session = await regrade(interview, session)
    if session.phase != "graded":
        return session
    step = _next_step(interview, session)
    if step is not None:
        follow_up = await _follow_up(interview, session, _card(interview, session), step, show)
        return await _add(interview, session, follow_up)
    if time_up(session, interview.now()) == "interview":
        return await _add(interview, session, Ended(why="time"))
    if critique and owes_critique(interview, session):
        return await _criticise(interview, session)
    return session


async def _follow_up(
    interview: Interview, session: Session, card: Card, step: ProbeFor | HintAt | StepFor | TwistAt, show: Show | None
) -> Body:
    if isinstance(step, HintAt):
        return hinted(card, step.rung, session.lang)
    if isinstance(step, ProbeFor):
        own = _own_question(session, card, step.criterion)
        if own is not None:
            return Probed(criterion=step.criterion.id, text=own, wording="card")
        return await word_probe(
            interview.wording, card, step.criterion, session.current, session.lang, exam=session.exam, show=show
        )
    return worded(card, step, session.lang)


def _own_question(session: Session, card: Card, criterion: Criterion) -> str | None:
    """A question about what the candidate brought that aims at the criterion and was not put yet, if there is one."""
    stage, brought = session.stage, session.plan.material
    if stage is None or not brought.strip() or stage.format not in OWN:
        return None
    put = {probe.text for one in session.rounds for probe in one.probes}
    for found in _about(brought, stage.format, session.lang, session.plan.seed):
        if (found.card, found.criterion) == (card.id, criterion.id) and found.text not in put:
            return found.text
    return None


@lru_cache(maxsize=16)
def _about(brought: str, form: FormatName, lang: Lang, seed: int) -> tuple[MaterialQuestion, ...]:
    return questions(read_material(brought), format="depth" if form == "depth" else "project", lang=lang, seed=seed)


def owes(interview: Interview, session: Session) -> bool:
    """Whether `advance` would do anything."""
    if session.phase == "grading":
        return True
    if session.phase != "graded":
        return False
    over = time_up(session, interview.now()) == "interview"
    return over or _next_step(interview, session) is not None or owes_critique(interview, session)


def _next_step(interview: Interview, session: Session) -> ProbeFor | HintAt | StepFor | TwistAt | None:
    """What follows on a graded question; nothing once the time is up."""
    if time_up(session, interview.now()) is not None:
        return None
    form = session.stage.format if session.stage is not None else "free"
    card = _card(interview, session)
    return follow(card, session.current, most=session.probes, form=form, exam=session.exam)


def owes_critique(interview: Interview, session: Session) -> bool:
    """Whether a model is still to be asked for a critique of the closed question."""
    if interview.critic is None or not interview.critic.asks or session.phase != "graded" or session.exam:
        return False
    current = session.current
    return current.critique is None and current.grade is not None and current.grade.score is not None


async def _criticise(interview: Interview, session: Session) -> Session:
    """The session with what came of asking the model; asked once, whatever came of it."""
    told = _told(interview, session.current, session.lang)
    if interview.critic is None or told is None:
        return session
    return await _add(interview, session, Critiqued(critique=await interview.critic.critique(told)))


def critique_of(interview: Interview, one: Round, lang: Lang) -> Critique | None:
    """What to tell the candidate about a closed question; None without a grade, or without a critic.

    Only for questions that are closed: it says what is missing. `lang` counts when the answer is in no language, or
    nothing but "I don't know".
    """
    told = _told(interview, one, lang)
    if one.critique is not None or told is None or interview.critic is None:
        return one.critique
    return interview.critic.composed(told)


def _told(interview: Interview, one: Round, lang: Lang) -> Told | None:
    """What a critique of this question draws on; None when it has no score, or its card has changed since."""
    card, grade = interview.cards.get(one.card), one.grade
    if card is None or grade is None or grade.score is None or grade.card_hash != card.fingerprint:
        return None
    answered = one.utterances[: one.graded_answers]
    said = [one for one in answered if understand(one.text) is None]
    return Told(card, grade, answered, answer_lang(said, lang), one.interviewer)


async def regrade(interview: Interview, session: Session) -> Session:
    """The session with the current question graded again, as after a model failure; no words are asked for."""
    if not session.current.answers:
        raise InterviewError("there is nothing to grade yet: answer the question first", "nothing_to_grade")
    return await _add(interview, session, Graded(grade=await _graded(interview, session.current)))


async def regrade_all(interview: Interview, session: Session) -> Session:
    """The session with every answered question graded again by the interview's judge; the old grades stay stored."""
    async for after in regrades(interview, session):
        session = after
    return session


async def regrades(interview: Interview, session: Session) -> AsyncIterator[Session]:
    """The session after each question that `regrade_all` grades again; whoever stops listening stops the work."""
    if session.phase == "grading":
        session = await regrade(interview, session)
    for at in regradable(interview, session):
        grade = await _graded(interview, session.rounds[at])
        session = await _add(interview, session, Graded(grade=grade, question=at))
        yield session


def regradable(interview: Interview, session: Session) -> tuple[int, ...]:
    """The questions that `regrades` grades again, in its order, counted from 0."""
    return tuple(at for at, one in enumerate(session.rounds) if one.answers and one.card in interview.cards)


async def _graded(interview: Interview, one: Round) -> Grade:
    if one.card not in interview.cards:
        raise _gone(one.card)
    return await grade(
        interview.judge,
        interview.cards[one.card],
        one.utterances,
        interviewer=one.interviewer,
        before=one.interviewer_before,
        hints=one.hints_shown,
        sandbox=interview.sandbox,
    )


async def hint(interview: Interview, session: Session, *, said: str = "") -> Session:
    """The session after the next rung of the hint ladder."""
    if session.exam:
        raise InterviewError("there are no hints in an exam: answer as well as you can, or skip", "exam_hints")
    if session.phase != "answering":
        raise InterviewError("hints are for open questions: this one is answered", "hint_late")
    rung = len(session.current.hints) + 1
    if rung > 3:
        raise InterviewError("all three hints are shown: answer as well as you can, or skip", "hints_used")
    body = hinted(_card(interview, session), rung, session.lang)
    return await _add(interview, session, body.model_copy(update={"said": said}), clear_draft=bool(said))


async def skip(interview: Interview, session: Session, *, said: str = "") -> Session:
    """The session after leaving the open question or probe unanswered."""
    if session.phase != "answering":
        raise InterviewError("there is no open question to skip", "nothing_to_skip")
    return await _add(interview, session, _skips(session, said=said), clear_draft=bool(said))


def _skips(session: Session, *, said: str = "", late: bool = False) -> Skipped:
    return Skipped(what="probe" if session.current.probes else "question", said=said, late=late)


async def expire(interview: Interview, session: Session, draft: str = "") -> Session:
    """The session after what the clock demands: nothing while there is time.

    A `draft` that was begun is the answer; without one the question is left. Then the interview ends when its time is
    up.
    """
    if time_up(session, interview.now()) is None or session.phase == "ended":
        return session
    return await advance(interview, await cut_short(interview, session, draft))


async def cut_short(
    interview: Interview,
    session: Session,
    draft: str = "",
    *,
    source: AnswerSource = "typed",
    recordings: tuple[Recording, ...] = (),
) -> Session:
    """The session after its time was up, with what was recorded of the `draft`; what comes of it is still owed
    (`advance`)."""
    if session.phase != "answering" or time_up(session, interview.now()) is None:
        return session
    if draft.strip():
        return await submit(interview, session, draft[:MAX_ANSWER], source=source, recordings=recordings)
    return await _add(interview, session, _skips(session, late=True))


async def pause(interview: Interview, session: Session) -> Session:
    """The session with its clock standing still."""
    if session.phase == "ended" or session.paused:
        return session
    return await _add(interview, session, Paused())


async def resume(interview: Interview, session: Session) -> Session:
    """The session with its clock running again."""
    return await _add(interview, session, Resumed()) if session.paused else session


async def retract(interview: Interview, session: Session, *, said: str = "") -> Session:
    """The session with the current question put anew; what was said is kept as an earlier attempt."""
    if session.phase == "ended":
        raise InterviewError("this interview is over: start a new one", "over")
    if session.phase == "grading":
        raise InterviewError("the last answer is still being graded", "grading")
    if not session.current.said:
        raise InterviewError("there is nothing to take back: the question is still as it was put", "nothing_to_redo")
    if session.exam and session.phase == "graded":
        raise InterviewError("in an exam an answered question stays as it is", "exam_stays")
    return await _add(interview, session, Retracted(said=said), clear_draft=bool(said))


async def rate(interview: Interview, session: Session, value: int) -> Session:
    """The session with the candidate's own mark for the answer, 1 (poor) to 5 (perfect)."""
    if not session.current.answers:
        raise InterviewError("there is no answer to rate yet", "nothing_to_rate")
    if not 1 <= value <= 5:
        raise InterviewError(f"a rating is a whole number from 1 to 5, not {value}", "bad_rating", value=value)
    if session.current.rated is not None:
        raise InterviewError("this answer is rated already", "rated")
    return await _add(interview, session, SelfRated(value=value))


async def dispute(
    interview: Interview, session: Session, *, question: int, criterion: Slug, state: State, reason: str
) -> Session:
    """The session with a verdict disputed; the grade stays as it is. `question` counts from 0."""
    if not 0 <= question < len(session.rounds):
        asked = len(session.rounds)
        raise InterviewError(
            f"there is no question {question + 1}: {asked} were asked", "not_asked", question=question + 1, asked=asked
        )
    given = session.rounds[question].grade
    verdict = next((one for one in given.verdicts if one.criterion == criterion), None) if given else None
    if verdict is None:
        raise InterviewError(
            f"question {question + 1} has no verdict on {criterion!r} to dispute",
            "no_verdict",
            question=question + 1,
            criterion=criterion,
        )
    if state == "not_graded" or state == verdict.state:
        raise InterviewError(f"say what it deserves instead of {verdict.state!r}", "same_state")
    if not reason.strip():
        raise InterviewError("say why the verdict is wrong: the reason is kept with it", "no_reason")
    body = Disputed(question=question, criterion=criterion, state=state, reason=reason.strip())
    return await _add(interview, session, body)


async def next_question(interview: Interview, session: Session) -> Session:
    """The session with the next question asked, or ended when there is none left or the time is up."""
    if session.phase == "ended":
        raise InterviewError("this interview is over: start a new one", "over")
    if session.phase == "grading":
        raise InterviewError("the last answer is still being graded", "grading")
    session = await resume(interview, session)
    if session.phase == "answering":
        session = await skip(interview, session)
    if time_up(session, interview.now()) == "interview":
        return await _add(interview, session, Ended(why="time"))
    past = Past() if session.cards else await _past(interview, session.plan, session.person)
    asked = _asks(interview, session, past)
    return await _add(interview, session, Ended(why="finished") if asked is None else asked)


async def end(interview: Interview, session: Session, *, said: str = "") -> Session:
    """The session, ended by the person."""
    if session.phase == "ended":
        return session
    return await _add(interview, session, Ended(why="stopped", said=said), clear_draft=bool(said))


async def _add(interview: Interview, session: Session, *bodies: Body, clear_draft: bool = False) -> Session:
    events = tuple(
        Event(session=session.id, seq=session.next_seq + at, at=interview.now(), body=body)
        for at, body in enumerate(bodies)
    )
    await interview.aside(interview.log.append, events, clear_draft=clear_draft)
    return reduce(_apply, events, session)


def _card(interview: Interview, session: Session) -> Card:
    name = session.current.card
    if name not in interview.cards:
        raise _gone(name)
    return interview.cards[name]


def _gone(card: CardId) -> InterviewError:
    return InterviewError(f"card {card!r} is no longer in the bank: end this interview", "card_gone", card=card)
