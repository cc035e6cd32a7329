"""A passage -> whether and how it asserts anything: negation, denial, hedging, echo, bare word lists. Pure."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from coach.grading.visible import addresses_the_judge
from coach.text import STOP_STEMS, form_of, normalise, raw_tokens

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
    r"|\bis (?:false|wrong)\b|\b(?:has|have|had) nothing to do\b|\bneedn'?t\b"
    r"|\b(?:is|are) (?:useless|irrelevant|a waste)\b"
    r"|没有必要|没有?关系|无所谓|无关|不用(?!于|来|在)|没有?用|没什么用|不存在|不成立|不对|是错的|不起作用|没必要|不重要"
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


_DENIED_WHOLE = re.compile(
    r"^\W*(?:(?:no|well|actually|but|and|so|so,|then),?\s+)?"
    r"(?:(?:it|that)(?:'s| is| isn't| is not) (?:simply |just )?(?:not |un)?"
    r"(?:true|false|wrong|the case|correct|right|a myth|a mistake|untrue|incorrect)\b,? (?:that|to say)\b"
    r"|(?:i (?:deny|doubt|don't (?:think|believe)|do not (?:think|believe)|disagree) that)\b"
    r"|(?:it is|it's) (?:a )?(?:common )?(?:misconception|myth|mistake) that\b)"
    r"|^\W*(?:其实|但|实际上)?(?:并不是说|不是说|并非|并不是(?:因为)?|说法不对|错的是|谁说|不存在|我不(?:认为|觉得|同意|相信))",
    re.IGNORECASE,
)
_TRUE_WHOLE = re.compile(
    r"^\W*(?:it|that)(?:'s| is) (?:simply |just )?(?:true|correct|right|the case)\b", re.IGNORECASE
)
_TAKEN_BACK = re.compile(
    r"\b(?:everything|all|what|anything|none|nothing)\b[^.]{0,40}"
    r"\b(?:above|before|so far|i (?:just )?(?:said|wrote|told)|i've (?:said|written))\b[^.]{0,40}"
    r"\b(?:false|wrong|untrue|incorrect|not true|is true|not correct|not right|nonsense|opposite|backwards|ignore)\b"
    r"|\b(?:forget|ignore|scratch|disregard|strike)\b[^.]{0,20}\b(?:everything|all|what)\b[^.]{0,30}"
    r"\b(?:said|above|before|wrote)\b"
    r"|(?:以上|上面|前面|刚才|之前)[^。]{0,14}(?:全|都|统统|完全|说反|讲反)[^。]{0,10}(?:错|不对|不成立|是假|反了|反的|胡说|不是真|不算|瞎)"
    r"|(?:以上|上面|前面|刚才)[^。]{0,10}(?:没有一句|没一句)",
    re.IGNORECASE,
)
_DETERMINERS = frozenset("the a an its their our your every each".split())
_PREPOSITIONS = frozenset("of in on with for from by at into as to than".split())
_BE = frozenset("is are was were be been".split())
_JOINING = frozenset("and or but so because that which".split())
_SALAD_CJK = re.compile(
    r"(?:^|[，。；：、,;])[的了着们吗呢吧]|[，。、；：][，。、；：]|的[的被把在就也都和与]"
    r"|[和与在把被从对而][的了和与是就也都，。；、]|了[了的]|[也就都][的了。，]|是[了就也，。]"
)
_PARTICLES = re.compile("[的了和与在把被从对而也就都是]")
SALAD = 0.09
"""Share of the small words that stand where none may stand, from which on a text is words without order."""
SALAD_WORDS = 30
"""So many small words are needed to tell."""


def denying_opening(sentence: str) -> int:
    """The offset at which opening words end that deny all the rest, as in "it is not true that…"; 0 without any."""
    folded, origin = normalise(sentence)
    found = _DENIED_WHOLE.search(folded)
    if found is None or _TRUE_WHOLE.search(folded) is not None:
        return 0
    return origin[found.end() - 1] + 1


def takes_all_back(sentence: str) -> bool:
    """Whether it takes back everything said before, as in "everything above is false"."""
    return _TAKEN_BACK.search(normalise(sentence)[0]) is not None


def is_salad(text: str) -> bool:
    """Whether its small words stand where none may stand: the words of an answer without their order."""
    raw = re.findall(r"[a-z']+|[^\sa-z']", text.lower())
    small = wrong = 0
    for word, after in pairwise([*raw, "."]):
        if word in _DETERMINERS:
            small += 1
            wrong += after in _DETERMINERS | _PREPOSITIONS | _BE | _JOINING or after in ".,;:"
        elif word in _PREPOSITIONS:
            small += 1
            wrong += after in _BE | _JOINING | {"of", "in", "on", "for", "."} and (word, after) != ("of", "which")
    folded = normalise(text)[0]
    small += len(_PARTICLES.findall(folded))
    wrong += len(_SALAD_CJK.findall(folded))
    return small >= SALAD_WORDS and wrong / small >= SALAD


@lru_cache(maxsize=16384)
def negations(passage: str) -> int:
    """How many negating words stand in a passage; an even number asserts."""
    folded = _NOT_NEGATING.sub(lambda found: " " * len(found.group()), normalise(passage)[0])
    count = len(_CJK_NEGATOR.findall(folded)) + len(_FALSE.findall(folded))
    for word in re.findall(r"[a-z]+(?:'t)?", folded):
        count += word.endswith("n't") or word in _NEGATORS
    return count


@lru_cache(maxsize=4096)
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
    if _UNSURE.search(folded) and not _TO_BE_SAID.search(folded) and len(raw_tokens(folded)) <= _UNSURE_LENGTH:
        return True
    for line in said:
        if folded in _sentences_of(line):
            return True
        if len(folded) >= 6 and (folded in line or (len(folded) >= 12 and fuzz.partial_ratio(folded, line) >= ECHO)):
            return True
    return is_word_list(sentence)


@lru_cache(maxsize=1024)
def _sentences_of(line: str) -> frozenset[str]:
    return frozenset(re.split(r"[.!?。！？]\s*", line))


def claims(said: Sequence[str], interviewer: Sequence[str]) -> tuple[bool, ...]:
    """For each sentence of a message whether it claims anything that stands at the end.

    `interviewer` holds the interviewer's lines in normal form. What a later sentence takes back, and words without any
    order, claim nothing.
    """
    if is_salad(" ".join(said)):
        return (False,) * len(said)
    taken_back = max((number for number, sentence in enumerate(said) if takes_all_back(sentence)), default=-1)
    return tuple(
        number > taken_back and not addresses_the_judge(sentence) and not is_idle(sentence, interviewer)
        for number, sentence in enumerate(said)
    )


def is_word_list(sentence: str) -> bool:
    """Whether a sentence only strings terms together: proof of vocabulary, not of a point."""
    if any(mark in sentence for mark in "=<>→`") or _FORMULA_INSIDE.search(sentence):
        return False
    parts = [form_of(raw) for raw in raw_tokens(sentence)]
    english = [form for form, cjk in parts if not cjk and form[0].isalpha()]
    if len(english) >= max(10, len(parts) / 2):
        functional = sum(form in STOP_STEMS for form in english)
        if functional / len(english) < 0.08:
            return True
    pieces = [raw_tokens(piece) for piece in re.split(r"[,，、/|]", sentence) if piece.strip()]
    if len(pieces) >= 12 and sum(len(piece) for piece in pieces) <= 3 * len(pieces):
        return True
    if len(pieces) < 5:
        return False
    bare = [
        piece
        for piece in pieces
        if sum(form_of(raw)[1] for raw in piece) <= 6
        and sum(not form_of(raw)[1] for raw in piece) <= 4
        and _LINKING.isdisjoint(piece)
    ]
    return len(bare) >= 5 and len(bare) >= 0.8 * len(pieces)
