"""A past interview: its line in the list, at a glance, replayed, graded again. Pure."""

import unicodedata
from collections.abc import Sequence
from datetime import tzinfo

from coach.progress.export import word
from coach.progress.library import SessionInfo
from coach.progress.outcome import told
from coach.schema import Card, Disputed, Grade, Lang, Round, Session, Slug, State
from coach.ui.pieces import percent
from coach.ui.progress_html import Cards, esc, form_name, pg_table, square
from coach.ui.render import chat_messages
from coach.ui.words.progress import say

SHORT = 40
"""Width of a title in the list, in Latin letters; a Chinese character is two wide."""


def session_line(info: SessionInfo, lang: Lang, *, tz: tzinfo) -> str:
    """One line of the list as plain text: the title, and below it when, what, how much and how it ended.

    The last score is told once the interview is over: before, it may be an exam.
    """
    over = info.ended_at is not None
    parts = [
        f"{info.updated_at.astimezone(tz):%Y-%m-%d %H:%M}",
        form_name(info.format, lang),
        say("questions_1" if info.questions == 1 else "questions_n", lang, n=info.questions),
        say("answers_1" if info.answers == 1 else "answers_n", lang, n=info.answers),
    ]
    parts += [say("score_last", lang, score=round(100 * info.score))] if over and info.score is not None else []
    parts += [] if over else [say("unfinished", lang)]
    return f"{short(info.title) or say('untitled', lang)}\n{' · '.join(parts)}"


def short(text: str, most: int = SHORT) -> str:
    """The text cut to a width and before a formula that is not whole, with an ellipsis where something is left out."""
    wide = 0
    for at, letter in enumerate(text):
        wide += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if wide > most:
            kept = text[: at - 1]
            whole = kept if kept.count("$") % 2 == 0 else kept[: kept.rindex("$")]
            return f"{whole.rstrip()}…"
    return text


def session_html(state: Session, title: str, lang: Lang, *, tz: tzinfo) -> str:
    """A past interview at a glance: when and how long, each question with its score, what was objected to."""
    facts = [f"{state.started_at.astimezone(tz):%Y-%m-%d %H:%M}", form_name(state.plan.format, lang)]
    facts += [say("exam", lang)] if state.exam else []
    facts += [say("minutes", lang, n=f"{state.used_s / 60:.0f}")] if state.used_s >= 30 else []
    facts += [say("unfinished", lang)] if state.ended is None else []
    head = f'<h3>{esc(title)}</h3><p class="pg-meta">{esc(" · ".join(facts))}</p>'
    if state.exam_on:
        return f'<section class="pg pg-session">{head}<p>{say("exam_on", lang)}</p></section>'
    rows = [
        f'<tr><td>{at}</td><th scope="row">{esc(one.question.splitlines()[0] if one.question else "")}</th>'
        f"<td>{_outcome(state, one, lang)}</td></tr>"
        for at, one in enumerate(state.rounds, start=1)
    ]
    table = pg_table(["#", say("question", lang), say("score", lang)], rows, kind="rounds")
    return f'<section class="pg pg-session">{head}{table}{_objections(state, lang)}</section>'


def answers_text(state: Session, lang: Lang) -> str:
    """How many answers were given, in words."""
    n = sum(len(one.answers) for one in state.rounds)
    return say("answers_1" if n == 1 else "answers_n", lang, n=n)


def _outcome(state: Session, one: Round, lang: Lang) -> str:
    if one.grade is not None and told(state, one):
        return _value(one.grade, lang)
    if one.skipped == "question":
        return say("skipped", lang)
    return say("open" if state.ended is None and one is state.current else "unanswered", lang)


def _objections(state: Session, lang: Lang) -> str:
    found: list[tuple[int, Disputed]] = [
        (at, each) for at, one in enumerate(state.rounds, start=1) for each in one.disputes
    ]
    if not found:
        return ""
    lines = "".join(
        f"<li>{esc(say('objection', lang, n=at, state=word(each.state, lang), reason=each.reason))}</li>"
        for at, each in found
    )
    return f"<h4>{say('objections', lang)}</h4><ul>{lines}</ul>"


Messages = list[dict[str, str]]


def steps_of(state: Session, lang: Lang) -> Messages:
    """The conversation as it can be replayed, message by message; after each question what it scored, where told."""
    out: Messages = []
    for at, one in enumerate(state.rounds):
        before = chat_messages(state.model_copy(update={"rounds": state.rounds[:at]}))
        out += chat_messages(state.model_copy(update={"rounds": state.rounds[: at + 1]}))[len(before) :]
        score = one.grade.score if one.grade is not None and told(state, one) else None
        if score is not None:
            said = say("replay_score", lang, score=round(100 * score.value), band=word(score.band, lang))
            out.append({"role": "assistant", "content": f"*{said}*"})
    return out


def changed(before: Grade | None, after: Grade | None) -> tuple[tuple[Slug, State | None, State], ...]:
    """The points that are judged otherwise now: before, and after."""
    then = {one.criterion: one.state for one in before.verdicts} if before is not None else {}
    pairs = ((one.criterion, then.get(one.criterion), one.state) for one in (after.verdicts if after else ()))
    return tuple((name, was, now) for name, was, now in pairs if was != now)


def regraded_html(before: Session, after: Session, done: Sequence[int], cards: Cards, lang: Lang) -> str:
    """Before and after, question by question, of those that were graded again."""
    if not done:
        return ""
    rows = [_regraded_row(at, before.rounds[at], after.rounds[at], cards, lang) for at in done]
    head = ["#", *(say(name, lang) for name in ("question", "before", "after", "changed"))]
    return f'<section class="pg pg-regraded">{pg_table(head, rows, kind="regraded")}</section>'


def _regraded_row(at: int, was: Round, now: Round, cards: Cards, lang: Lang) -> str:
    return (
        f'<tr><td>{at + 1}</td><th scope="row">{esc(now.question.splitlines()[0])}</th>'
        f"<td>{_value(was.grade, lang)}</td><td>{_value(now.grade, lang)}</td>"
        f"<td>{_changes(changed(was.grade, now.grade), cards.get(now.card), lang)}</td></tr>"
    )


def _value(grade: Grade | None, lang: Lang) -> str:
    return percent(grade.score.value) if grade is not None and grade.score is not None else say("ungraded", lang)


def _changes(points: Sequence[tuple[Slug, State | None, State]], card: Card | None, lang: Lang) -> str:
    says = {each.id: each.says.text(lang) for each in card.criteria} if card is not None else {}
    lines = [
        f"<li>{square(was, lang) if was is not None else ''} → {square(now, lang)} {esc(says.get(name, name))}</li>"
        for name, was, now in points
    ]
    return f"<ul>{''.join(lines)}</ul>" if lines else say("changed_none", lang)
