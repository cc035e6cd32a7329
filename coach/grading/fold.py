"""Foldings that forget how something was typed and keep where: look-alike letters, LaTeX, code layout. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import compress

from coach.text import normalise

Folded = tuple[str, Sequence[int]]
"""A folded text, and for each of its characters the offset it came from."""

_LOOKALIKE = str.maketrans(
    "аеорсухіјѕԁԛԝһкмтвАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "aeopcyxijsdqwhkmtbABEKMHOPCTYXIJSABEZHIKMNOPTYXo",
)
"""Cyrillic and Greek letters that look like Latin ones; Unicode confusables.txt (UTS 39), those of everyday fonts."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_LATIN = re.compile(r"[A-Za-z]")


def latin(text: str) -> str:
    """`text` of the same length, with look-alikes turned to Latin in words that hold Latin letters too."""
    if text.isascii():
        return text
    return _WORD.sub(lambda match: match[0].translate(_LOOKALIKE) if _LATIN.search(match[0]) else match[0], text)


_GREEK = {
    chr(point): unicodedata.name(chr(point)).split()[-1].lower()
    for point in (*range(0x3B1, 0x3C2), *range(0x3C3, 0x3CA))
}
_SCRIPTS = {"<super>": "^", "<sub>": "_"}
_COMMANDS = {
    "top": "t", "intercal": "t", "mathsf": "", "mathrm": "", "mathbf": "", "mathit": "", "boldsymbol": "", "bm": "",
    "text": "", "textbf": "", "operatorname": "", "left": "", "right": "", "big": "", "bigl": "", "bigr": "",
    "displaystyle": "", "quad": "", "qquad": "", "frac": "", "dfrac": "", "tfrac": "", "limits": "",
    "cdot": "", "times": "", "ast": "", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠",
    "to": "→", "rightarrow": "→", "infty": "∞", "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂", "nabla": "∇",
    "approx": "≈", "sqrt": "√", "in": "∈", "pm": "±", "propto": "∝", "mid": "|", "vert": "|", "lvert": "|",
    "rvert": "|", "varepsilon": "epsilon", "varphi": "phi", "prime": "'",
}  # fmt: skip
"""What a LaTeX command becomes; one that is not listed keeps its name."""
_PIECES = re.compile(r"\\(?P<command>[a-zA-Z]+)|\\(?P<escaped>.)|(?P<pair><=|>=|!=|->)|(?P<char>.)", re.DOTALL)
_PAIRS = {"<=": "≤", ">=": "≥", "!=": "≠", "->": "→"}
_DROPPED = frozenset("${}`*·×⋅'\"’‘“”「」")
_SPECIAL = re.compile(r"\\|<=|>=|!=|->")
_ASCII_DROPPED = bytes(point for point in range(128) if chr(point).isspace() or chr(point) in _DROPPED)
_ASCII_KEPT = bytes(point not in _ASCII_DROPPED for point in range(256))


def loose(text: str) -> Folded:
    """`text` without white space, quote marks and LaTeX's shape: the same formula or code typed in another way.

    Brackets, signs, super- and subscript marks stay: they carry meaning.
    """
    if text.isascii() and not _SPECIAL.search(text):
        raw = text.lower().encode()
        return raw.translate(None, _ASCII_DROPPED).decode(), tuple(
            compress(range(len(raw)), raw.translate(_ASCII_KEPT))
        )
    out: list[str] = []
    origin: list[int] = []
    slashes = _fraction_bars(text)
    for match in _PIECES.finditer(text):
        at = match.start()
        if at in slashes:
            out.append("/")
            origin.append(at)
        for folded in _loose_piece(match):
            out.append(folded)
            origin.append(at)
    return "".join(out), tuple(origin)


def _loose_piece(match: re.Match[str]) -> str:
    if match["command"] is not None:
        return _COMMANDS.get(match["command"], match["command"].casefold())
    if match["escaped"] is not None:
        return match["escaped"] if match["escaped"] in "%#&_|" else ""
    if match["pair"] is not None:
        return _PAIRS[match["pair"]]
    return _loose_char(match["char"])


@lru_cache(maxsize=8192)
def _loose_char(char: str) -> str:
    if char.isspace() or char in _DROPPED:
        return ""
    script = _script(char)
    folded = "".join(_GREEK.get(one, one) for one in normalise(char)[0])
    return "".join(one for one in script + folded if not one.isspace() and one not in _DROPPED)


def _script(char: str) -> str:
    """The mark that LaTeX writes before a raised or lowered character; empty for others."""
    return _SCRIPTS.get(unicodedata.decomposition(char).partition(" ")[0], "") if len(char) == 1 else ""


def letters(text: str) -> tuple[str, ...]:
    """The words of three letters or more in `text`, Greek letters and LaTeX commands by their names."""
    if text.isascii() and "\\" not in text:
        return tuple(_LETTERS.findall(text.lower()))
    spaced = (
        f" {_loose_piece(match)} " if match["command"] or match[0] in _GREEK or _script(match[0]) else match[0]
        for match in _PIECES.finditer(text)
    )
    return tuple(_LETTERS.findall(normalise("".join(spaced))[0]))


_LETTERS = re.compile(r"[a-z]{3,}")
_SHAPE_BEFORE = re.compile(r"(?:\\(?:[dt]?frac|text(?:bf)?|math(?:sf|rm|bf|it)|boldsymbol|bm|left)\s*|[{$`*])+$")
_SHAPE_AFTER = re.compile(r"[}$`*]+")


def with_shape(text: str, start: int, end: int) -> tuple[int, int]:
    """The span `text[start:end]` together with the marks around it that `loose` leaves out."""
    before = _SHAPE_BEFORE.search(text, max(0, start - 40), start)
    after = _SHAPE_AFTER.match(text, end)
    return before.start() if before else start, after.end() if after else end


def _fraction_bars(text: str) -> frozenset[int]:
    r"""Offsets between the two arguments of each `\frac`, where a bar would stand."""
    bars: set[int] = set()
    for match in re.finditer(r"\\[dt]?frac\s*\{", text):
        depth, at = 1, match.end()
        while at < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        if not depth:
            bars.add(at - 1)
    return frozenset(bars)
