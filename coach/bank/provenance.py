"""Which company and which round a line of a note speaks of, and how far that holds."""

import re
from dataclasses import dataclass

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
PHONE = ("phone", re.compile(r"\bphone\b|电面|电话面试?", re.IGNORECASE))
_ROUNDS = (
    PHONE,
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


def round_of(text: str) -> str | None:
    """The round that `text` names, as a slug."""
    nth = nth_of(text)
    return nth or next((slug for slug, pattern in _ROUNDS if pattern.search(text)), None)


def nth_of(text: str) -> str | None:
    """The numbered round that `text` names: `interview-2`."""
    for pattern in _ORDINALS:
        if match := pattern.search(text):
            said = match[1].lower()
            number = _NTH.get(said) or _DIGITS.get(said) or int(said)
            return f"interview-{number}"
    return None


def company_of(text: str) -> str | None:
    """The company that `text` names, as a slug."""
    return next((slug for slug, pattern in _COMPANY.items() if pattern.search(text)), None)


def _slug(text: str) -> str | None:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())) or None


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that names what the lines below it are about."""

    level: int
    title: str
    names_company: bool
    """Because a heading right below it names a round."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The company and round that hold below the headings so far, outermost heading first."""

    headings: tuple[tuple[int, str | None, str | None], ...] = ()

    @property
    def company(self) -> str | None:
        """That of the innermost heading that names one."""
        return next((company for _, company, _ in reversed(self.headings) if company), None)

    @property
    def round(self) -> str | None:
        """That of the innermost heading that names one."""
        return next((name for _, _, name in reversed(self.headings) if name), None)

    def under(self, heading: Heading) -> "Scope":
        """What holds below `heading`, which ends all headings of its level and deeper."""
        company = company_of(heading.title)
        name = round_of(heading.title)
        if company is None and name is None and heading.names_company:
            company = _slug(heading.title)
        outer = tuple(one for one in self.headings if one[0] < heading.level)
        return Scope((*outer, (heading.level, company, name)))


PLAIN_COMPANY, PLAIN_ROUND = 98, 99
"""Levels of headings without a mark: below every Markdown heading, a round below its company."""
_FILLER = re.compile(
    r"interviews?|questions?|experiences?|rounds?|notes?|screens?|calls?|summary|onsite|team"
    r"|full[- ]?time|intern(?:ship)?|new ?grad"
    r"|senior|staff|applied|scientists?|research|engineers?|machine learning|\b(?:ml|mle|ai|sde|ds|as|l\d|e\d|vo)\b"
    r"|面试|面经|面试题|问题|题目|真题|总结|记录|整理|算法|工程师|岗位?|实习|校招|社招|机器学习|部门|团队"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|[年月日号]|\d+(?:st|nd|rd|th)?|\bthe\b|\bof\b|\bat\b|的|和|\band\b",
    re.IGNORECASE,
)
_DECORATION = " \t*_#=-–—:：【】[]《》<>|/·.,，()（）"


def plain_heading(text: str) -> Heading | None:
    """`text` as a heading when it names a company or a round and says nothing else: `Google – 2nd round (2024)`."""
    title = text.strip(_DECORATION)
    if not title or len(title) > 60 or re.search(r"[?？。；;!！]", title):
        return None
    company, name = company_of(title), round_of(title)
    if company is None and name is None:
        return None
    rest = title
    for pattern in (*_ORDINALS, *_COMPANY.values(), *(pattern for _, pattern in _ROUNDS), _FILLER):
        rest = pattern.sub(" ", rest)
    if re.search(r"[^\W_]", rest):
        return None
    return Heading(PLAIN_COMPANY if company else PLAIN_ROUND, title, names_company=False)
