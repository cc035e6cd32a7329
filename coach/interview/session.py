"""The one path through an interview, used by the page, the command line and the evals alike.

A session is its events; its state is a fold over them. Every step writes its event before it returns, so a process
that dies anywhere comes back to the same place: `advance` does whatever is still owed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Protocol

from coach.errors import InterviewError
from coach.grading.code import Sandbox
from coach.grading.critic import Critic, Told
from coach.grading.critique import answer_lang
from coach.grading.grade import Judge, grade
from coach.interview.choose import choose
from coach.interview.follow import HintAt, ProbeFor, Wording, follow, hinted, word_probe
from coach.schema import (
    Answered,
    AnswerSource,
    Asked,
    Body,
    Card,
    Critique,
    Critiqued,
    Ended,
    Event,
    Graded,
    Hinted,
    Lang,
    Plan,
    Probed,
    Round,
    Session,
    Skipped,
    Started,
)
from coach.text import lang_of

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

    def last_asked(self) -> Mapping[str, datetime]:
        """Card id -> when it was last asked."""
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
    aside: Callable[..., Awaitable[Any]] = asyncio.to_thread
    """Awaits the log and the search, which block: in a thread, unless they only look into memory."""


def fold(events: Iterable[Event]) -> Session:
    """The state after these events. Raises InterviewError when they are not a session."""
    ordered = tuple(events)
    if not ordered or not isinstance(ordered[0].body, Started):
        raise InterviewError("a session begins with its plan; these events do not")
    if [event.seq for event in ordered] != list(range(len(ordered))):
        raise InterviewError(f"session {ordered[0].session!r} has gaps in its numbering")
    first = ordered[0].body
    empty = Session(
        id=ordered[0].session, plan=first.plan, cards=first.cards, rounds=(), started_at=ordered[0].at, next_seq=1
    )
    return reduce(_apply, ordered[1:], empty)


def _apply(session: Session, event: Event) -> Session:
    body = event.body
    if isinstance(body, Asked):
        rounds = (*session.rounds, Round(card=body.card, question=body.text))
        return session.model_copy(update={"rounds": rounds, "next_seq": event.seq + 1})
    if isinstance(body, Ended):
        return session.model_copy(update={"ended": body.why, "next_seq": event.seq + 1})
    current = session.current
    change: dict[str, object] = {}
    if isinstance(body, Graded):
        change = {"grade": body.grade, "graded_answers": len(current.answers), "critique": None}
    elif isinstance(body, Critiqued):
        change = {"critique": body.critique}
    elif isinstance(body, Answered | Probed | Hinted | Skipped):
        change = {"said": (*current.said, body)}
    rounds = (*session.rounds[:-1], current.model_copy(update=change))
    return session.model_copy(update={"rounds": rounds, "next_seq": event.seq + 1})


async def load(interview: Interview, session_id: str) -> Session:
    """The session as it is stored. Raises UnknownSession."""
    return fold(await interview.aside(interview.log.events, session_id))


async def start(interview: Interview, plan: Plan) -> Session:
    """A new session with its first question asked. Raises InterviewError when nothing fits the plan."""
    ranked = await interview.aside(interview.search, plan) if plan.focus.strip() else ()
    last_asked = await interview.aside(interview.log.last_asked)
    chosen = choose(tuple(interview.cards.values()), plan, ranked=ranked, last_asked=last_asked)
    session_id = interview.new_id()
    first = Asked(card=chosen[0], text=interview.cards[chosen[0]].asks(plan.lang))
    bodies: tuple[Body, ...] = (Started(plan=plan, cards=chosen), first)
    events = tuple(Event(session=session_id, seq=seq, at=interview.now(), body=body) for seq, body in enumerate(bodies))
    await interview.aside(interview.log.append, events)
    return fold(events)


async def answer(interview: Interview, session: Session, text: str, *, source: AnswerSource = "typed") -> Session:
    """The session after the answer was saved, graded and followed up.

    Raises InterviewError when no answer is expected or it is empty or too long, Conflict when another writer was
    first. The answer is on disk before grading begins, and the draft is cleared with it.
    """
    said = await submit(interview, session, text, source=source)
    return await advance(interview, said)


async def submit(interview: Interview, session: Session, text: str, *, source: AnswerSource = "typed") -> Session:
    """The session after the answer was saved; the grade is still owed (`advance`)."""
    if session.phase != "answering":
        raise InterviewError("no answer is expected now: go on to the next question, or read the report")
    if not text.strip():
        raise InterviewError("the answer is empty: write something, ask for a hint, or skip")
    if len(text) > MAX_ANSWER:
        raise InterviewError(
            f"the answer has {len(text):,} characters; at most {MAX_ANSWER:,} can be graded."
            " Shorten it: nothing was lost"
        )
    body = Answered(text=text, source=source, lang=lang_of(text, session.plan.lang))
    return await _add(interview, session, body, clear_draft=True)


async def advance(interview: Interview, session: Session, *, critique: bool = True) -> Session:
    """The session after everything owed was done: a grade for new words, a follow-up, the closed question's critique.

    Without `critique` a model's critique stays owed, so that the grade can be shown first.
    """
    if session.phase == "grading":
        session = await regrade(interview, session)
    if session.phase != "graded":
        return session
    card = _card(interview, session)
    step = follow(card, session.current, most=session.plan.probes)
    if isinstance(step, ProbeFor):
        probe = await word_probe(interview.wording, card, step.criterion, session.current, session.plan.lang)
        return await _add(interview, session, probe)
    if isinstance(step, HintAt):
        return await _add(interview, session, hinted(card, step.rung, session.plan.lang))
    if critique and owes_critique(interview, session):
        return await _criticise(interview, session)
    return session


def owes_critique(interview: Interview, session: Session) -> bool:
    """Whether a model is still to be asked for a critique of the closed question."""
    if interview.critic is None or not interview.critic.asks or session.phase != "graded":
        return False
    current = session.current
    return current.critique is None and current.grade is not None and current.grade.score is not None


async def _criticise(interview: Interview, session: Session) -> Session:
    """The session with what came of asking the model; asked once, whatever came of it."""
    told = _told(interview, session.current, session.plan.lang)
    if interview.critic is None or told is None:
        return session
    return await _add(interview, session, Critiqued(critique=await interview.critic.critique(told)))


def critique_of(interview: Interview, one: Round, lang: Lang) -> Critique | None:
    """What to tell the candidate about a closed question; None without a grade, or without a critic.

    Only for questions that are closed: it says what is missing. `lang` counts when the answer is in no language.
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
    return Told(card, grade, answered, answer_lang(answered, lang), one.interviewer)


async def regrade(interview: Interview, session: Session) -> Session:
    """The session with the current question graded again, as after a model failure; no words are asked for."""
    current = session.current
    if not current.answers:
        raise InterviewError("there is nothing to grade yet: answer the question first")
    result = await grade(
        interview.judge,
        _card(interview, session),
        current.utterances,
        interviewer=current.interviewer,
        before=current.interviewer_before,
        hints=len(current.hints),
        sandbox=interview.sandbox,
    )
    return await _add(interview, session, Graded(grade=result))


async def hint(interview: Interview, session: Session) -> Session:
    """The session after the next rung of the hint ladder."""
    if session.phase != "answering":
        raise InterviewError("hints are for open questions: this one is answered")
    rung = len(session.current.hints) + 1
    if rung > 3:
        raise InterviewError("all three hints are shown: answer as well as you can, or skip")
    return await _add(interview, session, hinted(_card(interview, session), rung, session.plan.lang))


async def skip(interview: Interview, session: Session) -> Session:
    """The session after leaving the open question or probe unanswered."""
    if session.phase != "answering":
        raise InterviewError("there is no open question to skip")
    return await _add(interview, session, Skipped(what="probe" if session.current.probes else "question"))


async def next_question(interview: Interview, session: Session) -> Session:
    """The session with the next question asked, or ended when there is none left."""
    if session.phase == "ended":
        raise InterviewError("this interview is over: start a new one")
    if session.phase == "grading":
        raise InterviewError("the last answer is still being graded")
    if session.phase == "answering":
        session = await skip(interview, session)
    position = len(session.rounds)
    if position >= len(session.cards):
        return await _add(interview, session, Ended(why="finished"))
    card = interview.cards.get(session.cards[position])
    if card is None:
        raise InterviewError(f"card {session.cards[position]!r} is no longer in the bank: end this interview")
    return await _add(interview, session, Asked(card=card.id, text=card.asks(session.plan.lang)))


async def end(interview: Interview, session: Session) -> Session:
    """The session, ended by the person."""
    if session.phase == "ended":
        return session
    return await _add(interview, session, Ended(why="stopped"))


async def _add(interview: Interview, session: Session, body: Body, *, clear_draft: bool = False) -> Session:
    event = Event(session=session.id, seq=session.next_seq, at=interview.now(), body=body)
    await interview.aside(interview.log.append, (event,), clear_draft=clear_draft)
    return _apply(session, event)


def _card(interview: Interview, session: Session) -> Card:
    name = session.current.card
    if name not in interview.cards:
        raise InterviewError(f"card {name!r} is no longer in the bank: end this interview")
    return interview.cards[name]
