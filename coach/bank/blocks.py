"""The layout of a note: headings, lists, paragraphs and table rows, each with its lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from coach.bank.provenance import PLAIN_ROUND, Heading, plain_heading, round_of

_MAX_DEPTH = 12
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{3,})\s*$")
_SECTION = re.compile(r"\s*(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]部分[：:\s])\s*(\S.*)$")
_FENCE = re.compile(r"\s*(```|~~~)")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_NUMBER = (
    r"(?P<number>\d{1,3})(?:[)）、．]\s*|\.(?:\s+|(?=[^\s\d.])))"
    r"|[(（](?P<boxed>\d{1,3})[)）]\s*|(?P<letter>[a-z])[.)]\s+"
    rf"|(?P<circled>[{_CIRCLED}])\s*|(?P<chinese>[一二三四五六七八九十]{{1,3}})、\s*"
)
_ITEM = re.compile(rf"(?P<indent>\s*)(?:{_NUMBER}|[-*+•·●▪◦‣–]\s+)(?:\[[ xX]\]\s+)?(?P<text>\S.*)$")
_ROW = re.compile(r"\s*\|(.+)\|\s*$")
_INLINE = re.compile(rf"(?:(?<=^)|(?<=[\s，。；;：:、]))(?:(\d{{1,2}})[.、)）．](?!\d)|([{_CIRCLED}]))\s*")
_MARKS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")


@dataclass(slots=True)
class Item:
    """A list item with the items below it."""

    line: int
    lines: list[str]
    number: str | None
    children: list["Item"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All its lines as one."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class List:
    """A list, nested as its indents say."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that stand together."""

    lines: tuple[tuple[int, str], ...]
    """Line number and stripped text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    line: int
    cells: tuple[str, ...]


Block = Heading | List | Paragraph | Row


def blocks(text: str) -> Iterator[Block]:
    """All of `text` in order; fenced code and the header rows of tables left out."""
    lines = [line.expandtabs(4) for line in re.split(r"\r\n|\r|\n", text)]
    code = _code_lines(lines)
    prose: list[tuple[int, str]] = []
    items: list[tuple[int, Item]] = []
    after_blank = False
    for at, line in enumerate(lines):
        content = line.strip()
        heading = _heading(lines, at) if at not in code else None
        row = _ROW.match(line)
        item = _ITEM.match(line) if heading is None and row is None else None
        goes_on = bool(items) and (item is not None or (not after_blank and _indent(line) > items[-1][0]))
        if items and content and not (goes_on and heading is None and row is None):
            yield _tree(items)
            items = []
        if prose and (not content or heading or item or row or at in code):
            yield Paragraph(tuple(prose))
            prose = []
        after_blank = not content
        if not content or at in code:
            continue
        if heading is not None:
            yield heading
        elif row is not None:
            if not _is_header(lines, at) and not _is_rule(line):
                yield Row(at + 1, tuple(_plain(cell) for cell in re.split(r"(?<!\\)\|", row[1]) if cell.strip()))
        elif item is not None:
            items.append((len(item["indent"]), Item(at + 1, [_plain(item["text"])], _number(item))))
        elif items:
            items[-1][1].lines.append(_plain(content))
        else:
            prose.append((at + 1, _plain(content.lstrip("> "))))
    if items:
        yield _tree(items)
    if prose:
        yield Paragraph(tuple(prose))


def enumerated(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What stands before a list written within one line, and its items as number and text: `问了：1.BN 2.LN`.

    No items unless the numbers start at 1 and go up by 1 at least once.
    """
    found: list[re.Match[str]] = []
    for match in _INLINE.finditer(text):
        if _value(match) == len(found) + 1:
            found.append(match)
    if len(found) < 2:
        return text, ()
    ends = [*(match.start() for match in found[1:]), len(text)]
    parts = ((str(_value(match)), text[match.end() : end].strip()) for match, end in zip(found, ends, strict=True))
    return text[: found[0].start()].strip(), tuple(parts)


def _value(match: re.Match[str]) -> int:
    return int(match[1]) if match[1] else _CIRCLED.index(match[2]) + 1


def _number(item: re.Match[str]) -> str | None:
    if item["circled"]:
        return str(_CIRCLED.index(item["circled"]) + 1)
    return item["number"] or item["boxed"] or item["letter"] or item["chinese"]


def _plain(text: str) -> str:
    """Without Markdown's signs for strong text and without its escapes."""
    return re.sub(r"\\([\\`*_{}\[\]()#+\-.!|<>~])", r"\1", _MARKS.sub(r"\2", text)).strip()


def _heading(lines: Sequence[str], at: int) -> Heading | None:
    line = lines[at]
    if mark := _HEADING.match(line):
        level = len(mark[1])
        return Heading(level, _plain(mark[2].rstrip(" \t#")), _has_round_below(lines, at, level))
    below = lines[at + 1] if at + 1 < len(lines) else ""
    underline = _UNDERLINE.match(below)
    if underline and line.strip() and not (_ITEM.match(line) or _ROW.match(line) or re.search("[?？。]", line)):
        return Heading(1 if underline[1][0] == "=" else 2, _plain(line), names_company=False)
    if section := _SECTION.match(line):
        following = next((later for later in lines[at + 1 :] if later.strip()), "")
        item = _ITEM.match(following)
        if item and not item["chinese"]:
            return Heading(PLAIN_ROUND, _plain(section[1]), names_company=False)
    return None if _ITEM.match(line) else plain_heading(_plain(line))


def _is_header(lines: Sequence[str], at: int) -> bool:
    return at + 1 < len(lines) and _is_rule(lines[at + 1])


def _is_rule(line: str) -> bool:
    """Whether `line` stands below the header row of a table."""
    return "|" in line and "---" in line and set(line) <= set("|:- ")


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
    return below is not None and len(below[1]) > level and round_of(below[2]) is not None


def _tree(items: Sequence[tuple[int, Item]]) -> List:
    """The list with each item below the nearest earlier one that is indented less."""
    roots: list[Item] = []
    open_items: list[tuple[int, Item]] = []
    for indent, item in items:
        while open_items and open_items[-1][0] >= indent:
            open_items.pop()
        del open_items[_MAX_DEPTH:]
        siblings = open_items[-1][1].children if open_items else roots
        siblings.append(item)
        open_items.append((indent, item))
    return List(tuple(roots))
