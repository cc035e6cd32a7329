"""A model's critique of a graded answer, let through only as far as its words can be traced.

The model words what decides the grade and rewrites the answer; band, percent, points and passages are the code's. Any
number, name or formula that neither the candidate nor the card gave sends the whole back to the card's critique.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from coach.bank.glossary import Glossary
from coach.errors import ModelError
from coach.grading.critique import compose, headline
from coach.grading.judge import defanged, fence, shown
from coach.grading.passage import unit_keys
from coach.llm.chat import Chat
from coach.llm.prompts import Prompt, Template
from coach.schema import Card, Critique, Grade, JudgeInfo, Lang, Sentence, Stronger, Utterance
from coach.text import STOP_STEMS, lang_of, normalise, stem

LONGEST = 2.5
"""The stronger answer may be at most so many times as long as the reference, or as the answer where that is longer."""
OWN = 0.6
"""Least share of what a sentence names that its source must name too."""
LONGEST_LINE = 400
"""Most characters of the sentence on what decides the grade, and of the one to fix."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_BARE_FORMULA = re.compile(r"[^\s，。,;；：“”]+\s*[=≈≤≥→]\s*[^\s，。,;；：“”]+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-'+][A-Za-z0-9+]+)*")
_LINK = re.compile(r"://|www\.|<[a-z/!]|!\[|\]\(", re.IGNORECASE)
_BLANK = re.compile(r"\[[^\[\]]+\]|【[^【】]+】")
_OPENS = frozenset(
    stem(word)
    for word in """first second third then next finally however moreover instead because since when while if
    for in on at by with without to as so thus hence therefore also but and or yet once after before during
    unlike like both each every all any no not it its this that these those they we i you he she there here
    what why how one two short overall together again likewise similarly specifically concretely intuitively
    formally equivalently otherwise rather although though whereas until unless given let consider note say
    take keep use add do make only even still too example instance result trade-off the a an my our your
    their his her most more less fewer many few some such between among across through over under about
    above below from of off out up down mention explain state describe name define start begin lead show
    write derive replace correct clarify finish put tell spell connect quantify move drop remember compare
    contrast point work practise practice answer open close end bring turn mind""".split()
)
"""Stems that open a sentence with a capital and are no names."""


class SentenceReply(BaseModel):
    """One sentence of the stronger answer."""

    model_config = ConfigDict(extra="forbid")
    text: str
    source: Literal["candidate", "reference", "blank"]
    point: str | None


class CritiqueReply(BaseModel):
    """What the model must send back."""

    model_config = ConfigDict(extra="forbid")
    decides: str
    fix: str
    stronger: list[SentenceReply]


@dataclass(frozen=True)
class Told:
    """Everything that a critique may draw on."""

    card: Card
    grade: Grade
    utterances: Sequence[Utterance]
    lang: Lang
    interviewer: Sequence[str] = ()


@dataclass(frozen=True)
class Critic:
    """Critiques of graded answers: from the card, and from a model where there is one."""

    glossary: Glossary
    chat: Chat | None = None
    template: Template | None = None

    @property
    def asks(self) -> bool:
        """Whether a model is asked."""
        return self.chat is not None and self.template is not None

    def composed(self, told: Told) -> Critique:
        """The critique from the card alone."""
        return compose(told.card, told.grade, told.utterances, self.glossary, told.lang, interviewer=told.interviewer)

    async def critique(self, told: Told) -> Critique:
        """The model's critique where there is a model and its words hold, else the card's with the reason.

        Raises ValueError for a grade without a score.
        """
        base = self.composed(told)
        if self.chat is None or self.template is None:
            return base
        prompt = self.template.fingerprint(CritiqueReply)
        info = JudgeInfo(judge="llm", name=self.chat.name, prompt=prompt)
        try:
            reply = await self.chat.reply(prompt_for(self.template, told, base), CritiqueReply)
        except ModelError as error:
            asked = info.model_copy(update=vars(error.spent))
            return base.model_copy(update={"fallback": error.code, "asked": asked})
        asked = info.model_copy(
            update={
                "name": reply.model or self.chat.name,
                **vars(reply.spent),
                "repaired": reply.repaired,
            }
        )
        fault = fault_of(reply.value, told, self.glossary)
        if fault is not None:
            return base.model_copy(update={"fallback": fault, "asked": asked})
        return _worded(base, reply.value, told, asked)


def _worded(base: Critique, reply: CritiqueReply, told: Told, asked: JudgeInfo) -> Critique:
    """The composed critique with the model's sentences in it."""
    sentences = tuple(
        Sentence(text=one.text.strip(), source=one.source, point=one.point)
        for one in reply.stronger
        if one.text.strip()
    )
    return base.model_copy(
        update={
            "verdict": f"{headline(told.grade, told.lang)}{reply.decides.strip()}",
            "fix": reply.fix.strip() if base.fix is not None else None,
            "stronger": Stronger(sentences=sentences, made_by="model"),
            "source": "model",
            "left_out": 0,
            "asked": asked,
        }
    )


def prompt_for(template: Template, told: Told, base: Critique) -> Prompt:
    """The prompt for one graded answer; the candidate's words stand last, behind a fence they cannot close."""
    lang, card = told.lang, told.card
    words = shown(told.utterances)
    points: list[str] = []
    for point in base.points:
        quotes = "; ".join(f"“{defanged(' '.join(one.text.split()))}”" for one in point.evidence)
        said = f" The candidate: {quotes}" if quotes else ""
        points.append(
            f"- {point.point} [{point.kind}, {_weight(card, point.point)}]: {_says(card, point.point, lang)}{said}"
        )
    return template.render(
        {
            "language": "Chinese" if lang == "zh" else "English",
            "question": card.question.text(lang),
            "reference": card.reference.text(lang),
            "kind": "a story of the candidate's own" if card.personal else "knowledge",
            "points": "\n".join(points),
            "fix": base.fix or "nothing is missing; write that the answer needs nothing more",
            "fence": fence(words + "".join(points)),
            "answer": words,
        }
    )


def _says(card: Card, name: str, lang: Lang) -> str:
    for misconception in card.misconceptions:
        if misconception.id == name:
            return f"a wrong claim; {misconception.correction.text(lang)}"
    return card.criterion(name).says.text(lang)


def _weight(card: Card, name: str) -> str:
    weights = {criterion.id: criterion.weight for criterion in card.criteria}
    return f"weight {weights[name]}" if name in weights else "stated"


def fault_of(reply: CritiqueReply, told: Told, glossary: Glossary) -> str | None:
    """Why a model's critique must not be shown, or None when it may.

    Its numbers, names and formulas must stand in the candidate's words, the card or the question; each sentence must be
    made of what its source names; and it may claim no point that the grade did not give.
    """
    written = [one.text for one in reply.stronger if one.text.strip()]
    if not written or not reply.decides.strip() or not reply.fix.strip():
        return "empty"
    if max(len(reply.decides), len(reply.fix)) > LONGEST_LINE or "\n" in (reply.decides + reply.fix).strip():
        return "too long"
    reference = told.card.reference.text(told.lang)
    answer = "\n".join(utterance.text for utterance in told.utterances)
    if len("\n".join(written)) > LONGEST * max(len(reference), len(answer)):
        return "too long"
    for text in (reply.decides, reply.fix, " ".join(written)):
        if lang_of(_MATH.sub(" ", text), told.lang) != told.lang:
            return "wrong language"
    if _NUMBER.search(_MATH.sub(" ", reply.decides)):
        return "a number in the verdict"
    known = _known(told)
    for text in (reply.decides, reply.fix, *written):
        strange = invented(text, known)
        if strange is not None:
            return f"not in the answer or the reference: {strange!r}"
    return _false_source(reply, told, glossary) or _false_point(reply, told)


def _known(told: Told) -> str:
    """Everything that numbers, names and formulas may come from: of a personal card's story only what is general."""
    card = told.card
    general = [
        *(text for one in card.criteria for both in (one.says, one.probe) for text in (both.en, both.zh)),
        *(text for one in card.misconceptions for text in (one.correction.en, one.correction.zh)),
    ]
    reference = [] if card.personal else [card.reference.en, card.reference.zh]
    said = [utterance.text for utterance in told.utterances]
    return "\n".join([*said, *reference, card.question.en, card.question.zh, *general])


def invented(text: str, known: str) -> str | None:
    """The first number, formula, link or Latin name in `text` that `known` does not hold; None when there is none."""
    if (link := _LINK.search(text)) is not None:
        return link.group()
    numbers = set(_NUMBER.findall(normalise(known)[0]))
    for found in _NUMBER.finditer(normalise(text)[0]):
        if found.group() not in numbers:
            return found.group()
    tight = _tight(known)
    for match in (*_MATH.finditer(text), *_BARE_FORMULA.finditer(_MATH.sub(" ", text))):
        inside = str(next((group for group in match.groups() if group), match.group()))
        if _tight(inside) not in tight:
            return inside.strip()
    names = {word for name in _LATIN.findall(known) for word in _spelt(name)}
    prose = _MATH.sub(" ", text)
    for match in _LATIN.finditer(prose):
        if _is_name(match, prose, text) and not _spelt(match.group()) & names:
            return match.group()
    return None


def _is_name(match: re.Match[str], prose: str, text: str) -> bool:
    """Whether a word could be a name: capitals in it, or any Latin word of length 2 in Chinese."""
    word = match.group()
    if len(word) < 2 or stem(word.lower()) in STOP_STEMS | _OPENS:
        return False
    if re.search(r"[\u4e00-\u9fff]", text):
        return True
    before = prose[: match.start()].rstrip()
    if (not before or before[-1] in ".!?:") and re.fullmatch(r"[A-Z][a-z]+(?:ing|ly)", word):
        return False
    return any(char.isupper() for char in word) or any(char.isdigit() for char in word)


def _spelt(word: str) -> set[str]:
    """A word's spellings that count as the same."""
    low = word.lower()
    return {
        low,
        stem(low),
        stem(low.removesuffix("'s")),
        *(stem(part) for part in re.split(r"[-']", low) if len(part) > 1),
    }


def _tight(text: str) -> str:
    return re.sub(r"[\s*${}]|\\[,;!:]|\\(?:left|right)|[.。,，]$", "", normalise(text)[0])


def _false_source(reply: CritiqueReply, told: Told, glossary: Glossary) -> str | None:
    """A sentence that is not made of what it is said to be made of."""
    card = told.card
    answer = unit_keys("\n".join(utterance.text for utterance in told.utterances), glossary)
    texts = [card.reference.text(told.lang), card.question.text(told.lang)]
    texts += [criterion.says.text(told.lang) for criterion in card.criteria]
    texts += [misconception.correction.text(told.lang) for misconception in card.misconceptions]
    from_card = unit_keys("\n".join(texts), glossary) | answer
    for one in reply.stronger:
        if one.source == "blank":
            if not _BLANK.fullmatch(one.text.strip()):
                return f"a blank without brackets: {one.text!r}"
            continue
        if one.source == "reference" and card.personal:
            return "a story of somebody else's"
        keys = unit_keys(_BLANK.sub(" ", one.text), glossary)
        source = answer if one.source == "candidate" else from_card
        if len(keys & source) < OWN * len(keys):
            return f"not the {one.source}'s words: {one.text!r}"
    return None


def _false_point(reply: CritiqueReply, told: Told) -> str | None:
    """A sentence of the candidate's that claims a point the grade did not give, or repeats a wrong claim."""
    given = {one.criterion for one in told.grade.verdicts if one.state in {"met", "partly"}}
    known = {one.id for one in told.card.criteria} | {one.id for one in told.card.misconceptions}
    whole = normalise(" ".join(one.text for one in reply.stronger))[0]
    for one in reply.stronger:
        if one.point is not None and one.point not in known:
            return f"no such point: {one.point!r}"
        if one.source == "candidate" and one.point is not None and one.point not in given:
            return f"claims a point that was not given: {one.point!r}"
    for stated in told.grade.misconceptions:
        if any(normalise(found.text)[0] in whole for found in stated.evidence):
            return "repeats a wrong claim"
    return None
