"""What a message asks of the interviewer, when it is no answer. Pure rules; English, Chinese and both mixed.

The whole message has to be made of requests and polite filling; whatever is left over makes it an answer. A wrongly
swallowed answer is far worse than a missed request, so in doubt it is an answer.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

from coach.interview.asks import ASKS, CORES, FILLING, GO_ON, PIECES, STATEMENT, What
from coach.schema import Lang
from coach.text import normalise

WHATS: tuple[What, ...] = get_args(What)
MAX_CHARS = 240
"""Longer messages are answers."""
MAX_WORDS = 30
"""Most English words of a clarifying question; a Chinese character counts for 0.6."""
MAX_SPOKEN = 20
"""The same without a question mark: nothing then shows where the question ends and a statement begins."""
_FIRST: tuple[What, ...] = (
    "end", "skip", "restart", "language", "hint", "clarify", "rephrase", "repeat", "dont_know", "moment"
)  # fmt: skip
"""Of several requests in one message the earliest here is meant: "I don't know, skip it" skips."""


@dataclass(frozen=True)
class Request:
    """Something the candidate asks for instead of answering."""

    what: What
    lang: Lang | None = None
    """The language wished for; None when it is none of ours."""
    about: str = ""
    """The clarifying question, in the candidate's words."""


def understand(text: str, *, open_question: bool = True) -> Request | None:
    """What the message asks for, or None when it is an answer.

    Without an open question "go on" and "继续" ask for the next one; with one they are no request.
    """
    said = normalise(text)[0]
    if len(said) > MAX_CHARS or not said or _DONE.fullmatch(said):
        return None
    plain = _plain(said)
    if not plain:
        return Request("moment") if _HESITATION.search(said) else None
    asked = _requests(plain, open_question)
    if asked:
        what = min(asked, key=_FIRST.index)
        return Request(what, lang=_tongue(plain) if what == "language" else None)
    return Request("clarify", about=text.strip()) if _clarifies(said) else None


def is_dont_know(text: str) -> bool:
    """Whether the whole message only says that the candidate does not know."""
    asked = understand(text)
    return asked is not None and asked.what == "dont_know"


# --- requests -------------------------------------------------------------------------------

_DONE = re.compile(r"(?:我们?)?(?:也|都)?(?:考虑|想|思考)过了?[。.]?")
"""Something was thought of: 过 tells that it happened, and does not ask to pass."""
_HESITATION = re.compile(
    r"(?<![a-z0-9'])(?:u+m+|u+h+|e+r+m?|e+h+|h+m+|m{2,}|a+h+m+|uh huh)(?![a-z0-9'])|[呃唔]+|嗯+"
    r"|(?<![\u4e00-\u9fff])额+(?![\u4e00-\u9fff])"
)
_MARKS = re.compile(r"[.,!?;:…。、~\"“”()\-]+")
_ADVERBS = re.compile(
    r"(?<![a-z0-9'])(?:really|honestly|actually|kindly|possibly|perhaps|basically|genuinely|truly|slightly|somewhat"
    r"|kind of|kinda|sort of|a (?:little )?bit(?! of)|a little(?! (?:bit|hint|help|clue|time|nudge|while|"
    r"more time)))(?![a-z0-9'])|真的|稍微|其实"
)
_STUTTER = re.compile(r"\b([a-z']+)(?: \1\b)+")
_CJK_STUTTER = re.compile(r"([我你您那这再能可就])\1+")
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_GAP = re.compile(rf"(?<=[{_HAN}]) +(?=[{_HAN}a-z0-9])|(?<=[a-z0-9]) +(?=[{_HAN}])")
_PIECE = re.compile(r"<([^<>?=!]+!?)>")
_TIMES = 6
"""How often a part may be repeated: without an end, a message of polite words alone would take for ever."""
_TONGUES: dict[Lang, re.Pattern[str]] = {
    "en": re.compile("english|英文|英语"),
    "zh": re.compile("chinese|mandarin|中文|汉语|普通话|国语"),
}


def _unwrapped(lines: str) -> list[str]:
    return re.sub(r"\n {2}", "", lines.strip()).splitlines()


def _whole(lines: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of a list, one to a line, with every piece put in; none ends within an English word."""
    made = []
    for line in _unwrapped(lines):
        while (filled := _PIECE.sub(lambda piece: f"(?:{PIECES[piece[1]]})", line)) != line:
            line = filled
        bounded = line.replace(")*", f"){{0,{_TIMES}}}").replace(")+", f"){{1,{_TIMES}}}")
        made.append(re.compile(f"(?:{bounded})(?:(?<![a-z0-9'])|(?![a-z0-9']))"))
    return tuple(made)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[What | None, tuple[re.Pattern[str], ...]], ...]:
    return *((what, _whole(lines)) for what, lines in CORES), (None, _whole(FILLING))


@lru_cache(maxsize=1)
def _go_on() -> tuple[re.Pattern[str], ...]:
    return _whole(GO_ON)


def _plain(said: str) -> str:
    """The words alone: without hesitation, stutter and punctuation, Chinese closed up."""
    words = " ".join(_ADVERBS.sub(" ", _MARKS.sub(" ", _HESITATION.sub(" ", said))).split())
    return _GAP.sub("", _CJK_STUTTER.sub(r"\1", _STUTTER.sub(r"\1", words)))


def _requests(plain: str, open_question: bool) -> tuple[What, ...]:
    """What is asked for when nothing but requests and filling is in the message; empty when anything else is."""
    dead: set[int] = set()

    def rest(at: int) -> tuple[What, ...] | None:
        while at < len(plain) and plain[at] == " ":
            at += 1
        if at == len(plain):
            return ()
        if at in dead:
            return None
        for end, what in _starting(plain, at, open_question):
            after = rest(end)
            if after is not None:
                return after if what is None else (what, *after)
        dead.add(at)
        return None

    return rest(0) or ()


def _starting(plain: str, at: int, open_question: bool) -> list[tuple[int, What | None]]:
    """The requests and fillings that begin here, with their ends: the longest first, of equal ones a request first."""
    found: list[tuple[int, What | None]] = []
    groups = _patterns() if open_question else (*_patterns(), ("skip", _go_on()))
    for what, patterns in groups:
        ends = {match.end() for pattern in patterns if (match := pattern.match(plain, at)) and match.end() > at}
        found += [(end, what) for end in ends]
    return sorted(found, key=lambda one: (-one[0], one[1] is None))


def _tongue(plain: str) -> Lang | None:
    """The language named last, if it is one of ours."""
    named = [(match.start(), lang) for lang, words in _TONGUES.items() for match in words.finditer(plain)]
    return max(named)[1] if named else None


# --- clarifying questions -------------------------------------------------------------------

_SENTENCE = re.compile(r"[^.!?。!;\n]+[.!?。!;\n]*")
_STATES = re.compile(STATEMENT)
_GOES_ON = re.compile(
    r"^(?:or|and|right|not|as|rather|like|at|in|for|with|say|e\.g|when|during|also|just|please|ok|is that|还是|"
    r"或者|对吗|对吧|是吗|"
    r"可以吗|行吗|好吗|比如|例如|也|以及|和|而不是|不是|另外|没有|要|需要)"
)
_WORD_THAT_ASKS = re.compile(
    r"吗|么|呢|还是|什么|啥|哪|多[大少长深]|怎么|能不能|可不可以|要不要|有没有|是不是|需不需要|[a-z]{3}"
)
_NEEDS_MARK = re.compile(r"which (?!one|part)\w+|you mean .*")
"""Asked with a question mark only; spoken, it may as well be a statement."""
_LISTS = re.compile(r"^(?:\S+ ){1,4}or (?:\S+ ?){1,4}$|^[^ ]{1,8}还是[^ ]{1,8}$")
_LEAD = re.compile(
    r"^(?:(?:sorry|so|okay|ok|well|sure|hi|wait|and|but|just|um|alright|oh|ah|yeah|actually|first|please|"
    r"quick question|one question|"
    r"one (?:quick )?(?:question|thing)(?: (?:before i (?:start|answer|begin)))?|(?:just )?to (?:clarify|be clear|"
    r"confirm)|before i (?:answer|start|begin)|"
    r"excuse me|let me (?:just )?(?:clarify|check|confirm)|good question|thanks|here|不好意思|抱歉|请问一下|请问|"
    r"先问一下|我先问一下|问一下|确认一下|我想确认一下|"
    r"想确认一下|想问一下|我想问一下|那个|就是|那|好的|对了|老师|面试官|先|所以)[,，: ]*)+"
)


@lru_cache(maxsize=1)
def _asks() -> tuple[re.Pattern[str], ...]:
    lines = (line.replace(".*", "[^,]*").replace(".{", "[^,]{") for line in _unwrapped(ASKS))
    return tuple(re.compile(line) for line in lines)


def _clarifies(said: str) -> bool:
    """Whether the message is one or two clarifying questions and states nothing."""
    spoken = _HESITATION.sub(" ", said)
    marked = "?" in spoken
    if not marked and re.search(f"[{_HAN}]", spoken) and not _WORD_THAT_ASKS.search(spoken):
        return False
    if _weight(spoken) > (MAX_WORDS if marked else MAX_SPOKEN) or _STATES.search(_LEAD.sub("", spoken.strip())):
        return False
    questions = 0
    for sentence in _SENTENCE.findall(spoken):
        part = _LEAD.sub("", " ".join(sentence.split()).strip(" .!。,")).strip()
        while "," in part and _only_filling(part.partition(",")[0]):
            part = part.partition(",")[2].strip()
        if not part or _only_filling(part):
            continue
        guess = not marked and _NEEDS_MARK.fullmatch(part)
        if guess or not _is_ask(part.rstrip("? .!。")) or (marked and "?" not in sentence):
            return False
        questions += 1
    return 1 <= questions <= 2


def _is_ask(part: str) -> bool:
    """Whether one sentence, without its mark, is a question to the interviewer to its end."""
    pieces = re.split(r"[,:] ?", part)
    for count in range(1, len(pieces) + 1):
        head = ", ".join(pieces[:count]).strip()
        whole = any(pattern.fullmatch(head) or pattern.fullmatch(_GAP.sub("", head)) for pattern in _asks())
        if whole and all(_GOES_ON.match(piece.strip()) or _LISTS.search(piece) for piece in pieces[count:]):
            return True
    return False


def _only_filling(part: str) -> bool:
    """Whether a sentence asks for nothing by itself: polite words, or a request that goes with the question."""
    plain = _plain(part)
    if not plain:
        return True
    asked = _requests(plain, True)
    if asked:
        return set(asked) <= {"rephrase", "moment"}
    return _is_polite(plain)


def _is_polite(plain: str) -> bool:
    at = 0
    patterns = _patterns()[-1][1]
    while at < len(plain):
        if plain[at] == " ":
            at += 1
            continue
        ends = [match.end() for pattern in patterns if (match := pattern.match(plain, at)) and match.end() > at]
        if not ends:
            return False
        at = max(ends)
    return True


def _weight(text: str) -> float:
    """The length in words; Chinese is counted by its characters."""
    return len(re.findall(r"[a-z0-9']+", text)) + 0.6 * len(re.findall(rf"[{_HAN}]", text))
