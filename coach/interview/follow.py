"""The grade so far -> what to ask next on this question, and how to word it.

What to probe is a rule in code. A model may word it; code refuses a wording that gives the point away.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from coach.errors import ModelError
from coach.grading.judge import fence
from coach.grading.score import SHARE
from coach.interview.guard import faults
from coach.interview.guard import leaks as leaks
from coach.interview.understand import is_dont_know as is_dont_know
from coach.llm.chat import Chat
from coach.llm.prompts import Template
from coach.schema import Bilingual, Card, Criterion, FormatName, Hinted, Lang, Mode, Probed, Round, Step


@dataclass(frozen=True)
class ProbeFor:
    """Ask about this criterion."""

    criterion: Criterion


@dataclass(frozen=True)
class HintAt:
    """Show this rung of the hint ladder."""

    rung: int


@dataclass(frozen=True)
class StepFor:
    """Ask how the candidate got past a step of the derivation that was left out."""

    step: Step


@dataclass(frozen=True)
class TwistAt:
    """Change the task: this of the card's follow-ups."""

    number: int


def follow(
    card: Card, current: Round, *, most: int, form: FormatName = "free", exam: bool = False
) -> ProbeFor | HintAt | StepFor | TwistAt | None:
    """What the interviewer does after the newest grade; None to leave the question.

    The heaviest criterion that is missed or partly met and was not probed yet, at most `most` times; a missed one
    before a partly met one of the same weight. "I don't know" gets one hint, none in an exam, then the question is
    left. Nothing follows an answer that is not graded, or something that was skipped. In a phone screen a step that
    was jumped over is asked about first; in a coding interview one twist comes last.
    """
    grade = current.grade
    if grade is None or grade.not_graded is not None or current.skipped or current.open:
        return None
    if current.answers and is_dont_know(current.answers[-1].text):
        return None if current.hints or current.probes or exam else HintAt(1)
    twist = _twist(card, current, most) if form == "coding" else None
    if twist is not None:
        return TwistAt(twist)
    if len(current.probes) >= most:
        return None
    jumped = _jumped(card, current) if form == "phone" else None
    if jumped is not None:
        return StepFor(jumped)
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


def _jumped(card: Card, current: Round) -> Step | None:
    """The first step left out between two that were written; None when a step was asked about already."""
    report = current.grade.steps if current.grade is not None else None
    if report is None or any(probe.aim == "step" for probe in current.probes):
        return None
    reached = [step.id in report.reached for step in card.steps]
    return next(
        (step for at, step in enumerate(card.steps) if not reached[at] and any(reached[:at]) and any(reached[at:])),
        None,
    )


def _twist(card: Card, current: Round, most: int) -> int | None:
    """The follow-up that changes the task, once the code stands and little else is left to ask; None before that.

    It names nothing of a point that is still open.
    """
    if not most - 1 <= len(current.probes) < most or any(probe.aim == "twist" for probe in current.probes):
        return None
    run = current.grade.code if current.grade is not None else None
    if run is not None and run.share < 1:
        return None
    verdicts = current.grade.verdicts if current.grade is not None else ()
    still_open = [card.criterion(verdict.criterion) for verdict in verdicts if verdict.state != "met"]
    known = (card.question.en, card.question.zh, *current.interviewer, *_said(current))
    order: tuple[int, ...] = (*range(1, len(card.followups)), 0)
    for number in order[: len(card.followups)]:
        both = f"{card.followups[number].en}\n{card.followups[number].zh}"
        if not any(leaks(both, one, known) for one in still_open):
            return number
    return None


WHY = (
    Bilingual(
        en="You left out a step between your formulas. Write the line in between, and tell me why it holds.",
        zh="你的公式之间跳了一步。把中间那一行补上，并说明它为什么成立。",
    ),
    Bilingual(
        en="How do you get from one of your lines to the next? One step is missing; please show it and justify it.",
        zh="这几行之间是怎么推过去的？中间少了一步，请补出来并说明理由。",
    ),
)


def worded(card: Card, step: StepFor | TwistAt, lang: Lang) -> Probed:
    """The follow-up in the card's or the interviewer's fixed words; it names nothing that was not said."""
    if isinstance(step, TwistAt):
        return Probed(criterion="twist", text=card.followups[step.number].text(lang), wording="card", aim="twist")
    said = WHY[sum(map(ord, step.step.id)) % len(WHY)]
    return Probed(criterion=step.step.id, text=said.text(lang), wording="card", aim="step")


@dataclass(frozen=True)
class Wording:
    """A model that words probes."""

    chat: Chat
    template: Template


Show = Callable[[str], None]
"""Gets what is about to be said, the whole of it each time; the last one may be withdrawn by another."""
LONGEST = 2000
"""Characters after which a model is cut off; its words are then too long anyway."""
_WHOLE_WORDS = re.compile(r"^.*[\s,.;:?!，。；：？！、\u4e00-\u9fff]", re.DOTALL)
_TO_COME = frozenset({"not one question: none asked"})
"""What the beginning of a line may lack."""
_PASSING = frozenset({"empty", "wrong language", "verdict", "praise", "repeats itself"})
"""Faults of a beginning that its next words may take away: it is not shown, and what follows is waited for."""


async def worded_by(
    wording: Wording, values: Mapping[str, str], faults: Callable[[str], Sequence[str]], *, show: Show | None = None
) -> tuple[str, str | None]:
    """What the model says to a prompt with these values and None; or the card is to be used, and why.

    `faults` tells what forbids saying a text, the gravest first. `show` gets the words as they come, whole words only,
    and only while they may be said; at the first fault that more words cannot take away the model is stopped.
    """
    text, shown = "", ""
    try:
        async with aclosing(wording.chat.stream(wording.template.render(values))) as pieces:
            async for piece in pieces:
                text += piece
                if len(text) > LONGEST:
                    return "", "too long"
                begun = _WHOLE_WORDS.match(text.lstrip().lstrip('"“'))
                if begun is None or begun[0] == shown:
                    continue
                shown = begun[0]
                found = [fault for fault in faults(shown.strip()) if fault not in _TO_COME]
                if not _PASSING.issuperset(found):
                    return "", next(fault for fault in found if fault not in _PASSING)
                if show is not None and not found:
                    show(shown)
    except ModelError as error:
        return "", error.code
    text = text.strip().strip('"“”')
    return text, next(iter(faults(text)), None)


async def word_probe(
    wording: Wording | None,
    card: Card,
    criterion: Criterion,
    current: Round,
    lang: Lang,
    *,
    exam: bool = False,
    show: Show | None = None,
) -> Probed:
    """The probe to put: the model's wording when there is one and it gives nothing away, else the card's.

    `show` gets the words as they come, whole words only, and only while they may be said.
    """
    written = criterion.probe.text(lang)
    if wording is None:
        return Probed(criterion=criterion.id, text=written, wording="card")
    said = "\n\n".join(_said(current))
    values = {
        "language": "Chinese" if lang == "zh" else "English",
        "question": current.question,
        "target": criterion.says.text(lang),
        "probe": written,
        "fence": fence(said),
        "answer": said,
    }

    def wrong(text: str) -> tuple[str, ...]:
        return probe_faults(text, card, criterion, current, lang, mode="exam" if exam else "practice")

    text, fallback = await worded_by(wording, values, wrong, show=show)
    if fallback is not None:
        return Probed(criterion=criterion.id, text=written, wording="card", fallback=fallback)
    return Probed(criterion=criterion.id, text=text, wording="model")


def probe_faults(
    text: str, card: Card, criterion: Criterion, current: Round, lang: Lang, *, mode: Mode = "exam"
) -> tuple[str, ...]:
    """Everything that forbids putting a wording to the candidate, the gravest first; see `coach.interview.guard`."""
    verdicts = current.grade.verdicts if current.grade is not None else ()
    return faults(
        text,
        card=card,
        criterion=criterion,
        said=_said(current),
        interviewer=current.interviewer,
        lang=lang,
        mode=mode,
        kind="probe",
        met=[verdict.criterion for verdict in verdicts if verdict.state == "met"],
    )


def _said(current: Round) -> tuple[str, ...]:
    return tuple(answer.text for answer in current.answers)


def hinted(card: Card, rung: int, lang: Lang) -> Hinted:
    """The hint event for a rung, 1 to 3."""
    return Hinted(rung=rung, text=card.hints[rung - 1].text(lang))
