"""What is wrong with a line before the interviewer says it; nothing is said that has a fault. Pure.

The card's own words are written and reviewed, so they may be said as they stand, though not twice. A model's words may
give no point away that is not met yet, ask one question, and pass no verdict: what an answer is worth is the
grade's to say, with its evidence, and in practice as in an exam a verdict spoken before it could contradict it. Praise
is kinder than it is harmful in practice and allowed there; in an exam it is a verdict in disguise.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Literal, get_args

from rapidfuzz import fuzz

from coach.grading.visible import hidden_spans
from coach.schema import Card, Criterion, Lang, Mode
from coach.text import STOP_STEMS, lang_of, normalise, stem, words

LineKind = Literal["question", "probe", "hint", "repeat", "rephrase", "clarify", "remark"]
LINE_KINDS: tuple[LineKind, ...] = get_args(LineKind)
_ASKS: frozenset[LineKind] = frozenset({"question", "probe", "rephrase"})
"""Kinds in which one question is due; in the others there may be none."""
MAX_WORDS: dict[LineKind, int] = {
    "question": 120, "probe": 60, "hint": 80, "repeat": 120, "rephrase": 80, "clarify": 60, "remark": 40
}  # fmt: skip
"""Most English words; twice as many Chinese character pairs."""
SAME = 92.0
"""Least similarity (0 to 100, rapidfuzz ratio) at which a line is an earlier one over again."""
SENTENCE = 4
"""A point's own sentence of so many words of content is its answer, even of words that were all said before."""
TELLING = 3
"""From so many of its unsaid words on, a line that aims at no point gives one away."""

_GENERIC = frozenset(
    stem(word)
    for word in """model data example answer question point exactly happen mean explain describe write formula number
    value""".split()
) | frozenset(
    """一定 不一 一个 这个 那个 哪个 什么 怎么 为什 如何 可以 可能 时候 没有 因为 所以 如果 那么 这样 一样 一般 通常
    之间 之后 之前 以后 对于 需要 应该 能够 例子 问题 回答 情况 有哪 哪些 多少 一下 具体 说明 为何 会怎 怎样""".split()
)
_EMPTY_CJK = frozenset("的了是吗呢吧啊呀嘛们")
"""A pair of characters with one of these in it is no word."""
_START = r"(?:^|(?<=[.!?,;:。!?;,])\s*|(?<=\n)\s*)"
_STOP = r"(?=\s*(?:[.,!?;:。、…-]|$))"
_GOOD = r"(?:good|great|nice|excellent|perfect|wonderful|fantastic|awesome|brilliant|amazing|impressive|superb|lovely)"
_PRAISE = re.compile(
    rf"{_START}(?:(?:oh|ah|wow|okay|ok|very|really|that's|that is|that was|what a|absolutely|thanks|thank you|and|"
    rf"so) )*"
    rf"{_GOOD}(?:{_STOP}| (?:answer|point|job|start|work|explanation|observation|catch|insight|summary|thinking|"
    rf"stuff|one|try|"
    r"question|effort|going)\b)"
    rf"|\b(?:a|an|very|really|such a|your) (?:very |really )?{_GOOD} (?:answer|job|start|explanation|observation|"
    rf"insight|"
    r"thinking|effort)\b"
    r"|\bwell (?:done|put|said|explained|reasoned|structured)\b|\b(?:i (?:really )?(?:like|love) (?:that|it|"
    r"how you|your|the way you))\b"
    r"|\b(?:kudos|bravo|spot on|nicely done|nicely put|good thinking|keep it up|impressive)\b|\byou(?:'re|"
    r" are) doing (?:great|well|fine)\b"
    rf"|{_START}(?:嗯|哦|对|那|回答得|说得|讲得|答得|这个|你|您|整体|总体)*(?:很好|非常好|太好了|太棒了|真棒|很棒|"
    rf"非常棒|不错|很不错|挺好|挺不错|厉害|漂亮|优秀|精彩|完美|好极了|赞)"
    rf"(?:的)?(?:{_STOP}|的?(?:回答|思路|想法|问题|开头|总结|角度|观点|解释|答案))"
    r"|(?:回答|说|讲|答|解释|总结|思路|想法|分析)(?:得|的)?(?:都|也)?(?:很|非常|挺|真|特别|十分|相当|比较)?(?:好|"
    r"棒|不错|清楚|清晰|到位|完整|全面|精彩|漂亮|透彻)"
    rf"(?:{_STOP}|的)|加油|继续保持"
)
_VERDICT = re.compile(
    rf"{_START}(?:(?:oh|ah|okay|ok|hmm|well|yes|no|so|and|but|sorry|that's|that is|this is|it's|it is|not|almost|"
    rf"nearly|partly|mostly|"
    r"quite|absolutely|exactly|totally|completely|basically|unfortunately|actually) )*"
    rf"(?:correct|right|wrong|incorrect|exactly(?: right)?|yes|no|nope|yep|not (?:quite|really|exactly|entirely)|"
    rf"close|almost|"
    r"mistaken|incomplete)(?=\s*(?:[.,!;:。…-]|$))"
    rf"|{_START}(?:that|this|it|which)(?:'s| is| was|'re| are) (?:(?:also|quite|absolutely|partly|partially|mostly|"
    rf"almost|not|only|half|a bit) )*"
    r"(?:right|correct|wrong|incorrect|true|false|a mistake|mistaken|inaccurate|incomplete|not (?:it|so|the case))\b"
    r"|\byou(?:'re| are| were) (?:(?:also|quite|absolutely|partly|partially|mostly|almost|not|only|half|"
    r"on the) )*(?:right|correct|wrong|incorrect|mistaken|"
    r"right track|close|missing)\b"
    r"|(?<!if )(?<!when )(?<!what )\byou(?:'ve| have)? (?:also )?(?:missed|forgot|forgotten|left out|overlooked|"
    r"skipped over|got (?:it|that) (?:\w+ ){0,2}(?:right|wrong)|nailed|misunderstood|"
    r"didn'?t (?:mention|say|cover|address)|haven'?t (?:mentioned|said|covered|addressed)|failed to|confused)\b"
    r"|\byour (?:answer|explanation|claim|statement|formula) (?:is|was|isn'?t|lacks|misses)\b|\bthe (?:correct|"
    r"right|full|expected) answer\b"
    rf"|{_START}(?:嗯|哦|那|你|您|这个|这|回答|说得|说的|讲得|答得|是|完全|基本|不太|不完全|不是很|不|有点|部分|"
    rf"大致|还|没)*"
    rf"(?:对|对的|对了|没错|正确|不对|错|错了|不准确|准确|不完整|是的|不是|没说对|说反了|差一点|差点){_STOP}"
    r"|(?:你|您)(?:说|讲|回答|答|的回答|的理解|的说法|的答案|刚才说|理解)(?:得|的)?(?:完全|基本|大致|都|也|不|是|"
    r"还|有点|有|不太|很|不够)*"
    r"(?:对|没错|正确|错|不对|问题|偏差|有误|准确|完整|全面|反)"
    r"|(?:回答|答案|理解|说法)(?:是)?(?:不|完全|基本|有点|有|不太|不够|很|还)*(?:正确|错误|有误|不对|准确|错|"
    r"完整)|答对了|答错了|"
    r"(?:你|您)(?:还)?(?:漏|遗漏|忽略|忘|落下|没有?提到|没有?说到|没有?讲到|少说|搞混|混淆)了?|正确答案|标准答案"
)
_HUMAN = re.compile(
    r"\b(?:as an? (?:ai|language model|human|person|assistant)|(?:i(?:'m| am)(?: just| only| not)?|"
    r"this is) (?:an? )?(?:real |actual |large )?"
    r"(?:ai|human|person|language model|llm|chatbot|bot|assistant|robot|machine)\b|(?:my|the|"
    r"your) (?:system )?(?:prompt|instructions) (?:is|are|says?|tells?|"
    r"forbids?|do(?:es)?n'?t)|system prompt|i(?:'ve| have| was|'m| am)(?: been)? (?:told|instructed|programmed|"
    r"asked|not allowed|configured) (?:to|not)|"
    r"i can'?t (?:reveal|disclose|tell you) |(?:openai|anthropic|chatgpt|deepseek)\b)"
    r"|作为(?:一个|一名)?(?:人工智能|ai|语言模型|大模型|真人|人类|助手)|我(?:是|不是|只是)(?:一个|一名)?(?:ai|"
    r"人工智能|机器人|语言模型|大模型|大语言模型|真人|人类|程序|助手)|"
    r"系统提示|我(?:的|被)(?:指令|要求|设定|设置|提示词)|我不能(?:透露|告诉你|泄露)"
)
_GRADING = re.compile(
    r"\b(?:rubrics?|criteri(?:a|on)|scorecard|marking scheme|reference answer|model answer|the grader|"
    r"being graded|i(?:'m| am| will|'ll) (?:grading|grade|score|scoring) (?:you|this|that|your))\b"
    r"|\b(?:your|extra|my) (?:score|scores|grade|marks?|points?) (?:is|are|for|will|would|so far|on this)\b|"
    r"\b(?:score|lose|earn|get|gain|award|deduct)\w*"
    r" (?:you )?(?:full |extra |more |a |some |\d+ )*(?:points?|marks?|credits?)\b|\b(?:full|partial|"
    r"extra) (?:marks|credit)\b|\bprompts?\b"
    r"|评分(?:标准|表|细则|点)|采分点|得分点|(?:给|扣)你?.{0,3}分(?!布|类|数|词)|加分项|[你您]的(?:得分|分数|"
    r"评分)|(?:给|为)[你您].{0,3}(?:打分|评分)|参考答案|考察点|要点列表|提示词"
)
_MARKUP = re.compile(
    r"!?\[[^\]\n]*\]\s*(?:\([^)]*\)|\[[^\]]*\])|^\s*\[[^\]]+\]:|</?[a-z!][^>\n]*>?|https?:|www\.|data:[a-z]+/|"
    r"javascript:|```|^\s*#{1,6} |^\s*[-*+] |\|\s*-{2,}|&#?\w+;",
    re.IGNORECASE | re.MULTILINE,
)
_MORE = re.compile(
    r"(?:,|;|-)? ?\b(?:and|also|plus|then) (?:also |then |if so,? )?(?:how|why|what|when|where|which|who)\b(?! not\b)"
    r"|(?:并且|以及|还有|另外|同时|而且|然后|再说说)[,，]?\s*(?:它|你|这|那|又|是)?(?:为什么|为何|怎么|如何|什么|哪)",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"\$\$.+?\$\$|\$[^$\n]+\$|\\\(.+?\\\)|\\\[.+?\\\]|[A-Za-z0-9_^{}\\()'|"
    r"./*+\-ΣΠσλμθα-ωÀ-ÿ² ]*[=≤≥∝≈][^,.?!，。？！\u4e00-\u9fff]*",
    re.DOTALL,
)
_SETTING = re.compile(r"^\w{1,12}=-?[\d.]+%?$")
_LATEX = re.compile(r"\\(?:left|right|mathbf|mathrm|text|cdot|,|;|!|quad)|[\s{}$\\*]|\\[()\[\]]")


def faults(
    text: str,
    *,
    card: Card,
    said: Sequence[str],
    interviewer: Sequence[str],
    lang: Lang,
    mode: Mode,
    kind: LineKind,
    criterion: Criterion | None = None,
    met: Collection[str] = (),
) -> tuple[str, ...]:
    """Everything that forbids saying `text`, the gravest first; empty when it may be said.

    `criterion` is the one a probe aims at, of which no word may be given away; of the others not yet `met`, no whole
    wording. `said` are the candidate's messages, `interviewer` the lines said before on this question.
    """
    if not text.strip():
        return ("empty",)
    found: list[str] = []
    if kind != "repeat" and repeated(text, interviewer):
        found.append("repeats itself")
    if text in own_words(card, kind, lang, criterion):
        return tuple(found)
    folded = normalise(text)[0]
    if _MARKUP.search(text) or hidden_spans(text):
        found.append("markup")
    found += _asks(text, folded, kind)
    if len(words(text)) > MAX_WORDS[kind] * (2 if lang == "zh" else 1):
        found.append("too long")
    if lang_of(text, lang) != lang:
        found.append("wrong language")
    public = (card.question.en, card.question.zh, *interviewer, *said)
    given = _given_away(text, card, criterion, public, met)
    if given:
        found.append(f"gives away {', '.join(given)}")
    if mode == "exam" and _PRAISE.search(folded):
        found.append("praise")
    if _VERDICT.search(folded):
        found.append("verdict")
    if _HUMAN.search(folded) or _of_grading(folded, public):
        found.append("out of role")
    return tuple(found)


def own_words(card: Card, kind: LineKind, lang: Lang, criterion: Criterion | None = None) -> frozenset[str]:
    """The card's reviewed lines of this kind in this language."""
    if kind == "probe":
        aimed = card.criteria if criterion is None else (criterion,)
        return frozenset(one.probe.text(lang) for one in aimed)
    if kind == "hint":
        return frozenset(hint.text(lang) for hint in card.hints)
    if kind == "question":
        return frozenset({card.question.text(lang), card.asks(lang), *(one.text(lang) for one in card.followups)})
    return frozenset()


def repeated(text: str, lines: Sequence[str]) -> bool:
    """Whether it is an earlier line again, or nearly."""
    folded = normalise(text)[0]
    return any(fuzz.ratio(folded, normalise(line)[0], score_cutoff=SAME) > 0 for line in lines)


def leaks(text: str, criterion: Criterion, known: Sequence[str]) -> tuple[str, ...]:
    """Content words of `text` that belong to the criterion and that nobody has said yet."""
    return tuple(sorted(_hidden(criterion, known) & {word for word in words(text) if len(word) > 1}))


def _hidden(criterion: Criterion, known: Sequence[str]) -> frozenset[str]:
    secret = _content((*criterion.accept.all(), criterion.says.en, criterion.says.zh))
    return secret - _content((*known, criterion.probe.en, criterion.probe.zh))


@lru_cache(maxsize=4096)
def _content(lines: tuple[str, ...]) -> frozenset[str]:
    """Words of content in these lines; a line is looked at for every piece of a reply that streams in."""
    found = {word for line in lines for word in words(line)} - STOP_STEMS - _GENERIC
    return frozenset(word for word in found if _EMPTY_CJK.isdisjoint(word))


@lru_cache(maxsize=16384)
def _wording(text: str) -> frozenset[str]:
    return frozenset(words(text)) - STOP_STEMS


def _given_away(
    text: str, card: Card, criterion: Criterion | None, public: Sequence[str], met: Collection[str]
) -> tuple[str, ...]:
    """What would be given away: words of the point aimed at, whole wordings of other points, formulas."""
    given = list(leaks(text, criterion, public)) if criterion is not None else []
    spoken = set(words(text))
    for other in card.criteria:
        if other == criterion or other.id in met:
            continue
        hidden = _hidden(other, public)
        for wording in (*other.accept.all(), other.says.en, other.says.zh):
            if "$" in wording:
                continue
            content = _wording(wording)
            whole = criterion is None and len(content) >= SENTENCE
            if content and content <= spoken and (content & hidden or whole):
                given.append(repr(wording.strip('"')))
                break
        else:
            told = sorted(hidden & {word for word in spoken if len(word) > 1})
            given += told if criterion is None and len(told) >= TELLING else []
    known = "\n".join(_plain_formula(line) for line in (*public, *_own_lines(card)))
    for match in _FORMULA.finditer(text):
        formula = _plain_formula(match.group())
        if len(formula) > 2 and not _SETTING.match(formula) and formula not in known:
            given.append(f"the formula {match.group().strip()!r}")
    return tuple(given)


def _own_lines(card: Card) -> tuple[str, ...]:
    return tuple(line for one in card.criteria for line in (one.probe.en, one.probe.zh))


def _plain_formula(text: str) -> str:
    return _LATEX.sub("", text).lower()


def _asks(text: str, folded: str, kind: LineKind) -> tuple[str, ...]:
    """Faults in the number of questions."""
    marks = len(re.findall(r"[?？]", text))
    if marks > 1 or (kind == "probe" and "\n" in text):
        return ("not one question: several at once",)
    if marks == 1 and _MORE.search(folded):
        return ("not one question: several at once",)
    if marks == 0 and kind in _ASKS:
        return ("not one question: none asked",)
    return ()


def _of_grading(folded: str, public: Sequence[str]) -> bool:
    """Whether it speaks of how answers are graded; words that belong to the topic do not count."""
    known = " ".join(normalise(line)[0] for line in public)
    return any(match.group() not in known for match in _GRADING.finditer(folded))
