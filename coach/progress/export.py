"""Grades and sessions -> Markdown. Pure; the page, the terminal and the download show the same words."""

from collections.abc import Callable, Mapping, Sequence

from coach.faults import ungraded_text
from coach.grading.score import TESTS, arithmetic, next_fix
from coach.progress.debrief import debrief
from coach.progress.outcome import card_of, outcome, told
from coach.schema import (
    Answered,
    Aside,
    Card,
    CodeRun,
    Criterion,
    Critique,
    CritiquePoint,
    Grade,
    Hinted,
    Lang,
    PointKind,
    Probed,
    Round,
    Said,
    Sentence,
    Session,
    State,
    Verdict,
)

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
    "no_quote": {
        "en": "the judge said “{state}” without quoting the answer",
        "zh": "评分者判为“{state}”，但没有引用回答",
    },
    "repeats": {
        "en": "the judge said “{state}”, but its quote only repeats the interviewer",
        "zh": "评分者判为“{state}”，但引文只是重复面试官的话",
    },
    "hidden_text": {
        "en": "the answer holds text that a reader does not see; it was not graded",
        "zh": "回答里有读者看不见的文字；这部分不参与评分",
    },
    "addresses_the_judge": {
        "en": "the answer speaks to the judge; this changed no points",
        "zh": "回答里有对评分者说的话；这不影响得分",
    },
    "steps": {
        "en": "Derivation: {reached} of {all} formulas of the card were written",
        "zh": "推导：写出了 {all} 个关键公式中的 {reached} 个",
    },
    "wrong_step": {
        "en": "It first goes wrong where you write {said}; the card has {wanted}",
        "zh": "最先出错的地方：你写的是 {said}，应为 {wanted}",
    },
    "one_look": {
        "en": "the second look failed, so the first verdicts stand",
        "zh": "复核没有成功，以第一次判定为准",
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
    "tests": {"en": "Tests", "zh": "测试"},
    "passed": {"en": "passed", "zh": "通过"},
    "hidden_tests": {"en": "hidden: {passed} of {all} passed", "zh": "隐藏测试：{all} 个中通过 {passed} 个"},
    "not_run": {"en": "your code was not run, and no tests count", "zh": "代码没有运行，测试不计分"},
    "no_code": {"en": "no code was given", "zh": "没有给出代码"},
    "tests_met": {"en": "Every test passes", "zh": "所有测试都要通过"},
    "fix_tests": {"en": "make every test pass", "zh": "先让所有测试通过"},
    "timeout": {"en": "took too long", "zh": "超时"},
    "memory": {"en": "took too much memory", "zh": "内存超限"},
    "exit": {"en": "ended the process", "zh": "进程提前结束"},
    "tampered": {"en": "replaced a built-in name", "zh": "改动了内置名称"},
    "run_stopped": {"en": "the run was stopped", "zh": "运行被中止"},
    "covered": {"en": "covered", "zh": "答到"},
    "missing": {"en": "missing", "zh": "没答到"},
    "wrong": {"en": "wrong", "zh": "说错了"},
    "from_reference": {"en": "The reference says", "zh": "参考答案这样说"},
    "stronger": {"en": "Your answer, stronger", "zh": "把你的回答讲得更好"},
    "from_example": {"en": "The example answer says", "zh": "示例回答这样说"},
    "by_candidate": {"en": "unmarked: your own words", "zh": "没有标记的是你自己的话"},
    "by_candidate_model": {"en": "unmarked: your words, tidied by the model", "zh": "没有标记的是你的话，由模型整理"},
    "by_reference": {"en": "＋ added from the reference", "zh": "＋ 是从参考答案补充的"},
    "by_blank": {"en": "[ ] for you to fill in", "zh": "【 】要你自己填"},
    "nothing_kept": {
        "en": "Nothing you said carries a point yet, so this is the reference answer itself.",
        "zh": "你说的内容里还没有答到任何要点，下面就是参考答案本身。",
    },
    "nothing_added": {"en": "Nothing is missing: keep it as you said it.", "zh": "没有缺漏，就按你说的讲。"},
    "left_out": {
        "en": "Left out: {n} of your sentences that no point rests on.",
        "zh": "略去了你的 {n} 句话：没有要点依据这些话。",
    },
    "left": {"en": "time left", "zh": "剩余时间"},
    "left_each": {"en": "on this question", "zh": "本题剩余"},
    "paused": {"en": "paused", "zh": "已暂停"},
    "again": {"en": "From the beginning, then.", "zh": "好，这题重新来。"},
    "attempt": {"en": "Earlier attempt", "zh": "之前的作答"},
    "rated": {"en": "Your own mark", "zh": "自评"},
    "disputed": {"en": "You disagree", "zh": "你有异议"},
    "late": {"en": "time was up", "zh": "时间到"},
    "card_gone": {
        "en": "The bank does not have this card any more, or its points have changed since: only the sum is left.",
        "zh": "题库里已经没有这张卡片，或者它的要点后来改过，所以这里只剩得分。",
    },
    "twist": {"en": "Twist", "zh": "变化"},
    "minutes": {"en": "{minutes} min used", "zh": "用时 {minutes} 分钟"},
    "debrief": {"en": "Debrief", "zh": "面试结论"},
    "strong hire": {"en": "strong hire", "zh": "强烈推荐录用"},
    "hire": {"en": "hire", "zh": "推荐录用"},
    "leaning no hire": {"en": "leaning no hire", "zh": "倾向不录用"},
    "no hire": {"en": "no hire", "zh": "不录用"},
    "no verdict": {"en": "no verdict: nothing was graded", "zh": "没有结论：没有评分"},
    "debrief_rule": {
        "en": "Each round by its points: 85 % strong hire, 65 % hire, 40 % leaning no hire, below that no hire; overall"
        " the mean of the rounds, and no better than leaning no hire when a round says no hire.",
        "zh": "每一轮按得分：85% 强烈推荐，65% 推荐，40% 倾向不录用，再低不录用。"
        "总体取各轮平均；只要有一轮不录用，总体最多是倾向不录用。",
    },
    "unused": {"en": "The model's critique was not used", "zh": "没有采用模型写的点评"},
}
"""Words of the report in both languages."""

MARKS: Mapping[State, str] = {"met": "✓", "partly": "◐", "missed": "✗", "contradicted": "⚠", "not_graded": "–"}
KIND_MARKS: Mapping[PointKind, str] = {"covered": "✓", "partly": "◐", "missing": "✗", "wrong": "⚠"}


def word(key: str, lang: Lang) -> str:
    """The report's word for `key`. Raises KeyError for an unknown one."""
    return WORDS[key][lang]


def label(key: str, lang: Lang) -> str:
    """The same with the colon that a value follows."""
    return f"{word(key, lang)}：" if lang == "zh" else f"{word(key, lang)}: "


def bold_label(key: str, lang: Lang) -> str:
    """The same in bold print; a Chinese colon stands outside, where every reader of Markdown sees the end of it."""
    return f"**{word(key, lang)}**：" if lang == "zh" else f"**{word(key, lang)}:** "


def aside(text: str, lang: Lang) -> str:
    """The text in brackets, with what keeps them apart from the word before."""
    return f"（{text}）" if lang == "zh" else f" ({text})"


def worth_text(worth: str, criterion: Criterion, lang: Lang) -> str:
    """In brackets what a criterion is or was worth, and whether it is required, before what it says."""
    comma, gap = ("，", "") if lang == "zh" else (", ", " ")
    extra = f"{comma}{word('required', lang)}" if criterion.required else ""
    return f"{aside(f'{worth}{extra}', lang)}{gap}"


def fix_text(card: Card, grade: Grade, lang: Lang) -> str | None:
    """The one thing to fix first, as a sentence; None when nothing is missing or there is no grade."""
    name = next_fix(card, grade) if grade.score is not None else None
    if name is None:
        return None
    if name == TESTS:
        return word("fix_tests", lang)
    for misconception in card.misconceptions:
        if misconception.id == name:
            return misconception.correction.text(lang)
    return card.criterion(name).says.text(lang)


def cap_text(card: Card, name: str, lang: Lang) -> str:
    """What holds the band down, in words."""
    return word("tests_met", lang) if name == TESTS else card.criterion(name).says.text(lang)


def code_lines(grade: Grade, lang: Lang, *, guard: Callable[[str], str] = str) -> tuple[str, ...]:
    """What the tests of a coding card said, as Markdown list items; none when there were no tests to run.

    Hidden tests are a count and nothing else.
    """
    head = f"- {bold_label('tests', lang)}"
    if grade.code_refused is not None:
        return (f"{head}{word('not_run', lang)}{aside(guard(grade.code_refused), lang)}",)
    if grade.code is None:
        counted = grade.score is not None and any(line.label == TESTS for line in grade.score.lines)
        return (f"{head}{word('no_code', lang)}",) if counted else ()
    return tuple(f"- {line}" for line in run_lines(grade.code, lang, guard=guard))


def run_lines(run: CodeRun, lang: Lang, *, guard: Callable[[str], str] = str) -> tuple[str, ...]:
    """A line per visible check, then how many hidden ones passed, then why the run ended early if it did."""
    lines: list[str] = []
    for one in run.visible:
        if one.error is None:
            lines.append(f"✓ {one.id}: {word('passed', lang)}")
            continue
        kind = word(one.error, lang) if one.error in {"timeout", "memory", "exit", "tampered"} else one.error
        said = f" ({guard(_inline(one.message))})" if one.message else ""
        lines.append(f"✗ {one.id}: {guard(kind)}{said}")
    if run.hidden:
        mark = "✓" if run.hidden_passed == run.hidden else "✗"
        lines.append(f"{mark} {word('hidden_tests', lang).format(passed=run.hidden_passed, all=run.hidden)}")
    if run.stopped is not None:
        lines.append(f"⚠ {label('run_stopped', lang)}{word(run.stopped, lang)}")
    return tuple(lines)


def judge_text(grade: Grade, lang: Lang = "en") -> str:
    """Which judge graded, with its model and cost."""
    info = grade.judge
    if lang == "zh":
        cached = f"（其中缓存 {info.tokens_cached}）" if info.tokens_cached else ""
        cost = (
            f"，输入 {info.tokens_in} tokens{cached}，输出 {info.tokens_out} tokens"
            if info.tokens_in is not None
            else ""
        )
        if info.cost_usd is not None:
            cost += "，不到 $0.0001" if 0 < info.cost_usd < 0.0001 else f"，${info.cost_usd:.4f}"
        return f"{info.name}（{info.judge}{cost}）"
    cached = f", {info.tokens_cached} cached" if info.tokens_cached else ""
    cost = f", {info.tokens_in} + {info.tokens_out} tokens{cached}" if info.tokens_in is not None else ""
    if info.cost_usd is not None:
        cost += ", less than $0.0001" if 0 < info.cost_usd < 0.0001 else f", ${info.cost_usd:.4f}"
    return f"{info.name} ({info.judge}{cost})"


def downgrade_text(verdict: Verdict, lang: Lang) -> str:
    """What the judge said of a criterion and why it does not count; empty for a verdict that stands."""
    if verdict.downgraded_from is None:
        return ""
    why = "downgraded" if verdict.downgraded_for in (None, "not_found") else verdict.downgraded_for
    return word(why, lang).format(state=word(verdict.downgraded_from, lang))


def step_lines(card: Card, grade: Grade, lang: Lang, *, guard: Callable[[str], str] = str) -> tuple[str, ...]:
    """How far the formulas of a derivation got, and where it first goes wrong; nothing without formulas."""
    if grade.steps is None:
        return ()
    reached, wrong = len(grade.steps.reached), grade.steps.wrong
    lines = [word("steps", lang).format(reached=reached, all=len(card.steps))] if reached else []
    if wrong is not None:
        said = guard(_inline(wrong.said))
        lines.append(word("wrong_step", lang).format(said=f"“{said}”", wanted=f"${wrong.wanted}$"))
    return tuple(lines)


def grade_notes(grade: Grade, lang: Lang, *, guard: Callable[[str], str] = str) -> tuple[str, ...]:
    """What a person should know about how the grade came about: flags of the answer, a second look that failed."""
    notes = [word(flag, lang) for flag in grade.flags]
    if grade.judge.second_look_failed is not None:
        notes.append(f"{word('one_look', lang)}{aside(guard(grade.judge.second_look_failed), lang)}")
    return tuple(notes)


def point_text(criterion: Criterion, verdict: Verdict, lang: Lang, *, reveal: bool) -> str:
    """What the criterion asks for; withheld while the question is open, unless it is met."""
    return criterion.says.text(lang) if reveal or verdict.state == "met" else word("hidden", lang)


def fix_line(card: Card, grade: Grade, lang: Lang, *, reveal: bool) -> str | None:
    """The line with the one thing to fix; None when there is no score. Points no way out of an open question."""
    if grade.score is None:
        return None
    fix = fix_text(card, grade, lang)
    shown = word("nothing", lang) if fix is None else fix if reveal else word("fix_open", lang)
    return f"{bold_label('fix', lang)}{shown}"


def grade_markdown(
    card: Card,
    grade: Grade,
    lang: Lang,
    *,
    reveal: bool = True,
    guard: Callable[[str], str] = str,
    critique: Critique | None = None,
) -> str:
    """A grade as Markdown: verdict first, each criterion with its evidence, the sum, one thing to fix.

    With `reveal` false, points that are still missing keep their text to themselves, and a `critique` is not shown.
    `guard` is applied to whatever a person or a model wrote.
    """
    critique = critique if reveal else None
    passages = {point.point: point for point in critique.points} if critique is not None else {}
    lines: list[str] = []
    if grade.not_graded is not None:
        lines.append(f"{bold_label('not_graded', lang)}{guard(ungraded_text(grade.not_graded, lang))}")
    if grade.score is not None:
        band = word(grade.score.band, lang)
        lines.append(f"**{label('score', lang)}{round(100 * grade.score.value)} % · {band}**  ")
        lines.append(arithmetic(grade.score, lang))
        if critique is not None:
            lines += ["", guard(critique.verdict)]
        elif grade.score.capped_by and reveal:
            lines += [
                f"_{cap_text(card, name, lang)}_{'：' if lang == 'zh' else ': '}{word('capped', lang)}"
                for name in grade.score.capped_by
            ]
    lines.append("")
    for criterion, verdict in zip(card.criteria, grade.verdicts, strict=True):
        says = point_text(criterion, verdict, lang, reveal=reveal)
        lines.append(_verdict_line(says, criterion, verdict, lang, guard))
        lines += _passage_lines(card, passages.get(criterion.id), lang)
    for stated in grade.misconceptions:
        misconception = next(one for one in card.misconceptions if one.id == stated.misconception)
        quote = guard(_inline(stated.evidence[0].text))
        lines.append(f"- ⚠ {word('said', lang)} “{quote}” (−{misconception.penalty})")
        if reveal:
            lines.append(f"  - {label('correction', lang)}{misconception.correction.text(lang)}")
        lines += _passage_lines(card, passages.get(stated.misconception), lang)
    lines += code_lines(grade, lang, guard=guard)
    if reveal:
        lines += [f"- {line}" for line in step_lines(card, grade, lang, guard=guard)]
    if critique is not None:
        lines += ["", critique_fix(critique, guard=guard), "", stronger_markdown(critique, guard=guard)]
    else:
        fix = fix_line(card, grade, lang, reveal=reveal)
        lines += ["", fix] if fix is not None else []
    lines += ["", f"{label('judge', lang)}{judge_text(grade, lang)}"]
    for note in grade_notes(grade, lang, guard=guard):
        lines += ["", f"⚠ {note}"]
    return "\n".join(lines)


def _passage_lines(card: Card, point: CritiquePoint | None, lang: Lang) -> list[str]:
    whose = label("from_example" if card.personal else "from_reference", lang)
    return [f"  - {whose}{point.passage.text}"] if point is not None else []


def critique_fix(critique: Critique, *, guard: Callable[[str], str] = str) -> str:
    """The line with the one thing to do next."""
    fix = guard(critique.fix) if critique.fix is not None else word("nothing", critique.lang)
    return f"{bold_label('fix', critique.lang)}{fix}"


def stronger_markdown(critique: Critique, *, guard: Callable[[str], str] = str) -> str:
    """The candidate's own answer made stronger, with a mark before what is not theirs, and how it was made.

    `guard` is applied to the candidate's and the model's words.
    """
    lang, stronger = critique.lang, critique.stronger
    sources = {sentence.source for sentence in stronger.sentences}
    by_model = stronger.made_by == "model"
    if critique.fix is None and sources == {"candidate"}:
        note = word("nothing_added", lang)
    elif sources == {"reference"}:
        note = word("nothing_kept", lang)
    else:
        note = ("；" if lang == "zh" else "; ").join(
            word(f"by_{source}_model" if by_model and source == "candidate" else f"by_{source}", lang)
            for source in ("candidate", "reference", "blank")
            if source in sources
        )
    lines = [f"**{word('stronger', lang)}**", "", f"_{note}_", ""]
    mark = sources != {"reference"}
    for group in _grouped(stronger.sentences):
        seam = "" if lang == "zh" else " "
        text = _joined([sentence.text for sentence in group], seam)
        if by_model or group[0].source == "candidate":
            text = guard(text)
        lines += [f"＋ {text}" if mark and group[0].source == "reference" else text, ""]
    if critique.left_out and "candidate" in sources:
        lines += [f"_{word('left_out', lang).format(n=critique.left_out)}_", ""]
    if critique.fallback is not None:
        lines += [f"_{label('unused', lang)}{guard(critique.fallback)}_", ""]
    return "\n".join(lines).rstrip()


def _grouped(sentences: Sequence[Sentence]) -> list[list[Sentence]]:
    """Sentences as they are shown: what one source says in a row together, each blank and each added point apart."""
    out: list[list[Sentence]] = []
    for sentence in sentences:
        last = out[-1][-1] if out else None
        same = last is not None and last.source == sentence.source and sentence.source != "blank"
        if same and last is not None and (sentence.source == "candidate" or last.point == sentence.point is not None):
            out[-1].append(sentence)
        else:
            out.append([sentence])
    return out


def _joined(texts: Sequence[str], seam: str) -> str:
    """Sentences as one paragraph; code and list items keep lines of their own."""
    out = ""
    for text in texts:
        apart = text.startswith(("```", "- ", "* ")) or out.rstrip().endswith("```")
        out += ("\n\n" if apart else seam) + text if out else text
    return out


def points_markdown(card: Card, critique: Critique, *, guard: Callable[[str], str] = str) -> str:
    """Every point of a critique: what became of it, the candidate's words, and the passage of the reference."""
    lang = critique.lang
    wrong = {one.id: one.correction.text(lang) for one in card.misconceptions}
    lines: list[str] = []
    for point in critique.points:
        says = wrong[point.point] if point.point in wrong else card.criterion(point.point).says.text(lang)
        lines.append(f"- {KIND_MARKS[point.kind]} **{word(point.kind, lang)}** · {says}")
        lines += [f"    - “{guard(_inline(one.text))}”" for one in point.evidence]
        lines += [f"  {line}" for line in _passage_lines(card, point, lang)]
    return "\n".join(lines)


def _verdict_line(says: str, criterion: Criterion, verdict: Verdict, lang: Lang, guard: Callable[[str], str]) -> str:
    worth = worth_text(f"{criterion.weight} {word('points', lang)}", criterion, lang)
    head = f"- {MARKS[verdict.state]} **{word(verdict.state, lang)}**{worth}{says}"
    quotes = [f"  - “{guard(_inline(evidence.text))}”" for evidence in verdict.evidence]
    if verdict.downgraded_from is not None:
        quotes.append(f"  - {downgrade_text(verdict, lang)}")
    return "\n".join((head, *quotes))


def _stored(one: Round) -> Critique | None:
    return one.critique


def report_markdown(
    session: Session,
    cards: Mapping[str, Card],
    *,
    guard: Callable[[str], str] = str,
    critique: Callable[[Round], Critique | None] = _stored,
) -> str:
    """The whole session as Markdown, for reading and for download.

    `critique` gives what is told about a question; without it only what a model wrote is shown. `guard` is applied to
    whatever a person or a model wrote. What a question that is still open was worth stays untold.
    """
    lang = session.lang
    closed = tuple(one for one in session.rounds if told(session, one))
    whole = outcome(closed)
    counted = word("graded_of", lang).format(graded=len(whole.scores), all=len(session.rounds))
    lines = [f"# {word('report', lang)}", "", f"{session.started_at:%Y-%m-%d %H:%M} UTC · {counted}", ""]
    if whole.value is not None and whole.band is not None:
        share = f"{round(100 * whole.value)} % · {word(whole.band, lang)}"
        lines += [f"**{label('overall', lang)}{whole.terms} = {share}**", ""]
    lines += debrief_lines(session, lang)
    missing = [f"- {fix} (`{one.card}`)" for one in closed if (fix := fix_of(cards, one, lang)) is not None]
    if missing:
        lines += [f"## {word('next', lang)}", "", *missing, ""]
    for number, one in enumerate(session.rounds, start=1):
        if session.stages and (number == 1 or one.stage != session.rounds[number - 2].stage):
            lines += [f"## {session.stages[one.stage].title.text(lang)}", ""] if len(session.stages) > 1 else []
        shown = told(session, one)
        advice = critique(one) if shown else None
        lines += _round_markdown(number, one, card_of(cards, one), lang, guard, advice, told=shown)
    return "\n".join(lines).rstrip() + "\n"


def fix_of(cards: Mapping[str, Card], one: Round, lang: Lang) -> str | None:
    """The one thing to fix on a question; None when nothing is missing, without a grade, or when its card is gone."""
    card = card_of(cards, one)
    return fix_text(card, one.grade, lang) if card is not None and one.grade is not None else None


def _round_markdown(
    number: int,
    one: Round,
    card: Card | None,
    lang: Lang,
    guard: Callable[[str], str],
    critique: Critique | None,
    *,
    told: bool,
) -> list[str]:
    lines = [f"## {number}. {guard(one.question)}", ""]
    for at, attempt in enumerate(one.attempts, start=1):
        lines += [f"### {word('attempt', lang)} {at}", "", *_said_lines(attempt.said, lang, guard)]
        if attempt.grade is not None and attempt.grade.score is not None:
            lines += [f"{label('score', lang)}{arithmetic(attempt.grade.score, lang)}", ""]
    lines += _said_lines(one.said, lang, guard)
    notes = [word("minutes", lang).format(minutes=f"{one.seconds / 60:.1f}")] if one.seconds >= 1 else []
    notes += [f"{label('rated', lang)}{one.rated}/5"] if one.rated is not None else []
    notes += [
        f"{label('disputed', lang)}{guard(_inline(each.reason))}"
        f"{aside(f'{each.criterion} → {word(each.state, lang)}', lang)}"
        for each in one.disputes
    ]
    lines += [f"_{' · '.join(notes)}_", ""] if notes else []
    if not told:
        return [*lines, f"_{word('hidden', lang)}_", ""]
    if card is None:
        sums = (
            [f"{label('score', lang)}{arithmetic(one.grade.score, lang)}", ""] if one.grade and one.grade.score else []
        )
        return [*lines, *sums, f"_{word('card_gone', lang)}_", ""]
    if one.grade is not None:
        lines += [grade_markdown(card, one.grade, lang, guard=guard, critique=critique), ""]
    elif not one.answers and one.skipped is None:
        lines += [f"_{word('unanswered', lang)}_", ""]
    return [*lines, f"### {word('reference', lang)}", "", reference_markdown(card, lang), ""]


def _said_lines(said: Sequence[Said], lang: Lang, guard: Callable[[str], str]) -> list[str]:
    lines: list[str] = []
    for body in said:
        if isinstance(body, Answered):
            lines += [bold_label("you", lang).rstrip(), "", *_quoted(body.text, guard), ""]
        elif isinstance(body, Probed):
            lines += [f"{bold_label('interviewer', lang)}{guard(body.text)}", ""]
        elif isinstance(body, Aside):
            lines += [bold_label("you", lang).rstrip(), "", *_quoted(body.said, guard), ""]
            lines += [f"{bold_label('interviewer', lang)}{guard(body.reply)}", ""]
        elif isinstance(body, Hinted):
            lines += [
                f"**{word('hint', lang)} {body.rung}**：{body.text}"
                if lang == "zh"
                else f"**{word('hint', lang)} {body.rung}:** {body.text}",
                "",
            ]
        else:
            late = aside(word("late", lang), lang) if body.late else ""
            lines += [f"_{word('skipped', lang)}{late}_", ""]
    return lines


def _quoted(text: str, guard: Callable[[str], str]) -> list[str]:
    return [f"> {guard(line)}" for line in text.splitlines()]


def debrief_lines(session: Session, lang: Lang) -> list[str]:
    """Each round of a loop and the whole in hire / no-hire words, with the rule; nothing for other interviews."""
    if len(session.stages) < 2:
        return []
    found = debrief(session)
    lines = [f"## {label('debrief', lang)}{word(found.overall, lang)}", "", word("debrief_rule", lang), ""]
    for stage, one in zip(session.stages, found.rounds, strict=True):
        share = aside(f"{round(100 * one.value)} %", lang) if one.value is not None else ""
        lines.append(f"- {stage.title.text(lang)}{'：' if lang == 'zh' else ': '}{word(one.says, lang)}{share}")
    return [*lines, ""]


def reference_markdown(card: Card, lang: Lang) -> str:
    """The reference answer, where an interviewer would go next, and the sources."""
    parts = [card.reference.text(lang)]
    if card.followups:
        deeper = "\n".join(f"- {question.text(lang)}" for question in card.followups)
        parts.append(f"**{word('deeper', lang)}**\n\n{deeper}")
    return "\n\n".join((*parts, f"{label('sources', lang)}{'; '.join(card.references)}"))


def _inline(text: str) -> str:
    return " ".join(text.split())
