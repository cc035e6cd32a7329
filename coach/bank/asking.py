"""Which parts of a line ask something, in English and Chinese."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from coach.bank.blocks import Item, List, Paragraph, Row, enumerated
from coach.bank.provenance import PHONE, Scope, nth_of, plain_heading, round_of
from coach.schema import Lang
from coach.text import lang_of

HAS_WORD = re.compile(r"[^\W_]")
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

_WHOM = r"(?:you|we|i|it|they|the|a|an|this|that|these|there|one)"
_AUXILIARY = r"(?:can|could|do|does|did|is|are|was|were|should|would|will|have|has)"
_IMPERATIVE = (
    r"(?:explain|describe|derive|prove|implement|design|compare|define|discuss|tell me|talk about|talk me|write|walk me"
    r"|give (?:me|an?|the|some)|show (?:me|that|how)|name (?:an?|the|some|two|three)|list (?:the|some|all))\b"
)
_COMMANDS = re.compile(_IMPERATIVE, re.IGNORECASE)
_ASKS = re.compile(
    rf"{_IMPERATIVE}|(?:what|why|how)\b|(?:which|where|when|who)\s+{_AUXILIARY}\b|{_AUXILIARY}\s+{_WHOM}\b"
    r"|(?:if|suppose|given)\b.*\b(?:what|why|how|which)\b"
    r"|什么|为什么|为何|怎么|怎样|如何|哪些|请|解释|介绍|讲|说说|谈谈|推导|证明|手写|手推|实现|设计",
    re.IGNORECASE,
)
_PUNCTUATION = re.compile(r"[,;:.?!，。；：？！、→=]")
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Found:
    """One question, with what its own line or the items above it say of company and round."""

    text: str
    line: int
    lang: Lang
    company: str | None = None
    round: str | None = None
    number: str | None = None


def from_list(block: List) -> Iterator[Found]:
    """Every item is a question; a short title gives its name to those below it, remarks are added in brackets."""
    for item in block.items:
        yield from _from_item(item, numbers=(), titles=(), above=Scope())


def _from_item(item: Item, *, numbers: tuple[str, ...], titles: tuple[str, ...], above: Scope) -> Iterator[Found]:
    numbers = (*numbers, item.number) if item.number else numbers
    own = _LINK.sub("", item.text)
    if not HAS_WORD.search(own):
        return
    heading = plain_heading(own)
    if heading is not None and item.children:
        for child in item.children:
            yield from _from_item(child, numbers=(), titles=titles, above=above.under(heading))
        return
    if _is_title(item):
        for child in item.children:
            yield from _from_item(child, numbers=numbers, titles=(*titles, item.text.rstrip(":： ")), above=above)
        return
    noted = [line for child in item.children if not _is_asked(child.text) for line in _all_texts(child)]
    text = ": ".join((*titles, item.text))
    if noted:
        text = f"{text}（{'；'.join(noted)}）" if _CJK.search(item.text) else f"{text} ({'; '.join(noted)})"
    number = ".".join(numbers) or None
    yield Found(text, item.line, _lang(item.text), company=above.company, round=above.round, number=number)
    for child in item.children:
        if _is_asked(child.text):
            yield from _from_item(child, numbers=numbers, titles=titles, above=above)


def from_row(block: Row) -> Iterator[Found]:
    """The cells of a table row that ask something; a cell that only names a company or a round holds for the others."""
    above = Scope()
    for heading in filter(None, map(plain_heading, block.cells)):
        above = above.under(heading)
    for cell in block.cells:
        if plain_heading(cell) is None:
            for found in from_paragraph(Paragraph(((block.line, cell),))):
                yield replace(found, company=above.company, round=found.round or above.round)


def _lang(text: str) -> Lang:
    """The language of a line; full-width punctuation tells Chinese even where English terms outnumber it."""
    return "zh" if _CJK.search(text) and re.search("[，。；？！、：]", text) else lang_of(text)


def _is_title(item: Item) -> bool:
    """Whether `item` only names what the items below it are about."""
    name = item.text.rstrip(":： ")
    short = len(name.split()) <= 6 and len(name) <= 60
    if not item.children or not short or _PUNCTUATION.search(name) or _ASKS.match(name):
        return False
    return any(child.number is not None or child.children or _is_asked(child.text) for child in item.children)


def _is_asked(text: str) -> bool:
    return text.rstrip().endswith(("?", "？")) or _ASKS.match(text) is not None


def _all_texts(item: Item) -> Iterator[str]:
    yield item.text
    for child in item.children:
        yield from _all_texts(child)


_LABEL = re.compile(r"([^，。；？！,;?!：:]{1,30})(?:：|:(?=\s|[\u4e00-\u9fff]))\s*")
_LIST_LABEL = re.compile(r"问题|题目|考点|考察|面试题|^问\d*$|^q(?:uestions?)?\d*$|topics?$", re.IGNORECASE)
_ANSWER_LABEL = re.compile(
    r"^(?:a|answers?|notes?|tips?|ps|p\.s\.?|答案?|解答|回答|参考|备注|注意?|总结|经验|感想|心得)\d*$", re.IGNORECASE
)
_REPORTS = re.compile(
    r"\basked\s+(?:me\s+|us\s+)?(?:to|about|how|why|what)\b|\bwanted\s+(?:me|us)\s+to\b", re.IGNORECASE
)
_SENTENCE_EN = re.compile(r"(?<=[.?!])\s+")


def from_paragraph(block: Paragraph, *, in_round: bool = False) -> Iterator[Found]:
    """The parts that ask something; answers and stories are left out.

    With `in_round`, below a heading that names a company or a round, several short lines without full stops are a list.
    """
    if in_round and len(block.lines) > 1 and all(_is_terse(text) for _, text in block.lines):
        yield from (Found(text.rstrip(_TRAILING), line, _lang(text)) for line, text in block.lines)
        return
    carried: str | None = None
    answering = False
    for line, text in block.lines:
        label = _LABEL.match(text)
        named = round_of(label[1]) if label else None
        is_list = label is not None and (named is not None or _LIST_LABEL.search(label[1].strip()) is not None)
        if label is not None:
            answering = not is_list and _ANSWER_LABEL.match(label[1].strip()) is not None
        if answering:
            continue
        carried = _opening_round(text) or carried
        before, items = enumerated(text)
        if items:
            named = named or round_of(before)
            for number, asked in items:
                yield Found(asked.rstrip(_TRAILING), line, _lang(text), round=named or carried, number=number)
            continue
        start = label.end() if label and is_list else 0
        ask = _asked_in_chinese if _CJK.search(text) else _asked_in_english
        for question in (*ask(text, start, is_list=is_list), *_lessons(text)):
            yield Found(question, line, _lang(text), round=named or carried)


_DOUBT = re.compile(r"是不是|该不该|应不应该|要不要|\bshould I\b", re.IGNORECASE)
_WITH_WHOM = re.compile(r"面试?官|对方|\binterviewer", re.IGNORECASE)


def _lessons(text: str) -> Iterator[str]:
    """Doubts about how to deal with the interviewer, wherever they stand: what a behavioural question comes from."""
    for sentence in re.split(r"(?<=[。！!？?])|[（()）]", text):
        if sentence.endswith(("?", "？")) and _DOUBT.search(sentence) and _WITH_WHOM.search(sentence):
            yield sentence.strip()


_TELLS = re.compile(r"\b(?:i|me|my|we|our|he|she|they|was|were|went|got|then)\b|https?:", re.IGNORECASE)


def _is_terse(text: str) -> bool:
    short = len(text.split()) <= 8 and len(text) <= 60
    told = _TELLS.search(text) or _STORY.search(text) or _STATES.search(text) or _LABEL.match(text)
    return short and not told and text[-1] not in ".!。！…" and re.search("[，,；;]", text) is None


def _opening_round(text: str) -> str | None:
    """The round that the first words of a line speak of."""
    opening = re.split(r"[，。；：,;:.]", text, maxsplit=1)[0][:40]
    slug, pattern = PHONE
    return nth_of(opening) or (slug if pattern.search(opening) else None)


def _asked_in_english(text: str, start: int, *, is_list: bool) -> Iterator[str]:
    """The sentences of `text` from `start` on that ask or command; in a list of questions, all of them."""
    for sentence in _SENTENCE_EN.split(text[start:]):
        asks = sentence.endswith("?") or _COMMANDS.match(sentence) or _REPORTS.search(sentence)
        asks = asks or (_ASKS.match(sentence) and sentence[-1] not in ".!")
        if is_list or (asks and " " in sentence):
            yield sentence


_WHO = r"(?:第\s*\S{1,2}\s*(?:面试?官|人)|第\s*\S{1,2}\s*(?:轮|场|面)|面试?官|对方|他们?|她)"
_LEAD = re.compile(
    rf"(?:{_WHO}|期间|然后|接着|最后了?|首先|一开始|开始|另外|此外|其次|以及|还有|还|又|再|也|先|并且?|顺带|顺便|主要是?|大概|简单(?:地|的)?|其中"
    r"|(?P<verb>被?问了?(?:一些|一下|一个|下|到了?|我)?(?!题)|聊了聊|聊(?:了一?[下些]|到了?|了)|提到了?|谈(?:了谈|到了?|了)|讲了讲?"
    r"|考(?:察了|到了?|了)|介绍了(?:一下)?|让我|要求我?|叫我)|\s)"
)
_STORY = re.compile(
    r"我|楼主|\blz\b|大家|觉得|感觉|希望|由于|因为|所以|闲聊|小哥|小姐姐|面试?官|签了|英语|准备了|挂了|凉了|没(?:什么|啥)|不知道|不记得|忘了|没?答",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"[?？]|什么|为何|怎么|怎样|如何|哪[些个种]|多少|能不能|可不可以|是否|是不是|有没有|区别|异同|不同点|对比|^比较|的比较|优缺点|优劣|关系"
    r"|trade-?off|\bvs\b\.?|手写|手推|手撕|写一?个|写出|推导|推了|推一|证明|实现|解释|设计|找出|求出?最|介绍|讲讲|讲一下|说说|谈谈|聊聊"
    r"|\b(?:what|why|how|explain|derive|implement|compare)\b",
    re.IGNORECASE,
)
_STATES = re.compile(r"[了过着]|把|会|可以|就|都|是|很|没|不|自己|被|已经|直接|一旦|极|的时候|比较|觉得|应该|推荐|建议")
_ASPECTS = re.compile(
    r"(?:的|和|及|与|以及|还有|有哪些|有什么|、|/|\s|公式|作用|特性|特点|性质|推导|原理|实现|定义|概念|应用|场景|适用|优缺点|优点|缺点|优势|劣势"
    r"|区别|异同|关系|假设|步骤|流程|过程|意义|目的|时间|空间|复杂度|参数|调参|损失函数|目标函数|如何|怎么)+"
)
_ADDS = re.compile(r"需要|要求|要|得")
_LEANS_BACK = re.compile(r"(?:怎么|如何|怎样|为什么|为何|有哪些|有什么|哪些|什么)\w{0,5}[?？]?")
_LEANS_FORWARD = re.compile(r"如果|假如|假设|若|当(?![时天场])|对于|给定|给你|给一个|给了一个|有一个")
_SIGH = re.compile(r"[哎唉嗯哈呃额]+")
_TERM = re.compile(r"[A-Za-z][A-Za-z0-9+#-]*")
_NO_TERM = re.compile(
    r"ml|ms|ai|ppt|coding|nda|offer|hr|oa|bq|vo|lc|ok|phone|onsite|interview|presentation|demo|team", re.IGNORECASE
)
_OPENERS = {"（": "）", "(": ")", "【": "】", "[": "]", "“": "”", "《": "》"}
_TRAILING = " \t，。；;！!,.、"


@dataclass(slots=True)
class _Part:
    """A stretch of a line between two punctuation marks; brackets belong to it."""

    start: int
    end: int
    opens_sentence: bool


def _asked_in_chinese(text: str, start: int, *, is_list: bool) -> Iterator[str]:
    """The parts of `text` from `start` on that ask something, verbatim, lead-ins such as 还问了 cut off.

    In a list of questions every part is one unless it tells a story. Elsewhere a part needs a word that asks, or must
    follow a verb such as 问了, or be no more than a noun phrase with a technical term in it.
    """
    spans: list[tuple[int, int]] = []
    story = asked = extends = False
    condition: int | None = None
    for part in _parts(text, start):
        if part.opens_sentence:
            story = asked = False
            condition = None
        begin, verb = _after_lead(text, part)
        bare = _without_brackets(text[begin : part.end]).strip(_TRAILING)
        story = story or bool(_SIGH.fullmatch(bare))
        if not bare or story:
            continue
        asked = asked or verb
        if extends and not verb and _goes_with_the_last(bare):
            spans[-1] = (spans[-1][0], part.end)
        elif _LEANS_FORWARD.match(bare) and not _CUE.search(bare):
            condition = begin if condition is None else condition
            extends = False
        elif extends := _is_question(bare, is_list=is_list, asked=asked):
            spans.append((begin if condition is None else condition, part.end))
            condition = None
    for begin, end in spans:
        yield re.sub("等等?$", "", text[begin:end].strip(_TRAILING))


def _goes_with_the_last(bare: str) -> bool:
    if _ADDS.match(bare):
        return not _CUE.search(bare)
    return bool(_ASPECTS.fullmatch(bare) or _LEANS_BACK.fullmatch(bare))


def _is_question(bare: str, *, is_list: bool, asked: bool) -> bool:
    if _STORY.search(bare) or _ASPECTS.fullmatch(bare):
        return False
    if _CUE.search(bare):
        return True
    terms = [term for term in _TERM.findall(bare) if not _NO_TERM.fullmatch(term)]
    return bool(is_list or asked or terms) and not _STATES.search(bare)


def _after_lead(text: str, part: _Part) -> tuple[int, bool]:
    """Where the part begins once its lead-in is cut off, and whether the lead-in holds a verb of asking."""
    begin, verb = part.start, False
    while begin < part.end and (match := _LEAD.match(text, begin, part.end)):
        begin = match.end()
        verb = verb or match["verb"] is not None
    return begin, verb


def _parts(text: str, start: int) -> Iterator[_Part]:
    closes = _matching_brackets(text, start)
    begin = at = start
    opens = True
    while at < len(text):
        if at in closes:
            at = closes[at] + 1
            continue
        char = text[at]
        ends = char in "。！!？?；;" or (char == "." and _ends_sentence(text, at))
        if ends or char == "，" or (char == "," and not text[at + 1 : at + 2].isalnum()):
            keeps = at + 1 if char in "？?" else at
            yield _Part(begin, keeps, opens)
            begin = at + 1
            opens = ends
        at += 1
    yield _Part(begin, len(text), opens)


def _ends_sentence(text: str, at: int) -> bool:
    after = text[at + 1 : at + 2]
    return (not after or after.isspace() or bool(_CJK.match(after))) and not text[at - 1 : at].isdigit()


def _matching_brackets(text: str, start: int) -> dict[int, int]:
    """Offset of each outermost opening bracket -> offset of the one that closes it; unbalanced ones are left out."""
    pairs: dict[int, int] = {}
    waiting: list[int] = []
    for at in range(start, len(text)):
        if text[at] in _OPENERS:
            waiting.append(at)
        elif waiting and text[at] == _OPENERS[text[waiting[-1]]]:
            pairs[waiting.pop()] = at
    return pairs


def _without_brackets(text: str) -> str:
    closes = _matching_brackets(text, 0)
    kept: list[str] = []
    at = 0
    while at < len(text):
        if at in closes:
            at = closes[at] + 1
            continue
        kept.append(text[at])
        at += 1
    return "".join(kept)
