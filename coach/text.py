"""Plain-text facts in English and Chinese: language, normal form, tokens, clauses. Pure; imports no other part."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

import snowballstemmer  # type: ignore[import-untyped]

from coach.schema import Lang

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CJK_CHAR = re.compile(f"[{_CJK}]")
_TOKEN = re.compile(rf"[{_CJK}]|[a-zı]+(?:'[a-zı]+)?(?:\+\+)?|\d+(?:\.\d+)?")
"""In normal form; without re.IGNORECASE it is twice as fast."""
_INVISIBLE = {
    ord(char) for char in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
}
_SAME = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-"})
_STEMMER = snowballstemmer.stemmer("english")
_STEMMING = Lock()
"""A stemmer keeps the word it works on: two threads must not share it at once."""

STOPWORDS = frozenset(
    """a about above after again all also am an and any are as at be because been being between both but by can could
    did do does doing down during each for from further had has have having he her here how i if in into is it its
    just like ll me more most my no nor not of off on once only or other our out over own really same she should so
    some such than that the their them then there these they this those through to too under until up use used using
    very was we well were what when where which while who why will with would you your basically actually kind sort
    s t re ve m d let say think know want make get go one thing called call""".split()
)
CJK_STOP = frozenset("的了是在和与就都也还又很会要把被让对从到用以而其这那之个们吗呢吧啊呀嘛有它他她我你为")


class Token(NamedTuple):
    """A word, a number or one Chinese character, with its place in the text."""

    form: str
    """Lower-cased and, for English, stemmed."""
    raw: str
    """Lower-cased only."""
    start: int
    end: int
    cjk: bool


def lang_of(text: str, default: Lang = "en") -> Lang:
    """The language most of `text` is written in; `default` when it has neither letters nor characters.

    A Chinese character carries about as much as a word, so characters are weighed against English words.
    """
    chinese = len(_CJK_CHAR.findall(text))
    english = len(re.findall(r"[A-Za-z]{2,}", text))
    if chinese == english == 0:
        return default
    return "zh" if chinese >= english else "en"


_SPACE = re.compile(r"\s")
_CHINESE_SEAM = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])|(?<=[。，；：！？、）])\n(?=[A-Za-z`$\ue000])"
)
"""A line ends between two Chinese signs, or after Chinese punctuation before a word or a formula."""
_UNEVEN = re.compile(r"\s\s|^\s|\s\Z")
_WORD = re.compile(r"\S+")


SHORT = 300
"""Sentences are looked at again and again, longer texts a few times in a row."""


def normalise(text: str) -> tuple[str, Sequence[int]]:
    """The text folded for comparison, and for each of its characters the offset it came from.

    Compatibility forms, case, quotes and dashes are unified, invisible characters dropped, white space collapsed.
    """
    return _of_sentence(text) if len(text) <= SHORT else _of_message(text)


@lru_cache(maxsize=4096)
def _of_sentence(text: str) -> tuple[str, Sequence[int]]:
    return _normalise(text)


@lru_cache(maxsize=16)
def _of_message(text: str) -> tuple[str, Sequence[int]]:
    return _normalise(text)


def _normalise(text: str) -> tuple[str, Sequence[int]]:
    if text.isascii():
        return _collapsed(text.lower())
    chars = {char: _fold(char) for char in set(text)}
    if all(len(folded) == 1 for folded in chars.values()):
        return _collapsed(text.translate({ord(char): folded for char, folded in chars.items()}))
    out: list[str] = []
    origin: list[int] = []
    for offset, char in enumerate(text):
        for folded in _fold(char):
            if folded.isspace():
                if out and out[-1] != " ":
                    out.append(" ")
                    origin.append(offset)
            else:
                out.append(folded)
                origin.append(offset)
    if out and out[-1] == " ":
        out.pop()
        origin.pop()
    return "".join(out), tuple(origin)


def _collapsed(text: str) -> tuple[str, Sequence[int]]:
    """The text with single blanks for its white space, and for each character the offset it came from."""
    if not _UNEVEN.search(text):
        return _SPACE.sub(" ", text), range(len(text))
    origin: list[int] = []
    for word in _WORD.finditer(text):
        if origin:
            origin.append(origin[-1] + 1)
        origin.extend(range(*word.span()))
    return " ".join(text.split()), tuple(origin)


@lru_cache(maxsize=65536)
def _fold(char: str) -> str:
    """What one character becomes; nothing for an invisible one."""
    if ord(char) in _INVISIBLE:
        return ""
    return unicodedata.normalize("NFKC", char).casefold().translate(_SAME)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The Porter2 stem of a lower-cased English word (Porter, snowballstem.org)."""
    if not word.isascii() or len(word) < 3:
        return word
    with _STEMMING:
        return str(_STEMMER.stemWord(word))


STOP_STEMS = frozenset(stem(word) for word in STOPWORDS)


def has_tokens(text: str) -> bool:
    """Whether `text` holds any word, number or Chinese character."""
    return _TOKEN.search(normalise(text)[0]) is not None


def tokens(text: str) -> tuple[Token, ...]:
    """Words, numbers and single Chinese characters of `text`, in order, with offsets into `text`."""
    folded, origin = normalise(text)
    found: list[Token] = []
    for match in _TOKEN.finditer(folded):
        raw = match.group()
        start, end = match.span()
        form, cjk = form_of(raw)
        found.append(Token(form, raw, origin[start], origin[end - 1] + 1, cjk))
    return tuple(found)


def raw_tokens(text: str) -> list[str]:
    """The same as they stand in the normal form, without their places."""
    return _TOKEN.findall(normalise(text)[0])


@lru_cache(maxsize=65536)
def form_of(raw: str) -> tuple[str, bool]:
    """The form of a raw token, and whether it is a Chinese character."""
    if not raw.isascii() and _CJK_CHAR.match(raw):
        return raw, True
    return (stem(raw.removesuffix("'s")) if raw[0].isalpha() else raw), False


def words(text: str, parts: Sequence[Token] | None = None) -> tuple[str, ...]:
    """Stemmed English words and numbers, and character bigrams of each Chinese run, in order.

    A Chinese run of one character gives that character. Bigrams need no segmentation and lose nothing to it.
    `parts` are the text's tokens, where they are known already.
    """
    out: list[str] = []
    run: list[Token] = []
    for token in (*(tokens(text) if parts is None else parts), None):
        if token is not None and token.cjk and (not run or run[-1].end == token.start):
            run.append(token)
            continue
        out.extend(bigrams("".join(part.form for part in run)))
        run = []
        if token is not None:
            if token.cjk:
                run.append(token)
            else:
                out.append(token.form)
    return tuple(out)


def bigrams(run: str) -> tuple[str, ...]:
    """Character bigrams of a Chinese run; the run itself when it is a single character."""
    if len(run) < 2:
        return (run,) if run else ()
    return tuple(run[i : i + 2] for i in range(len(run) - 1))


_FENCED = re.compile(r"```.*?(?:```|\Z)|\$\$.*?\$\$|\$[^$\n]+\$|\\\(.*?\\\)|\\\[.*?\\\]", re.DOTALL)
_SENTENCE_END = re.compile(r"[。！？!?；;\n]+|(?<![0-9])\.(?!\w)|(?<=[0-9])\.(?=\s|$)")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|fig|eq|approx)\.$", re.IGNORECASE)
_CLAUSE_END = re.compile(
    r"[,，:：()（）]|\b(?:but|whereas|while|although|though|however|instead|rather than|because|since)\b"
    r"|但是|但|而是|而不是|不过|然而|因为|所以|虽然",
    re.IGNORECASE,
)


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Offsets of the sentences of `text`; formulas and code blocks are never cut."""
    return _split(text, _SENTENCE_END, 0, len(text))


def clauses(text: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Offsets of the clauses of the sentence `text[start:end]`; a connective opens the clause it belongs to."""
    return _split(text, _CLAUSE_END, start, end)


def _split(text: str, marks: re.Pattern[str], start: int, end: int) -> tuple[tuple[int, int], ...]:
    shielded = [match.span() for match in _FENCED.finditer(text, start, end)]
    parts: list[tuple[int, int]] = []
    begin = start
    for match in marks.finditer(text, start, end):
        if any(low <= match.start() < high for low, high in shielded):
            continue
        if match.group() == "." and _ABBREVIATION.search(text[begin : match.end()]):
            continue
        keeps_mark = match.group()[0].isalpha() or bool(_CJK_CHAR.match(match.group()))
        stop = match.start() if keeps_mark else match.end()
        if text[begin:stop].strip():
            parts.append((begin, stop))
        begin = stop
    if text[begin:end].strip():
        parts.append((begin, end))
    return tuple(parts)


def seamless(prose: str) -> str:
    """Markdown without code, and without the ends of lines within Chinese prose, which would be shown as spaces."""
    return _CHINESE_SEAM.sub("", prose)
