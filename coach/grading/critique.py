"""A grade -> what the candidate is told about it, composed from the card alone. Pure; no model is asked.

The stronger answer is the candidate's own: their sentences that carry a point stay as they were said, in their order.
Only what the card says is added, and on cards that ask for a story of one's own nothing is added but blanks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coach.bank.glossary import Glossary
from coach.grading.passage import paragraphs, passages, spans, unwrapped
from coach.grading.score import TESTS, next_fix
from coach.grading.statements import is_idle
from coach.grading.visible import visible
from coach.schema import (
    Bilingual,
    Card,
    Critique,
    CritiquePoint,
    Grade,
    Lang,
    Misconception,
    Passage,
    PointKind,
    Score,
    Sentence,
    State,
    Stronger,
    Utterance,
)
from coach.text import lang_of, normalise

KINDS: Mapping[State, PointKind] = {"met": "covered", "partly": "partly", "missed": "missing", "contradicted": "wrong"}

_WORDS: Mapping[str, Bilingual] = {
    "strong": Bilingual(en="Strong", zh="优秀"),
    "good": Bilingual(en="Good", zh="良好"),
    "fair": Bilingual(en="Fair", zh="一般"),
    "weak": Bilingual(en="Weak", zh="薄弱"),
    "all": Bilingual(en="every point is covered.", zh="要点都答到了。"),
    "none": Bilingual(en="none of the {all} points is covered yet.", zh="{all} 个要点一个都还没答到。"),
    "some": Bilingual(
        en="{covered} of {all} points covered{partly}; the largest gap costs {lost} of {of} pt.",
        zh="{all} 个要点答到 {covered} 个{partly}；最大的缺口占 {of} 分里的 {lost} 分。",
    ),
    "partly": Bilingual(en="and {n} half covered", zh="，还有 {n} 个只答了一半"),
    "capped": Bilingual(
        en="the points would do for more, but a required one is not fully there: {gap}",
        zh="论分数可以更高，但有一个必答点没有答全：{gap}",
    ),
    "stated": Bilingual(
        en="{covered} of {all} points covered{partly}, but one claim is wrong: “{quote}”",
        zh="{all} 个要点答到 {covered} 个{partly}，但有一处说错了：“{quote}”",
    ),
    "tests": Bilingual(
        en="the explanation stands; the tests do not all pass yet.", zh="讲解没问题，但测试还没有全部通过。"
    ),
    "fix_missing": Bilingual(en="Say this too: {says}", zh="补上这一点：{says}"),
    "fix_partly": Bilingual(en="Finish this point: {says}", zh="把这一点说完整：{says}"),
    "fix_wrong": Bilingual(en="Take back “{quote}” and say instead: {says}", zh="收回“{quote}”这句，改成：{says}"),
    "fix_stated": Bilingual(en="Take back “{quote}”. {says}", zh="收回“{quote}”这句。{says}"),
    "fix_own": Bilingual(
        en="Add this from your own work: {says} ({probe})", zh="用你自己的经历补上这一点：{says}（{probe}）"
    ),
    "fix_tests": Bilingual(en="Make every test pass before you say more.", zh="先让所有测试通过，再往下讲。"),
    "your_number": Bilingual(en="[your number: {probe}]", zh="【你的数字：{probe}】"),
    "your_words": Bilingual(en="[your own words: {probe}]", zh="【你自己的经历：{probe}】"),
    "your_turn": Bilingual(en="[say this differently: {says}]", zh="【这里换个说法：{says}】"),
    "your_code": Bilingual(en="[your code, once every test passes]", zh="【你的代码，等所有测试都通过之后】"),
}
_ASKS_NUMBER = re.compile(
    r"\b(?:(?:a|in|with) numbers?|percent|figures|size|how (?:much|many|large|big|long|often)|quantif\w*)\b"
    r"|数字|多少|多大|量化|幅度|百分|具体数值",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^(?:(?:\d+[.)]|[-*+])\s+)?(?:\*\*([^*]+?)[.。:：]?\*\*[.。:：]?\s+(?=\S))?")
_QUOTE = 90
"""Longest quote in a sentence of ours."""


@dataclass(frozen=True)
class _Said:
    """One sentence of the candidate's, and the points that rest on it."""

    text: str
    carries: tuple[str, ...]
    """Ids of the criteria whose evidence it holds."""
    wrong: tuple[str, ...]
    """Ids of the misconceptions it states and the criteria it contradicts."""
    idle: bool


def compose(
    card: Card,
    grade: Grade,
    utterances: Sequence[Utterance],
    glossary: Glossary,
    lang: Lang,
    *,
    interviewer: Sequence[str] = (),
) -> Critique:
    """The critique of a graded answer, made of the card's words and the candidate's.

    `interviewer` holds every line said to the candidate: what only repeats one is left out of the stronger answer.
    Raises ValueError for a grade without a score: there is nothing to say about one.
    """
    if grade.score is None:
        raise ValueError(f"the answer on {card.id!r} is not graded: there is no critique without a grade")
    found = passages(card, lang, glossary)
    fix, fix_passage = _fix(card, grade, lang, found)
    sentences, left_out = _stronger(card, grade, utterances, lang, found, interviewer)
    return Critique(
        lang=lang,
        verdict=f"{headline(grade, lang)}{_decides(card, grade, grade.score, lang)}",
        points=points_of(card, grade, found),
        fix=fix,
        fix_passage=fix_passage,
        stronger=Stronger(sentences=sentences, made_by="card"),
        source="card",
        left_out=left_out,
    )


def answer_lang(utterances: Sequence[Utterance], default: Lang) -> Lang:
    """The language most of the answer is in."""
    return lang_of("\n".join(utterance.text for utterance in utterances), default)


def headline(grade: Grade, lang: Lang) -> str:
    """Band and percent: `Fair, 55 %: `; empty without a score."""
    if grade.score is None:
        return ""
    band = _WORDS[grade.score.band].text(lang)
    return (
        f"{band}，{round(100 * grade.score.value)} %："
        if lang == "zh"
        else (f"{band}, {round(100 * grade.score.value)} %: ")
    )


def points_of(card: Card, grade: Grade, found: Mapping[str, Passage]) -> tuple[CritiquePoint, ...]:
    """Every criterion in the card's order, then every misconception that was stated."""
    judged = [
        CritiquePoint(
            point=verdict.criterion,
            kind=KINDS[verdict.state],
            evidence=verdict.evidence,
            passage=found[verdict.criterion],
        )
        for verdict in grade.verdicts
        if verdict.state in KINDS
    ]
    stated = [
        CritiquePoint(point=one.misconception, kind="wrong", evidence=one.evidence, passage=found[one.misconception])
        for one in grade.misconceptions
    ]
    return (*judged, *stated)


def _say(key: str, lang: Lang, **parts: object) -> str:
    return _WORDS[key].text(lang).format(**parts)


def _decides(card: Card, grade: Grade, score: Score, lang: Lang) -> str:
    """What decides the band, as the rest of the sentence that `headline` begins."""
    states = [verdict.state for verdict in grade.verdicts]
    covered, half = states.count("met"), states.count("partly")
    counts = {
        "covered": covered,
        "all": len(states),
        "partly": ("" if lang == "zh" else " ") + _say("partly", lang, n=half) if half else "",
    }
    name = next_fix(card, grade)
    if name is None:
        return _say("all", lang)
    if grade.misconceptions:
        stated = next(one for one in grade.misconceptions if one.misconception == name)
        return _say("stated", lang, **counts, quote=_short(stated.evidence[0].text))
    if name == TESTS:
        return _say("tests", lang)
    capped = [one for one in score.capped_by if one != TESTS]
    if capped:
        return _say("capped", lang, gap=card.criterion(capped[0]).says.text(lang))
    gap = next((line for line in score.lines if line.label == name), None)
    lost = f"{gap.of - gap.points:g}" if gap is not None else ""
    return _say("some" if covered or half else "none", lang, **counts, lost=lost, of=f"{score.of:g}")


def _fix(card: Card, grade: Grade, lang: Lang, found: Mapping[str, Passage]) -> tuple[str | None, Passage | None]:
    """The one thing to do next, and the passage it rests on."""
    name = next_fix(card, grade)
    if name is None:
        return None, None
    if name == TESTS:
        return _say("fix_tests", lang), None
    for one in grade.misconceptions:
        if one.misconception == name:
            correction = _misconception(card, name).correction.text(lang)
            return _say("fix_stated", lang, quote=_short(one.evidence[0].text), says=correction), found[name]
    verdict = next(verdict for verdict in grade.verdicts if verdict.criterion == name)
    criterion = card.criterion(name)
    says = criterion.says.text(lang)
    if verdict.state == "contradicted" and verdict.evidence:
        return _say("fix_wrong", lang, quote=_short(verdict.evidence[0].text), says=says), found[name]
    if card.personal:
        return _say("fix_own", lang, says=says, probe=criterion.probe.text(lang)), found[name]
    return _say("fix_partly" if verdict.state == "partly" else "fix_missing", lang, says=says), found[name]


def _misconception(card: Card, name: str) -> Misconception:
    return next(one for one in card.misconceptions if one.id == name)


def _stronger(
    card: Card,
    grade: Grade,
    utterances: Sequence[Utterance],
    lang: Lang,
    found: Mapping[str, Passage],
    interviewer: Sequence[str],
) -> tuple[tuple[Sentence, ...], int]:
    """The sentences of the stronger answer, and how many of the candidate's it leaves out."""
    said = _heard(grade, utterances, interviewer)
    personal = card.personal
    kept = [
        one for one in said if not one.wrong and (one.carries or (personal and not one.idle) or _is_code(one, card))
    ]
    if not kept and not personal and not any(one.wrong for one in said):
        return _whole_reference(card, lang), len(said)
    adding = _Adding(card, lang, found, " ".join(one.text for one in kept))
    states = {verdict.criterion: verdict.state for verdict in grade.verdicts}
    carried = {name for one in kept for name in one.carries}
    last = {name: at for at, one in enumerate(said) if not one.wrong for name in one.carries}
    out: list[Sentence] = []
    for at, one in enumerate(said):
        if one.wrong:
            out += adding.instead(one.wrong)
        elif one in kept:
            out += _own(one, grade)
        out += [
            sentence
            for name in one.carries
            if last.get(name) == at and states[name] == "partly"
            for sentence in adding.passage(name)
        ]
    left = [
        criterion
        for criterion in card.criteria
        if states[criterion.id] in {"missed", "contradicted"} or criterion.id not in carried
    ]
    for criterion in sorted(left, key=lambda one: -one.weight):
        out += adding.passage(criterion.id)
    if not out:
        return _whole_reference(card, lang), len(said)
    return tuple(out), sum(one not in kept and not one.wrong for one in said)


class _Adding:
    """What the card adds to an answer, each passage once."""

    def __init__(self, card: Card, lang: Lang, found: Mapping[str, Passage], kept: str) -> None:
        self._card, self._lang, self._found = card, lang, found
        self._kept = _folded(kept)
        self._used: set[tuple[int, int]] = set()
        self._names: set[str] = set()

    def instead(self, names: Iterable[str]) -> list[Sentence]:
        """What takes the place of a wrong statement: its correction, then what the reference says."""
        out: list[Sentence] = []
        for name in names:
            if name in self._names or name not in {one.id for one in self._card.misconceptions}:
                out += self.passage(name)
                continue
            self._names.add(name)
            wrong = _misconception(self._card, name)
            says = wrong.correction.text(self._lang)
            if self._card.personal:
                blank = _say("your_turn", self._lang, says=says)
                out.append(Sentence(text=blank, source="blank", point=name))
                continue
            out.append(Sentence(text=says, source="reference", point=name))
            if wrong.contradicts is not None:
                out += self.passage(wrong.contradicts)
        return out

    def passage(self, name: str) -> list[Sentence]:
        """The reference's sentences on a criterion that are not there yet; a blank on a card about the candidate."""
        if name in self._names or all(one.id != name for one in self._card.criteria):
            return []
        self._names.add(name)
        if self._card.personal:
            return [self._blank(name)]
        reference = self._card.reference.text(self._lang)
        passage = self._found[name]
        out: list[Sentence] = []
        for low, high in spans(reference):
            text = plain(unwrapped(reference[low:high]))
            if passage.start <= low and high <= passage.end and (low, high) not in self._used:
                self._used.add((low, high))
                if text and _folded(text) not in self._kept:
                    out.append(Sentence(text=text, source="reference", point=name))
        return out

    def _blank(self, name: str) -> Sentence:
        criterion = self._card.criterion(name)
        asks = criterion.probe.text(self._lang)
        number = _ASKS_NUMBER.search(f"{criterion.says.text(self._lang)} {asks}") is not None
        text = _say("your_number" if number else "your_words", self._lang, probe=asks)
        return Sentence(text=text, source="blank", point=name)


def _heard(grade: Grade, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> tuple[_Said, ...]:
    """The candidate's sentences in the order said, as a reader sees them."""
    lines = [normalise(line)[0] for line in interviewer if line.strip()]
    right = [
        (one.turn, one.start, one.end, verdict.criterion)
        for verdict in grade.verdicts
        if verdict.state in {"met", "partly"}
        for one in verdict.evidence
    ]
    wrong = [
        (one.turn, one.start, one.end, found.misconception) for found in grade.misconceptions for one in found.evidence
    ]
    wrong += [
        (one.turn, one.start, one.end, verdict.criterion)
        for verdict in grade.verdicts
        if verdict.state == "contradicted"
        for one in verdict.evidence
    ]
    out: list[_Said] = []
    for utterance in utterances:
        seen, shown_at = visible(utterance.text)
        for low, high in spans(seen):
            text, start, end = seen[low:high], shown_at[low], shown_at[high - 1] + 1
            carries = _over(right, utterance.turn, start, end)
            out.append(_Said(text, carries, _over(wrong, utterance.turn, start, end), is_idle(text, lines)))
    return tuple(out)


def _over(marks: Iterable[tuple[int, int, int, str]], turn: int, low: int, high: int) -> tuple[str, ...]:
    """The points whose evidence lies in this stretch of a turn."""
    names = [name for at, start, end, name in marks if at == turn and start < high and low < end]
    return tuple(dict.fromkeys(names))


def _is_code(one: _Said, card: Card) -> bool:
    return card.coding is not None and one.text.startswith("```")


def _own(one: _Said, grade: Grade) -> list[Sentence]:
    """A sentence as it was said; code only when its tests pass."""
    if one.text.startswith("```") and grade.code is not None and grade.code.share < 1:
        lang: Lang = lang_of(one.text)
        return [Sentence(text=_say("your_code", lang), source="blank", point=None)]
    return [Sentence(text=one.text, source="candidate", point=one.carries[0] if one.carries else None)]


def _whole_reference(card: Card, lang: Lang) -> tuple[Sentence, ...]:
    """The reference as it stands, paragraph by paragraph."""
    reference = card.reference.text(lang)
    texts = [plain(unwrapped(reference[low:high].strip())) for low, high in paragraphs(reference)]
    return tuple(Sentence(text=text, source="reference") for text in texts if text)


def plain(passage: str) -> str:
    """A passage as it is said: the heading before it with a colon, no bold print, no list mark."""
    if passage.startswith("```"):
        return passage
    match = _HEADING.match(passage)
    rest = passage[match.end() :] if match else passage
    heading = match.group(1) if match else None
    if heading:
        rest = f"{heading}：{rest}" if re.search(r"[\u4e00-\u9fff]", heading + rest) else f"{heading}: {rest}"
    return re.sub(r"\*\*", "", rest).strip()


def _folded(text: str) -> str:
    return re.sub(r"[\s*]", "", normalise(text)[0])


def _short(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= _QUOTE else f"{line[: _QUOTE - 1].rstrip()}…"
