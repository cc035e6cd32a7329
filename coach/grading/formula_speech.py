"""Maths in English or Chinese words -> LaTeX. Pure: a list of phrases and a small grammar.

Speech has no parentheses, so "one over m sum of y minus y hat squared" has more than one reading, and all are given.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["latex", "ascii", "spoken"]


class Found(NamedTuple):
    """A formula in a text: where, how it is written, and its readings in LaTeX, the likeliest first."""

    start: int
    end: int
    kind: Kind
    readings: tuple[str, ...]


GREEK_WORDS = (
    """alpha beta gamma delta epsilon eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega""".split()
)
_NUMBERS = {
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "half": r"\frac{1}{2}",
    "一": "1",
    "二": "2",
    "两": "2",
}
_WORDS: dict[str, str] = {
    "plus": "+", "minus": "-", "times": "*", "over": "/", "equals": "=", "equal": "=", "squared": "^2", "cubed": "^3",
    "transpose": "^T", "transposed": "^T", "inverse": "^-1", "hat": "hat", "bar": "bar", "log": "log", "ln": "log",
    "exp": "exp", "sum": "sum", "of": "of", "root": "root", "sub": "sub", "negative": "neg", "dot": "*",
    "exponential": "exp", "cosine": "cos", "sigmoid": "sigmoid", "softmax": "softmax",
}  # fmt: skip
_PHRASES = (
    (r"(?:all\s+)?divided by|\bis\s+divided by", "over"), (r"multiplied by", "times"),
    (r"square root of|\bsqrt(?: of)?", "root"),
    (r"\broot of", "root"),
    (r"to the power of|to the power|\bto the(?=\s+(?:minus|negative|[a-z]\b|two|three))", "tothe"),
    (r"\bis equal to|\bequal to", "equals"), (r"\bsum over ([a-z]) (?:of )?", r"sumover \1 "), (r"\bsummation", "sum"),
    (r"\bx'?s\b", "x"), (r"\b1\b", "one"), (r"\b2\b", "two"), (r"\ba half|\bone half", "half"), (r"\blog of\b", "log"),
    (r"\bthe (?=sum|log|square|inverse)", ""), (r"\bw\.r\.t\.?", "wrt"), (r"\bto the minus\b", "tothe minus"),
)  # fmt: skip
_ZH = (
    (r"([A-Za-z](?:\s?[ijk])?|[一二两2])\s*分之\s*([A-Za-z](?:\s?[ijk])?|[一1])", r" \2 over \1 "),
    (r"乘以|乘上|乘", " times "), (r"除以", " over "), (r"减去|减", " minus "), (r"加上|加", " plus "),
    (r"根号下?", " root "), (r"的?平方", " squared "), (r"的?转置", " transpose "), (r"的?逆(?!向)", " inverse "),
    (r"等于", " equals "), (r"对\s*([a-z])\s*求和", r" sumover \1 "), (r"求和", " sum "),
    (r"的?负\s*([a-z])\s*次方", r" tothe minus \1 "),
    (r"(?:的\s*|(?<!\s)\s*)([a-z])\s*次方", r" tothe \1 "), (r"一\s*(?=times|over|minus|plus)", " one "),
    (r"(?<=minus)\s*一", " one "),
)  # fmt: skip
_RULES = tuple((re.compile(p), r) for p, r in _ZH) + tuple((re.compile(p, re.IGNORECASE), r) for p, r in _PHRASES)
_SPOKEN_OPS = {
    "plus",
    "minus",
    "times",
    "over",
    "squared",
    "cubed",
    "transpose",
    "transposed",
    "inverse",
    "tothe",
    "root",
}
_SPOKEN_OPS |= {"equals", "sum", "sumover"}
_FILLERS = {"of", "the", "is"}
_SPOKEN = frozenset({*_WORDS, *_NUMBERS, *GREEK_WORDS, *_SPOKEN_OPS, *_FILLERS})
_INDEX = set("ijkt")


class _Word(NamedTuple):
    text: str
    start: int
    end: int


_Piece = tuple[str, int, int]
"""A text, and where in the whole it stands or stands for something."""


def _folded(text: str) -> list[_Word | None]:
    """Tokens after phrases are one word each, `None` where no maths stands. Chinese words become the English ones."""
    pieces: list[_Piece] = [(text, 0, len(text))]
    for pattern, replacement in _RULES:
        if any(pattern.search(one[0]) for one in pieces if _is_original(one)):
            pieces = [piece for one in pieces for piece in _split(one, pattern, replacement)]
    out: list[_Word | None] = []
    for piece, start, end in pieces:
        exact = len(piece) == end - start and text[start:end] == piece
        for match in re.finditer(r"[A-Za-z]+(?:'[a-z]+)?|\d+|[^\sA-Za-z\d]", piece):
            span = (start + match.start(), start + match.end()) if exact else (start, end)
            out.append(_Word(match[0], *span) if match[0][0].isascii() and match[0].isalnum() else None)
    return out


def _is_original(piece: _Piece) -> bool:
    """Whether it stands so in the text: what was put in place of something else never has its length."""
    return len(piece[0]) == piece[2] - piece[1]


def _split(piece: _Piece, pattern: re.Pattern[str], replacement: str) -> Iterator[_Piece]:
    text, start, end = piece
    if not _is_original(piece):
        yield piece
        return
    place = 0
    for match in pattern.finditer(text):
        if match.start() > place:
            yield text[place : match.start()], start + place, start + match.start()
        padded = f" {match.expand(replacement)} ".translate({0x4E00: "one", 0x4E8C: "two", 0x4E24: "two"})
        if len(padded) == match.end() - match.start():
            padded += " "
        yield padded, start + match.start(), start + match.end()
        place = match.end()
    if place < len(text):
        yield text[place:], start + place, end


def spoken_in(text: str) -> Iterator[Found]:
    run: list[_Word] = []
    for word in [*_folded(text), None]:
        if word is not None and _is_spoken(word.text):
            run.append(word)
            continue
        if found := _spoken(run):
            yield found
        run = []


def _is_spoken(word: str) -> bool:
    low = word.lower()
    return len(word) == 1 or low in _SPOKEN


def _spoken(run: list[_Word]) -> Found | None:
    while run and (
        run[0].text.lower() in _FILLERS | {"a", "over", "times", "equals", "plus", "dot", "i"} or run[0].text in "aI"
    ):
        run = run[1:]
    while run and run[-1].text.lower() in _FILLERS | {"over", "times", "equals", "plus", "minus", "a", "equal", "root"}:
        run = run[:-1]
    words = [word.text for word in run]
    operators = [word for word in words if word.lower() in _SPOKEN_OPS - {"sum", "sumover"}]
    symbols = [word for word in words if (len(word) == 1 and word.isalpha()) or word.lower() in GREEK_WORDS]
    if len(words) < 2 or not operators or not symbols or (len(words) < 3 and "root" not in words):
        return None
    readings: list[str] = []
    for wide_post in (True, False):
        for wide_over in (True, False):
            latex = _Speech(words, wide_post=wide_post, wide_over=wide_over).latex()
            if latex and latex not in readings:
                readings.append(latex)
    return Found(run[0].start, run[-1].end, "spoken", tuple(readings)) if readings else None


class _Speech:
    """Words of a spoken formula, read with one choice of how far "squared" and "over" reach."""

    def __init__(self, words: list[str], *, wide_post: bool, wide_over: bool) -> None:
        self.words = [word if len(word) == 1 else word.lower() for word in words if word.lower() != "the"]
        if self.words[1:2] == ["is"]:
            self.words[1] = "equals"
        if self.words[-1] == "sum":
            start = max((n for n, word in enumerate(self.words) if word == "times"), default=-1) + 1
            self.words[start:] = ["sum", *self.words[start:-1]]
        self.at = 0
        self.wide_post = wide_post
        self.wide_over = wide_over

    @property
    def next(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def latex(self) -> str | None:
        sides = [self.sum()]
        while self.next in ("equals", "equal"):
            self.at += 1
            sides.append(self.sum())
        return " = ".join(side for side in sides if side) if self.at == len(self.words) and all(sides) else None

    def sum(self) -> str:
        terms = [self.product()]
        while self.next in ("plus", "minus"):
            sign = "+" if self.next == "plus" else "-"
            self.at += 1
            following = self.product()
            if not following:
                return ""
            terms += [sign, following]
        out = " ".join(terms)
        if self.wide_post and self.next in ("squared", "cubed"):
            power = {"squared": "2", "cubed": "3"}[self.next]
            self.at += 1
            out = f"({out})^{power}"
        return out

    def product(self) -> str:
        if self.next in ("minus", "negative"):
            self.at += 1
            inner = self.product()
            return f"-{inner}" if inner else ""
        out = self.atom()
        while out and self.next and self.next not in ("plus", "minus", "equals", "equal"):
            if self.next == "over":
                self.at += 1
                below = self.reach()
                out = f"\\frac{{{out}}}{{{below}}}" if below else ""
            elif self.next in ("times", "dot"):
                self.at += 1
                following = self.reach()
                out = f"{out} ({following})" if following else ""
            elif self.wide_post and self.next in ("squared", "cubed"):
                last = self.words[self.at - 1]
                if last == "hat" or len(last) != 1 or "-" in out:
                    break
                out = self.post(out)
            elif self.next == "inverse":
                self.at += 1
                out = f"({out})^{{-1}}"
            else:
                following = self.atom()
                if not following:
                    break
                out = f"{out} {following}"
        return out

    def reach(self) -> str:
        """What "over" and "times" take: one thing, or with `wide_over` also "two m" and "one minus p"."""
        after = self.words[self.at + 1] if self.at + 1 < len(self.words) else ""
        if not self.wide_over or self.next not in _NUMBERS:
            return self.atom()
        if after in ("plus", "minus"):
            return self.sum()
        first = self.atom()
        symbol = len(self.next) == 1 and self.next.isalpha()
        return f"{first} {self.atom()}" if symbol or self.next in GREEK_WORDS else first

    def post(self, base: str) -> str:
        power = {"squared": "2", "cubed": "3", "transpose": r"\top", "transposed": r"\top", "inverse": "{-1}"}[
            self.next
        ]
        self.at += 1
        return f"{base}^{power}"

    def atom(self) -> str:
        word = self.next
        if not word or word in _FILLERS:
            return ""
        if word in ("minus", "negative"):
            self.at += 1
            inner = self.atom()
            return f"(-{inner})" if inner else ""
        self.at += 1
        out = self.opened(word)
        while out and (
            self.next in ("transpose", "transposed") or (self.next in ("squared", "cubed") and not self.wide_post)
        ):
            out = self.post(out)
        if out and self.next == "tothe":
            self.at += 1
            power = self.atom()
            out = f"{out}^{{{power}}}" if power else ""
        return out

    def opened(self, word: str) -> str:
        """What begins with this word."""
        if word in ("sum", "sumover"):
            index = ""
            if word == "sumover":
                index = f"_{{{self.next}}}"
                self.at += 1
            if self.next == "of":
                self.at += 1
            body = self.sum()
            return f"\\sum{index} ({body})" if body else ""
        if word == "root":
            inner = self.atom()
            return f"\\sqrt{{{inner}}}" if inner else ""
        if word in ("log", "ln", "exp", "cosine", "cos"):
            if self.next == "of":
                self.at += 1
            inner = self.product() if self.wide_over else self.atom()
            return f"\\{'cos' if word == 'cosine' else 'log' if word == 'ln' else word}({inner})" if inner else ""
        if word in _NUMBERS:
            return _NUMBERS[word]
        if word.isdigit():
            return word
        if word in GREEK_WORDS:
            return self.indexed(f"\\{word}")
        if len(word) == 1 and word.isalpha():
            return self.indexed(word)
        return ""

    def indexed(self, name: str) -> str:
        if self.next in ("hat", "bar"):
            name = f"\\{self.next}{{{name}}}"
            self.at += 1
        if self.next == "sub":
            self.at += 1
        indices = ""
        while self.next in _INDEX and (name not in _INDEX or (name == "k" and self.next in "ij")) and len(indices) < 2:
            indices += self.next
            self.at += 1
        return f"{name}_{{{indices}}}" if indices else name
