"""A card's point -> the passage of its reference answer that states it. Pure; no model is asked."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from coach.bank.glossary import Glossary
from coach.schema import Card, Lang, Passage
from coach.text import CJK_STOP, STOP_STEMS, normalise, sentences, tokens, words

SECOND = 0.4
"""A second sentence is taken too when it adds at least this share to what the best one has of the point."""
SHORT = 80
"""A passage of fewer characters (a Chinese one counts double) is taken together with a neighbour that adds anything."""
SAYS = 3.0
"""How much a unit of the point's own sentence counts; one in all accepted wordings counts 1 more."""
VERBATIM = 0.15
"""Added to the overlap for an accepted wording that stands in the sentence as it is."""

_LEANING = re.compile(
    r"(?:\*\*)?(?:(?:it|its|this|that|these|those|they|their|then|so|but|such|both|afterwards|here|hence|otherwise)\b"
    r"|所以|因此|于是|它|他们|这|那|但|不过|否则|然后|两者|此时|其中|也就是)",
    re.IGNORECASE,
)
"""How a sentence begins that leans on the one before it."""
_DISCLAIMER = re.compile(r"\*[^*].*[^*]\*", re.DOTALL)
"""A paragraph in italics says what the reference is, not what a candidate says."""
_ITEM = re.compile(r"\s*(?:\d+[.)]|[-*+])\s")
_FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
_SHIELDED = re.compile(r"```.*?(?:```|\Z)|\$\$.*?\$\$|`[^`\n]*`", re.DOTALL)
_CLOSERS = ("**", "*", ")", "）", "”", "」", '"')
_OPENERS = {")": "(", "）": "（", "”": "“", "」": "「"}
_LEAST = 4
"""A piece with fewer tokens (a heading, the number of a list item) belongs to the one after it."""


def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Offsets of the sentences of a reference or an answer; formulas, code, list items and bold print stay whole.

    References are wrapped at a width: a line break inside a paragraph ends no sentence.
    """
    return tuple((low, high) for _, low, high in _pieces(text))


def _pieces(text: str) -> list[tuple[int, int, int]]:
    """Number of the paragraph, and offsets, of each sentence."""
    out: list[tuple[int, int, int]] = []
    for number, (begin, end) in enumerate(paragraphs(text)):
        if text[begin:end].lstrip().startswith("```"):
            cut = [(begin, end)]
        else:
            flat = text[begin:end].replace("\n", " ")
            cut = _whole(text, [(begin + low, begin + high) for low, high in sentences(flat)])
        out += [(number, *_trimmed(text, low, high)) for low, high in cut if text[low:high].strip()]
    return out


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Offsets of the paragraphs and list items; a blank line inside a formula or a code block parts nothing."""
    shielded = [match.span() for match in _SHIELDED.finditer(text)]
    cuts = [0]
    for match in re.finditer(r"\n", text):
        after = text[match.end() :].split("\n", 1)[0]
        before = text[: match.start()].rsplit("\n", 1)[-1]
        blank = not after.strip() or not before.strip()
        said = text[: match.start()].rstrip()
        goes_on = text[match.end() :].lstrip().startswith("$$") and not said.endswith(tuple(".。!！?？"))
        parts = (blank and not goes_on) or _ITEM.match(after) or after.startswith(("|", "```"))
        if parts and not any(low < match.start() < high for low, high in shielded):
            cuts.append(match.end())
    return [(low, high) for low, high in zip(cuts, [*cuts[1:], len(text)], strict=True) if text[low:high].strip()]


def _whole(text: str, pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pieces joined where a cut fell inside bold print, brackets or quotes, behind a semicolon or a heading."""
    out: list[tuple[int, int]] = []
    joined = False
    for low, high in pieces:
        if out:
            start, end = out[-1]
            low = _past_closers(text, start, low, high)
            end = max(end, low)
            if low >= high:
                out[-1] = (start, end)
                joined = _goes_on(text[start:end])
                continue
            if joined:
                out[-1] = (start, high)
                joined = _goes_on(text[start:high])
                continue
            out[-1] = (start, end)
        out.append((low, high))
        joined = _goes_on(text[low:high])
    return out


def _past_closers(text: str, start: int, low: int, high: int) -> int:
    """Where the next piece begins once the marks that close something of this one are given back to it."""
    while low < high:
        closer = next((mark for mark in _CLOSERS if text.startswith(mark, low)), None)
        if closer is None or not _is_open(text[start:low], closer):
            return low
        low += len(closer)
    return low


def _is_open(piece: str, closer: str) -> bool:
    bare = _FORMULA.sub("", _SHIELDED.sub("", piece))
    if closer in _OPENERS:
        return bare.count(_OPENERS[closer]) > bare.count(closer)
    if closer == "*":
        bare = bare.replace("**", "")
        return bare.count(" *") + bare.startswith("*") > len(re.findall(r"\*(?=[\s.,;:。，；：)]|\Z)", bare))
    return bare.count(closer) % 2 == 1


def _goes_on(piece: str) -> bool:
    """Whether a sentence is not over at the end of this piece."""
    unfinished = any(_is_open(piece, closer) for closer in _CLOSERS if closer != '"')
    heading = len(tokens(piece)) < _LEAST or re.fullmatch(r"\s*(?:\d+[.)]\s*)?\*\*[^*]+\*\*[:：.。]?\s*", piece)
    return unfinished or piece.rstrip().endswith((";", "；", ":", "：")) or bool(heading)


def _trimmed(text: str, low: int, high: int) -> tuple[int, int]:
    part = text[low:high]
    return low + len(part) - len(part.lstrip()), high - len(part) + len(part.rstrip())


def unwrapped(text: str) -> str:
    """A passage on one line: line breaks of the wrapped source become spaces, and nothing between Chinese signs."""
    return text if "```" in text else re.sub(r"\s*\n\s*", _seam, text)


def _seam(match: re.Match[str]) -> str:
    before = match.string[match.start() - 1 : match.start()]
    around = before + match.string[match.end() : match.end() + 1]
    return "" if re.fullmatch(r"[\u3000-\u9fff\uff00-\uffef]{2}", around) or before in "。，；：！？、）" else " "


def unit_keys(text: str, glossary: Glossary) -> frozenset[str]:
    """What a text names: concepts of the glossary, word stems, numbers and Chinese bigrams."""
    parts = tokens(text)
    stems = {
        word
        for word in words(text, parts)
        if word not in STOP_STEMS and not (len(word) == 1 and word.isascii()) and not set(word) <= CJK_STOP
    }
    return frozenset(stems | {f"c:{hit.concept}" for hit in glossary.find(text, parts)})


def passage_for(card: Card, point: str, lang: Lang, glossary: Glossary) -> Passage:
    """The passage of the reference that a criterion or the correction of a misconception rests on.

    `point` is the id of one of them; raises KeyError for any other.
    """
    return passages(card, lang, glossary)[point]


@lru_cache(maxsize=1024)
def _kept(card_hash: str, lang: Lang, glossary_hash: str) -> dict[str, Passage]:
    """A place for the passages of one card, filled once."""
    return {}


def passages(card: Card, lang: Lang, glossary: Glossary) -> dict[str, Passage]:
    """The passage of every criterion and every misconception of a card."""
    kept = _kept(card.fingerprint, lang, glossary.fingerprint)
    if not kept:
        kept.update(_found(card, lang, glossary))
    return kept


def _found(card: Card, lang: Lang, glossary: Glossary) -> dict[str, Passage]:
    reference = card.reference.text(lang)
    prose = [one for one in _pieces(reference) if not reference.startswith("```", one[1])]
    bounds = [one for one in prose if not _DISCLAIMER.fullmatch(reference[one[1] : one[2]])]
    named = [unit_keys(unwrapped(reference[low:high]), glossary) for _, low, high in bounds]
    folded = [normalise(unwrapped(reference[low:high]))[0].replace(" ", "") for _, low, high in bounds]
    counts = Counter(key for keys in named for key in keys)
    rarity = {key: math.log(1 + len(bounds) / count) for key, count in counts.items()}
    found: dict[str, Passage] = {}
    for criterion in card.criteria:
        said = criterion.said_as.of(lang) if criterion.said_as is not None else ()
        wordings = (*criterion.accept.of(lang), *said)
        weights = _weights(criterion.says.text(lang), wordings, rarity, glossary)
        found[criterion.id] = _best(reference, bounds, named, folded, weights, wordings)
    for misconception in card.misconceptions:
        wordings = card.criterion(misconception.contradicts).accept.of(lang) if misconception.contradicts else ()
        weights = _weights(misconception.correction.text(lang), wordings, rarity, glossary)
        found[misconception.id] = _best(reference, bounds, named, folded, weights, wordings)
    return found


def _length(text: str) -> int:
    return len(text) + len(re.findall(r"[\u4e00-\u9fff]", text))


def _weights(says: str, wordings: Sequence[str], rarity: dict[str, float], glossary: Glossary) -> dict[str, float]:
    """How much each unit counts for a point; units that the reference never names count for nothing."""
    shares: Counter[str] = Counter()
    for wording in wordings:
        for key in unit_keys(wording.strip('"'), glossary):
            shares[key] += 1
    own = unit_keys(says, glossary)
    return {
        key: rarity[key] * (SAYS * (key in own) + shares[key] / max(len(wordings), 1))
        for key in own | set(shares)
        if key in rarity
    }


def _best(
    reference: str,
    bounds: Sequence[tuple[int, int, int]],
    named: Sequence[frozenset[str]],
    folded: Sequence[str],
    weights: dict[str, float],
    wordings: Sequence[str],
) -> Passage:
    """The sentence that names most of a point, with the one beside it when that adds much."""
    whole = sum(weights.values()) or 1.0
    plain = [normalise(wording.strip('"$'))[0].replace(" ", "") for wording in wordings]

    def overlap(keys: frozenset[str]) -> float:
        return sum(weights.get(key, 0.0) for key in keys) / whole

    def worth(at: int) -> float:
        verbatim = any(len(wording) > 3 and wording in folded[at] for wording in plain)
        return (overlap(named[at]) + VERBATIM * verbatim) / (1 + 0.002 * len(named[at]))

    best = max(range(len(bounds)), key=lambda at: (worth(at), -at))
    first = last = best
    gains = {
        beside: overlap(named[best] | named[beside]) - overlap(named[best])
        for beside in (best + 1, best - 1)
        if 0 <= beside < len(bounds) and bounds[beside][0] == bounds[best][0]
    }
    much = SECOND * max(overlap(named[best]), 0.2)
    taken = [beside for beside, gain in gains.items() if gain >= much]
    if not taken and gains and _length(reference[bounds[best][1] : bounds[best][2]]) < SHORT:
        taken = [beside for beside, gain in gains.items() if gain > 0 and gain == max(gains.values())][:1]
    for beside in taken:
        first, last = min(first, beside), max(last, beside)
    leans = _LEANING.match(reference[bounds[first][1] :]) is not None
    if leans and first and bounds[first - 1][0] == bounds[first][0]:
        first -= 1
    start, end = bounds[first][1], bounds[last][2]
    return Passage(start=start, end=end, text=unwrapped(reference[start:end]), overlap=round(worth(best), 3))
