"""The formats an interview is held in: which cards, how many, how long, what is said first. Pure.

A loop holds a company's own rounds one after another, in the order in which the notes tell of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError

from coach.errors import InterviewError
from coach.schema import Bilingual, Card, CardId, FormatName, Kind, Plan, Stage


@dataclass(frozen=True, kw_only=True)
class Slot:
    """What kind of card the next question is taken from."""

    kinds: frozenset[Kind] = frozenset(get_args(Kind))
    cards: tuple[CardId, ...] = ()
    """These go first, in this order."""
    only: bool = False
    """Whether no other card will do."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of interview as companies hold it."""

    title: Bilingual
    lead: Bilingual
    slots: tuple[Slot, ...]
    """For the first questions in turn; the last slot serves for all that follow."""
    last: tuple[Slot, ...] = ()
    """For the last questions, where there are enough of them."""
    questions: int = 5
    probes: int = 2
    minutes: float = 45
    """Length in exam mode, unless the person chose one."""
    minutes_each: float | None = None


_WORDS: frozenset[Kind] = frozenset({"concept", "derivation", "design"})

FORMATS: Mapping[FormatName, Format] = {
    "free": Format(
        title=Bilingual(en="Practice", zh="自由练习"),
        lead=Bilingual(en="Let us begin.", zh="我们开始吧。"),
        slots=(Slot(),),
    ),
    "breadth": Format(
        title=Bilingual(en="ML breadth", zh="ML breadth"),
        lead=Bilingual(
            en="I will go through a number of topics quickly. A few sentences each are enough; I may ask back once.",
            zh="接下来我会快速过一些知识点，每题说几句就行，我可能会追问一下。",
        ),
        slots=(Slot(kinds=frozenset({"concept"})),),
        questions=8,
        probes=1,
        minutes=45,
        minutes_each=5,
    ),
    "phone": Format(
        title=Bilingual(en="Phone screen: derivations", zh="电话面：推导"),
        lead=Bilingual(
            en="No code today. Write the formulas step by step, in LaTeX or plain maths; I will ask why at times.",
            zh="今天不写代码。公式请一步一步写，LaTeX 或者普通写法都行，中间我会问为什么。",
        ),
        slots=(Slot(kinds=frozenset({"derivation"})),),
        questions=3,
        probes=3,
        minutes=45,
    ),
    "depth": Format(
        title=Bilingual(en="ML depth: presentation", zh="ML depth：讲自己的项目"),
        lead=Bilingual(
            en="Please walk me through your work. I will interrupt with questions.",
            zh="请讲讲你的工作，我会随时打断提问。",
        ),
        slots=(
            Slot(kinds=frozenset({"presentation"})),
            Slot(kinds=frozenset({"project"})),
        ),
        last=(
            Slot(kinds=_WORDS, cards=("trees/gbdt-versus-xgboost",)),
            Slot(kinds=_WORDS, cards=("trees/lightgbm-versus-xgboost",)),
        ),
        questions=5,
        probes=4,
        minutes=60,
    ),
    "project": Format(
        title=Bilingual(en="Project deep dive", zh="项目深挖"),
        lead=Bilingual(
            en="Let us talk about one project of yours, in detail.",
            zh="我们详细聊聊你做过的一个项目。",
        ),
        slots=(Slot(kinds=frozenset({"project"})),),
        questions=4,
        probes=3,
        minutes=45,
    ),
    "coding": Format(
        title=Bilingual(en="Coding", zh="写代码"),
        lead=Bilingual(
            en="Write Python, run the visible tests as often as you like, then tell me why it works and what it costs.",
            zh="用 Python 写，公开的测试可以随便跑。写完讲讲思路和复杂度。",
        ),
        slots=(Slot(kinds=frozenset({"coding"})),),
        questions=2,
        probes=2,
        minutes=60,
    ),
    "problem": Format(
        title=Bilingual(en="Problem solving with push-back", zh="一起解决问题，有不同意见"),
        lead=Bilingual(
            en="Let us work on an open problem together. When I suggest something, tell me honestly what you think.",
            zh="我们一起看一个开放问题。我会提一些想法，你怎么看就怎么说。",
        ),
        slots=(
            Slot(kinds=frozenset({"design"}), cards=("vision/adding-image-features",)),
            Slot(cards=("behavioural/disagree-with-interviewer",), only=True),
            Slot(kinds=frozenset({"design"})),
        ),
        questions=2,
        probes=3,
        minutes=45,
    ),
    "behavioural": Format(
        title=Bilingual(en="Behavioural", zh="行为面"),
        lead=Bilingual(
            en="Tell me real stories: the situation, your task, what you did, and what came of it.",
            zh="请讲真实的经历：当时的情境、你的任务、你做了什么、结果怎样。",
        ),
        slots=(Slot(kinds=frozenset({"behavioural"})),),
        questions=3,
        probes=3,
        minutes=45,
    ),
    "review": Format(
        title=Bilingual(en="Review", zh="复习"),
        lead=Bilingual(en="These are the questions that are due.", zh="下面是到期该复习的题。"),
        slots=(Slot(),),
        questions=10,
        probes=1,
        minutes=60,
    ),
    "loop": Format(
        title=Bilingual(en="Interview loop", zh="完整面试"),
        lead=Bilingual(en="Welcome.", zh="欢迎。"),
        slots=(Slot(),),
        questions=3,
        minutes=240,
    ),
}

OWN: frozenset[FormatName] = frozenset({"depth", "project"})
"""Formats whose follow-ups are about what the candidate brought, where something was."""

_BY_LABEL: Mapping[str, FormatName] = {
    "ml-breadth": "breadth",
    "ml-depth": "depth",
    "coding": "coding",
    "phone": "phone",
    "behavioural": "behavioural",
}
"""The format of a company's round by its name in the notes; any other asks whatever was asked in it."""


def plan_of(chosen: Mapping[str, Any]) -> Plan:
    """The plan for what was chosen, what is None being the format's own. Raises InterviewError naming what is wrong."""
    given = {name: value for name, value in chosen.items() if value is not None}
    form = FORMATS.get(given.get("format", "free"))
    if form is not None:
        usual: dict[str, Any] = {"questions": form.questions, "probes": form.probes}
        if given.get("mode") == "exam":
            usual |= {"minutes": form.minutes, "minutes_each": form.minutes_each}
        given = usual | given
    try:
        return Plan.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, one['loc']))} is {one['input']!r:.60}: {one['msg'].lower()}" for one in error.errors()
        )
        raise InterviewError(f"this interview cannot be held: {faults}", "bad_plan", faults=faults) from error


def stages_of(plan: Plan, cards: Sequence[Card]) -> tuple[Stage, ...]:
    """The rounds of an interview. Raises InterviewError when the bank has nothing for one that was asked for."""
    if plan.format == "loop":
        return _loop(plan, cards)
    form = FORMATS[plan.format]
    stage = Stage(
        format=plan.format,
        title=form.title,
        lead=form.lead,
        questions=plan.questions,
        probes=plan.probes,
        company=plan.company,
        topics=plan.topics,
    )
    return (stage,)


def _loop(plan: Plan, cards: Sequence[Card]) -> tuple[Stage, ...]:
    asked: dict[str, list[tuple[str, int, str]]] = {}
    for card in cards:
        for origin in card.source:
            if origin.company is not None and origin.round is not None:
                asked.setdefault(origin.company, []).append((origin.note, origin.line, origin.round))
    if plan.company not in asked:
        known = ", ".join(sorted(asked))
        if plan.company is None:
            raise InterviewError(f"for a loop choose a company: there are {known or 'none'}", "no_company", known=known)
        raise InterviewError(
            f"the notes tell of no round at {plan.company}: there are {known or 'none'}",
            "no_rounds",
            company=plan.company,
            known=known,
        )
    labels = tuple(dict.fromkeys(label for _, _, label in sorted(asked[plan.company])))
    stages = []
    for number, label in enumerate(labels, start=1):
        pool = [card for card in cards if any((o.company, o.round) == (plan.company, label) for o in card.source)]
        name = _BY_LABEL.get(label, "free")
        form = FORMATS[name]
        heading = label.replace("-", " ")
        stages.append(
            Stage(
                format=name,
                title=Bilingual(
                    en=f"Round {number} of {len(labels)}: {heading}",
                    zh=f"第 {number} 轮（共 {len(labels)} 轮）：{heading}",
                ),
                lead=form.lead,
                questions=min(plan.questions, len(pool)),
                probes=min(plan.probes, form.probes),
                company=plan.company,
                label=label,
            )
        )
    return tuple(stages)


def slot_of(stage: Stage, number: int) -> Slot:
    """What the question `number` of a stage, counted from 0, is taken from. In a company's round any of its cards."""
    form = FORMATS[stage.format]
    if stage.label is not None:
        return Slot()
    from_end = stage.questions - number
    if form.last and stage.questions > len(form.last) and from_end <= len(form.last):
        return form.last[len(form.last) - from_end]
    return form.slots[min(number, len(form.slots) - 1)]


def belongs(card: Card, wanted: Plan | Stage) -> bool:
    """Whether a card is among those of the company, its round and the topics that are wanted."""
    if wanted.topics and not set(wanted.topics) & set(card.topics):
        return False
    if wanted.company is None:
        return True
    label = wanted.label if isinstance(wanted, Stage) else None
    return any(origin.company == wanted.company and label in {None, origin.round} for origin in card.source)
