"""A candidate's own slides, abstract, project summary or CV -> what an interviewer asks about it. Pure.

Nothing is stated that the material does not say: a question holds at most one phrase of it, word for word. Each names
the criterion of a shipped card that a good answer meets, so that answers are graded as all others are.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Literal

from coach.interview.material_angles import ANGLES, Angle, Covered, Depth, angles, hooks, speaks_as_team
from coach.interview.material_facts import Fact, facts, unsupported
from coach.interview.material_text import MAX_CHARS, Material, Part, Span, quote, read_material
from coach.interview.material_words import HOOK_OF, WORDINGS, YOU
from coach.schema import CardId, Lang, Record, Slug, Text

__all__ = [
    "ANGLES",
    "MAX_CHARS",
    "SERVES",
    "Angle",
    "Covered",
    "Fact",
    "Material",
    "MaterialQuestion",
    "Part",
    "Span",
    "angles",
    "facts",
    "questions",
    "read_material",
    "unsupported",
]

MAX_TRIES = 40
"""Places tried for a quote; the rest of a long text is left alone."""
MaterialFormat = Literal["depth", "project"]
_ORDER: Mapping[MaterialFormat, tuple[Angle, ...]] = {
    "depth": (
        *("baseline", "metric", "data", "split", "ablation", "failure", "labels", "cost", "own_part", "objective"),
        *("comparison", "limitations", "next"),
    ),
    "project": (
        *("objective", "own_part", "data", "baseline", "metric", "comparison", "limitations", "failure", "ablation"),
        *("split", "labels", "cost", "next"),
    ),
}
"""Which comes first among angles that the material leaves equally open."""
_TALK, _STORY = "presentation/ml-depth-talk", "projects/objective-limitations-future"
_PROOF = "projects/baselines-and-ablations"
_ALIKE: Mapping[Angle, tuple[CardId, Slug]] = {
    "objective": (_STORY, "concrete-objective"),
    "metric": (_TALK, "metric-choice"),
    "failure": (_TALK, "failure-analysis"),
    "cost": (_TALK, "cost-latency"),
    "limitations": (_STORY, "honest-limitation"),
    "next": (_STORY, "future-tied"),
    "comparison": ("projects/model-choice-under-constraints", "candidates"),
    "split": (_PROOF, "fair-comparison"),
}
SERVES: Mapping[MaterialFormat, Mapping[Angle, tuple[CardId, Slug]]] = {
    "depth": {
        **_ALIKE,
        "data": (_TALK, "data"),
        "labels": (_TALK, "data"),
        "own_part": (_TALK, "own-contribution"),
        "baseline": (_TALK, "baseline"),
        "ablation": (_TALK, "ablation"),
    },
    "project": {
        **_ALIKE,
        "data": (_STORY, "data"),
        "labels": (_STORY, "data"),
        "own_part": ("projects/your-own-part", "own-work"),
        "baseline": (_PROOF, "strong-baseline"),
        "ablation": (_PROOF, "ablation"),
    },
}
"""The card and the criterion on it that an answer to a question on this angle is graded by."""


class MaterialQuestion(Record):
    """One question about the candidate's own work."""

    angle: Angle
    depth: Depth
    """What the material says on it already."""
    text: Text
    template: str
    """The wording before the quote was put in; no two questions of a session share one."""
    quote: Span | None
    card: CardId
    criterion: Slug


def questions(material: Material, *, format: MaterialFormat, lang: Lang, seed: int = 0) -> tuple[MaterialQuestion, ...]:
    """One question for every angle: what is missing or thin first, then what the material gives already.

    In a project round a text that says "we" and never "I" is asked for the own part by the second question.
    """
    covered = {one.angle: one for one in angles(material)}
    order = sorted(_ORDER[format], key=lambda angle: covered[angle].depth == "given")
    if format == "project" and speaks_as_team(material):
        order.remove("own_part")
        order.insert(1, "own_part")
    asked: list[MaterialQuestion] = []
    for angle in order:
        quoted = [question.quote for question in asked if question.quote is not None]
        template, span = _chosen(material, covered[angle], lang, quoted, random.Random(f"{seed}:{angle}"))
        card, criterion = SERVES[format][angle]
        asked.append(
            MaterialQuestion(
                angle=angle,
                depth=covered[angle].depth,
                text=_filled(material, template, lang, span),
                template=template,
                quote=span,
                card=card,
                criterion=criterion,
            )
        )
    return tuple(asked)


def _chosen(
    material: Material, covered: Covered, lang: Lang, quoted: Sequence[Span], chance: random.Random
) -> tuple[str, Span | None]:
    """A wording for the angle, and the phrase that goes into it."""
    wordings = WORDINGS[lang][covered.angle]
    places = hooks(material, HOOK_OF[covered.angle]) if covered.depth == "missing" else covered.spans
    span = _unused(material, places, quoted)
    if covered.depth == "given":
        return chance.choice(wordings.deep[:-1]) if span is not None else wordings.deep[-1], span
    if span is None:
        return chance.choice(wordings.open), None
    return chance.choice(wordings.hooked if covered.depth == "missing" else wordings.thin), span


def _unused(material: Material, places: Sequence[tuple[int, int]], quoted: Sequence[Span]) -> Span | None:
    """The first of these phrases that may be quoted and was not yet."""
    for start, end in places[:MAX_TRIES]:
        span = quote(material, start, end)
        if span is not None and all(
            (span.end <= other.start or span.start >= other.end) and span.text != other.text for other in quoted
        ):
            return span
    return None


def _filled(material: Material, template: str, lang: Lang, span: Span | None) -> str:
    if span is None:
        return template
    part = material.part_at(span.start)
    on_slide, plain = YOU[lang]
    you = on_slide.format(n=part.number) if part is not None and part.kind == "slide" else plain
    return template.format(you=you, q=span.text)
