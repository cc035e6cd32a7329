"""LaTeX -> a tree to read aloud. Total: any text gives a tree; what is not understood is left out. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from coach.speech.formula_words import ACCENTS, SIZES, SPACES, STYLES, WIDE

DEEPEST = 24
"""Groups within groups that are read; what lies deeper is left out."""


@dataclass(frozen=True)
class Sign:
    """One letter, number, operator or command, as it is written."""

    text: str


@dataclass(frozen=True)
class Word:
    """Words that stand as such: `\\text{…}`, `\\operatorname{…}`, `\\mathrm{…}`."""

    text: str


@dataclass(frozen=True)
class Group:
    """Several things in a row."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True)
class Fraction:
    """One thing over another."""

    above: Group
    below: Group
    choose: bool = False
    """A binomial coefficient."""


@dataclass(frozen=True)
class Root:
    """A square root, or the root of the degree."""

    degree: Group | None
    body: Group


@dataclass(frozen=True)
class Accent:
    """A mark over (or a word before) what it covers."""

    name: str
    body: Group


@dataclass(frozen=True)
class Script:
    """A base with what stands below and above it."""

    base: "Node"
    below: Group | None
    above: Group | None


@dataclass(frozen=True)
class Fenced:
    """What stands between brackets or bars; `left` is one of `( [ { | ‖ < floor ceil`."""

    left: str
    body: Group


@dataclass(frozen=True)
class Table:
    """A matrix, or cases, or lines below each other."""

    name: str
    rows: tuple[tuple[Group, ...], ...]


Node = Sign | Word | Group | Fraction | Root | Accent | Script | Fenced | Table

_TOKEN = re.compile(
    r"\\(?:text|textrm|textbf|textit|texttt|mathrm|mathsf|mathtt|mathit|operatorname\*?|mbox|hbox|rm)\s*\{([^{}]*)\}"
    r"|\\(?:begin|end)\s*\{[a-zA-Z]*\*?\}(?:\{[lcr|]*\})?|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|:=|\S",
    re.DOTALL,
)
_CLOSED = {"(": ")]", "[": ")]", "\\{": "\\}", "\\lbrace": "\\rbrace", "\\langle": "\\rangle", "⟨": "⟩"}
_CLOSED |= {"\\lfloor": "\\rfloor", "⌊": "⌋", "\\lceil": "\\rceil", "⌈": "⌉", "\\lvert": "\\rvert"}
_CLOSED |= {"\\lVert": "\\rVert"}
_KIND = {"\\{": "{", "\\lbrace": "{", "\\langle": "<", "⟨": "<", "\\lfloor": "floor", "⌊": "floor"}
_KIND |= {"\\lceil": "ceil", "⌈": "ceil", "\\lvert": "|", "\\lVert": "‖"}
_CLOSERS = {")", "]", "\\}", "\\rbrace", "\\rangle", "⟩", "\\rfloor", "⌋", "\\rceil", "⌉", "\\rvert", "\\rVert"}
_BARS = {"|": "|", "\\|": "‖", "‖": "‖"}
_OPENERS = set(_CLOSED) | {"{"}
_ROW_ENDS = {"&", "\\\\", "\\cr"}


def parse(latex: str) -> Group:
    """The tree of a formula."""
    text = latex.replace("{,}", "").replace("\\left.", "").replace("\\right.", "")
    text = re.sub(r"(?:\\arg|\\(?:mathrm|operatorname)\{arg\})\s*(?:\\,)?\s*\\(max|min)(?![a-zA-Z])", r"\\arg\1", text)
    return _Reader(tuple(_tokens(text))).items(frozenset(), 0)


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        if match[1] is not None:
            found.append(f"\x00{match[1]}")
        elif match[0] not in SPACES and match[0].removeprefix("\\") not in SIZES:
            found.append(match[0])
    return found


@dataclass
class _Reader:
    """Reads tokens from left to right."""

    tokens: Sequence[str]
    at: int = field(default=0)

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def items(self, stops: frozenset[str], depth: int) -> Group:
        """What stands up to one of `stops`, which is left unread."""
        if depth > DEEPEST:
            self.skip()
            return Group(())
        found: list[Node] = []
        while self.at < len(self.tokens) and self.next not in stops and not self.ends_table(stops):
            before = self.at
            node = self.scripted(stops, depth)
            if node is not None:
                found.append(node)
            if self.at == before:
                self.at += 1
        return Group(tuple(found))

    def skip(self) -> None:
        """Passes over the group that is open."""
        level = 0
        while self.at < len(self.tokens) and level >= 0:
            level += (self.next in _OPENERS) - (self.next in _CLOSERS or self.next == "}")
            self.at += level >= 0

    def ends_table(self, stops: frozenset[str]) -> bool:
        return "\\end" in stops and self.next.startswith("\\end")

    def scripted(self, stops: frozenset[str], depth: int) -> Node | None:
        """One thing with its sub- and superscripts."""
        base: Node | None = Group(()) if self.next in ("_", "^", "'") else self.single(stops, depth)
        if base is None:
            return None
        below: list[Node] = []
        above: list[Node] = []
        while self.next in ("_", "^", "'", "\\limits", "\\nolimits", "′"):
            mark = self.next
            self.at += 1
            if mark in ("'", "′"):
                above.append(Sign("\\prime"))
            elif mark in ("_", "^"):
                (below if mark == "_" else above).append(self.argument(stops, depth))
        if not below and not above:
            return base
        return Script(base, Group(tuple(below)) if below else None, Group(tuple(above)) if above else None)

    def argument(self, stops: frozenset[str], depth: int) -> Group:
        """What a command or a script applies to: a group, or the next thing alone; one digit of a number."""
        if self.at >= len(self.tokens) or self.next in stops:
            return Group(())
        if depth > DEEPEST:
            self.at += 1
            return Group(())
        if self.next == "{":
            return self.braces(stops, depth)
        if re.fullmatch(r"\d\d+", self.next):
            digit, rest = self.next[0], self.next[1:]
            self.tokens = (*self.tokens[: self.at], rest, *self.tokens[self.at + 1 :])
            return Group((Sign(digit),))
        if self.next in ("_", "^", "&", "}"):
            return Group(())
        node = self.single(stops, depth, fences=False)
        return Group((node,)) if node is not None else Group(())

    def braces(self, stops: frozenset[str], depth: int) -> Group:
        self.at += 1
        inner = self.items(frozenset({"}"}), depth + 1)
        if self.next == "}":
            self.at += 1
        return inner

    def single(self, stops: frozenset[str], depth: int, *, fences: bool = True) -> Node | None:
        """One thing without its scripts; None for what is not said."""
        token = self.next
        if token == "{":
            return self.braces(stops, depth)
        if token in _ROW_ENDS:
            self.at += 1
            return Sign(",")
        if fences and token in _CLOSED:
            return self.fenced(token, frozenset(_CLOSERS), stops, depth)
        if fences and token in _BARS and self.closes(token, stops):
            return self.fenced(token, frozenset({token}), stops, depth)
        self.at += 1
        if token in _CLOSERS or token == "}" or token.startswith("\\end"):
            return None
        if token.startswith("\x00"):
            return Word(token[1:])
        if token.startswith("\\begin"):
            return self.table(token, depth)
        if token.startswith("\\") and token[1:].isalpha():
            return self.command(token, stops, depth)
        return Sign(token)

    def fenced(self, token: str, closers: frozenset[str], stops: frozenset[str], depth: int) -> Node:
        self.at += 1
        body = self.items(closers | (stops & ({"}", "\\end"} | _ROW_ENDS)), depth + 1)
        if self.next in closers:
            self.at += 1
        return Fenced(_KIND.get(token, _BARS.get(token, token)), body)

    def closes(self, bar: str, stops: frozenset[str]) -> bool:
        """Whether another `bar` follows on the same level, so that the two stand around something."""
        level = 0
        for token in self.tokens[self.at + 1 :]:
            if level == 0 and (token == bar or token in stops or token in _ROW_ENDS):
                return token == bar
            level += (token in _OPENERS) - (token in _CLOSERS or token == "}")
            if level < 0:
                return False
        return False

    def table(self, token: str, depth: int) -> Node:
        name = token[token.index("{") + 1 : token.index("}")].rstrip("*")
        rows: list[tuple[Group, ...]] = []
        row: list[Group] = []
        while self.at < len(self.tokens):
            row.append(self.items(frozenset({"\\end", *_ROW_ENDS}), depth + 1))
            ends, self.at = self.next, self.at + 1
            if ends == "&":
                continue
            rows.append(tuple(row))
            row = []
            if not ends or ends.startswith("\\end"):
                break
        return Table(name, tuple(one for one in rows if any(cell.items for cell in one)))

    def command(self, token: str, stops: frozenset[str], depth: int) -> Node | None:
        name = token[1:]
        if name in ("frac", "tfrac", "dfrac", "cfrac", "binom", "tbinom", "dbinom"):
            above = self.argument(stops, depth + 1)
            return Fraction(above, self.argument(stops, depth + 1), choose="binom" in name)
        if name == "sqrt":
            degree = None
            if self.next == "[":
                self.at += 1
                degree = self.items(frozenset({"]"}) | stops, depth + 1)
                self.at += self.next == "]"
            return Root(degree, self.argument(stops, depth + 1))
        if name in ("mathbb", "mathds"):
            return Accent("mathbb", self.argument(stops, depth + 1))
        if name in ACCENTS:
            return Accent(name, self.argument(stops, depth + 1))
        if name in STYLES:
            return self.argument(stops, depth + 1) if self.next == "{" else None
        if name in ("underbrace", "overbrace", "underset", "overset", "stackrel"):
            first = self.argument(stops, depth + 1)
            if "brace" in name:
                if self.next in ("_", "^"):
                    self.at += 1
                    self.argument(stops, depth + 1)
                return first
            body = self.argument(stops, depth + 1)
            return Script(body, first, None) if name == "underset" else body
        if name in ("color", "textcolor", "tag", "label", "hspace", "vspace", "mspace", "kern"):
            self.argument(stops, depth + 1)
            return None
        return Sign(",") if token in WIDE else Sign(token)
