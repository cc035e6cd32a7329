"""The interview in a terminal: the same functions as the page, with lines instead of boxes."""

import asyncio
import sys
from typing import cast, get_args

from coach.errors import CoachError, InterviewError
from coach.faults import fault_text
from coach.interview import session as interview
from coach.interview.clock import left, left_on_question
from coach.interview.report import report
from coach.progress.export import grade_markdown
from coach.schema import Aside, Hinted, Plan, Probed, Session, State
from coach.wiring import Coach

HELP = {
    "en": "Finish an answer with an empty line; put code between lines of ```. You can also just ask: “could you repeat"
    " that?”, “a hint, please”, “let me start over”, “in Chinese, please”.\n"
    "On a line of its own: /hint /skip /next /again /redo /rate 1-5 /pause /report /end /quit"
    "\n/wrong CRITERION STATE WHY says that a verdict is wrong.",
    "zh": "输入空行表示答完，代码写在两行 ``` 之间。也可以直接说：“再说一遍”“给点提示”“我重新说”“用英文问吧”。\n"
    "命令单独占一行：/hint 提示  /skip 跳过  /next 下一题  /again 重新评分  /redo 重答  /rate 1-5 自评\n"
    "/wrong 要点 判定 理由  /pause 暂停  /report 报告  /end 结束  /quit 稍后继续",
}


async def hold(coach: Coach, plan: Plan | None) -> None:
    """Hold an interview until it ends, the person leaves with /quit, or the input ends; the newest without a plan."""
    for problem in coach.problems:
        print(f"left out: {problem}", file=sys.stderr)
    parts = coach.interview
    if plan is None:
        newest = coach.store.latest()
        if newest is None:
            raise CoachError("there is no interview to resume: leave --resume out to start one")
        state = await interview.load(parts, newest)
        if state.phase == "ended":
            raise CoachError("the newest interview is finished: leave --resume out to start another")
        state = await interview.advance(parts, await interview.resume(parts, state))
    else:
        state = await interview.start(parts, plan)
    notice = coach.notice()
    print(
        f"[{notice.name}{f', answers go to {notice.sends_to}' if notice.sends_to else ', nothing leaves this machine'}]"
    )
    if notice.warning:
        print(f"[{fault_text(notice.warning, state.lang)}]")
    print(HELP[state.lang])
    shown = _show(coach, None, state)
    while state.phase != "ended":
        entry = await asyncio.to_thread(_read)
        if entry is None or entry == "/quit":
            await interview.pause(parts, state)
            print("\nsaved: coach chat --resume")
            return
        try:
            state = await _step(coach, state, entry)
        except InterviewError as error:
            print(f"! {fault_text(error, state.lang)}")
            continue
        shown = _show(coach, shown, state)
    print(report(coach.interview, state))


async def _step(coach: Coach, state: Session, entry: str) -> Session:
    parts = coach.interview
    command, _, rest = entry.partition(" ")
    if state.paused and command != "/pause":
        state = await interview.resume(parts, state)
    match command:
        case "/hint":
            return await interview.hint(parts, state)
        case "/skip":
            return await interview.advance(parts, await interview.skip(parts, state))
        case "/next":
            return await interview.next_question(parts, state)
        case "/again":
            return await interview.advance(parts, await interview.regrade(parts, state))
        case "/redo":
            return await interview.retract(parts, state)
        case "/rate":
            return await interview.rate(parts, state, int(rest) if rest.strip().isdigit() else 0)
        case "/wrong":
            return await _dispute(coach, state, rest)
        case "/pause":
            return await interview.pause(parts, state)
        case "/end":
            return await interview.end(parts, state)
        case "/report":
            if state.exam:
                raise InterviewError("in an exam the report comes at the end", "exam_on")
            print(report(coach.interview, state))
            return state
        case "" if state.phase == "graded":
            return await interview.next_question(parts, state)
        case _ if entry.startswith("/") and " " not in entry and "\n" not in entry:
            usage = HELP[state.lang]
            raise InterviewError(f"no command {entry!r}. {usage}", "no_command", entry=entry, help=usage)
        case _:
            return await interview.advance(parts, await interview.hear(parts, state, entry))


async def _dispute(coach: Coach, state: Session, rest: str) -> Session:
    words = rest.split(maxsplit=2)
    if len(words) < 3 or words[1] not in get_args(State):
        raise InterviewError(
            "say it as: /wrong CRITERION STATE WHY, such as: /wrong least-squares met I named the squared error",
            "wrong_usage",
        )
    criterion, deserved, reason = words
    after = await interview.dispute(
        coach.interview,
        state,
        question=len(state.rounds) - 1,
        criterion=criterion,
        state=cast(State, deserved),
        reason=reason,
    )
    print("[kept: coach export --disputes writes it as a labelled case]")
    return after


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
    lang = state.lang
    current = state.current
    same = before is not None and len(before.rounds) == len(state.rounds)
    old = before.current if before is not None and same else None
    if old is not None and len(old.attempts) != len(current.attempts):
        old = None
    if old is None:
        print(f"\n{current.lead}\n" if current.lead else "")
        print(f"[{len(state.rounds)}/{state.total}] {current.question}\n")
    closed = old is not None and old.open and not current.open
    fresh = old is None or old.grade != current.grade or closed or (before is not None and not before.tells)
    if current.grade is not None and fresh and state.tells:
        card = coach.interview.cards[current.card]
        closed = state.phase == "graded"
        told = interview.critique_of(coach.interview, current, lang) if closed else None
        print(f"\n{grade_markdown(card, current.grade, lang, reveal=not current.open, critique=told)}\n")
    for body in current.said[len(old.said) if old else 0 :]:
        match body:
            case Hinted():
                print(f"({body.rung}/3) {body.text}")
            case Probed():
                print(f"\n{body.text}\n")
            case Aside():
                print(f"\n{body.reply}\n")
    _show_clock(coach, state)
    if state.owes_rating:
        print("[how good was that, 1 to 5? /rate N]" if lang == "en" else "[自评 1 到 5 分：/rate N]")
    elif state.phase == "graded":
        print("[Enter: next question]" if lang == "en" else "[回车：下一题]")
    return state


def _show_clock(coach: Coach, state: Session) -> None:
    now = coach.interview.now()
    for name, seconds in (
        ({"en": "left", "zh": "剩余"}, left(state, now)),
        ({"en": "left on this question", "zh": "本题剩余"}, left_on_question(state, now)),
    ):
        if seconds is not None:
            print(f"[{name[state.lang]} {max(int(seconds), 0) // 60}:{max(int(seconds), 0) % 60:02d}]")
