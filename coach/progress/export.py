"""Grades and sessions -> Markdown. Pure; the page, the terminal and the download show the same words."""

from collections.abc import Callable, Mapping

from coach.grading.score import arithmetic, next_fix
from coach.schema import Answered, Card, Criterion, Grade, Hinted, Lang, Probed, Round, Session, State, Verdict

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "met": {"en": "met", "zh": "答到"},
    "partly": {"en": "partly", "zh": "部分答到"},
    "missed": {"en": "missed", "zh": "没答到"},
    "contradicted": {"en": "contradicted", "zh": "说反了"},
    "not_graded": {"en": "not graded", "zh": "未评分"},
    "strong": {"en": "strong", "zh": "优秀"},
    "good": {"en": "good", "zh": "良好"},
    "fair": {"en": "fair", "zh": "一般"},
    "weak": {"en": "weak", "zh": "薄弱"},
    "fix": {"en": "Fix this first", "zh": "最先改这一点"},
    "capped": {"en": "held at “fair” until this is met", "zh": "这一点没答到，最高只能算“一般”"},
    "required": {"en": "required", "zh": "必答"},
    "score": {"en": "Score", "zh": "得分"},
    "judge": {"en": "Judge", "zh": "评分者"},
    "reference": {"en": "Reference answer", "zh": "参考答案"},
    "report": {"en": "Interview report", "zh": "面试报告"},
    "you": {"en": "You", "zh": "你"},
    "interviewer": {"en": "Interviewer", "zh": "面试官"},
    "hint": {"en": "Hint", "zh": "提示"},
    "skipped": {"en": "skipped", "zh": "已跳过"},
    "unanswered": {"en": "not answered", "zh": "未作答"},
    "correction": {"en": "Correction", "zh": "更正"},
    "said": {"en": "you said", "zh": "你说的是"},
    "downgraded": {
        "en": "the judge said “{state}”, but its quote is not in the answer",
        "zh": "评分者判为“{state}”，但引文不在回答里",
    },
    "overall": {"en": "Overall", "zh": "总体"},
    "graded_of": {"en": "{graded} of {all} questions graded", "zh": "{all} 题中有 {graded} 题已评分"},
    "hidden": {"en": "(shown once the question is closed)", "zh": "（这道题结束后显示）"},
    "fix_open": {"en": "answer the follow-up", "zh": "先回答追问"},
    "nothing": {"en": "nothing is missing", "zh": "没有缺漏"},
    "points": {"en": "pt", "zh": "分"},
    "next": {"en": "Practise next", "zh": "接下来练这些"},
    "deeper": {"en": "Where an interviewer would go next", "zh": "面试官接下来可能会问"},
    "sources": {"en": "Sources", "zh": "出处"},
}
"""Words of the report in both languages."""

MARKS: Mapping[State, str] = {"met": "✓", "partly": "◐", "missed": "✗", "contradicted": "⚠", "not_graded": "–"}


def word(key: str, lang: Lang) -> str:
    """The report's word for `key`. Raises KeyError for an unknown one."""
    return WORDS[key][lang]


def fix_text(card: Card, grade: Grade, lang: Lang) -> str | None:
    """The one thing to fix first, as a sentence; None when nothing is missing or there is no grade."""
    name = next_fix(card, grade) if grade.score is not None else None
    if name is None:
        return None
    for misconception in card.misconceptions:
        if misconception.id == name:
            return misconception.correction.text(lang)
    return card.criterion(name).says.text(lang)


def judge_text(grade: Grade) -> str:
    """Which judge graded, with its model and cost."""
    info = grade.judge
    cost = f", {info.tokens_in} + {info.tokens_out} tokens" if info.tokens_in is not None else ""
    return f"{info.name} ({info.judge}{cost})"


def point_text(criterion: Criterion, verdict: Verdict, lang: Lang, *, reveal: bool) -> str:
    """What the criterion asks for; withheld while the question is open, unless it is met."""
    return criterion.says.text(lang) if reveal or verdict.state == "met" else word("hidden", lang)


def fix_line(card: Card, grade: Grade, lang: Lang, *, reveal: bool) -> str | None:
    """The line with the one thing to fix; None when there is no score. Points no way out of an open question."""
    if grade.score is None:
        return None
    fix = fix_text(card, grade, lang)
    shown = word("nothing", lang) if fix is None else fix if reveal else word("fix_open", lang)
    return f"**{word('fix', lang)}:** {shown}"


def grade_markdown(
    card: Card, grade: Grade, lang: Lang, *, reveal: bool = True, guard: Callable[[str], str] = str
) -> str:
    """A grade as Markdown: verdict first, each criterion with its evidence, the sum, one thing to fix.

    With `reveal` false, points that are still missing keep their text to themselves. `guard` is applied to whatever
    a person or a model wrote.
    """
    lines: list[str] = []
    if grade.not_graded is not None:
        lines.append(f"**{word('not_graded', lang)}**: {guard(grade.not_graded.message)}")
    if grade.score is not None:
        band = word(grade.score.band, lang)
        lines.append(f"**{word('score', lang)}: {round(100 * grade.score.value)} % · {band}**  ")
        lines.append(f"{arithmetic(grade.score)}")
        if grade.score.capped_by and reveal:
            lines += [
                f"_{card.criterion(name).says.text(lang)}_: {word('capped', lang)}" for name in grade.score.capped_by
            ]
    lines.append("")
    for criterion, verdict in zip(card.criteria, grade.verdicts, strict=True):
        says = point_text(criterion, verdict, lang, reveal=reveal)
        lines.append(_verdict_line(says, criterion, verdict, lang, guard))
    for stated in grade.misconceptions:
        misconception = next(one for one in card.misconceptions if one.id == stated.misconception)
        quote = guard(_inline(stated.evidence[0].text))
        lines.append(f"- ⚠ {word('said', lang)} “{quote}” (−{misconception.penalty})")
        if reveal:
            lines.append(f"  - {word('correction', lang)}: {misconception.correction.text(lang)}")
    fix = fix_line(card, grade, lang, reveal=reveal)
    if fix is not None:
        lines += ["", fix]
    lines += ["", f"{word('judge', lang)}: {judge_text(grade)}"]
    return "\n".join(lines)


def _verdict_line(says: str, criterion: Criterion, verdict: Verdict, lang: Lang, guard: Callable[[str], str]) -> str:
    extra = f", {word('required', lang)}" if criterion.required else ""
    worth = f"({criterion.weight} {word('points', lang)}{extra})"
    head = f"- {MARKS[verdict.state]} **{word(verdict.state, lang)}** {worth} {says}"
    quotes = [f"  - “{guard(_inline(evidence.text))}”" for evidence in verdict.evidence]
    if verdict.downgraded_from is not None:
        told = word("downgraded", lang).format(state=word(verdict.downgraded_from, lang))
        quotes.append(f"  - {told}")
    return "\n".join((head, *quotes))


def report_markdown(session: Session, cards: Mapping[str, Card], *, guard: Callable[[str], str] = str) -> str:
    """The whole session as Markdown, for reading and for download.

    `guard` is applied to whatever a person or a model wrote.
    """
    lang = session.plan.lang
    graded = [one.grade.score for one in session.rounds if one.grade is not None and one.grade.score is not None]
    counted = word("graded_of", lang).format(graded=len(graded), all=len(session.rounds))
    lines = [f"# {word('report', lang)}", "", f"{session.started_at:%Y-%m-%d %H:%M} UTC · {counted}", ""]
    if graded:
        points, of = sum(one.points for one in graded), sum(one.of for one in graded)
        each = " + ".join(f"{one.points:g}/{one.of:g}" for one in graded)
        lines += [f"**{word('overall', lang)}: {each} = {points:g} / {of:g} = {round(100 * points / of)} %**", ""]
    missing = [
        f"- {fix} (`{one.card}`)"
        for one in session.rounds
        if one.grade is not None and (fix := fix_text(cards[one.card], one.grade, lang)) is not None
    ]
    if missing:
        lines += [f"## {word('next', lang)}", "", *missing, ""]
    for number, one in enumerate(session.rounds, start=1):
        lines += _round_markdown(number, one, cards[one.card], lang, guard)
    return "\n".join(lines).rstrip() + "\n"


def _round_markdown(number: int, one: Round, card: Card, lang: Lang, guard: Callable[[str], str]) -> list[str]:
    lines = [f"## {number}. {one.question}", ""]
    for body in one.said:
        if isinstance(body, Answered):
            quoted = (f"> {guard(line)}" for line in body.text.splitlines())
            lines += [f"**{word('you', lang)}:**", "", *quoted, ""]
        elif isinstance(body, Probed):
            lines += [f"**{word('interviewer', lang)}:** {guard(body.text)}", ""]
        elif isinstance(body, Hinted):
            lines += [f"**{word('hint', lang)} {body.rung}:** {body.text}", ""]
        else:
            lines += [f"_{word('skipped', lang)}_", ""]
    if one.grade is not None:
        lines += [grade_markdown(card, one.grade, lang, guard=guard), ""]
    elif not one.answers and one.skipped is None:
        lines += [f"_{word('unanswered', lang)}_", ""]
    return [*lines, f"### {word('reference', lang)}", "", reference_markdown(card, lang), ""]


def reference_markdown(card: Card, lang: Lang) -> str:
    """The reference answer, where an interviewer would go next, and the sources."""
    parts = [card.reference.text(lang)]
    if card.followups:
        deeper = "\n".join(f"- {question.text(lang)}" for question in card.followups)
        parts.append(f"**{word('deeper', lang)}**\n\n{deeper}")
    return "\n\n".join((*parts, f"{word('sources', lang)}: {'; '.join(card.references)}"))


def _inline(text: str) -> str:
    return " ".join(text.split())
