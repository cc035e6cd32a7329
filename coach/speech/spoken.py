"""Markdown with formulas and code -> words that can be spoken. Pure, total, and free of signs that only writing has.

A caption shows the text itself; this is only what is heard.
"""

import html
import re

from coach.schema import Lang
from coach.speech.formula import formula_words, joined
from coach.speech.formula_words import GREEK_SIGNS
from coach.speech.markup import Piece, pieces

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_UNSPEAKABLE = re.compile(r"[\\${}^_`*#<>|~]")
_CODE_WORDS = 6
"""Names in code of at most so many words are read out."""
_BARE_FORMULA = re.compile(
    r"[A-Za-z0-9()|.]*\\[A-Za-z]+(?:[{}_^\\A-Za-z0-9()|.,]*)|[A-Za-z0-9()]*[A-Za-z0-9)](?:\^|_(?=\{))[\w{}()+\-^]+"
)
"""What looks like LaTeX although no dollar sign says so: O(n^2), \\lambda."""

_SIGNS: tuple[tuple[str, str, str], ...] = (
    (r"\be\.g\.,?", "for example", "例如"), (r"\bi\.e\.,?", "that is", "也就是"), (r"\bvs\.?(?=\s)", "versus", "对比"),
    (r"\bw\.r\.t\.?", "with respect to", "关于"), (r"\betc\.(?=\s+[a-z])", "and so on", "等等"),
    (r"\bcf\.", "compare", "参见"),
    (r"(?<=\d)\s?%", " percent", ""), (r"≥|>=|⩾", " at least ", "大于等于"), (r"≤|<=|⩽", " at most ", "小于等于"),
    (r"≈", " about ", "约等于"), (r"≠|!=", " not equal to ", "不等于"), (r"==?", " equals ", "等于"),
    (r"×", " times ", "乘"), (r"÷", " divided by ", "除以"), (r"±", " plus or minus ", "正负"),
    (r"∞", " infinity ", "无穷"), (r"√", " square root of ", "根号"),
    (r"²", " squared", "的平方"), (r"³", " cubed", "的立方"),
    (r"→|->|⟶|⇒|=>", ", ", "，"), (r"←|<-", ", ", "，"), (r"~(?=\s?\d)", " about ", "大约"), (r"·", " times ", "乘"),
    (r"(?<=\d)\s?[–—]\s?(?=\d)", " to ", "到"), (r"\s[–—]\s|—+|–", ", ", "，"), (r"…+|\.{3,}", ", ", "，"),
    (r"(?<=\w)\s*/\s*(?=\w)", " or ", "或"), (r"&", " and ", "和"), (r"(?<=\s)<(?=\s)", "is less than", "小于"),
    (r"(?<=\s)>(?=\s)", "is greater than", "大于"), (r"(?<=\w)\s?\+\s?(?=\w)", " plus ", " 加 "),
)  # fmt: skip
_SIGN_RULES = {
    "en": tuple((re.compile(pattern), english) for pattern, english, _ in _SIGNS),
    "zh": tuple((re.compile(pattern), chinese) for pattern, _, chinese in _SIGNS),
}


def spoken(text: str, lang: Lang) -> str:
    """`text` (Markdown) as words in `lang`; empty when there is nothing to say."""
    words = "".join(_piece(piece, lang) for piece in pieces(text))
    return joined([re.sub(r"(?<=\w)\s-(?=[A-Za-z])", " ", _UNSPEAKABLE.sub(" ", words))], lang)


def _piece(piece: Piece, lang: Lang) -> str:
    if piece.kind == "fence":
        return " 屏幕上的代码。" if lang == "zh" else " the code on the screen. "
    if piece.kind == "code":
        return f" {_code(piece.inside, lang)} "
    if piece.kind == "formula":
        words = formula_words(piece.inside, lang)
        if not piece.text.startswith(("$$", "\\[")):
            return f" {words} "
        ends = ("。" if lang == "zh" else ".") if words.endswith(".") else ","
        return f" {words.rstrip('.')}{ends} "
    return _prose(piece.text, lang)


def _code(code: str, lang: Lang) -> str:
    """A name as its words, an expression as it would be said, and longer code as a mention."""
    words = re.findall(r"[A-Za-z]+|\d+(?:\.\d+)?", code)
    dense = re.search(r"[;{}\\]|[^\w\s]{3}|\n", code)
    if not words or len(words) > _CODE_WORDS or dense:
        return "屏幕上的代码" if lang == "zh" else "the code on the screen"
    return _prose(re.sub(r"[()\[\]'\"@:]", " ", re.sub(r"(?<=\w)\.(?=[A-Za-z])", " ", code)), lang)


def _prose(text: str, lang: Lang) -> str:
    text = re.sub(r"\\([`$*_#\[\]()!.+-])", r"\1", html.unescape(text))
    text = re.sub(r"<!--.*?-->|</?[a-zA-Z][^<>]*>", " ", text, flags=re.DOTALL)
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)", r"\1", text)
    text = re.sub(r"https?://([\w.-]+)\S*", lambda found: found[1].removeprefix("www.").replace(".", " dot "), text)
    text = re.sub(r"^\s*(?:#{1,6}|[-*+>]|\d+[.)])\s+", " ", text, flags=re.MULTILINE)
    text = re.sub(r"^[\s|:=-]+$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"\s\|\s|^\||\|$", ", ", text, flags=re.MULTILINE)
    text = re.sub(r"\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text)
    if lang == "zh":
        text = re.sub(r"(\d+(?:\.\d+)?)\s?%", r"百分之 \1 ", text)
    text = _BARE_FORMULA.sub(lambda found: f" {formula_words(found[0], lang)} ", text)
    money = " 美元" if lang == "zh" else " dollars"
    text = re.sub(r"\$\s?(\d[\d,.]*\d|\d)", rf"\1{money}", text)
    for pattern, said in _SIGN_RULES[lang]:
        text = pattern.sub(said, text)
    return re.sub("|".join(GREEK_SIGNS), lambda found: f" {GREEK_SIGNS[found[0]]} ", text)
