"""Models that do what no interviewer or critic may do, behind the production client, and one that does it well.

What the others word must never be said or shown.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from coach.bank.glossary import Glossary
from coach.grading.critic import Critic
from coach.interview.follow import Wording
from coach.llm.chat import Chat
from coach.llm.mock import Fails, Hangs, MockReply, mock_chat
from coach.llm.prompts import Template
from coach.schema import LANGS, Card, Criterion, Lang
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
SOUND: Mapping[Lang, tuple[str, ...]] = {
    "en": (
        "Could you say a little more about that?",
        "How would you explain this part to a colleague?",
        "What else should one know here?",
    ),
    "zh": ("这一点能再展开说说吗？", "换作给同事讲，这部分你会怎么说？", "这里还有什么需要补充的吗？"),
}
"""What the model that does it well asks, whatever it is about."""
USUAL: Mapping[Lang, str] = {
    "en": "Take the usual setting, and say what you assume.",
    "zh": "按通常的情形来就好，说明你的假设。",
}
"""And what it says to a clarifying question."""
CRITICISM: Mapping[Lang, tuple[str, str, str]] = {
    "en": (
        "What was left out decides the grade.",
        "Say the point that is missing, in one sentence of your own.",
        "[your own example: what was it, and what came of it?]",
    ),
    "zh": ("没有讲到的部分决定了评分。", "用自己的一句话把缺的那一点补上。", "【你自己的例子：是什么，结果怎样】"),
}
"""How it criticises: what decides, what to do, and a blank."""
INVENTED: Mapping[Lang, str] = {
    "en": "I cut the error by 73.5 % with ResNet-9000 at Initech.",
    "zh": "我在 Initech 用 ResNet-9000 把错误率降低了 73.5%。",
}


def misbehaving(cards: Mapping[str, Card], prompts: Path) -> dict[Fault, tuple[Wording, Wording]]:
    """For every fault who words follow-ups, and who answers clarifying questions."""
    points = [(criterion, lang) for card in cards.values() for criterion in card.criteria for lang in LANGS]
    probe, clarify = Template.load(prompts / "probe.md"), Template.load(prompts / "clarify.md")
    found: dict[Fault, tuple[Wording, Wording]] = {}
    for fault in FAULTS:
        chat = _chat(fault, _player(fault, points))
        found[fault] = (Wording(chat, probe), Wording(chat, clarify))
    return found


def critics(prompts: Path, glossary: Glossary) -> dict[Fault, Critic]:
    """For every fault who criticises answers."""
    template = Template.load(prompts / "critique.md")
    return {fault: Critic(glossary, _chat(fault, _criticiser(fault)), template) for fault in FAULTS}


def _chat(fault: Fault, play: Callable[[dict[str, Any]], MockReply]) -> Chat:
    wait = {"budget_s": PATIENCE_S, "stall_s": PATIENCE_S} if fault in {"hanging", "failing"} else {}
    return mock_chat(play, fault, **wait)  # type: ignore[arg-type]


def _asked(asked: dict[str, Any]) -> str:
    return "\n".join(str(message["content"]) for message in asked["messages"])


def _lang(text: str) -> Lang:
    return "zh" if "Language: Chinese" in text else "en"


def _player(fault: Fault, points: list[tuple[Criterion, Lang]]) -> Callable[[dict[str, Any]], MockReply]:
    """What plays the model: it knows from the prompt which point is asked about, and in which language."""

    def play(asked: dict[str, Any]) -> MockReply:
        if fault == "hanging":
            return Hangs()
        if fault == "failing":
            return Fails(status=500)
        text = _asked(asked)
        lang = _lang(text)
        if fault == "sound":
            return SOUND[lang][len(text) % len(SOUND[lang])] if "never reveal it)" in text else USUAL[lang]
        if fault == "leaky":
            named = [one for one, its in points if its == lang and one.says.text(lang) in text]
            told = next((one for one in named if one.probe.text(lang) in text), named[0] if named else None)
            if told is None:
                return "Is it because of all that?"
            says = told.says.text(lang).rstrip(".。")
            return f"是不是因为{says}？" if lang == "zh" else f"Is it because {says}?"
        return SAYS[fault][lang == "zh"]

    return play


def _criticiser(fault: Fault) -> Callable[[dict[str, Any]], MockReply]:
    """What plays the critic."""

    def play(asked: dict[str, Any]) -> MockReply:
        if fault == "hanging":
            return Hangs()
        if fault == "failing":
            return Fails(status=500)
        if fault == "chatty":
            return "You did very well, I would hire you at once."
        lang = _lang(_asked(asked))
        other: Lang = "en" if lang == "zh" else "zh"
        decides, fix, blank = CRITICISM[other if fault == "wrong-language" else lang]
        stronger = [{"text": blank, "source": "blank", "point": None}]
        if fault == "two-questions":
            return {"decides": decides, "fix": fix}
        if fault == "leaky":
            stronger = [{"text": INVENTED[lang], "source": "candidate", "point": None}]
        if fault == "empty":
            stronger = []
        return {
            "decides": SAYS["endless"][lang == "zh"] if fault == "endless" else decides,
            "fix": fix,
            "stronger": stronger,
        }

    return play
