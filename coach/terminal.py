"""The interview in a terminal: the same functions as the page, with lines instead of boxes."""

import asyncio
import secrets
import sys
from typing import get_args

from coach.errors import CoachError, InterviewError
from coach.interview import session as interview
from coach.progress.export import grade_markdown, report_markdown
from coach.schema import Lang, Plan, Session
from coach.wiring import Coach

HELP = {
    "en": "Finish an answer with an empty line; put code between lines of ```.\n"
    "On a line of its own: /hint /skip /next /again /report /end /quit",
    "zh": "输入空行表示答完，代码写在两行 ``` 之间。命令单独占一行：\n"
    "/hint 提示  /skip 跳过  /next 下一题  /again 重新评分  /report 报告  /end 结束  /quit 稍后继续",
}


async def hold(
    *,
    company: str | None,
    topic: str | None,
    focus: str,
    lang: str,
    questions: int,
    probes: int,
    seed: int | None,
    resume: bool,
) -> None:
    """Hold an interview until it ends, the person leaves with /quit, or the input ends."""
    if lang not in get_args(Lang):
        raise CoachError(f"--lang is {lang!r}; it takes en or zh")
    coach = Coach()
    for problem in coach.problems:
        print(f"left out: {problem}", file=sys.stderr)
    parts = coach.interview
    if resume:
        newest = coach.store.latest()
        if newest is None:
            raise CoachError("there is no interview to resume: leave --resume out to start one")
        state = await interview.load(parts, newest)
        if state.phase == "ended":
            raise CoachError("the newest interview is finished: leave --resume out to start another")
        state = await interview.advance(parts, state)
    else:
        plan = Plan.model_validate(
            {
                "lang": lang,
                "company": company,
                "topic": topic,
                "focus": focus,
                "questions": questions,
                "probes": probes,
                "seed": secrets.randbelow(2**31) if seed is None else seed,
            }
        )
        state = await interview.start(parts, plan)
    notice = coach.notice()
    print(
        f"[{notice.name}{f', answers go to {notice.sends_to}' if notice.sends_to else ', nothing leaves this machine'}]"
    )
    if notice.warning:
        print(f"[{notice.warning}]")
    print(HELP[state.plan.lang])
    shown = _show(coach, None, state)
    while state.phase != "ended":
        entry = await asyncio.to_thread(_read)
        if entry is None or entry == "/quit":
            print("\nsaved: coach chat --resume")
            return
        try:
            state = await _step(coach, state, entry)
        except InterviewError as error:
            print(f"! {error}")
            continue
        shown = _show(coach, shown, state)
    print(_report(coach, state))


def _report(coach: Coach, state: Session) -> str:
    parts, lang = coach.interview, state.plan.lang
    return report_markdown(state, parts.cards, critique=lambda one: interview.critique_of(parts, one, lang))


async def _step(coach: Coach, state: Session, entry: str) -> Session:
    parts = coach.interview
    match entry:
        case "/hint":
            return await interview.hint(parts, state)
        case "/skip":
            return await interview.advance(parts, await interview.skip(parts, state))
        case "/next":
            return await interview.next_question(parts, state)
        case "/again":
            return await interview.advance(parts, await interview.regrade(parts, state))
        case "/end":
            return await interview.end(parts, state)
        case "/report":
            print(_report(coach, state))
            return state
        case "" if state.phase == "graded":
            return await interview.next_question(parts, state)
        case _ if entry.startswith("/") and " " not in entry and "\n" not in entry:
            raise InterviewError(f"no command {entry!r}. {HELP[state.plan.lang]}")
        case _:
            return await interview.answer(parts, state, entry)


def _read() -> str | None:
    """One command, or the lines up to an empty one outside fenced code; None at the end of the input."""
    lines: list[str] = []
    while True:
        try:
            line = input("… " if lines else "> ")
        except EOFError:
            return "\n".join(lines) or None
        if not lines and line.strip().startswith("/"):
            return line.strip()
        in_code = sum(one.lstrip().startswith("```") for one in lines) % 2 == 1
        if not line.strip() and not in_code:
            return "\n".join(lines)
        lines.append(line)


def _show(coach: Coach, before: Session | None, state: Session) -> Session:
    """Print what is new since `before`; returns the state shown."""
    if state.phase == "ended" or not state.rounds:
        return state
    lang = state.plan.lang
    current = state.current
    old = before.current if before is not None and len(before.rounds) == len(state.rounds) else None
    if old is None:
        print(f"\n[{len(state.rounds)}/{len(state.cards)}] {current.question}\n")
    closed = old is not None and old.open and not current.open
    if current.grade is not None and (old is None or old.grade != current.grade or closed):
        card = coach.interview.cards[current.card]
        closed = state.phase == "graded"
        told = interview.critique_of(coach.interview, current, lang) if closed else None
        print(f"\n{grade_markdown(card, current.grade, lang, reveal=not current.open, critique=told)}\n")
    for hint in current.hints[len(old.hints) if old else 0 :]:
        print(f"({hint.rung}/3) {hint.text}")
    for probe in current.probes[len(old.probes) if old else 0 :]:
        print(f"\n{probe.text}\n")
    if state.phase == "graded":
        print("[Enter: next question]" if lang == "en" else "[回车：下一题]")
    return state
