"""The grade so far -> what to ask next on this question, and how to word it.

What to probe is a rule in code. A model may word it; code refuses a wording that gives the point away.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coach.errors import ModelError
from coach.grading.judge import fence
from coach.grading.score import SHARE
from coach.llm.chat import Chat
from coach.llm.prompts import Template
from coach.schema import Card, Criterion, Hinted, Lang, Probed, Round
from coach.text import STOP_STEMS, lang_of, normalise, stem, words

MAX_WORDS = 60
_GENERIC = frozenset(
    stem(word)
    for word in """model data example answer question point exactly happen mean explain describe write formula number
    value""".split()
)
_IT = r"(?:this|that|it|this one|the answer|about (?:this|that|it)|much about (?:this|that|it))"
_DONT_KNOW = re.compile(
    r"^(?:(?:sorry|hmm+|um+|uh+|well|honestly|ok|okay)[,. ]*)*"
    rf"(?:i (?:really )?(?:don'?t|do not) (?:know|remember|have (?:an? )?(?:idea|answer|clue))(?: {_IT})?"
    r"|no (?:idea|clue)|not sure|i'?m not sure|idk|i have no (?:idea|clue)"
    rf"|i (?:can'?t|cannot) (?:think of anything|remember|answer(?: {_IT})?)|pass)[.!… ]*(?:sorry[.! ]*)?$"
    r"|^(?:抱歉|不好意思|嗯+|呃+|额+|这个|那个)?[,，。 ]*(?:我)?(?:真的|完全|确实)?"
    r"(?:不知道|不清楚|不会|不太清楚|没学过|没听过|不记得了?|想不起来|忘了|没思路|答不上来)"
    r"(?:了|这个|这题|怎么(?:答|回答))?[。.!！ ]*$",
    re.IGNORECASE,
)


def is_dont_know(text: str) -> bool:
    """Whether the whole message only says that the candidate does not know."""
    return bool(_DONT_KNOW.match(normalise(text)[0]))


@dataclass(frozen=True)
class ProbeFor:
    """Ask about this criterion."""

    criterion: Criterion


@dataclass(frozen=True)
class HintAt:
    """Show this rung of the hint ladder."""

    rung: int


def follow(card: Card, current: Round, *, most: int) -> ProbeFor | HintAt | None:
    """What the interviewer does after the newest grade; None to leave the question.

    The heaviest criterion that is missed or partly met and was not probed yet, at most `most` times; a missed one
    before a partly met one of the same weight. "I don't know" gets one hint, then the question is left. Nothing
    follows an answer that is not graded, or something that was skipped.
    """
    grade = current.grade
    if grade is None or grade.not_graded is not None or current.skipped or current.open:
        return None
    if current.answers and is_dont_know(current.answers[-1].text):
        return None if current.hints or current.probes else HintAt(1)
    if len(current.probes) >= most:
        return None
    probed = {probe.criterion for probe in current.probes}
    states = {verdict.criterion: verdict.state for verdict in grade.verdicts}
    open_points = [
        criterion
        for criterion in card.criteria
        if criterion.id not in probed and states[criterion.id] in {"missed", "partly"}
    ]
    if not open_points:
        return None
    return ProbeFor(max(open_points, key=lambda point: (point.weight, -SHARE[states[point.id]], point.required)))


@dataclass(frozen=True)
class Wording:
    """A model that words probes."""

    chat: Chat
    template: Template


async def word_probe(wording: Wording | None, card: Card, criterion: Criterion, current: Round, lang: Lang) -> Probed:
    """The probe to put: the model's wording when there is one and it gives nothing away, else the card's."""
    written = criterion.probe.text(lang)
    if wording is None:
        return Probed(criterion=criterion.id, text=written, wording="card")
    said = "\n\n".join(answer.text for answer in current.answers)
    prompt = wording.template.render(
        {
            "language": "Chinese" if lang == "zh" else "English",
            "question": current.question,
            "target": criterion.says.text(lang),
            "probe": written,
            "fence": fence(said),
            "answer": said,
        }
    )
    pieces: list[str] = []
    try:
        async for piece in wording.chat.stream(prompt):
            pieces.append(piece)
            if sum(map(len, pieces)) > 2000:
                break
    except ModelError as error:
        return Probed(criterion=criterion.id, text=written, wording="card", fallback=error.code)
    text = "".join(pieces).strip().strip('"“”')
    fault = fault_of(text, card, criterion, current, lang)
    if fault is not None:
        return Probed(criterion=criterion.id, text=written, wording="card", fallback=fault)
    return Probed(criterion=criterion.id, text=text, wording="model")


def fault_of(text: str, card: Card, criterion: Criterion, current: Round, lang: Lang) -> str | None:
    """Why a wording must not be put to the candidate, or None when it may.

    It must be one question in the right language, new, short, and free of content words of the criterion that
    neither the question, nor the candidate, nor the card's own probe has used.
    """
    if not text:
        return "empty"
    if "\n" in text or len(re.findall(r"[?？]", text)) != 1:
        return "not one question"
    if len(words(text)) > MAX_WORDS * (2 if lang == "zh" else 1):
        return "too long"
    if lang_of(text, lang) != lang:
        return "wrong language"
    if normalise(text)[0] in {normalise(line)[0] for line in current.interviewer}:
        return "repeats itself"
    leaked = leaks(text, criterion, (card.question.en, card.question.zh, *current.interviewer, *_said(current)))
    return f"gives away {', '.join(leaked)}" if leaked else None


def leaks(text: str, criterion: Criterion, known: Sequence[str]) -> tuple[str, ...]:
    """Content words of `text` that belong to the criterion and that nobody has said yet."""
    secret = {word for line in (*criterion.accept.all(), criterion.says.en, criterion.says.zh) for word in words(line)}
    public = {word for line in (*known, criterion.probe.en, criterion.probe.zh) for word in words(line)}
    hidden = secret - public - STOP_STEMS - _GENERIC
    return tuple(sorted({word for word in words(text) if word in hidden and len(word) > 1}))


def _said(current: Round) -> tuple[str, ...]:
    return tuple(answer.text for answer in current.answers)


def hinted(card: Card, rung: int, lang: Lang) -> Hinted:
    """The hint event for a rung, 1 to 3."""
    return Hinted(rung=rung, text=card.hints[rung - 1].text(lang))
