"""A passage -> whether and how it asserts anything: negation, denial, hedging, echo, bare word lists. Pure."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from coach.text import STOP_STEMS, normalise, tokens

ECHO = 88.0
"""Least similarity (rapidfuzz partial ratio) at which a sentence repeats a line of the interviewer's."""
BREAK = re.compile(
    r"[,，、:：;；]|\b(?:but|whereas|while|although|though|however|instead)\b|但|而是|不过|然而|虽然", re.IGNORECASE
)
"""Where a clause ends."""

_NEGATORS = frozenset("not no never cannot without neither nor none dont doesnt isnt cant wont arent".split())
_NOT_NEGATING = re.compile(
    r"(.)不\1|not only|not just|not merely|no matter|not to mention|whether or not"
    r"|不仅|不但|不只|不断|不管|不论|不过|不同|不等式|不平衡|不错|不光|并不只"
    r"|无论|无监督|非常|非线性|非凸|非负|没错|未来|未知|差别|多少"
)
_CJK_NEGATOR = re.compile(r"不|没有|没|无法|并非|未|无需|无|是错的")
_FALSE = re.compile(r"\b(?:is|are) (?:false|wrong)\b")
_ONLY = re.compile(r"\b(?:only|just|merely)\b|只|仅", re.IGNORECASE)
_NOT_ONLY = re.compile(r"\b(?:not|n't)\s+(?:only|just|merely)\b|不只|不仅|不光|并非只|不是只", re.IGNORECASE)
_DENIED_AFTER = re.compile(
    r"\b(?:is|are|was|does|do|did|would|will|can)(?:\s+not|n't)\s+(?:really\s+)?"
    r"(?:exist|hold|work|true|enough|help|possible|available|matter|needed|required|necessary)\b"
    r"|\bis (?:false|wrong)\b"
    r"|没有?用|没什么用|不存在|不成立|不对|是错的|不起作用|没必要|不重要"
    r"|不(?:需要|做|放|讲|提|看|管|区分|考虑)",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:not sure|don'?t know|do not know|no idea|can'?t remember|cannot remember)\b"
    r"|(?:^|[我也还就太点个块真，,])不(?:知道|确定|清楚)(?!性)|不知道[了啊呢吧]?$|不太懂|记不清|(?:^|我)不会[。！!，,]?$|没学过",
    re.IGNORECASE,
)
_TO_BE_SAID = re.compile(
    r"\b(?:say|says|saying|answers?|reply|replies|respond|admits?|outputs?)\b|说|回答|回复|输出", re.IGNORECASE
)
"""A system that *says* it does not know is a point, not a candidate who gives up."""
_REPORTED = re.compile(
    r"\b(?:people (?:\w+ )?(?:say|think|believe|assume)|some (?:say|think|believe)|misconception|common mistake"
    r"|it is (?:wrong|a mistake|a myth) (?:to|that)|contrary to|would be wrong)\b"
    r"|误区|误以为|很多人(?:以为|觉得|认为)|有人(?:以为|觉得|认为)|常见的错误|说法不对",
    re.IGNORECASE,
)
_FORMULA_INSIDE = re.compile(r"\$[^$]+\$|\\\(|\\\[")
_LINKING = frozenset(
    """is are was be has have can so because then when if not no with without from to than does do gives get use used
    是 有 会 能 要 把 被 让 用 就 都 不 没 取 算 加 减 除 乘""".split()
)
_UNSURE_LENGTH = 16
"""A longer sentence that mentions not knowing still says something."""


def negations(passage: str) -> int:
    """How many negating words stand in a passage; an even number asserts."""
    folded = _NOT_NEGATING.sub(lambda found: " " * len(found.group()), normalise(passage)[0])
    count = len(_CJK_NEGATOR.findall(folded)) + len(_FALSE.findall(folded))
    for word in re.findall(r"[a-z]+(?:'t)?", folded):
        count += word.endswith("n't") or word in _NEGATORS
    return count


def is_denied_after(text: str, start: int, end: int) -> bool:
    """Whether what stands before `start` is denied by the rest of its clause, as in "a closed form does not exist"."""
    return _DENIED_AFTER.search(text, start, end) is not None


def is_exclusive(passage: str) -> bool:
    """Whether it says that something is *only* so."""
    return _ONLY.search(passage) is not None


def is_widened(passage: str) -> bool:
    """Whether it says *not only*, the opposite of only."""
    return _NOT_ONLY.search(passage) is not None


def is_reported(sentence: str) -> bool:
    """Whether it reports what others wrongly think, rather than asserting it."""
    return _REPORTED.search(sentence) is not None


def is_idle(sentence: str, said: Sequence[str]) -> bool:
    """Whether a sentence claims nothing: it echoes the interviewer, admits not knowing, or only lists words.

    `said` holds the interviewer's lines in normal form (`coach.text.normalise`).
    """
    folded = normalise(sentence)[0].strip(" .,;:!?。，；：！？")
    if _UNSURE.search(folded) and not _TO_BE_SAID.search(folded) and len(tokens(folded)) <= _UNSURE_LENGTH:
        return True
    for line in said:
        if len(folded) >= 6 and (folded in line or (len(folded) >= 12 and fuzz.partial_ratio(folded, line) >= ECHO)):
            return True
    return is_word_list(sentence)


def is_word_list(sentence: str) -> bool:
    """Whether a sentence only strings terms together: proof of vocabulary, not of a point."""
    if any(mark in sentence for mark in "=<>→`") or _FORMULA_INSIDE.search(sentence):
        return False
    parts = tokens(sentence)
    english = [token for token in parts if not token.cjk and token.form[0].isalpha()]
    if len(english) >= max(10, len(parts) / 2):
        functional = sum(token.form in STOP_STEMS for token in english)
        if functional / len(english) < 0.08:
            return True
    pieces = [tokens(piece) for piece in re.split(r"[,，、/|]", sentence) if piece.strip()]
    bare = [
        piece
        for piece in pieces
        if sum(token.cjk for token in piece) <= 6
        and sum(not token.cjk for token in piece) <= 4
        and not any(token.raw in _LINKING for token in piece)
    ]
    return len(bare) >= 5 and len(bare) >= 0.8 * len(pieces)
