"""Session -> what the page shows: chat messages, the answer with its evidence marked, the scorecard. Pure."""

import html
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from coach.faults import fault_text, ungraded_text
from coach.grading.score import arithmetic
from coach.interview.clock import left, left_on_question
from coach.progress.export import (
    MARKS,
    cap_text,
    code_lines,
    critique_fix,
    downgrade_text,
    fix_line,
    grade_notes,
    judge_text,
    label,
    point_text,
    step_lines,
    worth_text,
)
from coach.progress.export import (
    word as report_word,
)
from coach.schema import (
    Answered,
    Aside,
    Card,
    Criterion,
    Critique,
    Grade,
    Hinted,
    Lang,
    Said,
    Session,
    Skipped,
    Utterance,
    Verdict,
)
from coach.text import seamless
from coach.ui.markup import inline, rich, spans_of
from coach.ui.markup import typed as as_typed
from coach.ui.words.practice import WORDS
from coach.wiring import JudgeNotice

_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_MATH = re.compile(r"(\$\$.*?\$\$|\$[^$\n]+\$|\\\(.*?\\\)|\\\[.*?\\\])", re.DOTALL)


def word(key: str, lang: Lang) -> str:
    """The page's word for `key`, or else the report's. Raises KeyError for an unknown one."""
    return WORDS[key][lang] if key in WORDS else report_word(key, lang)


def defuse(text: str) -> str:
    """Markdown in which tags and images of a person's or model's text are shown as they were written.

    Code keeps its characters (the renderer escapes them); inside formulas `<` becomes `\\lt`.
    """
    out: list[str] = []
    for number, piece in enumerate(_CODE.split(text)):
        if number % 2:
            out.append(piece.replace("![", "!\u200b["))
            continue
        for position, part in enumerate(_MATH.split(piece)):
            if position % 2:
                out.append(part.replace("<", r"\lt ").replace(">", r"\gt ").replace("![", "! ["))
            else:
                out.append(part.replace("<", "&lt;").replace("![", "&#33;&#91;"))
    return "".join(out)


def _seamless(markdown: str) -> str:
    return "".join(piece if number % 2 else seamless(piece) for number, piece in enumerate(_CODE.split(markdown)))


def typed(text: str) -> str:
    """Markdown of what a person typed, defused, with its line breaks kept."""
    pieces = _CODE.split(defuse(text))
    return "".join(piece if number % 2 else piece.replace("\n", "  \n") for number, piece in enumerate(pieces))


def chat_messages(session: Session | None, *, grading: bool = False, saying: str = "") -> list[dict[str, str]]:
    """The conversation as chat messages, oldest first; last what the interviewer is `saying` just now."""
    if session is None:
        return []
    lang = session.lang
    out: list[dict[str, str]] = []
    for number, one in enumerate(session.rounds, start=1):
        lead = f"{one.lead}\n\n" if one.lead else ""
        out.append(_says("assistant", f"{lead}**{number}/{session.total}** · {defuse(_seamless(one.question))}"))
        for attempt in one.attempts:
            for body in attempt.said:
                out += _messages(body, lang)
            out.append(_says("assistant", f"*{word('again', lang)}*"))
        for body in one.said:
            out += _messages(body, lang)
    if grading:
        out.append(_says("assistant", defuse(saying) or "…"))
    return out


def _messages(body: Said, lang: Lang) -> list[dict[str, str]]:
    if isinstance(body, Answered):
        return [_says("user", typed(body.text))]
    if isinstance(body, Aside):
        return [_says("user", typed(body.said)), _says("assistant", defuse(body.reply))]
    asked = [_says("user", typed(body.said))] if isinstance(body, Hinted | Skipped) and body.said else []
    if isinstance(body, Skipped):
        return [*asked, _says("user", f"*{word('late' if body.late else 'skipped', lang)}*")]
    if isinstance(body, Hinted):
        return [*asked, _says("assistant", f"*{word('hint', lang)} {body.rung}/3* · {defuse(body.text)}")]
    return [_says("assistant", defuse(body.text))]


def _says(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def clock_html(session: Session, now: datetime) -> str:
    """The time left, in the interview and on the question, which the page counts down; empty without a clock."""
    runs = session.phase == "answering" and not session.paused
    whole, one = left(session, now), left_on_question(session, now)
    parts = [_left(word("left", session.lang), whole, runs)] if whole is not None else []
    parts += [_left(word("left_each", session.lang), one, runs)] if one is not None else []
    parts += [word("paused", session.lang)] if session.paused else []
    return " · ".join(parts)


def _left(name: str, seconds: float, runs: bool) -> str:
    whole = max(int(seconds), 0)
    counted = f' data-left="{whole}"' if runs else ""
    return f'{name} <span class="left"{counted}>{whole // 60}:{whole % 60:02d}</span>'


def over_html(session: Session) -> str:
    """HTML of what came of an interview that is over, with the way to its report."""
    scores = [one.grade.score.value for one in session.rounds if one.grade is not None and one.grade.score is not None]
    lang = session.lang
    told = word("over", lang).format(graded=len(scores), asked=len(session.rounds))
    mean = (
        f'<p class="score"><b>{round(100 * sum(scores) / len(scores))} %</b> {word("mean", lang)}</p>' if scores else ""
    )
    links = (
        f'<a class="go" href="./report?session={html.escape(session.id)}">{word("to_report", lang)}</a> '
        f'<a href="./progress">{word("to_progress", lang)}</a>'
    )
    told = f"<p>{html.escape(told)}</p>"
    return f'<h2>{word("over_title", lang)}</h2>{mean}{told}<p class="over-links">{links}</p>'


def notice_html(notice: JudgeNotice, lang: Lang) -> str:
    """HTML of which judge is at work and what leaves the machine."""
    sends = word("sends", lang).format(host=notice.sends_to) if notice.sends_to else word("sends_nothing", lang)
    how = ""
    if notice.measured is not None:
        agree, criteria = notice.measured
        how = word("measured", lang).format(agree=agree, criteria=criteria)
    judge = word("llm_judge" if notice.uses_model else "offline_judge", lang)
    line = f"<b>{judge}</b> {html.escape(notice.name)}{html.escape(how)} · {html.escape(sends)}"
    return f"{line}<br>{html.escape(fault_text(notice.warning, lang))}" if notice.warning else line


def marked_answer(card: Card, grade: Grade, utterances: Sequence[Utterance]) -> str:
    """HTML of the candidate's words, each piece of evidence marked with the numbers of its criteria."""
    return "".join(f'<p class="said">{as_typed(one.text, spans_of(card, grade, one.turn))}</p>' for one in utterances)


def score_head(grade: Grade, lang: Lang) -> str:
    """HTML of the score, its band and the sum it comes from; empty when there is no score."""
    if grade.score is None:
        return ""
    percent = round(100 * grade.score.value)
    band, name = grade.score.band, word(grade.score.band, lang)
    return (
        f'<div class="score {band}"><b>{percent} %</b> <span class="band">{html.escape(name)}</span>'
        f'<div class="bar" aria-hidden="true"><i style="width:{percent}%"></i></div>'
        f"<code>{html.escape(arithmetic(grade.score, lang))}</code></div>"
    )


def scorecard(card: Card, grade: Grade, lang: Lang, *, reveal: bool, critique: Critique | None = None) -> str:
    """The scorecard as HTML for a `gr.Markdown`: score, verdict, the one thing to fix, numbered criteria with states.

    With `reveal` false (the question is still open) points that are missing keep their text to themselves, and no
    `critique` is shown.
    """
    critique = critique if reveal else None
    lines = [score_head(grade, lang)]
    if grade.not_graded is not None:
        lines.append(f"<h3>{word('not_graded', lang)}</h3><p>{html.escape(ungraded_text(grade.not_graded, lang))}</p>")
    if grade.score is not None and critique is not None:
        lines.append(f"<p>{inline(critique.verdict)}</p>")
    elif grade.score is not None and reveal:
        capped = word("capped", lang)
        lines += [f"<p><em>{inline(cap_text(card, one, lang))}</em> — {capped}</p>" for one in grade.score.capped_by]
    fix = critique_fix(critique) if critique is not None else fix_line(card, grade, lang, reveal=reveal)
    lines += [rich(fix)] if fix is not None else []
    points = "".join(
        _point(criterion, verdict, grade, lang, reveal=reveal)
        for criterion, verdict in zip(card.criteria, grade.verdicts, strict=True)
    )
    lines.append(f"<ol>{points}</ol>")
    notes: list[str] = []
    for stated in grade.misconceptions:
        misconception = next(one for one in card.misconceptions if one.id == stated.misconception)
        quote = html.escape(" ".join(stated.evidence[0].text.split()))
        correction = f" — {inline(misconception.correction.text(lang))}" if reveal else ""
        notes.append(f"⚠ (−{misconception.penalty}) “{quote}”{correction}")
    notes += [inline(line.removeprefix("- ")) for line in code_lines(grade, lang)]
    if reveal:
        notes += [inline(line) for line in step_lines(card, grade, lang)]
    if notes:
        lines.append(f"<ul>{''.join(f'<li>{note}</li>' for note in notes)}</ul>")
    lines.append(f'<p class="quiet">{label("judge", lang)}{html.escape(judge_text(grade, lang))}</p>')
    lines += [f"<p>⚠ {inline(note)}</p>" for note in grade_notes(grade, lang)]
    return "".join(lines).replace("\n", "&#10;")


def _point(criterion: Criterion, verdict: Verdict, grade: Grade, lang: Lang, *, reveal: bool) -> str:
    earned = next((line.points for line in grade.score.lines if line.label == criterion.id), 0) if grade.score else 0
    sum_text = f"{earned:g}/{criterion.weight}" if grade.score else f"–/{criterion.weight}"
    state = f"{MARKS[verdict.state]} {word(verdict.state, lang)}"
    why = f"<br><em>{html.escape(downgrade_text(verdict, lang))}</em>" if verdict.downgraded_from is not None else ""
    return (
        f'<li><span class="state {verdict.state}">{state}</span>{worth_text(sum_text, criterion, lang)}'
        f"{inline(point_text(criterion, verdict, lang, reveal=reveal))}{why}</li>"
    )


def fold(title: str, inside: str, name: str) -> str:
    """HTML of something that is shown when its title is pressed."""
    return f'<details class="{name}"><summary>{html.escape(title)}</summary>{inside}</details>' if inside else ""


def now_html(state: Session | None, can: Iterable[str], *, kind: str = "", working: bool = False) -> str:
    """HTML that nobody sees, by whose classes the style knows where things stand and what can be done."""
    place = "setup" if state is None else "over" if state.phase == "ended" else "going"
    names = [
        place,
        *(f"can-{name}" for name in can),
        *([f"is-{kind}"] if kind else []),
        *(["working"] if working else []),
    ]
    rates = state is not None and state.owes_rating
    names += ["can-rate"] if rates else []
    at = f' data-at="{html.escape(state.id)}:{state.next_seq}"' if state is not None else ""
    return f'<i class="{" ".join(names)}"{at}></i>'
