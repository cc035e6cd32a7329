"""Session -> what the page shows: chat messages, the answer with its evidence marked, the scorecard. Pure."""

import html
import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

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
    point_text,
    step_lines,
)
from coach.progress.export import (
    word as report_word,
)
from coach.schema import (
    Answered,
    Aside,
    Card,
    Critique,
    Grade,
    Hinted,
    Lang,
    Said,
    Session,
    Skipped,
    State,
    Utterance,
)
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
        out.append(_says("assistant", f"{lead}**{number}/{session.total}** · {defuse(one.question)}"))
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
        return [*asked, _says("assistant", f"*{word('hint', lang)} {body.rung}/3* · {body.text}")]
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
    return f"<h2>{word('over_title', lang)}</h2>{mean}<p>{html.escape(told)}</p><p>{links}</p>"


def notice_html(notice: JudgeNotice, lang: Lang) -> str:
    """HTML of which judge is at work and what leaves the machine."""
    sends = word("sends", lang).format(host=notice.sends_to) if notice.sends_to else word("sends_nothing", lang)
    how = word("measured", lang).format(measured=notice.measured) if notice.measured else ""
    judge = word("llm_judge" if notice.uses_model else "offline_judge", lang)
    line = f"<b>{judge}</b> {html.escape(notice.name)}{html.escape(how)} · {html.escape(sends)}"
    return f"{line}<br>{html.escape(notice.warning)}" if notice.warning else line


def marked_answer(card: Card, grade: Grade, utterances: Sequence[Utterance]) -> str:
    """HTML of the candidate's words, each piece of evidence marked with the numbers of its criteria."""
    numbers = {criterion.id: str(n) for n, criterion in enumerate(card.criteria, start=1)}
    blocks: list[str] = []
    for utterance in utterances:
        spans: list[tuple[int, int, str, State]] = [
            (found.start, found.end, numbers[verdict.criterion], verdict.state)
            for verdict in grade.verdicts
            for found in verdict.evidence
            if found.turn == utterance.turn
        ]
        spans += [
            (found.start, found.end, "!", "contradicted")
            for stated in grade.misconceptions
            for found in stated.evidence
            if found.turn == utterance.turn
        ]
        blocks.append(f'<p class="said">{_mark(utterance.text, spans)}</p>')
    return "".join(blocks)


_WEIGHT: Mapping[State, int] = {"contradicted": 3, "met": 2, "partly": 1, "missed": 0, "not_graded": 0}


def _mark(text: str, spans: Sequence[tuple[int, int, str, State]]) -> str:
    cuts = sorted({0, len(text), *(span[0] for span in spans), *(span[1] for span in spans)})
    out: list[str] = []
    for start, end in itertools.pairwise(cuts):
        piece = html.escape(text[start:end]).replace("\n", "<br>")
        over = [span for span in spans if span[0] <= start and end <= span[1]]
        if over:
            state = max((span[3] for span in over), key=lambda one: _WEIGHT[one])
            ending = sorted({span[2] for span in over if span[1] == end})
            note = f"<sup>{','.join(ending)}</sup>" if ending else ""
            piece = f'<mark class="{state}">{piece}{note}</mark>'
        out.append(piece)
    return "".join(out)


def score_head(grade: Grade, lang: Lang) -> str:
    """HTML of the score, its band and the sum it comes from; empty when there is no score."""
    if grade.score is None:
        return ""
    percent = round(100 * grade.score.value)
    band, name = grade.score.band, word(grade.score.band, lang)
    return (
        f'<div class="score {band}"><b>{percent} %</b> <span class="band">{html.escape(name)}</span>'
        f'<div class="bar" aria-hidden="true"><i style="width:{percent}%"></i></div>'
        f"<code>{html.escape(arithmetic(grade.score))}</code></div>"
    )


def scorecard(card: Card, grade: Grade, lang: Lang, *, reveal: bool, critique: Critique | None = None) -> str:
    """What stands below the score, as Markdown: the verdict, the one thing to fix, numbered criteria with states.

    With `reveal` false (the question is still open) points that are missing keep their text to themselves, and no
    `critique` is shown.
    """
    critique = critique if reveal else None
    lines: list[str] = []
    if grade.not_graded is not None:
        lines += [f"### {word('not_graded', lang)}", defuse(grade.not_graded.message)]
    if grade.score is not None:
        if critique is not None:
            lines.append(defuse(critique.verdict))
        elif reveal:
            lines += [f"*{cap_text(card, name, lang)}* — {word('capped', lang)}" for name in grade.score.capped_by]
    fix = fix_line(card, grade, lang, reveal=reveal)
    if critique is not None:
        lines.append(critique_fix(critique, guard=defuse))
    elif fix is not None:
        lines.append(fix)
    for number, (criterion, verdict) in enumerate(zip(card.criteria, grade.verdicts, strict=True), start=1):
        earned = (
            next((line.points for line in grade.score.lines if line.label == criterion.id), 0) if grade.score else 0
        )
        sum_text = f"{earned:g}/{criterion.weight}" if grade.score else f"–/{criterion.weight}"
        extra = f", {word('required', lang)}" if criterion.required else ""
        state = f"{MARKS[verdict.state]} {word(verdict.state, lang)}"
        lines.append(
            f'{number}. <span class="state {verdict.state}">{state}</span> ({sum_text}{extra}) '
            f"{point_text(criterion, verdict, lang, reveal=reveal)}"
        )
        if verdict.downgraded_from is not None:
            lines.append(f"    - *{downgrade_text(verdict, lang)}*")
    for stated in grade.misconceptions:
        misconception = next(one for one in card.misconceptions if one.id == stated.misconception)
        quote = defuse(" ".join(stated.evidence[0].text.split()))
        correction = f" — {misconception.correction.text(lang)}" if reveal else ""
        lines.append(f"- ⚠ (−{misconception.penalty}) “{quote}”{correction}")
    lines += code_lines(grade, lang, guard=defuse)
    if reveal:
        lines += [f"- {line}" for line in step_lines(card, grade, lang, guard=defuse)]
    lines.append(f"{word('judge', lang)}: {judge_text(grade)}")
    lines += [f"⚠ {note}" for note in grade_notes(grade, lang, guard=defuse)]
    return _paragraphs(lines)


def _paragraphs(lines: Sequence[str]) -> str:
    """Lines joined so that list items stay together and all else stands apart."""
    out: list[str] = []
    for line in lines:
        item = bool(re.match(r"\s*(?:\d+\.|-) ", line))
        if out and not (item and re.match(r"\s*(?:\d+\.|-) ", out[-1])):
            out.append("")
        out.append(line)
    return "\n".join(out)
