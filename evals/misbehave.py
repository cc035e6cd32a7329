"""Models that do what no interviewer may do, behind the production client: what they word must never be said."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from coach.interview.follow import Wording
from coach.llm.mock import Fails, Hangs, MockReply, mock_chat
from coach.llm.prompts import Template
from coach.schema import Card, Criterion, Lang
from evals.hold import FAULTS, Fault

PATIENCE_S = 0.15
"""How long a model that hangs is waited for."""
SAYS: Mapping[Fault, tuple[str, str]] = {
    "chatty": (
        "Great answer, I am impressed! You got that exactly right. Could you say a little more?",
        "太棒了，回答得很好！你说的完全正确。能再多说一点吗？",
    ),
    "two-questions": (
        "Could you say a little more? And what else comes to your mind?",
        "能再多说一点吗？你还想到了什么？",
    ),
    "wrong-language": ("能再多说一点吗？", "Could you say a little more?"),
    "empty": ("", " \n"),
    "endless": ("and then I wonder and wonder " * 700, "然后我就想啊想" * 3000),
}
"""In an English and in a Chinese interview."""


def misbehaving(cards: Mapping[str, Card], prompts: Path) -> dict[Fault, tuple[Wording, Wording | None]]:
    """For every fault who words follow-ups, and who answers clarifying questions where that is asked of a model."""
    clarify = prompts / "clarify.md"
    points = [(criterion, lang) for card in cards.values() for criterion in card.criteria for lang in ("en", "zh")]
    found: dict[Fault, tuple[Wording, Wording | None]] = {}
    for fault in FAULTS:
        wait = {"budget_s": PATIENCE_S, "stall_s": PATIENCE_S} if fault in {"hanging", "failing"} else {}
        chat = mock_chat(_player(fault, points), fault, **wait)  # type: ignore[arg-type]
        answers = Wording(chat, Template.load(clarify)) if clarify.exists() else None
        found[fault] = (Wording(chat, Template.load(prompts / "probe.md")), answers)
    return found


def _player(fault: Fault, points: list[tuple[Criterion, Lang]]) -> Callable[[dict[str, Any]], MockReply]:
    """What plays the model: it knows from the prompt which point is asked about, and in which language."""

    def play(asked: dict[str, Any]) -> MockReply:
        if fault == "hanging":
            return Hangs()
        if fault == "failing":
            return Fails(status=500)
        text = "\n".join(str(message["content"]) for message in asked["messages"])
        named = [(one, lang) for one, lang in points if one.says.text(lang) in text]
        told = next(((one, lang) for one, lang in named if one.probe.text(lang) in text), named[0] if named else None)
        lang = told[1] if told is not None else "zh" if "Chinese" in text else "en"
        if fault == "leaky":
            if told is None:
                return "Is it because of all that?"
            says = told[0].says.text(lang).rstrip(".。")
            return f"是不是因为{says}？" if lang == "zh" else f"Is it because {says}?"
        return SAYS[fault][lang == "zh"]

    return play
