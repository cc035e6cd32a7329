"""Raw interview notes -> questions, each with path, line, company, round and language. Rules only, no model.

What is understood, in English and Chinese: Markdown headings that name a company or a round; numbered and bulleted
lists, nested; paragraphs that pack several questions between commas and full stops; labels such as `Coding：`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coach.errors import ContentError, Problem
from coach.schema import Lang, NoteQuestion
from coach.text import lang_of

MAX_BYTES = 5_000_000
_MAX_DEPTH = 12


def read_notes(path: Path, *, shown_as: str | None = None) -> tuple[NoteQuestion, ...]:
    """All questions of the note at `path`, in reading order; `shown_as` replaces the path in each of them.

    Raises ContentError when the file is missing, empty, over 5 MB, binary or not UTF-8.
    """
    shown = shown_as or path.as_posix()

    def wrong(message: str, line: int = 0) -> ContentError:
        return ContentError((Problem(shown, line, message),))

    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise wrong(f"{size:,} bytes; a note has at most {MAX_BYTES:,}: split the file")
        raw = path.read_bytes()
    except OSError as error:
        raise wrong(f"cannot be read: {error.strerror}") from error
    if b"\x00" in raw:
        raise wrong("holds NUL bytes: this is not a text file", raw[: raw.index(b"\x00")].count(b"\n") + 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise wrong("not UTF-8 text: save the file as UTF-8", line) from error
    if not text.strip():
        raise wrong("is empty: write at least one question")
    return parse_notes(text, shown)


def parse_notes(text: str, path: str) -> tuple[NoteQuestion, ...]:
    """All questions in `text`, in reading order; `path` is stored with each.

    List items: every item is a question, except that a short title with items below gives its name to them
    (`Page Rank Project: laplacian of a graph`), and that notes below a question are added to it in brackets.
    Paragraphs: the parts that ask something; parts that tell a story are left out.
    """
    questions: list[NoteQuestion] = []
    scope = _Scope()
    for block in _blocks(text):
        if isinstance(block, _Heading):
            scope = scope.under(block)
            continue
        found = _from_list(block) if isinstance(block, _List) else _from_paragraph(block)
        for one in found:
            if not _HAS_WORD.search(one.text):
                continue
            questions.append(
                NoteQuestion(
                    text=one.text,
                    path=path,
                    line=one.line,
                    lang=one.lang,
                    company=scope.company,
                    round=one.round or scope.round,
                    number=one.number,
                )
            )
    return tuple(dict.fromkeys(questions))


@dataclass(frozen=True, slots=True)
class _Found:
    text: str
    line: int
    lang: Lang
    round: str | None = None
    number: str | None = None


# --- companies and rounds ------------------------------------------------------------------

_COMPANIES = {
    "amazon": r"amazon|aws|亚马逊|亚麻",
    "microsoft": r"microsoft|msft|微软|巨硬",
    "google": r"google|alphabet|谷歌|狗家",
    "meta": r"meta(?![- ]?learning)|facebook|脸书",
    "apple": r"apple|苹果",
    "netflix": r"netflix|网飞|奈飞",
    "nvidia": r"nvidia|英伟达",
    "openai": r"openai",
    "linkedin": r"linkedin|领英",
    "uber": r"uber|优步",
    "tesla": r"tesla|特斯拉",
    "bytedance": r"bytedance|tiktok|字节(?:跳动)?",
    "alibaba": r"alibaba|阿里(?:巴巴)?",
    "tencent": r"tencent|腾讯",
    "baidu": r"baidu|百度",
    "meituan": r"meituan|美团",
    "huawei": r"huawei|华为",
    "other": r"^\W*(?:others?|misc(?:ellaneous)?|其他|其它)\s*(?:compan(?:y|ies)|interviews?|公司|面试|面经)?\W*$",
}
_COMPANY = {slug: re.compile(rf"(?<![a-z])(?:{names})(?![a-z])", re.IGNORECASE) for slug, names in _COMPANIES.items()}
_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九十")}
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_ORDINALS = (
    re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\s+(?:interview|round|call|screen)", re.IGNORECASE),
    re.compile(r"\b(first|second|third|fourth|fifth|sixth)\s+(?:interview|round|call|screen)", re.IGNORECASE),
    re.compile(r"\b(?:interview|round)\s*(?:no\.?|#)?\s*(\d{1,2})\b", re.IGNORECASE),
    re.compile(r"第\s*([一二三四五六七八九十]|\d{1,2})\s*(?:轮|场|面|个?面试?官|次面试)"),
    re.compile(r"(?:^|[\s，。])([一二三四五六七八九])面(?![对试前向临])"),
)
_PHONE = ("phone", re.compile(r"\bphone\b|电面|电话面试?", re.IGNORECASE))
_ROUNDS = (
    _PHONE,
    ("onsite", re.compile(r"\bon-?site\b|\bVO\b|现场面", re.IGNORECASE)),
    ("online-assessment", re.compile(r"\bOA\b|online assessment|笔试", re.IGNORECASE)),
    ("ml-depth", re.compile(r"\b(?:ml|machine learning)\s*depth|(?:ML|机器学习)\s*深度(?!学习)", re.IGNORECASE)),
    ("system-design", re.compile(r"system design|\bML design|系统设计", re.IGNORECASE)),
    ("behavioural", re.compile(r"behaviou?ral|\bBQ\b|行为面|行为问题", re.IGNORECASE)),
    ("coding", re.compile(r"\bcoding\b|编程|算法题|代码题|手撕", re.IGNORECASE)),
    (
        "ml-breadth",
        re.compile(
            r"\b(?:ml|machine learning)\s*(?:breadth|fundamentals|basics|questions)"
            r"|(?:ML|机器学习)\s*(?:相关|基础|理论|广度|八股|知识|概念|问题)|八股",
            re.IGNORECASE,
        ),
    ),
)


def _round_of(text: str) -> str | None:
    """The round that `text` names, as a slug."""
    nth = _nth_of(text)
    return nth or next((slug for slug, pattern in _ROUNDS if pattern.search(text)), None)


def _nth_of(text: str) -> str | None:
    for pattern in _ORDINALS:
        if match := pattern.search(text):
            said = match[1].lower()
            number = _NTH.get(said) or _DIGITS.get(said) or int(said)
            return f"interview-{number}"
    return None


def _company_of(text: str) -> str | None:
    return next((slug for slug, pattern in _COMPANY.items() if pattern.search(text)), None)


def _slug(text: str) -> str | None:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or None


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    names_company: bool
    """Because a heading right below it names a round."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """The company and round that hold below the headings so far, outermost heading first."""

    headings: tuple[tuple[int, str | None, str | None], ...] = ()

    @property
    def company(self) -> str | None:
        return next((company for _, company, _ in reversed(self.headings) if company), None)

    @property
    def round(self) -> str | None:
        return next((name for _, _, name in reversed(self.headings) if name), None)

    def under(self, heading: _Heading) -> "_Scope":
        company = _company_of(heading.title)
        name = _round_of(heading.title)
        if company is None and name is None and heading.names_company:
            company = _slug(heading.title)
        outer = tuple(one for one in self.headings if one[0] < heading.level)
        return _Scope((*outer, (heading.level, company, name)))


# --- blocks --------------------------------------------------------------------------------

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)$")
_FENCE = re.compile(r"\s*(```|~~~)")
_NUMBER = (
    r"(?P<number>\d{1,3})(?:[)）、．]\s*|\.(?:\s+|(?=[^\s\d.])))"
    r"|[(（](?P<boxed>\d{1,3})[)）]\s*|(?P<letter>[a-z])[.)]\s+"
)
_ITEM = re.compile(rf"(?P<indent>\s*)(?:{_NUMBER}|[-*+•·]\s+)(?:\[[ xX]\]\s+)?(?P<text>\S.*)$")
_HAS_WORD = re.compile(r"[^\W_]")
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(slots=True)
class _Item:
    line: int
    lines: list[str]
    number: str | None
    children: list["_Item"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class _List:
    items: tuple[_Item, ...]


@dataclass(frozen=True, slots=True)
class _Paragraph:
    lines: tuple[tuple[int, str], ...]
    """Line number and stripped text."""


def _blocks(text: str) -> Iterator[_Heading | _List | _Paragraph]:
    """Headings, lists and paragraphs in order; fenced code left out."""
    lines = [line.expandtabs(4) for line in re.split(r"\r\n|\r|\n", text)]
    code = _code_lines(lines)
    prose: list[tuple[int, str]] = []
    items: list[tuple[int, _Item]] = []
    after_blank = False
    for at, line in enumerate(lines):
        content = line.strip()
        heading = _HEADING.match(line)
        item = _ITEM.match(line)
        goes_on = bool(items) and (item is not None or (not after_blank and _indent(line) > items[-1][0]))
        if items and content and not (goes_on and heading is None):
            yield _tree(items)
            items = []
        if prose and (not content or heading is not None or item is not None or at in code):
            yield _Paragraph(tuple(prose))
            prose = []
        after_blank = not content
        if not content or at in code:
            continue
        if heading is not None:
            yield _Heading(len(heading[1]), heading[2].rstrip(" \t#"), _has_round_below(lines, at, len(heading[1])))
        elif item is not None:
            number = item["number"] or item["boxed"] or item["letter"]
            items.append((len(item["indent"]), _Item(at + 1, [item["text"].strip()], number)))
        elif items:
            items[-1][1].lines.append(content)
        else:
            prose.append((at + 1, content.lstrip("> ")))
    if items:
        yield _tree(items)
    if prose:
        yield _Paragraph(tuple(prose))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _code_lines(lines: Sequence[str]) -> frozenset[int]:
    """Indices of fenced lines, fences included; a fence that is never closed fences nothing."""
    fenced: set[int] = set()
    opened: tuple[int, str] | None = None
    for at, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark is None:
            continue
        if opened is None:
            opened = (at, mark[1])
        elif mark[1] == opened[1]:
            fenced.update(range(opened[0], at + 1))
            opened = None
    return frozenset(fenced)


def _has_round_below(lines: Sequence[str], at: int, level: int) -> bool:
    below = next((match for later in range(at + 1, len(lines)) if (match := _HEADING.match(lines[later]))), None)
    return below is not None and len(below[1]) > level and _round_of(below[2]) is not None


def _tree(items: Sequence[tuple[int, _Item]]) -> _List:
    """The list with each item below the nearest earlier one that is indented less."""
    roots: list[_Item] = []
    open_items: list[tuple[int, _Item]] = []
    for indent, item in items:
        while open_items and open_items[-1][0] >= indent:
            open_items.pop()
        del open_items[_MAX_DEPTH:]
        siblings = open_items[-1][1].children if open_items else roots
        siblings.append(item)
        open_items.append((indent, item))
    return _List(tuple(roots))


# --- lists ---------------------------------------------------------------------------------

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


def _from_list(block: _List) -> Iterator[_Found]:
    for item in block.items:
        yield from _from_item(item, numbers=(), titles=())


def _from_item(item: _Item, numbers: tuple[str, ...], titles: tuple[str, ...]) -> Iterator[_Found]:
    numbers = (*numbers, item.number) if item.number else numbers
    own = _LINK.sub("", item.text)
    if not _HAS_WORD.search(own):
        return
    if _is_title(item):
        for child in item.children:
            yield from _from_item(child, numbers, (*titles, item.text.rstrip(":： ")))
        return
    noted = [line for child in item.children if not _is_asked(child.text) for line in _all_texts(child)]
    text = ": ".join((*titles, item.text))
    if noted:
        text = f"{text}（{'；'.join(noted)}）" if _CJK.search(item.text) else f"{text} ({'; '.join(noted)})"
    yield _Found(text, item.line, _lang(item.text), number=".".join(numbers) or None)
    for child in item.children:
        if _is_asked(child.text):
            yield from _from_item(child, numbers, titles)


def _lang(text: str) -> Lang:
    """The language of a line; full-width punctuation tells Chinese even where English terms outnumber it."""
    return "zh" if _CJK.search(text) and re.search("[，。；？！、：]", text) else lang_of(text)


def _is_title(item: _Item) -> bool:
    """Whether `item` only names what the items below it are about."""
    name = item.text.rstrip(":： ")
    short = len(name.split()) <= 6 and len(name) <= 60
    if not item.children or not short or _PUNCTUATION.search(name) or _ASKS.match(name):
        return False
    return any(child.number is not None or child.children or _is_asked(child.text) for child in item.children)


def _is_asked(text: str) -> bool:
    return text.rstrip().endswith(("?", "？")) or _ASKS.match(text) is not None


def _all_texts(item: _Item) -> Iterator[str]:
    yield item.text
    for child in item.children:
        yield from _all_texts(child)


# --- paragraphs ----------------------------------------------------------------------------

_LABEL = re.compile(r"([^，。；？！,;?!：:]{1,30})(?:：|:(?=\s|[\u4e00-\u9fff]))\s*")
_LIST_LABEL = re.compile(r"问题|题目|考点|考察|面试题|^q(?:uestions?)?\d*$|topics?$", re.IGNORECASE)
_ANSWER_LABEL = re.compile(
    r"^(?:a|answers?|notes?|tips?|ps|p\.s\.?|答案?|回答|参考|备注|注意?|总结|经验|感想|心得)\d*$", re.IGNORECASE
)
_REPORTS = re.compile(r"\basked\s+(?:me\s+|us\s+)?(?:to|about|how|why|what)\b", re.IGNORECASE)
_SENTENCE_EN = re.compile(r"(?<=[.?!])\s+")


def _from_paragraph(block: _Paragraph) -> Iterator[_Found]:
    carried: str | None = None
    for line, text in block.lines:
        label = _LABEL.match(text)
        named = _round_of(label[1]) if label else None
        is_list = label is not None and (named is not None or _LIST_LABEL.search(label[1]) is not None)
        if label and not is_list and _ANSWER_LABEL.match(label[1].strip()):
            continue
        start = label.end() if label and is_list else 0
        carried = _opening_round(text) or carried
        ask = _asked_in_chinese if _CJK.search(text) else _asked_in_english
        for question in ask(text, start, is_list=is_list):
            yield _Found(question, line, _lang(text), round=named or carried)


def _opening_round(text: str) -> str | None:
    """The round that the first words of a line speak of."""
    opening = re.split(r"[，。；：,;:.]", text, maxsplit=1)[0][:40]
    slug, pattern = _PHONE
    return _nth_of(opening) or (slug if pattern.search(opening) else None)


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
