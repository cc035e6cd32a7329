"""A request of the candidate's -> what the interviewer says to it. From the card; a model may word a clarification.

Nothing here tells what a good answer holds. Where the question leaves something open, the candidate is told to choose
and to say so, as in a real interview.
"""

import re
from collections.abc import Sequence

from coach.grading.judge import fence
from coach.interview.follow import Show, Wording, worded_by
from coach.interview.guard import faults, leaks, repeated
from coach.interview.understand import Request
from coach.schema import Aside, Card, Hinted, Lang, Probed, RequestKind, Round
from coach.text import STOP_STEMS, lang_of, normalise, words

_REPEAT: dict[Lang, tuple[str, ...]] = {
    "en": ("Sure: {line}", "Of course. {line}", "Once more: {line}"),
    "zh": ("好的：{line}", "没问题，我再说一遍：{line}", "再念一遍：{line}"),
}
_PARTS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Let me take it apart. First: {first} Then: {rest}",
        "One thing at a time. Start with this: {first} After that: {rest}",
    ),
    "zh": ("我拆开来问。先说第一点：{first}接下来：{rest}", "一步一步来。先回答：{first}然后再说：{rest}"),
}
_SETTING: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Here is the situation: {first} And here is what I would like to know: {rest}",
        "Picture this. {first} Now tell me: {rest}",
    ),
    "zh": ("场景是这样的：{first}我想问的是：{rest}", "先设想一下：{first}现在说说看：{rest}"),
}
_PLAINER: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Never mind my exact words; start with what you know about it. {line}",
        "Think of a colleague who asks you over lunch, and answer as you would there. {line}",
    ),
    "zh": ("不用抠字眼，从你了解的地方讲起就行。{line}", "就当是同事吃饭时随口问你的，怎么想就怎么说。{line}"),
}
_OTHER: dict[Lang, tuple[str, ...]] = {
    "en": ("In other words: {line}", "Put differently: {line}"),
    "zh": ("换个问法：{line}", "也就是说：{line}"),
}
_SETTLED: dict[Lang, tuple[str, ...]] = {
    "en": ("I mean {one}, as in the question.", "{one}: that is what the question is about."),
    "zh": ("我指的是{one}，按题目来就好。", "题目问的就是{one}。"),
}
_BOTH: dict[Lang, tuple[str, ...]] = {
    "en": ("Both; the question covers the two of them.", "Take both of them, one after the other."),
    "zh": ("两个都算，题目里都提到了。", "两方面都讲，一个一个来。"),
}
_ASSUME: dict[Lang, tuple[str, ...]] = {
    "en": (
        "That is for you to set. State it as an assumption and go on from there.",
        "Say what you assume, and where it would matter if it did not hold.",
        "Fix it as you would at work, tell me so, and carry on.",
    ),
    "zh": (
        "这个你来定，把假设说清楚，接着往下讲就行。",
        "先说明你的假设，如果不成立会有什么影响，顺带提一句就好。",
        "按你平时工作里的做法来定，说明一下，继续讲。",
    ),
}
_DEPTH: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Start with the main idea, and go deeper where you think it matters. I will ask if I want more.",
        "As you would explain it to a colleague in the field. I will follow up where I want to hear more.",
    ),
    "zh": (
        "先讲主要思路，觉得重要的地方再往深里讲，想多听的我会追问。",
        "就像跟同行解释那样讲，需要展开的地方我会再问。",
    ),
}
_OPEN: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Take the usual setting. If something depends on it, say which case you have in mind.",
        "I leave that open on purpose. Choose one reading, tell me which, and go on.",
        "Go by the question as it stands, and name whatever you have to assume.",
    ),
    "zh": (
        "按通常的情形来就行，如果结论跟情形有关，说明你讲的是哪一种。",
        "这里我有意没有限定，你选一种理解，说明一下，接着讲。",
        "就按题目的字面意思来，需要假设的地方说出来就好。",
    ),
}
_MOMENT: dict[Lang, tuple[str, ...]] = {
    "en": ("Take your time.", "No rush.", "Of course, whenever you are ready."),
    "zh": ("不着急，慢慢想。", "好的，想好了再说。", "没关系，你先整理一下思路。"),
}
_NO_HINT: dict[Lang, tuple[str, ...]] = {
    "en": ("I cannot give you any more help on this one. Tell me what you do know, or say skip.",
           "Begin with whatever part you are sure of; if there is none, say skip."),
    "zh": ("这题我没法再给提示了，先说你知道的部分，或者说跳过。", "从你有把握的地方讲起；实在没有就说跳过。"),
}  # fmt: skip
_AGAIN: dict[Lang, tuple[str, ...]] = {
    "en": ("Go ahead, from the beginning.", "Sure, start whenever you like."),
    "zh": ("好的，从头说吧。", "没问题，重新开始就好。"),
}
_IN: dict[Lang, str] = {"en": "Sure, let's go on in English. {line}", "zh": "好的，下面用中文。{line}"}
_NEITHER: dict[Lang, str] = {
    "en": "I can only do this in English or in Chinese, so let's stay with English. {line}",
    "zh": "我只会用中文或英文面试，我们还是用中文吧。{line}",
}
_ABOVE: dict[Lang, str] = {"en": " The full task is written above.", "zh": "完整的题目在上面。"}

_ASSUMES = re.compile(
    r"assum|suppose|\b(?:can|could|may|should) (?:i|we) (?:use|ignore|treat)|假设|默认|当作|当成|不考虑|忽略"
)
_HOW_DEEP = re.compile(
    r"how (?:deep|detailed|long|far|precise|formal|technical|much detail)|do you want|would you like"
    r"|should i (?:also )?(?:derive|prove|write|go into|explain|mention|include|cover|talk)"
    r"|多深|多细|多详细|多长|需要我|要不要|(?:需)?要.{0,3}(?:推导|写|讲|证明|展开)"
)


async def reply_to(
    request: Request,
    text: str,
    card: Card,
    current: Round,
    lang: Lang,
    *,
    exam: bool,
    wording: Wording | None,
    show: Show | None = None,
) -> Aside:
    """What the interviewer says; a model words clarifications only, and is heard only without a fault.

    `show` gets a model's words as they come.
    """
    kind: RequestKind = _KINDS.get(request.what, "clarify")
    written = card_reply(request, card, current, lang)
    if wording is None or request.what != "clarify":
        return Aside(what=kind, said=text, reply=written)
    values = {
        "language": "Chinese" if lang == "zh" else "English",
        "question": card.question.text(lang),
        "line": open_line(card, current, lang),
        "points": "\n".join(f"- {criterion.says.text(lang)}" for criterion in card.criteria),
        "fallback": written,
        "fence": fence(text),
        "asked": text,
    }

    def wrong(reply: str) -> tuple[str, ...]:
        return faults(
            reply,
            card=card,
            said=(text, *(answer.text for answer in current.answers)),
            interviewer=current.interviewer,
            lang=lang,
            mode="exam" if exam else "practice",
            kind="clarify",
        )

    reply, fallback = await worded_by(wording, values, wrong, show=show)
    if fallback is not None:
        return Aside(what=kind, said=text, reply=written, fallback=fallback)
    return Aside(what=kind, said=text, reply=reply, wording="model")


_KINDS: dict[str, RequestKind] = {
    "repeat": "repeat", "rephrase": "rephrase", "moment": "moment", "restart": "moment", "language": "language"
}  # fmt: skip


def card_reply(request: Request, card: Card, current: Round, lang: Lang) -> str:
    """The interviewer's words without a model; never the sentence that was said last."""
    line = open_line(card, current, lang)
    before = tuple(body.reply for body in current.said if isinstance(body, Aside))
    if request.what == "language":
        return in_language(request.lang, card, lang, current=current)
    if request.what == "rephrase":
        return _rephrased(card, line, lang, before)
    frames = {"repeat": _REPEAT, "moment": _MOMENT, "hint": _NO_HINT, "restart": _AGAIN}
    if request.what in frames:
        return _vary(frames[request.what][lang], before, line=line)
    return _clarified(request.about, line, lang, before)


def in_language(wanted: Lang | None, card: Card, lang: Lang, *, current: Round | None = None) -> str:
    """The answer to a wish for a language, with the open line in `lang`, in which the interview goes on."""
    line = card.asks(lang) if current is None else open_line(card, current, lang)
    return (_IN[lang] if wanted == lang else _NEITHER[lang]).format(line=line)


def open_line(card: Card, current: Round, lang: Lang) -> str:
    """The line that waits for an answer, in `lang` as far as the card has it; of a coding task the question alone."""
    last = next((body for body in reversed(current.said) if isinstance(body, Probed | Hinted)), None)
    if last is None:
        asked = card.question.text(lang)
        return asked + _ABOVE[lang] if card.coding is not None else asked
    if lang_of(last.text, lang) == lang:
        return last.text
    if isinstance(last, Hinted):
        return card.hints[last.rung - 1].text(lang)
    probes = {criterion.id: criterion.probe.text(lang) for criterion in card.criteria}
    return probes.get(last.criterion or "", last.text)


def _vary(frames: Sequence[str], before: Sequence[str], **parts: str) -> str:
    """The next of these sentences, and never the one just said."""
    made = [frame.format(**parts) for frame in frames]
    at = len(before) % len(made)
    if before and repeated(made[at], before[-1:]):
        at = (at + 1) % len(made)
    return made[at]


def _rephrased(card: Card, line: str, lang: Lang, before: Sequence[str]) -> str:
    """The open line in other words: another safe wording of the question, its parts one by one, or a plainer frame."""
    asked = card.question.text(lang)
    made = []
    if line.startswith(asked):
        made += [frame.format(line=other) for other in other_wordings(card, lang) for frame in _OTHER[lang][:1]]
        line = asked
    parts = _in_parts(line, lang)
    if len(parts) > 1:
        frames = _PARTS if _ASKS_FOR[lang].search(parts[0]) else _SETTING
        rest = ("" if lang == "zh" else " ").join(parts[1:])
        made += [frame.format(first=parts[0], rest=rest) for frame in frames[lang]]
    made += [frame.format(line=line) for frame in _PLAINER[lang]]
    return _vary([one.replace("{", "{{").replace("}", "}}") for one in made], before)


_FULL: dict[Lang, re.Pattern[str]] = {
    "en": re.compile(r"(?i)^(?:what|why|how|when|which|where|do|does|is|are|can|could|should)\b.{12,}"),
    "zh": re.compile(r"吗$|为什么|怎么|什么|哪|如何|区别"),
}
_SHARED = 0.4
"""Least share of the question's words in another wording; one that asks for something else has fewer."""


def other_wordings(card: Card, lang: Lang) -> tuple[str, ...]:
    """Full questions among the card's other wordings that ask the same and give nothing away, ready to be said.

    Few are left: most are what people type into a search box, and name what the answer should.
    """
    if card.asked_as is None:
        return ()
    asked = set(words(card.question.text(lang))) - STOP_STEMS
    public = (card.question.en, card.question.zh)
    kept = []
    for other in card.asked_as.of(lang):
        shared = asked & set(words(other))
        if not _FULL[lang].search(other) or len(shared) < max(2, _SHARED * len(asked)):
            continue
        said = f"{other[0].upper()}{other[1:].rstrip('?？')}{'？' if lang == 'zh' else '?'}"
        safe = not any(leaks(said, one, public) for one in card.criteria)
        if safe and not faults(said, card=card, said=(), interviewer=public, lang=lang, mode="exam", kind="rephrase"):
            kept.append(said)
    return tuple(kept)


_SENTENCE = re.compile(r"(?:[^.?!。？！]|\.(?=\S))+[.?!。？！]*")
_AND = re.compile(
    r", and (?=(?:how|why|what|when|where|which) (?:do|does|did|can|could|would|will|is|are|should|has|have)\b)"
)
_ASKS_FOR: dict[Lang, re.Pattern[str]] = {
    "en": re.compile(
        r"\?$|^(?:Explain|Compare|Derive|Design|Describe|Draw|Give|Implement|Tell|Take|Talk|Train|Walk|Write|Show|"
        r"Draw|Given|State)\b"
    ),
    "zh": re.compile(
        r"[?？]$|^(?:请|讲|用|写|推|设计|比较|说|给|解释|以|不调|不用|只用|训练|手写|实现|画|挑|从|让你|做)"
    ),
}
"""A sentence that asks for something; any other one only sets the scene."""


def _in_parts(line: str, lang: Lang) -> tuple[str, ...]:
    """The questions of the line one by one, each a sentence of its own."""
    parts: list[str] = []
    for sentence in (found.strip() for found in _SENTENCE.findall(line)):
        pieces = _AND.split(sentence) if lang == "en" and sentence.endswith("?") else [sentence]
        if not all(re.match(r"(?i)(?:how|why|what|when|where|which)\b", piece) for piece in pieces):
            pieces = [sentence]
        parts += [f"{piece[0].upper()}{piece[1:].rstrip('?')}?" for piece in pieces] if len(pieces) > 1 else pieces
    return tuple(part for part in parts if part)


def _clarified(about: str, line: str, lang: Lang, before: Sequence[str]) -> str:
    """The reading that is meant, where the line settles it; else that the candidate may choose and say so."""
    folded = normalise(about)[0]
    settled = _settled(about, line)
    if settled == "both":
        return _vary(_BOTH[lang], before)
    if settled:
        reply = _vary(_SETTLED[lang], before, one=settled)
        return reply[0].upper() + reply[1:]
    if _HOW_DEEP.search(folded):
        return _vary(_DEPTH[lang], before)
    return _vary(_ASSUME[lang] if _ASSUMES.search(folded) else _OPEN[lang], before)


_BEFORE_CHOICE = re.compile(
    r"^.*?(?:mean|asking about|talking about|referring to|about|interested in|or just|指的是|是指|说的是|是说|"
    r"是问|问的是|指|说|问|是)\s*"
)
_AROUND_CHOICE = re.compile(
    r"^(?:(?:about|for|the|a|an|at|in|on|is|only|just) |是|指|问|在)+|(?:的时候|时|的|吗|呢|阶段)+$"
)


def _settled(about: str, line: str) -> str:
    """Of "A or B" the one that the line names, "both" if it names both; empty when it does not tell."""
    sides = re.split(r"\s*(?:\bor\b|还是)\s*", about.rstrip("?？。. "))
    if len(sides) != 2:
        return ""
    first, second = (_AROUND_CHOICE.sub("", side.strip()) for side in (_BEFORE_CHOICE.sub("", sides[0], 1), sides[1]))
    named = f" {' '.join(words(line))} "
    has = [bool(words(side)) and f" {' '.join(words(side))} " in named for side in (first, second)]
    if all(has):
        return "both"
    return next((side for side, there in zip((first, second), has, strict=True) if there), "")
